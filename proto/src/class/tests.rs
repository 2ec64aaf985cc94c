//! Patterns, and what is wrong with a configuration.

use super::pattern::{covers, matches_users};
use super::*;

#[test]
fn patterns_match_by_segment() {
    let check =
        |pattern, name, wanted| assert_eq!(matches(pattern, name), wanted, "{pattern} {name}");
    check("/room/*", "/room/1", true);
    check("/room/*", "/room", false);
    check("/room/*", "/room/1/x", false);
    check("/room/**", "/room/1/x", true);
    check("/room/**", "/room", false);
    check("/**", "/a", true);
    check("/a/*/c", "/a/b/c", true);
    check("/a/*/c", "/a/b/d", false);
}

#[test]
fn patterns_that_match_nothing_are_told() {
    for good in ["/a", "/*", "/**", "/a/*/c", "/a/**", "/user/*", "/user/**", "/user/ann"] {
        assert_eq!(pattern_problem(good), None, "{good}");
    }
    let long = format!("/{}", "x".repeat(255));
    for (bad, why) in [
        ("room/*", "begins with '/'"),
        ("/", "begins with '/'"),
        ("/a/**/b", "may only be at the end"),
        ("/room*", "a whole segment"),
        ("/a/b**", "a whole segment"),
        ("/a//b", "no empty segment"),
        ("/a/", "no empty segment"),
        ("/a b", "no whitespace"),
        (&long, "1 to 255 bytes"),
        ("/sys/x", "no queues can be created"),
        ("/sys/**", "no queues can be created"),
        ("/user", "no queues can be created"),
        ("/user/*/x", "no queues can be created"),
    ] {
        let problem = pattern_problem(bad).expect(bad);
        assert!(problem.contains(why), "{bad}: {problem}");
    }
}

#[test]
fn a_pattern_covers_another_if_it_matches_all_the_same() {
    for (wide, narrow) in
        [("/**", "/a/**"), ("/*", "/a"), ("/a/**", "/a/*"), ("/a/*/c", "/a/b/c"), ("/a", "/a")]
    {
        assert!(covers(wide, narrow), "{wide} {narrow}");
        assert!(wide == narrow || !covers(narrow, wide), "{narrow} {wide}");
    }
    for (one, other) in [("/*", "/**"), ("/a/*", "/b/*"), ("/a/**", "/a"), ("/*/b", "/a/*")] {
        assert!(!covers(one, other), "{one} {other}");
    }
    let users = ["/user/*", "/user/ann", "/user/**", "/**", "/*/**", "/*/ann", "/*/*"];
    assert!(users.into_iter().all(matches_users));
    assert!(!["/room/*", "/*", "/user/a/b", "/room/**"].into_iter().any(matches_users));
}

/// Checks what is told of a document: of each problem its line, and words that it has.
fn check(toml: &str, wanted: &[(usize, &str)]) {
    let problems = ClusterConfig::read(toml).err().unwrap_or_default();
    assert_eq!(problems.len(), wanted.len(), "{problems:#?}");
    for (problem, (line, words)) in problems.iter().zip(wanted) {
        assert_eq!(problem.line, Some(*line), "{problem}");
        assert!(problem.text.contains(words), "{problem} lacks {words:?}");
    }
}

const SECRET: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[test]
fn all_problems_at_once() {
    check("[[class]]\npattern = \"/room/*\"\n[[class]]\npattern = \"/user/*\"\n", &[]);
    let text = "copies = 4\n[[class]]\npattern = \"room\"\nmax_members = 0\njoin = \"all\"\n\
                [[class.mount]]\nname = \"members\"\nkind = \"message\"\nhistori = 3\n\
                [[class]]\npattern = \"/sys/*\"\n[[callouts]]\nname = \"x\"\n";
    check(
        text,
        &[
            (1, "copies = 4: 1 to 3"),
            (3, "begins with '/'"),
            (4, "max_members is 1 to"),
            (5, "unknown variant `all`"),
            (7, "'members' can't be a mount name"),
            (9, "unknown field `histori`"),
            (11, "no queues can be created"),
            (12, "unknown field `callouts`"),
        ],
    );
}

