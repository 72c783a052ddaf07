//! Time zones, by the names of the IANA.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase, db};

use crate::nearest;

/// A time zone: the system's rules for it, or those that this program has where the system knows no such zone.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

/// A part of time, in seconds since 1970: from the first second to before the last.
pub(super) type Span = (i64, i64);

impl Zone {
    /// Finds the zone of a name, such as `Europe/Berlin` or `UTC`.
    ///
    /// # Errors
    /// There is none, as a fragment that names one that is near.
    pub fn parse(name: &str) -> Result<Self, String> {
        let found = db().get(name).or_else(|_| TimeZoneDatabase::bundled().get(name));
        match found {
            Ok(zone) if zone.iana_name().is_some() && !zone.is_unknown() => Ok(Zone(zone)),
            _ => Err(match near(name) {
                Some(near) => format!("there is no such time zone; did you mean `{near}`?"),
                None => "there is no such time zone: they have names such as `Europe/Berlin` or `UTC`".to_string(),
            }),
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// An instant as a clock there shows it: `Mon 2026-11-30 09:00 Europe/Berlin`.
    pub fn show(&self, at: SystemTime) -> String {
        let local = self.0.to_datetime(timestamp(seconds(at)));
        format!("{} {}", local.strftime("%a %Y-%m-%d %H:%M"), self.name())
    }

    /// The parts of a span in which clocks are not turned, with their seconds before UTC.
    pub(super) fn parts(&self, (from, to): Span) -> Vec<(Span, i64)> {
        let mut parts = Vec::new();
        let (mut at, mut ahead) = (from, i64::from(self.0.to_offset(timestamp(from)).seconds()));
        for turn in self.0.following(timestamp(from)) {
            let then = turn.timestamp().as_second();
            if then >= to {
                break;
            }
            parts.push(((at, then), ahead));
            (at, ahead) = (then, i64::from(turn.offset().seconds()));
        }
        parts.push(((at, to), ahead));
        parts
    }

    /// When a clock there first shows a time, or one after it where it shows none such.
    pub(super) fn first(&self, local: DateTime) -> i64 {
        self.instant(local, true)
    }

    /// When a clock there last shows a time, or one after it where it shows none such.
    pub(super) fn last(&self, local: DateTime) -> i64 {
        self.instant(local, false)
    }

    fn instant(&self, local: DateTime, first: bool) -> i64 {
        let utc = TimeZone::UTC.to_timestamp(local).unwrap_or(Timestamp::MAX).as_second();
        match self.0.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => utc - i64::from(offset.seconds()),
            AmbiguousOffset::Fold { before, after } => utc - i64::from(if first { before } else { after }.seconds()),
            // the clock is turned on over it: this is when
            AmbiguousOffset::Gap { after, .. } => {
                let earlier = utc - i64::from(after.seconds());
                self.0.following(timestamp(earlier)).next().map_or(earlier, |turn| turn.timestamp().as_second())
            }
        }
    }
}

impl Default for Zone {
    fn default() -> Self {
        Zone(TimeZone::UTC)
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Zone {}

/// The zone that a mistyped name most likely means: one of that city, or one that is written alike.
fn near(wanted: &str) -> Option<String> {
    let bundled = TimeZoneDatabase::bundled();
    let names: Vec<String> = bundled.available().map(|name| name.as_str().to_string()).collect();
    let city = |name: &&String| name.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(wanted));
    let by_city = names.iter().find(city).cloned();
    by_city.or_else(|| nearest::name(wanted, names.iter().map(String::as_str)).map(str::to_string))
}

/// Seconds since 1970.
pub(super) fn seconds(at: SystemTime) -> i64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX).min(Timestamp::MAX.as_second())
}

/// The instant so many seconds after 1970.
pub(super) fn instant(seconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

fn timestamp(seconds: i64) -> Timestamp {
    let clamped = seconds.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Timestamp::from_second(clamped).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_zone_that_is_not_there_is_an_error_with_one_that_is_near() {
        let near = |name: &str| Zone::parse(name).unwrap_err();
        assert!(near("Europe/Berln").contains("`Europe/Berlin`"), "{}", near("Europe/Berln"));
        assert!(near("berlin").contains("`Europe/Berlin`"), "{}", near("berlin"));
        assert!(near("Tokyo").contains("`Asia/Tokyo`"));
        assert!(near("MESZ").contains("such as"), "{}", near("MESZ"));
        for none in ["", "../../etc/passwd", "/usr/share/zoneinfo/UTC", "+02:00", "Etc/Unknown", "localtime/x"] {
            assert!(Zone::parse(none).is_err(), "{none}");
        }
    }

    #[test]
    fn a_name_is_taken_in_any_case_and_shown_as_it_is() {
        assert_eq!(Zone::parse("europe/berlin").unwrap().name(), "Europe/Berlin");
        assert_eq!(Zone::parse("UTC").unwrap().name(), "UTC");
        assert_eq!(Zone::parse("UTC").unwrap().show(instant(0)), "Thu 1970-01-01 00:00 UTC");
    }

    #[test]
    fn a_time_that_is_skipped_is_when_clocks_are_turned_and_one_that_comes_twice_is_both() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let at = |text: &str| text.parse::<DateTime>().unwrap();
        let utc = |text: &str| TimeZone::UTC.to_timestamp(at(text)).unwrap().as_second();
        let skipped = at("2027-03-28T02:30");
        assert_eq!((berlin.first(skipped), berlin.last(skipped)), (utc("2027-03-28T01:00"), utc("2027-03-28T01:00")));
        let twice = at("2027-10-31T02:30");
        assert_eq!((berlin.first(twice), berlin.last(twice)), (utc("2027-10-31T00:30"), utc("2027-10-31T01:30")));
    }
}
