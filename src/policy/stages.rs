//! Stages: parts of a version's hosts that follow each other, each with sizes, caps and waits of its own.

use super::{DomainOrder, Keys, Pattern, Rules, Set};
use crate::error::Location;

/// A stage as one layer gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageKeys {
    /// Its name; empty where [`StageHosts::Each`] makes a stage of each value.
    pub name: String,
    /// Its hosts.
    pub hosts: StageHosts,
    /// What its percents are of.
    pub of: PercentOf,
    /// The keys that it has of its own, never stages.
    pub keys: Keys,
    /// Where it stands.
    pub at: Location,
}

/// Which hosts of a version a stage has; a host stands in the first stage that takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StageHosts {
    /// Those of patterns.
    Patterns(Vec<Pattern>),
    /// Those with one of these values of a label.
    Values {
        /// The label.
        label: Set<String>,
        /// The values; at least one.
        values: Vec<String>,
    },
    /// All that are left, a stage for each value of a label.
    Each {
        /// The label.
        label: Set<String>,
        /// The order of the stages.
        order: DomainOrder,
    },
    /// All that are left.
    Rest,
}

/// What the percents of a stage are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PercentOf {
    /// The stage's hosts.
    #[default]
    Stage,
    /// The version's hosts.
    Version,
}

impl PercentOf {
    /// Every word with its meaning.
    pub const WORDS: &[(&str, Self)] = &[("stage", PercentOf::Stage), ("version", PercentOf::Version)];
}

/// A stage of a version, every key settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageRules {
    /// Its name; empty where [`StageHosts::Each`] makes a stage of each value.
    pub name: String,
    /// Its hosts.
    pub hosts: StageHosts,
    /// What its percents are of.
    pub of: PercentOf,
    /// How its batches are cut; without stages.
    pub rules: Rules,
    /// Where it stands.
    pub at: Location,
}

impl StageKeys {
    /// The label whose values say which hosts the stage has.
    pub fn label(&self) -> Option<&str> {
        self.hosts.label().map(|label| label.value.as_str())
    }
}

impl StageHosts {
    /// The label whose values decide.
    pub fn label(&self) -> Option<&Set<String>> {
        match self {
            StageHosts::Values { label, .. } | StageHosts::Each { label, .. } => Some(label),
            StageHosts::Patterns(_) | StageHosts::Rest => None,
        }
    }
}

impl std::fmt::Display for StageHosts {
    /// As it is written.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StageHosts::Patterns(patterns) => {
                let texts: Vec<_> = patterns.iter().map(|pattern| pattern.text.as_str()).collect();
                f.write_str(&texts.join(", "))
            }
            StageHosts::Values { label, values } => write!(f, "{{{}: {}}}", label.value, values.join(", ")),
            StageHosts::Each { label, .. } => write!(f, "each {}", label.value),
            StageHosts::Rest => f.write_str("rest"),
        }
    }
}

/// Stages as a text, with the keys in which each differs from the version.
pub(super) fn described(stages: &[StageRules], version: &[(&'static str, Option<String>)]) -> Option<String> {
    let stage = |stage: &StageRules| {
        let own = stage.rules.described().into_iter().zip(version).filter(|(own, version)| own != *version);
        let own = own.filter_map(|((key, value), _)| Some(format!("{key}: {}", value?)));
        let of = (stage.of == PercentOf::Version).then(|| "of: version".to_string());
        let name = if stage.name.is_empty() { None } else { Some(stage.name.clone()) };
        let parts: Vec<String> =
            name.into_iter().chain([format!("hosts: {}", stage.hosts)]).chain(of).chain(own).collect();
        format!("{{{}}}", parts.join(", "))
    };
    (!stages.is_empty()).then(|| stages.iter().map(stage).collect::<Vec<_>>().join(", "))
}
