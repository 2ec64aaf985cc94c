//! What the log is told of call-outs that fail, and what their users are.

use super::{Bench, check, lines};

/// What the log is told, in full.
fn notices(steps: &str) -> Vec<String> {
    let mut bench = Bench::new();
    lines(steps).for_each(|line| bench.step(line));
    bench.notices
}

#[test]
fn a_failure_is_told_with_where_why_and_the_beginning_of_the_answer() {
    let url = "http://ann:s3cret@app.example:8080/imq?key=s3cret#x";
    let told = notices(&format!(
        "0 config app:url=\"{url}\"\n0 ask 1 app send_message /a\n\
         1 500 r1 <b>Fatal error</b> \u{1b}[1m"
    ));
    let expected = "call-out \"app\" fails on send_message, at http://app.example:8080/imq: \
                    HTTP status 500 and \"<b>Fatal error</b> \\u{1b}[1m\"";
    assert_eq!(told, [expected]);
    let told = notices("0 config app\n0 ask 1 app subscribe /a\n1 200 r1 yes");
    let expected = "call-out \"app\" fails on subscribe, at http://app.example/imq: its answer \
                    is invalid: HTTP status 200 and \"yes\"";
    assert_eq!(told, [expected]);
    let told = notices("0 config app\n0 ask 1 app subscribe /a\n1 dead r1");
    assert!(told[0].ends_with("it can't be reached: refused"), "{told:?}");
    let long = "x".repeat(10_000);
    let told = notices(&format!("0 config app\n0 ask 1 app subscribe /a\n1 404 r1 {long}"));
    assert!(told[0].ends_with("xxx\" …") && told[0].len() < 400, "{told:?}");
}

#[test]
fn failures_are_told_now_and_then_with_their_number() {
    let mut steps = "0 config app".to_owned();
    for second in 1..=21 {
        let ms = second * 1000;
        steps += &format!("\n{ms} ask {second} app subscribe /a\n{ms} 500 r{second} no");
    }
    let told = notices(&steps);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[1].ends_with("; 9 more have failed since the last such line"), "{told:?}");
}

#[test]
fn users_are_told_of_silence_only_where_there_was_silence() {
    check(
        r#"
        0 config app:concurrency_max=7
        0 ask 1 app subscribe /a
        0 ask 2 app subscribe /a
        0 ask 3 app subscribe /a
        0 ask 4 app call buy
        0 ask 5 app call buy
        1 500 r1 no
        2 late r2
        3 dead r3
        4 200 r4 {"allow":true}
        5 late r5
        ----
        0: r1 asks "subscribe" "s/1" in 3000
        0: r2 asks "subscribe" "s/2" in 3000
        0: r3 asks "subscribe" "s/3" in 3000
        0: r4 asks "call" "s/4" in 3000
        0: r5 asks "call" "s/5" in 3000
        1: verdict 1 refuse unavailable the web application gave no valid answer: try again…
        1: call-out "app" fails on subscribe, at http://app.example/imq: HTTP status _ and …
        2: verdict 2 refuse unavailable the web application didn't answer in time: try agai…
        3: verdict 3 refuse unavailable the web application can't be reached: try again lat…
        4: verdict 4 refuse outcome_unknown the web application was called and gave no vali…
        5: verdict 5 refuse outcome_unknown the web application was called and didn't answe…
        "#,
    );
}
