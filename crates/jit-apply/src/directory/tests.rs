use std::collections::BTreeSet;

use jit_wire::signed::Service;
use serde_json::{Value, json};

use super::*;
use crate::testing::{Script, calls, credentials};

fn account(id: &str, state: &str) -> Value {
    json!({ "Id": id, "Arn": format!("arn:aws:organizations::999999999999:account/o-x/{id}"), "State": state })
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The inputs of the calls so far, each with the action.
fn inputs(script: &Script) -> Vec<(String, Value)> {
    let asked = script.asked().into_iter();
    asked
        .map(|request| {
            let (head, body) = request.split_once("\r\n\r\n").unwrap();
            let target = head.lines().find_map(|line| line.split_once("x-amz-target: ")).unwrap().1;
            (target.rsplit('.').next().unwrap().to_owned(), serde_json::from_str(body).unwrap())
        })
        .collect()
}

#[test]
fn a_unit_has_the_active_accounts_of_all_units_below_on_all_pages() {
    let (script, calls) = (Script::new(), calls());
    let below = json!({ "OrganizationalUnits": [{ "Id": "ou-ab-2" }, { "Id": "ou-ab-1" }] });
    let status = json!({ "Id": "333333333333", "Status": "ACTIVE" });
    script
        .then(200, below.to_string())
        .then(200, json!({ "Accounts": [account("111111111111", "ACTIVE")], "NextToken": "n" }).to_string())
        .then(200, json!({ "Accounts": [account("222222222222", "SUSPENDED"), status] }).to_string())
        // A unit that is in itself is read once.
        .then(200, json!({ "OrganizationalUnits": [{ "Id": "ou-ab-1" }] }).to_string())
        .then(200, json!({ "Accounts": [account("999999999999", "ACTIVE"), { "Id": "../" }] }).to_string());
    let organization = Organization::new(&calls, script.endpoint(Service::Organizations), credentials());
    let accounts = organization.accounts_in("ou-ab-1").unwrap();
    assert_eq!(accounts, set(&["111111111111", "333333333333"]), "not the management account");
    let asked = inputs(&script);
    assert_eq!(asked[2].1, json!({ "ParentId": "ou-ab-1", "NextToken": "n" }));
    assert_eq!(asked[4], ("ListAccountsForParent".to_owned(), json!({ "ParentId": "ou-ab-2" })));
}

#[test]
fn part_of_a_unit_is_not_an_answer() {
    let (script, calls) = (Script::new(), calls());
    let organization = Organization::new(&calls, script.endpoint(Service::Organizations), credentials());
    let none = json!({ "OrganizationalUnits": [] }).to_string();
    let denied = json!({ "__type": "AccessDeniedException", "message": "no" }).to_string();
    script.then(200, none.clone()).then(400, denied);
    assert!(organization.accounts_in("r-ab").unwrap_err().is("AccessDeniedException"));
    script.then(200, none.clone()).then(200, "{}");
    assert!(organization.accounts_in("r-ab").is_err());
    let again = json!({ "Accounts": [], "NextToken": "n" }).to_string();
    script.then(200, none).then(200, again.clone()).then(200, again);
    assert!(organization.accounts_in("r-ab").is_err(), "a list that does not end");
    script.asked();
}

fn user(name: &str) -> (String, String) {
    let (id, about) = (json!({ "UserId": format!("id-{name}") }), json!({ "UserName": name }));
    (id.to_string(), about.to_string())
}

fn results(of: &str, groups: &[(&str, bool)]) -> String {
    let each = groups.iter().map(
        |(group, is_in)| json!({ "GroupId": group, "MemberId": { "UserId": of }, "MembershipExists": is_in }),
    );
    json!({ "Results": each.collect::<Vec<_>>() }).to_string()
}

#[test]
fn a_name_is_in_the_groups_that_its_user_is_in() {
    let (script, calls) = (Script::new(), calls());
    let store = IdentityStore::new(&calls, script.endpoint(Service::IdentityStore), credentials(), "d-1");
    let absent = json!({ "__type": "ResourceNotFoundException", "message": "USER not found" }).to_string();
    let (alice, about) = user("alice");
    // Bob is found in another spelling, and carol is nobody there.
    script
        .then(200, &*alice)
        .then(200, &*about)
        .then(200, results("id-alice", &[("g1", true), ("g2", false), ("other", true)]))
        .then(200, user("bob").0)
        .then(200, user("Bob").1)
        .then(400, absent);
    let found = store.members(&set(&["alice", "bob", "carol"]), &set(&["g1", "g2"]));
    assert_eq!(found.groups, [("g1".to_owned(), set(&["alice"]))].into());
    assert_eq!(found.unread, UnreadIds::new());
    let asked = inputs(&script);
    let by_name = json!({ "AttributePath": "userName", "AttributeValue": "alice" });
    let wanted = json!({ "IdentityStoreId": "d-1", "AlternateIdentifier": { "UniqueAttribute": by_name } });
    assert_eq!(asked[0], ("GetUserId".to_owned(), wanted));
    let wanted = json!({
        "IdentityStoreId": "d-1", "MemberId": { "UserId": "id-alice" }, "GroupIds": ["g1", "g2"],
    });
    assert_eq!(asked[2], ("IsMemberInGroups".to_owned(), wanted));
}

#[test]
fn another_user_s_membership_does_not_count() {
    let (script, calls) = (Script::new(), calls());
    let store = IdentityStore::new(&calls, script.endpoint(Service::IdentityStore), credentials(), "d-1");
    let (alice, about) = user("alice");
    script.then(200, alice).then(200, about).then(200, results("id-mallory", &[("g1", true)]));
    assert_eq!(store.members(&set(&["alice"]), &set(&["g1"])), FoundMembers::default());
    script.asked();
}

#[test]
fn a_group_that_does_not_exist_keeps_no_other_from_being_read() {
    let (script, calls) = (Script::new(), calls());
    let store = IdentityStore::new(&calls, script.endpoint(Service::IdentityStore), credentials(), "d-1");
    let absent = json!({ "__type": "ResourceNotFoundException", "message": "GROUP not found" }).to_string();
    let (alice, about) = user("alice");
    script
        .then(200, alice)
        .then(200, about)
        .then(400, &*absent)
        .then(200, results("id-alice", &[("g1", true)]))
        .then(400, &*absent)
        .then(400, absent);
    let found = store.members(&set(&["alice"]), &set(&["g1", "gone"]));
    assert_eq!(found.groups, [("g1".to_owned(), set(&["alice"]))].into());
    assert_eq!(found.unread, [("gone".to_owned(), "there is no such group".to_owned())].into());
    assert_eq!(inputs(&script).last().unwrap().0, "DescribeGroup");
}

#[test]
fn where_aws_refuses_every_group_is_unread() {
    let (script, calls) = (Script::new(), calls());
    let store = IdentityStore::new(&calls, script.endpoint(Service::IdentityStore), credentials(), "d-1");
    let denied = json!({ "__type": "AccessDeniedException", "message": "no" }).to_string();
    script.then(400, denied);
    let found = store.members(&set(&["alice", "bob"]), &set(&["g1", "g2"]));
    assert_eq!(found.groups.len(), 0);
    let unread: Vec<&str> = found.unread.keys().map(String::as_str).collect();
    assert_eq!(unread, ["g1", "g2"], "and it is not asked again for the next name");
    assert!(found.unread["g1"].contains("AccessDeniedException"), "{found:?}");
    script.asked();
}
