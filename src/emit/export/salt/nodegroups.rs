//! Nodegroups, for the master's `master.d`.
//!
//! Lists and no targets: a text would have to be read as one first. `salt-ssh -N` reads `ssh_list_nodegroups` only.

use super::Export;
use crate::diagnostics::Diagnostics;
use crate::error::{Code, Error, Problem, Result};
use crate::value::write_yaml_string;

pub(in super::super) fn render(export: &Export<'_, '_>, found: &mut Diagnostics) -> Result<Vec<u8>> {
    Error::unless_any(export.check_ids(), ())?;
    export.warn_of_keys(found);
    if let Some(main) = export.master.and_then(|master| master.main_nodegroups.as_ref()) {
        let message = "these nodegroups will be gone from the master: those of a file in master.d replace them";
        let hint = "move them into a file of their own in master.d";
        found.warn(Problem::of(Code::Changed, message).at(main.clone()).hint(hint));
    }
    let mut out = export.salt_head().into_bytes();
    out.extend_from_slice(
        b"# The one file for the batches: save it as master.d/regal-inventory.conf. salt and salt-run read it at every call; a\n\
          # running master, which the reactor and salt-api ask, at its start.\n",
    );
    let mut empty = true;
    for (rollout, names) in export.rollouts() {
        for (batch, group) in rollout.batches.iter().zip(&names.batches) {
            if std::mem::take(&mut empty) {
                out.extend_from_slice(b"nodegroups: &batches\n");
            }
            out.extend_from_slice(b"  ");
            write_yaml_string(group, &mut out);
            out.extend_from_slice(b":\n");
            for host in &batch.hosts {
                out.extend_from_slice(b"    - ");
                write_yaml_string(host, &mut out);
                out.push(b'\n');
            }
        }
    }
    out.extend_from_slice(if empty { b"nodegroups: {}\n" } else { b"ssh_list_nodegroups: *batches\n" });
    Ok(out)
}
