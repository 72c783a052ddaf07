//! Pages of HTML that need nothing but themselves: style and script stand in them, and nothing else may run or be fetched.
//!
//! All text goes through minijinja with its escapes on, and through [`printable`] before, so that a name is text and steers neither
//! the page nor who reads it. Only what stands here and in the folder beside is markup.

use std::io::{self, Write};

use base64ct::{Base64, Encoding};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, ValueKind};
use minijinja::{Environment, Output, State, UndefinedBehavior, Value, escape_formatter};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::shown::printable;

const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");
const FRAME: &str = include_str!("page/frame.html");

/// A page without its frame.
#[derive(Clone, Copy)]
pub(super) struct Page<'p> {
    /// What the window is called.
    pub title: &'p str,
    /// The template of the body, which sees the model as `page`.
    pub body: &'static str,
    /// Seconds after which the page is to be read again, where it is written again.
    pub again: Option<u32>,
}

#[derive(Serialize)]
struct Frame<'p> {
    title: &'p str,
    policy: String,
    again: Option<u32>,
    version: &'static str,
}

impl Page<'_> {
    /// Writes the page of a model.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(self, model: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
        self.render(model, out).map_err(io::Error::other)
    }

    fn render(self, model: &impl Serialize, out: &mut impl Write) -> Result<(), minijinja::Error> {
        let mut body = Vec::new();
        render(self.body, [("page", Value::from(Serde(model)))], &mut body)?;
        // without a copy: a large page has megabytes
        let body =
            String::from_utf8(body).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        let frame =
            Frame { title: self.title, policy: policy(), again: self.again, version: env!("CARGO_PKG_VERSION") };
        let safe = |text: &str| Value::from_safe_string(text.to_string());
        let values = [
            ("frame", Value::from(Serde(frame))),
            ("style", safe(STYLE)),
            ("script", safe(SCRIPT)),
            ("body", Value::from_safe_string(body)),
        ];
        render(FRAME, values, out)
    }
}

/// Writes a template of a model, `page` in it, with all text escaped for HTML and XML.
///
/// # Errors
/// Those of `out`.
pub(super) fn fill(template: &'static str, model: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    render(template, [("page", Value::from(Serde(model)))], out).map_err(io::Error::other)
}

fn render<const N: usize>(
    template: &'static str,
    values: [(&str, Value); N],
    out: &mut impl Write,
) -> Result<(), minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_formatter(text);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    // the ending of its name turns the escapes on
    environment.add_template("page.html", template)?;
    environment.get_template("page.html")?.render_captured_to(Value::from_pairs(values), out)?;
    Ok(())
}

/// Writes a value: as it is where it is markup of ours, otherwise as text that is seen and escaped.
fn text(out: &mut Output, state: &mut State, value: &Value) -> Result<(), minijinja::Error> {
    match value.as_str() {
        Some(text) if value.kind() == ValueKind::String && !value.is_safe() => {
            escape_formatter(out, state, &Value::from(&*printable(text)))
        }
        _ => escape_formatter(out, state, value),
    }
}

/// What the browser may do with the page: use this style and this script, and nothing else.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", Base64::encode_string(&Sha256::digest(text.as_bytes())));
    format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}
