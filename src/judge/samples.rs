//! Two samples beside each other: what the batch's hosts measure, and what the hosts that are not updated yet do.

use super::mann_whitney::{Side, chance};
use crate::policy::gates::{By, Compare, Number, Range};
use crate::record::Health;
use crate::wording::number as shown;

/// The values so far.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    batch: Vec<Number>,
    others: Vec<Number>,
}

/// What two samples say.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// What follows.
    pub verdict: Health,
    /// The ratio or the difference.
    pub value: Option<f64>,
    /// The means: that of the batch's hosts, and that of the others.
    pub means: Option<(f64, f64)>,
    /// How likely chance alone would bring it about, where that was asked.
    pub chance: Option<f64>,
    /// Why, where it is not well.
    pub message: Option<String>,
}

/// Returns on which side of a range a number is and the end that it passed, or nothing where it is inside.
pub fn missed(range: Range, value: f64) -> Option<(Side, f64)> {
    let above = range.max.map(|max| max.get()).filter(|max| value > *max).map(|max| (Side::Higher, max));
    above.or_else(|| range.min.map(|min| min.get()).filter(|min| value < *min).map(|min| (Side::Lower, min)))
}

/// What a number has to be where it passed an end of its range.
pub fn wanted((side, end): (Side, f64)) -> String {
    format!("{} {} is well", if side == Side::Higher { "at most" } else { "at least" }, shown(end))
}

impl Samples {
    /// Adds what one measurement has found.
    pub fn add(&mut self, batch: &[Number], others: &[Number]) {
        self.batch.extend_from_slice(batch);
        self.others.extend_from_slice(others);
    }

    /// How many values each has.
    pub fn sizes(&self) -> (u64, u64) {
        (self.batch.len() as u64, self.others.len() as u64)
    }

    /// Judges the samples. They are looked at several times, and each look takes its share of what may be chance: otherwise
    /// the more one looks, the likelier is a false alarm.
    pub fn judge(&self, compare: &Compare, looks: usize) -> Compared {
        let unclear =
            |verdict, message| Compared { verdict, value: None, means: None, chance: None, message: Some(message) };
        let (least, wanted_samples) = (self.batch.len().min(self.others.len()), compare.min_samples.max(1));
        if least < wanted_samples {
            return unclear(Health::Waiting, format!("{least} of {wanted_samples} samples"));
        }
        let (Some(batch), Some(others)) = (mean(&self.batch), mean(&self.others)) else {
            return unclear(Health::Inconclusive, "the values are too large for a mean".to_string());
        };
        let (batch, others) = (batch.get(), others.get());
        if compare.by == By::Ratio && others <= 0.0 {
            let why = "on average, and nothing is a ratio of that: take `by: difference`";
            let message = format!("the hosts that are not updated yet have {} {why}", shown(others));
            return Compared { means: Some((batch, others)), ..unclear(Health::Inconclusive, message) };
        }
        let (value, what) = match compare.by {
            By::Ratio => (batch / others, format!("{} times", shown(batch / others))),
            By::Difference => (batch - others, format!("{} from", signed(batch - others))),
        };
        let told = |verdict, chance, message| Compared {
            verdict,
            value: Some(value),
            means: Some((batch, others)),
            chance,
            message,
        };
        let Some(missed) = missed(compare.range, value) else { return told(Health::Ok, None, None) };
        let why = format!("{what} that of the hosts that are not updated yet, and {}", wanted(missed));
        let Some(significance) = compare.significance else { return told(Health::Failed, None, Some(why)) };
        let chance = chance(&self.batch, &self.others, missed.0);
        let (verdict, so) = if chance * looks.max(1) as f64 <= significance.get() {
            (Health::Failed, "chance alone would do that")
        } else {
            (Health::Ok, "but chance alone may do that,")
        };
        told(verdict, Some(chance), Some(format!("{why}; {so} with a probability of {}", shown(chance))))
    }
}

/// The mean of some numbers; nothing of none, or where their sum is no number any more.
fn mean(numbers: &[Number]) -> Option<Number> {
    if numbers.is_empty() {
        return None;
    }
    Number::new(numbers.iter().map(|number| number.get() / numbers.len() as f64).sum())
}

