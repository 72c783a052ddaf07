//! Keys whose value is one of a few words.

/// An enum of words: each variant with the word that stands for it in `regal.yml`.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every word with its meaning.
            pub const WORDS: &[(&str, Self)] = &[$(($word, $name::$variant)),+];

            /// The word in `regal.yml`, in reports and in the inventory.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }
        }
    };
}

pub(super) use words;

words! {
    /// When the playbook asks before it goes on.
    Approval {
        /// Not at all.
        #[default]
        Never = "never",
        /// After the canary.
        AfterCanary = "after_canary",
        /// After every batch.
        EachBatch = "each_batch",
        /// After every stage.
        AfterStage = "after_stage",
    }
}

words! {
    /// What a host in several versions means.
    SharedHosts {
        /// A warning.
        #[default]
        Warn = "warn",
        /// An error.
        Error = "error",
        /// Nothing.
        Allow = "allow",
    }
}

words! {
    /// The order in which a version's hosts are planned, in Ansible's words.
    Order {
        /// As they were assigned: that of the patterns, else that of the inventory.
        #[default]
        Inventory = "inventory",
        /// By name.
        Sorted = "sorted",
        /// `inventory` from the end.
        ReverseInventory = "reverse_inventory",
        /// `sorted` from the end.
        ReverseSorted = "reverse_sorted",
        /// By a hash of the seed and each host's id.
        Shuffle = "shuffle",
    }
}

words! {
    /// How much a host's batch depends on the other hosts.
    Mode {
        /// Hosts follow each other in `order`: one that is added moves everything after it.
        #[default]
        Order = "order",
        /// Hosts follow each other by hash: one that is added moves at most one host out of the canary.
        Rank = "rank",
        /// A host's own hash decides: one that is added moves no other between the canary and the rest.
        Bucket = "bucket",
    }
}

words! {
    /// How batches are spread over domains.
    SpreadMode {
        /// Every batch takes its fair share of each domain.
        #[default]
        Even = "even",
        /// Domain after domain; no batch crosses from one into another.
        Sequential = "sequential",
    }
}

words! {
    /// What a host without a label that the policy needs means.
    Missing {
        /// An error.
        #[default]
        Error = "error",
        /// Each such host is a domain of its own.
        Each = "each",
        /// All such hosts are one domain.
        Group = "group",
    }
}

words! {
    /// What becomes of a last batch that is short.
    Remainder {
        /// It stays short.
        #[default]
        Last = "last",
        /// The batches of the last size are evened out.
        Balance = "balance",
        /// It joins the batch before it.
        Merge = "merge",
    }
}
