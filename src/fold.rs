//! Host names folded into ranges, as Ansible writes them: `web[01:12].example.net`.
//!
//! A fold shows a set of hosts: expanding it as Ansible does gives each host back, no more and no fewer. Hosts that
//! differ in one number stand together, numbers ascending, where the first of them stands; so hosts that follow each
//! other keep their order.

use std::hash::{Hash, Hasher};
use std::ops::Range;

use foldhash::HashMap;
use foldhash::fast::RandomState;

/// Digits of the longest number that is folded.
const DIGITS: usize = 18;

/// A host, or a range of hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded {
    /// The name, or the range: `web[1:3]`.
    pub text: String,
    /// The number of hosts that it stands for.
    pub hosts: usize,
}

/// The hosts, folded. No item drops or invents a host.
pub fn fold(hosts: &[&str]) -> Vec<Folded> {
    items(hosts).collect()
}

/// The items of [`fold`], each made when it is asked for.
fn items<'a>(hosts: &[&'a str]) -> impl Iterator<Item = Folded> + use<'a> {
    families(hosts).into_iter().flat_map(Family::fold)
}

/// Sorts the hosts into families: of several numbers, the one varies that most hosts share the rest of the name with; of
/// equals the last.
fn families<'a>(hosts: &[&'a str]) -> Vec<Family<'a>> {
    let mut numbered = Vec::with_capacity(hosts.len());
    let mut shapes: HashMap<Shape<'_>, usize> = HashMap::with_capacity_and_hasher(hosts.len(), RandomState::default());
    let mut shared: Vec<Shared> = Vec::new();
    for (place, host) in hosts.iter().enumerate() {
        for number in numbers(host) {
            let shape = *shapes.entry(Shape::of(host, &number)).or_insert(shared.len());
            if shape == shared.len() {
                shared.push(Shared::default());
            }
            shared[shape].hosts += 1;
            numbered.push((place, number, shape));
        }
    }
    let mut families: Vec<Family<'_>> = Vec::new();
    let mut rest = numbered.as_slice();
    for (place, host) in hosts.iter().enumerate() {
        let (of_host, behind) = rest.split_at(rest.iter().take_while(|(of, ..)| *of == place).count());
        rest = behind;
        let Some((_, number, shape)) = of_host.iter().max_by_key(|(.., shape)| shared[*shape].hosts) else {
            families.push(Family { shape: Shape { before: host, after: "" }, numbers: Vec::new() });
            continue;
        };
        let family = *shared[*shape].family.get_or_insert(families.len());
        if family == families.len() {
            families.push(Family { shape: Shape::of(host, number), numbers: Vec::new() });
        }
        families[family].numbers.push(&host[number.clone()]);
    }
    families
}

/// What is known of a shape.
#[derive(Default)]
struct Shared {
    /// The hosts that have it.
    hosts: usize,
    /// The place of its family, once it has one.
    family: Option<usize>,
}

/// The hosts folded into one text of at most `width` characters; hosts that do not fit are counted: `… and 12 more`.
///
/// The first item is shown whatever its length.
pub fn within(hosts: &[&str], width: usize) -> String {
    let mut text = String::new();
    let mut used = 0;
    let mut left = hosts.len();
    for (i, item) in items(hosts).enumerate() {
        let separator = if i == 0 { "" } else { ", " };
        let length = separator.len() + item.text.chars().count();
        let behind = left - item.hosts;
        let tail = behind.checked_ilog10().map_or(0, |tens| MORE + tens as usize + 1);
        if i > 0 && used + length + tail > width {
            break;
        }
        text.push_str(separator);
        text.push_str(&item.text);
        used += length;
        left = behind;
    }
    if left > 0 {
        text.push_str(&more(left));
    }
    text
}

/// Characters of [`more`] beside its number.
const MORE: usize = ", … and  more".len() + 1 - '…'.len_utf8();

/// What stands for hosts that are not shown.
fn more(hosts: usize) -> String {
    format!(", … and {hosts} more")
}

/// A host's name without one of its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape<'a> {
    before: &'a str,
    after: &'a str,
}

impl Hash for Shape<'_> {
    /// A byte behind each part, as derived, would double the work.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.before.as_bytes());
        state.write(self.after.as_bytes());
    }
}

impl<'a> Shape<'a> {
    fn of(host: &'a str, number: &Range<usize>) -> Self {
        Shape { before: &host[..number.start], after: &host[number.end..] }
    }
}

