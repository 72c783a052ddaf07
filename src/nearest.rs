//! Which known name a mistyped one is most likely meant to be.

/// The longest name that is compared, in bytes: comparing takes the product of both lengths.
const LONGEST: usize = 100;
/// How alike two names must be, from 0 to 1.
const ALIKE: f64 = 0.8;

/// The name that is nearest to `wanted`, if one is near: names that differ in zeros before a number first, for then
/// `web-a7` is `web-a07` and not `web-a27`; then by beginning and end alike.
pub fn name<'n>(wanted: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let (wanted_number, wanted_back) = (without_zeros(wanted), reversed(wanted));
    let score = |name: &str| {
        let same_number = without_zeros(name) == wanted_number;
        let front = strsim::jaro_winkler(name, wanted);
        let back = strsim::jaro_winkler(&reversed(name), &wanted_back);
        if same_number { 1.0 } else { f64::midpoint(front, back) }
    };
    short(wanted)?;
    let scored = known.filter_map(short).map(|name| (score(name), name));
    // The first of those that are equally near.
    let near = scored.reduce(|best, next| if next.0 > best.0 { next } else { best });
    near.filter(|(score, _)| *score > ALIKE).map(|(_, name)| name)
}

/// The word that is nearest to `wanted` by letters to change, if no more than half of them are.
pub fn word(wanted: &str, known: impl Iterator<Item = String>) -> Option<String> {
    short(wanted)?;
    let (distance, near) = known.map(|known| (strsim::osa_distance(wanted, &known), known)).min()?;
    let length = wanted.chars().count().max(near.chars().count());
    (distance * 2 <= length).then_some(near)
}

fn short(name: &str) -> Option<&str> {
    Some(name).filter(|name| name.len() <= LONGEST)
}

fn reversed(name: &str) -> String {
    name.chars().rev().collect()
}

/// A name with the zeros before its numbers left out.
fn without_zeros(name: &str) -> String {
    let mut short = String::with_capacity(name.len());
    let mut rest = name.chars().peekable();
    let mut in_number = false;
    while let Some(c) = rest.next() {
        let leads = c == '0' && !in_number && rest.peek().is_some_and(char::is_ascii_digit);
        if !leads {
            in_number = c.is_ascii_digit();
            short.push(c);
        }
    }
    short
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_end_of_a_name_counts_as_much_as_its_beginning() {
        let hosts = ["web-a27", "web-a17", "web-a07", "web-b7", "db-a7"];
        let near = |wanted| name(wanted, hosts.into_iter());
        assert_eq!(near("web-a7"), Some("web-a07"));
        assert_eq!(near("web-a007"), Some("web-a07"));
        assert_eq!(near("web-a127"), Some("web-a27"));
        assert_eq!(near("wen-b7"), Some("web-b7"));
        assert_eq!(near("mail"), None);
        assert_eq!(name("web-a0", ["web-a10", "web-a00"].into_iter()), Some("web-a00"));
    }

    #[test]
    fn what_is_long_is_not_compared() {
        let long = "x".repeat(1_000_000);
        assert_eq!(name(&long, ["x"].into_iter()), None);
        assert_eq!(name("x", [long.as_str()].into_iter()), None);
        assert_eq!(word(&long, ["x".to_string()].into_iter()), None);
        assert_eq!(word("bacth_size", ["batch_size".to_string()].into_iter()).unwrap(), "batch_size");
    }
}
