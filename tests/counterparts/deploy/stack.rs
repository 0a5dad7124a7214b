//! The templates, deployed by the CloudFormation of moto and ministack, account by account.

use serde_json::Value;

use super::account::{ReadAccount, deploy};
use super::{checked_in, documents};
use crate::support::{Ministack, Moto, Room};

fn template(example: &str, name: &str) -> String {
    checked_in(&format!("examples/{example}/documents/{name}.template.json")).display().to_string()
}

/// Each role with its trust policy, its boundary's policy and its inline policies.
fn parts(account: &ReadAccount) -> Vec<(String, Value, Option<Value>, Vec<Value>)> {
    let mut parts: Vec<_> = account
        .roles
        .iter()
        .map(|role| {
            let boundary = role.boundary.as_ref().map(|arn| account.policies[arn].clone());
            (role.arn.clone(), role.trust.clone(), boundary, role.inline.values().cloned().collect())
        })
        .collect();
    parts.sort_by(|one, other| one.0.cmp(&other.0));
    parts
}

#[test]
fn each_account_of_a_stack_set_gets_what_its_policy_says() {
    let (room, of) = (Room::new(), documents(&checked_in("examples/hub/documents")));
    let moto = Moto::start(&room);
    let file = template("hub", "accounts");
    let role = |account: &str, name: &str, access: &str, ceiling: &str| {
        let trust = of[&format!("role/{access}.trust")].clone();
        let ceiling = of[&format!("ceiling/{ceiling}")].clone();
        (format!("arn:aws:iam::{account}:role/jit/{name}"), trust, Some(ceiling), Vec::new())
    };
    let grantor = |account: &str, place: &str| {
        let trust = of[&format!("grantor/{place}.trust")].clone();
        (format!("arn:aws:iam::{account}:role/jit-grantor"), trust, None, vec![of["grantor.policy"].clone()])
    };
    // An account of the unit, and one that the policy names itself.
    let unit = deploy(&room, &moto.url(), &file, "555555555555", &["IsInOuA1b2Prod=yes"]);
    assert_eq!(
        parts(&unit),
        [grantor("555555555555", "ou-a1b2-prod"), role("555555555555", "read", "read", "read")]
    );
    let named = deploy(&room, &moto.url(), &file, "111122223333", &["IsInOuA1b2Prod=no"]);
    assert_eq!(
        parts(&named),
        [grantor("111122223333", "111122223333"), role("111122223333", "operate", "pay-operate", "operate")]
    );
    let neither = deploy(&room, &moto.url(), &file, "666666666666", &["IsInOuA1b2Prod=no"]);
    assert_eq!(parts(&neither), []);
}

#[test]
fn the_ledgers_template_has_the_rendered_policy() {
    let (room, of) = (Room::new(), documents(&checked_in("examples/one-account/documents")));
    // moto does not know the policies of buckets.
    let ministack = Ministack::open(&room);
    let account = deploy(&room, &ministack.url(), &template("one-account", "ledger"), "111122223333", &[]);
    let bucket = &account.buckets["acme-jit-ledger"];
    assert_eq!(bucket.policy.as_ref(), Some(&of["ledger"]));
    assert_eq!(bucket.versioning.as_deref(), Some("Enabled"));
}
