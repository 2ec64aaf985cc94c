//! What several processes say, made one.

use super::*;

fn id(text: &str) -> NodeId {
    NodeId::try_from(text).unwrap()
}

#[test]
fn rows_are_sorted_and_bounded_and_who_is_missing_is_named() {
    let told = |text: &str| Ok(text.as_bytes().to_vec());
    let answers = vec![
        (id("g1"), told(r#"{"connections":[{"user":"ann","unsent_bytes":5},{"user":"bob"},7]}"#)),
        (id("g2"), told(r#"{"connections":[{"user":"cy","unsent_bytes":9,"new":true}]}"#)),
        (id("g3"), told("nonsense")),
        (id("g4"), told(r#"{"others":[]}"#)),
        (id("g5"), Err("it answered 404".to_owned())),
    ];
    let (rows, missing) = merged(answers.clone(), "connections", "gateway", "unsent_bytes", 3);
    let rows: Vec<_> = rows.iter().map(|row| (&row["gateway"], &row["user"])).collect();
    let expected = [("g2", "cy"), ("g1", "ann"), ("g1", "bob")];
    let expected = expected.map(|(g, u)| (Value::from(g), Value::from(u)));
    assert_eq!(rows, expected.iter().map(|(g, u)| (g, u)).collect::<Vec<_>>());
    let missing: Vec<_> = missing.iter().map(|it| (it.node.as_str(), it.why.as_str())).collect();
    let expected = [
        ("g3", "it answered no JSON"),
        ("g4", "its answer has no list"),
        ("g5", "it answered 404"),
    ];
    assert_eq!(missing, expected);
    assert_eq!(merged(answers, "connections", "gateway", "unsent_bytes", 1).0.len(), 1);
}

#[test]
fn a_process_is_read_from_its_metrics() {
    let text = "# HELP process_open_fds x\nprocess_open_fds 12\nprocess_max_fds 20000\n\
                process_resident_memory_bytes 1e6\nprocess_cpu_seconds_total 3.5\nodd\n\
                imq_build_info{id=\"g1\",role=\"gateway\",version=\"0.1.0\"} 1\n";
    let first = Process::read(&text.replace("3.5", "3.0"), 1_000);
    assert_eq!(first.clone().since(None).cpu, None);
    let process = Process::read(text, 3_000).since(Some(&first));
    assert_eq!((process.open_files, process.open_files_max), (Some(12.0), Some(20_000.0)));
    assert_eq!((process.memory_bytes, process.cpu), (Some(1e6), Some(0.25)));
    assert_eq!(process.version.as_deref(), Some("0.1.0"));
    assert_eq!(Process::read("process_open_fds NaN", 0).open_files, None);
}

#[test]
fn names_stand_in_a_query_as_they_are() {
    assert_eq!(escaped("ann-1_b"), "ann-1_b");
    assert_eq!(escaped("a&b=ü/"), "a%26b%3D%C3%BC%2F");
}
