//! Queries of Prometheus with placeholders. What is put in is data: it cannot end the string that it stands in, and a dot of a host's
//! name is a dot.

use super::gates::{Part, Place, parts};

/// A query with placeholders, each in a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Value(Value, Within),
}

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Hosts,
    Batch,
    Group,
    Version,
}

/// The string that a placeholder stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Within {
    quote: char,
    /// Whether it is an expression: after `=~` or `!~`.
    is_expression: bool,
}

/// What stands for the placeholders.
#[derive(Clone, Copy, Debug)]
pub struct Names<'n> {
    /// The hosts.
    pub hosts: &'n [&'n str],
    /// The batch.
    pub batch: &'n str,
    /// Its group.
    pub group: &'n str,
    /// The version.
    pub version: &'n str,
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// A placeholder outside of a string, or in one that is no expression where there may be several hosts: why.
    pub fn new(text: &str) -> Result<Self, String> {
        let mut state = State::default();
        let mut pieces = Vec::new();
        for part in parts(text, Place::Query)? {
            match part {
                Part::Text(text) => {
                    text.chars().for_each(|c| state.read(c));
                    pieces.push(Piece::Text(text.to_string()));
                }
                Part::Placeholder(name) => {
                    let value = match name {
                        "hosts" => Value::Hosts,
                        "batch" => Value::Batch,
                        "group" => Value::Group,
                        _ => Value::Version,
                    };
                    pieces.push(Piece::Value(value, state.within(name)?));
                }
            }
        }
        if state.string.is_some() {
            return Err("a quote has no end".to_string());
        }
        Ok(Query { pieces })
    }

    /// Whether it says the hosts.
    pub fn names_hosts(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Value(Value::Hosts, _)))
    }

    /// Returns the query for some hosts.
    ///
    /// # Errors
    /// A value that cannot stand where it is to: why.
    pub fn fill(&self, names: Names<'_>) -> Result<String, String> {
        let mut filled = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Value(value, within) => filled.push_str(&within.put(*value, names)?),
            }
        }
        Ok(filled)
    }
}

/// Where one is in a query, as far as strings go.
#[derive(Default)]
struct State {
    string: Option<Within>,
    is_escaped: bool,
    is_comment: bool,
    /// The last two characters outside of strings that are no spaces.
    before: (char, char),
}

impl State {
    fn read(&mut self, c: char) {
        if self.is_comment {
            self.is_comment = c != '\n';
        } else if let Some(string) = self.string {
            let ends = c == string.quote && !self.is_escaped;
            self.is_escaped = c == '\\' && !self.is_escaped && string.quote != '`';
            if ends {
                self.string = None;
                self.before = (' ', c);
            }
        } else if matches!(c, '"' | '\'' | '`') {
            let is_expression = matches!(self.before, ('=' | '!', '~'));
            self.string = Some(Within { quote: c, is_expression });
        } else if c == '#' {
            self.is_comment = true;
        } else if !c.is_whitespace() {
            self.before = (self.before.1, c);
        }
    }

    fn within(&self, name: &str) -> Result<Within, String> {
        let Some(within) = self.string else {
            let why = format!("`{{{{ {name} }}}}` stands outside of quotes, where a value would be read as a query");
            return Err(format!("{why}: put it into a string, such as `instance=~\"({{{{ hosts }}}}):.*\"`"));
        };
        if self.is_escaped {
            return Err(format!("`{{{{ {name} }}}}` stands behind a backslash"));
        }
        if name == "hosts" && !within.is_expression {
            return Err("`{{ hosts }}` is an expression for all hosts: take `=~` or `!~` before its string".to_string());
        }
        Ok(within)
    }
}

impl Within {
    fn put(self, value: Value, names: Names<'_>) -> Result<String, String> {
        let text = match value {
            // in a group of its own, so that what stands beside it holds for each host
            Value::Hosts => {
                let hosts: Vec<String> = names.hosts.iter().map(|host| literal(host)).collect();
                return self.quoted(&format!("(?:{})", hosts.join("|")));
            }
            Value::Batch => names.batch,
            Value::Group => names.group,
            Value::Version => names.version,
        };
        self.quoted(&if self.is_expression { literal(text) } else { text.to_string() })
    }

    /// A text as it stands in this kind of string.
    fn quoted(self, text: &str) -> Result<String, String> {
        if self.quote == '`' {
            if text.contains('`') {
                return Err("a backquote cannot stand in a string of backquotes: take other quotes".to_string());
            }
            return Ok(text.to_string());
        }
        let mut quoted = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '\\' => quoted.push_str("\\\\"),
                c if c == self.quote => quoted.extend(['\\', c]),
                c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", c as u32)),
                c => quoted.push(c),
            }
        }
        Ok(quoted)
    }
}

/// A text as an expression of RE2 that matches it and nothing else.
fn literal(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if r"\.+*?()|[]{}^$".contains(c) => escaped.extend(['\\', c]),
            c if c.is_control() || c == '`' => escaped.push_str(&format!("\\x{{{:x}}}", c as u32)),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn fill(query: &str, hosts: &[&str]) -> String {
        let names = Names { hosts, batch: "A", group: "shop_2.5.0_A", version: "2.5.0" };
        Query::new(query).unwrap().fill(names).unwrap()
    }

    #[test]
    fn hosts_are_names_and_no_expressions() {
        assert_eq!(fill(r#"up{i=~"{{ hosts }}:.*"}"#, &["web1", "web.2"]), r#"up{i=~"(?:web1|web\\.2):.*"}"#);
        assert_eq!(fill("up{i=~'{{hosts}}'}", &["it's", "a\\b"]), r"up{i=~'(?:it\'s|a\\\\b)'}");
        assert_eq!(fill("up{i!~`{{ hosts }}`}", &["a.b", "c`d"]), r"up{i!~`(?:a\.b|c\x{60}d)`}");
        let hostile = fill(r#"up{i =~ "{{ hosts }}"}"#, &["a\"} or vector(0) #", "web.*"]);
        assert_eq!(hostile, r#"up{i =~ "(?:a\"\\} or vector\\(0\\) #|web\\.\\*)"}"#);
    }

    #[test]
    fn a_version_is_a_text_after_an_equals_sign_and_an_expression_after_a_tilde() {
        assert_eq!(fill("up{v=\"{{ version }}\",b!='{{ batch }}'}", &[]), "up{v=\"2.5.0\",b!='A'}");
        assert_eq!(fill("up{v=~\"{{ version }}.*\"}", &[]), r#"up{v=~"2\\.5\\.0.*"}"#);
    }

    #[test]
    fn where_no_value_can_stand_is_refused() {
        let wrong = [
            "up{i=~{{ hosts }}}",
            "up{i=\"{{ hosts }}\"}",
            "up # \"{{ hosts }}\"",
            "label_replace(up, \"a\", \"{{ hosts }}\", \"b\", \"c\")",
            "up{i=~\"\\{{ hosts }}\"}",
            "up{i=~\"a\\\\\"} + {{ version }}",
            "up{i=~\"{{ host }}\"}",
            "up{i=~\"{{ hosts }}}",
        ];
        for query in wrong {
            assert!(Query::new(query).is_err(), "{query}");
        }
    }

    #[test]
    fn quotes_in_strings_and_comments_are_not_taken_for_quotes() {
        let query = "up{a=\"it's \\\" #\"} # don't\n + up{i=~\"{{ hosts }}\"}";
        assert!(fill(query, &["web1"]).ends_with("up{i=~\"(?:web1)\"}"));
        assert!(Query::new("up{a=`\\`} + up{i=~'{{ hosts }}'}").is_ok());
    }
}
