//! Runs a script.

use serde_json::Value;

use super::driver::{Driver, INPUTS};
use super::equal::{difference, plain};
use crate::machine::Faults;

/// What a client may do.
const OUTPUTS: [&str; 5] = ["sends", "events", "dial", "stop", "wants_token"];

/// Runs it to the end, or to the first step at which the client does something else.
pub(super) fn run(script: &Value, faults: Faults) -> Result<(), String> {
    let mut driver = Driver::new(&script["settings"], faults);
    let mut dials_by_ms = Some(0);
    let steps = script["steps"].as_array().expect("a script has steps");
    for (index, step) in steps.iter().enumerate() {
        let at_ms = step["at"].as_u64().expect("a step has its time");
        check_transport(step, at_ms, &mut dials_by_ms);
        driver.pass_to(at_ms, step.get("stood_still").is_some());
        driver.input(step);
        check_words(step);
        let did = driver.take_done();
        let difference = |output| difference(output, &plain(&step[output]), &plain(&did[output]));
        let differences: String = OUTPUTS.into_iter().filter_map(difference).collect();
        if !differences.is_empty() {
            let input = INPUTS.into_iter().find(|input| step.get(input).is_some());
            let at = format!("step {} (at {at_ms}: {})", index + 1, input.unwrap_or("time"));
            return Err(format!("{at}, script -, client +:{differences}"));
        }
    }
    Ok(())
}

/// A transport comes up or fails only when every library has dialled.
fn check_transport(step: &Value, at_ms: u64, dials_by_ms: &mut Option<u64>) {
    let has_dialled = dials_by_ms.is_some_and(|by_ms| by_ms <= at_ms);
    if step.get("connected").is_some() {
        assert!(has_dialled, "nobody has dialled by {step}");
        *dials_by_ms = None;
    }
    if step.get("disconnected").is_some() {
        assert!(has_dialled || dials_by_ms.is_none(), "nobody has dialled by {step}");
    }
    if let Some(in_ms) = step["dial"]["in_ms"][1].as_u64() {
        *dials_by_ms = Some(at_ms + in_ms);
    }
}

/// A word that is mistyped would show nothing.
fn check_words(step: &Value) {
    let words = step.as_object().expect("a step is an object").keys();
    let known = |word: &str| INPUTS.contains(&word) || OUTPUTS.contains(&word) || word == "at";
    let others = words.filter(|word| !known(word)).count();
    assert_eq!(others, usize::from(step.get("command").is_some()), "words in {step}");
}
