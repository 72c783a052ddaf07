//! When batches may begin: `windows`, hours of days of the week, and `blackouts`, in which none may.

use std::fmt;

use jiff::civil::{Date, DateTime, Time};
use serde::{Deserialize, Serialize};

use super::zone::{Span, Zone};

/// Hours of days of the week in which batches may begin and bake.
///
/// It is open whenever a clock of its zone shows a time of it: hours that are skipped open nothing, hours that come twice open
/// twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WindowTexts", into = "WindowTexts")]
pub struct Window {
    /// On which days it begins.
    pub days: Days,
    /// When it begins.
    pub from: DayTime,
    /// When it ends; on the next day where that is not after `from`.
    pub to: DayTime,
    /// Whose clocks count.
    pub zone: Zone,
}

/// A time in which no batch begins or bakes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BlackoutTexts", into = "BlackoutTexts")]
pub struct Blackout {
    /// Its first day, or when it begins.
    pub from: Moment,
    /// Its last day, or when it ends.
    pub to: Moment,
    /// Whose clocks count.
    pub zone: Zone,
    /// What for.
    pub why: Option<String>,
}

/// Days of the week; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days(u8);

/// A time of a day in minutes, up to 24:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DayTime(u16);

/// A day, or a minute of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    date: Date,
    time: Option<Time>,
}

/// The days as they are written, from Monday.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY: i64 = 86_400;

impl Days {
    /// All of them.
    pub const ALL: Days = Days(0b111_1111);

    /// Reads `mon`, `mon-fri`, `fri-mon`, or several between commas.
    ///
    /// # Errors
    /// Why that is not one, as a fragment.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut days = 0;
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (day(first)?, day(last)?);
            for step in 0..=(last + 7 - first) % 7 {
                days |= 1 << ((first + step) % 7);
            }
        }
        Ok(Days(days))
    }

    /// These days and those.
    pub fn and(self, others: Days) -> Self {
        Days(self.0 | others.0)
    }

    /// Whether a day is one of them, counted from 1970-01-01, a Thursday.
    fn has(self, since_1970: i64) -> bool {
        self.0 >> (since_1970 + 3).rem_euclid(7) & 1 == 1
    }
}

/// The number of a day, from Monday.
fn day(text: &str) -> Result<u32, String> {
    let known = DAYS.iter().position(|day| *day == text.trim());
    known.map(|day| day as u32).ok_or_else(|| format!("days are {}, and ranges such as `mon-thu`", DAYS.join(", ")))
}

impl fmt::Display for Days {
    /// As they are written: `mon-thu`, `mon,wed`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        let mut day = 0;
        while day < DAYS.len() {
            let run = (day..DAYS.len()).take_while(|day| self.0 >> day & 1 == 1).count();
            match run {
                0 => {}
                1 | 2 => parts.extend(DAYS[day..day + run].iter().map(|day| (*day).to_string())),
                _ => parts.push(format!("{}-{}", DAYS[day], DAYS[day + run - 1])),
            }
            day += run.max(1);
        }
        f.write_str(&parts.join(","))
    }
}

impl DayTime {
    /// The beginning of a day.
    pub const START: DayTime = DayTime(0);
    /// Its end.
    pub const END: DayTime = DayTime(24 * 60);

    /// Reads `09:00`, up to `24:00`.
    ///
    /// # Errors
    /// Why that is not one, as a fragment.
    pub fn parse(text: &str) -> Result<Self, String> {
        let digits = |text: &str, most: usize| {
            let is_number = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| text.parse::<u16>().ok()).flatten()
        };
        let parts = text.split_once(':').filter(|(_, minutes)| minutes.len() == 2);
        let parts = parts.and_then(|(hours, minutes)| Some((digits(hours, 2)?, digits(minutes, 2)?)));
        match parts {
            Some((24, 0)) => Ok(DayTime::END),
            Some((hours @ 0..24, minutes @ 0..60)) => Ok(DayTime(hours * 60 + minutes)),
            _ => Err("a time is hours and minutes of a day, such as `\"09:00\"` or `\"24:00\"`".to_string()),
        }
    }

    fn seconds(self) -> i64 {
        i64::from(self.0) * 60
    }
}

impl fmt::Display for DayTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Window {
    /// Makes a window.
    ///
    /// # Errors
    /// It has no length, as a fragment.
    pub fn new(days: Days, from: DayTime, to: DayTime, zone: Zone) -> Result<Self, String> {
        if from == to {
            return Err(format!("it begins and ends at {from}; a whole day is from `00:00` to `24:00`"));
        }
        if from == DayTime::END {
            return Err("it begins at `24:00`; the next day begins at `00:00`".to_string());
        }
        Ok(Window { days, from, to, zone })
    }

