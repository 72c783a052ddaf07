#![allow(clippy::unwrap_used)]

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::policy::windows::{DayTime, Days, Moment};

fn window(text: &str) -> Window {
    let [days, from, to, zone] = text.split(' ').collect::<Vec<_>>()[..] else { panic!("{text}") };
    let (from, to) = (DayTime::parse(from).unwrap(), DayTime::parse(to).unwrap());
    Window::new(Days::parse(days).unwrap(), from, to, Zone::parse(zone).unwrap()).unwrap()
}

fn blackout(from: &str, to: &str, zone: &str) -> Blackout {
    let (from, to) = (Moment::parse(from).unwrap(), Moment::parse(to).unwrap());
    Blackout::new(from, to, Zone::parse(zone).unwrap(), Some("Christmas".into())).unwrap()
}

fn utc(text: &str) -> SystemTime {
    text.parse::<Timestamp>().unwrap().try_into().unwrap()
}

fn ask(windows: &[&str], blackouts: &[Blackout], now: &str, room: u64) -> Result<(), Closed> {
    let windows: Vec<Window> = windows.iter().copied().map(window).collect();
    opening(&windows, blackouts, utc(now), Duration::from_secs(room))
}

/// When a batch may begin; empty where it may now.
fn opens(windows: &[&str], now: &str, room: u64) -> String {
    match ask(windows, &[], now, room) {
        Ok(()) => String::new(),
        Err(closed) => closed.opens.map_or("never".into(), |opens| Timestamp::try_from(opens.at).unwrap().to_string()),
    }
}

const WORKDAYS: &str = "mon-thu 09:00 16:00 Europe/Berlin";
const HOUR: u64 = 3_600;

#[test]
fn a_batch_begins_inside_a_window_with_room_for_its_bake() {
    // 2026-11-30 is a Monday
    assert_eq!(opens(&[WORKDAYS], "2026-11-30T08:00:00Z", 0), "");
    assert_eq!(opens(&[WORKDAYS], "2026-11-30T07:59:59Z", 0), "2026-11-30T08:00:00Z");
    assert_eq!(opens(&[WORKDAYS], "2026-11-30T13:00:00Z", 2 * HOUR), "");
    assert_eq!(opens(&[WORKDAYS], "2026-11-30T13:00:01Z", 2 * HOUR), "2026-12-01T08:00:00Z");
    assert_eq!(opens(&[WORKDAYS], "2026-11-30T14:59:59Z", 0), "");
    assert_eq!(opens(&[WORKDAYS], "2026-11-30T15:00:00Z", 0), "2026-12-01T08:00:00Z");
    assert_eq!(opens(&[WORKDAYS], "2026-12-03T15:00:00Z", 0), "2026-12-07T08:00:00Z");
    assert_eq!(opens(&[WORKDAYS], "2026-11-30T08:00:00Z", 7 * HOUR), "");
    assert_eq!(opens(&[WORKDAYS], "2026-11-30T08:00:00Z", 7 * HOUR + 1), "never");
    assert_eq!(opens(&[], "2026-11-30T08:00:00Z", 1_000 * HOUR), "");
}

#[test]
fn what_is_said_names_the_reason_and_the_time() {
    let says = |windows: &[&str], blackouts: &[Blackout], now: &str, room: u64| {
        let closed = ask(windows, blackouts, now, room).unwrap_err();
        (closed.by, closed.says(utc(now)))
    };
    let (by, text) = says(&[WORKDAYS], &[], "2026-11-29T18:00:00Z", 0);
    assert_eq!(by, ClosedBy::Window);
    assert_eq!(text, "outside its windows; the next opens Mon 2026-11-30 09:00 Europe/Berlin (in 14h)");
    let (by, text) = says(&[WORKDAYS], &[], "2026-11-30T14:00:00Z", 2 * HOUR);
    assert_eq!(by, ClosedBy::Window);
    assert_eq!(
        text,
        "its bake takes 2h, and its window ends Mon 2026-11-30 16:00 Europe/Berlin; the next opens Tue 2026-12-01 09:00 \
         Europe/Berlin (in 18h)"
    );
    let (by, text) = says(&[WORKDAYS], &[], "2026-11-30T08:00:00Z", 8 * HOUR);
    assert_eq!((by, text.as_str()), (ClosedBy::Window, "its bake takes 8h, and no window is longer than 7h"));
    let (by, text) = says(&[WORKDAYS], &[], "2026-11-29T18:00:00Z", 8 * HOUR);
    assert_eq!((by, text.as_str()), (ClosedBy::Window, "its bake takes 8h, and no window is longer than 7h"));
    let christmas = [blackout("2026-12-20", "2027-01-06", "Europe/Berlin")];
    let (by, text) = says(&[], &christmas, "2027-01-06T22:30:00Z", HOUR);
    assert_eq!(by, ClosedBy::Blackout);
    assert_eq!(text, "in a blackout (Christmas); it may begin Thu 2027-01-07 00:00 Europe/Berlin (in 30m)");
    let (by, text) = says(&[WORKDAYS], &christmas, "2026-12-19T22:30:00Z", HOUR);
    assert_eq!(by, ClosedBy::Window);
    assert_eq!(text, "outside its windows; the next opens Thu 2027-01-07 09:00 Europe/Berlin (in 18d10h)");
    let (by, text) = says(&[], &christmas, "2026-12-19T22:30:00Z", HOUR);
    assert_eq!(by, ClosedBy::Blackout);
    assert!(text.starts_with(
        "its bake takes 1h, and a blackout (Christmas) begins Sun 2026-12-20 00:00 Europe/Berlin; it may"
    ));
}

