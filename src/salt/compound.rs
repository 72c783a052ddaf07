//! Compound targets: words, `and`, `or`, `not` and parentheses, all set off by spaces.

use super::data::Query;
use super::nodegroup::{self, MAX_WORDS, OPERATORS};
use super::subnet::Subnet;
use super::{Bank, Master};
use crate::error::{Code, Problem};
use crate::pattern::Matcher;
use crate::text;

/// How deep parentheses and `not` may be nested.
const MAX_DEPTH: usize = 200;
const FORMS: &str =
    "Salt has G@ P@ I@ J@ E@ L@ S@ N@, globs, `and`, `or`, `not` and parentheses, each set off by spaces";

/// A target, ready to be asked of each minion.
pub(super) enum Expression {
    /// One test.
    Test(Test),
    /// Whatever does not match.
    Not(Box<Expression>),
    /// All of them.
    All(Vec<Expression>),
    /// Any of them.
    Any(Vec<Expression>),
}

/// One word of a target, with the word for messages.
pub(super) struct Test {
    /// The word.
    pub word: String,
    /// What it asks.
    pub kind: Kind,
}

/// What a word asks of a minion.
pub(super) enum Kind {
    /// Whether its id is one of these.
    Ids(std::collections::HashSet<String>),
    /// Whether its id fits; true for a name without wildcards.
    Id(Matcher, bool),
    /// Whether its grains or pillar fit.
    Data(Bank, Query),
    /// Whether one of its addresses is in a network.
    Network(Subnet),
}

/// Whether a text is a compound target and no host pattern: it has a word such as `G@os:Debian`, or `and`, `or`, `not`, or
/// a parenthesis that stands alone.
pub fn is_target(text: &str) -> bool {
    // one word, as most are: nothing in it is space, however long it is
    if text::all_bytes(text, |byte| (b'!'..=b'~').contains(&byte)) {
        return OPERATORS.contains(&text) || engine(text).is_some();
    }
    text.split_whitespace().any(|word| OPERATORS.contains(&word) || engine(word).is_some())
}

/// The words of a target, nodegroups in their places.
pub(super) fn words(master: &Master<'_>, target: &str) -> Result<Vec<String>, Problem> {
    splice(master, target.split_whitespace().map(str::to_string).collect())
}

/// Puts the words of nodegroups in the place of `N@NAME`.
pub(super) fn splice(master: &Master<'_>, words: Vec<String>) -> Result<Vec<String>, Problem> {
    let mut spliced = Vec::new();
    for word in words {
        match word.strip_prefix("N@") {
            Some(name) => spliced.extend(nodegroup::words(master, name)?),
            None => spliced.push(word),
        }
        if spliced.len() > MAX_WORDS {
            return Err(nodegroup::too_long("the target"));
        }
    }
    Ok(spliced)
}

/// The letter of a matcher, its delimiter and its pattern: `G|@os|Debian` is `G`, `|`, `os|Debian`.
fn engine(word: &str) -> Option<(char, Option<char>, &str)> {
    let mut chars = word.chars();
    let letter = chars.next().filter(|letter| "GPIJLNSERTM".contains(*letter))?;
    let rest = chars.as_str();
    if "GPIJ".contains(letter) {
        let mut behind = rest.chars();
        let delimiter = behind.next()?;
        if let Some(pattern) = behind.as_str().strip_prefix('@').filter(|pattern| !pattern.is_empty()) {
            return Some((letter, Some(delimiter), pattern));
        }
    }
    rest.strip_prefix('@').filter(|pattern| !pattern.is_empty()).map(|pattern| (letter, None, pattern))
}

/// Reads the words of a target; `shown` is what a message calls it.
///
/// # Errors
/// What Salt takes for a target without minions: operators in wrong places, words that follow each other.
pub(super) fn parse(words: &[String], shown: &str) -> Result<Expression, Problem> {
    let mut parser = Parser { words, at: 0, depth: 0 };
    let parsed = parser.any();
    let complete =
        parsed.and_then(|expression| if parser.at == words.len() { Ok(expression) } else { Err(parser.stray()) });
    complete.map_err(|(what, hint)| {
        Problem::of(Code::InvalidTarget, format!("the Salt target `{shown}` cannot be read: {what}")).hint(hint)
    })
}

type Read<T> = Result<T, (String, String)>;

