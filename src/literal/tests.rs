//! Texts and what Python 3.11 makes of them.
#![allow(clippy::unwrap_used)]

use super::*;

/// The value as JSON, `text`, or the error after `!`.
fn literal(text: &str) -> String {
    match eval(&Arena::new(), text) {
        Literal::Value(value) => value.to_json(),
        Literal::Text => "text".to_string(),
        Literal::Error(message) => format!("!{message}"),
    }
}

#[track_caller]
fn reads(cases: &[(&str, &str)]) {
    for (text, printed) in cases {
        assert_eq!(literal(text), *printed, "{text:?}");
    }
}

#[track_caller]
fn stay_text(cases: &[&str]) {
    for text in cases {
        assert_eq!(literal(text), "text", "{text:?}");
    }
}

#[test]
fn numbers_are_pythons() {
    reads(&[
        ("1", "1"),
        (" \t1 ", "1"),
        ("-1", "-1"),
        ("+1", "1"),
        ("- 1", "-1"),
        ("-(1)", "-1"),
        ("-0", "0"),
        ("00", "0"),
        ("0_0", "0"),
        ("1_000", "1000"),
        ("0x_1F", "31"),
        ("0O17", "15"),
        ("0b1", "1"),
        ("20240101", "20240101"),
        ("1.0", "1.0"),
        ("1.20", "1.2"),
        (".5", "0.5"),
        ("1.", "1.0"),
        ("1.e3", "1000.0"),
        ("1e5", "100000.0"),
        ("1_0.0_1e1_0", "100100000000.0"),
        ("09.5", "9.5"),
        ("1e999", "Infinity"),
        ("-0.0", "-0.0"),
        ("1 # x", "1"),
    ]);
    stay_text(&[
        "",
        "0777",
        "007",
        "08",
        "1__0",
        "1_",
        "_1",
        "0_7",
        "0x",
        "0b2",
        "1e",
        "1._5",
        "1.2.3",
        "10.0.0.1",
        "1l",
        "1if",
        "--1",
        "~1",
        "5+3",
        "1;2",
        "12:30",
        "2020-01-01",
        "1\u{660}",
        "\u{661}",
        "0xg",
        "1 2",
        "1é",
    ]);
    assert_eq!(literal(&"9".repeat(4301)), "text");
}

