//! Results on stdout or in a file.

use std::io::Write;
use std::path::Path;

use anyhow::Context;

/// Writes a result to a file, whole or not at all, or to stdout.
///
/// # Errors
/// The file's folder or stdout cannot be written to.
pub fn write(result: &[u8], path: Option<&Path>) -> anyhow::Result<()> {
    write_by(|sink| sink.write_all(result), path)
}

/// Writes what `print` gives bit by bit to a file, whole or not at all, or to stdout.
///
/// # Errors
/// Those of [`write`].
pub fn write_by(print: impl FnOnce(&mut dyn Write) -> std::io::Result<()>, path: Option<&Path>) -> anyhow::Result<()> {
    match path {
        Some(path) => replace(path, print).with_context(|| format!("{} cannot be written", path.display())),
        None => {
            let mut stdout = std::io::stdout().lock();
            print(&mut stdout)?;
            Ok(stdout.flush()?)
        }
    }
}

/// Writes beside the file and renames, so that a reader sees the old or the new one.
fn replace(path: &Path, print: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}.{}.tmp", std::process::id()));
    let written = (|| {
        let mut file = std::fs::File::create_new(&temporary)?;
        print(&mut file)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    })();
    if written.is_err() {
        // What matters is the first error.
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

/// Whether writing failed because nobody reads any more.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