#[test]
fn who_is_alone_goes_on_or_holds() {
    let holds = |toml| ClusterConfig::read(toml).expect("a good configuration").holds();
    assert!(!holds("copies = 2\n"));
    assert!(!holds("copies = 2\nalone = \"go_on\"\n"));
    assert!(holds("copies = 2\nalone = \"hold\"\n"));
    // One copy is never alone.
    assert!(!holds("copies = 1\nalone = \"hold\"\n"));
    check("alone = \"wait\"\n", &[(1, "unknown variant `wait`")]);
}

#[test]
fn call_outs_are_there_and_signed() {
    let callout = "[[callout]]\nname = \"app\"\nurl = \"http://127.0.0.1:8000/imq\"\n";
    let secret = format!("{callout}secret = \"{SECRET}\"\n");
    let class = "[[class]]\npattern = \"/room/*\"\njoin = \"callout\"\n";
    check(&format!("{secret}{class}"), &[(5, "set `callout` to the name")]);
    check(&format!("{secret}{class}callout = \"other\"\n"), &[(8, "no call-out is named")]);
    check(&format!("{secret}{class}callout = \"app\"\n"), &[]);
    check(&format!("connect = \"apt\"\n{secret}"), &[(1, "no call-out is named \"apt\"")]);
    check(&format!("{secret}{secret}"), &[(6, "two call-outs named")]);
    let bad = "[[callout]]\nname = \"app\"\nurl = \"ftp://x\"\nsecret = \"hunter2\"\n\
               deadline_ms = 0\nconcurrency_max = 0\n";
    check(
        bad,
        &[
            (3, "url must begin with"),
            (4, "secret is `whsec_`"),
            (5, "deadline_ms is 1 to"),
            (6, "concurrency_max is 1 to"),
        ],
    );
    check(
        "[[callout]]\nname = \"\"\n",
        &[(1, "it has no url"), (1, "it has no secret"), (2, "no name")],
    );
}

#[test]
fn a_secret_is_in_one_place() {
    let callout = "[[callout]]\nname = \"app\"\nurl = \"http://127.0.0.1:8000/imq\"\n";
    let with = |more: &str| format!("{callout}{more}\n");
    check(&with("secret_file = \"/run/secrets/app\""), &[]);
    check(&with("secret_env = \"APP_SECRET\""), &[]);
    check(&with("secret = \"[redacted]\""), &[]);
    check(&with("secret_file = \"app\""), &[(4, "must begin with '/'")]);
    check(&with("secret_env = \"A=B\""), &[(4, "the name of a variable")]);
    let both = format!("secret_file = \"/x\"\nsecret = \"{SECRET}\"");
    check(&with(&both), &[(5, "several secrets")]);
    let url = "[[callout]]\nname = \"app\"\nurl = \"https://ann:hunter2@a.example/\"\n\
               secret_env = \"A\"\n";
    check(url, &[(3, "a user or a password")]);
}

#[test]
fn what_can_never_match_is_told() {
    let class = |pattern: &str, more: &str| format!("[[class]]\npattern = \"{pattern}\"\n{more}");
    let shadowed = class("/room/**", "") + &class("/room/vip", "") + &class("/room/*", "");
    let problems = "before it matches all its names";
    check(&shadowed, &[(4, problems), (6, problems)]);
    check(&(class("/room/vip", "") + &class("/room/*", "") + &class("/room/**", "")), &[]);
    check(&(class("/a", "") + &class("/a", "")), &[(4, problems)]);
    let callout =
        format!("[[callout]]\nname = \"a\"\nurl = \"https://a.example\"\nsecret = \"{SECRET}\"\n");
    let tells = |pattern: &str| {
        let tells = "callout = \"a\"\ntells = [\"joined\",\n\"user_online\", \"joined\"]\n";
        format!("{callout}{}", class(pattern, tells))
    };
    check(&tells("/room/*"), &[(9, "happens only to user queues"), (9, "names joined twice")]);
    check(&tells("/user/*"), &[(9, "names joined twice")]);
    check(
        &tells("/room/*").replace("joined", "join"),
        &[
            (8, "unknown variant `join`"),
            (9, "happens only to user queues"),
            (9, "unknown variant `join`"),
        ],
    );
}
