//! What the gates of a batch have measured, as a small line and in words.

use super::standing::BatchStanding;
use crate::record::{Health, Measured};
use crate::shown::cut;
use crate::wording::number;

/// How many values a line shows, the last ones.
pub(super) const SHOWN: usize = 40;
/// From low to high.
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// What stands for a measurement without a value.
const NOTHING: char = '·';
const LONGEST: usize = 160;

/// What a gate says of a batch so far.
pub(super) struct GateStanding<'r> {
    pub name: &'r str,
    pub verdict: Health,
    /// The last that was measured; at least one unless it has ended.
    pub measures: &'r [Measured],
    /// Why it ended as it did, or what the last measurement said.
    pub why: Option<&'r str>,
}

/// Returns what each gate of a batch says, in the order in which they were measured.
pub(super) fn of<'r>(batch: &BatchStanding<'r>) -> Vec<GateStanding<'r>> {
    let Some(known) = batch.known else { return Vec::new() };
    let only_judged = known.judged.iter().map(|judged| &judged.gate);
    let mut names: Vec<&String> = known.measures.keys().collect();
    for name in only_judged {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.into_iter().map(|name| gate(known, name)).collect()
}

fn gate<'r>(known: &'r crate::record::Batch, name: &'r str) -> GateStanding<'r> {
    let all = known.measures.get(name).map(Vec::as_slice).unwrap_or_default();
    let measures = &all[all.len().saturating_sub(SHOWN)..];
    let last = measures.last();
    let judged = known.judged.iter().rev().find(|judged| judged.gate == name);
    let verdict = judged.map(|judged| judged.verdict).or(last.map(|last| last.verdict)).unwrap_or(Health::Other);
    let why = match judged {
        Some(judged) => judged.why.as_deref(),
        None => last.and_then(|last| last.message.as_deref()),
    };
    GateStanding { name, verdict, measures, why }
}

impl GateStanding<'_> {
    /// Returns the values as a line of blocks, the highest of them as a whole one.
    pub fn line(&self) -> String {
        let heights = self.heights();
        let block = |height: Option<f64>| match height {
            Some(height) => LEVELS[((height * 7.0).round() as usize).min(7)],
            None => NOTHING,
        };
        heights.into_iter().map(block).collect()
    }

    /// Returns the values as a path in a box of this width and height, with a gap where there is none.
    pub fn path(&self, width: f64, height: f64) -> String {
        let heights = self.heights();
        let step = width / heights.len().saturating_sub(1).max(1) as f64;
        let mut path = String::new();
        let mut draws = false;
        for (place, value) in heights.iter().enumerate() {
            let Some(value) = value else {
                draws = false;
                continue;
            };
            let (x, y) = (place as f64 * step, height - value * height);
            path.push_str(&format!("{}{x:.1} {y:.1}", if draws { 'L' } else { 'M' }));
            draws = true;
        }
        path
    }

    /// Each value between the lowest (or 0, if that is lower) and the highest, as a share.
    fn heights(&self) -> Vec<Option<f64>> {
        let values = || self.measures.iter().filter_map(|measured| measured.value);
        let lowest = values().fold(0.0, f64::min);
        let span = values().fold(0.0, f64::max) - lowest;
        let share = |value: f64| if span > 0.0 { (value - lowest) / span } else { 0.0 };
        self.measures.iter().map(|measured| measured.value.map(share)).collect()
    }

    /// Returns what it says: `failed: 0.12 is more than 0.05`.
    pub fn words(&self) -> String {
        let value = self.measures.last().and_then(|last| last.value).map(number);
        let why = self.why.map(|why| format!(": {}", cut(why, LONGEST)));
        format!("{}{}", self.verdict.words(), why.or(value.map(|value| format!(", {value}"))).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(value: Option<f64>) -> Measured {
        Measured {
            group: "A".into(),
            gate: "errors".into(),
            verdict: Health::Ok,
            value,
            beside: None,
            samples: None,
            chance: None,
            hosts: Vec::new(),
            message: None,
        }
    }

    fn standing(measures: &[Measured]) -> GateStanding<'_> {
        GateStanding { name: "errors", verdict: Health::Ok, measures, why: None }
    }

    #[test]
    fn values_are_a_line_from_zero_to_the_highest() {
        let measures = [Some(0.0), Some(0.5), None, Some(1.0)].map(measured);
        assert_eq!(standing(&measures).line(), "▁▅·█");
        assert_eq!(standing(&measures).path(30.0, 10.0), "M0.0 10.0L10.0 5.0M30.0 0.0");
        let same = [Some(0.0), Some(0.0)].map(measured);
        assert_eq!(standing(&same).line(), "▁▁");
        let negative = [Some(-1.0), Some(1.0)].map(measured);
        assert_eq!(standing(&negative).line(), "▁█");
        assert_eq!((standing(&[]).line(), standing(&[]).path(9.0, 9.0)), (String::new(), String::new()));
    }
}
