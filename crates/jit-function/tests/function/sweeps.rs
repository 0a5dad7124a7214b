//! What runs do: grants that are given and end, and roles that others changed.

use std::collections::BTreeSet;
use std::sync::Arc;

use jit_access::fold::State;
use jit_access::id::Id;
use jit_access::ledger::FindingKind;
use jit_access::render::policy_name;
use jit_emulator::{Call, Refusal, Trouble};
use jit_function::bell::Bell;
use jit_function::function::{RunError, RunLimits};
use jit_wire::explain::{Explain as _, Kind};

use crate::company::{Company, PAY_ADMIN, READ, UNIT, policy};

const ROGUE: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;

#[test]
fn a_request_is_decided_applied_and_ended() {
    let (company, request) = {
        let company = Company::new();
        let request = company.ask("alice", "pay-admin", &[]);
        (company, request)
    };
    let function = company.function();
    let report = company.tick(&function);
    assert_eq!((report.swept, report.failures.len(), report.findings.len()), (Some(2), 0, 0), "{report:?}");
    assert_eq!((company.state(request), company.has(PAY_ADMIN, request)), (State::Pending, false));
    company.vote("bob", request);
    // What people did is carried out when the ledger rings.
    let report = function.run(Bell::Ledger, RunLimits::default()).unwrap();
    assert_eq!(report.swept, None, "the roles were compared less than a minute ago");
    assert!(company.is_live(request) && company.has(PAY_ADMIN, request));
    let text = &company.grants(PAY_ADMIN)[&policy_name(request)];
    assert!(text.contains("*:alice") && text.contains("2026-11-27T13:00:00Z"), "{text}");
    company.later(3600);
    // A cold start, with a new session.
    let function = company.function();
    company.tick(&function);
    assert!(!company.has(PAY_ADMIN, request) && company.records().case(request).unwrap().ended.is_some());
    // Nothing is left to do.
    let before = company.records().ids().count();
    let report = company.tick(&company.function());
    assert_eq!((report.failures.len(), report.findings.len()), (0, 0), "{report:?}");
    assert_eq!(company.records().ids().count(), before);
}

#[test]
fn access_that_is_returned_or_revoked_ends_when_the_ledger_rings() {
    let company = Company::new();
    let function = company.function();
    let (first, second) = (company.ask("alice", "pay-admin", &[]), company.ask("bob", "pay-admin", &[]));
    company.vote("bob", first);
    company.vote("carol", second);
    company.tick(&function);
    assert!(company.has(PAY_ADMIN, first) && company.has(PAY_ADMIN, second));
    company.give_back("alice", first);
    function.run(Bell::Ledger, RunLimits::default()).unwrap();
    assert!(!company.has(PAY_ADMIN, first) && company.has(PAY_ADMIN, second));
    company.revoke("carol", second);
    function.run(Bell::Ledger, RunLimits::default()).unwrap();
    assert!(!company.has(PAY_ADMIN, second));
}

