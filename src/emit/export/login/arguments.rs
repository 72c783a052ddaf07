//! Arguments for ssh, which Ansible hands on as they are: what of them leads to the host is taken as data, by name.
//!
//! Nothing of it is ever written as it stands. A command, another configuration and another host are refused, since
//! without them one would get to another machine; of all else only the name is told.

use super::{fault_of_path, fault_of_user};
use crate::emit::export::address;

/// Letters of ssh's that stand alone, and those with a value.
const FLAGS: &str = "1246AaCfGgKkMNnqsTtVvXxYy";
const WITH_VALUE: &str = "BbcDEeFIiJLlmOoPpQRSWw";

/// What arguments say; of a port, a user and a jump host the first counts, as with ssh.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub port: Option<u16>,
    pub user: Option<String>,
    pub keys: Vec<String>,
    pub jump: Option<String>,
    /// Names of the options that are not taken.
    pub others: Vec<String>,
}

/// Reads arguments as Ansible and ssh do.
///
/// # Errors
/// Why they cannot be taken, without anything of theirs.
pub(super) fn read(text: &str) -> Result<Said, &'static str> {
    // Here shlex would begin a comment, and Ansible does not.
    if text.contains('#') {
        return Err("has a `#`");
    }
    let words = shlex::split(text).ok_or("has a quote that is not closed")?;
    let mut said = Said::default();
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let letters = word.strip_prefix('-').filter(|letters| !letters.is_empty() && *letters != "-");
        let letters = letters.ok_or("has a word that ssh would read as the host")?;
        for (at, letter) in letters.char_indices() {
            if FLAGS.contains(letter) {
                said.others.push(format!("-{letter}"));
            } else if WITH_VALUE.contains(letter) {
                let rest = &letters[at + 1..];
                let value = if rest.is_empty() { words.next().ok_or("ends before the last value")? } else { rest };
                said.option(letter, value)?;
                break;
            } else {
                return Err("has an option that ssh does not have");
            }
        }
    }
    Ok(said)
}

impl Said {
    fn option(&mut self, letter: char, value: &str) -> Result<(), &'static str> {
        match letter {
            'p' => self.keyword("port", value),
            'l' => self.keyword("user", value),
            'i' => self.keyword("identityfile", value),
            'J' => self.keyword("proxyjump", value),
            'F' => Err("names another configuration with -F"),
            'o' => {
                let value = value.trim_start();
                let end = value.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(value.len());
                let (keyword, value) = value.split_at(end);
                let value = value.trim();
                self.keyword(keyword, value.strip_prefix('=').unwrap_or(value).trim_start())
            }
            _ => {
                self.others.push(format!("-{letter}"));
                Ok(())
            }
        }
    }

    fn keyword(&mut self, keyword: &str, value: &str) -> Result<(), &'static str> {
        let bare = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        match keyword.to_ascii_lowercase().as_str() {
            "port" => {
                let port = bare.parse().ok().filter(|port| *port > 0).ok_or("has a port that is not valid")?;
                self.port.get_or_insert(port);
            }
            "user" => {
                fault_of_user(bare).map_or(Ok(()), |_| Err("has a user that cannot be written"))?;
                self.user.get_or_insert_with(|| bare.to_string());
            }
            "identityfile" => {
                fault_of_path(bare).map_or(Ok(()), |_| Err("has a key file that cannot be written"))?;
                self.keys.push(bare.to_string());
            }
            "proxyjump" if self.jump.is_none() => {
                let jump = bare.split(',').all(is_hop).then(|| bare.to_string());
                self.jump = Some(jump.ok_or("has a ProxyJump that is not a list of hosts")?);
            }
            "proxycommand" if self.jump.is_none() => {
                let jump =
                    hop_of_command(value).ok_or("has a ProxyCommand, and a command is not taken from an inventory")?;
                self.jump = Some(jump);
            }
            "proxyjump" | "proxycommand" => {}
            "hostname" => return Err("names another host with HostName"),
            "include" => return Err("names another configuration with Include"),
            "host" | "match" => return Err("has a condition (Host, Match)"),
            _ => self.others.push(keyword.to_string()),
        }
        Ok(())
    }
}

/// Whether one of the jump hosts is this one, which then is reached without them.
pub(super) fn goes_through(jump: &str, address: &str) -> bool {
    jump.split(',').any(|hop| address::canonical(parts(hop).1) == address::canonical(address))
}

/// User, host and port of `[USER@]HOST[:PORT]`.
fn parts(hop: &str) -> (Option<&str>, &str, Option<&str>) {
    let hop = hop.strip_prefix("ssh://").unwrap_or(hop);
    let (user, host) = hop.rsplit_once('@').map_or((None, hop), |(user, host)| (Some(user), host));
    let (host, port) = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, rest)) => (host, Some(rest.strip_prefix(':').unwrap_or_default())),
        None => host.split_once(':').map_or((host, None), |(host, port)| (host, Some(port))),
    };
    (user, host, port)
}

