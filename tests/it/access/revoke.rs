//! `jit revoke`.

use super::company::{Company, POLICY};

/// A live grant of `deploy`.
fn granted(company: &Company, person: &str) -> String {
    let (id, hash) = company.asks_for_deploy(person);
    let approved = company.says("bob", &["approve", &id, "--yes", "--sha256", &hash]);
    assert_eq!(approved.code(), 0, "{approved}");
    id
}

#[test]
fn a_grant_is_ended_now() {
    let company = Company::new();
    let id = granted(&company, "alice");
    assert_eq!(company.policies("engineer"), 1);
    for (person, code) in [("alice", 4), ("erin", 4)] {
        let output = company.says(person, &["revoke", &id, "-m", "no"]);
        assert_eq!((output.code(), company.count("revoke")), (code, 0), "{output}");
    }
    let wordless = company.says("dan", &["revoke", &id, "-m", " "]);
    assert_eq!(wordless.code(), 2, "{wordless}");
    // Security is not among its approvers, and owns no grantor: an approver's command deletes the policy.
    let revoked = company.says("carol", &["revoke", &id, "-m", "the laptop is lost"]);
    insta::assert_snapshot!(company.told(&revoked), @"
    exit 0
    --- stderr
    ✓ Revoked deploy of alice@example.com
    The policy is deleted. AWS sets no limit for when all its servers know; it usually takes seconds
    ");
    assert_eq!((company.policies("engineer"), company.state("alice", &id).as_str()), (0, "ended"));
    let again = company.says("carol", &["revoke", &id, "-m", "the laptop is lost"]);
    insta::assert_snapshot!(company.told(&again), @"
    exit 0
    --- stderr
    ✓ Nothing to revoke: it has ended already
    ");
    assert_eq!(company.count("revoke"), 1);
}

#[test]
fn everything_of_a_person_is_ended_at_once() {
    let company = Company::new();
    let one = granted(&company, "alice");
    let other = granted(&company, "erin");
    // In another second, so that the order is known: times have whole seconds.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    company.asks("alice", &["pay", "-d", "15m", "--ticket", "INC-7"]);
    let revoked = company.says("dan", &["revoke", "--user", "alice@example.com", "-m", "she has left"]);
    insta::assert_snapshot!(company.told(&revoked), @"
    exit 0
    --- stderr
    ✓ Revoked deploy of alice@example.com
    ✓ Revoked the request of alice@example.com for pay
    The policy is deleted. AWS sets no limit for when all its servers know; it usually takes seconds
    ");
    assert_eq!(company.state("alice", &one), "ended");
    assert_eq!((company.state("erin", &other).as_str(), company.policies("engineer")), ("live", 1));
    let nothing = company.says("dan", &["revoke", "--user", "alice@example.com", "-m", "again"]);
    insta::assert_snapshot!(company.told(&nothing), @"
    exit 2
    --- stderr
    error: alice@example.com holds nothing and waits for nothing
      next: name the person as the policy does, or the name of their session
    ");
}

#[test]
fn with_a_function_the_fact_is_enough() {
    let company = Company::with(&POLICY.replace("\"approver\"", "\"function\""));
    let (id, _) = company.asks_for_deploy("alice");
    let revoked = company.says("bob", &["revoke", &id, "-m", "not today", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&revoked.stdout).unwrap();
    assert_eq!(value["revoked"][0]["state"]["name"], "denied", "{revoked}");
    assert_eq!(company.state("alice", &id), "denied");
}
