//! The plan as a page to look at: the model that the templates read, with everything in it worked out.

mod chart;
mod codes;
pub(super) mod picture;

use std::collections::HashMap;
use std::io::{self, Write};

use serde::Serialize;

use super::layout::percent;
use super::{Report, domains, done_after, permille, rollout_id, text};
use crate::emit::page::Page;
use crate::error::Problem;
use crate::fold;
use crate::plan::names::RolloutNames;
use crate::plan::{Batch, DomainIndex, Reasons, Rollout, Stage};
use crate::policy::{Approval, Policy, display_seconds};
use crate::wording::count;
use chart::{Bars, Timeline};
use codes::Code;

const PLAN: &str = include_str!("page/plan.html");
/// Hosts of a version up to which each stands with its name; beyond it a cell has its domain's code, and the name when it is pointed at.
const NAMED: usize = 400;
/// Domains of a label beyond which they are folded away.
const MANY: usize = 60;
/// Why a host stands nowhere in the plan.
const NO_VERSION: &str = "neither version_from nor versions gives them a version";

/// A plan, and what a page says of it besides.
#[derive(Clone, Copy)]
pub struct PlanPage<'r, 'a> {
    /// The plan with what stands around it.
    pub report: &'r Report<'r, 'a>,
    /// The rules that it was made by, where they are known.
    pub policy: Option<&'r Policy>,
    /// For each version the rule that put a host where it is.
    pub reasons: &'r [Reasons<'a>],
}

/// What is known of the rollout of a plan.
pub(in crate::emit) struct Overlay<'r> {
    /// Where it stands, in a few sentences.
    pub summary: Vec<String>,
    /// How many of a hundred hosts are done, how many are where.
    pub tiles: Vec<(String, &'static str)>,
    /// For each batch of all versions, in order.
    pub batches: Vec<BatchState<'r>>,
    /// What the plan was made from.
    pub sections: Vec<(String, String)>,
    /// Seconds after which the page is to be read again.
    pub again: Option<u32>,
}

/// Where a batch stands.
pub(in crate::emit) struct BatchState<'r> {
    /// `done`, `running`, `lost`, `interrupted`, `waiting`.
    pub word: &'static str,
    /// The same with times and names.
    pub text: String,
    /// What is known of single hosts: `d`one or `l`ost.
    pub hosts: HashMap<&'r str, char>,
    /// What is true of the others.
    pub rest: char,
    /// Lost hosts with what they said.
    pub lost: Vec<(&'r str, String)>,
    /// What its gates have measured.
    pub gates: Vec<GateLine>,
}

/// What a gate has measured of a batch.
#[derive(Serialize)]
pub(in crate::emit) struct GateLine {
    /// Its name.
    pub name: String,
    /// `ok`, `failed`, `inconclusive`, `waiting`.
    pub verdict: &'static str,
    /// What it says.
    pub words: String,
    /// The values as a path in a box of [`Self::WIDTH`] and [`Self::HEIGHT`].
    pub path: String,
}

impl GateLine {
    /// The width of the box.
    pub const WIDTH: f64 = 120.0;
    /// Its height.
    pub const HEIGHT: f64 = 20.0;
}

#[derive(Serialize)]
struct Model<'r> {
    id: String,
    kind: &'static str,
    tiles: Vec<(String, &'static str)>,
    summary: &'r [String],
    is_status: bool,
    versions: Vec<Version<'r>>,
    excluded: Vec<LeftOut>,
    unversioned: Option<LeftOut>,
    warnings: Vec<Remark>,
    made_from: Vec<(&'static str, String)>,
    settings: Vec<Settings>,
    sections: &'r [(String, String)],
}

#[derive(Serialize)]
struct Version<'r> {
    anchor: String,
    version: &'r str,
    group: &'r str,
    id: String,
    hosts: usize,
    batch_count: usize,
    canary: usize,
    bake: String,
    facts: Vec<String>,
    notes: &'r [String],
    timeline: Option<Timeline>,
    labels: Vec<Label>,
    compact: bool,
    batches: Vec<BatchModel<'r>>,
}

#[derive(Serialize)]
struct Label {
    label: String,
    many: bool,
    has_caps: bool,
    /// The most domains that a batch has and may have, where that is limited.
    most_domains: Option<String>,
    domains: Vec<DomainModel>,
}

#[derive(Serialize)]
struct DomainModel {
    name: String,
    code: Option<Code>,
    hosts: usize,
    most: usize,
    most_percent: String,
    cap: Option<String>,
    at_cap: bool,
    bars: Bars,
}

