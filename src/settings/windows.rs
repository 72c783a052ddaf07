//! `windows` and `blackouts`: lists of mappings; what is wrong with a value of one is reported at its place.
//!
//! ```yaml
//! windows: [{days: mon-thu, from: "09:00", to: "16:00", zone: Europe/Berlin}]
//! blackouts: [{from: 2026-12-20, to: 2027-01-06, zone: Europe/Berlin, why: Christmas}]
//! ```

use super::layer::{Given, Reader};
use super::typed::{self, Typed, text, wrong};
use crate::error::Code;
use crate::nearest;
use crate::policy::{Blackout, DayTime, Days, Moment, Window, Zone};
use crate::value::{Entry, Value};

/// The keys of a window.
const WINDOW: [&str; 4] = ["days", "from", "to", "zone"];
/// The keys of a blackout.
const BLACKOUT: [&str; 4] = ["from", "to", "zone", "why"];

const DAYS: &str = "days such as `mon-thu` or `[mon, wed]`";
const TIME: &str = "a time such as `\"09:00\"`, up to `\"24:00\"`";
const MOMENT: &str = "a day such as `2026-12-24`, or a time such as `2026-12-24 12:00`";
const ZONE: &str = "a time zone such as `Europe/Berlin`, or `UTC`";

/// Types the value of `windows`.
pub(super) fn windows<'a>(given: &Given<'a>, reader: &mut Reader<'_, 'a>) -> Typed<Vec<Window>> {
    let example = "{days: mon-thu, from: \"09:00\", to: \"16:00\", zone: Europe/Berlin}";
    items(given, reader, &WINDOW, example, |item, reader| {
        let days = item.optional("days", DAYS, days, reader);
        let from = item.optional("from", TIME, |value| parsed(value, DayTime::parse), reader);
        let to = item.optional("to", TIME, |value| parsed(value, DayTime::parse), reader);
        let zone = item.zone(reader);
        let (days, from, to) =
            (days?.unwrap_or(Days::ALL), from?.unwrap_or(DayTime::START), to?.unwrap_or(DayTime::END));
        item.made(Window::new(days, from, to, zone?), reader)
    })
}

/// Types the value of `blackouts`.
pub(super) fn blackouts<'a>(given: &Given<'a>, reader: &mut Reader<'_, 'a>) -> Typed<Vec<Blackout>> {
    let example = "{from: 2026-12-20, to: 2027-01-06, zone: Europe/Berlin}";
    items(given, reader, &BLACKOUT, example, |item, reader| {
        let from = item.needed("from", MOMENT, |value| parsed(value, Moment::parse), reader);
        let to = item.needed("to", MOMENT, |value| parsed(value, Moment::parse), reader);
        let zone = item.zone(reader);
        let why = item.optional("why", "a text", |value| text(value).map(str::to_string), reader);
        item.made(Blackout::new(from?, to?, zone?, why?), reader)
    })
}

/// One mapping of a list.
struct Item<'g, 'a> {
    entries: &'a [Entry<'a>],
    given: &'g Given<'a>,
}

/// Each mapping of a list, or the only one without a list around it.
fn items<'a, T>(
    given: &Given<'a>,
    reader: &mut Reader<'_, 'a>,
    known: &[&str],
    example: &str,
    typed: impl Fn(&Item<'_, 'a>, &mut Reader<'_, 'a>) -> Option<T>,
) -> Typed<Vec<T>> {
    let items = match given.value {
        Value::List(items) => items,
        Value::Map([_, ..]) => &[given.value][..],
        other => return wrong(other, format!("it has to be a list such as `[{example}]`")),
    };
    let mut made = Vec::new();
    for item in items {
        let Value::Map(entries @ [_, ..]) = item else {
            return wrong(*item, format!("each of the list is a mapping, such as `{example}`"));
        };
        let item = Item { entries, given };
        item.report_unknown(known, reader);
        made.extend(typed(&item, reader));
    }
    Ok(made)
}

impl<'a> Item<'_, 'a> {
    fn report_unknown(&self, known: &[&str], reader: &mut Reader<'_, 'a>) {
        for entry in self.entries.iter().filter(|entry| !known.contains(&entry.key)) {
            let message = format!("unknown key `{}` in `{}`", entry.key.escape_debug(), self.given.written);
            let hint = match nearest::word(entry.key, known.iter().map(ToString::to_string)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known here: {}", known.join(", ")),
            };
            reader.report(Code::UnknownKey, self.given.origin, entry.at, message, hint);
        }
    }

    /// The value of a key; nothing where it is wrong.
    #[allow(clippy::option_option, reason = "one is whether it is right, the other whether it is there")]
    fn optional<T>(
        &self,
        key: &str,
        allowed: &str,
        typed: impl Fn(Value<'a>) -> Typed<T>,
        reader: &mut Reader<'_, 'a>,
    ) -> Option<Option<T>> {
        let Some(entry) = self.entries.iter().find(|entry| entry.key == key) else { return Some(None) };
        match typed(entry.value) {
            Ok(value) => Some(Some(value)),
            Err(wrong) => {
                let message = format!("`{}`: `{key}` cannot be {}: {}", self.given.written, wrong.given, wrong.why);
                reader.report(Code::InvalidValue, self.given.origin, entry.at, message, format!("allowed: {allowed}"));
                None
            }
        }
    }

    /// The value of a key that has to be there.
    fn needed<T>(
        &self,
        key: &str,
        allowed: &str,
        typed: impl Fn(Value<'a>) -> Typed<T>,
        reader: &mut Reader<'_, 'a>,
    ) -> Option<T> {
        let value = self.optional(key, allowed, typed, reader)?;
        if value.is_none() {
            self.report(format!("there is no `{key}`"), format!("add `{key}`: {allowed}"), reader);
        }
        value
    }

    /// No zone is that of the machine: a plan may be made on one and run on another.
    fn zone(&self, reader: &mut Reader<'_, 'a>) -> Option<Zone> {
        self.needed("zone", ZONE, |value| parsed(value, Zone::parse), reader)
    }

    /// What its values come to.
    fn made<T>(&self, made: Result<T, String>, reader: &mut Reader<'_, 'a>) -> Option<T> {
        made.map_err(|why| self.report(why, "mend `from` or `to`", reader)).ok()
    }

    /// Reports what is wrong with it as a whole.
    fn report(&self, why: impl std::fmt::Display, hint: impl Into<String>, reader: &mut Reader<'_, 'a>) {
        let at = self.entries.first().map(|first| first.at).unwrap_or_default();
        let message = format!("`{}`: {why}", self.given.written);
        reader.report(Code::InvalidValue, self.given.origin, at, message, hint);
    }
}

/// Days in a text or a list of texts.
fn days(value: Value<'_>) -> Typed<Days> {
    let mut days: Option<Days> = None;
    for text in typed::texts(value)? {
        let more = Days::parse(text).or_else(|why| wrong(Value::Str(text), why))?;
        days = Some(days.map_or(more, |days| days.and(more)));
    }
    days.map_or_else(|| wrong(value, "there is no day in it"), Ok)
}

fn parsed<T>(value: Value<'_>, parse: impl Fn(&str) -> Result<T, String>) -> Typed<T> {
    parse(text(value)?).or_else(|why| wrong(value, why))
}
