//! The words of a command line that is being typed, as bash, zsh and fish take them, without expanding what would have to be run.

use super::super::arguments::Shell;

/// The quote that is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quote {
    /// None.
    #[default]
    None,
    /// `'`
    Single,
    /// `"`
    Double,
}

/// A word as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// How it is written.
    pub raw: String,
    /// What it stands for, as far as it is known: a variable that only the shell has is not.
    pub text: Option<String>,
    /// The quote that is open at its end.
    pub open: Quote,
    /// Whether it is `<` or `>`, after which comes a file.
    pub redirects: bool,
}

/// Returns the value of a variable of the environment.
pub type Variables<'v> = &'v dyn Fn(&str) -> Option<String>;

/// Returns the words of a line; the last is the one at its end, which may be empty.
pub fn words(line: &str, shell: Shell, variables: Variables<'_>) -> Vec<Word> {
    let mut words = Vec::new();
    let mut scan = Scan { rest: line, shell, variables };
    loop {
        scan.rest = scan.rest.trim_start_matches([' ', '\t', '\n']);
        let start = scan.rest;
        if let Some(after) = start.strip_prefix(['<', '>']) {
            let operator = after.trim_start_matches(['<', '>', '&', '|']);
            let raw = start[..start.len() - operator.len()].to_string();
            words.push(Word { raw, redirects: true, ..Word::default() });
            scan.rest = operator;
            continue;
        }
        let word = scan.word();
        let at_end = scan.rest.is_empty();
        words.push(word);
        if at_end {
            return words;
        }
    }
}

/// Returns one word, whatever stands in it.
pub fn word(raw: &str, shell: Shell, variables: Variables<'_>) -> Word {
    let mut scan = Scan { rest: raw, shell, variables };
    let mut whole = scan.word();
    while !scan.rest.is_empty() {
        // a blank that the shell has taken for a part of the word
        let at = scan.rest.chars().next().map_or(0, char::len_utf8);
        let (blank, rest) = scan.rest.split_at(at);
        scan.rest = rest;
        let next = scan.word();
        whole.text = whole.text.zip(next.text).map(|(text, next)| text + blank + &next);
        whole.open = next.open;
    }
    whole.raw = raw.to_string();
    whole
}

struct Scan<'l> {
    rest: &'l str,
    shell: Shell,
    variables: Variables<'l>,
}

impl Scan<'_> {
    fn next(&mut self) -> Option<char> {
        let next = self.rest.chars().next()?;
        self.rest = &self.rest[next.len_utf8()..];
        Some(next)
    }

    /// The word that begins here, up to a blank or the end.
    fn word(&mut self) -> Word {
        let start = self.rest;
        let (mut text, mut known, mut open) = (String::new(), true, Quote::None);
        while let Some(c) = self.rest.chars().next() {
            if open == Quote::None && matches!(c, ' ' | '\t' | '\n' | '<' | '>') {
                break;
            }
            self.next();
            match (open, c) {
                (Quote::None, '\'') => open = Quote::Single,
                (Quote::None, '"') => open = Quote::Double,
                (Quote::Single, '\'') | (Quote::Double, '"') => open = Quote::None,
                (_, '\\') => self.escaped(open, &mut text),
                (Quote::None | Quote::Double, '$') => match self.variable() {
                    Some(value) => text.push_str(&value),
                    None => known = false,
                },
                (Quote::None | Quote::Double, '`') => known = false,
                (Quote::None, '(') => known = false,
                _ => text.push(c),
            }
        }
        let raw = start[..start.len() - self.rest.len()].to_string();
        Word { text: known.then_some(text), raw, open, redirects: false }
    }

    /// What a backslash stands for, with the character after it where that belongs to it.
    fn escaped(&mut self, open: Quote, text: &mut String) {
        let next = self.rest.chars().next();
        let takes = match (open, self.shell) {
            (Quote::None, _) => true,
            (Quote::Single, Shell::Fish) => matches!(next, Some('\\' | '\'')),
            (Quote::Single, _) => false,
            (Quote::Double, Shell::Fish) => matches!(next, Some('\\' | '"' | '$')),
            (Quote::Double, _) => matches!(next, Some('\\' | '"' | '$' | '`')),
        };
        match next {
            Some(next) if takes => {
                text.push(next);
                self.next();
            }
            // the first half of what is still to be typed
            None if open == Quote::None => {}
            _ => text.push('\\'),
        }
    }

    /// The value of the variable whose name comes after a `$`, if it is one of the environment.
    fn variable(&mut self) -> Option<String> {
        let (name, rest) = match self.rest.strip_prefix('{') {
            Some(inner) => inner.split_once('}')?,
            None => {
                let end = self.rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(self.rest.len());
                self.rest.split_at(end)
            }
        };
        let value = (self.variables)(name);
        self.rest = rest;
        value.filter(|_| !name.is_empty())
    }
}

