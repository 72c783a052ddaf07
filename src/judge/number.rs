//! Numbers that can be compared.

use std::cmp::Ordering;

/// A number that is neither infinite nor NaN, so that any two have an order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number(f64);

impl Number {
    /// Returns the number if it is one.
    pub fn new(value: f64) -> Option<Self> {
        // one zero, so that equal numbers are the same
        value.is_finite().then_some(Number(value + 0.0))
    }

    /// Returns it as a float.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// The mean of some numbers; nothing of none, or where their sum is no number any more.
pub fn mean(numbers: &[Number]) -> Option<Number> {
    if numbers.is_empty() {
        return None;
    }
    Number::new(numbers.iter().map(|number| number.get() / numbers.len() as f64).sum())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_has_no_order_is_no_number() {
        assert_eq!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(Number::new), [None; 3]);
        assert_eq!(Number::new(-0.0), Number::new(0.0));
        assert_eq!(Number::new(-0.0).unwrap().cmp(&Number::new(0.0).unwrap()), Ordering::Equal);
    }

    #[test]
    fn a_mean_of_huge_numbers_is_no_infinity() {
        let huge = [Number::new(f64::MAX).unwrap(); 2];
        assert_eq!(mean(&huge), Number::new(f64::MAX));
        assert_eq!(mean(&[]), None);
    }
}
