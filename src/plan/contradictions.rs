//! Rules that do not go together, whatever the hosts.

use std::time::Duration;

use super::input::Assigned;
use crate::diagnostics::Diagnostics;
use crate::error::{Code, Location, Problem};
use crate::policy::{
    Amount, Approval, DomainOrder, Mode, OnFailure, Order, Remainder, Rules, Set, SpreadMode, display_seconds, longest,
    too_short,
};

/// A problem for each contradiction; it names both sides and a way out.
pub(super) fn find(rules: &Rules, found: &mut Diagnostics) {
    let mut found = Contradictions { found };
    without_domains(rules, &mut found);
    domain_order(rules, &mut found);
    if let Some(alone) = rules.last_alone.as_ref().filter(|alone| alone.value && rules.last.is_empty()) {
        found.needs("last.alone", &alone.at, "`last.hosts`", "name the hosts: `last: {hosts: PATTERN, alone: yes}`");
    }
    gates(rules, &mut found);
    way_back(rules, &mut found);
    without_hashes(rules, &mut found);
    without_room(rules, &mut found);
    with_bucket(rules, &mut found);
    if let Some(by) = rules.order_by.as_ref().filter(|_| rules.mode() != Mode::Order) {
        let (order, mode) = (Given { key: "order.by", value: &by.value, at: &by.at }, rules.mode().as_str());
        found.exclude(order, ("assignment.mode", mode), "both say which host comes first", "keep one of them");
    }
    let order = rules.order.as_ref().filter(|set| set.value != Order::Inventory && rules.mode() != Mode::Order);
    if let Some(order) = order {
        let (order, mode) = (Given { key: "order", value: order.value.as_str(), at: &order.at }, rules.mode().as_str());
        found.exclude(order, ("assignment.mode", mode), "both say which host comes first", "keep one of them");
    }
}

/// What has no meaning for a version without stages.
pub(super) fn find_without_stages(rules: &Rules, found: &mut Diagnostics) {
    if rules.approval == Approval::AfterStage {
        let message = "`approval: after_stage` has no meaning without `stages`";
        let hint = "use `after_canary` or `each_batch`, or divide the hosts into `stages`";
        let problem = Problem::of(Code::Contradiction, message).hint(hint);
        found.error_once(match &rules.approval_at {
            Some(at) => problem.at(at.clone()),
            None => problem,
        });
    }
}

/// A way back that leads to the version itself.
pub(super) fn find_back_to_itself(rules: &Rules, assigned: &Assigned<'_>, found: &mut Diagnostics) {
    let Some(set) = rules.rollback_to.as_ref().filter(|set| set.value == assigned.version) else { return };
    let message = format!("`rollback_to: {0}` is the version {0} itself", assigned.shown());
    let hint = "name the version that runs now; several versions each have their own: `versions: {NEW: {hosts: …, rollback_to: OLD}}`";
    found.error_once(Problem::of(Code::Contradiction, message).at(set.at.clone()).hint(hint));
}

/// A key with its value, and where it is set.
struct Given<'r> {
    key: &'r str,
    value: &'r str,
    at: &'r Location,
}

struct Contradictions<'p> {
    found: &'p mut Diagnostics,
}

impl Contradictions<'_> {
    /// Reports a problem once: several versions may have the same rules.
    fn push(&mut self, at: &Location, message: String, hint: &str) {
        self.found.error_once(Problem::of(Code::Contradiction, message).at(at.clone()).hint(hint));
    }

    fn exclude(&mut self, Given { key, value, at }: Given<'_>, (other, with): (&str, &str), why: &str, hint: &str) {
        self.push(at, format!("`{key}: {value}` and `{other}: {with}` exclude each other: {why}"), hint);
    }

    fn needs(&mut self, key: &str, at: &Location, needed: &str, hint: &str) {
        self.push(at, format!("`{key}` has no meaning without {needed}"), hint);
    }
}

/// Bakes that no window holds, so that a batch could never begin.
fn without_room(rules: &Rules, found: &mut Contradictions<'_>) {
    let Some(windows) = &rules.windows else { return };
    let Some(longest) = longest(&windows.value) else { return };
    let long = |seconds: u64| seconds > longest.as_secs();
    let bakes = [("canary.bake", rules.canary_bake, "the canary"), ("bake", rules.bake, "a batch after the canary")];
    if let Some((key, seconds, batch)) = bakes.into_iter().find(|(_, seconds, _)| long(*seconds)) {
        let (bake, most) = (display_seconds(seconds), display_seconds(longest.as_secs()));
        let message = format!(
            "`windows` are open for {most} at most, and `{key}: {bake}` is longer, so that {batch} could never begin"
        );
        found.push(
            &windows.at,
            message,
            "a batch begins where a window is long enough for its bake: shorten it, or widen a window",
        );
        return;
    }
    let shortest = rules.bake.min(rules.canary_bake);
    for window in too_short(&windows.value, Duration::from_secs(shortest)) {
        let bake = display_seconds(shortest);
        let message =
            format!("`windows`: no batch begins in {window} but one that is not watched: a bake takes {bake}");
        let problem = Problem::of(Code::Contradiction, message).at(windows.at.clone());
        found.found.warn_once(problem.hint("widen it, or leave it out"));
    }
}

