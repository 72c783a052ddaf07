//! The JSON Schema of `regal.yml`, for editors: made of the table of keys and the forms of their values.
//!
//! It takes what [`read`](super::read) takes from a file. Where the two differ, it is by what a schema cannot say: that
//! `rest` comes last, that items between commas differ, that a word has blanks around it.

mod gates;

use serde_json::{Map, Value, json};

use super::draft::Setting;
use super::forms::{
    ANY, DAY_TIME, DOMAIN_ORDERS, ENGINES, Empty, Form, LABEL, LABELS, MOMENT, ONE_STAR, PATTERNS, PLAIN, PLUGINS,
    SEED, SPELLINGS, VAULT_ID, VAULTS, below, word_list, words,
};
use super::keys::{self, Id, KEYS, Key};
use super::layer::Scope;
use super::policy_keys;
use crate::policy::{PercentOf, SharedHosts, drift};
use crate::source::salt::Part;
#[cfg(test)]
mod tests;

/// A percent above 0 % and up to 100 %, or from 0 %, with blanks around it: what `Amount` reads.
const PERCENT: &str = r"(?:100(?:\.0{1,6})?|[1-9]?[0-9](?:\.[0-9]{1,6})?)";

/// The schema, draft 2020-12.
pub fn schema() -> Value {
    let mut definitions = Map::new();
    for key in KEYS {
        for name in key.names() {
            if name == key.name || form(key, name) != form(key, key.name) {
                definitions.insert(name.to_string(), definition(key, name));
            }
        }
    }
    for (name, keys) in [("own_keys", Scope::Version), ("overriding_keys", Scope::Override), ("stage", Scope::Stage)] {
        definitions.insert(name.to_string(), object(keys));
    }
    let mut schema = object(Scope::Top);
    let title = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "regal.yml",
        "description": "What regal-inventory plans a rollout by",
    });
    if let (Value::Object(schema), Value::Object(mut whole)) = (&mut schema, title) {
        whole.append(schema);
        whole.insert("$defs".to_string(), Value::Object(definitions));
        *schema = whole;
    }
    schema
}

/// A key's value with what it is for.
fn definition(key: &Key, name: &str) -> Value {
    let mut value = of_form(&form(key, name), key);
    if let Value::Object(value) = &mut value {
        let mut described = Map::new();
        let default = key.default.map(|default| format!(" (default: {default})")).unwrap_or_default();
        let text = format!("{}{default}\n\nAllowed: {}", key.doc, key.allowed);
        described.insert("description".to_string(), Value::String(text));
        described.append(value);
        *value = described;
    }
    value
}

/// A mapping of the keys that may stand in it.
fn object(scope: Scope) -> Value {
    let keys = || KEYS.iter().filter(|key| scope.allows(key) && !key.name.contains('.'));
    let mut properties = Map::new();
    for (key, name) in keys().flat_map(|key| key.names().map(move |name| (key, name))) {
        let stands_for_itself = name == key.name || form(key, name) != form(key, key.name);
        properties.insert(name.to_string(), reference(if stands_for_itself { name } else { key.name }));
    }
    let mut object = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    match scope {
        Scope::Version => object["required"] = json!(["hosts"]),
        Scope::Stage => of_stage(&mut object),
        Scope::Top | Scope::Override => {}
    }
    object["allOf"] = exclusive(keys().flat_map(|key| key.names().map(move |name| (key, name))).collect());
    object
}

