//! The last line of the file: the digest of all lines before it.

use sha2::{Digest, Sha256};

use super::MAKE_ANOTHER;
use crate::error::{Code, Problem};

/// What stands before the digits.
const MARK: &str = "# sha256: ";

/// Returns the text with its digest at the end.
pub(super) fn signed(body: &str) -> String {
    format!("{body}{MARK}{}\n", sha256(body))
}

/// Succeeds if the last line is the digest of all before it.
///
/// # Errors
/// There is no such line, or the text is another one.
pub(super) fn check(text: &str) -> Result<(), Problem> {
    let problem = |message: &str| Problem::of(Code::InvalidPlan, message).hint(MAKE_ANOTHER);
    let start = text.strip_suffix('\n').map(|lines| lines.rfind('\n').map_or(0, |end| end + 1));
    let last = start.and_then(|start| Some((start, text[start..].trim_end_matches('\n').strip_prefix(MARK)?)));
    let Some((start, digits)) = last else {
        return Err(problem("the frozen plan is not whole: its last line is not its digest"));
    };
    if sha256(&text[..start]) == digits {
        return Ok(());
    }
    if text.contains("\r\n") && check(&text.replace("\r\n", "\n")).is_ok() {
        return Err(problem("the lines of the frozen plan end with CR LF: they were changed after it was saved").hint(
            "git does so under core.autocrlf: write `*.rollout.yml -text` into .gitattributes, then check the file out again",
        ));
    }
    Err(problem("the frozen plan was changed after it was saved: its digest does not match"))
}

/// Returns the SHA-256 of a text in hexadecimal digits.
pub(super) fn sha256(text: &str) -> String {
    base16ct::lower::encode_string(&Sha256::digest(text))
}
