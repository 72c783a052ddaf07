//! The pictures of a version: numbers and paths of SVG, in which no text of an inventory stands.

use serde::Serialize;

use super::super::domains;
use crate::plan::Rollout;
use crate::policy::display_seconds;
use crate::wording::count;

use super::waits;

/// The place of the timeline's axes, in its own units.
const LEFT: f64 = 44.0;
const RIGHT: f64 = 988.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 156.0;
/// The least room for the name of a batch, and for the length of a bake.
const NAME: f64 = 36.0;
const LENGTH: f64 = 44.0;
/// The part of the width that work takes where there are bakes, and the most that a batch takes of it.
const WORK: f64 = 0.35;
const WIDEST: f64 = 36.0;
/// The part of a batch's room in which it is worked on, where nothing is watched.
const RISE: f64 = 0.6;
/// The height of the bars of a domain.
const BARS: f64 = 20.0;

/// Hosts that are done over the time of watching.
#[derive(Serialize)]
pub(super) struct Timeline {
    line: String,
    area: String,
    bakes: Vec<Bake>,
    ticks: Vec<Tick>,
    waits: Vec<String>,
    /// What it shows, in a sentence.
    words: String,
    end: Option<String>,
}

#[derive(Serialize)]
struct Bake {
    x: String,
    width: String,
    y: String,
    height: String,
    middle: String,
    label: Option<String>,
}

#[derive(Serialize)]
struct Tick {
    x: String,
    label: String,
}

impl Timeline {
    /// Each batch rises while it is worked on, which takes nobody knows how long, and is level while it is watched.
    pub fn of(rollout: &Rollout<'_>) -> Self {
        let batches = rollout.batches.len() as f64;
        let all = rollout.bake_seconds() as f64;
        let room = RIGHT - LEFT;
        let slot = if all > 0.0 { (room * WORK / batches).min(WIDEST) } else { room / batches };
        let rise = if all > 0.0 { slot } else { slot * RISE };
        let second = if all > 0.0 { (room - slot * batches) / all } else { 0.0 };
        let height = |done: usize| BOTTOM - (BOTTOM - TOP) * done as f64 / rollout.host_count().max(1) as f64;
        let mut made = Timeline {
            line: format!("M{LEFT} {BOTTOM}"),
            area: String::new(),
            bakes: Vec::new(),
            ticks: Vec::new(),
            waits: Vec::new(),
            words: words(rollout),
            end: (all > 0.0).then(|| display_seconds(rollout.bake_seconds())),
        };
        let (mut x, mut done, mut named) = (LEFT, 0, f64::MIN);
        for (i, batch) in rollout.batches.iter().enumerate() {
            if waits(rollout, i) {
                made.waits.push(number(x));
            }
            let middle = x + rise / 2.0;
            if middle - named >= NAME {
                made.ticks.push(Tick { x: number(middle), label: batch.stage.to_string() });
                named = middle;
            }
            done += batch.hosts.len();
            let y = height(done);
            made.line.push_str(&format!("L{} {}", number(x + rise), number(y)));
            x += rise;
            let watched = rollout.watched(i);
            let width = if all > 0.0 { watched as f64 * second } else { slot - rise };
            if watched > 0 {
                made.bakes.push(Bake {
                    x: number(x),
                    width: number(width),
                    y: number(y),
                    height: number(BOTTOM - y),
                    middle: number(x + width / 2.0),
                    label: (width >= LENGTH).then(|| display_seconds(watched)),
                });
            }
            x += width;
            made.line.push_str(&format!("H{}", number(x)));
        }
        made.area = format!("{}V{BOTTOM}H{LEFT}Z", made.line);
        made
    }
}

/// What the timeline shows, for who does not see it.
fn words(rollout: &Rollout<'_>) -> String {
    let sizes: Vec<usize> = rollout.batches.iter().map(|batch| batch.hosts.len()).collect();
    let (least, most) = (sizes.iter().min().copied().unwrap_or(0), sizes.iter().max().copied().unwrap_or(0));
    let size = if least == most { format!("{most} each") } else { format!("{least} to {most} each") };
    let bakes = match rollout.bake_seconds() {
        0 => "nothing is watched".to_string(),
        seconds => format!("watched for {} in all", display_seconds(seconds)),
    };
    format!(
        "{} go through {}, {size}; {bakes}. The list below has the same numbers.",
        count(rollout.host_count(), "host"),
        count(rollout.batches.len(), "batch")
    )
}

/// For each batch the share of a domain that is out at once, and the cap as a line.
#[derive(Serialize)]
pub(super) struct Bars {
    pub most: usize,
    path: String,
    /// The height of the cap's line.
    cap: Option<String>,
    /// As many as there are batches.
    width: usize,
}

/// Those of each domain of each label; all of a label have one scale.
pub(super) fn bars(rollout: &Rollout<'_>) -> Vec<Vec<Bars>> {
    let most = domains::most_at_once(rollout);
    let scale = |(label, most): (&crate::plan::Domains<'_>, &Vec<usize>)| {
        let share = |hosts: usize, of: usize| hosts as f64 / of.max(1) as f64;
        let shown = label.list.iter().zip(most).filter(|(domain, _)| domains::is_shown(label, domain));
        let shares = shown.map(|(domain, most)| {
            let cap = domain.cap.map_or(0.0, |cap| share(cap.min(domain.hosts), domain.hosts));
            share(*most, domain.hosts).max(cap)
        });
        shares.fold(0.0, f64::max) * 1.05
    };
    let scales: Vec<f64> = rollout.labels.iter().zip(&most).map(scale).collect();
    let height = |label: usize, hosts: usize, of: usize| {
        let scale = scales.get(label).copied().filter(|scale| *scale > 0.0).unwrap_or(1.0);
        (hosts as f64 / of.max(1) as f64 / scale * BARS).min(BARS)
    };
    let made = |(at, (label, most)): (usize, (&crate::plan::Domains<'_>, Vec<usize>))| -> Vec<Bars> {
        let bars = |(domain, most): (&crate::plan::Domain<'_>, usize)| Bars {
            most,
            path: String::new(),
            cap: domain.cap.map(|cap| number(BARS - height(at, cap.min(domain.hosts), domain.hosts))),
            width: rollout.batches.len(),
        };
        label.list.iter().zip(most).map(bars).collect()
    };
    let mut made: Vec<Vec<Bars>> = rollout.labels.iter().zip(most).enumerate().map(made).collect();
    for (i, batch) in rollout.batches.iter().enumerate() {
        for share in domains::shares(rollout, batch) {
            let (label, domain) = (share.label.index(), share.index.index());
            let height = number(height(label, share.hosts, share.domain.hosts));
            if let Some(bars) = made.get_mut(label).and_then(|label| label.get_mut(domain)) {
                bars.path.push_str(&format!("M{i}.1 {BARS}v-{height}h.8v{height}z"));
            }
        }
    }
    made
}

/// With one decimal at most.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_string).unwrap_or(text)
}