    /// When it is open within a span, by the clocks of its zone.
    pub(super) fn spans(&self, within: Span) -> Vec<Span> {
        let until = self.to.seconds() + if self.to <= self.from { DAY } else { 0 };
        let mut spans = Vec::new();
        for ((first, last), ahead) in self.zone.parts(within) {
            // what one that began the day before has of this part is of it
            for day in (first + ahead).div_euclid(DAY) - 1..=(last + ahead).div_euclid(DAY) {
                let begins = (day * DAY + self.from.seconds() - ahead).max(first);
                let ends = (day * DAY + until - ahead).min(last);
                if self.days.has(day) && begins < ends {
                    spans.push((begins, ends));
                }
            }
        }
        spans
    }
}

impl fmt::Display for Window {
    /// As it is written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{days: {}, from: {}, to: {}, zone: {}}}", self.days, self.from, self.to, self.zone.name())
    }
}

impl Moment {
    /// Reads `2026-12-24` or `2026-12-24 12:00`.
    ///
    /// # Errors
    /// Why that is not one, as a fragment.
    pub fn parse(text: &str) -> Result<Self, String> {
        let why = || "it has to be a day such as `2026-12-24`, or a time such as `2026-12-24 12:00`".to_string();
        let (date, time) = match text.split_once(' ') {
            Some((date, time)) => (date, Some(DayTime::parse(time.trim()).map_err(|_| why())?)),
            None => (text, None),
        };
        let has_form = date.len() == 10 && date.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let date: Date = Some(date).filter(|_| has_form).and_then(|date| date.parse().ok()).ok_or_else(why)?;
        // as `seconds` of a time, and far from the end of what can be counted
        if !(1970..9000).contains(&date.year()) {
            return Err("its year is not from 1970 to 8999".to_string());
        }
        let (date, minutes) = match time {
            Some(DayTime::END) => (date.tomorrow().map_err(|_| why())?, Some(0)),
            Some(DayTime(minutes)) => (date, Some(minutes)),
            None => (date, None),
        };
        let time = minutes.map(|minutes| Time::constant((minutes / 60) as i8, (minutes % 60) as i8, 0, 0));
        Ok(Moment { date, time })
    }

    /// The first minute of it.
    fn start(self) -> DateTime {
        self.date.to_datetime(self.time.unwrap_or(Time::midnight()))
    }

    /// What comes after it.
    fn end(self) -> DateTime {
        match self.time {
            Some(time) => self.date.to_datetime(time),
            None => self.date.tomorrow().unwrap_or(self.date).to_datetime(Time::midnight()),
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.date)?;
        match self.time {
            Some(time) => write!(f, " {}", time.strftime("%H:%M")),
            None => Ok(()),
        }
    }
}

impl Blackout {
    /// Makes a blackout.
    ///
    /// # Errors
    /// It ends before it begins, as a fragment.
    pub fn new(from: Moment, to: Moment, zone: Zone, why: Option<String>) -> Result<Self, String> {
        if to.end() <= from.start() {
            return Err(format!("it ends at {to}, which is not after {from}"));
        }
        Ok(Blackout { from, to, zone, why })
    }

    /// From its beginning to its end.
    pub(super) fn span(&self) -> Span {
        (self.zone.first(self.from.start()), self.zone.last(self.to.end()))
    }
}

impl fmt::Display for Blackout {
    /// As it is written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{from: {}, to: {}, zone: {}", self.from, self.to, self.zone.name())?;
        if let Some(why) = &self.why {
            write!(f, ", why: {why}")?;
        }
        f.write_str("}")
    }
}

/// A window in a frozen plan.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowTexts {
    days: String,
    from: String,
    to: String,
    zone: String,
}

/// A blackout in a frozen plan.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BlackoutTexts {
    from: String,
    to: String,
    zone: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

impl From<Window> for WindowTexts {
    fn from(Window { days, from, to, zone }: Window) -> Self {
        let zone = zone.name().to_string();
        WindowTexts { days: days.to_string(), from: from.to_string(), to: to.to_string(), zone }
    }
}

impl TryFrom<WindowTexts> for Window {
    type Error = String;

    fn try_from(texts: WindowTexts) -> Result<Self, String> {
        let (from, to) = (DayTime::parse(&texts.from)?, DayTime::parse(&texts.to)?);
        Window::new(Days::parse(&texts.days)?, from, to, zone(&texts.zone)?)
    }
}

