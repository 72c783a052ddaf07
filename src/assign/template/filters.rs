//! The filters and tests of a version's template. No filter makes a text longer than [`LONGEST`].

use minijinja::value::{Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, Value, filters, tests};

/// The longest text that a filter takes or makes, in bytes.
pub(super) const LONGEST: usize = 16 * 1024;

/// The filters, as a hint names them.
pub(super) const NAMES: &str = "capitalize, default, first, int, join, last, length, list, lower, reject, replace, \
                                select, sort, split, string, title, trim, unique, upper";

/// Adds them.
pub(super) fn add(environment: &mut Environment<'_>) {
    for (name, filter) in [
        ("capitalize", Value::from_function(filters::capitalize)),
        ("count", Value::from_function(filters::length)),
        ("d", Value::from_function(filters::default)),
        ("default", Value::from_function(filters::default)),
        ("first", Value::from_function(filters::first)),
        ("int", Value::from_function(filters::int)),
        ("join", Value::from_function(filters::join)),
        ("last", Value::from_function(filters::last)),
        ("length", Value::from_function(filters::length)),
        ("list", Value::from_function(filters::list)),
        ("lower", Value::from_function(filters::lower)),
        ("reject", Value::from_function(filters::reject)),
        ("replace", Value::from_function(filters::replace)),
        ("select", Value::from_function(filters::select)),
        ("sort", Value::from_function(filters::sort)),
        ("split", Value::from_function(filters::split)),
        ("string", Value::from_function(filters::string)),
        ("title", Value::from_function(filters::title)),
        ("trim", Value::from_function(filters::trim)),
        ("unique", Value::from_function(filters::unique)),
        ("upper", Value::from_function(filters::upper)),
    ] {
        environment.add_filter(name, move |state: &mut State<'_, '_>, arguments: Rest<ValueOrKwargs>| {
            let arguments = arguments.into_values();
            bounded(name, &arguments)?;
            fits(filter.call(state, &arguments)?)
        });
    }
    add_tests(environment);
}

fn add_tests(environment: &mut Environment<'_>) {
    environment.add_test("boolean", tests::is_boolean);
    environment.add_test("defined", tests::is_defined);
    environment.add_test("undefined", tests::is_undefined);
    environment.add_test("none", tests::is_none);
    environment.add_test("string", tests::is_string);
    environment.add_test("sequence", tests::is_sequence);
    environment.add_test("iterable", tests::is_iterable);
    environment.add_test("mapping", tests::is_mapping);
    environment.add_test("startingwith", tests::is_startingwith);
    environment.add_test("endingwith", tests::is_endingwith);
    environment.add_test("in", tests::is_in);
    environment.add_test("eq", tests::is_eq);
    environment.add_test("equalto", tests::is_eq);
    environment.add_test("==", tests::is_eq);
    environment.add_test("ne", tests::is_ne);
    environment.add_test("!=", tests::is_ne);
}

/// Refuses arguments that are too long, or whose result would be.
fn bounded(name: &str, arguments: &[Value]) -> Result<(), Error> {
    for argument in arguments {
        fits(argument.clone())?;
    }
    let text = |index: usize| arguments.get(index).and_then(Value::as_str).unwrap_or_default();
    let size = match name {
        "replace" => text(0).matches(text(1)).count().saturating_mul(text(2).len()),
        "join" => arguments.first().and_then(Value::len).unwrap_or(0).saturating_mul(text(1).len()),
        _ => 0,
    };
    if size > LONGEST { Err(too_long()) } else { Ok(()) }
}

/// A value whose text, or whose number of items, is not too long.
fn fits(value: Value) -> Result<Value, Error> {
    let length = match value.kind() {
        ValueKind::String => value.as_str().map_or(0, str::len),
        _ => value.len().unwrap_or(0),
    };
    if length > LONGEST { Err(too_long()) } else { Ok(value) }
}

fn too_long() -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("a filter takes and makes {LONGEST} bytes at most"))
}
