//! Who may call what.

use axum::http::HeaderValue;

use super::*;

fn keys() -> Keyring {
    let key = |name: &str, key: &str, scopes: &[Scope], queues: &[&str]| ApiKey {
        name: Some(name.to_owned()),
        key: key.to_owned(),
        scopes: scopes.to_vec(),
        queues: queues.iter().map(|&queue| queue.to_owned()).collect(),
    };
    Keyring::new(&[
        ApiKey::whole("all"),
        key("shop", "old", &[Scope::Read], &["/shop/**"]),
        key("shop", "new", &[Scope::Read, Scope::Write], &[]),
    ])
}

fn headers(authorization: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(authorization))])
}

#[test]
fn a_key_opens_what_it_is_for() {
    let keys = keys();
    let all = keys.holder(&headers("Bearer all")).unwrap();
    let old = keys.holder(&headers("bearer  old ")).unwrap();
    let new = keys.holder(&headers("BEARER new")).unwrap();
    assert!(all.may(Scope::Manage, Some("/user/ann")).is_ok());
    assert!(old.may(Scope::Read, Some("/shop/1/2")).is_ok() && old.may(Scope::Read, None).is_ok());
    assert!(old.may(Scope::Read, Some("/room/1")).is_err());
    assert!(old.may(Scope::Write, Some("/shop/1")).is_err());
    assert!(
        new.may(Scope::Write, Some("/room/1")).is_ok()
            && new.may(Scope::Manage, Some("/room/1")).is_err()
    );
    assert!(old.id == new.id && old.id != all.id, "keys of one name are one back end");
}

#[test]
fn others_open_nothing() {
    let keys = keys();
    for wrong in
        ["Bearer al", "Bearer alll", "Bearer ", "Bearer", "Basic all", "all", "", "Bearer ALL"]
    {
        assert!(keys.holder(&headers(wrong)).is_err(), "{wrong}");
    }
    assert!(keys.holder(&HeaderMap::new()).is_err());
    assert!(Keyring::new(&[]).holder(&headers("Bearer ")).is_err());
    assert!(!format!("{:?}", ApiKey::whole("sesame")).contains("sesame"));
}
