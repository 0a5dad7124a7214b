//! Who is on call gets some access at once, until the shift ends.

use jit_access::fold::State;
use jit_access::id::Id;
use jit_emulator::{Call, OnCallShift, PagerDutyServer};
use jit_function::function::Function;
use jit_function::settings::Settings;

use crate::company::Company;

const DEPLOY: &str = "arn:aws:iam::222222222222:role/jit/deploy";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:444444444444:secret:pagerduty-a1b2c3";
const TOKEN: &str = "y_NbAkKc66ryYTWUXYEu";

fn company() -> (Company, PagerDutyServer, Function) {
    let (company, pagerduty) = (Company::new(), PagerDutyServer::start(TOKEN).unwrap());
    company.servers.cloud(|cloud| cloud.secrets.insert(SECRET.to_owned(), format!("{TOKEN}\n")));
    let text = format!(
        "ledger = \"s3://acme-jit-ledger\"\nregion = \"eu-west-1\"\npagerduty_token = \"{SECRET}\"\npagerduty_url = \"{}\"\n",
        pagerduty.url()
    );
    let settings = Settings::of_text("f.toml", &text).unwrap();
    let function = company.function_with(settings);
    (company, pagerduty, function)
}

/// A shift on this schedule, from and until so many seconds after now.
fn shift(company: &Company, schedule: &str, user: &str, start: i64, end: i64) -> OnCallShift {
    let at = |seconds: i64| jit_wire::timestamp::Timestamp(company.servers.now().0 + seconds);
    OnCallShift { schedule: schedule.to_owned(), user: user.to_owned(), start: at(start), end: at(end) }
}

fn until(company: &Company, request: Id) -> Option<i64> {
    match company.state(request) {
        State::Granted { until, .. } => Some(until.0 - company.servers.now().0),
        _ => None,
    }
}

#[test]
fn whoever_is_on_call_gets_it_until_the_shift_ends() {
    let (company, pagerduty, function) = company();
    pagerduty.set_shifts(vec![
        shift(&company, "PSCHED1", "PALICE", -3600, 1800),
        // Bob is on call elsewhere, and later.
        shift(&company, "PSCHED2", "PBOB", -3600, 1800),
        shift(&company, "PSCHED1", "PBOB", 1800, 3600),
    ]);
    let (alice, bob) = (company.ask("alice", "deploy", &[]), company.ask("bob", "deploy", &[]));
    let report = company.tick(&function);
    assert_eq!(report.failures, []);
    assert_eq!((until(&company, alice), until(&company, bob)), (Some(1800), None));
    assert!(company.has(DEPLOY, alice) && !company.has(DEPLOY, bob));
    let answer = company.decision(alice).unwrap().on_call.unwrap();
    let used: Vec<_> = answer.iter().map(|shift| (shift.schedule.as_str(), shift.user.as_str())).collect();
    assert_eq!(used, [("PSCHED1", "PALICE")], "what was answered is in the decision");
    assert_eq!(jit_access::replay::replay(&company.records()), []);
    // His own shift begins.
    company.later(1800);
    company.tick(&function);
    assert!(company.has(DEPLOY, bob) && !company.has(DEPLOY, alice));
    assert_eq!(until(&company, bob), Some(1800));
}

#[test]
fn if_nobody_answers_people_decide() {
    let (company, pagerduty, function) = company();
    pagerduty.set_shifts(vec![shift(&company, "PSCHED1", "PALICE", -3600, 36_000)]);
    let request = company.ask("alice", "deploy", &[]);
    for (status, why) in [
        (500, "PagerDuty answered with status 500"),
        (429, "PagerDuty had too many requests (status 429)"),
        (401, "PagerDuty refused the token (status 401)"),
    ] {
        pagerduty.fail(Some(status));
        let report = company.tick(&function);
        assert_eq!(report.failures, [("on-call".to_owned(), why.to_owned())]);
        assert_eq!(company.state(request), State::Pending, "{status}");
    }
    pagerduty.fail(None);
    // A token that PagerDuty does not know, and a secret that is gone.
    company.servers.cloud(|cloud| cloud.secrets.insert(SECRET.to_owned(), "other".to_owned()));
    let report = company.tick(&function);
    assert_eq!(report.failures[0].1, "PagerDuty refused the token (status 401)");
    company.servers.cloud(|cloud| cloud.secrets.clear());
    let report = company.tick(&function);
    assert!(report.failures[0].1.contains("ResourceNotFoundException"), "{report:?}");
    assert!(!format!("{report:?}").contains(TOKEN));
    company.vote("bob", request);
    company.tick(&function);
    assert!(company.is_live(request));
    assert_eq!(company.decision(request).unwrap().on_call, None);
}

#[test]
fn nobody_is_asked_where_it_does_not_matter() {
    let (company, pagerduty, function) = company();
    company.ask("alice", "pay-admin", &[]);
    company.tick(&function);
    // Nobody at PagerDuty is carol, and she may not have it anyway.
    company.ask("carol", "deploy", &[]);
    company.tick(&function);
    assert_eq!(pagerduty.asked(), 0);
    assert_eq!(company.servers.journal().count(Call::Aws("secretsmanager:GetSecretValue")), 0);
    let request = company.ask("alice", "deploy", &[]);
    company.tick(&function);
    assert_eq!(pagerduty.asked(), 1);
    company.vote("bob", request);
    company.tick(&function);
    company.tick(&function);
    assert_eq!(pagerduty.asked(), 2, "once more to decide, and then it is decided");
}

#[test]
fn a_long_list_is_read_to_its_end() {
    let (company, pagerduty, function) = company();
    let others = (0..250).map(|number| shift(&company, "PSCHED1", &format!("P{number}"), -60, 600));
    let own = shift(&company, "PSCHED1", "PALICE", -60, 600);
    pagerduty.set_shifts(others.chain([own]).collect());
    let request = company.ask("alice", "deploy", &[]);
    company.tick(&function);
    assert_eq!((pagerduty.asked(), until(&company, request)), (3, Some(600)));
}
