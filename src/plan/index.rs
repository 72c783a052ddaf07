//! Numbers of the planner: which host, domain or label is meant.

/// Makes a number of its own kind.
macro_rules! index {
    ($(#[doc = $doc:literal])+ $name:ident) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// The number of a place, from 0; there are fewer than 2³² places.
            pub fn new(place: usize) -> Self {
                $name(place as u32)
            }

            /// The place, from 0.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

index! {
    /// A host of a version, by its place in [`Assigned::hosts`](super::Assigned::hosts).
    HostIndex
}

index! {
    /// A domain of a label, by its place in [`Domains::list`](super::Domains::list); in a [`Label`](super::Label) a value, by its
    /// place in [`Label::values`](super::Label::values).
    DomainIndex
}

index! {
    /// A label of those that batches are spread by, or that the canary covers.
    LabelIndex
}

impl DomainIndex {
    /// Stands for the value of a host that has none.
    pub const MISSING: DomainIndex = DomainIndex(u32::MAX);
}
