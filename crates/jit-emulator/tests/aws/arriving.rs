//! Becoming somebody: doors, roles on request, the grantor, break-glass. The rendered trust policies decide.

use crate::client::{credentials, is_denied, text};
use crate::company::{ALICE, BOB, Company, GLASS, GRANTOR, HUB, PAY_ADMIN, PUBLISHER};
use jit_emulator::role_id;

#[test]
fn a_person_arrives_under_the_name_that_the_idp_vouches_for() {
    let company = Company::new();
    let hub = company.arrive(ALICE, HUB);
    let caller = company.client.sts(&hub, company.now(), "GetCallerIdentity", &[]).unwrap();
    assert_eq!(text(&caller, "UserId"), Some(format!("{}:{ALICE}", role_id(HUB))));
    for name in [BOB, "Alice@example.com", "*"] {
        let answer = company.arrive_as(ALICE, HUB, name);
        assert!(credentials(&answer).is_none(), "{name}: {answer}");
    }
    let refused = company.arrive_as(ALICE, HUB, BOB);
    assert!(refused.contains("Not authorized to perform sts:AssumeRoleWithWebIdentity"), "{refused}");
    assert!(credentials(&company.arrive_as(ALICE, PAY_ADMIN, ALICE)).is_none(), "not a door");
}

#[test]
fn a_role_on_request_is_assumed_through_the_door_and_under_ones_own_name() {
    let company = Company::new();
    let hub = company.arrive(ALICE, HUB);
    let assume = |name: &str, more: &[(&str, &str)]| company.assume_with(&hub, PAY_ADMIN, name, more);
    let own = assume(ALICE, &[]).unwrap();
    let id = text(&own, "AssumedRoleId");
    assert_eq!(id, Some(format!("{}:{ALICE}", role_id(PAY_ADMIN))));
    assert_eq!(text(&own, "SourceIdentity").as_deref(), Some(ALICE), "it stays with the chain");
    for name in [BOB, "Alice@example.com", "malice@example.com"] {
        assert!(is_denied(&assume(name, &[])), "{name}");
    }
    assert!(assume(ALICE, &[("SourceIdentity", ALICE)]).is_ok());
    assert!(is_denied(&assume(ALICE, &[("SourceIdentity", BOB)])));
    let tag = |key, value| [("Tags.member.1.Key", key), ("Tags.member.1.Value", value)];
    assert!(is_denied(&assume(ALICE, &tag("team", "admins"))), "a tag that nobody vouches for");
    let refused = assume(ALICE, &tag("department", "admins")).unwrap_err();
    assert_eq!(refused.code, "InvalidParameterValue", "a transitive tag stays what it is");

    let publisher = company.arrive(ALICE, PUBLISHER);
    let refused = company.assume_with(&publisher, PAY_ADMIN, ALICE, &[]).unwrap_err();
    assert_eq!(
        refused.message,
        format!(
            "User: arn:aws:sts::111111111111:assumed-role/jit-publisher/{ALICE} is not authorized to perform: \
             sts:AssumeRole on resource: {PAY_ADMIN}"
        )
    );
    let voter = company.arrive(BOB, HUB);
    assert!(
        is_denied(&company.assume_with(&voter, PAY_ADMIN, BOB, &[])),
        "who approves grants, and never has one"
    );
}

#[test]
fn the_grantor_is_for_those_who_approve() {
    let company = Company::new();
    let (alice, bob) = (company.arrive(ALICE, HUB), company.arrive(BOB, HUB));
    assert!(company.assume_with(&bob, GRANTOR, BOB, &[]).is_ok());
    assert!(is_denied(&company.assume_with(&bob, GRANTOR, "carol@example.com", &[])));
    assert!(is_denied(&company.assume_with(&alice, GRANTOR, ALICE, &[])));
    let company = Company::applying("function");
    let bob = company.arrive(BOB, HUB);
    assert!(is_denied(&company.assume_with(&bob, GRANTOR, BOB, &[])), "the function's alone");
}

#[test]
fn break_glass_has_a_door_of_its_own() {
    let company = Company::new();
    let door = company.arrive(ALICE, "arn:aws:iam::111111111111:role/glass-door");
    let glass = company.assume(&door, GLASS, ALICE);
    assert!(company.get(&glass, "/").is_ok(), "it always has its permissions");
    let hub = company.arrive(ALICE, HUB);
    assert!(is_denied(&company.assume_with(&hub, GLASS, ALICE, &[])));
    assert!(is_denied(&company.assume_with(&door, PAY_ADMIN, ALICE, &[])));
}

#[test]
fn a_session_policy_only_takes_away() {
    let company = Company::new();
    let hub = company.arrive(ALICE, HUB);
    let only_ec2 =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ec2:*","Resource":"*"}}"#;
    let grant = crate::company::grant(ALICE, company.now() + std::time::Duration::from_secs(3600));
    company.servers.cloud(|cloud| cloud.put_inline(PAY_ADMIN, "jit-1", &grant)).unwrap();
    let full = company.assume(&hub, PAY_ADMIN, ALICE);
    let less = company.assume_with(&hub, PAY_ADMIN, ALICE, &[("Policy", only_ec2)]).unwrap();
    let less = credentials(&less).unwrap();
    assert!(company.get(&full, "/").is_ok());
    let refused = company.get(&less, "/").unwrap_err();
    assert_eq!(
        refused.message,
        format!(
            "User: arn:aws:sts::222222222222:assumed-role/pay-admin/{ALICE} is not authorized to perform: \
             s3:ListAllMyBuckets because no session policy allows the s3:ListAllMyBuckets action"
        )
    );
}

/// AWS asks the role's trust policy about the source identity and the transitive tags that a session inherits.
#[test]
fn a_role_must_allow_what_a_session_brings_along() {
    let company = Company::new();
    let hub = company.arrive(ALICE, HUB);
    let assume = || company.assume_with(&hub, PAY_ADMIN, ALICE, &[]);
    let whole = company.servers.cloud(|cloud| cloud.role(PAY_ADMIN).unwrap().clone());
    let without = |sid: &str| {
        let mut trust: serde_json::Value = serde_json::from_str(&whole.trust).unwrap();
        trust["Statement"].as_array_mut().unwrap().retain(|statement| statement["Sid"] != sid);
        let mut role = whole.clone();
        role.trust = trust.to_string();
        company.servers.cloud(|cloud| cloud.put_role(role)).unwrap();
    };
    for (sid, action) in [("OwnSource", "sts:SetSourceIdentity"), ("OwnTags", "sts:TagSession")] {
        without(sid);
        let refused = assume().unwrap_err();
        assert!(refused.message.contains(&format!("not authorized to perform: {action} on")), "{refused:?}");
    }
    without("nothing");
    assert!(assume().is_ok());
}
