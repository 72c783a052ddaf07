//! What of a plan fits: how many versions, batches and hosts a report shows.

use crate::plan::Rollout;

/// Lines that a text takes up at most unless it is full.
pub(super) const LINES: usize = 70;
/// Columns of a line.
pub(super) const COLUMNS: usize = 120;

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Versions that are shown; the others are counted.
    pub versions: usize,
    /// Batches that are shown of each version; the others are counted.
    pub batches: usize,
}

impl Cut {
    /// Everything.
    pub const NONE: Cut = Cut { versions: usize::MAX, batches: usize::MAX };

    /// The most batches of each version that fit into `lines`, where each version takes `overhead` lines besides its
    /// batches; if the versions alone do not fit, as many of them as do, without batches.
    pub fn fitting(rollouts: &[Rollout<'_>], lines: usize, overhead: usize) -> Cut {
        let needed = |batches: usize| -> usize {
            rollouts.iter().map(|rollout| overhead + shown_lines(rollout.batches.len(), batches)).sum()
        };
        let most = rollouts.iter().map(|rollout| rollout.batches.len()).max().unwrap_or(0).min(lines);
        if let Some(batches) = (1..=most).rev().find(|batches| needed(*batches) <= lines) {
            let all = rollouts.iter().all(|rollout| rollout.batches.len() <= batches);
            return Cut { versions: usize::MAX, batches: if all { usize::MAX } else { batches } };
        }
        // one line a version, and one that counts the others
        let versions = if rollouts.len() <= lines { usize::MAX } else { lines.saturating_sub(1) };
        Cut { versions, batches: 0 }
    }
}

/// Lines for `batches`, of which `most` are shown; the count of the others takes a line.
fn shown_lines(batches: usize, most: usize) -> usize {
    if batches <= most { batches } else { most + 1 }
}

/// The text cut to `width` characters, `…` in place of what is gone.
pub(super) fn clip(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_string();
    }
    let mut kept: String = text.chars().take(width.saturating_sub(1)).collect();
    kept.truncate(kept.trim_end().len());
    kept + "…"
}

/// A bar of `width` characters: what was done before, what this batch adds, and the rest. What is there has a character at least.
pub(super) fn bar(before: usize, done: usize, total: usize, width: usize) -> String {
    let part = |hosts: usize| (hosts * width).checked_div(total).unwrap_or(width);
    let done = part(done).clamp(width.min(1), width);
    let before = part(before).min(done.saturating_sub(1));
    format!("{}{}{}", "▓".repeat(before), "█".repeat(done - before), "░".repeat(width - done))
}

/// Tenths of a percent as `33.3%`, whole ones as `100%`.
pub(super) fn percent(permille: usize) -> String {
    if permille.is_multiple_of(10) {
        format!("{}%", permille / 10)
    } else {
        format!("{}.{}%", permille / 10, permille % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_has_its_width_and_shows_each_batch() {
        assert_eq!(bar(0, 1, 12, 10), "█░░░░░░░░░");
        assert_eq!(bar(1, 4, 12, 10), "███░░░░░░░");
        assert_eq!(bar(4, 7, 12, 10), "▓▓▓██░░░░░");
        assert_eq!(bar(10, 12, 12, 10), "▓▓▓▓▓▓▓▓██");
        assert_eq!(bar(4999, 5000, 5000, 10), "▓▓▓▓▓▓▓▓▓█");
        for (before, done) in [(0, 1), (50, 51), (98, 99), (99, 100)] {
            assert_eq!(bar(before, done, 100, 8).chars().count(), 8);
        }
    }
}
