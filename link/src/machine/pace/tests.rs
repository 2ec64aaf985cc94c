//! Threads that say something, and those that hear of it.

use super::*;

fn at(ms: u64) -> Time {
    Time { ms: 10_000 + ms, unix_ms: 0 }
}

/// What a thread tells others at a moment: nothing if it is quiet.
fn told(pace: &mut Pace, ms: u64) -> Option<u32> {
    pace.quickens(at(ms));
    pace.is_active().then(|| pace.hops())
}

#[test]
fn who_has_said_something_is_active_for_two_seconds() {
    let mut pace = Pace::default();
    assert_eq!(told(&mut pace, 0), None);
    pace.speak(at(0));
    assert!(pace.quickens(at(0)) && !pace.quickens(at(0)), "it quickens once");
    pace.speak(at(1_500));
    assert!(!pace.quickens(at(1_500)));
    assert_eq!(told(&mut pace, 3_499), Some(2));
    assert_eq!(told(&mut pace, 3_500), None);
    pace.speak(at(3_500));
    assert!(pace.quickens(at(3_500)));
}

#[test]
fn it_is_heard_of_two_links_away_and_no_further() {
    let mut chain = [Pace::default(), Pace::default(), Pace::default(), Pace::default()];
    chain[0].speak(at(0));
    let mut said = chain[0].quickens(at(0)).then(|| chain[0].hops());
    let mut quickened = Vec::new();
    for pace in &mut chain[1..] {
        pace.hear(at(1), said.unwrap_or(0));
        said = pace.quickens(at(1)).then(|| pace.hops());
        quickened.push(said);
    }
    assert_eq!(quickened, [Some(1), Some(0), None]);
}

#[test]
fn two_that_tell_each_other_are_quiet_before_long() {
    let (mut speaker, mut hearer) = (Pace::default(), Pace::default());
    speaker.speak(at(0));
    let mut quiet_ms = None;
    for ms in (0..10_000).step_by(100) {
        let said = told(&mut speaker, ms);
        hearer.hear(at(ms), said.unwrap_or(0));
        let heard = told(&mut hearer, ms);
        speaker.hear(at(ms), heard.unwrap_or(0));
        if (said, heard) == (None, None) {
            quiet_ms = quiet_ms.or(Some(ms));
        } else {
            assert_eq!(quiet_ms, None, "nobody has said anything since");
        }
    }
    assert_eq!(quiet_ms, Some(2_800), "two seconds, and what each has heard of it last");
}

#[test]
fn a_nearer_voice_quickens_who_was_active_already() {
    let mut pace = Pace::default();
    pace.hear(at(0), 1);
    assert!(pace.quickens(at(0)));
    assert_eq!(told(&mut pace, 100), Some(0));
    pace.hear(at(100), 2);
    assert!(pace.quickens(at(100)), "those two links away are to know");
    pace.hear(at(100), 1);
    assert_eq!(told(&mut pace, 599), Some(1));
    pace.hear(at(599), 9);
    assert_eq!(told(&mut pace, 600), Some(1), "nobody is told further than by who speaks");
}
