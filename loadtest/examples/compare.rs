//! `imq compare` without imq's command line: `compare BINARY SERVERS LOADS ROUNDS SECONDS`.
use std::time::Duration;
use loadtest::compare::{CompareOptions, run};
fn main() -> anyhow::Result<()> {
    let a: Vec<String> = std::env::args().collect();
    let mut o = CompareOptions::new(a[1].clone().into());
    if a[2] != "all" { o.servers = a[2].split(',').map(|s| s.parse().unwrap()).collect(); }
    if a[3] != "all" { o.loads = a[3].split(',').map(|s| s.parse().unwrap()).collect(); }
    o.rounds = a[4].parse()?;
    o.window = Duration::from_secs(a[5].parse()?);
    let report = run(&o)?;
    println!("{}", report.table());
    Ok(())
}
