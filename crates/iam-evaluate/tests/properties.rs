//! What holds for all policies and requests: nothing panics, without an Allow everything is denied, an
//! explicit Deny wins, and adding a Deny or removing an Allow never turns a refusal into an allowance.
#![allow(clippy::unwrap_used, reason = "tests")]

use iam_evaluate::{Kind, Outcome, Policies, Policy, Principal, Request, evaluate};
use proptest::prelude::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("*".to_owned()),
        Just("s3:Get*".to_owned()),
        Just("arn:aws:s3:::b/${aws:username}/*".to_owned()),
        Just("2026-11-28T12:00:00Z".to_owned()),
        "[a-z$\\{\\}*?:',é]{0,12}",
        any::<String>(),
    ]
}

fn statement() -> impl Strategy<Value = String> {
    let operator = prop_oneof![
        Just("StringEquals"),
        Just("StringNotLike"),
        Just("ForAllValues:StringLike"),
        Just("DateLessThan"),
        Just("NumericEqualsIfExists"),
        Just("IpAddress"),
        Just("ArnLike"),
        Just("Null"),
        Just("Bool"),
    ];
    let action = prop_oneof![Just("*"), Just("s3:*"), Just("s3:Get?bject"), Just("iam:*")];
    let resource =
        prop_oneof![Just("*"), Just("arn:aws:s3:::b/*"), Just("arn:aws:s3:::b/${k}"), Just("arn:aws:sqs")];
    (any::<bool>(), action, resource, operator, text(), any::<bool>()).prop_map(
        |(allow, action, resource, operator, value, condition)| {
            let condition = match condition {
                true => format!(
                    r#","Condition":{{"{operator}":{{"k":{}}}}}"#,
                    serde_json::to_string(&value).unwrap()
                ),
                false => String::new(),
            };
            let effect = if allow { "Allow" } else { "Deny" };
            format!(r#"{{"Effect":"{effect}","Action":"{action}","Resource":"{resource}"{condition}}}"#)
        },
    )
}

fn read(kind: Kind, statements: &[String]) -> Option<Policy> {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    Policy::parse("p", kind, text.as_bytes()).ok()
}

fn request(key: &str) -> Request {
    let caller = Principal::session("arn:aws:iam::111122223333:role/r", "s").unwrap();
    Request::new(caller, "s3:GetObject", "arn:aws:s3:::b/k").in_account("111122223333").with("k", [key])
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Policy::parse("p", Kind::Identity, &bytes);
    }

    #[test]
    fn without_policies_everything_is_denied(action in text(), resource in text(), key in text()) {
        let caller = Principal::session("arn:aws:iam::111122223333:role/r", "s").unwrap();
        let request = Request::new(caller, &action, &resource).in_account("111122223333").with("k", [key]);
        prop_assert_eq!(evaluate(&Policies::default(), &request).outcome, Outcome::ImplicitDeny);
    }

    #[test]
    fn a_deny_wins_and_boundaries_only_narrow(
        statements in proptest::collection::vec(statement(), 1..5),
        more in statement(),
        key in text(),
    ) {
        let (Some(identity), Some(boundary)) = (read(Kind::Identity, &statements), read(Kind::Boundary, &[more])) else {
            return Ok(());
        };
        let request = request(&key);
        let mut policies = Policies { identity: vec![identity], ..Policies::default() };
        let plain = evaluate(&policies, &request).outcome;
        prop_assert!(!evaluate(&policies, &request).to_string().contains('\n'));
        policies.boundary = Some(boundary);
        let bounded = evaluate(&policies, &request).outcome;
        prop_assert!(plain == Outcome::Allowed || bounded != Outcome::Allowed);
        let deny = r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#.to_owned();
        policies.identity.extend(read(Kind::Identity, &[deny]));
        prop_assert_eq!(evaluate(&policies, &request).outcome, Outcome::ExplicitDeny);
    }

    #[test]
    fn the_order_of_statements_changes_nothing(statements in proptest::collection::vec(statement(), 1..6), key in text()) {
        let reversed: Vec<String> = statements.iter().rev().cloned().collect();
        let (Some(one), Some(other)) = (read(Kind::Identity, &statements), read(Kind::Identity, &reversed)) else {
            return Ok(());
        };
        let request = request(&key);
        let [one, other] = [one, other].map(|policy| Policies { identity: vec![policy], ..Policies::default() });
        prop_assert_eq!(evaluate(&one, &request).outcome, evaluate(&other, &request).outcome);
    }
}