/// Adds the keys that only a stage has.
fn of_stage(object: &mut Value) {
    let hosts = json!({ "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": list(ANY, Empty::Refused) });
    let values = json!({ "anyOf": [{ "enum": word_list(DOMAIN_ORDERS) }, { "type": "array", "items": text(ANY), "minItems": 1, "uniqueItems": true }] });
    let own = [
        ("name", json!({ "type": ["string", "number", "boolean"], "minimum": 0, "pattern": PLAIN })),
        ("hosts", json!({ "anyOf": [list(PATTERNS, Empty::Refused), hosts] })),
        ("by", text(LABELS)),
        ("values", values),
        ("of", json!({ "enum": word_list(PercentOf::WORDS) })),
    ];
    own.into_iter().for_each(|(key, value)| object["properties"][key] = value);
    object["oneOf"] = json!([{ "required": ["by"], "not": { "anyOf": [{ "required": ["name"] }, { "required": ["hosts"] }] } }, { "required": ["name", "hosts"], "not": { "anyOf": [{ "required": ["by"] }, { "required": ["values"] }] } }]);
}

/// That no two names of one setting stand beside each other.
fn exclusive(names: Vec<(&Key, &str)>) -> Value {
    let mut pairs = Vec::new();
    for (i, (key, name)) in names.iter().enumerate() {
        let same = |other: &&(&Key, &str)| Setting::of(other.0.id) == Setting::of(key.id);
        let after = names.iter().skip(i + 1).filter(same);
        pairs.extend(after.map(|(_, other)| json!({ "not": { "required": [name, other] } })));
    }
    Value::Array(pairs)
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// Words that a value of a key may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// The words, or beginnings of values that end with a colon.
    pub words: Vec<&'static str>,
    /// Whether one text is one of them and nothing else.
    pub closed: bool,
}

/// Returns the words that the text of an option may be, for help and completions.
pub fn words_of(key: &Key) -> Words {
    let (words, closed) = match form(key, key.name) {
        Form::Words(words) => (words, true),
        Form::Boolean => (vec!["true", "false"], true),
        Form::WordOrList(words) => (words, false),
        Form::Sizes => (vec!["rest"], false),
        Form::Group => return keys::single(key.id).and_then(keys::by_id).map(words_of).unwrap_or_default(),
        Form::OneOf => (vec!["var:", "group:", "template:", "grain:", "pillar:", "nodegroup:"], false),
        _ => (Vec::new(), false),
    };
    Words { words, closed }
}

/// The form of a key under one of its names.
fn form(key: &Key, name: &str) -> Form {
    match key.id {
        Id::Policy(policy) => policy_keys::form(policy, key.meaning(name)),
        Id::Plugin => words(PLUGINS),
        Id::Inventory => Form::Sources,
        Id::Versions => Form::Versions,
        Id::VersionFrom => Form::OneOf,
        Id::VersionVar | Id::VersionTemplate | Id::VersionGrain | Id::VersionPillar => Form::Text,
        Id::VersionGroup | Id::VersionNodegroup => Form::OneStar,
        Id::Hosts | Id::Limit => Form::List(PATTERNS, Empty::Refused),
        Id::Canary | Id::Spread | Id::Last | Id::Order | Id::Assignment | Id::Cache | Id::Drift => Form::Group,
        Id::CacheTtl | Id::SourceTimeout => Form::Duration,
        Id::AnsibleInventory | Id::VaultPasswordFile => Form::Text,
        Id::MaxRangeHosts | Id::MaxYamlValues | Id::MaxSourceBytes => Form::Count,
        Id::Overrides => Form::Overrides,
        Id::Priority => Form::List(ANY, Empty::Refused),
        Id::SharedHosts => words(SharedHosts::WORDS),
        Id::Name => Form::Plain,
        Id::GroupNames => words(SPELLINGS),
        Id::GroupsOnly | Id::UseAnsibleCfg => Form::Boolean,
        Id::Engine => words(ENGINES),
        Id::VaultIds => Form::List(VAULT_ID, Empty::Refused),
        Id::Vault => words(VAULTS),
        Id::DriftMode => words(drift::Mode::WORDS),
        Id::DriftRemoved => words(drift::Removed::WORDS),
        Id::DriftAdded => words(drift::Added::WORDS),
        Id::DriftChanged => words(drift::Changed::WORDS),
    }
}

