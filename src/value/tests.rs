//! Numbers, dates and strings against what Python prints and PyYAML reads back.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::text::{Arena, Text};

#[test]
fn a_value_is_small() {
    assert_eq!(size_of::<Value<'_>>(), 24);
}

#[test]
fn integers_of_every_notation_are_decimal() {
    for (text, decimal) in [
        ("0", "0"),
        ("-0", "0"),
        ("+1", "1"),
        ("00", "0"),
        ("0_0", "0"),
        ("010", "8"),
        ("-010", "-8"),
        ("0x1F", "31"),
        ("0X_1f", "31"),
        ("0o17", "15"),
        ("-0b101", "-5"),
        ("1_000", "1000"),
        ("12:30", "750"),
        ("-1:30", "-90"),
        ("190:20:30", "685230"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("0xFFFFFFFFFFFFFFFFFFFFFFFF", "79228162514264337593543950335"),
        ("1000000000000000000000:00", "60000000000000000000000"),
    ] {
        assert_eq!(number::decimal(text), decimal, "{text}");
    }
}

#[test]
fn integers_have_a_longest() {
    assert!(!number::is_too_long(&"9".repeat(4300)));
    assert!(number::is_too_long(&"9".repeat(4301)));
    assert!(!number::is_too_long(&format!("0x{}", "f".repeat(3571))));
    assert!(number::is_too_long(&format!("0x{}", "f".repeat(3572))));
    assert!(number::is_too_long(&format!("0x{}", "f".repeat(1_000_000))));
    assert!(!number::is_too_long(&format!("1{}", ":0".repeat(2418))));
    assert!(number::is_too_long(&format!("1{}", ":0".repeat(2419))));
}

#[test]
fn floats_print_as_in_python() {
    for (text, repr) in [
        ("1.0", "1.0"),
        ("1.10", "1.1"),
        (".5", "0.5"),
        ("1.", "1.0"),
        ("-0.0", "-0.0"),
        ("1e5", "100000.0"),
        ("1e15", "1000000000000000.0"),
        ("1e16", "1e+16"),
        ("123456789012345680.0", "1.2345678901234568e+17"),
        ("0.0001", "0.0001"),
        ("0.00001", "1e-05"),
        ("1.5e300", "1.5e+300"),
        ("5e-324", "5e-324"),
        ("1e999", "Infinity"),
        ("-.inf", "-Infinity"),
        ("+.INF", "Infinity"),
        (".NaN", "NaN"),
        ("1_000.5", "1000.5"),
        ("1:30.5", "90.5"),
        ("-1:30.", "-90.0"),
    ] {
        assert_eq!(number::float_repr(number::float(text)), repr, "{text}");
    }
}

#[test]
fn dates_print_in_iso_form() {
    for (text, iso) in [
        ("2020-01-01", "2020-01-01"),
        ("2001-12-15 2:59:43.10", "2001-12-15T02:59:43.100000"),
        ("2001-12-14T21:59:43Z", "2001-12-14T21:59:43+00:00"),
        ("2001-12-14t21:59:43.1234567-5", "2001-12-14T21:59:43.123456-05:00"),
        ("2001-1-2 \t3:04:05. +05:30", "2001-01-02T03:04:05+05:30"),
        ("2001-01-02T03:04:05-00:30", "2001-01-02T03:04:05-00:30"),
    ] {
        assert!(Timestamp::is_implicit(text), "{text}");
        assert_eq!(Value::Date(text).to_json(), format!("\"{iso}\""), "{text}");
    }
    for text in ["2001-1-2", "2001-01-02T03:04", "2001-01-02 ", "2001-01-02T03:04:05 ", "2001-01-02T03:04:05+1:2"] {
        assert!(!Timestamp::is_implicit(text), "{text}");
    }
}

#[test]
fn days_that_do_not_exist_are_found() {
    for text in ["2001-02-29", "1900-02-29", "2001-13-01", "2001-04-31", "0000-01-01", "2001-01-00"] {
        assert!(Timestamp::parse(text).unwrap().fault().is_some(), "{text}");
    }
    for text in ["2001-01-01 24:00:00", "2001-01-01 00:00:60", "2001-01-01 00:00:00+24:00"] {
        assert!(Timestamp::parse(text).unwrap().fault().is_some(), "{text}");
    }
    for text in ["2000-02-29", "2004-02-29", "9999-12-31 23:59:59-23:59"] {
        assert_eq!(Timestamp::parse(text).unwrap().fault(), None, "{text}");
    }
}

#[test]
fn truth_is_pythons() {
    for value in
        [Value::Null, Value::Int("0x0"), Value::Float("-0.0"), Value::Str(""), Value::List(&[]), Value::Map(&[])]
    {
        assert!(!value.is_truthy(), "{value:?}");
    }
    for value in [Value::Int("-1"), Value::Float(".nan"), Value::Str("0"), Value::Date("2001-01-01"), Value::Vault("x")]
    {
        assert!(value.is_truthy(), "{value:?}");
    }
}

#[test]
fn keys_print_as_strings() {
    let entry = |key, kind| Entry { key, kind, at: Pos::default(), value: Value::Null };
    let entries = [
        entry("a\"", KeyKind::Str),
        entry("yes", KeyKind::Bool(true)),
        entry("010", KeyKind::Int),
        entry("1.50", KeyKind::Float),
        entry(".nan", KeyKind::Float),
        entry("null", KeyKind::Null),
    ];
    assert_eq!(
        Value::Map(&entries).to_json(),
        r#"{"a\"":null,"true":null,"8":null,"1.5":null,"NaN":null,"null":null}"#
    );
}

#[test]
fn unique_keys_keep_the_first_place_and_the_last_value() {
    for padding in [0, 20] {
        let names: Vec<String> = (0..padding).map(|i| format!("k{i}")).collect();
        let entry = |key, kind, at, value| Entry { key, kind, at: Pos(at), value };
        let mut entries = vec![entry("before", KeyKind::Str, 0, Value::Null)];
        entries.push(entry("1", KeyKind::Int, 1, Value::Str("a")));
        entries.push(entry("1", KeyKind::Str, 2, Value::Str("b")));
        entries.extend(names.iter().map(|name| entry(name, KeyKind::Str, 3, Value::Null)));
        entries.push(entry("yes", KeyKind::Bool(true), 4, Value::Str("c")));
        entries.push(entry("1.0", KeyKind::Float, 5, Value::Str("d")));
        entries.push(entry("before", KeyKind::Str, 6, Value::Null));
        let mut repeated = Vec::new();
        keys::unique(&mut entries, 1, |first, entry| repeated.push((first, entry.at.0)));
        assert_eq!(repeated, [(0, 4), (0, 5)]);
        assert_eq!(entries.len(), 4 + padding);
        assert_eq!((entries[1].key, entries[1].kind, entries[1].value), ("1", KeyKind::Int, Value::Str("d")));
        assert_eq!(entries[2].value, Value::Str("b"));
    }
}

#[test]
fn strings_escape_what_json_wants_only() {
    let mut out = Vec::new();
    write_json_string("a\"\\/\n\u{1}\u{7f}é\u{2028}", &mut out);
    assert_eq!(String::from_utf8(out).unwrap(), "\"a\\\"\\\\/\\n\\u0001\u{7f}é\u{2028}\"");
}

/// Writes, reads again and compares; the writing itself is compared, too, where it is given.
fn round_trip(value: Value<'_>) -> String {
    let written = value.to_yaml();
    let arena = Arena::new();
    let text = Text { text: arena.alloc_str(&written), base: Pos(0) };
    let read = crate::yaml::parse(&arena, text, &mut Vec::new()).unwrap();
    assert_eq!(read.to_json(), value.to_json(), "{written}");
    written
}

#[test]
fn hostile_strings_survive_yaml() {
    let long = "é".repeat(700);
    let strings = [
        "",
        " ",
        " a",
        "a ",
        "-",
        "- ",
        "#",
        "a #b",
        "a: b",
        "a:",
        ":a",
        "yes",
        "No",
        "ON",
        "y",
        "n",
        "~",
        "null",
        "Null",
        "1:30",
        "1_000",
        "010",
        "0o17",
        "0x1F",
        "0b1",
        "1e3",
        "1.0",
        ".5",
        "+1",
        "-1",
        "inf",
        ".inf",
        "nan",
        "2001-01-01",
        "2001-02-30",
        "=",
        "<<",
        "{{ x }}",
        "{a}",
        "[a]",
        "!x",
        "&x",
        "*x",
        "|",
        ">",
        "%x",
        "@x",
        "`x",
        "?",
        "? x",
        ",",
        "---",
        "...",
        "'x'",
        "\"x\"",
        "\\",
        "a\nb",
        "\n",
        "\t",
        "\r\n",
        "\0",
        "\u{7}",
        "\u{7f}",
        "\u{85}",
        "\u{a0}",
        "\u{2028}",
        "\u{2029}",
        "\u{feff}",
        "\u{fffe}",
        "\u{ffff}",
        "é",
        "😀",
        "\u{10ffff}",
        &long,
        "1.0.0",
        "web-1",
        "/etc/x",
    ];
    for string in strings {
        round_trip(Value::Str(string));
        let entry = Entry { key: string, kind: KeyKind::Str, at: Pos(0), value: Value::List(&[Value::Null]) };
        round_trip(Value::List(&[Value::Map(&[entry]), Value::Str(string)]));
        round_trip(Value::Vault(&format!("$ANSIBLE_VAULT{string}")));
    }
    assert_eq!(Value::Str("web-1 a/b_c.d").to_yaml(), "web-1 a/b_c.d\n");
    assert_eq!(Value::Str("1.0.0").to_yaml(), "1.0.0\n");
    assert_eq!(Value::Str("1e3").to_yaml(), "\"1e3\"\n");
}

#[test]
fn scalars_survive_yaml() {
    let scalars = [
        (Value::Null, "null"),
        (Value::Bool(true, "yes"), "true"),
        (Value::Int("12:30"), "750"),
        (Value::Float("1e16"), "1.0e+16"),
        (Value::Float("1.5e-7"), "1.5e-07"),
        (Value::Float("-.inf"), "-.inf"),
        (Value::Float("NaN"), ".nan"),
        (Value::Date("2001-12-15 2:59:43.10"), "2001-12-15T02:59:43.100000"),
        (Value::Vault("$ANSIBLE_VAULT;1.1\n62\n"), "!vault |\n  $ANSIBLE_VAULT;1.1\n  62"),
        (Value::Vault("x"), "!vault |-\n  x"),
        (Value::Unsafe("{{ x }}"), "!unsafe \"{{ x }}\""),
        (Value::List(&[]), "[]"),
        (Value::Map(&[]), "{}"),
    ];
    for (value, written) in scalars {
        assert_eq!(round_trip(value), format!("{written}\n"));
    }
    // Under `!unsafe` Ansible would type it, and it is not a template anyway.
    assert_eq!(Value::Unsafe("12").to_yaml(), "\"12\"\n");
}

#[test]
fn blocks_are_indented_by_two() {
    let entry = |key, value| Entry { key, kind: KeyKind::Str, at: Pos(0), value };
    let inner =
        [entry("b", Value::Int("1")), entry("c", Value::List(&[Value::Int("2"), Value::List(&[Value::Int("3")])]))];
    let items = [Value::Map(&inner), Value::Vault("x\n"), Value::List(&[])];
    let outer = [entry("a", Value::List(&items)), entry("d", Value::Map(&inner))];
    assert_eq!(
        round_trip(Value::Map(&outer)),
        "a:\n  - b: 1\n    c:\n      - 2\n      - - 3\n  - !vault |\n    x\n  - []\nd:\n  b: 1\n  c:\n    - 2\n    - - 3\n"
    );
}
