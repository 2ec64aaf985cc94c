//! What is a name and what isn't.

use super::*;

#[test]
fn queue_names_are_checked() {
    let check = |text: &str, wanted: Result<(), NameError>| {
        assert_eq!(QueueName::try_from(text).map(|_| ()), wanted, "{text:?}");
    };
    check("/room/1", Ok(()));
    check("/комната/é", Ok(()));
    check("/", Err(NameError::EmptySegment));
    check("", Err(NameError::QueueLength));
    check("room", Err(NameError::NoSlash));
    check("/a//b", Err(NameError::EmptySegment));
    check("/a/", Err(NameError::EmptySegment));
    check("/a b", Err(NameError::Unprintable));
    check("/a\u{2003}b", Err(NameError::Unprintable));
    check("/a\u{7f}", Err(NameError::Unprintable));
    check("/a\u{85}é", Err(NameError::Unprintable));
    check(&format!("/{}", "x".repeat(254)), Ok(()));
    check(&format!("/{}", "x".repeat(255)), Err(NameError::QueueLength));
    assert_eq!(QueueName::try_from(&b"/\xff"[..]).map(|_| ()), Err(NameError::NotUtf8));
}

#[test]
fn spaces_follow_from_the_name() {
    let space = |text| QueueName::try_from(text).map(QueueName::space);
    assert_eq!(space("/room/1"), Ok(Space::Application));
    assert_eq!(space("/user/ann"), Ok(Space::User("ann")));
    assert_eq!(space("/user/ann/x"), Ok(Space::Reserved));
    assert_eq!(space("/sys/probe"), Ok(Space::Reserved));
    assert_eq!(space("/system"), Ok(Space::Application));
}

#[test]
fn members_is_no_mount() {
    assert_eq!(MountName::try_from(&b"members"[..]), Err(NameError::MembersReserved));
    assert!(MountName::try_from(&b"chat"[..]).is_ok());
    assert_eq!(UserId::try_from("a/b"), Err(NameError::UserSlash));
    assert_eq!(NodeId::try_from("q 1"), Err(NameError::NodeId));
}
