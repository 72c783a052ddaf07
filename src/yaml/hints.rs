//! From libyaml's words to what an operator can act on.

use super::events::Broken;
use crate::error::Code;
use crate::text::Text;
use crate::value::Fault;

/// The way out for an unquoted template.
pub(super) const TEMPLATE: &str = "write `key: \"{{ name }}\"`";

/// The parser's error with its place and, where the line shows a common mistake, a hint.
pub(super) fn explain(text: Text<'_>, broken: &Broken) -> Fault {
    let source = text.text;
    if let Some(code) = broken.character {
        let message = format!("the character U+{code:04X} may not stand in YAML");
        return Fault::new(Code::InvalidYaml, text.pos(broken.offset.min(source.len())), message)
            .hint("write it as an escape in double quotes");
    }
    let mut offset = floor_boundary(source, broken.offset);
    if let Some((context, start)) = &broken.context
        && broken.problem.contains("end of stream")
        && context.contains("quoted")
    {
        return Fault::new(Code::InvalidYaml, text.pos(*start), "a quote that opens here is never closed");
    }
    // The line of the error, or the last one that has text when it is after the end.
    if offset == source.len() && broken.context.is_none() {
        offset = source.trim_end().len();
    }
    let line = Line::at(source, offset);
    let message = match &broken.context {
        Some((context, _)) => format!("{} {context}", broken.problem),
        None => broken.problem.clone(),
    };
    let in_flow = broken.context.as_ref().is_some_and(|(context, _)| context.contains("flow"));
    if let Some(tab) = line.tab(in_flow) {
        return Fault::new(Code::InvalidYaml, text.pos(tab), "a tab where YAML wants spaces")
            .hint("indent with spaces");
    }
    if let Some(template) = line.template() {
        return Fault::new(Code::InvalidYaml, text.pos(template), "a value that starts with `{{` needs quotes")
            .hint(TEMPLATE);
    }
    let fault = Fault::new(Code::InvalidYaml, text.pos(offset), message);
    match (hint(source, offset, &broken.problem), &broken.context) {
        (Some(hint), _) => fault.hint(hint),
        (None, Some((_, start))) if in_flow => {
            let line = source[..floor_boundary(source, *start)].matches('\n').count() + 1;
            fault.hint(format!("the list or mapping opens in line {line}"))
        }
        (None, _) => fault,
    }
}

/// The start of the character that `offset` is in.
fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

fn hint(source: &str, offset: usize, problem: &str) -> Option<String> {
    if problem.starts_with("mapping values are not allowed") {
        return Some("a value with `: ` in it needs quotes; a nested mapping needs a line of its own".to_string());
    }
    if problem.starts_with("found character that cannot start any token") {
        let character = source.get(offset..)?.chars().next()?;
        return Some(format!("a value that starts with `{character}` needs quotes"));
    }
    if problem.starts_with("found unexpected non-alphabetical") {
        return Some("a line that starts with `%` needs quotes".to_string());
    }
    if problem.starts_with("could not find expected ':'") {
        return Some("each line of a mapping is `key: value`".to_string());
    }
    if problem.starts_with("did not find expected key") {
        return Some("check the indentation, and whether a quote ends too early".to_string());
    }
    if problem.starts_with("block sequence entries are not allowed") {
        return Some("put the first `- ` of a list on a line of its own".to_string());
    }
    if problem.starts_with("did not find expected <document start>") {
        return Some("lines of one mapping start in the same column".to_string());
    }
    if problem.starts_with("found unknown escape character") {
        return Some("in double quotes write `\\\\` for a backslash, or use single quotes".to_string());
    }
    None
}

/// The line that an error is in.
struct Line<'t> {
    start: usize,
    text: &'t str,
    /// The error's offset in `text`.
    column: usize,
}

impl<'t> Line<'t> {
    fn at(source: &'t str, offset: usize) -> Self {
        let start = source[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        let text = source[start..].lines().next().unwrap_or_default();
        Line { start, text, column: offset - start }
    }

    /// The offset of a tab that the error is about, or that indents the line or follows its `-`, where flow does not allow
    /// it.
    fn tab(&self, in_flow: bool) -> Option<usize> {
        let at_error = |byte: &[u8]| self.text.as_bytes().get(self.column).is_some_and(|found| byte.contains(found));
        if at_error(b"\t") {
            return Some(self.start + self.column);
        }
        if in_flow || at_error(b"@`%") {
            return None;
        }
        let lead = self.text.len() - self.text.trim_start_matches([' ', '\t', '-', '?']).len();
        self.text[..lead].find('\t').map(|column| self.start + column)
    }

    /// The offset of a `{{` that starts the value of the line.
    fn template(&self) -> Option<usize> {
        let column = self.text.find("{{")?;
        let before = self.text[..column].trim_end();
        let starts = before.is_empty() || before.ends_with(':') || before.trim_start() == "-";
        starts.then_some(self.start + column)
    }
}
