//! Options of TLS, whole and in part.

use super::*;

fn at(name: &str) -> Option<PathBuf> {
    Some([env!("CARGO_MANIFEST_DIR"), "../link/testdata/tls", name].iter().collect())
}

fn options(certificate: &str, key: &str, authority: &str) -> TlsOptions {
    TlsOptions {
        certificate_file: at(certificate),
        key_file: at(key),
        authority_file: at(authority),
        name: None,
    }
}

#[test]
fn part_of_it_is_refused_and_wrong_files_are_named() {
    let part = TlsOptions { certificate_file: at("node.pem"), ..TlsOptions::default() };
    let error = part.hub(&TlsOptions::default()).expect_err("no key").to_string();
    assert!(error.contains("not all are given"), "{error}");
    let wrong = options("node.pem", "absent.key", "authority.pem");
    let error = format!("{:#}", wrong.hub(&TlsOptions::default()).expect_err("no such file"));
    assert!(error.contains("absent.key"), "{error}");
}

#[test]
fn the_file_has_what_was_not_given() {
    let text = "[tls]\ncertificate_file = \"a\"\nkey_file = \"b\"\nname = \"c\"\n";
    let file: super::super::File = toml::from_str(text).expect("well-formed");
    assert_eq!(file.tls.name.as_deref(), Some("c"));
    let given = options("node.pem", "node.key", "authority.pem");
    assert!(given.hub(&file.tls).is_ok(), "what was given counts");
    assert!(TlsOptions::default().hub(&TlsOptions::default()).is_ok(), "none is none");
}
