//! Certificates as openssl makes them.

use std::process::Command;

use super::super::finding::Verdict;
use super::*;

const DAY_MS: u64 = 24 * 3600 * 1000;

/// A certificate for these names that is good from now on for so many days, and when that was.
fn made(what: &str, days: u32, names: &str) -> (CertificateDer<'static>, u64) {
    let folder = std::env::temp_dir().join(format!("imq-doctor-{what}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = |name: &str| folder.join(name).display().to_string();
    let (key, pem) = (path("key"), path("pem"));
    let days = days.to_string();
    let kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    let named = ["-subj", "/CN=imq", "-addext", names, "-days", &days];
    let places = ["-keyout", &key, "-out", &pem];
    let words = [&["req", "-x509"][..], &kind, &named, &places].concat();
    let output = Command::new("openssl").args(&words).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let certificate = CertificateDer::from_pem_file(&pem).unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    (certificate, clock::now().unix_ms)
}

#[test]
fn a_certificate_is_judged_by_its_dates_and_names() {
    let names = "subjectAltName=DNS:q1.example,DNS:*.game.example,IP:10.0.0.1";
    let (certificate, now_ms) = made("dates", 90, names);
    let (from_ms, to_ms) = validity(&certificate).unwrap();
    assert!(from_ms <= now_ms && now_ms < from_ms + 60_000, "{from_ms} {now_ms}");
    assert_eq!(to_ms - from_ms, 90 * DAY_MS);
    let verdict = |at_ms: u64, names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        judged("a.pem", &certificate, at_ms, &names).verdict
    };
    assert_eq!(verdict(now_ms, &[]), Verdict::Ok);
    assert_eq!(verdict(now_ms, &["q1.example", "a.game.example", "10.0.0.1"]), Verdict::Ok);
    assert_eq!(verdict(now_ms, &["q2.example"]), Verdict::Fail);
    assert_eq!(verdict(now_ms, &["10.0.0.2"]), Verdict::Fail);
    assert_eq!(verdict(from_ms - 1, &[]), Verdict::Fail);
    assert_eq!(verdict(to_ms - DAY_MS, &[]), Verdict::Warn);
    assert_eq!(verdict(to_ms, &[]), Verdict::Fail);
}

#[test]
fn far_dates_are_read_and_nonsense_is_not() {
    // From 2050 on the other kind of time is used.
    let (certificate, _) = made("far", 365 * 40, "subjectAltName=DNS:a");
    let (from_ms, to_ms) = validity(&certificate).unwrap();
    assert_eq!(to_ms - from_ms, 365 * 40 * DAY_MS);
    for length in 0..certificate.len().min(80) {
        assert_eq!(validity(&certificate[..length]), None, "{length}");
    }
    assert_eq!(validity(&[0x30, 0xff, 1, 2, 3]), None);
}

#[test]
fn the_host_of_an_address_is_asked_for() {
    assert_eq!(host_of(Some("q1.example:7600")).as_deref(), Some("q1.example"));
    assert_eq!(host_of(Some("[::1]:7600")).as_deref(), Some("::1"));
    assert_eq!(host_of(None), None);
}
