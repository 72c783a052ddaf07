//! The rules of a version as texts, key by key.

use super::{Assignment, BatchSize, Bound, DomainOrder, Labels, Pattern, Rules, Spread, display_seconds};

impl Rules {
    /// Every key of `regal.yml` that a version may have, by its name, with its value as text; absent where it is not set
    /// and has no default, or has no effect. Always the same keys in the same order.
    pub fn described(&self) -> [(&'static str, Option<String>); 24] {
        // without `..`, so that a new key is thought of here
        let Rules {
            canary_size,
            canary_hosts,
            canary_exclude,
            canary_cover,
            batch_size,
            canary_bake,
            bake,
            approval,
            max_failures,
            exclude,
            last,
            order: _,
            assignment: Assignment { mode: _, key, waves, seed },
            spread: Spread { by, mode: _, missing: _, order, max_unavailable },
            bound,
            remainder: _,
        } = self;
        let spreads = by.is_some();
        let hashes = self.hashes();
        let (most, least) = match bound.as_ref().map(|bound| bound.value) {
            Some(Bound::MaxUnavailable(amount)) => (Some(amount.to_string()), None),
            Some(Bound::MinHealthy(amount)) => (None, Some(amount.to_string())),
            None => (None, None),
        };
        let canary = match canary_size {
            Some(amount) => Some(amount.to_string()),
            None if canary_hosts.is_empty() && canary_cover.is_none() => Some("1".to_string()),
            None => None,
        };
        [
            ("canary.size", canary),
            ("canary.hosts", patterns(canary_hosts)),
            ("canary.exclude", patterns(canary_exclude)),
            ("canary.cover", labels(canary_cover)),
            ("batch_size", Some(batch_size.iter().map(size).collect::<Vec<_>>().join(", "))),
            ("remainder", Some(self.remainder().as_str().to_string())),
            ("max_unavailable", most),
            ("min_healthy", least),
            ("spread.by", labels(by)),
            ("spread.mode", spreads.then(|| self.spread.mode().as_str().to_string())),
            ("spread.missing", spreads.then(|| self.spread.missing().as_str().to_string())),
            ("spread.order", order.as_ref().filter(|_| spreads).map(|order| domains(&order.value))),
            ("spread.max_unavailable", max_unavailable.as_ref().map(|amount| amount.value.to_string())),
            ("order", Some(self.order().as_str().to_string())),
            ("last", patterns(last)),
            ("exclude", patterns(exclude)),
            ("assignment.mode", Some(self.mode().as_str().to_string())),
            ("assignment.key", key.as_ref().filter(|_| hashes).map(|key| key.value.clone())),
            ("assignment.waves", waves.as_ref().map(|waves| waves.value.to_string())),
            ("seed", Some(seed.clone()).filter(|seed| hashes && !seed.is_empty())),
            ("canary.bake", Some(display_seconds(*canary_bake))),
            ("bake", Some(display_seconds(*bake))),
            ("approval", Some(approval.as_str().to_string())),
            ("max_failures", Some(max_failures.to_string())),
        ]
    }
}

fn size(size: &BatchSize) -> String {
    match size {
        BatchSize::Amount(amount) => amount.to_string(),
        BatchSize::Rest => "rest".to_string(),
    }
}

fn patterns(patterns: &[Pattern]) -> Option<String> {
    let texts: Vec<_> = patterns.iter().map(|pattern| pattern.text.as_str()).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

fn labels(labels: &Option<Labels>) -> Option<String> {
    labels.as_ref().map(|labels| labels.value.join(", "))
}

fn domains(order: &DomainOrder) -> String {
    match order {
        DomainOrder::Name => "name".to_string(),
        DomainOrder::SmallestFirst => "smallest_first".to_string(),
        DomainOrder::List(domains) => domains.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Amount, Bound, Keys, Policy, Set};
    use crate::settings::{Id, KEYS};

    #[test]
    fn every_key_of_a_version_is_described() {
        let described: Vec<_> = Policy::default().rules("app").described().into_iter().map(|(key, _)| key).collect();
        let group =
            |name: &str| KEYS.iter().any(|key| key.name.split_once('.').is_some_and(|(outer, _)| outer == name));
        let keys = KEYS.iter().filter(|key| key.per_version && key.id != Id::Hosts && !group(key.name));
        let keys: Vec<_> = keys.map(|key| key.name).collect();
        let missing: Vec<_> = keys.iter().filter(|key| !described.contains(key)).collect();
        assert!(missing.is_empty() && described.len() == keys.len(), "{missing:?}");
    }

    #[test]
    fn what_is_set_is_shown_and_defaults_too() {
        let at = crate::error::Location::whole("regal.yml");
        let keys = Keys {
            batch_size: Some(vec![BatchSize::Amount(Amount::Hosts(2)), BatchSize::Rest]),
            bound: Some(Set { value: Bound::MinHealthy(Amount::Hosts(3)), at }),
            bake: Some(90),
            ..Keys::default()
        };
        let described = Rules::new(keys, "app").described();
        let shown = |key: &str| described.iter().find(|(name, _)| *name == key).and_then(|(_, value)| value.as_deref());
        assert_eq!(shown("batch_size"), Some("2, rest"));
        assert_eq!((shown("min_healthy"), shown("max_unavailable")), (Some("3"), None));
        assert_eq!((shown("bake"), shown("canary.bake")), (Some("1m30s"), Some("1m30s")));
        assert_eq!((shown("canary.size"), shown("approval"), shown("spread.mode")), (Some("1"), Some("never"), None));
    }
}
