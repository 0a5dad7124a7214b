//! The ledger's bucket under its rendered policy: authors are pinned, and nothing changes.

use jit_emulator::{CallerNetwork, IamRole, Layout, role_id};
use jit_wire::credentials::Credentials;

use crate::client::{is_denied, texts};
use crate::company::{ALICE, ANY_MD5, BOB, Company, GRANTOR, HUB, PAY_ADMIN, PUBLISHER};

const LEDGER: &str = "/acme-jit-ledger";
const ID: &str = "019ac9f2-7a1b-7c3d-8e4f-0123456789ab";

fn fact(door: &str, name: &str) -> String {
    format!("{LEDGER}/f/{ID}/{}:{name}/request.json", role_id(door))
}

#[test]
fn facts_are_written_under_ones_own_name() {
    let company = Company::new();
    let alice = company.arrive(ALICE, HUB);
    let create = |path: &str| company.create(&alice, path, "{}");
    create(&fact(HUB, ALICE)).unwrap();
    for (why, path) in [
        ("somebody else's", fact(HUB, BOB)),
        ("a case twin's", fact(HUB, "Alice@example.com")),
        ("through another door", fact(PUBLISHER, ALICE)),
        ("forged", format!("{LEDGER}/f/x/{}:{BOB}/{}:{ALICE}/vote.json", role_id(HUB), role_id(HUB))),
        ("a policy", format!("{LEDGER}/policy/{ID}/{}:{ALICE}/policy.toml", role_id(HUB))),
    ] {
        assert!(is_denied(&create(&path)), "{why}");
    }
    let role = company.alice_in_role();
    assert!(is_denied(&company.create(&role, &fact(HUB, ALICE), "{}")), "a role on request is no door");
    assert!(is_denied(&company.get(&role, &fact(HUB, ALICE))));
    assert_eq!(company.get(&company.arrive(BOB, HUB), &fact(HUB, ALICE)).unwrap(), "{}", "everybody reads");
    let publisher = company.arrive(ALICE, PUBLISHER);
    let path = format!("{LEDGER}/policy/{ID}/{}:{ALICE}/policy.toml", role_id(PUBLISHER));
    company.create(&publisher, &path, "x").unwrap();
}

#[test]
fn nothing_in_it_is_changed() {
    let company = Company::new();
    let alice = company.arrive(ALICE, HUB);
    let path = fact(HUB, ALICE);
    company.create(&alice, &path, "first").unwrap();
    let again = company.create(&alice, &path, "second").unwrap_err();
    assert_eq!(
        (again.status, again.code.as_str(), again.message.as_str()),
        (412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
    );
    let call = |who: &Credentials, method, path: &str, headers: &[(&'static str, &str)]| {
        company.client.s3(who, company.now(), method, path, headers, b"x")
    };
    let other = path.replace("request", "vote");
    let sum = ("content-md5", ANY_MD5);
    assert!(is_denied(&call(&alice, "PUT", &other, &[sum])), "without the condition");
    assert!(is_denied(&call(&alice, "POST", &format!("{other}?uploads"), &[])), "multipart");
    assert!(is_denied(&call(&alice, "PUT", &other, &[("x-amz-copy-source", "/b/k"), sum])), "a copy");
    assert!(call(&alice, "PUT", &other, &[("if-none-match", "*"), sum]).is_ok());
    let bare = path.replace("request", "drop");
    let refused = call(&alice, "PUT", &bare, &[("if-none-match", "*")]).unwrap_err();
    assert!(refused.message.starts_with("Content-MD5 OR x-amz-checksum-"), "Object Lock: {refused:?}");

    // The administrator of the ledger's own account.
    let admin = "arn:aws:iam::444444444444:role/admin";
    company.servers.cloud(|cloud| {
        let all = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"sts:AssumeRole"}}"#;
        cloud.put_role(IamRole::new(admin, trust).with("all", all)).unwrap();
    });
    let admin = company.assume(&company.platform(), admin, "admin");
    let versions = company.get(&admin, &format!("{LEDGER}?versions")).unwrap();
    let id = texts(&versions, "VersionId").remove(0);
    for (method, query) in
        [("DELETE", String::new()), ("DELETE", format!("?versionId={id}")), ("PUT", "?retention".to_owned())]
    {
        let refused = call(&admin, method, &format!("{path}{query}"), &[]).unwrap_err();
        assert!(refused.message.ends_with("with an explicit deny in a resource-based policy"), "{refused:?}");
    }
    for query in ["policy", "versioning", "replication", "lifecycle", "object-lock"] {
        assert!(is_denied(&call(&admin, "PUT", &format!("{LEDGER}?{query}"), &[])), "{query}");
    }
    assert!(is_denied(&company.create(&admin, &fact(HUB, ALICE).replace("request", "use"), "{}")));
    assert_eq!(company.get(&admin, &path).unwrap(), "first");
}

#[test]
fn only_over_tls() {
    let company = Company::new();
    let alice = company.arrive(ALICE, HUB);
    assert!(company.get(&alice, &format!("{LEDGER}?list-type=2")).is_ok());
    let network = CallerNetwork { tls: false, ..CallerNetwork::default() };
    company.servers.faults(|faults| faults.network = Some(network));
    assert!(is_denied(&company.get(&alice, &format!("{LEDGER}?list-type=2"))));
}

#[test]
fn acts_are_the_appliers() {
    let company = Company::applying("function");
    let function = Layout::default().function;
    let act = format!("{LEDGER}/a/{ID}/decision.json");
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"sts:AssumeRole"}}"#;
    company.servers.cloud(|cloud| {
        let mut role = cloud.role(&function).unwrap().clone();
        role.trust = trust.to_owned();
        cloud.put_role(role).unwrap();
    });
    assert!(is_denied(&company.create(&company.arrive(BOB, HUB), &act, "{}")));
    let function = company.assume(&company.platform(), &function, "jit");
    company.create(&function, &act, "{}").unwrap();
    assert!(is_denied(&company.create(&function, &fact(HUB, ALICE), "{}")), "and no facts");
    assert!(company.assume_with(&function, GRANTOR, "jit", &[]).is_ok());
}

#[test]
fn a_grant_beyond_the_ceiling_gives_nothing() {
    let company = Company::new();
    let end = company.now() + std::time::Duration::from_secs(60);
    let grant = crate::company::grant(ALICE, end).replace("\"ec2:*\"", "\"iam:*\",\"ec2:*\"");
    company.servers.cloud(|cloud| cloud.put_inline(PAY_ADMIN, "jit-1", &grant)).unwrap();
    let session = company.alice_in_role();
    assert!(company.get(&session, "/").is_ok());
    let refused = company.iam(&session, "DeleteRole", &[("RoleName", "x")]).unwrap_err();
    assert!(refused.message.ends_with("with an explicit deny in a permissions boundary"), "{refused:?}");
}