#[derive(Serialize)]
struct BatchModel<'r> {
    stage: String,
    group: &'r str,
    size: String,
    so_far: String,
    /// Percent before and of this batch, for the bar.
    before: f64,
    share: f64,
    bake: Option<String>,
    /// Watching before it begins.
    from: Option<String>,
    waits: bool,
    /// The stage that begins with it.
    phase: Option<String>,
    /// Whether it is the canary of a later stage.
    is_canary: bool,
    folded: String,
    state: Option<State<'r>>,
    hosts: Vec<Cell<'r>>,
}

#[derive(Serialize)]
struct State<'r> {
    word: &'static str,
    text: &'r str,
    lost: &'r [(&'r str, String)],
    gates: &'r [GateLine],
}

/// A host: name, classes, code of its domain, what is said when it is pointed at.
#[derive(Serialize)]
struct Cell<'r>(&'r str, String, String, String);

#[derive(Serialize)]
struct LeftOut {
    version: Option<String>,
    count: String,
    hosts: String,
    why: String,
}

#[derive(Serialize)]
struct Remark {
    severity: &'static str,
    place: Option<String>,
    message: String,
    hint: Option<String>,
}

/// Keys with their values.
type Rows = Vec<(&'static str, String)>;

#[derive(Serialize)]
struct Settings {
    versions: String,
    rows: Rows,
}

impl PlanPage<'_, '_> {
    /// Writes the page.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        self.write_with(None, out)
    }

    /// Writes the page with what is known of the rollout.
    pub(in crate::emit) fn write_with(&self, overlay: Option<&Overlay<'_>>, out: &mut impl Write) -> io::Result<()> {
        let model = self.model(overlay);
        let title = format!("{} {}", model.kind, model.id);
        let again = overlay.and_then(|overlay| overlay.again);
        Page { title: &title, body: PLAN, again }.write(&model, out)
    }

    fn model<'m>(&'m self, overlay: Option<&'m Overlay<'m>>) -> Model<'m> {
        let report = self.report;
        let mut states = overlay.map(|overlay| overlay.batches.iter());
        let version = |(at, (rollout, names)): (usize, (&'m Rollout<'_>, &'m RolloutNames))| {
            let states: Vec<&BatchState<'_>> =
                states.iter_mut().flat_map(|states| states.by_ref().take(rollout.batches.len())).collect();
            self.version(at, rollout, names, &states)
        };
        let versions = report.rollouts().enumerate().map(version).collect();
        Model {
            id: report.plan_id(),
            kind: if overlay.is_some() { "Rollout of plan" } else { "Rollout plan" },
            tiles: overlay.map_or_else(|| tiles(report), |overlay| overlay.tiles.clone()),
            summary: overlay.map_or(&[], |overlay| &overlay.summary),
            is_status: overlay.is_some(),
            versions,
            excluded: self.excluded(),
            unversioned: (!report.plan.unversioned.is_empty())
                .then(|| LeftOut::new(None, &report.plan.unversioned, NO_VERSION.to_string())),
            warnings: report.warnings.iter().map(Remark::new).collect(),
            made_from: made_from(report),
            settings: self.settings(),
            sections: overlay.map_or(&[], |overlay| &overlay.sections),
        }
    }

    fn version<'m>(
        &'m self,
        at: usize,
        rollout: &'m Rollout<'_>,
        names: &'m RolloutNames,
        states: &[&'m BatchState<'m>],
    ) -> Version<'m> {
        let hosts = rollout.host_count();
        let codes: Vec<Vec<Code>> = rollout.labels.iter().map(codes::of).collect();
        let cells = Cells { rollout, codes: &codes, reasons: self.reasons.get(at) };
        let mut watched: u64 = 0;
        let batch = |(i, ((batch, group), done)): (usize, ((&'m Batch<'_>, &'m String), usize))| {
            let size = batch.hosts.len();
            let share = |part: usize| permille(part, hosts) as f64 / 10.0;
            let from = (watched > 0).then(|| display_seconds(watched));
            watched = watched.saturating_add(batch.bake);
            let state = states.get(i).copied();
            BatchModel {
                stage: batch.stage.to_string(),
                group,
                size: count(size, "host"),
                so_far: percent(permille(done, hosts)),
                before: share(done - size),
                share: share(size),
                bake: (batch.bake > 0).then(|| display_seconds(batch.bake)),
                from,
                waits: waits(rollout, i),
                phase: phase(rollout, i),
                is_canary: batch.is_canary && batch.stage != Stage::A,
                folded: fold::within(&batch.hosts, usize::MAX),
                state: state.map(|state| State {
                    word: state.word,
                    text: &state.text,
                    lost: &state.lost,
                    gates: &state.gates,
                }),
                hosts: cells.of(batch, state),
            }
        };
        let batches =
            rollout.batches.iter().zip(&names.batches).zip(done_after(rollout)).enumerate().map(batch).collect();
        Version {
            anchor: format!("v{at}"),
            version: rollout.version,
            group: &names.version,
            id: rollout_id(rollout, names),
            hosts,
            batch_count: rollout.batches.len(),
            canary: rollout
                .batches
                .first()
                .filter(|batch| batch.stage == Stage::A)
                .map_or(0, |batch| batch.hosts.len()),
            bake: display_seconds(rollout.bake_seconds()),
            facts: facts(self.report, rollout),
            notes: &rollout.notes,
            timeline: (rollout.batches.len() > 1).then(|| Timeline::of(rollout)),
            labels: labels(rollout, &codes),
            compact: hosts > NAMED,
            batches,
        }
    }

    /// Who is kept out of which version, and by what.
    fn excluded(&self) -> Vec<LeftOut> {
        let planned = self.report.plan.rollouts.iter().map(|rollout| (rollout.version, &rollout.excluded));
        let empty = self.report.plan.empty.iter().map(|(version, hosts)| (*version, hosts));
        let why = |version: &str| {
            let patterns = self.policy.map(|policy| policy.rules(version).exclude).unwrap_or_default();
            let patterns: Vec<String> =
                patterns.iter().map(|pattern| format!("{} ({})", pattern.text, pattern.at)).collect();
            if patterns.is_empty() { "exclude".to_string() } else { format!("exclude: {}", patterns.join(", ")) }
        };
        let left_out = planned.chain(empty).filter(|(_, hosts)| !hosts.is_empty());
        left_out.map(|(version, hosts)| LeftOut::new(Some(version), hosts, why(version))).collect()
    }

    /// The settings, once for all versions that have the same.
    fn settings(&self) -> Vec<Settings> {
        let Some(policy) = self.policy else { return Vec::new() };
        let mut groups: Vec<(Rows, Vec<&str>)> = Vec::new();
        let mut places: HashMap<Rows, usize> = HashMap::new();
        for rollout in &self.report.plan.rollouts {
            let described = policy.rules(rollout.version).described();
            let rows: Rows = described.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
            let place = *places.entry(rows.clone()).or_insert(groups.len());
            if place == groups.len() {
                groups.push((rows, Vec::new()));
            }
            groups[place].1.push(rollout.version);
        }
        let all = groups.len() == 1;
        let settings = |(rows, versions): (Rows, Vec<&str>)| Settings {
            versions: if all { "all versions".to_string() } else { versions.join(", ") },
            rows,
        };
        groups.into_iter().map(settings).collect()
    }
}