struct Parser<'w> {
    words: &'w [String],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&str> {
        self.words.get(self.at).map(String::as_str)
    }

    fn takes(&mut self, word: &str) -> bool {
        let taken = self.peek() == Some(word);
        self.at += usize::from(taken);
        taken
    }

    fn any(&mut self) -> Read<Expression> {
        let mut parts = vec![self.all()?];
        while self.takes("or") {
            parts.push(self.all()?);
        }
        Ok(Expression::Any(parts))
    }

    fn all(&mut self) -> Read<Expression> {
        let mut parts = vec![self.single()?];
        // `a not b` is `a and not b`.
        while self.takes("and") || self.peek() == Some("not") {
            parts.push(self.single()?);
        }
        Ok(Expression::All(parts))
    }

    fn single(&mut self) -> Read<Expression> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err((
                format!("it is nested more than {MAX_DEPTH} deep"),
                "make nodegroups of its parts".to_string(),
            ));
        }
        let read = if self.takes("not") {
            self.single().map(|inner| Expression::Not(Box::new(inner)))
        } else if self.takes("(") {
            let inner = self.any()?;
            if !self.takes(")") {
                return Err(match self.peek() {
                    Some(_) => self.stray(),
                    None => ("a `(` is not closed".to_string(), FORMS.to_string()),
                });
            }
            Ok(inner)
        } else {
            self.word().map(Expression::Test)
        };
        self.depth -= 1;
        read
    }

    fn word(&mut self) -> Read<Test> {
        let Some(word) = self.words.get(self.at) else {
            return Err(("it ends where a word is missing".to_string(), FORMS.to_string()));
        };
        if OPERATORS.contains(&word.as_str()) {
            return Err((format!("`{word}` stands where a word is missing"), FORMS.to_string()));
        }
        self.at += 1;
        Ok(Test { word: word.clone(), kind: kind(word)? })
    }

    /// What stands after a complete expression.
    fn stray(&self) -> (String, String) {
        let word = self.peek().unwrap_or_default();
        let before = self.at.checked_sub(1).and_then(|at| self.words.get(at)).map_or("", String::as_str);
        if before.ends_with(',') {
            return (
                format!("there is a space after the comma of `{before}`"),
                "write the list without spaces: L@a,b".into(),
            );
        }
        (format!("`{word}` follows without `and` or `or`, so Salt matches no minion"), FORMS.to_string())
    }
}

/// What a word asks.
fn kind(word: &str) -> Read<Kind> {
    let Some((letter, delimiter, pattern)) = engine(word) else {
        // A comma at the end is that of a list with a space in it.
        if word.trim_end_matches(',').contains(',') {
            return Err(comma(word));
        }
        let plain = !word.contains(['*', '?', '[']);
        return matcher(Matcher::glob(word), word).map(|matcher| Kind::Id(matcher, plain));
    };
    let query = |regex: bool| {
        let delimiter = delimiter.unwrap_or(':');
        if !pattern.contains(delimiter) {
            let hint = format!("write {letter}@NAME{delimiter}VALUE, such as {letter}@os{delimiter}Debian");
            return Err((format!("`{word}` has no `{delimiter}` between a name and a value"), hint));
        }
        matcher(Query::new(pattern, delimiter, regex), word)
    };
    match letter {
        'G' => query(false).map(|query| Kind::Data(Bank::Grains, query)),
        'P' => query(true).map(|query| Kind::Data(Bank::Grains, query)),
        'I' => query(false).map(|query| Kind::Data(Bank::Pillar, query)),
        'J' => query(true).map(|query| Kind::Data(Bank::Pillar, query)),
        'L' => Ok(Kind::Ids(pattern.split(',').filter(|id| !id.is_empty()).map(str::to_string).collect())),
        'E' => matcher(Matcher::regex(pattern), word).map(|matcher| Kind::Id(matcher, false)),
        'S' => Subnet::parse(pattern).map(Kind::Network).ok_or_else(|| {
            let hint = "write an address or a network without host bits: S@10.0.0.0/16".to_string();
            (format!("`{word}` is not an address or a network"), hint)
        }),
        _ => Err((
            format!("`{word}` asks for {}", elsewhere(letter)),
            "list the minions that it means, L@web1,web2, or name what they have in common, G@role:web".to_string(),
        )),
    }
}

/// That ids with commas between them are a list to one Salt and an id to another.
fn comma(word: &str) -> (String, String) {
    let globs = word.contains(['*', '?', '[']);
    let parts: Vec<&str> = word.split(',').filter(|part| !part.is_empty()).collect();
    let hint = if globs { format!("write ( {} )", parts.join(" or ")) } else { format!("write L@{}", parts.join(",")) };
    (format!("`{word}` is a list to Salt 3008, and one id, of nobody, to earlier ones"), hint)
}

/// What the matchers `R@`, `T@` and `M@` ask for.
fn elsewhere(letter: char) -> &'static str {
    match letter {
        'R' => "a range, which only a range server knows; no file here has it",
        'T' => "resources, which only the running master knows",
        _ => "minions that manage resources, which only the running master knows",
    }
}

/// Whether no file can answer a word, or it looks like a matcher and is none.
pub(super) fn asks_elsewhere(word: &str) -> bool {
    matches!(engine(word), Some(('R' | 'T' | 'M', ..))) || misspelt(word).is_some()
}

/// The letter of a word that begins as a matcher does and is none, which Salt takes for an id: `g@os:Debian`, `X@y`, `R@`.
pub(super) fn misspelt(word: &str) -> Option<char> {
    let letter = word.chars().next().filter(char::is_ascii_alphabetic)?;
    (word[1..].starts_with('@') && engine(word).is_none()).then_some(letter)
}

/// What was meant by such a word.
pub(super) fn meant(word: &str, letter: char) -> String {
    let upper = format!("{}{}", letter.to_ascii_uppercase(), &word[1..]);
    match engine(&upper) {
        Some((letter, ..)) if !matches!(letter, 'R' | 'T' | 'M') => format!("did you mean `{upper}`? {FORMS}"),
        _ => FORMS.to_string(),
    }
}

fn matcher<T>(made: Result<T, crate::pattern::PatternError>, word: &str) -> Read<T> {
    made.map_err(|error| (format!("`{word}`: {}", error.message), error.hint))
}
