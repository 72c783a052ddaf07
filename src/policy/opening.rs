//! Whether a batch may begin now by windows and blackouts, or when.

use std::time::{Duration, SystemTime};

use super::display_seconds;
use super::windows::{Blackout, Window};
use super::zone::{Span, Zone, instant, seconds};

/// Why a batch may not begin yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// What keeps it.
    pub by: ClosedBy,
    /// Why, as a fragment: `outside its windows`.
    pub why: String,
    /// When it may begin; nothing where no window is ever long enough.
    pub opens: Option<Opens>,
}

/// What keeps a batch from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosedBy {
    /// No window is open, or not long enough.
    Window,
    /// A blackout, or one that is near.
    Blackout,
}

/// When a batch may begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opens {
    /// The instant.
    pub at: SystemTime,
    /// In whose time people think of it.
    pub zone: Zone,
}

/// How far the days are looked through, more than a year: one in which clocks are turned back is an hour longer.
const FAR: i64 = 400 * 86_400;
/// The longest time that is asked for, some ten years.
const LONGEST: u64 = 3_700 * 86_400;
/// From 2026 on: time that has all kinds of days, whatever day it is.
const TWO_YEARS: Span = (1_767_225_600, 1_767_225_600 + 2 * FAR);
/// No end.
const NEVER: i64 = i64::MAX;

/// Asks whether a batch that takes so long may begin now: from now until then a window has to be open, if there are any, and no
/// blackout to begin.
///
/// # Errors
/// Why it may not, and when.
pub fn opening(windows: &[Window], blackouts: &[Blackout], now: SystemTime, room: Duration) -> Result<(), Closed> {
    let calendar = Calendar { windows, blackouts: closed(blackouts), room: room.as_secs().min(LONGEST) as i64 };
    let now = seconds(now);
    match calendar.begins(now) {
        Some(at) if at <= now => Ok(()),
        at => {
            let (by, why) = calendar.why(blackouts, now);
            let opens = at.map(|at| Opens { at: instant(at), zone: zone(windows, blackouts, at) });
            Err(Closed { by, why, opens })
        }
    }
}

/// The longest time that windows are open without a break, leaving aside blackouts; nothing where it has no end.
pub fn longest(windows: &[Window]) -> Option<Duration> {
    if windows.is_empty() {
        return None;
    }
    let spans = joined(windows.iter().flat_map(|window| window.spans(TWO_YEARS)).collect());
    let longest = spans.iter().map(|(from, to)| to - from).max().unwrap_or(0);
    (longest < FAR).then(|| Duration::from_secs(longest as u64))
}

/// The windows that are never open for so long, alone or with those that they touch.
pub fn too_short(windows: &[Window], room: Duration) -> Vec<&Window> {
    let room = room.as_secs().min(LONGEST) as i64;
    let all = joined(windows.iter().flat_map(|window| window.spans(TWO_YEARS)).collect());
    let long: Vec<Span> = all.into_iter().filter(|(from, to)| to - from >= room.min(FAR)).collect();
    let is_in = |(from, _): Span| {
        let after = long.partition_point(|(begins, _)| *begins <= from);
        after > 0 && long[after - 1].1 > from
    };
    windows.iter().filter(|window| !window.spans(TWO_YEARS).into_iter().any(is_in)).collect()
}

impl Closed {
    /// Says it as of now: `outside its windows; the next opens Mon 2026-11-30 09:00 Europe/Berlin (in 14h)`.
    pub fn says(&self, now: SystemTime) -> String {
        let Some(opens) = &self.opens else { return self.why.clone() };
        let left = opens.at.duration_since(now).unwrap_or_default().as_secs();
        let what = match self.by {
            ClosedBy::Window => "the next opens",
            ClosedBy::Blackout => "it may begin",
        };
        format!("{}; {what} {} (in {})", self.why, opens.zone.show(opens.at), rough(left))
    }
}

impl ClosedBy {
    /// The word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            ClosedBy::Window => "window",
            ClosedBy::Blackout => "blackout",
        }
    }
}