/// What the hosts of a version have in common.
struct Cells<'m, 'a> {
    rollout: &'m Rollout<'a>,
    codes: &'m [Vec<Code>],
    reasons: Option<&'m Reasons<'a>>,
}

impl Cells<'_, '_> {
    fn of<'c>(&self, batch: &'c Batch<'_>, state: Option<&BatchState<'_>>) -> Vec<Cell<'c>> {
        let cell = |(i, host): (usize, &&'c str)| {
            let domain = |label: usize| batch.domains.get(label).and_then(|of: &Vec<DomainIndex>| of.get(i)).copied();
            // a host that a limit is not about has no color
            let code = domain(0).filter(|domain| {
                let label = self.rollout.labels.first();
                label.is_some_and(|label| {
                    label.list.get(domain.index()).is_some_and(|one| domains::is_shown(label, one))
                })
            });
            let code = code.and_then(|domain| self.codes.first()?.get(domain.index()));
            let class = match state {
                Some(state) => state.hosts.get(*host).unwrap_or(&state.rest).to_string(),
                None => code.map_or_else(String::new, |code| code.class.clone()),
            };
            let mut said: Vec<String> = (self.rollout.labels.iter().enumerate())
                .filter_map(|(at, label)| {
                    Some(format!("{}={}", label.label, label.list.get(domain(at)?.index())?.name))
                })
                .collect();
            said.extend(self.reasons.and_then(|reasons| reasons.of(host)));
            Cell(host, class, code.map_or_else(String::new, |code| code.text.clone()), said.join("; "))
        };
        batch.hosts.iter().enumerate().map(cell).collect()
    }
}

impl LeftOut {
    fn new(version: Option<&str>, hosts: &[&str], why: String) -> Self {
        LeftOut {
            version: version.map(str::to_string),
            count: count(hosts.len(), "host"),
            hosts: fold::within(hosts, usize::MAX),
            why,
        }
    }
}

impl Remark {
    fn new(problem: &Problem) -> Self {
        Remark {
            severity: problem.severity.as_str(),
            place: problem.location.as_ref().map(ToString::to_string),
            message: problem.message.clone(),
            hint: problem.hint.clone(),
        }
    }
}

