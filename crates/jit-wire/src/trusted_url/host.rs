//! The host of an address, and where it leads.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Where a host leads, as far as its name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// This machine, by the names that everybody has for it: `localhost`, 127.0.0.1, `[::1]`.
    ThisMachine,
    /// The rest of 127.0.0.0/8: this machine too, but tunnels and containers are what is put there.
    Loopback,
    /// Below `localhost`: this machine by RFC 6761, but some resolvers ask the network for such names.
    BelowLocalhost,
    /// What hangs on the same link and no router passes on: metadata services of clouds are there.
    Link,
    /// Anywhere.
    Elsewhere,
}

impl Place {
    /// The place of a host in lower case.
    ///
    /// # Errors
    /// Why it is no host, or one that readers of addresses take for different ones.
    pub(super) fn of(host: &str) -> Result<Self, &'static str> {
        if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let address: Ipv6Addr = inner.parse().map_err(|_| "its IPv6 address is none")?;
            return Self::of_v6(address);
        }
        // What ends in a number is an address of IPv4 to browsers and the C library, in many forms; one of them is taken.
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
            return Err("its host is no name of one");
        }
        Ok(match host {
            "localhost" => Self::ThisMachine,
            name if name.ends_with(".localhost") => Self::BelowLocalhost,
            _ => Self::Elsewhere,
        })
    }

    fn of_v4(address: Ipv4Addr) -> Result<Self, &'static str> {
        // 0.0.0.0 is this machine to most systems.
        if address.octets()[0] == 0 || address.is_multicast() || address.is_broadcast() {
            return Err("its host is the address of no machine");
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
        /// Where AWS puts what an instance or a container may ask over IPv6.
        const AWS_LINK: [u16; 2] = [0xfd00, 0xec2];
        let segments = address.segments();
        if address.is_loopback() {
            return Ok(Self::ThisMachine);
        }
        // `::`, and an address of IPv4 in one of IPv6: `::ffff:127.0.0.1`, `::127.0.0.1`, `64:ff9b::127.0.0.1`.
        let embeds = segments[..5] == [0; 5] || segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0];
        if address.is_multicast() || embeds {
            return Err("its host is the address of no machine, or an IPv4 address in disguise");
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
        return if rest.is_empty() { Ok((host, None)) } else { Err("its host is no name of one") };
    };
    let plain = !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
    let port = digits.parse().ok().filter(|_| plain).ok_or("its port is not a number from 1 to 65535")?;
    Ok((host, Some(port)))
}
