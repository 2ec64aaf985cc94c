//! Files and documents of keys.

use proto::limits;

use super::made::{ec, openssl, pair};
use super::*;

fn check(text: &str, origin: Origin, wanted: &str) {
    let error = KeySet::read(text.as_bytes(), origin, &Algorithm::ALL).expect_err(wanted);
    let said = error.to_string();
    assert!(said.contains(wanted), "{said:?} lacks {wanted:?}");
}

#[test]
fn files_that_hold_no_usable_key() {
    let file = |text: &str, wanted: &str| check(text, Origin::File, wanted);
    file(" \n", "nothing in it");
    file("hunter2", "a secret has 7 bytes, at least 32");
    file("base64:c2hvcnQ=", "a secret has 5 bytes");
    file("base64:!!", "no base64");
    let five = ("x".repeat(32) + "\n").repeat(5);
    file(&five, "it has 5 secrets");
    file("-----BEGIN PUBLIC KEY-----\nAAAA\n", "no END line");
    file(
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        "not an RSA, P-256 or Ed25519",
    );
    file(&ec("P-256"), "private key");
    let certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
    file(certificate, "openssl x509 -pubkey");
    file("-----BEGIN X-----\n-----END X-----", "\"X\" in PEM");
    file(&openssl(&["pkey", "-pubout"], &ec("P-384")), "uncompressed point of P-256");
    file(&openssl(&["pkey", "-pubout"], &ec("secp256k1")), "uncompressed point of P-256");
    let compressed = ["pkey", "-pubout", "-ec_conv_form", "compressed"];
    file(&openssl(&compressed, &ec("P-256")), "uncompressed");
    let words = ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"];
    file(&openssl(&["pkey", "-pubout"], &openssl(&words, "")), "1024 bits");
    file("{}", "not a JWKS document");
    file(r#"{"keys":[]}"#, "no key in it can be used for HS256");
    check("x", Origin::Url, "not a JWKS document");
    let none = KeySet::read(&[0xff], Origin::File, &Algorithm::ALL).expect_err("not text");
    assert_eq!(none, KeyError::NotText);
    let long = vec![b'x'; limits::TOKEN_KEYS_BYTES_MAX + 1];
    let long = KeySet::read(&long, Origin::File, &Algorithm::ALL).expect_err("too long");
    assert_eq!(long, KeyError::TooLong(limits::TOKEN_KEYS_BYTES_MAX + 1));
}

#[test]
fn several_public_keys_stand_in_one_file() {
    let file: String = [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa]
        .map(|a| pair(a).public.clone())
        .concat();
    let set = KeySet::read(file.as_bytes(), Origin::File, &Algorithm::ALL).expect("good keys");
    let algorithms: Vec<Algorithm> = set.keys.iter().map(Key::algorithm).collect();
    assert_eq!(algorithms, [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa]);
    let set = KeySet::read(file.as_bytes(), Origin::File, &[Algorithm::EdDsa]).expect("good keys");
    assert_eq!((set.keys.len(), set.skipped.len()), (1, 2));
    let pkcs1 = openssl(&["rsa", "-pubin", "-RSAPublicKey_out"], &pair(Algorithm::Rs256).public);
    assert!(KeySet::read(pkcs1.as_bytes(), Origin::File, &Algorithm::ALL).is_ok());
}

/// The key of RFC 7517, appendix A.1, and what can be wrong beside it.
/// None of their tokens could be verified: all would have to be tried.
#[test]
fn too_many_keys_without_names_are_refused() {
    let pem = |keys: usize| pair(Algorithm::EdDsa).public.repeat(keys);
    assert!(KeySet::read(pem(4).as_bytes(), Origin::File, &Algorithm::ALL).is_ok());
    check(&pem(5), Origin::File, "5 keys for EdDSA without a name");
}

#[test]
fn bad_entries_of_a_document_dont_take_the_good_ones_along() {
    let document = r#"{"keys":[
        {"kty":"EC","crv":"P-256","kid":"good","use":"sig",
         "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
         "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"},
        {"kty":"EC","crv":"P-256","kid":"off the curve",
         "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
         "y":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"},
        {"kty":"OKP","crv":"Ed25519","kid":"short","x":"AAAA"},
        {"kty":"OKP","crv":"X25519","x":"AAAA"},
        {"kty":"RSA","kid":"tiny","n":"AQAB","e":"AQAB"},
        {"kty":"RSA","kid":"bad","n":"!","e":"AQAB"},
        {"kty":"oct","kid":"secret","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
        {"kty":"EC","crv":"P-256","use":"enc"},
        {"kty":"EC","crv":"P-256","key_ops":["deriveKey"]},
        {"kty":7}, 7, {}
    ],"more":true}"#;
    let set = KeySet::read(document.as_bytes(), Origin::Url, &Algorithm::ALL).expect("one is good");
    let names: Vec<Option<&str>> = set.keys.iter().map(Key::kid).collect();
    assert_eq!(names, [Some("good")]);
    let reasons = set.skipped.join("\n");
    for wanted in [
        "\"off the curve\": it is not an uncompressed point of P-256",
        "\"short\": its Ed25519 key is not 32 bytes",
        "\"X25519\" are not supported",
        "\"tiny\": its RSA key has 17 bits",
        "\"bad\": `n` is not base64url",
        "\"secret\": it is a secret, which must not be at a URL",
        "not for signatures",
        "not for verifying",
        "keys[9]: invalid type",
    ] {
        assert!(reasons.contains(wanted), "{wanted:?} is not in:\n{reasons}");
    }
    assert_eq!(set.skipped.len(), 11);
    let other = document.replace("\"use\":\"sig\"", "\"alg\":\"ES384\"");
    check(&other, Origin::Url, "it is for \"ES384\"");
}