/// The numbers that a page begins with.
fn tiles(report: &Report<'_, '_>) -> Vec<(String, &'static str)> {
    let number = |number: usize, one: &'static str, many: &'static str| {
        (number.to_string(), if number == 1 { one } else { many })
    };
    let mut tiles = vec![
        number(report.host_count(), "host", "hosts"),
        number(report.plan.rollouts.len(), "version", "versions"),
        number(report.batch_count(), "batch", "batches"),
    ];
    if report.bake_seconds() > 0 {
        tiles.push((display_seconds(report.bake_seconds()), "of bakes alone"));
    }
    tiles
}

/// The files and variables behind a plan.
fn made_from(report: &Report<'_, '_>) -> Vec<(&'static str, String)> {
    let configuration = report.configuration.map(|name| ("configuration", name.to_string()));
    let environment = report.environment.iter().map(|(name, value)| ("environment", format!("{name}={value}")));
    let sources = report.sources.iter().map(|source| ("source", source.clone()));
    configuration.into_iter().chain(environment).chain(sources).collect()
}

/// What holds for all batches of a version.
fn facts(report: &Report<'_, '_>, rollout: &Rollout<'_>) -> Vec<String> {
    let mut facts = vec![count(rollout.host_count(), "host"), count(rollout.batches.len(), "batch")];
    if rollout.bake_seconds() > 0 {
        facts.push(format!("bakes alone take {}", display_seconds(rollout.bake_seconds())));
    }
    if rollout.phases.is_empty() {
        facts.push(approval(rollout.approval).to_string());
        facts.push(may_fail(rollout.max_failures));
        facts.extend(text::conduct(&rollout.conduct));
    } else {
        facts.push(count(rollout.phases.len(), "stage"));
    }
    facts.extend(text::after(report, rollout));
    facts
}

/// When somebody is asked.
fn approval(approval: Approval) -> &'static str {
    match approval {
        Approval::Never => "no approval is asked for",
        Approval::AfterCanary => "approval after the canary",
        Approval::EachBatch => "approval after each batch",
        Approval::AfterStage => "approval after the stage",
    }
}

fn may_fail(hosts: usize) -> String {
    match hosts {
        0 => "stops at the first failed host".to_string(),
        most => format!("{} may fail", count(most, "host")),
    }
}

/// Whether somebody is asked before the batch of this place begins.
fn waits(rollout: &Rollout<'_>, place: usize) -> bool {
    let before = place.checked_sub(1).and_then(|before| rollout.batches.get(before));
    before.is_some_and(|before| rollout.asks_after(before))
}

/// The stage that a batch begins, with its rules.
fn phase(rollout: &Rollout<'_>, place: usize) -> Option<String> {
    let batch = rollout.batches.get(place)?;
    let phase = rollout.phase(batch)?;
    let before = place.checked_sub(1).and_then(|before| rollout.batches.get(before));
    let begins = before.is_none_or(|before| before.phase != batch.phase);
    let mut rules = vec![approval(phase.approval).to_string(), may_fail(phase.max_failures)];
    rules.extend(text::conduct(&phase.conduct));
    let rules = rules.join(", ");
    begins.then(|| format!("stage {}: {}, {rules}", phase.name, count(phase.batches, "batch")))
}

/// The domains of each label, with what is out of them at once.
fn labels(rollout: &Rollout<'_>, codes: &[Vec<Code>]) -> Vec<Label> {
    let is_limited = rollout.labels.iter().any(|label| label.max_domains.is_some());
    let most_domains = if is_limited { domains::most_domains(rollout) } else { Vec::new() };
    let label = |(at, (label, bars)): (usize, (&crate::plan::Domains<'_>, Vec<Bars>))| {
        let domain = |(i, (domain, bars)): (usize, (&crate::plan::Domain<'_>, Bars))| DomainModel {
            name: domains::name(label, &domain.name),
            code: codes.first().filter(|_| at == 0).and_then(|codes| codes.get(i).cloned()),
            hosts: domain.hosts,
            most: bars.most,
            most_percent: percent(permille(bars.most, domain.hosts)),
            cap: domain.cap.map(|cap| format!("{cap} ({})", percent(permille(cap, domain.hosts)))),
            at_cap: domain.cap.is_some_and(|cap| cap <= bars.most),
            bars,
        };
        Label {
            label: label.label.clone(),
            many: label.list.len() > MANY,
            has_caps: label.list.iter().any(|domain| domain.cap.is_some()),
            most_domains: label.max_domains.map(|cap| {
                let most = most_domains.get(at).copied().unwrap_or_default();
                format!("a batch has hosts of {} at most; the cap is {cap}", count(most, "domain"))
            }),
            domains: (label.list.iter().zip(bars).enumerate())
                .filter(|(_, (domain, _))| domains::is_shown(label, domain))
                .map(domain)
                .collect(),
        }
    };
    rollout.labels.iter().zip(chart::bars(rollout)).enumerate().map(label).collect()
}