/// Whether a text is `[USER@]HOST[:PORT]`; ssh gives it to a shell.
fn is_hop(hop: &str) -> bool {
    let (user, host, port) = parts(hop);
    user.is_none_or(|user| !user.is_empty() && fault_of_user(user).is_none())
        && !host.contains('%')
        && address::fault(host).is_none()
        && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

/// The host through which `ssh -W %h:%p -q USER@HOST` goes, the way of before ProxyJump; none for any other command.
fn hop_of_command(command: &str) -> Option<String> {
    if command.eq_ignore_ascii_case("none") {
        return Some("none".to_string());
    }
    let words = shlex::split(command)?;
    let mut words = words.iter().map(String::as_str);
    let (mut forwards, mut user, mut port, mut host) = (false, None, None, None);
    if words.next()? != "ssh" {
        return None;
    }
    while let Some(word) = words.next() {
        match word {
            "-W" => forwards = ["%h:%p", "[%h]:%p"].contains(&words.next()?),
            "-q" => {}
            "-p" if port.is_none() => port = Some(words.next()?),
            "-l" if user.is_none() => user = Some(words.next()?),
            _ if host.is_none() => host = Some(word),
            _ => return None,
        }
    }
    let user = user.map(|user| format!("{user}@")).unwrap_or_default();
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let hop = format!("{user}{}{port}", host?);
    (forwards && !hop.contains(',') && is_hop(&hop)).then_some(hop)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn jump(text: &str) -> Option<String> {
        read(text).unwrap().jump
    }

    #[test]
    fn what_leads_to_the_host_is_taken() {
        let said = read(
            "-C -qp2222 -l deploy -i '~/keys/a b' -o IdentityFile=\"\\\"k2\\\"\" -J bastion -o ControlPersist=60s -o 'user x'",
        );
        let list = |items: &[&str]| items.iter().map(std::string::ToString::to_string).collect::<Vec<_>>();
        let expected = Said {
            port: Some(2222),
            user: Some("deploy".into()),
            keys: list(&["~/keys/a b", "k2"]),
            jump: Some("bastion".into()),
            others: list(&["-C", "-q", "ControlPersist"]),
        };
        assert_eq!(said, Ok(expected));
        assert_eq!(read(""), Ok(Said::default()));
        // The first counts, whichever way it is said.
        assert_eq!(jump("-oProxyJump=a -o ProxyCommand='nc x' -J b").as_deref(), Some("a"));
        assert_eq!(
            jump("-o proxyjump=deploy@a:2222,[2001:db8::1]:22,ssh://c").as_deref(),
            Some("deploy@a:2222,[2001:db8::1]:22,ssh://c")
        );
        assert_eq!(jump("-J none").as_deref(), Some("none"));
    }

    #[test]
    fn a_command_that_only_jumps_is_a_jump() {
        for (command, expected) in [
            ("ssh -W %h:%p -q deploy@bastion.example.org", "deploy@bastion.example.org"),
            ("ssh -q -p 2222 -l deploy bastion -W [%h]:%p", "deploy@bastion:2222"),
            ("none", "none"),
        ] {
            assert_eq!(jump(&format!("-o ProxyCommand='{command}'")).as_deref(), Some(expected), "{command}");
            assert_eq!(jump(&format!("-o ProxyCommand=\"{command}\"")).as_deref(), Some(expected), "{command}");
        }
    }

    #[test]
    fn nothing_that_would_run_or_lead_elsewhere_is_taken() {
        for text in [
            "-o ProxyCommand='touch /tmp/x'",
            "-oProxyCommand=touch${IFS}/tmp/x",
            "-o 'ProxyCommand ssh -W %h:%p bastion; touch x'",
            "-o ProxyCommand='ssh -W %h:%p $(touch x)'",
            "-o ProxyCommand='ssh -W other:22 bastion'",
            "-o ProxyCommand='ssh -W %h:%p -o ProxyCommand=x bastion'",
            "-o ProxyCommand='ssh -W %h:%p a,b'",
            "-o ProxyCommand='ssh bastion nc %h %p'",
            "-o ProxyCommand=",
            "-J '-oProxyCommand=x'",
            "-J 'a;touch x'",
            "-J 'a`x`'",
            "-J 'a b'",
            "-J a,-b",
            "-J '$(x)@a'",
            "-J @a",
            "-J a:99999",
            "-J %h",
            "-J 2001:db8::1",
            "-J [fe80::1%eth0]",
            "-J ''",
            "-J \"a\nProxyCommand x\"",
            "-F ssh.cfg",
            "-o HostName=other",
            "-o Include=x",
            "-o 'Match exec x'",
            "-o 'Host *'",
            "-l '-x'",
            "-l 'a b'",
            "-o User='$(x)'",
            "-p 0",
            "-p 22x",
            "-i '-x'",
            "-i \"a\nProxyCommand x\"",
            "-o 'IdentityFile \"a\" \"b\"'",
            "web1",
            "-- web1",
            "-",
            "-p",
            "-Z",
            "-o 'a",
            "-J a # b",
        ] {
            assert!(read(text).is_err(), "{text}: {:?}", read(text));
        }
        // These are named, and not taken.
        let said =
            read("-o LocalCommand='touch x' -o PermitLocalCommand=yes -o 'KnownHostsCommand x' -R 1:a:2 -oSetEnv=A=b");
        let others = ["LocalCommand", "PermitLocalCommand", "KnownHostsCommand", "-R", "SetEnv"];
        assert_eq!(said, Ok(Said { others: others.map(String::from).to_vec(), ..Said::default() }));
    }
}
