//! Secrets that servers ask for.

use std::fmt;
use std::path::Path;

use crate::error::io_message;
use crate::policy::gates::Token;
use crate::source::Surroundings;

/// The most bytes of a file with a token.
const MOST: u64 = 64 << 10;

/// A token; no message shows it.
pub struct Secret(String);

impl Secret {
    /// Reads a token from where it is.
    ///
    /// # Errors
    /// There is none: why, without a word of it.
    pub fn read(token: &Token, surroundings: &Surroundings) -> Result<Self, String> {
        let (text, place) = match token {
            Token::File(path) => (of_file(&surroundings.folder.join(path)), format!("token_file {path}")),
            Token::Variable(name) => {
                let text = surroundings.variable(name).ok_or("the variable is not set");
                let text = text.and_then(|text| text.to_str().map(str::to_string).ok_or("it is no text"));
                (text.map_err(str::to_string), format!("token_variable {name}"))
            }
        };
        let text = text.map_err(|why| format!("{place}: {why}"))?;
        let text = text.trim();
        if text.is_empty() {
            return Err(format!("{place}: it is empty"));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!(
                "{place}: it has characters that no token has; there may be one token, and nothing else"
            ));
        }
        Ok(Secret(text.to_string()))
    }

    /// What stands in the header.
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

fn of_file(path: &Path) -> Result<String, String> {
    use std::io::Read;
    let mut text = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| io_message(&error))?;
    file.take(MOST + 1).read_to_end(&mut text).map_err(|error| io_message(&error))?;
    if text.len() as u64 > MOST {
        return Err("it is too long for a token".to_string());
    }
    String::from_utf8(text).map_err(|_| "it is no text".to_string())
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_token_is_read_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let token = Token::File(path.display().to_string());
        let read = || Secret::read(&token, &Surroundings::default());
        assert!(read().unwrap_err().contains("token_file"));
        for (text, is_one) in
            [("s3cret\n", true), ("", false), ("\n", false), ("s3cret two", false), ("s3cr\u{e9}t", false)]
        {
            std::fs::write(&path, text).unwrap();
            match read() {
                Ok(secret) => {
                    assert!(is_one && secret.bearer() == "Bearer s3cret" && format!("{secret:?}") == "Secret");
                }
                Err(why) => assert!(!is_one && !why.contains("s3cr"), "{why}"),
            }
        }
        let variables = [("TOKEN".into(), "s3cret".into())].into_iter().collect();
        let surroundings = Surroundings { variables, ..Surroundings::default() };
        let of_variable = Token::Variable("TOKEN".into());
        assert!(Secret::read(&of_variable, &Surroundings::default()).unwrap_err().contains("token_variable TOKEN"));
        let secret = Secret::read(&of_variable, &surroundings).unwrap();
        assert_eq!(secret.bearer(), "Bearer s3cret");
    }
}
