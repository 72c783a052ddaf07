//! Durations such as `90s`, `10m`, `1h30m`.

/// The units, largest first, with their seconds.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Reads a duration as seconds: a bare number is seconds; units stand largest first, each once (`1h30m`).
pub fn parse_seconds(text: &str) -> Option<u64> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok();
    }
    let mut rest = text;
    let mut total: u64 = 0;
    for (unit, seconds) in UNITS {
        let Some((number, behind)) = rest.split_once(unit) else { continue };
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(seconds)?)?;
        rest = behind;
    }
    (rest.is_empty() && !text.is_empty()).then_some(total)
}

/// Writes seconds as [`parse_seconds`] reads them: `1h30m`, `90s` as `1m30s`, `0s`.
pub fn display_seconds(seconds: u64) -> String {
    if seconds == 0 {
        return "0s".to_string();
    }
    let mut text = String::new();
    let mut rest = seconds;
    for (unit, size) in UNITS {
        if rest >= size {
            text.push_str(&format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    text
}

/// Reads a duration as milliseconds: `500ms`, otherwise as [`parse_seconds`] does.
pub fn parse_milliseconds(text: &str) -> Option<u64> {
    let digits = text.trim().strip_suffix("ms").filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    match digits {
        Some(digits) => digits.parse().ok(),
        None => parse_seconds(text)?.checked_mul(1000),
    }
}

/// Writes milliseconds as [`parse_milliseconds`] reads them: `500ms`, `10s`.
pub fn display_milliseconds(milliseconds: u64) -> String {
    if milliseconds.is_multiple_of(1000) { display_seconds(milliseconds / 1000) } else { format!("{milliseconds}ms") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_durations() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("1h30m", 5400), ("45", 45), ("0", 0), ("1d", 86_400)] {
            assert_eq!(parse_seconds(text), Some(seconds), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_duration() {
        for text in ["", "m", "10 m", "30m1h", "1.5h", "-5", "1:30", "10min", "1m1m", "99999999999999999999d"] {
            assert_eq!(parse_seconds(text), None, "{text}");
        }
    }

    #[test]
    fn milliseconds_have_a_unit_of_their_own() {
        for (text, milliseconds) in [("500ms", 500), ("2s", 2000), ("3", 3000), ("1m", 60_000), ("0ms", 0)] {
            assert_eq!(parse_milliseconds(text), Some(milliseconds), "{text}");
        }
        for text in ["ms", "-5ms", "1.5ms", "1s500ms", "5 ms", "99999999999999999999ms"] {
            assert_eq!(parse_milliseconds(text), None, "{text}");
        }
        assert_eq!((display_milliseconds(500), display_milliseconds(90_000)), ("500ms".into(), "1m30s".into()));
    }

    proptest! {
        #[test]
        fn a_duration_prints_as_it_reads(seconds in 0..u64::MAX) {
            prop_assert_eq!(parse_seconds(&display_seconds(seconds)), Some(seconds));
        }
    }
}
