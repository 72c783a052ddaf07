//! Addresses and networks, for `S@`.

use std::net::IpAddr;

/// An address, or a network of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subnet {
    address: IpAddr,
    prefix: u32,
}

impl Subnet {
    /// Reads `10.0.0.1`, `10.0.0.0/16`, `fd00::/8`; a network with host bits is none, as in Python's `ip_network`.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let width = width(address);
        let prefix = match prefix {
            None => width,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
            Some(mask) => mask_prefix(mask.parse().ok()?)?,
        };
        let subnet = Subnet { address, prefix };
        (prefix <= width && bits(address) == subnet.masked(address)).then_some(subnet)
    }

    /// The grain that holds the addresses to compare with.
    pub fn grain(self) -> &'static str {
        if self.address.is_ipv4() { "ipv4" } else { "ipv6" }
    }

    /// Whether an address lies in it.
    pub fn contains(self, text: &str) -> bool {
        let address: Option<IpAddr> = text.parse().ok();
        address.is_some_and(|address| {
            address.is_ipv4() == self.address.is_ipv4() && self.masked(address) == bits(self.address)
        })
    }

    fn masked(self, address: IpAddr) -> u128 {
        let free = width(address).saturating_sub(self.prefix);
        bits(address).checked_shr(free).and_then(|kept| kept.checked_shl(free)).unwrap_or_default()
    }
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The length of a mask such as 255.255.0.0.
fn mask_prefix(mask: std::net::Ipv4Addr) -> Option<u32> {
    let bits = mask.to_bits();
    (bits.leading_ones() + bits.trailing_zeros() == 32).then(|| bits.leading_ones())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn addresses_and_networks() {
        let contains = |net: &str, address: &str| Subnet::parse(net).unwrap().contains(address);
        assert!(contains("10.1.0.0/16", "10.1.255.9") && !contains("10.1.0.0/16", "10.2.0.1"));
        assert!(contains("10.1.0.0/255.255.0.0", "10.1.3.4"));
        assert!(contains("10.1.2.3", "10.1.2.3") && !contains("10.1.2.3", "10.1.2.4"));
        assert!(contains("0.0.0.0/0", "1.2.3.4") && !contains("0.0.0.0/0", "::1"));
        assert!(contains("fd00::/8", "fd12::1") && !contains("fd00::/8", "fe80::1"));
        assert!(contains("::/0", "::1") && !contains("10.0.0.0/8", "no address"));
        for wrong in ["10.1.0.1/16", "10.0.0.0/33", "web1", "", "10.0.0.0/", "10.0.0.0/255.0.255.0"] {
            assert_eq!(Subnet::parse(wrong), None, "{wrong}");
        }
    }
}
