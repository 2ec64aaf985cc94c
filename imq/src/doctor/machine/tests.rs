//! Limits as the kernel writes them.

use super::super::finding::Verdict;
use super::*;

#[test]
fn few_open_files_are_told_of() {
    let verdict = |soft: &str| {
        let limits = format!(
            "Limit      Soft Limit  Hard Limit  Units\n\
             Max processes  1  1  processes\nMax open files  {soft}  1048576  files\n"
        );
        open_files(&limits).map(|finding| finding.verdict)
    };
    assert_eq!(verdict("1048576"), Some(Verdict::Ok));
    assert_eq!(verdict("unlimited"), Some(Verdict::Ok));
    assert_eq!(verdict("65535"), Some(Verdict::Warn));
    assert_eq!(verdict("256"), Some(Verdict::Fail));
    assert_eq!(verdict("none"), None);
}

#[test]
fn a_short_backlog_is_told_of() {
    assert_eq!(backlog("4096\n").map(|finding| finding.verdict), Some(Verdict::Ok));
    assert_eq!(backlog("128\n").map(|finding| finding.verdict), Some(Verdict::Warn));
}

#[test]
fn ports_that_others_may_get_are_told_of() {
    let range = "32768\t60999\n";
    let good = local_ports(range, &[7400, 32_767]).unwrap();
    assert_eq!(good.verdict, Verdict::Ok);
    let bad = local_ports(range, &[7400, 32_768, 60_999]).unwrap();
    assert_eq!(bad.verdict, Verdict::Warn);
    assert!(bad.advice.unwrap().contains("reserved_ports=32768,60999"));
}

#[test]
fn memory_is_that_of_the_control_group() {
    let look = |group, kept| memory(Memory { machine: 4 << 30, group }, kept);
    assert_eq!(look(None, None).verdict, Verdict::Ok);
    assert!(look(None, None).said.starts_with("4.0 GiB of this machine"));
    assert!(look(Some(1 << 30), None).said.starts_with("1.0 GiB of this control group"));
    assert_eq!(look(Some(1 << 28), None).verdict, Verdict::Warn);
    assert_eq!(look(None, Some(2 << 30)).verdict, Verdict::Ok);
    assert_eq!(look(None, Some(3 << 30)).verdict, Verdict::Fail);
}

#[test]
fn huge_pages_that_are_forbidden_are_told_of() {
    let verdict = |text: &str| huge_pages(text).map(|finding| finding.verdict);
    assert_eq!(verdict("always [madvise] never\n"), Some(Verdict::Ok));
    assert_eq!(verdict("always madvise [never]\n"), Some(Verdict::Warn));
}
