//! What each host of a batch answers by HTTP.

use std::net::Ipv6Addr;
use std::time::{Duration, Instant};

use super::client::{Client, Request};
use super::token::Secret;
use crate::policy::display_milliseconds;
use crate::policy::gates::{Http, Part, Place, parts};
use crate::shown::Shown;

/// The most bytes of an answer that are looked at.
const MOST: u64 = 1 << 20;

/// Asks one host.
///
/// # Errors
/// It does not answer as it should: why.
pub fn ask(client: &Client, http: &Http, url: &str, token: Option<&Secret>, until: Instant) -> Result<(), String> {
    let begun = Instant::now();
    let reply = client.ask(&Request { url, token, form: &[], until, most: MOST })?;
    let took = begun.elapsed();
    let is_status = http.status.map_or((200..300).contains(&reply.status), |status| status == reply.status);
    if !is_status {
        return Err(reply.status_text());
    }
    if let Some(wanted) = &http.body
        && !contains(&reply.body, wanted.as_bytes())
    {
        let within = if reply.is_cut { " in its first MiB" } else { "" };
        return Err(format!("`{}` is not in the answer{within}", Shown::new(wanted)));
    }
    match http.max_time_ms {
        Some(most) if took > Duration::from_millis(most) => {
            let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            Err(format!("the answer took {}, and {} may be", display_milliseconds(took), display_milliseconds(most)))
        }
        _ => Ok(()),
    }
}

fn contains(body: &[u8], wanted: &[u8]) -> bool {
    memchr::memmem::find(body, wanted).is_some()
}

/// Returns the address to ask for a host; `value` is what a placeholder stands for.
///
/// # Errors
/// There is something wrong with it: what.
pub fn url(text: &str, value: &dyn Fn(&str) -> String) -> Result<String, String> {
    let mut url = String::new();
    for part in parts(text, Place::Url)? {
        match part {
            Part::Text(text) => url.push_str(text),
            Part::Placeholder(name) => {
                let value = value(name);
                // in front of the path it is who is asked, and an address of IPv6 stands in brackets there
                let is_authority = url.split_once("//").is_some_and(|(_, behind)| !behind.contains(['/', '?', '#']));
                match value.parse::<Ipv6Addr>() {
                    Ok(_) if is_authority && !url.ends_with('[') => url.push_str(&format!("[{value}]")),
                    Ok(_) if is_authority => url.push_str(&value),
                    _ => url.push_str(&encoded(&value)),
                }
            }
        }
    }
    Ok(url)
}

/// A text as data of an address.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte as char),
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of(text: &str, host: &str) -> String {
        url(text, &|name| if name == "host" { host.to_string() } else { "2.5.0/../x?y#z".to_string() }).unwrap()
    }

    #[test]
    fn what_is_put_into_an_address_stays_where_it_is_put() {
        assert_eq!(of("http://{{ host }}:8080/health", "web1.example"), "http://web1.example:8080/health");
        assert_eq!(of("http://{{ host }}/v?v={{ version }}", "10.0.0.1"), "http://10.0.0.1/v?v=2.5.0%2F..%2Fx%3Fy%23z");
        assert_eq!(of("http://{{ host }}:80/", "evil/x@y:z"), "http://evil%2Fx%40y%3Az:80/");
        assert_eq!(of("http://{{ host }}:80/", "fe80::1"), "http://[fe80::1]:80/");
        assert_eq!(of("http://[{{ host }}]:80/", "fe80::1"), "http://[fe80::1]:80/");
        assert_eq!(of("http://lb/{{ host }}", "fe80::1"), "http://lb/fe80%3A%3A1");
    }
}
