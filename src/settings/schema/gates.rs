//! What a gate looks like.

use serde_json::{Map, Value, json};

use super::{ANY, number_or, text};
use crate::policy::gates::Place;

/// A time in which something happens: not 0.
const TIME: &str =
    r"^\s*(?=[^1-9]*[1-9])(?:[0-9]+(?:ms)?|(?=[0-9])(?:[0-9]+d)?(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+s)?)\s*$";
const SECONDS: &str = r"^\s*(?=[^1-9]*[1-9])(?:[0-9]+|(?=[0-9])(?:[0-9]+d)?(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+s)?)\s*$";
const DELAY: &str = r"^\s*(?:[0-9]+|(?=[0-9])(?:[0-9]+d)?(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+s)?)\s*$";
const NUMBER: &str = r"^\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?\s*$";

/// A list of gates.
pub(super) fn gates() -> Value {
    let gate = json!({ "anyOf": [prometheus(), http(), command()] });
    json!({ "anyOf": [{ "const": "[]" }, { "type": "array", "items": gate }] })
}

fn number() -> Value {
    json!({ "type": ["number", "string"], "pattern": NUMBER })
}

/// A text in which these placeholders may stand, and no other.
fn with_placeholders(place: Place, begins: &str) -> Value {
    let names = place.names().join("|");
    text(&format!(r"^(?=[\s\S]*\S)\s*{begins}(?:(?!\{{\{{)[\s\S]|\{{\{{\s*(?:{names})\s*\}}\}})*$"))
}

/// An address without a password.
const URL: &str = r"https?://(?=[^/?#])(?![^/?#]*@)";

/// The keys of every gate, and of one kind; exactly one kind and at most one token.
fn gate(kind: &str, measured: Value, own: Value, others: Value) -> Map<String, Value> {
    let mut properties = Map::new();
    properties.insert(kind.to_string(), measured);
    properties.insert("name".into(), text(ANY));
    properties.insert("interval".into(), number_or(SECONDS, 1));
    properties.insert("initial_delay".into(), number_or(DELAY, 0));
    properties.insert("failure_limit".into(), number_or(r"^\s*[0-9]+\s*$", 0));
    properties.insert("inconclusive_limit".into(), number_or(r"^\s*[0-9]+\s*$", 0));
    properties.insert("timeout".into(), number_or(TIME, 1));
    if let Value::Object(own) = own {
        properties.extend(own);
    }
    let mut gate = Map::new();
    gate.insert("type".into(), json!("object"));
    gate.insert("properties".into(), Value::Object(properties));
    gate.insert("additionalProperties".into(), json!(false));
    if let Value::Object(others) = others {
        gate.extend(others);
    }
    gate
}

fn token() -> Map<String, Value> {
    let mut token = Map::new();
    token.insert("token_file".into(), text(ANY));
    token.insert("token_variable".into(), text(r"^\s*[A-Za-z_][A-Za-z0-9_]*\s*$"));
    token
}

fn prometheus() -> Value {
    let compare = json!({
        "type": "object", "additionalProperties": false, "required": ["by"],
        "properties": {
            "by": { "enum": ["ratio", "difference"] }, "max": number(), "min": number(),
            "min_samples": number_or(r"^\s*\+?0*[1-9][0-9]*\s*$", 1),
            "significance": { "type": ["number", "string"], "exclusiveMinimum": 0, "exclusiveMaximum": 1, "pattern": NUMBER },
        },
        "anyOf": [{ "required": ["max"] }, { "required": ["min"] }],
    });
    let mut own = token();
    own.insert("server".into(), text(&format!(r"^\s*{URL}")));
    own.insert("max".into(), number());
    own.insert("min".into(), number());
    own.insert("compare".into(), compare);
    let others = json!({
        "required": ["prometheus", "server"],
        "not": { "required": ["token_file", "token_variable"] },
        "oneOf": [
            { "required": ["compare"], "not": { "anyOf": [{ "required": ["max"] }, { "required": ["min"] }] } },
            { "anyOf": [{ "required": ["max"] }, { "required": ["min"] }], "not": { "required": ["compare"] } },
        ],
    });
    Value::Object(gate("prometheus", with_placeholders(Place::Query, ""), Value::Object(own), others))
}

fn http() -> Value {
    let mut own = token();
    own.insert(
        "status".into(),
        json!({ "type": ["integer", "string"], "minimum": 100, "maximum": 599, "pattern": r"^\s*[1-5][0-9][0-9]\s*$" }),
    );
    own.insert("body".into(), text(ANY));
    own.insert("max_time".into(), number_or(TIME, 1));
    let others = json!({ "required": ["http"], "not": { "required": ["token_file", "token_variable"] } });
    Value::Object(gate("http", with_placeholders(Place::Url, URL), Value::Object(own), others))
}

fn command() -> Value {
    let word = with_placeholders(Place::Word, "");
    let rest = json!({ "anyOf": [word, { "const": "" }] });
    let words = json!({ "type": "array", "minItems": 1, "prefixItems": [word], "items": rest });
    Value::Object(gate("command", words, json!({}), json!({ "required": ["command"] })))
}
