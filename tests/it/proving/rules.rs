//! Every statement of every document that is rendered, broken in turn: a new one is in here by itself, and a new kind of document
//! fails until it is said where it is deployed.

use std::collections::BTreeMap;

use jit_emulator::{Cloud, HUB};
use serde_json::{Value, json};

use super::company::{BUCKET, Company, FUNCTION, GLASS, GRANTOR, PAY, READ, bucket, inline, managed, trust};

/// Where a document is: how it is edited, and its text.
fn edit(cloud: &mut Cloud, company: &Company, name: &str, edit: impl FnOnce(&mut Value)) {
    let (kind, rest) = name.split_once(['/', '.']).unwrap_or((name, ""));
    let role = |access: &str| match access {
        "pay" => PAY,
        "read" => READ,
        "glass" => GLASS,
        other => panic!("the company has no access {other}"),
    };
    let part = rest.rsplit_once('.').unwrap_or((rest, ""));
    match (kind, part) {
        ("ledger", _) => bucket(cloud, edit),
        ("ceiling", (ceiling, _)) => {
            let account = if ceiling == "read" { "333333333333" } else { "222222222222" };
            managed(cloud, &format!("arn:aws:iam::{account}:policy/jit-ceiling-{ceiling}"), edit);
        }
        ("role", (access, "trust")) => trust(cloud, role(access), edit),
        ("role", (access, "standing")) => inline(cloud, role(access), "standing", edit),
        ("door", (door, "trust")) => trust(cloud, company.policy.doors[door].role.as_str(), edit),
        ("door", (door, kind)) => {
            inline(cloud, company.policy.doors[door].role.as_str(), &format!("jit-{kind}"), edit);
        }
        ("grantor", (_, "trust") | ("trust", _)) => trust(cloud, GRANTOR, edit),
        ("grantor", ("policy", _)) => inline(cloud, GRANTOR, "jit-grantor", edit),
        ("function", ("policy", _)) => inline(cloud, FUNCTION, "jit-apply", edit),
        _ => panic!("say where {name} is deployed"),
    }
}

/// What is deployed, by the name of the rendered document.
fn deployed(company: &Company) -> BTreeMap<String, Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    let rendering = jit_access::render::deployment(&company.policy, &Default::default());
    names.extend(rendering.documents.into_iter().map(|one| one.name));
    names.extend(rendering.missing.into_iter().map(|one| one.name));
    // It is in no account, so it is not read: the probe `guardrail` tries it, and the table breaks it.
    names.retain(|name| name != "guardrail");
    // The ceiling `admin` is that of the break-glass role, and every ceiling is one of an access.
    let places = names.into_iter().filter(|name| {
        let account = name.strip_prefix("grantor/").and_then(|rest| rest.strip_suffix(".trust"));
        account.is_none_or(|account| account == "222222222222")
    });
    places
        .map(|name| {
            let mut sids = Vec::new();
            company.change(|cloud| {
                edit(cloud, company, &name, |document| {
                    let statements = document["Statement"].as_array().unwrap();
                    sids = statements.iter().map(|one| one["Sid"].as_str().unwrap().to_owned()).collect();
                });
            });
            (name, sids)
        })
        .collect()
}

/// A denial is taken away, and something is added to what is allowed, so that everything still works and only reading finds it.
fn break_statement(document: &mut Value, sid: &str) {
    let statements = document["Statement"].as_array_mut().unwrap();
    let at = statements.iter().position(|statement| statement["Sid"] == sid).unwrap();
    if statements[at]["Effect"] == "Deny" {
        statements.remove(at);
        return;
    }
    let action = &mut statements[at]["Action"];
    let mut actions = match action.take() {
        Value::Array(actions) => actions,
        one => vec![one],
    };
    actions.push(json!("s3:GetBucketLogging"));
    *action = Value::Array(actions);
}

/// Breaks one statement of each document at the same time, until each was broken.
fn every_rule_is_named(company: &Company) {
    let rules = deployed(company);
    assert!(rules.values().map(Vec::len).sum::<usize>() > 30, "{rules:?}");
    company.repair();
    for round in 0..rules.values().map(Vec::len).max().unwrap() {
        let broken: Vec<(&String, &String)> =
            rules.iter().filter_map(|(name, sids)| Some((name, sids.get(round)?))).collect();
        for (name, sid) in &broken {
            company.change(|cloud| edit(cloud, company, name, |document| break_statement(document, sid)));
        }
        let (output, found) = company.proves(true);
        assert_eq!(output.code(), 1, "{output}");
        for (name, sid) in broken {
            let place = if name == "ledger" { BUCKET } else { "arn:aws:iam::" };
            let named = found.iter().any(|(probe, (health, what))| {
                let sentences = what.split("; ");
                probe.starts_with("read-")
                    && health == "broken"
                    && sentences.into_iter().any(|sentence| {
                        sentence.contains(&format!("{name} at {place}"))
                            && sentence.contains(&format!(" statement {sid} "))
                    })
            });
            assert!(named, "nobody finds {name}: {sid}\n{found:#?}");
        }
        company.repair();
    }
    assert!(
        company
            .jit(&["whoami", "hub"])
            .stdout
            .contains(&HUB.replace(":role/", ":assumed-role/").replace("iam", "sts"))
    );
}

#[test]
fn every_rule_of_a_function_deployment_has_a_broken_twin_that_is_named() {
    every_rule_is_named(&Company::new("function"));
}

#[test]
fn every_rule_of_an_approver_deployment_has_a_broken_twin_that_is_named() {
    every_rule_is_named(&Company::new("approver"));
}
