//! The whole present of a queue, as a filter lets it through.

use super::*;

/// `mount key…`, with a mark of its own for each mount, and who is there.
fn present(mounts: &[&str], members: &[&str]) -> g2c::Subscribed {
    let mount = |words: &&str| {
        let (name, keys) = words.split_once(' ').unwrap_or((words, ""));
        let entry = |key: &str| g2c::Entry { key: key.to_owned(), ..Default::default() };
        let entries = keys.split_whitespace().map(entry).collect();
        g2c::Mount { name: name.to_owned(), entries, ..Default::default() }
    };
    let mounts: Vec<g2c::Mount> = mounts.iter().map(mount).collect();
    g2c::Subscribed {
        queue: "q".to_owned(),
        epoch: 5,
        marks: mounts.iter().map(|mount| (mount.name.clone(), 3)).collect(),
        mounts,
        member_count: (!members.is_empty()).then_some(members.len() as u32),
        members: members.iter().map(|user| (*user).to_owned()).collect(),
        ..Default::default()
    }
}

#[test]
fn a_subscription_gets_of_the_present_what_its_filter_wants() {
    let all = present(&["chat", "scores a1 a2 b1", "flags b2"], &["ann", "bob"]);
    let cases: [(&[&str], &str, g2c::Subscribed); 5] = [
        (&[], "", all.clone()),
        (&["scores"], "", present(&["scores a1 a2 b1"], &[])),
        (&["chat", "members"], "", present(&["chat"], &["ann", "bob"])),
        (&["scores", "flags"], "a", present(&["scores a1 a2", "flags"], &[])),
        (&[], "b", present(&["chat", "scores b1", "flags b2"], &["ann", "bob"])),
    ];
    for (mounts, key_prefix, expected) in cases {
        let wanted: Vec<String> = mounts.iter().map(|mount| (*mount).to_owned()).collect();
        let filter = Filter::new(&wanted, key_prefix).unwrap();
        let narrowed = narrow(&all.encode_to_vec(), filter.as_ref());
        let narrowed = g2c::Subscribed::decode(&*narrowed).unwrap();
        assert_eq!(narrowed, expected, "{mounts:?} {key_prefix}");
    }
}
