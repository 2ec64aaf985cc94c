//! Who works when, by order and not by time.

use std::sync::Mutex as StdMutex;

use super::*;

/// Has tasks of these accounts, each with so many bytes, come in this order; in which order they
/// work.
fn order(accounts: usize, tasks: Vec<(usize, usize)>) -> Vec<usize> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let worked = Arc::new(StdMutex::new(Vec::new()));
    runtime.block_on(async {
        let scheduler = Scheduler::new(accounts);
        tokio::spawn(scheduler.clone().give());
        let tasks = tasks.into_iter().map(|(account, bytes)| {
            let (scheduler, worked) = (scheduler.clone(), Arc::clone(&worked));
            tokio::spawn(async move {
                scheduler.wait(account, bytes).await;
                worked.lock().unwrap().push(account);
            })
        });
        let tasks: Vec<_> = tasks.collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    Arc::into_inner(worked).unwrap().into_inner().unwrap()
}

/// Where the last one's work is among all.
fn place(order: &[usize], account: usize) -> usize {
    order.iter().position(|worked| *worked == account).unwrap()
}

#[test]
fn a_key_that_floods_has_no_other_wait() {
    for (flood, other) in [(1, 2), (2, 1), (NOBODY, 1), (1, NOBODY)] {
        for bytes in [limits::WEB_PASS_BYTES, 4 * 1024 * 1024] {
            let mut tasks = vec![(flood, bytes); 1000];
            tasks.push((other, 100));
            let order = order(3, tasks);
            assert!(place(&order, other) <= 2, "{bytes}: {}", place(&order, other));
        }
    }
    // Many small ones are a flood, too.
    let mut tasks = vec![(1, 1); 10_000];
    tasks.push((2, 1));
    let order = order(3, tasks);
    assert!(place(&order, 2) <= 2 * limits::WEB_PASS_BYTES / LEAST, "{}", place(&order, 2));
}

#[test]
fn two_that_flood_have_the_same() {
    let mut tasks = vec![(1, 60_000); 500];
    tasks.extend(vec![(2, 600); 50_000]);
    let order = order(3, tasks);
    let first = &order[..5_000];
    let bytes = |account, each| first.iter().filter(|one| **one == account).count() * each;
    let ratio = bytes(1, 60_000) as f64 / bytes(2, 600) as f64;
    assert!((0.8..1.25).contains(&ratio), "{ratio}");
}

#[test]
fn one_alone_is_not_held_up() {
    let order = order(2, vec![(1, 100); 100]);
    assert_eq!(order.len(), 100);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let scheduler = Scheduler::new(2);
        tokio::spawn(scheduler.clone().give());
        // What was more than it should is paid off, and then all is as before.
        scheduler.charge(1, 10 * limits::WEB_PASS_BYTES);
        for _ in 0..3 {
            scheduler.wait(1, limits::WEB_PASS_BYTES).await;
        }
        while scheduler.lock().rung {
            tokio::task::yield_now().await;
        }
        assert_eq!(scheduler.lock().accounts[1].left, PASS);
    });
}