impl Word {
    /// Returns the word with the home directory in the place of `~`, as an option for a path has it.
    pub fn expanded(&self, home: Option<&str>) -> Option<String> {
        let text = self.text.clone()?;
        match (text.strip_prefix('~'), home) {
            (Some(rest), Some(home)) if self.raw.starts_with('~') && (rest.is_empty() || rest.starts_with('/')) => {
                Some(format!("{home}{rest}"))
            }
            _ => Some(text),
        }
    }
}

/// Returns how bash wants a text to be written where a quote may be open.
pub fn quoted(text: &str, open: Quote) -> String {
    let mut written = String::with_capacity(text.len());
    for c in text.chars() {
        match open {
            Quote::Single if c == '\'' => written.push_str("'\\''"),
            Quote::Single => written.push(c),
            Quote::Double => {
                if matches!(c, '\\' | '"' | '$' | '`') {
                    written.push('\\');
                }
                written.push(c);
            }
            Quote::None => {
                if c.is_ascii() && !c.is_ascii_alphanumeric() && !"_@%+=:,./-".contains(c) {
                    written.push('\\');
                }
                written.push(c);
            }
        }
    }
    written
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn environment(name: &str) -> Option<String> {
        (name == "INV").then(|| "prod hosts".to_string())
    }

    fn texts(line: &str, shell: Shell) -> Vec<Option<String>> {
        words(line, shell, &environment).into_iter().map(|word| word.text).collect()
    }

    fn some(texts: &[&str]) -> Vec<Option<String>> {
        texts.iter().map(|text| Some(text.to_string())).collect()
    }

    #[test]
    fn words_end_at_blanks_outside_of_quotes() {
        let line = r#"regal-inventory -i 'a b' "c \$d" e\ f  why "#;
        let expected = some(&["regal-inventory", "-i", "a b", "c $d", "e f", "why", ""]);
        assert_eq!(texts(line, Shell::Bash), expected);
        assert_eq!(texts(line, Shell::Fish), expected);
        assert_eq!(texts(r"x 'it\'s'", Shell::Fish), some(&["x", "it's"]));
        assert_eq!(texts(r"x 'it'\''s'", Shell::Zsh), some(&["x", "it's"]));
    }

    #[test]
    fn a_word_may_be_open_at_its_end() {
        let last = |line| words(line, Shell::Bash, &environment).pop().unwrap();
        assert_eq!(last("x \"we b").open, Quote::Double);
        assert_eq!(last("x 'we b").text.unwrap(), "we b");
        assert_eq!(last(r"x we\").text.unwrap(), "we");
        assert_eq!(last("x ").text.unwrap(), "");
    }

    #[test]
    fn what_would_have_to_be_run_is_not_known() {
        assert_eq!(texts("x -i $INV \"${INV}/x\"", Shell::Bash)[2..], some(&["prod hosts", "prod hosts/x"]));
        for unknown in ["$(touch x)", "`touch x`", "$NOWHERE", "\"$(x)\"", "<(x)"] {
            let word = texts(&format!("x {unknown}"), Shell::Bash);
            assert!(word[1..].contains(&None), "{unknown}: {word:?}");
        }
        assert_eq!(texts("x '$(touch x)'", Shell::Bash), some(&["x", "$(touch x)"]));
    }

    #[test]
    fn home_is_meant_by_a_tilde_that_is_not_quoted() {
        let of = |raw| word(raw, Shell::Bash, &environment).expanded(Some("/home/ops")).unwrap();
        assert_eq!((of("~/x"), of("'~/x'"), of("~ops/x")), ("/home/ops/x".into(), "~/x".into(), "~ops/x".into()));
    }

    #[test]
    fn bash_reads_what_is_quoted_for_it_as_the_same_text() {
        let hard = "a b$c`d\"e'f\\g:h=i;j&k|l(m)n*o?p[q]r{s}t~u#v!w<x>y,z";
        for open in [Quote::None, Quote::Single, Quote::Double] {
            let mark = match open {
                Quote::None => "",
                Quote::Single => "'",
                Quote::Double => "\"",
            };
            let line = format!("{mark}{}{mark}", quoted(hard, open));
            assert_eq!(word(&line, Shell::Bash, &environment).text.unwrap(), hard);
        }
    }
}