/// What a value of this form looks like.
fn of_form(form: &Form, key: &Key) -> Value {
    let size = format!(r"^\s*(?!0(?:\.0+)?\s*%)(?:[1-9][0-9]*|{PERCENT}\s*%)\s*$");
    match form {
        Form::Text => text(ANY),
        Form::Plain => json!({ "type": ["string", "number", "boolean"], "minimum": 0, "pattern": PLAIN }),
        Form::Seed => text(SEED),
        Form::OneStar => json!({ "type": "string", "pattern": ONE_STAR }),
        Form::Words(words) => json!({ "enum": words }),
        Form::Boolean => boolean(),
        Form::Count => number_or(r"^\s*\+?0*[1-9][0-9]*\s*$", 1),
        Form::Size => number_or(&size, 1),
        Form::Healthy => {
            let healthy = size.replacen("(?!", r"(?!100(?:\.0+)?\s*%|", 1);
            number_or(&healthy, 1)
        }
        Form::Sizes => {
            let growing = json!({
                "type": "object", "additionalProperties": false, "required": ["most"],
                "properties": {
                    "start": number_or(&size, 1), "most": number_or(&size, 1),
                    "factor": number_or(r"^\s*\+?0*(?:[2-9]|[1-9][0-9]+)\s*$", 2),
                },
            });
            let item = json!({ "anyOf": [{ "const": "rest" }, number_or(&size, 1), growing] });
            let list = json!({
                "type": "array", "items": item, "minItems": 1,
                "contains": { "const": "rest" }, "minContains": 0, "maxContains": 1,
            });
            json!({ "anyOf": [{ "const": "rest" }, number_or(&size, 1), growing, list] })
        }
        Form::Failures => number_or(&format!(r"^\s*(?:0|[1-9][0-9]*|{PERCENT}\s*%)\s*$"), 0),
        Form::Percent => json!({ "anyOf": [
            { "type": "number", "minimum": 0, "maximum": 100 },
            { "type": "string", "pattern": format!(r"^\s*{PERCENT}\s*%?\s*$") },
        ] }),
        Form::Duration => number_or(r"^\s*(?:[0-9]+|(?=[0-9])(?:[0-9]+d)?(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+s)?)\s*$", 0),
        Form::List(pattern, empty) => list(pattern, *empty),
        Form::Cover => {
            let several = json!({ "type": "array", "items": text(LABELS), "minItems": 2 });
            let items = json!({ "type": "array", "items": { "anyOf": [text(LABELS), several] } });
            json!({ "anyOf": [text(LABELS), items] })
        }
        Form::Limits => {
            let bounds = json!({
                "type": "object", "additionalProperties": false, "minProperties": 1,
                "properties": { "max_unavailable": number_or(&size, 1), "max_domains": number_or(&size, 1) },
            });
            json!({
                "type": "object", "propertyNames": { "pattern": LABEL },
                "additionalProperties": { "anyOf": [number_or(&size, 1), bounds] },
            })
        }
        Form::Sources => sources(),
        Form::WordOrList(words) => {
            json!({ "anyOf": [{ "enum": words }, { "type": "array", "items": text(ANY), "minItems": 1, "uniqueItems": true }] })
        }
        Form::Group => group(key),
        Form::OneOf => one_of(key),
        Form::Versions => json!({
            "type": "object", "minProperties": 1, "propertyNames": { "pattern": ANY },
            "additionalProperties": { "anyOf": [reference("hosts"), reference("own_keys")] },
        }),
        Form::Stages => json!({
            "anyOf": [reference("stage"), { "type": "array", "items": reference("stage") }],
        }),
        Form::Gates => gates::gates(),
        Form::Windows => {
            let day = "(?:mon|tue|wed|thu|fri|sat|sun)";
            let days = format!(r"{day}\s*(?:-\s*{day}\s*)?");
            let days = format!(r"^\s*{days}(?:,\s*{days})*$");
            let own = [
                ("days", list(&days, Empty::Refused)),
                ("from", text(DAY_TIME)),
                ("to", text(DAY_TIME)),
                ("zone", text(ANY)),
            ];
            mappings(own, &["zone"])
        }
        Form::Blackouts => {
            let own = [("from", text(MOMENT)), ("to", text(MOMENT)), ("zone", text(ANY)), ("why", text(ANY))];
            mappings(own, &["from", "to", "zone"])
        }
        Form::Overrides => json!({
            "type": "object", "additionalProperties": reference("overriding_keys"),
        }),
    }
}

