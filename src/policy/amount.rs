//! Numbers of hosts: absolute, or a percent of a version's hosts.

use std::fmt;

/// A number of hosts, or a share of a version's hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// So many hosts.
    Hosts(usize),
    /// A share of the version's planned hosts.
    Percent(Percent),
}

/// A percent from 0 to 100, exact to six decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent {
    /// Millionths of a percent.
    millionths: u32,
}

/// Decimals that a percent may have.
const DECIMALS: usize = 6;
/// 100 %, in millionths of a percent.
const WHOLE: u32 = 100_000_000;

impl Amount {
    /// 100 %.
    pub const WHOLE: Amount = Amount::Percent(Percent { millionths: WHOLE });

    /// Reads `5`, `10%` or `12.5%`.
    ///
    /// # Errors
    /// Why the text is not an amount, as a fragment that follows the text: negative, over 100 %, not a number …
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.starts_with('-') {
            return Err("negative");
        }
        match text.strip_suffix('%') {
            Some(percent) => Percent::parse(percent.trim_end()).map(Amount::Percent),
            None => parse_digits(text).map(Amount::Hosts),
        }
    }

    /// Whether this is no host whatever the version's size.
    pub fn is_zero(self) -> bool {
        matches!(self, Amount::Hosts(0) | Amount::Percent(Percent { millionths: 0 }))
    }

    /// The number of hosts among `hosts`, rounded down; an absolute number may be larger than `hosts`.
    pub fn of(self, hosts: usize) -> usize {
        match self {
            Amount::Hosts(n) => n,
            Amount::Percent(percent) => percent.of(hosts),
        }
    }

    /// The number of hosts among `hosts`, rounded up.
    pub fn at_least_of(self, hosts: usize) -> usize {
        match self {
            Amount::Hosts(n) => n,
            Amount::Percent(percent) => hosts - Percent { millionths: WHOLE - percent.millionths }.of(hosts),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Amount::Hosts(n) => write!(f, "{n}"),
            Amount::Percent(percent) => write!(f, "{percent}"),
        }
    }
}

impl Percent {
    /// Reads the number before the percent sign.
    fn parse(text: &str) -> Result<Self, &'static str> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let whole = parse_digits(whole)?;
        if decimals.is_empty() || !decimals.bytes().all(|b| b.is_ascii_digit()) {
            return Err("not a number");
        }
        if decimals.len() > DECIMALS {
            return Err("written with more than six decimals");
        }
        let parts: u32 = format!("{decimals:0<DECIMALS$}").parse().map_err(|_| "not a number")?;
        let millionths = u32::try_from(whole).ok().and_then(|n| n.checked_mul(WHOLE / 100)?.checked_add(parts));
        match millionths {
            Some(millionths) if millionths <= WHOLE => Ok(Percent { millionths }),
            _ => Err("over 100%"),
        }
    }

    /// The share as a fraction: numerator and denominator.
    pub fn fraction(self) -> (u32, u32) {
        (self.millionths, WHOLE)
    }

    /// The share of `hosts`, rounded down; exact, where floating point gives 28 for 29 % of 100.
    fn of(self, hosts: usize) -> usize {
        let share = hosts as u128 * u128::from(self.millionths) / u128::from(WHOLE);
        // at most `hosts`, since a percent is at most 100
        share as usize
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = WHOLE / 100;
        write!(f, "{}", self.millionths / one)?;
        let decimals = format!("{:06}", self.millionths % one);
        let decimals = decimals.trim_end_matches('0');
        if !decimals.is_empty() {
            write!(f, ".{decimals}")?;
        }
        f.write_str("%")
    }
}

/// A decimal number without sign, separators or leading zeros: `010` is 8 in YAML and 10 to a person.
fn parse_digits(text: &str) -> Result<usize, &'static str> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err("not a whole number");
    }
    if text.len() > 1 && text.starts_with('0') {
        return Err("written with a leading zero");
    }
    text.parse().map_err(|_| "too large")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_numbers_and_percents() {
        assert_eq!(Amount::parse("5"), Ok(Amount::Hosts(5)));
        assert_eq!(Amount::parse("29%").unwrap().of(100), 29);
        assert_eq!(Amount::parse("12.5 %").unwrap().of(16), 2);
        assert_eq!(Amount::parse("100%").unwrap().of(usize::MAX), usize::MAX);
        assert_eq!(Amount::parse("0.000001%").unwrap().of(100_000_000), 1);
    }

    #[test]
    fn says_why_a_text_is_no_amount() {
        for (text, why) in [
            ("-3", "negative"),
            ("", "not a whole number"),
            ("1.5", "not a whole number"),
            ("ten", "not a whole number"),
            ("010", "written with a leading zero"),
            ("100.1%", "over 100%"),
            ("101%", "over 100%"),
            ("99999999999999999999999", "too large"),
            ("1.%", "not a number"),
            ("1.0000001%", "written with more than six decimals"),
            ("%", "not a whole number"),
        ] {
            assert_eq!(Amount::parse(text), Err(why), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_percent_prints_as_it_reads(millionths in 0u32..=WHOLE) {
            let percent = Percent { millionths };
            prop_assert_eq!(Amount::parse(&percent.to_string()), Ok(Amount::Percent(percent)));
        }

        #[test]
        fn a_percent_of_hosts_is_the_exact_floor(percent in 0u32..=100, hosts in 0usize..1_000_000) {
            let share = Amount::parse(&format!("{percent}%")).unwrap().of(hosts);
            prop_assert!(share * 100 <= hosts * percent as usize);
            prop_assert!((share + 1) * 100 > hosts * percent as usize);
        }

        #[test]
        fn at_least_a_percent_of_hosts_is_the_exact_ceiling(percent in 0u32..=100, hosts in 0usize..1_000_000) {
            let share = Amount::parse(&format!("{percent}%")).unwrap().at_least_of(hosts);
            prop_assert!(share * 100 >= hosts * percent as usize);
            prop_assert!(share == 0 || (share - 1) * 100 < hosts * percent as usize);
        }
    }
}