impl From<Blackout> for BlackoutTexts {
    fn from(Blackout { from, to, zone, why }: Blackout) -> Self {
        BlackoutTexts { from: from.to_string(), to: to.to_string(), zone: zone.name().to_string(), why }
    }
}

impl TryFrom<BlackoutTexts> for Blackout {
    type Error = String;

    fn try_from(texts: BlackoutTexts) -> Result<Self, String> {
        Blackout::new(Moment::parse(&texts.from)?, Moment::parse(&texts.to)?, zone(&texts.zone)?, texts.why)
    }
}

/// A zone that is there where the plan was made need not be where it is used.
fn zone(name: &str) -> Result<Zone, String> {
    Zone::parse(name).map_err(|why| format!("zone `{name}`: {why}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn days_are_read_and_written() {
        for (text, written) in [
            ("mon-thu", "mon-thu"),
            ("mon", "mon"),
            ("mon, wed", "mon,wed"),
            ("sat,sun", "sat,sun"),
            ("fri-mon", "mon,fri-sun"),
            ("sun-mon", "mon,sun"),
            ("mon-sun", "mon-sun"),
            ("wed,mon-wed", "mon-wed"),
        ] {
            assert_eq!(Days::parse(text).unwrap().to_string(), written, "{text}");
            assert_eq!(Days::parse(written).unwrap(), Days::parse(text).unwrap());
        }
        for text in ["", "Mon", "monday", "mon-", "mon-thu-fri", "mon;tue", "mo", "1", "mon,,tue"] {
            assert!(Days::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_are_read_and_written() {
        for (text, written) in [("09:00", "09:00"), ("9:05", "09:05"), ("00:00", "00:00"), ("24:00", "24:00")] {
            assert_eq!(DayTime::parse(text).unwrap().to_string(), written);
        }
        for text in ["", "9", "9:0", "24:01", "25:00", "12:60", "-1:00", "09:00:00", "9.00", "009:00", "٠٩:٠٠", "9:000"]
        {
            assert!(DayTime::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn moments_are_read_and_written() {
        for (text, written) in [
            ("2026-12-24", "2026-12-24"),
            ("2026-12-24 12:00", "2026-12-24 12:00"),
            ("2026-12-31 24:00", "2027-01-01 00:00"),
            ("2028-02-29", "2028-02-29"),
        ] {
            assert_eq!(Moment::parse(text).unwrap().to_string(), written);
        }
        for text in
            ["", "2026-12", "2027-02-29", "24.12.2026", "20261224", "2026-12-24T12:00", "2026-12-24 12", "1969-12-31"]
        {
            assert!(Moment::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_window_or_a_blackout_of_no_length_is_refused() {
        let utc = || Zone::parse("UTC").unwrap();
        let time = |text: &str| DayTime::parse(text).unwrap();
        assert!(Window::new(Days::ALL, time("09:00"), time("09:00"), utc()).is_err());
        assert!(Window::new(Days::ALL, time("24:00"), time("09:00"), utc()).is_err());
        let moment = |text: &str| Moment::parse(text).unwrap();
        let blackout = |from: &str, to: &str| Blackout::new(moment(from), moment(to), utc(), None);
        assert!(blackout("2026-12-24", "2026-12-24").is_ok());
        assert!(blackout("2026-12-24 12:00", "2026-12-24").is_ok());
        assert!(blackout("2026-12-24", "2026-12-23").is_err());
        assert!(blackout("2026-12-24 12:00", "2026-12-24 12:00").is_err());
    }

    #[test]
    fn what_a_frozen_plan_has_is_read_as_it_was_written() {
        let window = r#"{"days":"mon-thu","from":"09:00","to":"16:00","zone":"Europe/Berlin"}"#;
        let read: Window = serde_json::from_str(window).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), window);
        assert_eq!(read.to_string(), "{days: mon-thu, from: 09:00, to: 16:00, zone: Europe/Berlin}");
        let blackout = r#"{"from":"2026-12-20","to":"2027-01-06 12:00","zone":"UTC","why":"Christmas"}"#;
        let read: Blackout = serde_json::from_str(blackout).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), blackout);
        assert_eq!(read.to_string(), "{from: 2026-12-20, to: 2027-01-06 12:00, zone: UTC, why: Christmas}");
        let gone = window.replace("Berlin", "Bonn");
        assert!(serde_json::from_str::<Window>(&gone).unwrap_err().to_string().contains("`Europe/Bonn`"));
    }
}
