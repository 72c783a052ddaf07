//! Texts and what Python's `json` with Ansible's decoder makes of them.
#![allow(clippy::unwrap_used)]

use super::*;

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
