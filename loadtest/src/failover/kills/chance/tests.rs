//! Who is hurt, and by what.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Chance, Harm, VICTIMS};

#[test]
fn a_seed_says_who_is_hurt_and_in_time_it_is_anybody_by_anything() {
    let (mut one, mut again) = (Chance::of(7), Chance::of(7));
    let (mut roles, mut nodes, mut gateways) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut harms = BTreeSet::new();
    for _ in 0..500 {
        let draw = one.draw(3, 2);
        assert_eq!(format!("{draw:?}"), format!("{:?}", again.draw(3, 2)));
        assert_eq!(one.about(Duration::from_secs(1)), again.about(Duration::from_secs(1)));
        roles.insert(format!("{:?}", draw.roles));
        nodes.insert(draw.queue_node);
        gateways.insert(draw.gateway);
        harms.insert(format!("{:?}", draw.harms));
    }
    assert_eq!((roles.len(), nodes.len(), gateways.len()), (VICTIMS.len(), 3, 2));
    assert_eq!(harms.len(), Harm::ALL.len().pow(2));
    assert_ne!(format!("{:?}", one.draw(3, 2)), format!("{:?}", Chance::of(8).draw(3, 2)));
}
