//! What it means that the inventory says something else than when a plan was frozen.

use super::words::words;

/// What is done about drift.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// Whether a frozen plan is compared with the inventory at all.
    pub mode: Mode,
    /// What a host means that the inventory no longer has.
    pub removed: Removed,
    /// What a host means that is in no batch.
    pub added: Added,
    /// What another version, failure domain or setting means.
    pub changed: Changed,
}

words! {
    /// Whether a frozen plan is compared with the inventory.
    Mode {
        /// It is, each time it is used.
        #[default]
        Check = "check",
        /// It is not: the inventory is not even read for that.
        Ignore = "ignore",
    }
}

words! {
    /// What a host of a frozen plan means that the inventory no longer has.
    Removed {
        /// It is left out, with a warning.
        #[default]
        Drop = "drop",
        /// An error.
        Error = "error",
    }
}

words! {
    /// What a host means that is to run a version of a frozen plan and is in no batch of it.
    Added {
        /// An error.
        #[default]
        Error = "error",
        /// Nothing: another plan has to take it.
        Ignore = "ignore",
    }
}

words! {
    /// What it means that a host has another version or failure domain, or that settings differ.
    Changed {
        /// An error.
        #[default]
        Error = "error",
        /// Nothing.
        Ignore = "ignore",
    }
}