/// The numbers in a name that a range may stand for: none where a range beside them would mean something else.
fn numbers(host: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = if is_exact(host) { host.as_bytes() } else { b"" };
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + bytes.get(from..)?.iter().position(u8::is_ascii_digit)?;
        let length = bytes[start..].iter().take_while(|b| b.is_ascii_digit()).count();
        from = start + length;
        Some(start..from)
    })
    .filter(|number| number.len() <= DIGITS)
}

/// Whether nothing in a name has a meaning beside a range.
fn is_exact(host: &str) -> bool {
    // all bytes, without a way out: so they are looked at sixteen at a time
    let is_plain =
        host.bytes().fold(true, |plain, byte| plain & !matches!(byte, b'[' | b']' | b':' | b',' | ..=b' ' | 0x80..));
    is_plain
        || !host.contains(|character: char| matches!(character, '[' | ']' | ':' | ',') || character.is_whitespace())
}

/// One host of a [`Family`]: its number.
struct Member<'a> {
    text: &'a str,
    value: u64,
}

impl<'a> Member<'a> {
    /// `text` is at most [`DIGITS`] digits.
    fn new(text: &'a str) -> Self {
        Member { text, value: text.parse().unwrap_or_default() }
    }

    /// Ansible pads numbers to the length of the range's start when that begins with a zero and is longer than one.
    fn is_padded(&self) -> bool {
        self.text.len() > 1 && self.text.starts_with('0')
    }
}

/// Hosts whose names differ in one number only; no numbers: a name without one.
struct Family<'a> {
    shape: Shape<'a>,
    numbers: Vec<&'a str>,
}

impl<'a> Family<'a> {
    /// The ranges, ascending, each made when it is asked for.
    fn fold(self) -> impl Iterator<Item = Folded> + use<'a> {
        let Shape { before, after } = self.shape;
        let alone = self.numbers.is_empty().then(|| Folded { text: format!("{before}{after}"), hosts: 1 });
        let mut members: Vec<Member<'a>> = self.numbers.into_iter().map(Member::new).collect();
        members.sort_by_key(|member| (member.value, member.text.len()));
        let mut from = 0;
        let ranges = std::iter::from_fn(move || {
            let rest = &members[from..];
            let run = &rest[..run_length(rest.first()?, rest)];
            from += run.len();
            let text = match run {
                [first, .., last] => format!("{before}[{}:{}]{after}", first.text, last.text),
                _ => format!("{before}{}{after}", run.first()?.text),
            };
            Some(Folded { text, hosts: run.len() })
        });
        alone.into_iter().chain(ranges)
    }
}

