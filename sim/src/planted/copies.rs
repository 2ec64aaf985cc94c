//! Copies that forget one thing of what records say.

use queue_node::machine::Forgets;

use super::Planted;

/// Who finds it, if nobody else does.
const RULE: &[&str] = &["a copy is what its primary is"];

macro_rules! forgets {
    ($($what:ident),* $(,)?) => {
        /// One for each thing that a copy can forget.
        pub(super) const COPIES: &[Planted] = &[$(
            Planted {
                name: concat!("copy.forgets.", stringify!($what)),
                breaks: RULE,
                plant: |f| f.node.forgets = Some(Forgets::$what),
            },
        )*];
    };
}

forgets!(
    Epoch,
    Created,
    Destroyed,
    Results,
    ResultsOfLeaving,
    Barred,
    Keys,
    KeysOfRefusals,
    Words,
    Answers,
    Drawn,
    Secrets,
    SecretsNamed,
    Confirmed,
    Detached,
    Attached,
    Sweeps,
    Below,
    Notes,
    Unnoted,
    OverIds,
    Floors,
    Generations,
    SeatGenerations,
    Filters,
    Excluded,
    Bindings,
    Tells,
    Taken,
    Classes,
    Trims,
    Bodies,
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Faults;

    #[test]
    fn all_that_can_be_forgotten_is_planted_but_what_scripts_see_to() {
        let planted = COPIES.iter().map(|planted| {
            let mut faults = Faults::default();
            (planted.plant)(&mut faults);
            faults.node.forgets
        });
        let by_script = [Forgets::Expiry, Forgets::Guests];
        let rest = Forgets::ALL.into_iter().filter(|one| !by_script.contains(one));
        assert!(planted.eq(rest.map(Some)));
    }
}
