//! The natural order of texts: numbers in them count as numbers, so that 2 comes before 10 and 1.9 before 1.10.

use std::cmp::Ordering;

/// Compares two texts. Digits are compared as whole numbers, whatever zeros lead them, and everything else character by character; texts
/// that are equal so are told apart as they stand.
pub fn compare(left: &str, right: &str) -> Ordering {
    let (mut a, mut b) = (left, right);
    while !a.is_empty() && !b.is_empty() {
        let (first, second) = (part(&mut a), part(&mut b));
        let ordering = match (number(first), number(second)) {
            (Some(first), Some(second)) => first.len().cmp(&second.len()).then_with(|| first.cmp(second)),
            _ => first.cmp(second),
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
    a.len().cmp(&b.len()).then_with(|| left.cmp(right))
}

/// Takes the digits that a text begins with, or its first character.
fn part<'t>(text: &mut &'t str) -> &'t str {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let length = if digits > 0 { digits } else { text.chars().next().map_or(0, char::len_utf8) };
    let (part, rest) = text.split_at(length);
    *text = rest;
    part
}

/// A part of digits without leading zeros.
fn number(part: &str) -> Option<&str> {
    part.starts_with(|c: char| c.is_ascii_digit()).then(|| part.trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_and_versions() {
        let mut texts =
            ["10", "2", "1.10", "1.9", "1.9.1", "web10", "web2", "web02", "", "b", "B", "é", "99999999999999999999999"];
        texts.sort_by(|a, b| compare(a, b));
        assert_eq!(
            texts,
            ["", "1.9", "1.9.1", "1.10", "2", "10", "99999999999999999999999", "B", "b", "web02", "web2", "web10", "é"]
        );
    }

    proptest! {
        #[test]
        fn it_is_an_order(texts in prop::collection::vec("[0-9.a-c]{0,6}", 3)) {
            let [a, b, c] = [&texts[0], &texts[1], &texts[2]];
            prop_assert_eq!(compare(a, b), compare(b, a).reverse());
            prop_assert_eq!(compare(a, b) == Ordering::Equal, a == b);
            if compare(a, b) != Ordering::Greater && compare(b, c) != Ordering::Greater {
                prop_assert!(compare(a, c) != Ordering::Greater);
            }
        }
    }
}
