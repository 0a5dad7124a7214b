//! What exists in an account after a deployment, as boto3 reads it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::support::{Moto, Room, fixture, python};

/// A role.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ReadRole {
    pub(super) arn: String,
    pub(super) id: String,
    pub(super) trust: Value,
    pub(super) boundary: Option<String>,
    pub(super) session: u32,
    pub(super) inline: BTreeMap<String, Value>,
    pub(super) attached: Vec<String>,
}

/// A bucket.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ReadBucket {
    pub(super) region: Option<String>,
    pub(super) policy: Option<Value>,
    pub(super) lock: Option<Value>,
    pub(super) versioning: Option<String>,
    pub(super) encryption: Option<Value>,
    pub(super) public: Option<Value>,
    pub(super) ownership: Option<Value>,
}

/// An account.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ReadAccount {
    pub(super) roles: Vec<ReadRole>,
    pub(super) policies: BTreeMap<String, Value>,
    pub(super) providers: Vec<String>,
    pub(super) buckets: BTreeMap<String, ReadBucket>,
}

impl ReadAccount {
    /// The role with this name.
    pub(super) fn role(&self, name: &str) -> &ReadRole {
        let found = self.roles.iter().find(|role| role.arn.rsplit('/').next() == Some(name));
        found.unwrap_or_else(|| panic!("no role {name}"))
    }

    /// The ARNs of its roles.
    pub(super) fn arns(&self) -> Vec<&str> {
        let mut arns: Vec<&str> = self.roles.iter().map(|role| role.arn.as_str()).collect();
        arns.sort_unstable();
        arns
    }
}

fn run(room: &Room, url: &str, arguments: &[&str]) -> BTreeMap<String, ReadAccount> {
    let mut command = room.command(python());
    command.arg(fixture("deploy/read_back.py")).args(arguments).env("AWS_ENDPOINT_URL", url);
    serde_json::from_str(&room.run(&mut command).ok()).unwrap()
}

/// What exists in this account.
pub(super) fn read(room: &Room, moto: &Moto, account: &str) -> ReadAccount {
    run(room, &moto.url(), &[account]).remove(account).unwrap()
}

/// Deploys a template as a stack in this account of the AWS at `url`, and reads what exists then.
pub(super) fn deploy(
    room: &Room,
    url: &str,
    template: &str,
    account: &str,
    parameters: &[&str],
) -> ReadAccount {
    run(room, url, &[&["deploy", template, account], parameters].concat()).remove(account).unwrap()
}
