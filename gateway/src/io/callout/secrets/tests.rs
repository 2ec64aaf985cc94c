//! Secrets in files that come, change and go.

use member::machine::Value;

use super::*;

const ONE: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const OTHER: &str = "whsec_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";

fn config(secret: &str) -> Arc<ClusterConfig> {
    let text = format!("[[callout]]\nname = \"app\"\nurl = \"https://a.example\"\n{secret}\n");
    Arc::new(ClusterConfig::read(&text).unwrap())
}

fn secret(config: &ClusterConfig) -> Option<&str> {
    config.callout[0].secret.as_ref().map(Secret::reveal)
}

fn at(ms: u64) -> Time {
    Time { ms, unix_ms: 0 }
}

#[test]
fn a_secret_that_stands_in_the_configuration_stays() {
    let mut secrets = Secrets::default();
    let given = config(&format!("secret = \"{ONE}\""));
    assert_eq!(secret(&secrets.take(given)), Some(ONE));
    assert!(secrets.changed(at(5_000)).is_none());
}

#[test]
fn a_file_is_read_again_when_it_changes() {
    let path = std::env::temp_dir().join(format!("imq-callout-secret-{}", std::process::id()));
    fs::remove_file(&path).ok();
    let given = config(&format!("secret_file = {path:?}"));
    let mut secrets = Secrets::default();
    assert_eq!(secret(&secrets.take(given.clone())), None);
    assert_eq!(secrets.sample().value, Value::Gauge(1.0));
    fs::write(&path, format!("{ONE}\n")).unwrap();
    assert_eq!(secret(&secrets.changed(at(1_000)).unwrap()), Some(ONE));
    assert_eq!(secrets.sample().value, Value::Gauge(0.0));
    fs::write(&path, OTHER).unwrap();
    assert!(secrets.changed(at(1_999)).is_none(), "it is looked at once a second");
    assert_eq!(secret(&secrets.changed(at(2_000)).unwrap()), Some(OTHER));
    assert!(secrets.changed(at(3_000)).is_none());
    // What is no secret changes nothing, and isn't repeated.
    fs::write(&path, "hunter2").unwrap();
    assert!(secrets.changed(at(4_000)).is_none());
    assert_eq!(secrets.sample().value, Value::Gauge(1.0));
    let problem = secrets.read["app"].problem.clone().unwrap();
    assert!(problem.contains("doesn't hold a secret") && !problem.contains("hunter2"), "{problem}");
    assert_eq!(secret(&secrets.take(given)), Some(OTHER), "the last good one goes on");
    fs::remove_file(&path).unwrap();
    assert!(secrets.changed(at(5_000)).is_none());
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let mut secrets = Secrets::default();
    assert_eq!(secret(&secrets.take(config("secret_file = \"/dev/zero\""))), None);
    assert!(secrets.read["app"].problem.as_ref().unwrap().contains("is not a file"));
}

#[test]
fn a_variable_that_holds_none_is_named() {
    let mut secrets = Secrets::default();
    secrets.take(config("secret_env = \"PATH\""));
    let problem = secrets.read["app"].problem.clone().unwrap();
    assert!(
        problem.contains("PATH doesn't hold a secret") && !problem.contains("/bin"),
        "{problem}"
    );
    secrets.take(config("secret_env = \"IMQ_NO_SUCH_VARIABLE\""));
    assert!(secrets.read["app"].problem.as_ref().unwrap().contains("is not set"));
}
