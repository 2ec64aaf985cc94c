//! What one method's request becomes.

use axum::http::HeaderMap;

use super::*;
use crate::io::web::keys::{ApiKey, Keyring};

/// Only who may ask for the user is told whether the user is there.
#[test]
fn who_may_not_name_a_user_is_not_told_of_it() {
    let is_discreet = |queues: &[&str]| {
        let queues = queues.iter().map(|queue| (*queue).to_owned()).collect();
        let keys = Keyring::new(&[ApiKey { queues, ..ApiKey::whole("sesame") }]);
        let mut headers = HeaderMap::new();
        headers.insert("authorization", "Bearer sesame".parse().unwrap());
        let holder = keys.holder(&headers).ok().unwrap();
        let method = method_of("join_user").ok().unwrap();
        let body = r#"{"queue":"/room/1","user":"ann"}"#;
        let request = operation(holder, method, body, None).ok().unwrap();
        matches!(request.body, Body::JoinUser(join) if join.discreet)
    };
    assert!(is_discreet(&["/room/*"]));
    assert!(is_discreet(&["/room/*", "/user/bob"]));
    assert!(!is_discreet(&["/room/*", "/user/*"]));
    assert!(!is_discreet(&[]));
    // A body can't say so by itself.
    assert!(json::operation("join_user", r#"{"discreet":false}"#).is_err());
}
