//! Eight bytes of a text at once, as one number: most names and values are so short that starting anything wider costs more.
//!
//! A test of a word gives a mark, the high bit, for each byte of some kind. The lowest mark is always right; above a right one there may be
//! wrong ones, since subtracting borrows.

/// 1 in each byte.
const ONES: u64 = 0x0101_0101_0101_0101;
/// The mark of each byte.
const MARKS: u64 = 0x8080_8080_8080_8080;

/// A word of one byte eight times.
const fn each(byte: u8) -> u64 {
    ONES * byte as u64
}

/// Marks the bytes below a limit, which is at most 128.
pub(crate) const fn below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(each(limit)) & !word & MARKS
}

/// Marks the bytes that are this one.
pub(crate) const fn equal(word: u64, byte: u8) -> u64 {
    below(word ^ each(byte), 1)
}

/// Marks what cannot stand for itself in a string of JSON: quotes, backslashes and control characters.
pub(crate) const fn special_in_json(word: u64) -> u64 {
    let below_space = word.wrapping_sub(each(b' '));
    let quote = (word ^ each(b'"')).wrapping_sub(ONES);
    let backslash = (word ^ each(b'\\')).wrapping_sub(ONES);
    (below_space | quote | backslash) & !word & MARKS
}

/// Marks the bytes of ASCII from one to another, both below 127, without a wrong mark; the word has nothing but ASCII.
pub(crate) const fn within(word: u64, first: u8, last: u8) -> u64 {
    word.wrapping_add(each(0x80 - first)) & !word.wrapping_add(each(0x7f - last)) & MARKS
}

/// The letters of ASCII as small ones; other bytes become one of the same half of ASCII that is no letter.
pub(crate) const fn lowercase(word: u64) -> u64 {
    word | each(0x20)
}

/// Marks the bytes without a mark.
pub(crate) const fn others(marks: u64) -> u64 {
    !marks & MARKS
}

/// The place of the first byte that a test marks.
#[inline]
pub(crate) fn position(bytes: &[u8], marks: impl Fn(u64) -> u64) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut at = 0;
    for word in words {
        let found = marks(u64::from_le_bytes(*word));
        if found != 0 {
            return Some(at + first(found));
        }
        at += 8;
    }
    if rest.is_empty() {
        return None;
    }
    let word = match bytes.last_chunk::<8>() {
        Some(last) => u64::from_le_bytes(*last) >> (8 * (8 - rest.len())),
        None => short(rest),
    };
    // what is filled up with zeros may be marked, too
    let found = marks(word);
    (found != 0 && first(found) < rest.len()).then(|| at + first(found))
}

/// The place of the lowest mark.
const fn first(marks: u64) -> usize {
    marks.trailing_zeros() as usize / 8
}

/// A word of one to seven bytes, and zeros above them.
fn short(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(low), Some(high)) => {
            u64::from(u32::from_le_bytes(*low)) | u64::from(u32::from_le_bytes(*high)) << (8 * (length - 4))
        }
        _ => {
            let byte = |place: usize| u64::from(bytes[place]) << (8 * place);
            byte(0) | byte(length / 2) | byte(length - 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_byte_of_a_kind_is_found(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'"'), Just(0), Just(0x1f), Just(0x20), Just(0xff)], 0..40)) {
            let marks = |word| below(word, 0x20) | equal(word, b'"') | equal(word, 0xff);
            let expected = bytes.iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | 0xff));
            prop_assert_eq!(position(&bytes, marks), expected);
        }

        #[test]
        fn the_first_byte_that_json_escapes_is_found(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'"'), Just(b'\\'), Just(0x1f), Just(b'a'), Just(0xa2)], 0..40)) {
            let expected = bytes.iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\'));
            prop_assert_eq!(position(&bytes, special_in_json), expected);
        }

        #[test]
        fn a_span_of_ascii_is_told_from_all_else(bytes in prop::collection::vec(0_u8..0x80, 0..40), a in 0_u8..127, b in 0_u8..127) {
            let (low, high) = (a.min(b), a.max(b));
            let inside = |byte: &u8| (low..=high).contains(byte);
            prop_assert_eq!(position(&bytes, |word| within(word, low, high)), bytes.iter().position(inside));
            let outside = position(&bytes, |word| others(within(word, low, high)));
            prop_assert_eq!(outside, bytes.iter().position(|byte| !inside(byte)));
        }
    }
}
