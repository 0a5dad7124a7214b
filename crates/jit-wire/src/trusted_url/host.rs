//! The host of a URL, and the machine or network that it leads to.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Where a host leads, judged by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// This machine, by the names that are the same everywhere: `localhost`, 127.0.0.1, `[::1]`.
    ThisMachine,
    /// The rest of 127.0.0.0/8: this machine too, but used for tunnels and containers.
    Loopback,
    /// Below `localhost`: this machine by RFC 6761, but some resolvers look such names up on the network.
    BelowLocalhost,
    /// Hosts on the same link, which no router forwards to: the metadata services of clouds are there.
    Link,
    /// Anywhere else.
    Elsewhere,
}

impl Place {
    /// The place of a host in lower case.
    ///
    /// Why it is not a host, or why parsers disagree about it.
    pub(super) fn of(host: &str) -> Result<Self, &'static str> {
        if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let address: Ipv6Addr = inner.parse().map_err(|_| "its IPv6 address is not valid")?;
            return Self::of_v6(address);
        }
        // A host that ends in a number is an IPv4 address to browsers and the C library, in many forms; only
        // one of them is accepted.
        let last = host.rsplit('.').next().unwrap_or_default();
        let is_number = |label: &str| {
            let hex = label.strip_prefix("0x");
            hex.is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
                || (!label.is_empty() && label.bytes().all(|b| b.is_ascii_digit()))
        };
        if is_number(last) {
            let address =
                host.parse().map_err(|_| "write its IPv4 address as four numbers, such as 127.0.0.1")?;
            return Self::of_v4(address);
        }
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        let is_label = |label: &str| !label.is_empty() && label.len() <= 63 && label.bytes().all(fits);
        if host.ends_with('.') {
            return Err("its host ends in a dot");
        }
        if host.len() > 253 || !host.split('.').all(is_label) {
            return Err("its host name is not valid");
        }
        Ok(match host {
            "localhost" => Self::ThisMachine,
            name if name.ends_with(".localhost") => Self::BelowLocalhost,
            _ => Self::Elsewhere,
        })
    }

    fn of_v4(address: Ipv4Addr) -> Result<Self, &'static str> {
        // 0.0.0.0 is this machine on most systems.
        if address.octets()[0] == 0 || address.is_multicast() || address.is_broadcast() {
            return Err("its host is not the address of a machine");
        }
        Ok(if address == Ipv4Addr::LOCALHOST {
            Self::ThisMachine
        } else if address.is_loopback() {
            Self::Loopback
        } else if address.is_link_local() {
            Self::Link
        } else {
            Self::Elsewhere
        })
    }

    fn of_v6(address: Ipv6Addr) -> Result<Self, &'static str> {
        /// The network of AWS's IPv6 services for instances and containers.
        const AWS_LINK: [u16; 2] = [0xfd00, 0xec2];
        let segments = address.segments();
        if address.is_loopback() {
            return Ok(Self::ThisMachine);
        }
        // `::`, and an IPv4 address inside an IPv6 one: `::ffff:127.0.0.1`, `::127.0.0.1`,
        // `64:ff9b::127.0.0.1`.
        let embeds = segments[..5] == [0; 5] || segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0];
        if address.is_multicast() || embeds {
            return Err("its host is not the address of a machine, or an IPv4 address in disguise");
        }
        let link = (segments[0] & 0xffc0) == 0xfe80 || segments[..2] == AWS_LINK;
        Ok(if link { Self::Link } else { Self::Elsewhere })
    }
}

/// Host and port of an authority without a user name.
pub(super) fn split(authority: &str) -> Result<(&str, Option<u16>), &'static str> {
    let end = match authority.strip_prefix('[') {
        Some(rest) => rest.find(']').map(|at| at + 2).ok_or("a bracket is not closed")?,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, rest) = authority.split_at(end);
    if host.is_empty() {
        return Err("it has no host");
    }
    let Some(digits) = rest.strip_prefix(':') else {
        return if rest.is_empty() { Ok((host, None)) } else { Err("its host name is not valid") };
    };
    let plain = !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
    let port = digits.parse().ok().filter(|_| plain).ok_or("its port is not a number from 1 to 65535")?;
    Ok((host, Some(port)))
}
