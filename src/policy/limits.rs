//! `limits`: how much of the domains of a label may be in one batch, whether batches are spread over them or not.

use super::{Amount, GROUP_LABEL};
use crate::error::Location;

/// What one batch may have of a label's domains; at least one of the two is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The label: a host variable, or `group:GLOB`. Hosts without it are free of the limit.
    pub label: String,
    /// Hosts of one domain; a percent is of the domain's hosts.
    pub max_unavailable: Option<Amount>,
    /// Domains that may have a host in the batch; a percent is of the label's domains.
    pub max_domains: Option<Amount>,
    /// Where it is set.
    pub at: Location,
}

/// Takes over what a stronger layer sets, label by label; an empty list takes all back.
pub(super) fn merge(weaker: &mut Option<Vec<Limit>>, stronger: &Option<Vec<Limit>>) {
    let Some(stronger) = stronger else { return };
    let limits = weaker.get_or_insert_default();
    if stronger.is_empty() {
        limits.clear();
    }
    for limit in stronger {
        match limits.iter_mut().find(|known| known.label == limit.label) {
            Some(known) => known.clone_from(limit),
            None => limits.push(limit.clone()),
        }
    }
}

impl std::fmt::Display for Limit {
    /// As it is written: `zone: 25%`, `rack: {max_unavailable: 1, max_domains: 2}`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let quote = if self.label.starts_with(GROUP_LABEL) { "\"" } else { "" };
        write!(f, "{quote}{}{quote}: ", self.label)?;
        match (self.max_unavailable, self.max_domains) {
            (Some(hosts), None) => write!(f, "{hosts}"),
            (Some(hosts), Some(domains)) => write!(f, "{{max_unavailable: {hosts}, max_domains: {domains}}}"),
            (None, Some(domains)) => write!(f, "{{max_domains: {domains}}}"),
            (None, None) => f.write_str("{}"),
        }
    }
}

/// Limits as they are written, without the outer braces.
pub(super) fn text(limits: &[Limit]) -> Option<String> {
    let texts: Vec<_> = limits.iter().map(ToString::to_string).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(label: &str, hosts: usize) -> Limit {
        let at = Location::whole("regal.yml");
        Limit { label: label.into(), max_unavailable: Some(Amount::Hosts(hosts)), max_domains: None, at }
    }

    #[test]
    fn limits_are_merged_label_by_label_and_an_empty_list_takes_them_back() {
        let mut limits = Some(vec![limit("zone", 3), limit("rack", 2)]);
        merge(&mut limits, &None);
        merge(&mut limits, &Some(vec![limit("rack", 1), limit("group:etcd_*", 1)]));
        let merged = text(limits.as_deref().unwrap_or_default());
        assert_eq!(merged.as_deref(), Some("zone: 3, rack: 1, \"group:etcd_*\": 1"));
        merge(&mut limits, &Some(Vec::new()));
        assert_eq!(limits, Some(Vec::new()));
    }
}
