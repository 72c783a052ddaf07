//! Texts and what Python's `json` with Ansible's decoder makes of them.
#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

fn json(source: &str) -> Result<String, String> {
    let arena = Arena::new();
    let text = Text { text: arena.alloc_str(source), base: Pos(100) };
    parse(&arena, text).map(|value| value.to_json()).map_err(|fault| format!("{}: {}", fault.at.0 - 100, fault.message))
}

#[test]
fn values_print_as_python_prints_them() {
    for (source, printed) in [
        (" [1, -0, 1.0, 1.10, 1e5, 1E400, -0.0] ", "[1,0,1.0,1.1,100000.0,Infinity,-0.0]"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        (r#"{"a":null,"b":[true,false],"c":{}}"#, r#"{"a":null,"b":[true,false],"c":{}}"#),
        (r#""é\u00e9\n\u0001\"\\\/""#, r#""éé\n\u0001\"\\/""#),
        (r#"{"a":1,"b":2,"a":3}"#, r#"{"a":3,"b":2}"#),
        (r#"{"a\t":1}"#, r#"{"a\t":1}"#),
        (r#"[NaN, Infinity, -Infinity, "NaN", "?", "?\"NaN"]"#, r#"[NaN,Infinity,-Infinity,"NaN","?","?\"NaN"]"#),
        (r#"{"__ansible_vault":"x","y":1}"#, r#"{"__ansible_vault":"x"}"#),
        (r#"{"a":{"__ansible_unsafe":"{{ x }}"}}"#, r#"{"a":{"__ansible_unsafe":"{{ x }}"}}"#),
        (r#"{"$serde_json::private::Number":"1"}"#, r#"{"$serde_json::private::Number":"1"}"#),
    ] {
        assert_eq!(json(source).as_deref(), Ok(printed), "{source}");
    }
}

#[test]
fn numbers_keep_their_text() {
    let arena = Arena::new();
    let text = Text { text: "[1.10, 1e5, 007e0]", base: Pos(0) };
    assert!(parse(&arena, text).is_err());
    let text = Text { text: "[1.10, 1e-5, 12]", base: Pos(0) };
    let value = parse(&arena, text).unwrap();
    assert_eq!(value, Value::List(&[Value::Float("1.10"), Value::Float("1e-5"), Value::Int("12")]));
}

#[test]
fn keys_know_their_place() {
    let arena = Arena::new();
    let text = Text { text: "{\n \"a\": {\"b\": 1}}", base: Pos(7) };
    let Value::Map([a]) = parse(&arena, text).unwrap() else { panic!("one key") };
    assert_eq!(a.at, Pos(7 + 4));
    let Value::Map([b]) = a.value else { panic!("one key") };
    assert_eq!(b.at, Pos(7 + 10));
}

#[test]
fn faults_have_a_place() {
    for (source, message) in [
        ("", "0: EOF while parsing a value"),
        ("{\"a\": 1,\n \"b\" 2}", "14: expected `:`"),
        ("[1] x", "4: trailing characters"),
        ("[01]", "2: invalid number"),
        (r#"{"__ansible_vault":1}"#, "20: `__ansible_vault` takes a string, not a number"),
        (r#"{"__ansible_type":1}"#, "19: `__ansible_type` marks a type that an inventory cannot hold"),
    ] {
        assert_eq!(json(source).as_ref().map_err(String::as_str), Err(message), "{source}");
    }
    assert!(json(r#""\ud800""#).is_err());
    assert!(json("[NaN, nan]").is_err());
    assert!(json("NaNNaN").is_err());
}

#[test]
fn data_is_json_first_and_yaml_else() {
    for (source, printed) in [
        ("{\"a\": 1e3}", r#"{"a":1000.0}"#),
        ("{\"a\": 1e3,}", r#"{"a":"1e3"}"#),
        ("a: 010", r#"{"a":8}"#),
        ("\"a\": yes", r#"{"a":true}"#),
        ("{\"a\": {\"__ansible_type\": 1}}", r#"{"a":{"__ansible_type":1}}"#),
    ] {
        let arena = Arena::new();
        let text = Text { text: source, base: Pos(0) };
        assert_eq!(
            parse_data(&arena, text, yaml::MAX_EXPANDED, &mut Vec::new()).unwrap().to_json(),
            printed,
            "{source}"
        );
    }
}

/// Values of all kinds as they are written, simple or not.
fn written() -> impl Strategy<Value = String> {
    let blank = || prop_oneof![4 => Just(""), 1 => Just(" "), 1 => Just("\n\t"), 1 => Just("\r ")];
    let scalar = prop_oneof![
        "\"[a-z_é .,:{}\\[\\]-]{0,12}\"",
        r#""[a-z]{0,9}(\\n|\\u00e9|\\"|\\x|\\ud800|	|
)?[a-z]{0,9}""#,
        "-?[0-9]{1,22}",
        "-?[0-9]{1,3}(\\.[0-9]{0,3})?([eE][+-]?[0-9]{0,2})?",
        Just("true".to_string()),
        Just("false".to_string()),
        Just("null".to_string()),
        Just("NaN".to_string()),
        Just("-Infinity".to_string()),
    ];
    let key = prop_oneof![
        6 => "\"[a-c]{0,2}\"",
        1 => r#""[a-c]\\u006[12]""#,
        1 => Just(r#""__ansible_unsafe""#.to_string()),
        1 => Just(r#""__ansible_vault""#.to_string()),
        1 => Just(r#""__ansible_type""#.to_string()),
        1 => Just(r#""$serde_json::private::Number""#.to_string()),
    ];
    scalar.prop_recursive(5, 60, 12, move |inner| {
        let entry = (blank(), key.clone(), blank(), inner.clone())
            .prop_map(|(a, key, b, value)| format!("{a}{key}{b}:{b}{value}{a}"));
        let item = (blank(), inner, blank()).prop_map(|(a, value, b)| format!("{a}{value}{b}"));
        prop_oneof![
            prop::collection::vec(item, 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(entry, 0..12).prop_map(|entries| format!("{{{}}}", entries.join(","))),
        ]
    })
}

fn short_way_is_right(source: &str) -> Result<(), TestCaseError> {
    let arena = Arena::new();
    let text = Text { text: source, base: Pos(100) };
    if let Some(value) = plain::read(&arena, text) {
        // Places, too, which `==` leaves out.
        let said = |value: Result<Value<'_>, String>| format!("{value:?}");
        prop_assert_eq!(said(Ok(value)), said(parse_by_serde(&arena, text).map_err(|fault| fault.message)));
    }
    Ok(())
}

proptest! {
    #[test]
    fn the_short_way_reads_what_serde_json_reads(source in written()) {
        short_way_is_right(&source)?;
    }

    #[test]
    fn the_short_way_takes_nothing_that_serde_json_refuses(source in written(), at in any::<prop::sample::Index>(), cut in 0_usize..3, put in r#"[\[\]{}",:.0-9eE+ \n\\tn/-]{0,2}"#) {
        let mut characters: Vec<char> = source.chars().collect();
        let start = at.index(characters.len() + 1);
        let end = (start + cut).min(characters.len());
        characters.splice(start..end, put.chars());
        short_way_is_right(&characters.into_iter().collect::<String>())?;
    }
}

#[test]
fn the_short_way_takes_what_scripts_print_and_nothing_deep() {
    let arena = Arena::new();
    let is_taken = |text: &str| plain::read(&arena, Text { text, base: Pos(0) }).is_some();
    assert!(is_taken(
        "{\"_meta\": {\"hostvars\": {\"é\": {\"a\": 1, \"b\": -2.50, \"c\": [true, null, \"x y\"]}}},\n \"web\": []}\n"
    ));
    for text in ["", "{", "[1,]", "[01]", "[-0]", "[1e5]", "[\"\\n\"]", "[\"\t\"]", "[1] x", "{\"a\" 1}", "{a: 1}"] {
        assert!(!is_taken(text), "{text}");
    }
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(is_taken(&nested(100)));
    assert!(!is_taken(&nested(101)));
    assert!(parse(&arena, Text { text: &nested(127), base: Pos(0) }).is_ok());
}
