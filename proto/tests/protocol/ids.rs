//! Ids and secrets as text.

use proptest::prelude::*;
use proto::ids::{Epoch, Secret, SessionId};

proptest! {
    #[test]
    fn session_ids_come_back(hash: u64, random: u64) {
        let id = SessionId::new(hash, random);
        assert_eq!(id.user_queue_hash(), hash);
        assert_eq!(id.to_string(), format!("{hash:016x}{random:016x}"));
        assert_eq!(SessionId::parse(&id.to_string()), Some(id));
        assert_eq!(SessionId::try_from(&id.0[..]).ok(), Some(id));
        let secret = Secret(id.0);
        assert_eq!(Secret::parse(&secret.reveal()), Some(secret));
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }

    #[test]
    fn other_text_is_no_id(text in ".{0,40}") {
        let fits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert_eq!(SessionId::parse(&text).is_some(), fits);
        assert_eq!(Secret::parse(&text).is_some(), fits);
    }

    #[test]
    fn epochs_are_48_bits_and_never_zero(bits: u64) {
        let epoch = Epoch::from_random(bits);
        assert_eq!(Epoch::from_wire(epoch.get()), Some(epoch));
        assert_eq!(Epoch::from_wire(bits).is_some(), bits != 0 && bits < 1 << 48);
    }
}

#[test]
fn edges_of_ids() {
    assert_eq!(Epoch::from_random(0).get(), 1);
    assert_eq!(Epoch::from_random(1 << 48).get(), 1);
    assert_eq!(Epoch::from_wire(0), None);
    assert_eq!(Epoch::from_wire(1 << 48), None);
    assert_eq!(SessionId::parse(&"é".repeat(16)), None);
    assert_eq!(SessionId::parse(&"+".repeat(32)), None);
    assert!(SessionId::try_from(&[0; 15][..]).is_err());
}
