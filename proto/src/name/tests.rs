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

#[test]
fn a_client_has_a_short_id_of_printable_ascii_or_none() {
    for id in ["", " ", "~", "0123456789abcdef0123456789abcdef"] {
        assert_eq!(client_id(id), Ok(()), "{id:?}");
    }
    for id in ["0123456789abcdef0123456789abcdef0", "é", "a\n", "\u{7f}", "\0"] {
        assert_eq!(client_id(id), Err(NameError::ClientId), "{id:?}");
    }
}

/// What has no width, or turns the direction, makes two names that look alike.
#[test]
fn no_name_has_an_invisible_character() {
    let invisible = [
        0xad, 0x34f, 0x61c, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x202a, 0x202e, 0x2060,
        0x2066, 0x2069, 0x206f, 0x3164, 0xfe0f, 0xfeff, 0xfff9, 0xe0001, 0xe007f, 0xe0100,
    ];
    for number in invisible {
        let c = char::from_u32(number).expect("a character");
        let (user, queue, mount) = (format!("an{c}n"), format!("/room/{c}1"), format!("c{c}hat"));
        let wanted = Err(NameError::Invisible(number));
        assert_eq!(UserId::try_from(&*user).map(|_| ()), wanted, "U+{number:04X}");
        assert_eq!(QueueName::try_from(&*queue).map(|_| ()), wanted, "U+{number:04X}");
        assert_eq!(MountName::try_from(mount.as_bytes()).map(|_| ()), wanted, "U+{number:04X}");
        assert_eq!(showable(&format!("my {c}game")), Err(NameError::Hidden(number)));
    }
    for user in ["ann", "анна", "アン", "李安", "עלמה", "😀", "é", "ann@example.com"]
    {
        assert!(UserId::try_from(user).is_ok(), "{user}");
        assert_eq!(showable(user), Ok(()));
    }
    assert_eq!(showable("My Game 1.0 (für Ann)"), Ok(()));
    for text in ["a\nb", "a\u{7f}", "\u{1b}[31mred", "é\u{85}", "a\u{2028}b"] {
        assert_eq!(showable(text), Err(NameError::Control), "{text:?}");
    }
    let sentence = UserId::try_from("an\u{200b}n").map_err(|error| error.to_string());
    let wanted = "a name has no invisible character: U+200B has no width, or turns the text's \
                  direction";
    assert_eq!(sentence.map(|_| ()), Err(wanted.to_owned()));
}
