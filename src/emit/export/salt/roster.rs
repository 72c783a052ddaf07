//! A flat roster, for `salt-ssh`, which fills it in as a template of Jinja's: what would be one is refused.

use super::super::hosts;
use super::super::login::Logins;
use super::{Export, fault};
use crate::diagnostics::Diagnostics;
use crate::error::{Problem, Result};
use crate::value::is_template;
use crate::value::write_yaml_string;

pub(in super::super) fn render(export: &Export<'_, '_>, found: &mut Diagnostics) -> Result<Vec<u8>> {
    found.error_all(export.check_ids());
    let user = hosts::user(export, found);
    let mut out = export.salt_head().into_bytes();
    let mut logins = Logins::new(export);
    let mut written = std::collections::HashSet::new();
    let hosts = export.rollouts().flat_map(|(rollout, _)| &rollout.batches).flat_map(|batch| &batch.hosts);
    for host in hosts.copied().filter(|host| fault(host).is_none() && written.insert(*host)) {
        match entry(export, &mut logins, host, user) {
            Ok(lines) => {
                write_yaml_string(host, &mut out);
                out.extend_from_slice(b":\n");
                out.extend_from_slice(&lines);
            }
            Err(problem) => found.error(problem),
        }
    }
    logins.warn(export, found);
    Ok(out)
}

/// How one connects to a host, indented.
fn entry<'a>(
    export: &Export<'_, 'a>,
    logins: &mut Logins<'_, 'a>,
    host: &'a str,
    user: Option<&str>,
) -> std::result::Result<Vec<u8>, Problem> {
    let address = export.address(host)?;
    if is_template(address) {
        return Err(export.refuse(host, "its address is a template").hint("give it as plain text, or use --by-name"));
    }
    let mut out = b"  host: ".to_vec();
    write_yaml_string(address, &mut out);
    out.push(b'\n');
    let login = logins.of(export, host)?;
    let user = user.or(login.user.as_deref());
    if let Some(user) = user {
        out.extend_from_slice(b"  user: ");
        write_yaml_string(user, &mut out);
        out.push(b'\n');
    }
    if let Some(port) = export.options.ssh_port.or(login.port) {
        out.extend_from_slice(format!("  port: {port}\n").as_bytes());
    }
    if let Some(key) = &login.key {
        whole(export, host, key)?;
        out.extend_from_slice(b"  priv: ");
        write_yaml_string(key, &mut out);
        out.push(b'\n');
    }
    write_sudo(logins, host, login.becomes, &mut out);
    if let Some(jump) = &login.jump {
        // As with the key, Salt writes it into a command line that it then splits.
        let jump = shlex::try_quote(jump).unwrap_or_else(|_| jump.into());
        out.extend_from_slice(b"  ssh_options:\n    - ");
        write_yaml_string(&format!("ProxyJump={jump}"), &mut out);
        out.push(b'\n');
    }
    Ok(out)
}

/// The user that one becomes, which is a roster's by sudo alone.
fn write_sudo<'a>(logins: &mut Logins<'_, 'a>, host: &'a str, becomes: Option<&str>, out: &mut Vec<u8>) {
    let Some(becomes) = becomes else { return };
    if let Some(name) = logins.other_method(host) {
        return logins.leave_out(name, host);
    }
    out.extend_from_slice(b"  sudo: true\n");
    if becomes != "root" {
        out.extend_from_slice(b"  sudo_user: ");
        write_yaml_string(becomes, out);
        out.push(b'\n');
    }
}

/// Refuses a key file that Salt would fill in as a template, or take apart: it writes `-o IdentityFile=KEY` into a command
/// line and splits that as a shell does, so that `KEY -o ProxyCommand=…` would run a program.
fn whole(export: &Export<'_, '_>, host: &str, key: &str) -> std::result::Result<(), Problem> {
    let splits = |c: char| c.is_whitespace() || c == '\'';
    let why = if is_template(key) {
        "is a template, which only Ansible fills in"
    } else if key.contains(splits) {
        "has a space or a quote, at which Salt takes it apart"
    } else {
        return Ok(());
    };
    Err(export.refuse(host, format!("its key file {why}")).hint("give it as plain text without spaces and quotes"))
}
