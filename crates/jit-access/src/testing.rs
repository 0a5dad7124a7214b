//! A company for the tests of this crate, its fuzz targets and its bench: the policy of the contract's example.

use std::collections::BTreeSet;

use jit_wire::timestamp::Timestamp;

use crate::people::{Directory, UserId};
use crate::policy::{Policy, PolicyFile};

/// The example of the contract, with real ids.
pub const EXAMPLE: &str = include_str!("testing/policy.toml");

/// The documents that it refers to.
///
/// # Errors
/// There is no such document.
pub fn documents(_: &str, name: &str) -> Result<String, String> {
    match name {
        "deploy.json" => {
            Ok(r#"{"Statement":[{"Effect":"Allow","Action":"ecs:UpdateService","Resource":"*"}]}"#.to_owned())
        }
        other => Err(format!("there is no {other}")),
    }
}

/// The parsed example.
pub fn policy() -> Policy {
    policy_of(EXAMPLE)
}

/// The policy in `text`.
pub fn policy_of(text: &str) -> Policy {
    let file = PolicyFile { path: "p.toml".to_owned(), text: text.to_owned() };
    Policy::read(&[file], &documents).unwrap_or_else(|mistake| panic!("{mistake} {:?}", mistake.suggestion))
}

/// Its directory.
pub fn directory() -> Directory {
    let set = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<BTreeSet<_>>();
    Directory {
        groups: [("906a1b2c-group-id".to_owned(), set(&["alice@corp.com", "00u1x9", "mallory@corp.com"]))]
            .into(),
        units: [
            ("ou-prod".to_owned(), set(&["444455556666", "555566667777"])),
            ("ou-root".to_owned(), set(&["111122223333", "444455556666", "555566667777", "888899990000"])),
            ("ou-audit".to_owned(), set(&["888899990000"])),
        ]
        .into(),
    }
}

/// The user id of the session `name` through a door of the example.
pub fn userid(door: &str, name: &str) -> UserId {
    let id = match door {
        "hub" => "AROAHUB4567890EXAMPLE",
        "contractors" => "AROACON4567890EXAMPLE",
        "platform" => "AROAPLA4567890EXAMPLE",
        "glass" => "AROAGLA4567890EXAMPLE",
        _ => "AROAXXX4567890EXAMPLE",
    };
    format!("{id}:{name}").parse().unwrap_or_else(|_| panic!("{name}"))
}

/// A moment of RFC 3339.
pub fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap_or_else(|| panic!("{text}"))
}