/// How many of `members`, from `first` on, one range gives back to the letter.
fn run_length(first: &Member<'_>, members: &[Member<'_>]) -> usize {
    let fits = |member: &Member<'_>, value: u64| {
        let spelled = if first.is_padded() { member.text.len() == first.text.len() } else { !member.is_padded() };
        spelled && member.value == value
    };
    (first.value..).zip(members).take_while(|(value, member)| fits(member, *value)).count()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn texts(hosts: &[&str]) -> Vec<String> {
        fold(hosts).into_iter().map(|item| item.text).collect()
    }

    /// Expands a range by Ansible's rules.
    fn expand(item: &str) -> Vec<String> {
        let Some((before, rest)) = item.split_once('[') else { return vec![item.to_string()] };
        let (range, after) = rest.split_once(']').unwrap();
        let (begin, end) = range.split_once(':').unwrap();
        let padded = begin.starts_with('0') && begin.len() > 1;
        assert!(!padded || begin.len() == end.len(), "Ansible refuses {item}");
        let width = if padded { begin.len() } else { 0 };
        let (first, last): (u64, u64) = (begin.parse().unwrap(), end.parse().unwrap());
        (first..=last).map(|n| format!("{before}{n:0width$}{after}")).collect()
    }

    #[test]
    fn folds_what_follows() {
        for (hosts, folded) in [
            (vec!["web01.example.net", "web02.example.net", "web03.example.net"], vec!["web[01:03].example.net"]),
            (vec!["web1", "web2", "db1", "web4"], vec!["web[1:2]", "web4", "db1"]),
            (vec!["web8", "web9", "web10", "web11"], vec!["web[8:11]"]),
            (vec!["web08", "web09", "web10"], vec!["web[08:10]"]),
            (vec!["web98", "web99", "web100"], vec!["web[98:100]"]),
            (vec!["web099", "web100", "web1000"], vec!["web[099:100]", "web1000"]),
            (vec!["web09", "web10", "web100"], vec!["web[09:10]", "web100"]),
            (vec!["10.1.1.1", "10.1.1.2", "10.1.2.1"], vec!["10.1.1.[1:2]", "10.1.2.1"]),
            (vec!["r1-web1", "r1-web2", "r2-web1", "r2-web2"], vec!["r1-web[1:2]", "r2-web[1:2]"]),
            (vec!["a-web1", "b-web1", "a-web2", "b-web2"], vec!["a-web[1:2]", "b-web[1:2]"]),
            (vec!["rack1.example.net", "rack2.example.net"], vec!["rack[1:2].example.net"]),
            (vec!["web0", "web1"], vec!["web[0:1]"]),
            (vec!["web", "db"], vec!["web", "db"]),
            (vec!["2001:db8::1", "2001:db8::2"], vec!["2001:db8::1", "2001:db8::2"]),
            (vec![], vec![]),
        ] {
            assert_eq!(texts(&hosts), folded, "{hosts:?}");
        }
    }

    #[test]
    fn a_text_within_a_width_counts_what_it_leaves_out() {
        let hosts = ["web1", "web2", "db1", "cache1", "queue1", "mail1"];
        assert_eq!(within(&hosts, 100), "web[1:2], db1, cache1, queue1, mail1");
        assert_eq!(within(&hosts, 30), "web[1:2], db1, … and 3 more");
        assert_eq!(within(&hosts, 3), "web[1:2], … and 4 more");
        assert_eq!(within(&[], 3), "");
        for left in [1, 9, 10, 99, 100, 12_345] {
            assert_eq!(MORE + left.to_string().len(), more(left).chars().count());
        }
    }

    #[test]
    fn a_name_that_a_range_would_change_stays_as_it_is() {
        for mark in ["[", "]", ":", ",", " ", "\t", "\u{b}", "\u{85}", "\u{a0}", "\u{2028}", "\u{3000}"] {
            let names = [format!("a{mark}1"), format!("a{mark}2")];
            assert_eq!(texts(&[&names[0], &names[1]]), names, "{mark:?}");
        }
        for plain in ["\u{1c}", "\u{7f}", "ä", "_", "-"] {
            let names = [format!("a{plain}1"), format!("a{plain}2")];
            assert_eq!(texts(&[&names[0], &names[1]]), [format!("a{plain}[1:2]")], "{plain:?}");
        }
    }

    fn hosts() -> impl Strategy<Value = Vec<String>> {
        let name =
            prop_oneof!["[ab][0-9]{1,3}", "[ab]-?[0-2]{1,2}[.-]c?[0-9]{1,2}", "[a-c]{1,2}", "[a0-1:\\[\\] ,]{1,4}"];
        prop::collection::vec(name, 0..60).prop_map(|names| {
            let mut seen = std::collections::HashSet::new();
            names.into_iter().filter(|name| seen.insert(name.clone())).collect()
        })
    }

    proptest! {
        #[test]
        fn expanding_gives_the_hosts_back(names in hosts()) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let mut back = Vec::new();
            for item in fold(&names) {
                let expanded = if item.hosts == 1 { vec![item.text] } else { expand(&item.text) };
                prop_assert_eq!(expanded.len(), if expanded.len() == 1 { 1 } else { item.hosts });
                back.extend(expanded);
            }
            let mut sorted = names.clone();
            sorted.sort_unstable();
            back.sort_unstable();
            prop_assert_eq!(back, sorted);
        }

        #[test]
        fn a_text_within_a_width_keeps_to_it(names in hosts(), width in 20usize..120) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let first = fold(&names).first().map_or(0, |item| item.text.len());
            prop_assert!(within(&names, width).chars().count() <= width.max(first + 20));
        }

        #[test]
        fn hosts_that_follow_each_other_keep_their_order(from in 0u64..200, count in 1u64..200) {
            let names: Vec<String> = (from..from + count).map(|n| format!("web{n:03}.example.net")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let back: Vec<String> = fold(&names).iter().flat_map(|item| expand(&item.text)).collect();
            prop_assert_eq!(back, names);
        }
    }
}
