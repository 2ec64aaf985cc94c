//! Bugs that tests plant in a real process, by words that a release build doesn't know.

use clap::Args;
use queue_node::machine::Faults;

/// Which bugs.
#[derive(Debug, Default, Clone, PartialEq, Args)]
pub(crate) struct Planted {
    /// Deciding anything about a queue whose name ends so panics.
    #[cfg(debug_assertions)]
    #[arg(long, hide = true, value_name = "END")]
    panics_on: Option<String>,
    /// It does so when it has been carried out.
    #[cfg(debug_assertions)]
    #[arg(long, hide = true, requires = "panics_on")]
    panics_late: bool,
}

impl Planted {
    /// The bugs of a queue node.
    #[cfg(debug_assertions)]
    pub(crate) fn faults(self) -> Faults {
        let late = self.panics_late;
        let panics = self.panics_on.map(|end| queue_node::machine::Panics { on: end.leak(), late });
        Faults { panics, ..Faults::default() }
    }

    /// There are none.
    #[cfg(not(debug_assertions))]
    pub(crate) fn faults(self) -> Faults {
        Faults::default()
    }
}
