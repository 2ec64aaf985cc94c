//! Runs that have nothing to do with each other, on all cores: each is still one thread's.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::thread;

/// More than so many results wait for an earlier one at no time.
const AHEAD_MAX: usize = 4_096;

/// Does something with each item, on as many threads as there are cores, and takes the results in
/// the order of the items.
pub(crate) fn each<T: Send, R: Send>(
    items: impl Iterator<Item = T> + Send,
    work: impl Fn(T) -> R + Sync,
    mut take: impl FnMut(R),
) {
    let hands = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let items = Mutex::new(items.enumerate());
    let (results, taken) = std::sync::mpsc::sync_channel(AHEAD_MAX);
    thread::scope(|scope| {
        for _ in 0..hands {
            let (results, items, work) = (results.clone(), &items, &work);
            scope.spawn(move || {
                // A thread that panics takes nothing more, and the others see it.
                while let Some((at, item)) = items.lock().ok().and_then(|mut items| items.next()) {
                    if results.send((at, work(item))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(results);
        let mut early = std::collections::BTreeMap::new();
        let mut next = 0;
        for (at, result) in taken {
            early.insert(at, result);
            while let Some(result) = early.remove(&next) {
                take(result);
                next += 1;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_come_in_the_order_of_the_items() {
        let mut taken = Vec::new();
        super::each(0..1_000_u64, |n| n * 2, |double| taken.push(double));
        assert_eq!(taken, (0..1_000).map(|n| n * 2).collect::<Vec<_>>());
    }
}