/// Gates that the watch of a batch leaves no time for.
fn gates(rules: &Rules, found: &mut Contradictions<'_>) {
    let Some(set) = &rules.gates else { return };
    for (key, bake) in [("canary.bake", rules.canary_bake), ("bake", rules.bake)] {
        let lasts = display_seconds(bake);
        for gate in &set.value {
            let name = &gate.name;
            let message = if bake == 0 {
                format!("`gates`: `{name}` is measured while a batch is watched, and `{key}` is 0")
            } else if gate.initial_delay >= bake {
                let delay = display_seconds(gate.initial_delay);
                format!("`gates`: `{name}` waits for {delay}, and `{key}` is {lasts}: nothing would be measured")
            } else if gate.interval > bake {
                let interval = display_seconds(gate.interval);
                format!("`gates`: `{name}` is measured every {interval}, and `{key}` is {lasts}")
            } else {
                continue;
            };
            found.push(&set.at, message, &format!("let the batch be watched for longer, such as `{key}: 10m`"));
        }
    }
}

/// A way back that leads nowhere.
fn way_back(rules: &Rules, found: &mut Contradictions<'_>) {
    let Some(set) = rules.on_failure.as_ref().filter(|set| set.value == OnFailure::Rollback) else { return };
    if rules.rollback_to.is_none() {
        let hint = "name the version that runs now: `rollback_to: VERSION`";
        found.needs("on_failure: rollback", &set.at, "`rollback_to`", hint);
    }
}

fn place<T>(set: &Option<Set<T>>) -> Option<&Location> {
    set.as_ref().map(|set| &set.at)
}

/// Keys about domains although there are none. An empty `spread.by` says that this is meant.
fn without_domains(rules: &Rules, found: &mut Contradictions<'_>) {
    let spread = &rules.spread;
    if spread.by.is_some() {
        return;
    }
    let missing = place(&spread.missing).filter(|_| rules.canary_cover.is_none());
    for (key, at) in [
        ("spread.mode", place(&spread.mode)),
        ("spread.missing", missing),
        ("spread.order", place(&spread.order)),
        ("spread.max_unavailable", place(&spread.max_unavailable)),
    ] {
        if let Some(at) = at {
            found.needs(key, at, "`spread.by`", "name the label whose values are the domains: `spread: {by: zone, …}`");
        }
    }
}

fn domain_order(rules: &Rules, found: &mut Contradictions<'_>) {
    let Some(by) = rules.spread.by() else { return };
    let Some(order) = rules.spread.order.as_ref().filter(|set| set.value != DomainOrder::Name) else { return };
    if rules.spread.mode() != SpreadMode::Sequential {
        let hint = "add `mode: sequential`: in the mode `even` every batch takes from all domains";
        found.needs("spread.order", &order.at, "`spread.mode: sequential`", hint);
    }
    if by.value.len() > 1 && matches!(order.value, DomainOrder::List(_)) {
        let labels = by.value.join(", ");
        let message = format!("`spread.order` lists domains of one label, and `spread.by` names several: {labels}");
        found.push(&order.at, message, "spread by one label, or use `order: name` or `order: smallest_first`");
    }
}

/// Keys about hashes although nothing is hashed. A mode that is written out says that this is meant.
fn without_hashes(rules: &Rules, found: &mut Contradictions<'_>) {
    let assignment = &rules.assignment;
    if let Some(key) = assignment.key.as_ref().filter(|_| !rules.hashes() && assignment.mode.is_none()) {
        let hint = "add `mode: rank` or `mode: bucket`";
        found.needs("assignment.key", &key.at, "`assignment.mode` or `order: shuffle`", hint);
    }
    let is_order = assignment.mode.as_ref().is_some_and(|mode| mode.value == Mode::Order);
    if let Some(waves) = assignment.waves.as_ref().filter(|_| rules.mode() != Mode::Bucket && !is_order) {
        let hint = "add `mode: bucket`, or use `batch_size`";
        found.needs("assignment.waves", &waves.at, "`assignment.mode: bucket`", hint);
    }
}

/// What a host's own hash cannot be made to follow.
fn with_bucket(rules: &Rules, found: &mut Contradictions<'_>) {
    let Some(mode) = rules.assignment.mode.as_ref().filter(|mode| mode.value == Mode::Bucket) else { return };
    let bucket = || Given { key: "assignment.mode", value: "bucket", at: &mode.at };
    let own = "each host's own hash decides, whatever the other hosts are";
    if let Some(by) = rules.spread.by() {
        let hint = "use `assignment: rank`, which goes with `spread`, or leave `spread` out";
        found.exclude(bucket(), ("spread.by", &by.value.join(", ")), own, hint);
    }
    if !rules.limits.is_empty() {
        let limits = rules.limits.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let hint = "use `assignment: rank`, which goes with `limits`, or leave `limits` out, or take it back for this \
                    version: `limits: {}`";
        found.exclude(bucket(), ("limits", &format!("{{{limits}}}")), own, hint);
    }
    if let Some(cover) = &rules.canary_cover {
        let hint = "use `assignment: rank`, which goes with `canary.cover`, or pin hosts with `canary.hosts`";
        found.exclude(bucket(), ("canary.cover", &cover.value.join(", ")), own, hint);
    }
    if let Some(remainder) = rules.remainder.as_ref().filter(|set| set.value != Remainder::Last) {
        let hint = "leave `remainder` out: the waves have the sizes that the hashes give";
        found.exclude(bucket(), ("remainder", remainder.value.as_str()), own, hint);
    }
    if rules.last_alone() {
        let hint = "leave `alone` out, or use `assignment: rank`";
        found.exclude(bucket(), ("last.alone", "yes"), own, hint);
    }
    let hint = "give the canary as a percent: `canary: 5%`";
    match rules.canary_size {
        Some(Amount::Percent(_)) => {}
        Some(number) => {
            let why = "the hashes take a share of the hosts, not a number of them";
            found.exclude(bucket(), ("canary", &number.to_string()), why, hint);
        }
        None => found.needs("assignment.mode: bucket", &mode.at, "a percent as `canary.size`", hint),
    }
}
