use serde_json::json;

use super::super::{Arrival, CompanyCeiling, Level, RenderSettings, SessionName, Where, deployment};
use super::*;
use crate::policy::Policy;

const POLICY: &str = r#"
[deployment]
apply = "APPLY"
security = ["owners"]

[door.hub]
role = "arn:aws:iam::111111111111:role/jit-hub"
ids = ["AROAABCDEFGHIJKLMNOPQ"]
may = ["request", "vote"]

[door.set]
role = "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Jit_0123456789abcdef"
ids = ["AROAABCDEFGHIJKLMNOPR"]
may = ["request"]

[door.platform]
role = "arn:aws:iam::111111111111:role/jit-publisher"
ids = ["AROAABCDEFGHIJKLMNOPS"]
may = ["publish"]

[door.ci]
role = "arn:aws:iam::111111111111:role/jit-ci"
ids = ["AROAABCDEFGHIJKLMNOPT"]
may = ["request"]

[door.glass]
role = "arn:aws:iam::111111111111:role/jit-glass-door"
ids = ["AROAABCDEFGHIJKLMNOPU"]
may = ["glass"]

[group]
eng = ["alice"]
owners = ["bob"]

[access.pay]
role = "arn:aws:iam::111122223333:role/jit/pay"
ceiling = "operate-ml"
who = ["eng"]
approve = [{ group = "owners" }]
max = "1h"

[access.glass]
role = "arn:aws:iam::111122223333:role/jit-glass/admin"
ceiling = "admin"
who = ["eng"]
standing = true
review = { group = "owners", within = "24h" }
"#;

fn policy(apply: &str) -> Policy {
    Policy::read_published("policy.toml", &POLICY.replace("APPLY", apply)).unwrap()
}

fn settings(apply: &str) -> RenderSettings {
    let oidc = Arrival::Oidc {
        issuer: "acme.okta.com/oauth2/default".to_owned(),
        audience: "0oa1".to_owned(),
        session_name: SessionName::SourceIdentity,
    };
    let robot = Arrival::Robot {
        issuer: "token.actions.githubusercontent.com".to_owned(),
        audience: "sts.amazonaws.com".to_owned(),
        subject: "repo:acme/$x:ref:refs/heads/main".to_owned(),
        session_name: "ci".to_owned(),
    };
    let saml = Arrival::Saml { provider: "acme".to_owned(), regions: vec!["eu-west-1".to_owned()] };
    let subject = Arrival::Oidc {
        issuer: "acme.okta.com".to_owned(),
        audience: "0oa2".to_owned(),
        session_name: SessionName::Subject,
    };
    let arrivals = [("hub", oidc), ("ci", robot), ("glass", saml), ("platform", subject)];
    let by_function = apply == "function";
    RenderSettings {
        ledger: Some("acme-jit-ledger".to_owned()),
        reach: Some(Where::Organization("o-a1b2c3d4e5".to_owned())),
        platform: vec![
            "arn:aws:iam::444444444444:role/platform".parse().unwrap(),
            "arn:aws:iam::444444444444:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Platform_0000000000000000"
                .parse()
                .unwrap(),
        ],
        function_role: by_function.then(|| "arn:aws:iam::444444444444:role/jit-function".parse().unwrap()),
        function: by_function.then(|| "arn:aws:lambda:eu-west-1:444444444444:function:jit".to_owned()),
        tags: vec!["department".to_owned()],
        passable: vec!["arn:aws:iam::111122223333:role/app/web".to_owned()],
        ceilings: BTreeMap::from([(
            "operate-ml".to_owned(),
            CompanyCeiling { level: Level::Operate, more: vec!["bedrock:*".to_owned()] },
        )]),
        arrivals: arrivals.map(|(door, arrival)| (door.to_owned(), arrival)).into(),
        grant: None,
    }
}

/// What AWS has: each document by name, without the guard rail, which is not a document of an account.
fn found(apply: &str) -> Vec<(String, String)> {
    let rendering = deployment(&policy(apply), &settings(apply));
    assert_eq!(rendering.missing, []);
    let documents = rendering.documents.into_iter().filter(|one| one.name != "guardrail");
    documents.map(|one| (one.name, one.document.as_str().to_owned())).collect()
}

#[test]
fn what_is_rendered_is_recognized_and_rendered_again() {
    for apply in ["function", "approver"] {
        let found = found(apply);
        let recognized = recognized(&policy(apply), "acme-jit-ledger", &found);
        let again = deployment(&policy(apply), &recognized);
        assert_eq!(again.missing, [], "{apply}: {recognized:?}");
        for (name, text) in &found {
            let rendered = again.documents.iter().find(|one| one.name == *name).unwrap();
            assert_eq!(differences(&rendered.document, text), [], "{apply}: {name}");
        }
    }
}

#[test]
fn a_change_of_any_rule_is_named_after_the_rule() {
    for apply in ["function", "approver"] {
        let good = found(apply);
        for (index, (name, text)) in good.iter().enumerate() {
            let document: Value = serde_json::from_str(text).unwrap();
            for place in 0..document["Statement"].as_array().unwrap().len() {
                let sid = sid_of(&document["Statement"][place]).to_owned();
                type Change = fn(&mut Value, usize);
                let changes: [(&str, Change); 5] = [
                    ("removed", |document, place| {
                        document["Statement"].as_array_mut().unwrap().remove(place);
                    }),
                    ("turned round", |document, place| {
                        let effect = &mut document["Statement"][place]["Effect"];
                        *effect = json!(if *effect == "Allow" { "Deny" } else { "Allow" });
                    }),
                    ("for everybody", |document, place| {
                        document["Statement"][place]["Condition"] = Value::Null;
                    }),
                    ("of everything", |document, place| {
                        document["Statement"][place]["Action"] = json!("*");
                    }),
                    ("added", |document, place| {
                        let copy = document["Statement"][place].clone();
                        document["Statement"].as_array_mut().unwrap().push(copy);
                    }),
                ];
                for (what, change) in changes {
                    let mut broken = document.clone();
                    change(&mut broken, place);
                    let mut all = good.clone();
                    all[index].1 = broken.to_string();
                    let recognized = recognized(&policy(apply), "acme-jit-ledger", &all);
                    let again = deployment(&policy(apply), &recognized);
                    let rendered = again.documents.iter().find(|one| one.name == *name).unwrap();
                    let named = differences(&rendered.document, &all[index].1).iter().any(|difference| {
                        matches!(difference, StatementDifference::Missing(own)
                            | StatementDifference::Changed(own)
                            | StatementDifference::Added(own) if *own == sid)
                    });
                    assert!(named, "{apply}: {name}: {sid} {what}");
                }
            }
        }
    }
}

#[test]
fn what_is_no_policy_of_this_language_is_told() {
    let rendered = super::super::standing(vec!["ec2:*".to_owned()]);
    for text in ["", "[]", "{}", r#"{"Version":"2008-10-17","Statement":[]}"#] {
        assert_eq!(differences(&rendered, text), [StatementDifference::Unreadable], "{text}");
    }
    let spelled = r#"{"Statement":{"Effect":"Allow","Sid":"Standing","Action":"ec2:*","Resource":["*"]},"Version":"2012-10-17"}"#;
    assert_eq!(differences(&rendered, spelled), []);
    assert_eq!(rules(&rendered), ["Standing"]);
}
