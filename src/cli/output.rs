//! Results on stdout or in a file.

use std::io::Write;
use std::path::Path;

use anyhow::Context;

use super::stage;

/// Writes a result to a file, whole or not at all, or to stdout.
///
/// # Errors
/// The file's folder or stdout cannot be written to.
pub fn write(result: &[u8], path: Option<&Path>) -> anyhow::Result<()> {
    write_by(|sink| sink.write_all(result), path)
}

/// Writes what `print` gives bit by bit to a file, whole or not at all, or to stdout or another stream.
///
/// # Errors
/// Those of [`write`].
pub fn write_by(print: impl FnOnce(&mut dyn Write) -> std::io::Result<()>, path: Option<&Path>) -> anyhow::Result<()> {
    match path {
        Some(path) if stage::is_stream(path) => {
            let what = || format!("{} cannot be written", path.display());
            print(&mut std::fs::OpenOptions::new().write(true).open(path).with_context(what)?).with_context(what)
        }
        Some(path) => stage::put_in_place(vec![stage::file(path, print)?]),
        None => {
            let mut stdout = std::io::stdout().lock();
            print(&mut stdout)?;
            Ok(stdout.flush()?)
        }
    }
}

/// Whether writing failed because nobody reads any more.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