#[test]
fn what_others_did_to_a_role_is_undone_and_told() {
    let company = Company::new();
    let function = company.function();
    let request = company.ask("alice", "pay-admin", &[]);
    company.vote("bob", request);
    company.tick(&function);
    let (name, text) = (policy_name(request), company.grants(PAY_ADMIN)[&policy_name(request)].clone());
    let unknown = policy_name(Id::new(company.servers.now(), [250; 10]));
    // Another policy, in another account too, a changed one, and none.
    for (role, policy) in [(PAY_ADMIN, unknown.as_str()), (READ, "inline"), (PAY_ADMIN, name.as_str())] {
        company.servers.cloud(|cloud| cloud.put_inline(role, policy, ROGUE)).unwrap();
        let report = company.tick(&function);
        let found: Vec<_> =
            report.findings.iter().map(|finding| (finding.kind, finding.subject.as_str())).collect();
        assert_eq!(found, [(FindingKind::UnexplainedPolicy, role)], "{policy}");
        company.tick(&function);
        assert_eq!(company.grants(PAY_ADMIN), [(name.clone(), text.clone())].into(), "{policy}");
        assert!(company.grants(READ).is_empty(), "{policy}");
    }
    company.servers.cloud(|cloud| {
        let mut role = cloud.role(PAY_ADMIN).unwrap().clone();
        role.inline.clear();
        cloud.put_role(role).unwrap();
    });
    let report = company.tick(&function);
    assert_eq!(report.findings[0].kind, FindingKind::MissingGrant);
    assert_eq!(company.grants(PAY_ADMIN), [(name.clone(), text.clone())].into());
    assert_eq!(company.findings().len(), 4, "each is written into the ledger");
    // A frozen role loses its grants and gets none, until it is no longer frozen.
    let freeze = |is_frozen: bool| {
        company.servers.cloud(|cloud| {
            let mut role = cloud.role(PAY_ADMIN).unwrap().clone();
            role.tags.clear();
            if is_frozen {
                role.tags.insert("jit-freeze".to_owned(), String::new());
            }
            cloud.put_role(role).unwrap();
        });
    };
    freeze(true);
    assert_eq!(company.tick(&function).findings, []);
    assert!(company.grants(PAY_ADMIN).is_empty());
    freeze(false);
    company.tick(&function);
    assert_eq!(company.grants(PAY_ADMIN), [(name, text)].into());
}

#[test]
fn a_role_that_is_not_as_deployed_is_told_once_and_not_repaired() {
    let company = Company::new();
    let function = company.function();
    company.servers.cloud(|cloud| {
        let mut role = cloud.role(READ).unwrap().clone();
        role.attached.insert("arn:aws:iam::aws:policy/AdministratorAccess".to_owned());
        cloud.put_role(role).unwrap();
    });
    let kinds = |report: jit_function::report::Report| -> Vec<FindingKind> {
        report.findings.iter().map(|finding| finding.kind).collect()
    };
    assert_eq!(kinds(company.tick(&function)), [FindingKind::Attached]);
    assert_eq!(kinds(company.tick(&function)), []);
    assert_eq!(kinds(company.tick(&company.function())), [], "not by another one either");
    assert_eq!(company.servers.cloud(|cloud| cloud.role(READ).unwrap().attached.len()), 1);
}

#[test]
fn an_account_that_cannot_be_reached_keeps_no_other_from_being_swept() {
    let company = Company::new();
    let function = company.function();
    company.servers.cloud(|cloud| cloud.remove_role("arn:aws:iam::333333333333:role/jit-grantor"));
    company.servers.cloud(|cloud| cloud.put_inline(PAY_ADMIN, "inline", ROGUE)).unwrap();
    let report = company.tick(&function);
    assert!(company.grants(PAY_ADMIN).is_empty());
    assert_eq!(report.swept, Some(1));
    let failed: Vec<&str> = report.failures.iter().map(|(about, _)| about.as_str()).collect();
    assert_eq!(failed, ["333333333333"]);
    assert!(report.failures[0].1.contains("AccessDenied"), "{report:?}");
    // If none can be, the run has failed, and does not say that it is well.
    company.servers.cloud(|cloud| cloud.remove_role("arn:aws:iam::222222222222:role/jit-grantor"));
    let swept = company.records().last_sweep().unwrap().0;
    company.later(300);
    let error = company.function().run(Bell::Tick, RunLimits::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::Refused, "{error}");
    assert_eq!(company.records().last_sweep().unwrap().0, swept);
}

#[test]
fn throttling_makes_it_slower_and_loses_nothing() {
    let company = Company::new();
    company.servers.cloud(|cloud| cloud.put_inline(PAY_ADMIN, "inline", ROGUE)).unwrap();
    let throttled = || Trouble::Refuse(Refusal::new(400, "Throttling", "Rate exceeded"));
    company.servers.faults(|faults| {
        for call in ["iam:ListRoles", "iam:GetRole", "iam:ListRolePolicies", "iam:DeleteRolePolicy"] {
            faults.next(2, Call::Aws(call), throttled());
        }
    });
    let report = company.tick(&company.function());
    assert_eq!((report.swept, report.failures.len(), report.findings.len()), (Some(2), 0, 1), "{report:?}");
    assert!(company.grants(PAY_ADMIN).is_empty());
}

