//! What a verification costs: printed, not asserted, for `cargo test --release -- --nocapture`.

use super::made::{Made, NOW_MS, pair};
use super::*;

const ROUNDS: u32 = 2_000;

#[test]
fn microseconds_per_token() {
    for algorithm in Algorithm::ALL {
        let pair = pair(algorithm);
        let tokens = pair.tokens(Rules::default());
        let token = Made::new(algorithm).sign(pair);
        #[allow(clippy::disallowed_methods, reason = "a measurement asks a clock")]
        let started = std::time::Instant::now();
        for _ in 0..ROUNDS {
            assert!(tokens.verify(NOW_MS, &token).is_ok());
        }
        let micros = started.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS);
        println!("{algorithm}: {micros:.2} us per token of {} bytes", token.len());
    }
}
