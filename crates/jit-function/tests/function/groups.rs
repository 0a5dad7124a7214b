//! Groups of Identity Center.

use jit_access::fold::State;
use jit_access::ledger::FindingKind;
use jit_emulator::{Call, Refusal, Trouble};
use jit_function::settings::Settings;

use crate::company::{Company, READ};

const ACCOUNT: &[&str] = &["333333333333"];

fn code(state: &State) -> &str {
    match state {
        State::Denied { code, .. } => code,
        _ => state.name(),
    }
}

#[test]
fn members_count_and_are_written_into_the_decision() {
    let company = Company::new();
    let function = company.function();
    let (erin, mallory) = (company.ask("erin", "read", ACCOUNT), company.ask("mallory", "read", ACCOUNT));
    // Found there in another spelling, and so somebody else.
    let twin = company.ask("ERIN", "read", ACCOUNT);
    company.tick(&function);
    assert!(company.has(READ, erin));
    let members = company.decision(erin).unwrap().members;
    assert_eq!((members.len(), members[0].group.as_str()), (1, "g-eng"));
    assert_eq!(members[0].names, ["erin"]);
    assert_eq!(code(&company.state(mallory)), "person");
    assert_eq!(code(&company.state(twin)), "person");
    let replayed = jit_access::replay::replay(&company.records());
    assert_eq!(replayed, [], "the audit needs nothing but the ledger");
    // Who leaves the group keeps what was granted, and gets nothing new.
    company.servers.cloud(|cloud| cloud.directory.groups.get_mut("g-eng").unwrap().clear());
    let again = company.ask("erin", "read", ACCOUNT);
    company.tick(&function);
    assert!(company.has(READ, erin));
    assert_eq!(code(&company.state(again)), "person");
}

#[test]
fn names_are_looked_up_once_in_a_run_and_only_where_something_is_to_be_decided() {
    let company = Company::new();
    let function = company.function();
    let looked_up = || company.servers.journal().count(Call::Aws("identitystore:GetUserId"));
    company.tick(&function);
    assert_eq!(looked_up(), 0);
    company.ask("erin", "read", ACCOUNT);
    company.ask("erin", "read", ACCOUNT);
    company.tick(&function);
    assert_eq!(looked_up(), 1);
    company.tick(&function);
    assert_eq!(looked_up(), 1, "both are decided");
}

#[test]
fn in_a_group_that_cannot_be_read_nobody_is_a_member_and_security_is_told_once() {
    let company = Company::new();
    let function = company.function();
    company.servers.cloud(|cloud| drop(cloud.directory.groups.remove("g-eng")));
    let request = company.ask("erin", "read", ACCOUNT);
    let report = company.tick(&function);
    let found: Vec<_> =
        report.findings.iter().map(|one| (one.kind, one.subject.as_str(), one.what.as_str())).collect();
    let what = "the group of Identity Center cannot be read: there is no such group";
    assert_eq!(found, [(FindingKind::Directory, "g-eng", what)]);
    assert_eq!(code(&company.state(request)), "person");
    company.ask("erin", "read", ACCOUNT);
    assert_eq!(company.tick(&function).findings, []);
    assert_eq!(company.findings().len(), 1);
}

#[test]
fn where_members_are_kept_out_an_unread_group_makes_requests_wait() {
    let company = Company::new();
    let function = company.function();
    let denied = Refusal::new(400, "AccessDeniedException", "no");
    company
        .servers
        .faults(|faults| faults.always(Call::Aws("identitystore:GetUserId"), Trouble::Refuse(denied)));
    // Alice is a contractor, which nobody can tell at the moment. Bob is none.
    let (alice, bob) = (company.ask("alice", "secret", &[]), company.ask("bob", "secret", &[]));
    company.tick(&function);
    assert_eq!([code(&company.state(alice)), code(&company.state(bob))], ["pending", "pending"]);
    company.servers.faults(|faults| faults.clear());
    company.tick(&function);
    assert_eq!([code(&company.state(alice)), code(&company.state(bob))], ["excluded", "live"]);
}

#[test]
fn without_an_identity_store_no_group_of_it_has_members() {
    let company = Company::new();
    let function = company.function_with(Settings { identity_store: None, ..Company::settings() });
    let request = company.ask("erin", "read", ACCOUNT);
    let report = company.tick(&function);
    assert_eq!(report.findings.len(), 2, "{report:?}");
    assert_eq!(code(&company.state(request)), "person");
}
