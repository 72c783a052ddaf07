//! `hosts`: a file of hosts for each batch, for parallel-ssh, pdsh, clush, GNU parallel and Fabric.
//!
//! The files' names sort as the batches are rolled out: `01-shop-2.5.0_groupA.hosts`. A line is one bare host. Only
//! parallel-ssh and GNU parallel understand `USER@HOST:PORT`; what the inventory says of logins stands in `ssh_config`.

use super::address::has_zone;
use super::ids::Alphabet;
use super::{Export, File};
use crate::diagnostics::Diagnostics;
use crate::error::{Code, Problem, Result};

/// Names that are safe in a shell's glob and as an argument.
const FILE_NAMES: Alphabet = Alphabet {
    allows: |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-'),
    described: "letters, digits, `.`, `_`, `+` and `-`",
    longest: 180,
    caseless: false,
    spell: str::to_string,
};

pub(super) fn render(export: &Export<'_, '_>, found: &mut Diagnostics) -> Result<Vec<File>> {
    let ids = export.ids(&FILE_NAMES)?;
    let user = user(export, found).map(|user| format!("{user}@")).unwrap_or_default();
    let count = export.plan().rollouts.iter().map(|rollout| rollout.batches.len()).sum::<usize>();
    let width = count.to_string().len().max(2);
    let mut files: Vec<File> = Vec::with_capacity(count);
    let mut bare_ipv6 = None;
    let mut zone = None;
    for ((rollout, _), id) in export.rollouts().zip(&ids) {
        let addresses = export.addresses(rollout, found);
        for (batch, addresses) in rollout.batches.iter().zip(addresses) {
            let path = format!("{:0width$}-{id}_group{}.hosts", files.len() + 1, batch.stage);
            let mut text = String::new();
            // Where an address is missing there is a problem, and no result.
            for (host, address) in batch.hosts.iter().zip(addresses) {
                if address.contains(':') && export.options.ssh_port.is_none() {
                    bare_ipv6.get_or_insert((host, address));
                }
                if has_zone(address) {
                    zone.get_or_insert((host, address));
                }
                text.push_str(&user);
                text.push_str(address);
                if let Some(port) = export.options.ssh_port {
                    text.push_str(&format!(":{port}"));
                }
                text.push('\n');
            }
            files.push(File { path, bytes: text.into_bytes() });
        }
    }
    if let Some((host, address)) = bare_ipv6 {
        let address = export.shown_address(host, address);
        let message = format!("export {}: parallel-ssh would read the end of {address} as a port", export.format);
        found.warn(
            Problem::of(Code::Changed, message)
                .hint("for parallel-ssh, give the port with --ssh-port 22; pdsh and clush need it without"),
        );
    }
    if let Some((host, address)) = zone {
        let address = export.shown_address(host, address);
        let message = format!("export {}: GNU parallel stops at {address}, which has a zone", export.format);
        found.warn(Problem::of(Code::Changed, message).hint("use parallel-ssh with --ssh-port, pdsh or clush"));
    }
    files.extend(export.ssh_config(found));
    Ok(files)
}

/// The user of `--user`, which no program may take for an option or a template.
pub(super) fn user<'e>(export: &'e Export<'_, '_>, found: &mut Diagnostics) -> Option<&'e str> {
    let user = export.options.user.as_deref()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if user.is_empty() || user.starts_with('-') || !user.chars().all(plain) {
        let message = format!("`--user {user}` is not a valid user name for `export {}`", export.format);
        found.error(Problem::of(Code::InvalidOption, message).hint("use letters, digits, `.`, `_` and `-`"));
    }
    Some(user)
}
