//! `networks`: the networks that a grant can be used from.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use jit_wire::explain::{Explain, Kind, Next};

/// A block of addresses, or a VPC.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Network {
    /// `203.0.113.0/24`, for `aws:SourceIp`.
    Block {
        /// The first address.
        address: IpAddr,
        /// The length of the prefix.
        prefix: u8,
    },
    /// `vpc-0a1b2c`, for `aws:SourceVpc`.
    Vpc(String),
}

/// Why a text is not a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// Neither of the two.
    #[error("`{}` is neither a block of IP addresses such as 203.0.113.0/24 nor a VPC such as vpc-0a1b2c3d", .0.escape_default())]
    Shape(String),
    /// The address has bits set after the prefix.
    #[error("`{0}` has bits set after its prefix; the block that contains it is {1}")]
    HostBits(String, String),
    /// All addresses.
    #[error("`{0}` covers every IP address; leave `networks` out instead")]
    Everywhere(String),
    /// Addresses that AWS never sees as a source.
    #[error("`{0}` is private: AWS sees public addresses, or the VPC (vpc-…) of a call through its endpoint")]
    Private(String),
}

impl Explain for NetworkError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn next(&self) -> Vec<Next> {
        let words = match self {
            Self::Shape(_) => {
                "write a block of addresses such as 203.0.113.0/24, or the id of a VPC".to_owned()
            }
            Self::HostBits(_, block) => format!("write {block}"),
            Self::Everywhere(_) => {
                "leave `networks` out: without it an access can be used from everywhere".to_owned()
            }
            Self::Private(_) => {
                "write the public addresses that people come from, or the VPC whose endpoints they use"
                    .to_owned()
            }
        };
        vec![Next::words(words)]
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let shape = || NetworkError::Shape(text.to_owned());
        if let Some(id) = text.strip_prefix("vpc-") {
            let fits = (1..=32).contains(&id.len())
                && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            return if fits { Ok(Self::Vpc(text.to_owned())) } else { Err(shape()) };
        }
        let (address, prefix) = text.split_once('/').ok_or_else(shape)?;
        let address: IpAddr = address.parse().map_err(|_| shape())?;
        if prefix.is_empty()
            || !prefix.bytes().all(|byte| byte.is_ascii_digit())
            || (prefix.len() > 1 && prefix.starts_with('0'))
        {
            return Err(shape());
        }
        let prefix: u8 = prefix.parse().map_err(|_| shape())?;
        let (bits, length, private) = match address {
            IpAddr::V4(v4) => (
                u128::from(u32::from(v4)) << 96,
                32,
                v4.is_private() || v4.is_loopback() || v4.is_link_local(),
            ),
            IpAddr::V6(v6) => {
                (u128::from(v6), 128, v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local())
            }
        };
        if prefix > length {
            return Err(shape());
        }
        if prefix == 0 {
            return Err(NetworkError::Everywhere(text.to_owned()));
        }
        let kept = bits & (u128::MAX << (128 - u32::from(prefix)));
        if kept != bits {
            let first = match address {
                IpAddr::V4(_) => IpAddr::V4(u32::try_from(kept >> 96).unwrap_or_default().into()),
                IpAddr::V6(_) => IpAddr::V6(kept.into()),
            };
            return Err(NetworkError::HostBits(text.to_owned(), format!("{first}/{prefix}")));
        }
        if private {
            return Err(NetworkError::Private(text.to_owned()));
        }
        Ok(Self::Block { address, prefix })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Block { address, prefix } => write!(f, "{address}/{prefix}"),
            Self::Vpc(id) => f.write_str(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        for good in
            ["203.0.113.0/24", "198.51.100.7/32", "2001:db8::/32", "vpc-0a1b2c", "vpc-0a1b2c3d4e5f67890"]
        {
            assert_eq!(good.parse::<Network>().unwrap().to_string(), good);
        }
        let cases = [("203.0.113.5/24", "203.0.113.0/24"), ("2001:db8::1/32", "2001:db8::/32")];
        for (text, meant) in cases {
            assert_eq!(text.parse::<Network>(), Err(NetworkError::HostBits(text.into(), meant.into())));
        }
        for wrong in [
            "0.0.0.0/0",
            "::/0",
            "10.0.0.0/8",
            "fd00::/8",
            "203.0.113.0",
            "203.0.113.0/33",
            "203.0.113.0/024",
            "203.0.113.0/+4",
            "*",
            "",
            "vpc-",
            "vpc-*",
            "vpc-XYZ",
        ] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
