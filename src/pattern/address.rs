//! Host names with a port, as Ansible's `parse_address` reads them.

use std::sync::LazyLock;

use regex::Regex;

/// A host text without its port, and the port's digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<'t> {
    /// The host: an address or a name, possibly with ranges.
    pub host: &'t str,
    /// The port's digits, if there is a port.
    pub port: Option<&'t str>,
}

/// Reads `host`, `host:port` or `[host]:port`, where the host is an IPv4 address, an IPv6 address or a host name, with
/// ranges; nothing for any other text.
pub fn parse(text: &str) -> Option<Address<'_>> {
    let mut address = Address { host: text, port: None };
    if let Some((host, port)) = bracketed_port(text) {
        address = Address { host, port: Some(port) };
    }
    if let Some((host, port)) = plain_port(address.host) {
        address = Address { host, port: Some(port) };
    }
    is_host(address.host).then_some(address)
}

/// The host and port of an inventory's host text; the whole text is the host where it is not an address with a port.
pub fn split_port(text: &str) -> Address<'_> {
    let whole = Address { host: text, port: None };
    let ends_in_port = text.bytes().next_back().is_some_and(|last| last.is_ascii_digit())
        && text.rfind(':').is_some_and(|colon| is_digits(&text[colon + 1..]));
    // Port 0 is not a port to Ansible, but it is not part of the host either.
    if ends_in_port { parse(text).unwrap_or(whole) } else { whole }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn bracketed_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.strip_prefix('[')?.rsplit_once("]:")?;
    (!host.is_empty() && is_digits(port)).then_some((host, port))
}

/// `host:port` where the host has no colon outside `[…]`.
fn plain_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    let mut rest = host;
    while let Some(at) = rest.find([':', '[', ']']) {
        let end = rest[at..].strip_prefix('[')?.find(']')?;
        rest = &rest[at + 1 + end + 1..];
    }
    is_digits(port).then_some((host, port))
}

fn is_host(text: &str) -> bool {
    if is_plain_name(text) {
        return true;
    }
    static HOST: LazyLock<Option<[Regex; 3]>> = LazyLock::new(host_patterns);
    HOST.as_ref().is_some_and(|patterns| patterns.iter().any(|pattern| pattern.is_match(text)))
}

/// Whether the text is a host name of ASCII without ranges, as most are; the expressions take these too.
pub fn is_plain_name(text: &str) -> bool {
    // before a letter, and at the end, stands the end of a label
    let mut last = b'.';
    for byte in text.bytes() {
        let fits = match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' => true,
            b'-' => last != b'.',
            b'.' => last.is_ascii_alphanumeric(),
            _ => false,
        };
        if !fits {
            return false;
        }
        last = byte;
    }
    last.is_ascii_alphanumeric()
}

/// IPv4, IPv6 and host names, each with ranges in place of a part.
fn host_patterns() -> Option<[Regex; 3]> {
    let number = r"\[[0-9]+:[0-9]+(?::[0-9]+)?\]";
    let octet = format!("(?:[01]?[0-9]{{1,2}}|2[0-4][0-9]|25[0-5]|{number})");
    let ipv4 = format!(r"^(?:{octet}\.){{3}}{octet}$");
    let c = r"(?:[0-9a-f]{1,4}|\[[0-9a-f]+:[0-9a-f]+(?::[0-9]+)?\])";
    let dotted = format!(r"(?:{c}\.){{3}}{c}");
    let ipv6 = [
        format!("(?:{c}:){{7}}{c}"),
        format!("(?:{c}:){{1,6}}:"),
        format!("(?:{c}:)(?::{c}){{1,6}}"),
        format!("(?:{c}:){{2}}(?::{c}){{1,5}}"),
        format!("(?:{c}:){{3}}(?::{c}){{1,4}}"),
        format!("(?:{c}:){{4}}(?::{c}){{1,3}}"),
        format!("(?:{c}:){{5}}(?::{c}){{1,2}}"),
        format!("(?:{c}:){{6}}(?::{c})"),
        format!(":(?::{c}){{1,6}}"),
        format!("{c}?::"),
        format!("(?:0:){{6}}{dotted}"),
        format!("::(?:ffff:)?{dotted}"),
        format!("(?:0:){{5}}ffff:{dotted}"),
    ];
    let range = r"\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)(?::[0-9]+)?\]";
    // A label does not end in a hyphen or an underscore.
    let last = format!(r"(?:[\w&&[^_]]|{range})");
    let label = format!(r"(?:(?:\w|{range})(?:[\w-]|{range})*{last}|{last})");
    let name = format!(r"^{label}(?:\.{label})*$");
    let compiled = |expression: &str| Regex::new(&format!("(?i){expression}")).ok();
    Some([compiled(&ipv4)?, compiled(&format!("^(?:{})$", ipv6.join("|")))?, compiled(&name)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the quick look takes, the expression for names takes too, and nothing else of its kind.
    #[test]
    fn plain_names_are_those_of_the_expression() {
        let Some([_, _, name]) = host_patterns() else { panic!("the expressions compile") };
        let parts = ["", "a", "B1", "-", "_", ".", "a-", "_a", "-a", "a_b", "é", ":", "[1:2]", " "];
        for first in parts {
            for second in parts {
                for third in parts {
                    let text = format!("{first}{second}{third}");
                    let simple = text.is_ascii() && !text.contains('[');
                    assert_eq!(is_plain_name(&text), simple && name.is_match(&text), "{text:?}");
                }
            }
        }
    }
}
