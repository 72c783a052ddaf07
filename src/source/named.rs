//! A source of inventory, as it was named.

use std::fmt;
use std::path::PathBuf;

use super::salt::Part;
use crate::error::Location;

/// A source of inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file, a folder, a program or a pipe.
    Path(Named),
    /// The names of hosts, separated by commas.
    Hosts(String),
    /// Salt's files and folders by what they hold.
    Salt(Vec<(Part, Named)>),
}

/// A path, and where it was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The path to read.
    pub path: PathBuf,
    /// Where it was named, for messages.
    pub at: Option<Location>,
}

impl Source {
    /// A path that was named nowhere.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Source::Path(Named { path: path.into(), at: None })
    }
}

impl fmt::Display for Source {
    /// Writes the source as messages and reports name it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Path(named) => named.path.display().fmt(f),
            Source::Hosts(hosts) => f.write_str(hosts),
            Source::Salt(parts) => {
                f.write_str("salt: ")?;
                for (i, (part, named)) in parts.iter().enumerate() {
                    let comma = if i > 0 { ", " } else { "" };
                    write!(f, "{comma}{}={}", part.name(), named.path.display())?;
                }
                Ok(())
            }
        }
    }
}
