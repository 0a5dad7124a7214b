//! Every scenario, answered by the third-party simulator too: what is refused is refused by both, and what is allowed is
//! allowed by both.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};

use crate::case::{Case, EVERYTHING};
use crate::world::World;
use crate::{project, scenarios, tool, world};

/// Where the simulator answers differently, and why the answer here is right.
struct Difference {
    /// A part of the names of the scenarios.
    scenarios: &'static str,
    why: &'static str,
}

const DIFFERENCES: &[Difference] = &[
    Difference {
        scenarios: "other:aws:",
        why: "an ARN that does not begin with `arn` names nothing in AWS; the simulator does not look at that segment",
    },
    Difference {
        scenarios: " on *",
        why: "the simulator takes a request about `*` for one about anything; here it is about a resource of that name",
    },
    Difference { scenarios: "of everything", why: "a request about `*`, as above" },
    Difference { scenarios: "every role", why: "a request about `*`, as above" },
    Difference { scenarios: "a pattern", why: "the key of the request has a `*`, as above" },
    Difference { scenarios: "nobody's", why: "the key of the request has a `*`, as above" },
    Difference {
        scenarios: "the function becomes the grantor: arn:",
        why: "another ARN of the caller's role; the simulator derives it from the session's ARN, which lacks that segment",
    },
    Difference {
        scenarios: "by OIDC",
        why: "the condition keys of an issuer begin with its name, and the simulator knows only those of a few",
    },
    Difference { scenarios: "a robot", why: "the condition keys of an issuer, as above" },
];

/// What the simulator answers to a request that AWS could never get: an action or a resource that does not exist. Scenarios
/// have these so that a document that is too wide is noticed.
const NO_QUESTION: [&str; 4] =
    ["invalid.action", "invalid.service", "must.use.wildcard", "no.resource.types"];

/// The question in the simulator's words.
fn simulation(case: &Case, world: &World) -> Value {
    let mut context = Map::new();
    for (key, values) in case.context() {
        let many = key.eq_ignore_ascii_case("aws:TagKeys");
        context.insert(key, if many { json!(values) } else { json!(values[0]) });
    }
    let all =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let document = |name: &str| if name == EVERYTHING { all.clone() } else { world[name].clone() };
    let named = |names: &[&'static str]| -> Vec<Value> {
        names.iter().map(|name| json!({"name": name, "policy": document(name)})).collect()
    };
    let account = if case.same_account { case.account() } else { "555555555555" };
    let principal = if case.federated { case.role.clone() } else { case.session() };
    let mut simulation = json!({
        "request": {
            "principal": principal,
            "action": case.action,
            "resource": {"resource": case.resource, "accountId": account},
            "contextVariables": context,
        },
        "identityPolicies": named(&case.identity),
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
    });
    if let Some(name) = case.boundary {
        simulation["permissionBoundaryPolicies"] = json!(named(&[name]));
    }
    if let Some(name) = case.control {
        simulation["serviceControlPolicies"] =
            json!([{"orgIdentifier": "r-root", "policies": named(&[EVERYTHING, name])}]);
    }
    match (&case.foreign, case.resource_policy) {
        (Some(foreign), _) => simulation["resourcePolicy"] = foreign.clone(),
        (None, Some(name)) => simulation["resourcePolicy"] = document(name),
        // The role's own trust policy is not what the scenario is about.
        (None, None) if case.action.starts_with("sts:AssumeRole") => {
            simulation["resourcePolicy"] = json!({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "sts:*", "Principal": {"AWS": ["111111111111", "222222222222", "111122223333"]}},
            ]});
        }
        (None, None) => {}
    }
    simulation
}

/// The simulator's answers, in order.
fn ask(questions: Vec<Value>) -> Vec<String> {
    let mut node = Command::new(tool("venv/bin/node"))
        .arg(project("crates/iam-evaluate/tests/simulate/ask.mjs"))
        .arg(tool("iam-simulate"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts");
    let mut input = BufWriter::new(node.stdin.take().expect("a pipe"));
    let asking = std::thread::spawn(move || {
        for question in questions {
            writeln!(input, "{question}").expect("the simulator listens");
        }
    });
    let output = BufReader::new(node.stdout.take().expect("a pipe"));
    let answers = output.lines().map(|line| line.expect("text")).collect();
    asking.join().expect("all questions were asked");
    assert!(node.wait().expect("it ends").success());
    answers
}

#[test]
fn an_independent_simulator_agrees_with_every_scenario() {
    let (world, cases) = (world::world(), scenarios::all());
    let answers = ask(cases.iter().map(|case| simulation(case, &world)).collect());
    assert_eq!(answers.len(), cases.len());
    let (mut wrong, mut used, mut agreed) = (Vec::new(), vec![0; DIFFERENCES.len()], BTreeMap::new());
    let mut no_question = 0;
    for (case, answer) in cases.iter().zip(&answers) {
        if NO_QUESTION.iter().any(|why| *answer == format!("error: {{\"message\":\"{why}\"}}")) {
            no_question += 1;
            continue;
        }
        let is_same = (answer == "Allowed") == case.allowed && !answer.starts_with("error");
        let known = DIFFERENCES.iter().position(|row| case.name.contains(row.scenarios));
        match (is_same, known) {
            (true, _) => *agreed.entry(case.allowed).or_insert(0) += 1,
            (false, Some(row)) => used[row] += 1,
            (false, None) => {
                wrong.push(format!("{answer}, expected allowed = {}: {}", case.allowed, case.name))
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    for (row, count) in DIFFERENCES.iter().zip(used) {
        assert!(count > 0, "no longer different: {}", row.scenarios);
        assert!(row.why.len() > 20, "{}", row.scenarios);
    }
    assert!(agreed[&false] > 2_000 && agreed[&true] > 400, "{agreed:?}, {no_question} were no questions");
}