fn signed(number: f64) -> String {
    if number > 0.0 { format!("+{}", shown(number)) } else { shown(number) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn numbers(values: &[f64]) -> Vec<Number> {
        values.iter().map(|value| Number::new(*value).unwrap()).collect()
    }

    fn number(value: f64) -> crate::policy::gates::Number {
        crate::policy::gates::Number::parse(&value.to_string()).unwrap()
    }

    fn settings(by: By, max: f64, significance: Option<f64>) -> Compare {
        let range = Range { min: None, max: Some(number(max)) };
        Compare { by, range, min_samples: 3, significance: significance.map(number) }
    }

    fn compare(by: By, max: f64, significance: Option<f64>, batch: &[f64], others: &[f64]) -> Compared {
        let mut samples = Samples::default();
        samples.add(&numbers(batch), &numbers(others));
        samples.judge(&settings(by, max, significance), 1)
    }

    #[test]
    fn too_few_samples_wait_on_either_side() {
        for (batch, others) in [(&[1.0, 1.0][..], &[1.0; 9][..]), (&[1.0; 9], &[1.0, 1.0]), (&[], &[])] {
            let found = compare(By::Ratio, 1.1, None, batch, others);
            assert_eq!(found.verdict, Health::Waiting, "{found:?}");
        }
    }

    #[test]
    fn means_decide_by_ratio_and_by_difference() {
        let slower = compare(By::Ratio, 1.1, None, &[1.2, 1.2, 1.2], &[1.0, 1.0, 1.0]);
        assert_eq!(slower.verdict, Health::Failed);
        let why = "1.2 times that of the hosts that are not updated yet, and at most 1.1 is well";
        assert_eq!(slower.message.as_deref(), Some(why));
        assert_eq!(compare(By::Ratio, 1.3, None, &[1.2, 1.2, 1.2], &[1.0; 3]).verdict, Health::Ok);
        assert_eq!(compare(By::Difference, 0.1, None, &[1.2, 1.2, 1.2], &[1.0; 3]).verdict, Health::Failed);
        assert_eq!(compare(By::Difference, 0.1, None, &[0.0; 3], &[0.0; 3]).verdict, Health::Ok);
    }

    #[test]
    fn a_ratio_of_nothing_says_nothing() {
        for batch in [[0.0; 3], [5.0; 3]] {
            let found = compare(By::Ratio, 1.1, None, &batch, &[0.0; 3]);
            assert_eq!(found.verdict, Health::Inconclusive);
            assert!(found.message.unwrap().contains("by: difference"));
        }
    }

    #[test]
    fn with_a_significance_a_difference_must_not_be_chance() {
        let batch = [1.4, 0.9, 1.3];
        let others = [1.0, 1.1, 0.8];
        assert_eq!(compare(By::Ratio, 1.1, None, &batch, &others).verdict, Health::Failed);
        let unsure = compare(By::Ratio, 1.1, Some(0.01), &batch, &others);
        assert_eq!(unsure.verdict, Health::Ok);
        assert!(unsure.message.unwrap().contains("but chance alone may do that"));
        let sure = compare(By::Ratio, 1.1, Some(0.01), &[1.4; 20], &[1.0; 20]);
        assert_eq!(sure.verdict, Health::Failed);
    }

    #[test]
    fn each_look_takes_its_share_of_what_may_be_chance() {
        let mut samples = Samples::default();
        samples.add(&numbers(&[2.0, 3.0, 4.0, 5.0]), &numbers(&[1.0, 1.1, 1.2, 1.3]));
        let settings = settings(By::Ratio, 1.1, Some(0.05));
        assert_eq!(samples.judge(&settings, 1).verdict, Health::Failed);
        assert_eq!(samples.judge(&settings, 10).verdict, Health::Ok);
    }

    #[test]
    fn a_mean_of_huge_numbers_is_no_infinity() {
        let huge = [Number::new(f64::MAX).unwrap(); 2];
        assert_eq!(mean(&huge), Number::new(f64::MAX));
        assert_eq!(mean(&[]), None);
    }
}
