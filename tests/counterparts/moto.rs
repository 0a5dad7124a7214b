//! moto's STS, extended to check what it is sent, behind `AWS_ENDPOINT_URL_STS`.

use serde_json::Value;

use crate::support::{OidcProvider, Room, Sts};

fn company(role: &str, audience: &str) -> (Room, OidcProvider, Sts) {
    let room = Room::new();
    let op = OidcProvider::start(&room, &[]);
    let sts = Sts::start(&room, &op.issuer(), audience, &[]);
    (room.with_roles(&op, role), op, sts)
}

#[test]
fn whoami_shows_the_servers_answer_to_a_signed_call() {
    let (room, op, sts) = company("", "jit-cli");
    room.sign_in(&op, &sts);
    let said = room.run(&mut room.jit(&sts, &["whoami", "prod-admin", "--json"])).ok();
    let said: Value = serde_json::from_str(&said).unwrap();
    let arn = said.to_string();
    assert!(arn.contains("arn:aws:sts::222222222222:assumed-role/admin/alice"), "{arn}");
    assert_eq!(sts.calls(), ["AssumeRoleWithWebIdentity", "AssumeRole", "GetCallerIdentity"]);
}

#[test]
fn a_chained_role_is_requested_for_one_hour_at_most() {
    // The server refuses a longer session for a chained role, as AWS does.
    let (room, op, sts) = company("duration = \"2h\"", "jit-cli");
    room.sign_in(&op, &sts);
    let seconds = sts.journal.lines().iter().filter_map(|line| line["seconds"].as_i64()).next_back();
    assert_eq!(seconds, Some(3600));
    assert_eq!(sts.journal.all("refused"), Vec::<String>::new(), "known beforehand, not found out");
}

#[test]
fn a_role_behind_two_others_is_reached_through_both() {
    let (room, op, sts) = company(
        "[role.deep]\nvia = \"prod-admin\"\nrole_arn = \"arn:aws:iam::333333333333:role/deep\"\nsession_name = \"on-call\"",
        "jit-cli",
    );
    let person = op.person(&room, "agree");
    room.run(room.jit(&sts, &["login", "deep"]).env("BROWSER", person)).ok();
    assert_eq!(sts.calls(), ["AssumeRoleWithWebIdentity", "AssumeRole", "AssumeRole"]);
    let said = room.run(&mut room.jit(&sts, &["whoami", "deep"])).ok();
    assert!(said.contains("assumed-role/deep/on-call"), "{said}");
}

#[test]
fn a_proof_for_another_audience_is_refused_with_an_explanation() {
    let (room, op, sts) = company("", "somebody-else");
    let person = op.person(&room, "agree");
    let outcome = room.run(room.jit(&sts, &["login", "prod-admin"]).env("BROWSER", person));
    assert_eq!(outcome.code(), 4, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("audience"), "{}", outcome.stderr);
    assert_eq!(sts.journal.all("refused").len(), 1, "a refusal is not repeated");
    assert_eq!(sts.journal.all("token").len(), 0);
}

#[test]
fn status_and_explain_call_nobody() {
    let (room, op, sts) = company("", "jit-cli");
    room.sign_in(&op, &sts);
    let (calls, requests) = (sts.journal.lines().len(), op.journal.lines().len());
    room.run(&mut room.jit(&sts, &["status"])).ok();
    room.run(&mut room.jit(&sts, &["status", "--json", "--check"])).ok();
    let explained = room.run(&mut room.jit(&sts, &["explain", "prod-admin"])).ok();
    assert!(explained.contains("arn:aws:iam::111111111111:role/jit-hub"), "{explained}");
    assert_eq!((sts.journal.lines().len(), op.journal.lines().len()), (calls, requests));
}
