//! Dates and timestamps of YAML 1.1.

use std::fmt;

/// The parts of a timestamp, by the regular expression of PyYAML's `construct_yaml_timestamp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timestamp {
    year: u32,
    month: u32,
    day: u32,
    time: Option<Time>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Time {
    hour: u32,
    minute: u32,
    second: u32,
    microsecond: u32,
    /// Minutes east of Greenwich.
    zone: Option<i32>,
}

impl Timestamp {
    /// Reads the shape only; the day need not exist.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut scan = Scan(text.as_bytes());
        let year = scan.number(4, 4)?;
        scan.expect(b'-')?;
        let month = scan.number(1, 2)?;
        scan.expect(b'-')?;
        let day = scan.number(1, 2)?;
        let time = if scan.0.is_empty() { None } else { Some(scan.time()?) };
        Some(Timestamp { year, month, day, time })
    }

    /// Whether a plain scalar of this text is a timestamp: without a time, month and day need two digits.
    pub(crate) fn is_implicit(text: &str) -> bool {
        Self::parse(text).is_some_and(|stamp| stamp.time.is_some() || text.len() == 10)
    }

    /// What no calendar has, if anything.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        let leap = self.year.is_multiple_of(4) && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400));
        let days = match self.month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        if self.year == 0 {
            return Some("the year must be 1 or later");
        }
        if !(1..=12).contains(&self.month) {
            return Some("the month must be 1 to 12");
        }
        if !(1..=days).contains(&self.day) {
            return Some("the month has no such day");
        }
        let time = self.time?;
        if time.hour > 23 || time.minute > 59 || time.second > 59 {
            return Some("the day has no such time");
        }
        time.zone.filter(|zone| zone.abs() >= 24 * 60).map(|_| "a time zone must be less than 24 hours off")
    }
}

impl fmt::Display for Timestamp {
    /// ISO form as Python's `isoformat()`: `2001-12-15T02:59:43.100000+00:00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)?;
        let Some(time) = self.time else { return Ok(()) };
        write!(f, "T{:02}:{:02}:{:02}", time.hour, time.minute, time.second)?;
        if time.microsecond > 0 {
            write!(f, ".{:06}", time.microsecond)?;
        }
        if let Some(zone) = time.zone {
            let sign = if zone < 0 { '-' } else { '+' };
            write!(f, "{sign}{:02}:{:02}", zone.abs() / 60, zone.abs() % 60)?;
        }
        Ok(())
    }
}

/// What is left of the text.
struct Scan<'t>(&'t [u8]);

impl Scan<'_> {
    /// A number of `least` to `most` digits.
    fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        let digits = self.0.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        if digits < least {
            return None;
        }
        let (number, rest) = self.0.split_at(digits);
        self.0 = rest;
        Some(number.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0')))
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[byte])?;
        Some(())
    }

    fn blanks(&mut self) -> usize {
        let count = self.0.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        self.0 = &self.0[count..];
        count
    }

    /// The time with the separator before it and the zone after it, to the end.
    fn time(&mut self) -> Option<Time> {
        if self.blanks() == 0 {
            self.expect(b'T').or_else(|| self.expect(b't'))?;
        }
        let hour = self.number(1, 2)?;
        self.expect(b':')?;
        let minute = self.number(2, 2)?;
        self.expect(b':')?;
        let second = self.number(2, 2)?;
        let microsecond = if self.expect(b'.').is_some() { self.fraction() } else { 0 };
        // Blanks may stand before a zone only.
        let zone = if self.blanks() == 0 && self.0.is_empty() { None } else { Some(self.zone()?) };
        Some(Time { hour, minute, second, microsecond, zone })
    }

    /// Digits after the point, in millionths; more than six are cut.
    fn fraction(&mut self) -> u32 {
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = self.0.split_at(digits);
        self.0 = rest;
        (0..6).fold(0, |value, i| value * 10 + number.get(i).map_or(0, |digit| u32::from(digit - b'0')))
    }

    /// `Z`, `+1`, `-05:30`, in minutes, to the end.
    fn zone(&mut self) -> Option<i32> {
        if self.expect(b'Z').is_some() {
            return self.0.is_empty().then_some(0);
        }
        let sign = if self.expect(b'-').is_some() { -1 } else { self.expect(b'+').map(|()| 1)? };
        let hours = self.number(1, 2)?;
        let minutes = if self.expect(b':').is_some() { self.number(2, 2)? } else { 0 };
        self.0.is_empty().then_some(sign * (hours * 60 + minutes) as i32)
    }
}