/// Days and hours, hours and minutes, or minutes and seconds: what is smaller does not matter.
fn rough(left: u64) -> String {
    let unit = match left {
        172_800.. => 3_600,
        600.. => 60,
        _ => 1,
    };
    display_seconds(left.div_ceil(unit) * unit)
}

/// What is open when.
struct Calendar<'w> {
    windows: &'w [Window],
    /// When blackouts are, in order and joined.
    blackouts: Vec<Span>,
    /// How long it has to be open.
    room: i64,
}

impl Calendar<'_> {
    /// When a batch may begin, from an instant on.
    fn begins(&self, from: i64) -> Option<i64> {
        // far from now only the end of a blackout opens something that did not open before
        let ends = self.blackouts.iter().map(|(_, ends)| *ends).filter(|ends| *ends > from);
        std::iter::once(from).chain(ends).find_map(|from| {
            let fits = |(begins, ends): &Span| ends.saturating_sub(*begins) >= self.room;
            self.open(from).into_iter().find(fits).map(|(begins, _)| begins)
        })
    }

    /// When it is open from an instant on, so far as one looks.
    fn open(&self, from: i64) -> Vec<Span> {
        let to = from + FAR + self.room;
        let mut open = Vec::new();
        for (first, last) in self.hours(from, to) {
            // what lasts longer than a year is open always
            let (mut begins, ends) = (first, if last - first >= FAR { NEVER } else { last });
            for (dark, light) in self.blackouts.iter().filter(|span| span.1 > first && span.0 < ends) {
                if *dark > begins {
                    open.push((begins, *dark));
                }
                begins = *light;
            }
            if begins < ends {
                open.push((begins, ends));
            }
        }
        open
    }

    /// When windows are open.
    fn hours(&self, from: i64, to: i64) -> Vec<Span> {
        if self.windows.is_empty() {
            return vec![(from, to)];
        }
        joined(self.windows.iter().flat_map(|window| window.spans((from, to))).collect())
    }

    /// What keeps a batch from its beginning now.
    fn why(&self, blackouts: &[Blackout], now: i64) -> (ClosedBy, String) {
        let at = |at: i64| blackouts.iter().find(|blackout| (blackout.span().0..blackout.span().1).contains(&at));
        if let Some(blackout) = at(now) {
            return (ClosedBy::Blackout, format!("in a blackout{}", what_for(blackout)));
        }
        let room = display_seconds(self.room as u64);
        let until = self.open(now).first().filter(|(begins, _)| *begins <= now).map(|(_, ends)| *ends);
        if let Some((until, blackout)) = until.and_then(|until| Some((until, at(until)?))) {
            let begins = blackout.zone.show(instant(until));
            let why = format!("its bake takes {room}, and a blackout{} begins {begins}", what_for(blackout));
            return (ClosedBy::Blackout, why);
        }
        let why = match (longest(self.windows), until) {
            (Some(longest), _) if (longest.as_secs() as i64) < self.room => {
                let longest = display_seconds(longest.as_secs());
                format!("its bake takes {room}, and no window is longer than {longest}")
            }
            (_, Some(until)) => {
                let zone = zone(self.windows, blackouts, until - 1);
                format!("its bake takes {room}, and its window ends {}", zone.show(instant(until)))
            }
            (_, None) => "outside its windows".to_string(),
        };
        (ClosedBy::Window, why)
    }
}

fn what_for(blackout: &Blackout) -> String {
    blackout.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default()
}

fn closed(blackouts: &[Blackout]) -> Vec<Span> {
    joined(blackouts.iter().map(Blackout::span).collect())
}

/// Spans in order, those that touch or overlap as one.
fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::new();
    for (from, to) in spans.into_iter().filter(|(from, to)| from < to) {
        match joined.last_mut() {
            Some(last) if last.1 >= from => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// The zone of a window that is open at an instant, or of the blackout that ended there.
fn zone(windows: &[Window], blackouts: &[Blackout], at: i64) -> Zone {
    let window = windows.iter().find(|window| !window.spans((at, at + 1)).is_empty()).map(|window| &window.zone);
    let blackout = || blackouts.iter().find(|blackout| blackout.span().1 == at).map(|blackout| &blackout.zone);
    window.or_else(blackout).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests;
