//! Which `ansible.cfg` is used: that of `ANSIBLE_CONFIG`, of the working directory, of the home folder, of the system.
//!
//! The rules are those of ansible-core 2.19, `config/manager.py`, `find_ini_config_file`.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::{Code, Location, Problem};
use crate::source::Surroundings;
use crate::source::paths::expanded;

/// The name of the file.
const NAME: &str = "ansible.cfg";
/// That of the system.
const SYSTEM: &str = "/etc/ansible/ansible.cfg";

/// The first file that is there and may be read, as the user would write it. One of a working directory that everybody may
/// write to is not used, which is a warning.
pub(super) fn find(surroundings: &Surroundings, warnings: &mut Vec<Problem>) -> Option<PathBuf> {
    let variable = |name: &str| surroundings.variable(name).map(ToOwned::to_owned);
    let named = surroundings.variable("ANSIBLE_CONFIG").map(|named| {
        let path = surroundings.folder.join(expanded(&named.to_string_lossy(), &variable));
        if path.as_os_str().is_empty() || path.is_dir() { path.join(NAME) } else { path }
    });
    if let Some(path) = named.filter(|path| is_readable(path)) {
        return Some(path);
    }
    let here = surroundings.folder.join(NAME);
    match everybody_writes(&surroundings.folder) {
        Some(true) if here.exists() => warnings.push(not_used(&here)),
        Some(false) if is_readable(&here) => return Some(here),
        _ => {}
    }
    [expanded("~/.ansible.cfg", &variable), PathBuf::from(SYSTEM)].into_iter().find(|path| is_readable(path))
}

fn is_readable(path: &Path) -> bool {
    path.exists() && rustix::fs::access(path, rustix::fs::Access::READ_OK).is_ok()
}

/// Whether everybody may write to the working directory; nothing where that cannot be known.
fn everybody_writes(folder: &Path) -> Option<bool> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    folder.metadata().ok().map(|metadata| metadata.mode() & 0o002 != 0)
}

fn not_used(path: &Path) -> Problem {
    let message = "this file is not used, since everybody may write to its folder: Ansible does not use it either";
    Problem::of(Code::InvalidConfiguration, message)
        .at(Location::whole(path.display().to_string()))
        .hint("take the right from others: chmod o-w FOLDER; or name the file: ANSIBLE_CONFIG=./ansible.cfg")
}
