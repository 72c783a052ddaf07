//! What a command said of single hosts: a line each, `HOST ok` or `HOST lost MESSAGE`.

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::error::{Code, Location, Problem, Result};
use crate::shown::Shown;

/// The most that is read.
pub const MOST_BYTES: u64 = 16 << 20;

/// What was said of a host last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// It is done.
    Ok,
    /// It failed or could not be reached, with what was said of that.
    Lost(Option<String>),
}

/// What was said of hosts, by their names in the inventory.
pub type Results<'p> = IndexMap<&'p str, Report>;

/// Reads what a command wrote; of a host that is named twice, the last line counts. A host may be called by its address.
///
/// # Errors
/// A line that is none; a host that is not in the batch.
pub fn parse<'p>(
    group: &str,
    hosts: &[&'p str],
    addresses: &IndexMap<&str, &'p str>,
    text: &[u8],
) -> Result<Results<'p>> {
    let names: HashMap<&str, &'p str> = hosts.iter().map(|host| (*host, *host)).collect();
    let mut results = Results::new();
    for (number, line) in String::from_utf8_lossy(text).lines().enumerate() {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let whole = |message: String| {
            let at = Location { line: number + 1, ..Location::whole("ROLLOUT_RESULTS") };
            Problem::of(Code::InvalidResults, message).at(at)
        };
        let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim_start();
        let (word, message) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let Some(host) = names.get(name).or_else(|| addresses.get(name)) else {
            let problem = whole(format!("`{}` is not a host of {group}", Shown::new(name)));
            return Err(problem.hint("the command writes hosts of the batch, by the names of the inventory").into());
        };
        let report = match word {
            "ok" => Report::Ok,
            "lost" => Report::Lost(Some(message.trim().to_string()).filter(|message| !message.is_empty())),
            _ => {
                let problem = whole(format!("`{}` is neither `HOST ok` nor `HOST lost MESSAGE`", Shown::new(line)));
                return Err(problem.hint("one host per line, and a message only after lost").into());
            }
        };
        results.insert(host, report);
    }
    Ok(results)
}