#[test]
fn windows_that_touch_or_overlap_are_one() {
    let night = ["mon 22:00 24:00 UTC", "tue 00:00 06:00 UTC"];
    assert_eq!(opens(&night, "2026-11-30T22:00:00Z", 8 * HOUR), "");
    assert_eq!(opens(&["mon 22:00 06:00 UTC"], "2026-11-30T22:00:00Z", 8 * HOUR), "");
    assert_eq!(opens(&["mon 22:00 06:00 UTC"], "2026-12-01T05:59:00Z", 0), "");
    assert_eq!(opens(&["mon 22:00 06:00 UTC"], "2026-11-30T05:59:00Z", 0), "2026-11-30T22:00:00Z");
    // from nine in Berlin to five in New York is one long window
    let both = ["mon-fri 09:00 17:00 Europe/Berlin", "mon-fri 09:00 17:00 America/New_York"];
    assert_eq!(opens(&both, "2026-11-30T08:00:00Z", 14 * HOUR), "");
    assert_eq!(opens(&["mon-sun 00:00 24:00 Europe/Berlin"], "2026-11-30T08:00:00Z", 9_000 * HOUR), "");
    assert_eq!(longest(&[window("mon-sun 00:00 12:00 UTC"), window("mon-sun 12:00 24:00 UTC")]), None);
    assert_eq!(longest(&[window(WORKDAYS)]), Some(Duration::from_secs(7 * HOUR)));
    assert_eq!(longest(&[]), None);
}

#[test]
fn a_window_of_an_hour_that_does_not_exist_is_closed_and_of_one_that_comes_twice_is_open_twice() {
    for (zone, skipped, next, twice) in [
        ("Europe/Berlin", "2027-03-28T00:30:00Z", "2027-03-29T00:00:00Z", ("2027-10-31T00:00:00Z", 2 * HOUR)),
        ("America/New_York", "2027-03-14T06:30:00Z", "2027-03-15T06:00:00Z", ("2027-11-07T07:00:00Z", HOUR)),
    ] {
        let hour = format!("mon-sun 02:00 03:00 {zone}");
        assert_eq!(opens(&[&hour], skipped, 0), next, "{zone}");
        // in New York it is the hour from one to two that comes twice
        assert_eq!(opens(&[&hour], twice.0, twice.1), "", "{zone}");
    }
    let one = ["mon-sun 01:00 02:00 America/New_York"];
    assert_eq!(opens(&one, "2027-11-07T05:00:00Z", 2 * HOUR), "");
    // a window in the middle of the hour is open for each of the two, with a break
    let middle = ["mon-sun 02:30 02:45 Europe/Berlin"];
    assert_eq!(opens(&middle, "2027-10-31T00:30:00Z", 900), "");
    assert_eq!(opens(&middle, "2027-10-31T00:45:00Z", 900), "2027-10-31T01:30:00Z");
    // Lord Howe turns its clocks by half an hour, at two: from 02:00 to 02:30 in spring, from 02:00 to 01:30 in autumn
    let howe = ["mon-sun 02:00 02:30 Australia/Lord_Howe"];
    assert_eq!(opens(&howe, "2026-10-03T15:00:00Z", 0), "2026-10-04T15:00:00Z");
    let howe = ["mon-sun 01:30 02:00 Australia/Lord_Howe"];
    assert_eq!(opens(&howe, "2027-04-03T14:30:00Z", HOUR), "");
    assert_eq!(opens(&["mon-sun 02:00 03:00 Asia/Kolkata"], "2027-03-27T20:30:00Z", HOUR), "");
    // a window over the turn is as long as the clocks say
    assert_eq!(opens(&["sun 01:00 04:00 Europe/Berlin"], "2027-03-28T00:00:00Z", 2 * HOUR), "");
    assert_eq!(opens(&["sun 01:00 04:00 Europe/Berlin"], "2027-10-30T23:00:00Z", 4 * HOUR), "");
}

