//! How a gate goes through a bake: when it measures next, what counts, and what it says in the end. Times are handed in.

use std::time::Duration;

use crate::policy::Gate;
use crate::record::Health;
use crate::wording::count;

/// A gate on its way through a bake.
#[derive(Clone, Debug)]
pub struct Course {
    interval: Duration,
    initial_delay: Duration,
    failure_limit: usize,
    inconclusive_limit: usize,
    bake: Duration,
    /// When it measures next; nothing after the last time.
    next: Option<Duration>,
    is_asking: bool,
    well: usize,
    failed: usize,
    inconclusive: usize,
}

impl Course {
    /// A gate before its bake. It measures at its times, and once more at the end.
    pub fn new(gate: &Gate, bake: Duration) -> Self {
        let (interval, initial_delay) = (Duration::from_secs(gate.interval), Duration::from_secs(gate.initial_delay));
        Course {
            interval,
            initial_delay,
            failure_limit: gate.failure_limit,
            inconclusive_limit: gate.inconclusive_limit,
            bake,
            next: Some(initial_delay.min(bake)),
            is_asking: false,
            well: 0,
            failed: 0,
            inconclusive: 0,
        }
    }

    /// A gate that measures once, now, and bears nothing.
    pub fn once(gate: &Gate) -> Self {
        let bears = Course::new(gate, Duration::ZERO);
        Course { failure_limit: 0, inconclusive_limit: 0, ..bears }
    }

    /// How often it measures in all, if it is never late.
    pub fn looks(&self) -> usize {
        let watched = self.bake.saturating_sub(self.initial_delay);
        if self.interval.is_zero() || watched.is_zero() {
            return 1;
        }
        // the last of them is the one at the end
        1 + watched.as_nanos().div_ceil(self.interval.as_nanos()) as usize
    }

    /// When it measures next, from the beginning of the bake; nothing while it measures, and once its answer is known.
    pub fn due(&self) -> Option<Duration> {
        if self.is_asking || self.said().is_some() { None } else { self.next }
    }

    /// Notes that a measurement was begun. Times that passed meanwhile are passed over, but for the one at the end.
    pub fn begin(&mut self, now: Duration) {
        self.is_asking = true;
        if now >= self.bake || self.interval.is_zero() {
            self.next = None;
            return;
        }
        let since = now.saturating_sub(self.initial_delay).as_nanos();
        let times = since / self.interval.as_nanos() + 1;
        let times = u32::try_from(times).unwrap_or(u32::MAX);
        let next = self.interval.saturating_mul(times).saturating_add(self.initial_delay);
        self.next = Some(next.min(self.bake));
    }

    /// Whether the measurement that goes on is the last one.
    pub fn is_last(&self) -> bool {
        self.next.is_none()
    }

    /// Takes what a measurement says, and returns it as it counts: what still waits for samples at the end is inconclusive.
    pub fn take(&mut self, verdict: Health) -> Health {
        self.is_asking = false;
        let verdict = if verdict == Health::Waiting && self.is_last() { Health::Inconclusive } else { verdict };
        match verdict {
            Health::Ok => self.well += 1,
            Health::Failed => self.failed += 1,
            Health::Inconclusive | Health::Other => self.inconclusive += 1,
            Health::Waiting => {}
        }
        verdict
    }

    /// What the gate says, once that is known: a no at any time, a yes at the end.
    pub fn said(&self) -> Option<Health> {
        if self.failed > self.failure_limit {
            return Some(Health::Failed);
        }
        if self.inconclusive > self.inconclusive_limit {
            return Some(Health::Inconclusive);
        }
        let is_over = self.next.is_none() && !self.is_asking;
        is_over.then_some(match (self.well, self.failed) {
            (0, 0) => Health::Inconclusive,
            (0, _) => Health::Failed,
            _ => Health::Ok,
        })
    }

