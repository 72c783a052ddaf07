//! Results on stdout or in a file.

use std::io::{BufWriter, IsTerminal, Write};
use std::os::fd::AsFd;
use std::path::Path;

use anyhow::Context;
use regal_inventory::emit::look::Look;
use regal_inventory::files::{self, Access};

use super::arguments::Color;
use super::messages;

/// Where a result goes, and who may read it there.
#[derive(Clone, Copy)]
pub struct Sink<'p> {
    /// The file; stdout without one.
    pub path: Option<&'p Path>,
    /// Who may read the file.
    pub access: Access,
    /// Of notes about the file.
    pub color: Color,
}

impl Sink<'_> {
    /// How a text for people looks there: on a terminal it has its width, and colors where those are wanted. A file has neither.
    pub fn look(self) -> Look {
        if self.path.is_some() {
            return Look::default();
        }
        let stdout = std::io::stdout();
        let columns = stdout.is_terminal().then(|| terminal_size::terminal_size_of(&stdout)).flatten();
        Look { columns: columns.map(|(width, _)| usize::from(width.0)), colors: self.color.is_on(&stdout) }
    }

    /// Writes a result to the file, whole or not at all, or to stdout.
    ///
    /// # Errors
    /// The file's folder or stdout cannot be written to.
    pub fn write(self, result: &[u8]) -> anyhow::Result<()> {
        self.write_by(|sink| sink.write_all(result))
    }

    /// Writes what `print` gives bit by bit to the file, whole or not at all, or to stdout or another stream.
    ///
    /// # Errors
    /// Those of [`Sink::write`].
    pub fn write_by(self, print: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> anyhow::Result<()> {
        match self.path {
            Some(path) if files::is_stream(path) => {
                let what = || format!("{} cannot be written", path.display());
                print(&mut std::fs::OpenOptions::new().write(true).open(path).with_context(what)?).with_context(what)
            }
            Some(path) => {
                let notes = files::put_in_place(vec![files::file(path, self.access, print)?])?;
                messages::warnings(&notes, self.color);
                Ok(())
            }
            None => {
                let mut stdout = std::io::stdout().lock();
                stdout.flush()?;
                // The stream itself looks for line ends in all that it is given; but it knows what to do where stdout is closed.
                let Ok(stream) = stdout.as_fd().try_clone_to_owned() else { return Ok(print(&mut stdout)?) };
                let mut stream = BufWriter::new(std::fs::File::from(stream));
                print(&mut stream)?;
                Ok(stream.flush()?)
            }
        }
    }
}

/// Whether writing failed because nobody reads any more.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