/// A scalar, which counts as its text.
fn text(pattern: &str) -> Value {
    json!({ "type": ["string", "number", "boolean"], "pattern": pattern })
}

fn number_or(pattern: &str, least: u64) -> Value {
    json!({ "type": ["integer", "string"], "minimum": least, "pattern": pattern })
}

/// As YAML 1.1 has it, and as texts and numbers of variables.
fn boolean() -> Value {
    let words = ["true", "yes", "on", "1", "false", "no", "off", "0"].map(|word| {
        let any_case = |c: char| match c {
            '0' | '1' => c.to_string(),
            c => format!("[{c}{}]", c.to_ascii_uppercase()),
        };
        word.chars().map(any_case).collect::<String>()
    });
    json!({
        "type": ["boolean", "string", "integer"], "minimum": 0, "maximum": 1,
        "pattern": format!(r"^\s*(?:{})\s*$", words.join("|")),
    })
}

fn list(pattern: &str, empty: Empty) -> Value {
    let least = i32::from(empty != Empty::Allowed);
    let items = json!({ "type": "array", "items": text(pattern), "minItems": least });
    json!({ "anyOf": [text(pattern), items] })
}

/// A list of mappings of these keys, or one of them.
fn mappings(properties: [(&str, Value); 4], required: &[&str]) -> Value {
    let properties: Map<String, Value> = properties.into_iter().map(|(key, value)| (key.to_string(), value)).collect();
    let item =
        json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false });
    json!({ "anyOf": [item, { "type": "array", "items": item }] })
}

/// Paths and lists of hosts, and Salt's sources with a path for each of their parts.
fn sources() -> Value {
    let parts = Part::NAMES.iter().map(|(name, _)| ((*name).to_string(), list(ANY, Empty::Refused)));
    let parts = json!({
        "type": "object", "properties": parts.collect::<Map<_, _>>(), "additionalProperties": false, "minProperties": 1,
    });
    let salt = json!({
        "type": "object", "properties": { "salt": parts }, "required": ["salt"], "additionalProperties": false,
    });
    let items = json!({ "type": "array", "items": { "anyOf": [text(ANY), salt] }, "minItems": 1 });
    json!({ "anyOf": [text(ANY), salt, items] })
}

/// What the key takes that a single value stands for, or a mapping of the keys below.
fn group(key: &Key) -> Value {
    let mut properties = Map::new();
    for (inner, name) in below(key) {
        properties.insert(name.to_string(), reference(inner.name));
    }
    let mapping =
        json!({ "type": "object", "properties": properties, "additionalProperties": false, "minProperties": 1 });
    let single = keys::single(key.id).and_then(keys::by_id).map_or(Value::Bool(false), |key| reference(key.name));
    json!({ "anyOf": [single, mapping] })
}

/// One of the keys below in a mapping, or in a text before a colon.
fn one_of(key: &Key) -> Value {
    let mut properties = Map::new();
    let mut texts = Vec::new();
    for (inner, name) in below(key) {
        properties.insert(name.to_string(), reference(inner.name));
        let value = match form(inner, inner.name) {
            Form::OneStar => ONE_STAR.trim_start_matches('^').trim_end_matches('$'),
            _ => r"[\s\S]*\S[\s\S]*",
        };
        texts.push(json!({ "type": "string", "pattern": format!(r"^\s*{name}\s*:{value}$") }));
    }
    texts.push(json!({
        "type": "object", "properties": properties, "additionalProperties": false, "minProperties": 1, "maxProperties": 1,
    }));
    json!({ "anyOf": texts })
}
