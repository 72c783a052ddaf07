//! Keys of a roster that become nothing here: each is said once, however many entries have it. Values are never quoted:
//! some are secrets.

use indexmap::IndexMap;

use crate::error::{Code, Problem};
use crate::nearest;
use crate::source::Reading;
use crate::text::Pos;
use crate::value::{Entry, Value};

/// How many keys are named one by one.
const NAMED: usize = 30;
/// Stands for all keys without a value that are not known.
const WORD: &str = "";
/// The keys that become something.
const READ: [&str; 9] = ["host", "port", "user", "priv", "sudo", "sudo_user", "timeout", "grains", "minion_opts"];
const OWN: &str = "only salt-ssh uses it; an exported roster does not have it, so keep your own for salt-ssh";
const KEEPALIVE: &str =
    "for Ansible, set `ansible_ssh_common_args: -o ServerAliveInterval=SECONDS -o ServerAliveCountMax=N`";
/// What else `SSH` and `Single` of `salt/client/ssh/__init__.py` take, with what to do about it.
const OTHERS: [(&str, &str); 21] = [
    (
        "passwd",
        "a password is not copied: use a key, or set `ansible_password`, and `ansible_become_password` for sudo, in a file \
         under Ansible's vault",
    ),
    ("priv_passwd", "a passphrase is not copied: load the key into an agent with ssh-add"),
    (
        "tty",
        "nothing to do as a rule: Ansible asks for a terminal itself, but for pipelining and `ansible_ssh_use_tty: false`",
    ),
    ("winrm", "Ansible would use ssh: set `ansible_connection: winrm` for these hosts, with the port of WinRM"),
    ("identities_only", "for Ansible, set `ansible_ssh_common_args: -o IdentitiesOnly=yes`"),
    ("ssh_options", "for Ansible, set `ansible_ssh_common_args`, with `-o` before each option"),
    ("remote_port_forwards", "for Ansible, set `ansible_ssh_extra_args`, with `-R` before each"),
    ("keepalive", KEEPALIVE),
    ("keepalive_interval", KEEPALIVE),
    ("keepalive_count_max", KEEPALIVE),
    ("ssh_pre_flight", "only salt-ssh runs it: with Ansible, run the script in a play of your own"),
    ("ssh_pre_flight_args", OWN),
    ("ssh_pre_hook", OWN),
    ("ssh_python_env", OWN),
    ("mods", OWN),
    ("thin_dir", OWN),
    ("cmd_umask", OWN),
    ("mine_functions", OWN),
    ("set_path", OWN),
    ("relenv", OWN),
    ("disable_wipe", OWN),
];

/// The keys that were skipped, in order of first appearance: where, of which id, and of how many more.
#[derive(Default)]
pub(in crate::source::salt) struct Passed<'a>(IndexMap<&'a str, (Pos, &'a str, usize)>);

impl<'a> Passed<'a> {
    /// Notes a key of an entry, unless it asks for nothing.
    pub fn note(&mut self, id: &'a str, entry: &Entry<'a>) {
        let known = READ.contains(&entry.key) || hint(entry.key).is_some();
        if !known || asks(entry.value) {
            // After an unquoted comma, as in `passwd: a,b`, stands a part of a password.
            let key = if !known && entry.value == Value::Null { WORD } else { entry.key };
            self.0.entry(key).and_modify(|(.., more)| *more += 1).or_insert((entry.at, id, 0));
        }
    }

    /// Warns of each key.
    pub fn say(&self, reading: &mut Reading<'_, '_>) {
        for (key, (at, id, more)) in self.0.iter().take(NAMED) {
            let of = match more {
                0 => format!("of `{id}`"),
                1 => format!("of `{id}` and one more"),
                more => format!("of `{id}` and {more} more"),
            };
            let (message, hint) = match hint(key) {
                Some(hint) => (format!("the roster's `{key}` {of} is ignored"), hint.to_string()),
                None if *key == "sudo_user" => (
                    format!("the roster's `{key}` {of} is ignored, as by salt-ssh without `sudo: true`"),
                    "add `sudo: true`, or take it out".to_string(),
                ),
                None if *key == WORD => (
                    format!("the entry of `{id}` has a word where `KEY: VALUE` belongs, which is ignored"),
                    "quote a text with a comma in it".to_string(),
                ),
                None => (format!("`{key}` {of} is not a roster key; salt-ssh ignores it, too"), meant(key)),
            };
            reading.found.warn(Problem::of(Code::Ignored, message).at(reading.texts.locate(*at)).hint(hint));
        }
        let more = self.0.len().saturating_sub(NAMED);
        if more > 0 {
            let problem = Problem::of(Code::Ignored, format!("{more} more keys of the roster are ignored"));
            reading.found.warn(problem.hint("check that the file is a roster"));
        }
    }
}

fn hint(key: &str) -> Option<&'static str> {
    OTHERS.iter().find(|(name, _)| *name == key).map(|(_, hint)| *hint)
}

fn meant(key: &str) -> String {
    match nearest::name(key, READ.into_iter().chain(OTHERS.map(|(name, _)| name))) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "remove it; write what should be known of a minion under `grains:`".to_string(),
    }
}

/// Whether a value asks for anything: Python takes the others for false.
fn asks(value: Value<'_>) -> bool {
    match value {
        Value::Null | Value::Bool(false, _) | Value::Int("0") | Value::Str("") => false,
        Value::List(items) | Value::Set(items) => !items.is_empty(),
        Value::Map(entries) => !entries.is_empty(),
        _ => true,
    }
}
