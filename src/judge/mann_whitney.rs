//! The Mann-Whitney U test: how likely it is by mere chance that one sample is so much higher than another one.
//!
//! As SciPy's `mannwhitneyu` with `method="auto"`: exact where one sample has at most 8 values and none stands twice, otherwise by the
//! normal distribution, with the corrections for ties and for continuity. Own code, since the crates either go through all
//! arrangements one by one or compare every value with every other one: a sample here may have thousands.

use crate::policy::gates::Number;

/// The most values of the smaller sample that are counted exactly.
const EXACT: usize = 8;
/// The most values of U for which that is done: far beyond, both ways agree, and the counts stay below 2^128.
const MOST: usize = 100_000;

/// What is asked of the first sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Whether it is higher than the second one.
    Higher,
    /// Whether it is lower.
    Lower,
}

/// The chance that samples of one and the same kind look as different as these do, or more. 1 where one of them is empty.
pub fn chance(first: &[Number], second: &[Number], side: Side) -> f64 {
    let (few, many) = (first.len().min(second.len()), first.len().max(second.len()));
    if few == 0 {
        return 1.0;
    }
    let ranked = Ranked::new(first, second);
    let pairs = (few * many) as f64;
    let above = ranked.sum - (first.len() * (first.len() + 1)) as f64 / 2.0;
    let statistic = if side == Side::Higher { above } else { pairs - above };
    if few <= EXACT && !ranked.has_ties && few * many <= MOST {
        exact(statistic.round() as usize, few, many)
    } else {
        by_normal(statistic, pairs, (few + many) as f64, ranked.ties)
    }
}

/// The values of both samples by their size.
struct Ranked {
    /// The ranks of the first sample, added up; equal values share the mean of their ranks.
    sum: f64,
    has_ties: bool,
    /// t³ - t for each value that stands t times.
    ties: f64,
}

impl Ranked {
    fn new(first: &[Number], second: &[Number]) -> Self {
        let all = first.iter().map(|value| (value, true)).chain(second.iter().map(|value| (value, false)));
        let mut all: Vec<(&Number, bool)> = all.collect();
        all.sort_unstable_by_key(|(value, _)| **value);
        let mut ranked = Ranked { sum: 0.0, has_ties: false, ties: 0.0 };
        let mut before = 0;
        for equal in all.chunk_by(|one, other| one.0 == other.0) {
            let many = equal.len() as f64;
            let rank = before as f64 + f64::midpoint(many, 1.0);
            ranked.sum += rank * equal.iter().filter(|(_, is_first)| *is_first).count() as f64;
            ranked.has_ties |= equal.len() > 1;
            ranked.ties += many.powi(3) - many;
            before += equal.len();
        }
        ranked
    }
}

/// The share of all arrangements with at least this U. Their numbers by U are the coefficients of a Gaussian binomial.
fn exact(statistic: usize, few: usize, many: usize) -> f64 {
    let mut counts = vec![0_u128; few * many + 1];
    counts[0] = 1;
    // what is negative or too large on the way is whole again at its end, since all is counted modulo 2^128
    for i in 1..=few {
        for u in (many + i..counts.len()).rev() {
            counts[u] = counts[u].wrapping_sub(counts[u - many - i]);
        }
        for u in i..counts.len() {
            counts[u] = counts[u].wrapping_add(counts[u - i]);
        }
    }
    let sum = |counts: &[u128]| counts.iter().fold(0_u128, |sum, count| sum.wrapping_add(*count)) as f64;
    sum(&counts[statistic.min(few * many)..]) / sum(&counts)
}

fn by_normal(statistic: f64, pairs: f64, all: f64, ties: f64) -> f64 {
    let variance = pairs / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)));
    // all values are the same
    if variance <= 0.0 {
        return 1.0;
    }
    let distance = (statistic - pairs / 2.0 - 0.5) / variance.sqrt();
    libm::erfc(distance / std::f64::consts::SQRT_2) / 2.0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn numbers(values: &[f64]) -> Vec<Number> {
        values.iter().map(|value| Number::new(*value).unwrap()).collect()
    }

    /// What SciPy printed for samples of many sizes, with ties and without: `tests/fixtures/mann_whitney/record`.
    #[test]
    fn it_says_what_scipy_says() {
        #[derive(serde::Deserialize)]
        struct Case {
            first: Vec<f64>,
            second: Vec<f64>,
            higher: f64,
            lower: f64,
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/mann_whitney/scipy.json");
        let text = std::fs::read_to_string(path).unwrap();
        let cases: serde_json::Value = serde_json::from_str(&text).unwrap();
        let cases: Vec<Case> = serde_json::from_value(cases["cases"].clone()).unwrap();
        assert!(cases.len() > 50);
        for case in cases {
            let (first, second) = (numbers(&case.first), numbers(&case.second));
            for (side, scipy) in [(Side::Higher, case.higher), (Side::Lower, case.lower)] {
                let ours = chance(&first, &second, side);
                let beside = format!("{ours} beside {scipy} for {:?} and {:?}", case.first, case.second);
                assert!((ours - scipy).abs() <= 1e-9 * scipy.max(1e-3), "{beside}");
            }
        }
    }

    #[test]
    fn samples_that_are_empty_or_all_the_same_differ_by_chance() {
        let same = numbers(&[1.0; 30]);
        assert!((chance(&same, &same, Side::Higher) - 1.0).abs() < f64::EPSILON);
        assert!((chance(&[], &same, Side::Higher) - 1.0).abs() < f64::EPSILON);
        assert!((chance(&same, &[], Side::Lower) - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn eight_values_beside_thousands_are_counted_at_once() {
        let many: Vec<f64> = (0..12_000).map(f64::from).collect();
        let few = numbers(&[11_000.5, 11_001.5, 11_002.5, 11_003.5, 11_004.5, 11_005.5, 11_006.5, 11_007.5]);
        let found = chance(&few, &numbers(&many), Side::Higher);
        assert!(found > 0.0 && found < 1e-6, "{found}");
    }

    proptest! {
        #[test]
        fn it_is_a_chance_and_both_sides_change_places(
            first in proptest::collection::vec(-5_i32..5, 1..30),
            second in proptest::collection::vec(-5_i32..5, 1..30),
        ) {
            let of = |values: &[i32]| values.iter().map(|value| Number::new(f64::from(*value)).unwrap()).collect::<Vec<_>>();
            let (first, second) = (of(&first), of(&second));
            let higher = chance(&first, &second, Side::Higher);
            prop_assert!((0.0..=1.0).contains(&higher), "{higher}");
            let mirrored = chance(&second, &first, Side::Lower);
            prop_assert!((higher - mirrored).abs() < 1e-12);
        }
    }
}