#[test]
fn a_window_that_is_too_short_is_found_unless_it_touches_others() {
    let windows =
        ["mon 09:00 12:00 UTC", "tue 09:00 10:00 UTC", "wed 09:00 10:00 UTC", "wed 10:00 11:30 UTC"].map(window);
    let short =
        |room: u64| too_short(&windows, Duration::from_secs(room)).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert!(short(HOUR).is_empty());
    assert_eq!(short(2 * HOUR), ["{days: tue, from: 09:00, to: 10:00, zone: UTC}"]);
    assert_eq!(short(3 * HOUR).len(), 3);
    assert_eq!(short(4 * HOUR).len(), 4);
    assert!(too_short(&[window("mon-sun 00:00 24:00 UTC")], Duration::from_secs(9_999 * HOUR)).is_empty());
}

#[test]
fn a_bake_that_only_the_longest_day_of_the_year_holds_waits_for_it() {
    assert_eq!(opens(&["sun 00:00 24:00 Europe/Berlin"], "2026-11-30T08:00:00Z", 25 * HOUR), "2027-10-30T22:00:00Z");
    assert_eq!(opens(&["sun 00:00 24:00 UTC"], "2026-11-30T08:00:00Z", 25 * HOUR), "never");
}

#[test]
fn blackouts_are_left_out_of_windows() {
    let opens =
        |windows: &[&str], blackouts: &[Blackout], now: &str, room: u64| match ask(windows, blackouts, now, room) {
            Ok(()) => String::new(),
            Err(closed) => {
                closed.opens.map_or("never".into(), |opens| Timestamp::try_from(opens.at).unwrap().to_string())
            }
        };
    let noon = [blackout("2026-11-30 12:00", "2026-11-30 13:00", "Europe/Berlin")];
    assert_eq!(opens(&[WORKDAYS], &noon, "2026-11-30T10:00:00Z", HOUR), "");
    assert_eq!(opens(&[WORKDAYS], &noon, "2026-11-30T10:30:00Z", HOUR), "2026-11-30T12:00:00Z");
    assert_eq!(opens(&[WORKDAYS], &noon, "2026-11-30T10:30:00Z", 4 * HOUR), "2026-12-01T08:00:00Z");
    // all windows of years, and a gap between two blackouts that is as long as a bake
    let years = [blackout("2026-01-01", "2035-12-31", "UTC"), blackout("2036-01-02", "2040-12-31", "UTC")];
    assert_eq!(opens(&[], &years, "2026-11-30T10:30:00Z", 24 * HOUR), "2036-01-01T00:00:00Z");
    assert_eq!(opens(&[], &years, "2026-11-30T10:30:00Z", 24 * HOUR + 1), "2041-01-01T00:00:00Z");
    assert_eq!(opens(&[WORKDAYS], &years, "2026-11-30T10:30:00Z", 0), "2036-01-01T08:00:00Z");
    // the last year that there may be
    let end = [blackout("2026-01-01", "8999-12-31", "Pacific/Kiritimati")];
    assert_eq!(opens(&[WORKDAYS], &end, "2026-11-30T10:30:00Z", 0), "8999-12-31T10:00:00Z");
}

/// The same minute by minute, as a clock on the wall says.
struct Wall<'w> {
    windows: Vec<Written>,
    blackouts: &'w [(String, String, TimeZone)],
}

/// A window by what is written of it.
struct Written {
    days: Vec<Weekday>,
    from: (i8, i8),
    to: (i8, i8),
    zone: TimeZone,
}

impl Written {
    fn new(window: &Window) -> Self {
        let names = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
        let with = |name: &str| Days::parse(name).unwrap().and(window.days) == window.days;
        let days =
            (0..7).filter(|day| with(names[*day as usize])).map(|day| Weekday::from_sunday_zero_offset(day).unwrap());
        let time = |time: DayTime| {
            let text = time.to_string();
            (text[..2].parse().unwrap(), text[3..].parse().unwrap())
        };
        let zone = TimeZone::get(window.zone.name()).unwrap();
        Written { days: days.collect(), from: time(window.from), to: time(window.to), zone }
    }

    fn is_open(&self, at: Timestamp) -> bool {
        let local = self.zone.to_datetime(at);
        let time = (local.hour(), local.minute());
        let today = self.days.contains(&local.weekday()) && self.from <= time;
        if self.from < self.to {
            return today && time < self.to;
        }
        today || (self.days.contains(&local.weekday().previous()) && time < self.to)
    }
}

