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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_follow_their_number() {
        assert_eq!(count(1, "host"), "1 host");
        assert_eq!([count(0, "host"), count(2, "batch"), count(3, "canary")], ["0 hosts", "2 batches", "3 canaries"]);
        assert_eq!([and_more(1), and_more(2)], ["", " and 1 more"]);
    }
}
