//! A run that ends between any two steps, answers that are lost, and what the next run makes of it.

use std::cell::Cell;
use std::ops::ControlFlow;

use jit_access::render::{policy_name, request_of};
use jit_emulator::{Call, Trouble};

use crate::company::{Company, PAY_ADMIN};

/// Every policy on the role is the text of a decision.
fn check(company: &Company, at: &str) {
    let records = company.records();
    for (name, document) in company.grants(PAY_ADMIN) {
        let case = request_of(&name).and_then(|id| records.case(id));
        let decision = case.as_ref().and_then(|case| case.decision);
        let decision = decision.unwrap_or_else(|| panic!("{at}: a policy without a decision"));
        assert_eq!(decision.grants[0].document, document, "{at}");
    }
}

#[test]
fn an_end_between_any_two_steps_leaves_what_the_next_run_finishes() {
    let mut steps = 0;
    for (place, is_revoked) in (0..8).flat_map(|place| [(place, false), (place, true)]) {
        let at = format!("killed at {place}, revoked: {is_revoked}");
        let company = Company::new();
        let request = company.ask("alice", "pay-admin", &[]);
        company.vote("bob", request);
        let count = Cell::new(0);
        let done = company.run(&company.function(), &|_| {
            check(&company, &at);
            count.set(count.get() + 1);
            if count.get() > place { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        steps = steps.max(count.get());
        check(&company, &at);
        if is_revoked {
            company.later(1);
            company.revoke("carol", request);
        }
        // Another process, which knows nothing of the one before.
        let report = company.tick(&company.function());
        assert_eq!((report.failures, report.findings), (Vec::new(), Vec::new()), "{at}");
        check(&company, &at);
        assert_eq!(company.has(PAY_ADMIN, request), !is_revoked, "{at}");
        let records = company.records();
        let case = records.case(request).unwrap();
        let was_granted = !case.decision.unwrap().grants.is_empty();
        assert!(is_revoked || case.applied.is_some(), "{at}");
        assert_eq!(case.ended.is_some(), is_revoked && was_granted, "{at}");
        assert!(done.is_err() || place >= steps, "{at}");
    }
    assert!((4..8).contains(&steps), "{steps} steps");
}

/// A call of each kind that a run makes is carried out, and its answer is lost.
#[test]
fn a_lost_answer_changes_nothing_about_the_outcome() {
    let calls = [
        "s3:PutObject",
        "s3:GetObject",
        "s3:ListBucketVersions",
        "iam:PutRolePolicy",
        "iam:GetRolePolicy",
        "iam:GetRole",
        "iam:ListRoles",
        "iam:ListRolePolicies",
        "iam:DeleteRolePolicy",
    ];
    for call in calls {
        let company = Company::new();
        let function = company.function();
        let request = company.ask("alice", "pay-admin", &[]);
        company.vote("bob", request);
        company.servers.faults(|faults| faults.next(1, Call::Aws(call), Trouble::AnswerLost));
        let report = company.tick(&function);
        assert_eq!((report.failures, report.findings), (Vec::new(), Vec::new()), "{call}");
        assert!(company.has(PAY_ADMIN, request) && company.is_live(request), "{call}");
        company.later(3600);
        // Its session has ended with the hour.
        let function = company.function();
        company.servers.faults(|faults| faults.next(1, Call::Aws(call), Trouble::AnswerLost));
        company.tick(&function);
        assert!(!company.grants(PAY_ADMIN).contains_key(&policy_name(request)), "{call}");
        check(&company, call);
        assert_eq!(company.records().anomalies(), [], "{call}");
    }
}