impl Wall<'_> {
    fn is_open(&self, minute: i64) -> bool {
        let at = Timestamp::from_second(minute * 60).unwrap();
        self.windows.is_empty() || self.windows.iter().any(|window| window.is_open(at))
    }

    /// The minutes of a span that are open.
    fn open(&self, from: i64, to: i64) -> Vec<bool> {
        let mut open: Vec<bool> = (from..to).map(|minute| self.is_open(minute)).collect();
        for (begins, ends, zone) in self.blackouts {
            let local = |minute: i64| {
                let local = zone.to_datetime(Timestamp::from_second(minute * 60).unwrap());
                local.strftime("%Y-%m-%d %H:%M").to_string()
            };
            let first = (from..to).find(|minute| local(*minute) >= *begins);
            let last = (from..to).rev().find(|minute| local(*minute) < *ends);
            if let (Some(first), Some(last)) = (first, last) {
                (first..=last).for_each(|minute| open[(minute - from) as usize] = false);
            }
        }
        open
    }
}

const ZONES: [&str; 7] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "UTC",
    // clocks are turned at midnight, so that a day begins at one, and one comes twice
    "America/Havana",
    "Pacific/Chatham",
];

/// Days about which clocks are turned somewhere, and one on which they are not.
const TURNS: [&str; 8] = [
    "2027-03-27T00:00Z",
    "2027-10-30T00:00Z",
    "2027-03-13T00:00Z",
    "2027-11-06T00:00Z",
    "2026-10-02T00:00Z",
    "2027-04-02T00:00Z",
    "2027-09-24T00:00Z",
    "2027-06-01T00:00Z",
];

fn any_window() -> impl Strategy<Value = Window> {
    let days = proptest::collection::vec(0..7_usize, 1..4);
    (days, 0..48_u16, 1..49_u16, 0..ZONES.len()).prop_filter_map("no length", |(days, from, to, zone)| {
        let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let days: Vec<&str> = days.into_iter().map(|day| names[day]).collect();
        let time = |half: u16| DayTime::parse(&format!("{:02}:{:02}", half / 2, half % 2 * 30)).unwrap();
        let zone = Zone::parse(ZONES[zone]).unwrap();
        Window::new(Days::parse(&days.join(",")).unwrap(), time(from), time(to), zone).ok()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn it_is_as_a_clock_on_the_wall_says(
        windows in proptest::collection::vec(any_window(), 0..4),
        dark in proptest::collection::vec((0..4_u32, 0..48_u32, 1..96_u32, 0..ZONES.len()), 0..3),
        turn in 0..TURNS.len(),
        after in 0..2_880_i64,
        room in prop_oneof![Just(0_i64), 1..2_000_i64],
    ) {
        let start = TURNS[turn].parse::<Timestamp>().unwrap().as_second() / 60;
        let day = TURNS[turn][..10].parse::<jiff::civil::Date>().unwrap();
        let texts: Vec<(String, String, &str)> = dark
            .into_iter()
            .map(|(days, half, length, zone)| {
                let begins = day.at(0, 0, 0, 0) + jiff::Span::new().days(days).minutes(half * 30);
                let ends = begins + jiff::Span::new().minutes(length * 30);
                let text = |at: jiff::civil::DateTime| at.strftime("%Y-%m-%d %H:%M").to_string();
                (text(begins), text(ends), ZONES[zone])
            })
            .collect();
        let blackouts: Vec<Blackout> = texts.iter().map(|(from, to, zone)| blackout(from, to, zone)).collect();
        let zones = texts.into_iter().map(|(from, to, zone)| (from, to, TimeZone::get(zone).unwrap()));
        let wall = Wall { windows: windows.iter().map(Written::new).collect(), blackouts: &zones.collect::<Vec<_>>() };
        // two days before, so that what began there is seen, and ten days on
        let (from, to) = (start - 2 * 1_440, start + 10 * 1_440);
        let open = wall.open(from, to);
        let now = start + after;
        let fits = |minute: i64| {
            let first = (minute - from) as usize;
            let needed = room.max(1) as usize;
            open.get(first..first + needed).map(|minutes| minutes.iter().all(|open| *open))
        };
        let expected = (now..to).find_map(|minute| match fits(minute) {
            Some(false) => None,
            Some(true) => Some(Some(minute)),
            // it may fit beyond what was looked at
            None => Some(None),
        });
        let found = match opening(&windows, &blackouts, instant(now * 60), Duration::from_secs(room as u64 * 60)) {
            Ok(()) => Some(now),
            Err(closed) => closed.opens.map(|opens| seconds(opens.at) / 60),
        };
        match expected {
            Some(Some(minute)) => prop_assert_eq!(found, Some(minute)),
            _ => prop_assert!(found.is_none_or(|found| found + room.max(1) > to), "{:?}", found),
        }
    }
}
