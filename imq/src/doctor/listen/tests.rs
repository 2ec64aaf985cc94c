//! Ports that are free, taken, or of nobody.

use super::super::finding::Verdict;
use super::*;

#[tokio::test]
async fn only_sections_of_the_file_are_looked_at() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let (taken_at, free_at) = (taken.local_addr().unwrap(), free.local_addr().unwrap());
    drop(free);
    // Whoever has the port speaks no HTTP: it is not imq.
    let text = format!("[boss]\nlisten_link = \"{taken_at}\"\nlisten_http = \"{free_at}\"\n");
    let file = toml::from_str(&text).unwrap();
    let listens = Listens::of(&file, &text);
    assert_eq!(listens.ports(), [taken_at.port(), free_at.port()]);
    let verdicts: Vec<Verdict> = look(&listens).await.iter().map(|it| it.verdict).collect();
    assert_eq!(verdicts, [Verdict::Fail, Verdict::Ok]);
    assert!(Listens::of(&File::default(), "").ports().is_empty());
}

#[tokio::test]
async fn an_address_of_another_machine_is_told_of() {
    let text = "[queue_node]\nlisten_link = \"203.0.113.7:7600\"\n";
    let listens = Listens::of(&toml::from_str(text).unwrap(), text);
    let findings = look(&listens).await;
    assert_eq!(findings[0].verdict, Verdict::Fail);
    assert!(findings[0].advice.as_ref().unwrap().contains("no such address"), "{findings:?}");
}
