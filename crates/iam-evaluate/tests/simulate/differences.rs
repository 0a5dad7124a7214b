//! Cases in which the simulator answers differently, and why the answer here is right. A row that no longer
//! differs fails, so that the generator can include it.

use iam_evaluate::{Kind, Policies, Policy, Principal, Request, evaluate};
use serde_json::{Value, json};

struct Difference {
    version: &'static str,
    /// One statement of each policy; "" is none.
    identity: &'static str,
    session: &'static str,
    resource: &'static str,
    ours: &'static str,
    theirs: &'static str,
    why: &'static str,
}

const ALL: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;
/// The values that most rows have.
const ROW: Difference = Difference {
    version: "2012-10-17",
    identity: ALL,
    session: "",
    resource: "",
    ours: "Allowed",
    theirs: "ImplicitlyDenied",
    why: "",
};

const DIFFERENCES: [Difference; 8] = [
    Difference {
        version: "2008-10-17",
        identity: r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:PrincipalTag/name}/*"}"#,
        ours: "ImplicitlyDenied",
        theirs: "Allowed",
        why: "AWS documents variables for version 2012-10-17 only; in an older document they are text",
        ..ROW
    },
    Difference {
        identity: r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:userid":"A${*}"}}}"#,
        why: "AWS documents ${*} as the character itself wherever variables are; the simulator leaves it in StringEquals",
        ..ROW
    },
    Difference {
        identity: r#"{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::other/${aws:PrincipalTag/none}"}"#,
        why: "not documented; here a pattern with an unknown variable matches nothing, so NotResource holds",
        ..ROW
    },
    Difference {
        identity: r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringNotLike":{"aws:userid":"${aws:PrincipalTag/none}"}}}"#,
        why: "as above, for negated operators",
        ..ROW
    },
    Difference {
        identity: r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"ForAnyValue:StringLikeIfExists":{"aws:TagKeys":"a"}}}"#,
        why: "AWS documents IfExists as true where the key is absent, ForAnyValue as false; not which of them wins",
        ..ROW
    },
    Difference {
        session: r#"{"Effect":"Allow","Action":"sqs:*","Resource":"*"}"#,
        resource: r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}"#,
        why: "AWS documents that a grant to everybody goes to the session itself, which a session policy's silence does not limit",
        ..ROW
    },
    Difference {
        session: r#"{"Effect":"Allow","Action":"sqs:*","Resource":"*"}"#,
        resource: r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:sts::111122223333:assumed-role/admin/alice"},"Action":"s3:*","Resource":"*"}"#,
        why: "AWS documents it so for the ARN of the session",
        ..ROW
    },
    Difference {
        resource: r#"{"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:sts::111122223333:assumed-role/admin/alice"},"Action":"s3:*","Resource":"*"}"#,
        ours: "ExplicitlyDenied",
        theirs: "Allowed",
        why: "AWS documents that the session alone is not enough: its role and account are still denied",
        ..ROW
    },
];

#[test]
fn known_differences_still_differ() {
    let questions: Vec<Value> = DIFFERENCES.iter().map(simulation).collect();
    let mut answers = Vec::new();
    super::ask(questions.into_iter(), |answer| answers.push(answer));
    let found: Vec<_> =
        DIFFERENCES.iter().map(answer_here).zip(&answers).map(|(a, b)| (a, b.as_str())).collect();
    let wanted: Vec<_> = DIFFERENCES.iter().map(|row| (row.ours, row.theirs)).collect();
    let why: Vec<_> = DIFFERENCES.iter().map(|row| row.why).collect();
    assert_eq!(found, wanted, "{why:#?}");
}

fn answer_here(row: &Difference) -> &'static str {
    let read = |kind, statement: &str| {
        let text = document(row.version, statement).to_string();
        (!statement.is_empty()).then(|| Policy::parse("p", kind, text.as_bytes()).unwrap())
    };
    let policies = Policies {
        identity: read(Kind::Identity, row.identity).into_iter().collect(),
        session: read(Kind::Session, row.session).map(|policy| vec![policy]),
        resource: read(Kind::Resource, row.resource),
        ..Policies::default()
    };
    let caller = Principal::session("arn:aws:iam::111122223333:role/admin", "alice").unwrap();
    let request = Request::new(caller, "s3:PutObject", "arn:aws:s3:::alice/k").in_account("111122223333");
    let request = request.with("aws:userid", ["A*"]).with("aws:PrincipalTag/name", ["alice"]);
    super::in_their_words(&evaluate(&policies, &request))
}

fn document(version: &str, statement: &str) -> Value {
    let statement = serde_json::from_str(statement).unwrap_or(Value::Null);
    json!({"Version": version, "Statement": [statement]})
}

fn simulation(row: &Difference) -> Value {
    let mut simulation = json!({
        "request": {
            "principal": "arn:aws:sts::111122223333:assumed-role/admin/alice",
            "action": "s3:PutObject",
            "resource": {"resource": "arn:aws:s3:::alice/k", "accountId": "111122223333"},
            "contextVariables": {"aws:userid": "A*", "aws:PrincipalTag/name": "alice"},
        },
        "identityPolicies": [{"name": "p", "policy": document(row.version, row.identity)}],
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
    });
    for (name, statement) in [("sessionPolicy", row.session), ("resourcePolicy", row.resource)] {
        if !statement.is_empty() {
            simulation[name] = document(row.version, statement);
        }
    }
    simulation
}
