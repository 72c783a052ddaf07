//! Numbers of things in sentences.

/// Returns a number with its noun: `1 host`, `5 hosts`, `2 batches`, `2 canaries`.
pub fn count(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        _ if noun.ends_with("ch") => format!("{number} {noun}es"),
        _ => format!("{number} {noun}s"),
    }
}

/// Returns what follows the first of several: ` and 4 more`, or nothing after the only one.
pub fn and_more(all: usize) -> String {
    if all > 1 { format!(" and {} more", all - 1) } else { String::new() }
}

/// A number for people: four digits that count.
pub fn number(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-4..1e9).contains(&size) {
        return format!("{number:.3e}");
    }
    let whole = if size < 1.0 { 0 } else { size.log10().floor() as usize + 1 };
    let leading = if size > 0.0 && size < 1.0 { (-size.log10()).floor() as usize } else { 0 };
    let text = format!("{number:.*}", 4_usize.saturating_sub(whole) + leading);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_follow_their_number() {
        assert_eq!(count(1, "host"), "1 host");
        assert_eq!([count(0, "host"), count(2, "batch"), count(3, "canary")], ["0 hosts", "2 batches", "3 canaries"]);
        assert_eq!([and_more(1), and_more(2)], ["", " and 1 more"]);
    }

    #[test]
    fn numbers_are_shown_with_four_digits() {
        let all = [0.0, 1.0, 1.25, 0.012_345, 123.456, 12_345.6, 1e12, 1e-9, -0.5].map(number);
        assert_eq!(all, ["0", "1", "1.25", "0.01235", "123.5", "12346", "1.000e12", "1.000e-9", "-0.5"]);
    }
}