    /// Why the gate said no, for people; `last` is what its last measurement said.
    pub fn why(&self, last: Option<&str>) -> String {
        let (failed, inconclusive) = (self.failed, self.inconclusive);
        let all = count(self.well + failed + inconclusive, "measurement");
        let limit = |limit| if limit == 0 { "none may".to_string() } else { format!("{limit} may") };
        let what = if failed > self.failure_limit {
            format!("{failed} of {all} failed ({})", limit(self.failure_limit))
        } else if inconclusive > self.inconclusive_limit {
            format!("{inconclusive} of {all} inconclusive ({} be)", limit(self.inconclusive_limit))
        } else {
            format!("none of {all} was well")
        };
        let last = last.map(|last| format!(": {last}")).unwrap_or_default();
        format!("{what}{last}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::gates::Measure;
    use proptest::prelude::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn gate(interval: u64, initial_delay: u64, failure_limit: usize, inconclusive_limit: usize) -> Gate {
        let measure = Measure::Command(Vec::new());
        let name = "gate".to_string();
        Gate { name, interval, initial_delay, failure_limit, inconclusive_limit, timeout_ms: 1000, measure }
    }

    /// Goes through a bake, each measurement at its time, and returns the times.
    fn times(gate: Gate, bake: u64) -> Vec<u64> {
        let mut course = Course::new(&gate, seconds(bake));
        let mut times = Vec::new();
        while let Some(due) = course.due() {
            times.push(due.as_secs());
            course.begin(due);
            course.take(Health::Ok);
        }
        assert_eq!(times.len(), course.looks(), "{gate:?} over {bake}");
        assert_eq!(course.said(), Some(Health::Ok));
        times
    }

    #[test]
    fn it_measures_at_its_times_and_at_the_end() {
        assert_eq!(times(gate(30, 0, 0, 0), 100), [0, 30, 60, 90, 100]);
        assert_eq!(times(gate(30, 10, 0, 0), 100), [10, 40, 70, 100]);
        assert_eq!(times(gate(30, 0, 0, 0), 30), [0, 30]);
        assert_eq!(times(gate(30, 0, 0, 0), 0), [0]);
        // what is left of a bake may be shorter than the delay
        assert_eq!(times(gate(30, 60, 0, 0), 20), [20]);
    }

    #[test]
    fn a_late_measurement_is_not_made_up_for() {
        let mut course = Course::new(&gate(10, 0, 0, 0), seconds(100));
        course.begin(seconds(35));
        assert_eq!(course.due(), None);
        course.take(Health::Ok);
        assert_eq!(course.due(), Some(seconds(40)));
        course.begin(seconds(250));
        course.take(Health::Ok);
        assert_eq!((course.due(), course.said()), (None, Some(Health::Ok)));
    }

    #[test]
    fn more_than_the_limit_is_a_no_at_once() {
        let mut course = Course::new(&gate(10, 0, 1, 0), seconds(100));
        for said in [None, Some(Health::Failed)] {
            course.begin(course.due().unwrap_or_default());
            course.take(Health::Failed);
            assert_eq!(course.said(), said);
        }
        assert_eq!(course.due(), None);
        assert_eq!(course.why(Some("HTTP 500")), "2 of 2 measurements failed (1 may): HTTP 500");
    }

    #[test]
    fn what_waits_to_the_end_is_inconclusive() {
        let mut course = Course::new(&gate(10, 0, 0, 0), seconds(10));
        course.begin(seconds(0));
        assert_eq!(course.take(Health::Waiting), Health::Waiting);
        assert_eq!(course.said(), None);
        course.begin(seconds(10));
        assert_eq!(course.take(Health::Waiting), Health::Inconclusive);
        assert_eq!(course.said(), Some(Health::Inconclusive));
    }

    proptest! {
        #[test]
        fn it_never_says_yes_without_reason(
            interval in 1_u64..20, delay in 0_u64..20, bake in 0_u64..100,
            failure_limit in 0_usize..4, inconclusive_limit in 0_usize..4,
            verdicts in proptest::collection::vec(0_u8..4, 200), late in proptest::collection::vec(0_u64..7, 200),
        ) {
            let mut course = Course::new(&gate(interval, delay, failure_limit, inconclusive_limit), seconds(bake));
            let all = [Health::Ok, Health::Failed, Health::Inconclusive, Health::Waiting];
            let (mut counted, mut now, mut turn) = ([0_usize; 4], seconds(0), 0);
            while let Some(due) = course.due() {
                prop_assert_eq!(course.said(), None);
                now = now.max(due) + seconds(late[turn]);
                course.begin(now);
                let verdict = course.take(all[usize::from(verdicts[turn])]);
                counted[verdict as usize] += 1;
                turn += 1;
            }
            prop_assert!(turn <= course.looks());
            let said = course.said();
            prop_assert!(matches!(said, Some(Health::Ok | Health::Failed | Health::Inconclusive)));
            let [well, failed, inconclusive, _] = counted;
            if said == Some(Health::Ok) {
                prop_assert!(well > 0 && failed <= failure_limit && inconclusive <= inconclusive_limit);
                prop_assert!(now >= seconds(bake), "a yes before the end");
            } else {
                prop_assert!(well == 0 || failed > failure_limit || inconclusive > inconclusive_limit);
            }
        }
    }
}
