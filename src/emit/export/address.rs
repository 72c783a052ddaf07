//! What one connects to, and which texts may stand where a host is expected.
//!
//! Elsewhere a host may have nearly any name; in a file of hosts `-oProxyCommand=…` is an option that runs a program, and
//! `127.0.0.2:80; } server {` is configuration. So these formats take addresses and DNS names only.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Export;
use super::options::Port;
use crate::diagnostics::Diagnostics;
use crate::emit::connection::HOST;
use crate::error::{Code, Problem};
use crate::plan::Rollout;
use crate::shown::Shown;
use crate::value::Value;
use crate::value::is_template;

/// The longest DNS name and the longest part of one.
const LONGEST: usize = 253;
const LONGEST_LABEL: usize = 63;

impl<'a> Export<'_, 'a> {
    /// What one connects to: a host's `ansible_host`, or its name where it has none or names are asked for.
    ///
    /// # Errors
    /// An `ansible_host` that is not plain text, or one that is not an address or a DNS name.
    pub fn address(&self, host: &'a str) -> Result<&'a str, Problem> {
        let set = if self.options.by_name { None } else { self.host_variable(host) };
        let Some((name, value)) = set else {
            return fault(host).map_or(Ok(host), |why| Err(self.refuse(host, why).hint(ALPHABET)));
        };
        let by_name = "give it an address, or use --by-name to connect to hosts by their names";
        let Some(address) = value.text() else {
            return Err(self.refuse(host, format!("its `{name}` is not text")).hint(by_name));
        };
        if is_template(address) {
            let why = format!("its `{name}` is a template, which only Ansible resolves");
            return Err(self.refuse(host, why).hint(by_name));
        }
        match fault(address) {
            None => Ok(address),
            Some(why) => {
                let address = self.shown(host, name, address);
                // what is wrong with it shows a part of it
                let why = self.shown(host, name, &why);
                Err(self.refuse(host, format!("its address `{address}`: {why}")).hint(ALPHABET))
            }
        }
    }

    /// A host's address as a message shows it.
    pub(super) fn shown_address<'t>(&self, host: &str, address: &'t str) -> Shown<'t> {
        match self.host_variable(host) {
            Some((name, _)) if address != host => self.shown(host, name, address),
            _ => Shown::new(address),
        }
    }

    /// The port of a host's service as a message shows it.
    pub(super) fn shown_port(&self, host: &str, port: u16) -> String {
        let text = port.to_string();
        match &self.options.port {
            Some(Port::Variable(name)) => self.shown(host, name, &text).to_string(),
            _ => text,
        }
    }

    /// The variable that says what a host is connected to; as with Ansible's ssh plugin, the older one wins.
    fn host_variable(&self, host: &str) -> Option<(&'static str, Value<'a>)> {
        let mut set = HOST.iter().rev().filter_map(|name| Some((*name, self.variable(host, name)?)));
        set.find(|(_, value)| *value != Value::Null)
    }

    /// The addresses of each batch, in order. Two hosts of one address would be worked on twice, perhaps in two batches.
    pub fn addresses(&self, rollout: &Rollout<'a>, found: &mut Diagnostics) -> Vec<Vec<&'a str>> {
        let mut owners: HashMap<String, &str> = HashMap::with_capacity(rollout.host_count());
        let mut address = |host: &&'a str| match self.address(host) {
            Ok(address) => {
                if let Some(other) = owners.insert(canonical(address), host) {
                    let shown = self.shown_address(host, address);
                    let problem = self.refuse(host, format!("its address {shown} is that of `{other}`"));
                    found.error(problem.hint("give each host an address of its own, or use --by-name"));
                }
                Some(address)
            }
            Err(problem) => {
                found.error(problem);
                None
            }
        };
        rollout.batches.iter().map(|batch| batch.hosts.iter().filter_map(&mut address).collect()).collect()
    }
}

impl<'e> Export<'e, '_> {
    /// What `--port` says.
    ///
    /// # Errors
    /// It was not given.
    pub(super) fn service_port(&self) -> Result<&'e Port, Problem> {
        self.options.port.as_ref().ok_or_else(|| {
            let problem =
                Problem::of(Code::InvalidOption, format!("export {} needs the port of the service", self.format));
            problem.hint("give it with --port 8080, or --port VARIABLE where hosts have it as a variable")
        })
    }

    /// The port of the service on a host.
    ///
    /// # Errors
    /// A host without the variable, or where it holds no port.
    pub(super) fn port(&self, host: &str, port: &Port) -> Result<u16, Problem> {
        let name = match port {
            Port::Number(port) => return Ok(*port),
            Port::Variable(name) => name,
        };
        let value = self.variable(host, name).and_then(|value| value.text());
        value.and_then(|text| text.parse().ok()).filter(|port| *port > 0).ok_or_else(|| match value {
            None => self.refuse(host, format!("it has no variable `{name}` for `--port`")),
            Some(text) => {
                let text = self.shown(host, name, text);
                self.refuse(host, format!("its `{name}` is `{text}`, which is not a valid port"))
            }
        })
    }
}

/// What [`fault`] takes.
pub const ALPHABET: &str =
    "a host here is an IP address or a DNS name: letters, digits, `-`, `_`, with dots between its parts";