#[test]
fn complex_numbers_turn_back_into_strings() {
    reads(&[
        ("1j", r#""1j""#),
        ("-2j", r#""(-0-2j)""#),
        ("1+2j", r#""(1+2j)""#),
        ("-1.5-2j", r#""(-1.5-2j)""#),
        ("(1)+(1e16j)", r#""(1+1e+16j)""#),
        ("-0+1j", r#""1j""#),
        ("-0.0-0j", r#""(-0+0j)""#),
        ("1e400j", r#""infj""#),
        ("...", r#""...""#),
        ("[...]", r#"["..."]"#),
    ]);
    stay_text(&["1j+2j", "1+-2j", "1j+1", "1+2j+3j", "-(1+2j)", "Ellipsis"]);
}

#[test]
fn words_are_three() {
    reads(&[("True", "true"), ("False", "false"), ("None", "null"), ("True,False", "[true,false]")]);
    stay_text(&[
        "true", "TRUE", "yes", "null", "Truely", "True.x", "nan", "inf", "set", "setup", "foo", "é", "-True",
        "not True",
    ]);
}

#[test]
fn strings_have_prefixes_and_escapes() {
    reads(&[
        ("''", r#""""#),
        ("'a' \"b\"", r#""ab""#),
        ("u'x'", r#""x""#),
        (r"r'\d'", r#""\\d""#),
        (r"'\n\t\x41\u00e9\U0001F600\101\0'", r#""\n\tAé😀A\u0000""#),
        (r"'\d\8'", r#""\\d\\8""#),
        (r"'\''", r#""'""#),
        ("'''it's'''", r#""it's""#),
        ("''''a'''", r#""'a""#),
        ("'x' # y", r#""x""#),
        ("('a' 'b')", r#""ab""#),
        ("b'a' rb'\\x'", r#"{"__ansible_unsafe":"a\\x"}"#),
        (r"b'\xc3\xa9\u'", r#"{"__ansible_unsafe":"é\\u"}"#),
        (r"'\N{BULLET}'", r"!`\N{…}` is not supported: write the character itself"),
        (r"'\ud800'", "!half of a surrogate pair is not a character"),
        (r"b'\xff'", "!bytes that are not UTF-8 cannot be a value"),
    ]);
    stay_text(&[
        "'a",
        "'a\\",
        r"r'\'",
        "'a' b'b'",
        "f'x'",
        "ur'x'",
        "'a' + 'b'",
        "'a'*2",
        "'a';",
        "'a'b",
        "b'é'",
        r"'\x4'",
        r"'\u12'",
        r"'\U00110000'",
        r"'\N'",
        "'''a''",
        "it's",
    ]);
}

#[test]
fn collections_nest() {
    reads(&[
        ("[1, [2, (3, {4})],]", "[1,[2,[3,[4]]]]"),
        ("()", "[]"),
        ("(1,)", "[1]"),
        ("(1)", "1"),
        ("1,2", "[1,2]"),
        ("1,", "[1]"),
        ("{}", "{}"),
        ("{'a': {'b': [1]}, 2: 3, None: 4, 1.5: 5, True: 6}", r#"{"a":{"b":[1]},"2":3,"null":4,"1.5":5,"true":6}"#),
        ("{'a': 1, 'b': 2, 'a': 3}", r#"{"a":3,"b":2}"#),
        ("{1: 'a', True: 'b', 1.0: 'c'}", r#"{"1":"c"}"#),
        ("{1, 1.0, (1, 2), (1, 2), 'a'}", r#"[1,[1,2],"a"]"#),
        ("set()", "[]"),
        ("[set( )]", "[[]]"),
    ]);
    stay_text(&[
        "[,]", "[1,,2]", "(,)", "{,}", "{1:2, 3}", "{1, 2:3}", "[1", "(1 #)", "[*x]", "{**x}", "{*()}", "[1)",
        "set(1)", "{}{}",
    ]);
}

#[test]
fn the_first_failure_counts() {
    let template = "!python reads `{{ }}` here as a set in a set, which is an error: put the template in quotes";
    let key = "!python cannot make a list a key or put it into a set: put the value in quotes";
    reads(&[
        ("{{ 1 }}", template),
        ("{{ 'a' }}", template),
        ("[{{ 1 }}, foo.bar]", template),
        ("{[1]: 2}", key),
        ("{(1, [2])}", key),
        ("{[1]}", key),
        ("{[1], foo}", key),
        ("{(1, 2): 3}", "!a tuple cannot be a key"),
        ("{1j: 2}", "!a complex number cannot be a key"),
        ("{b'a': 1}", "!bytes cannot be a key"),
    ]);
    stay_text(&[
        "{{ foo }}",
        "{{foo}}",
        "{foo, [1]}",
        "{{ 1 }} x",
        "{{ 1 }}-{{ 2 }}",
        "-{{ 1 }}",
        "{{ 1 }}.x",
        "{{ x | default(1) }}",
    ]);
}

#[test]
fn brackets_nest_to_200() {
    for (open, close) in [("(", ")"), ("[", "]"), ("{1: ", "}")] {
        let nested = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
        assert_ne!(literal(&nested(200)), "text");
        assert_eq!(literal(&nested(201)), "text");
    }
    assert_eq!(literal(&"-".repeat(100_000)), "text");
    assert_eq!(literal(&"[".repeat(100_000)), "text");
}

#[test]
fn common_values_take_no_memory() {
    let arena = Arena::new();
    for text in ["web", "10.0.0.1", "8080", "/etc/x", "1.2.3", "True", "'x'", "-1", "1.5", "2020-01-01"] {
        eval(&arena, text);
    }
    assert_eq!(arena.allocated_bytes(), 0);
}