#[test]
fn a_unit_that_cannot_be_read_makes_requests_wait_and_denies_none() {
    let company = Company::new();
    let function = company.function();
    let refused = || Trouble::Refuse(Refusal::new(400, "AccessDeniedException", "no"));
    company
        .servers
        .faults(|faults| faults.always(Call::Aws("organizations:ListAccountsForParent"), refused()));
    let request = company.ask("alice", "read", &["333333333333"]);
    let other = company.ask("alice", "secret", &[]);
    let report = company.tick(&function);
    let kinds: BTreeSet<_> =
        report.findings.iter().map(|finding| (finding.kind, finding.subject.as_str())).collect();
    assert_eq!(kinds, [(FindingKind::Directory, UNIT)].into());
    assert_eq!((company.state(request), report.swept), (State::Pending, Some(1)));
    assert!(company.decision(other).is_some(), "what needs no unit is decided");
    assert_eq!(company.tick(&function).findings, [], "told once");
    company.servers.faults(|faults| faults.clear());
    company.tick(&function);
    assert!(company.is_live(request) && company.has(READ, request));
    // From then on the last answer is used when there is none.
    company
        .servers
        .faults(|faults| faults.always(Call::Aws("organizations:ListAccountsForParent"), refused()));
    let next = company.ask("bob", "read", &["333333333333"]);
    assert_eq!(company.tick(&function).swept, Some(2));
    assert!(company.is_live(next));
}

#[test]
fn a_run_that_is_short_of_time_changes_nothing_more() {
    let company = Company::new();
    let request = company.ask("alice", "pay-admin", &[]);
    company.vote("bob", request);
    let now = std::time::Instant::now();
    let limits = RunLimits { until: Some(now), ..RunLimits::default() };
    let error = company.function().run(Bell::Tick, limits).unwrap_err();
    assert_eq!(error.kind(), Kind::Interrupted, "{error}");
    assert!(company.decision(request).is_none());
    company.tick(&company.function());
    assert!(company.is_live(request));
}

#[test]
fn where_approvers_apply_it_does_nothing() {
    let company = Company::new();
    let approvers = policy()
        .replace("apply = \"function\"", "apply = \"approver\"")
        .replace("approve = []", "approve = [{ group = \"owners\" }]");
    company.later(1);
    company.publish(&approvers);
    let error = company.function().run(Bell::Tick, RunLimits::default()).unwrap_err();
    assert!(matches!(error, RunError::Approvers), "{error}");
}

#[test]
fn two_functions_at_once_decide_each_request_once() {
    let company = Company::new();
    let requests: Vec<Id> = (0..4)
        .map(|number| {
            let (asks, votes) = if number % 2 == 0 { ("alice", "bob") } else { ("bob", "carol") };
            let request = company.ask(asks, "pay-admin", &[]);
            company.vote(votes, request);
            request
        })
        .collect();
    let functions = [Arc::new(company.function()), Arc::new(company.function())];
    let runs: Vec<_> = functions
        .into_iter()
        .map(|function| std::thread::spawn(move || function.run(Bell::Tick, RunLimits::default())))
        .collect();
    for run in runs {
        let report = run.join().unwrap().unwrap();
        assert_eq!(report.findings, [], "what the other one wrote is explained");
    }
    company.tick(&company.function());
    let names: BTreeSet<String> = requests.iter().map(|request| policy_name(*request)).collect();
    assert_eq!(company.grants(PAY_ADMIN).into_keys().collect::<BTreeSet<_>>(), names);
    for request in requests {
        let decision = company.decision(request).unwrap();
        assert_eq!(company.grants(PAY_ADMIN)[&policy_name(request)], decision.grants[0].document);
    }
    assert_eq!(company.records().anomalies(), []);
}