/// Why a text is neither an IP address, one of IPv6 perhaps with a zone, nor a DNS name, perhaps with a dot at its end.
pub fn fault(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("it is empty".to_string());
    }
    if text.parse::<Ipv4Addr>().is_ok() || text.parse::<Ipv6Addr>().is_ok() {
        return None;
    }
    if let Some((Ok(ip), zone)) = text.split_once('%').map(|(ip, zone)| (ip.parse::<Ipv6Addr>(), zone)) {
        return zone_fault(ip, zone);
    }
    let text = text.strip_suffix('.').unwrap_or(text);
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if let Some(c) = text.chars().find(|c| !allowed(*c)) {
        return Some(match c {
            ' ' => "it has a space".to_string(),
            _ => format!("it has a `{}`", c.escape_debug()),
        });
    }
    if text.len() > LONGEST {
        return Some(format!("it has {} characters, and a name may have {LONGEST}", text.len()));
    }
    text.split('.').find_map(label_fault).or_else(|| {
        let last = text.rsplit('.').next().unwrap_or_default();
        let digits = last.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| "its last part is a number, and it is not an IPv4 address".to_string())
    })
}

/// Resolvers know a zone of link-local addresses alone.
fn zone_fault(ip: Ipv6Addr, zone: &str) -> Option<String> {
    if !ip.is_unicast_link_local() {
        return Some("only an address in fe80::/10 has a zone".to_string());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let named = !zone.is_empty() && zone.chars().all(plain);
    (!named).then(|| "after `%` stands the name of an interface, such as `eth0`".to_string())
}

/// Whether an address names the interface behind which it is, `fe80::1%eth0`.
pub(super) fn has_zone(address: &str) -> bool {
    address.contains('%')
}

fn label_fault(label: &str) -> Option<String> {
    if label.is_empty() {
        return Some("a part between dots is empty".to_string());
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Some(format!("`{label}` starts or ends with `-`"));
    }
    (label.len() > LONGEST_LABEL).then(|| format!("`{label}` has more than {LONGEST_LABEL} characters"))
}

/// An address as all ways to write it: `2001:DB8:0::5` and `2001:db8::5` are one, `WEB1`, `web1` and `web1.` too. The names of
/// interfaces have upper and lower case.
pub(super) fn canonical(address: &str) -> String {
    let (ip, zone) = address.split_at(address.find('%').unwrap_or(address.len()));
    match ip.parse::<IpAddr>() {
        Ok(ip) => format!("{}{zone}", ip.to_canonical()),
        Err(_) => address.strip_suffix('.').unwrap_or(address).to_ascii_lowercase(),
    }
}

/// Whether an address is an IP address, so that nobody has to resolve it.
pub(super) fn is_ip(address: &str) -> bool {
    address.parse::<IpAddr>().is_ok()
}

/// An address with a port, brackets around one of IPv6.
pub(super) fn with_port(address: &str, port: u16) -> String {
    if address.contains(':') { format!("[{address}]:{port}") } else { format!("{address}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names_are_taken() {
        for good in [
            "10.0.0.2",
            "::1",
            "2001:db8::5",
            "web1",
            "web-1.example.org",
            "a_b",
            "_x",
            "1web",
            "x.1y",
            "web1.",
            "web1.example.com.",
            "fe80::1%eth0",
            "FE80::1%2",
            "fe80::1%br-lan.7",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let long = "a".repeat(64);
        let longer = ["a"; 140].join(".");
        for bad in [
            "",
            "-oProxyCommand=touch${IFS}/tmp/x",
            "-web",
            "web-",
            "web 1",
            "web1\n",
            "web1\r",
            "\u{feff}web1",
            "127.0.0.2:80; } server {",
            "10.1.1.1.1.5",
            "10.1.1.256",
            "010.1.1.1",
            "123",
            "2001:db8::5%eth0",
            "::1%lo",
            "fe80::1%",
            "fe80::1%eth0%1",
            "fe80::1%$(x)",
            "fe80::1%eth0 -l",
            "10.0.0.1%eth0",
            "web1%eth0",
            "a..b",
            "a..",
            ".",
            "10.0.0.1.",
            "fe80::1.",
            ".a",
            "user@web1",
            "web1:22",
            "web[1-3]",
            "@all",
            "é",
            "a,b",
            "a/b",
            "$(x)",
            &long,
            &longer,
        ] {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn one_address_is_known_in_all_its_spellings() {
        for (a, b) in [("WEB1.example.com.", "web1.example.com"), ("FE80:0::1%eth0", "fe80::1%eth0"), ("web1", "web1.")]
        {
            assert_eq!(canonical(a), canonical(b));
        }
        for (a, b) in [("fe80::1%eth0", "fe80::1%eth1"), ("fe80::1%eth0", "fe80::1"), ("fe80::1%eth0", "fe80::1%ETH0")]
        {
            assert_ne!(canonical(a), canonical(b));
        }
    }

    #[test]
    fn ports_stand_behind_brackets() {
        assert_eq!(with_port("fe80::1%eth0", 80), "[fe80::1%eth0]:80");
        assert_eq!(with_port("::1", 80), "[::1]:80");
        assert_eq!(with_port("web1", 80), "web1:80");
    }
}
