//! Cases with the answer that AWS documents. Each refusal is next to the same call with one difference, which
//! is allowed.
#![allow(clippy::unwrap_used, reason = "tests")]

mod layers;

use iam_evaluate::Outcome::{self, Allowed, ExplicitDeny, ImplicitDeny};
use iam_evaluate::{Kind, Policies, Policy, Principal, Request, evaluate};

const ROLE: &str = "arn:aws:iam::111122223333:role/jit/admin";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/admin/alice";
const USER: &str = "arn:aws:iam::111122223333:user/bob";
const HERE: &str = "111122223333";
const THERE: &str = "444455556666";

fn policy(kind: Kind, statements: &str) -> Policy {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    Policy::parse("p", kind, text.as_bytes()).unwrap_or_else(|error| panic!("{statements}: {error}"))
}

fn session() -> Principal {
    Principal::session(ROLE, "alice").unwrap()
}

fn answer(policies: &Policies, request: &Request) -> Outcome {
    let decision = evaluate(policies, request);
    assert!(!decision.to_string().is_empty() && decision.to_json().is_object());
    decision.outcome
}

/// Whether an identity policy with this condition allows a request with these keys.
fn condition_holds(version: &str, condition: &str, keys: &[(&str, &[&str])]) -> bool {
    let text = format!(
        r#"{{"Version":"{version}","Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}}}}}"#
    );
    let policy = Policy::parse("p", Kind::Identity, text.as_bytes());
    let policies = Policies {
        identity: vec![policy.unwrap_or_else(|error| panic!("{condition}: {error}"))],
        ..Policies::default()
    };
    let mut request = Request::new(session(), "s3:GetObject", "arn:aws:s3:::b/k").in_account(HERE);
    for (key, values) in keys {
        request = request.with(key, values.iter().copied());
    }
    answer(&policies, &request) == Allowed
}

type Case = (&'static str, &'static [(&'static str, &'static [&'static str])], bool);

#[test]
fn operators() {
    let cases: &[Case] = &[
        (r#"{"StringEquals":{"k":"a"}}"#, &[("k", &["a"])], true),
        (r#"{"StringEquals":{"k":"a"}}"#, &[("K", &["a"])], true),
        (r#"{"StringEquals":{"k":"a"}}"#, &[("k", &["A"])], false),
        (r#"{"StringEquals":{"k":"a*"}}"#, &[("k", &["ab"])], false),
        (r#"{"StringEquals":{"k":["a","b"]}}"#, &[("k", &["b"])], true),
        (r#"{"StringEquals":{"k":"a","l":"b"}}"#, &[("k", &["a"]), ("l", &["b"])], true),
        (r#"{"StringEquals":{"k":"a","l":"b"}}"#, &[("k", &["a"])], false),
        (r#"{"StringNotEquals":{"k":["a","b"]}}"#, &[("k", &["b"])], false),
        (r#"{"StringNotEquals":{"k":["a","b"]}}"#, &[("k", &["c"])], true),
        (r#"{"StringEqualsIgnoreCase":{"k":"aB"}}"#, &[("k", &["Ab"])], true),
        (r#"{"StringNotEqualsIgnoreCase":{"k":"aB"}}"#, &[("k", &["Ab"])], false),
        (r#"{"StringLike":{"k":"a?c*"}}"#, &[("k", &["abc/d/e"])], true),
        (r#"{"StringLike":{"k":"a?c"}}"#, &[("k", &["ac"])], false),
        (r#"{"StringLike":{"k":"a?c"}}"#, &[("k", &["aüc"])], true),
        (r#"{"StringNotLike":{"k":"a*"}}"#, &[("k", &["b"])], true),
        (r#"{"StringNotLike":{"k":"a*"}}"#, &[("k", &["ab"])], false),
        (r#"{"NumericEquals":{"k":10}}"#, &[("k", &["10.0"])], true),
        (r#"{"NumericNotEquals":{"k":"10"}}"#, &[("k", &["11"])], true),
        (r#"{"NumericLessThan":{"k":"10"}}"#, &[("k", &["9"])], true),
        (r#"{"NumericLessThan":{"k":"10"}}"#, &[("k", &["10"])], false),
        (r#"{"NumericLessThanEquals":{"k":"10"}}"#, &[("k", &["10"])], true),
        (r#"{"NumericGreaterThan":{"k":"-1.5"}}"#, &[("k", &["-1.25"])], true),
        (r#"{"NumericGreaterThanEquals":{"k":"2"}}"#, &[("k", &["1.99"])], false),
        (r#"{"NumericLessThan":{"k":"10"}}"#, &[("k", &["nine"])], false),
        (r#"{"NumericNotEquals":{"k":"10"}}"#, &[("k", &["nine"])], false),
        (r#"{"DateLessThan":{"k":"2026-11-28T12:00:00Z"}}"#, &[("k", &["2026-11-28T11:59:59Z"])], true),
        (r#"{"DateLessThan":{"k":"2026-11-28T12:00:00Z"}}"#, &[("k", &["2026-11-28T12:00:00Z"])], false),
        (
            r#"{"DateLessThanEquals":{"k":"2026-11-28T12:00:00Z"}}"#,
            &[("k", &["2026-11-28T13:00:00+01:00"])],
            true,
        ),
        (r#"{"DateEquals":{"k":"1970-01-02"}}"#, &[("k", &["86400"])], true),
        (r#"{"DateNotEquals":{"k":"1970-01-02"}}"#, &[("k", &["86401"])], true),
        (
            r#"{"DateGreaterThan":{"k":"2024-02-29T00:00:00Z"}}"#,
            &[("k", &["2024-02-29T00:00:00.001Z"])],
            true,
        ),
        (
            r#"{"DateGreaterThanEquals":{"k":"2024-02-29T00:00:00Z"}}"#,
            &[("k", &["2024-02-28T23:59:59Z"])],
            false,
        ),
        (r#"{"DateLessThan":{"k":"2026-11-28T12:00:00Z"}}"#, &[("k", &["soon"])], false),
        (r#"{"Bool":{"k":"true"}}"#, &[("k", &["true"])], true),
        (r#"{"Bool":{"k":true}}"#, &[("k", &["false"])], false),
        (r#"{"Bool":{"k":"true"}}"#, &[("k", &["1"])], false),
        (r#"{"BinaryEquals":{"k":"QmluYXJ5"}}"#, &[("k", &["QmluYXJ5"])], true),
        (r#"{"BinaryEquals":{"k":"QmluYXJ5"}}"#, &[("k", &["QmluYXJz"])], false),
        (r#"{"IpAddress":{"k":"203.0.113.0/24"}}"#, &[("k", &["203.0.113.255"])], true),
        (r#"{"IpAddress":{"k":"203.0.113.0/24"}}"#, &[("k", &["203.0.114.0"])], false),
        (r#"{"IpAddress":{"k":"203.0.113.7"}}"#, &[("k", &["203.0.113.7"])], true),
        (r#"{"IpAddress":{"k":"0.0.0.0/0"}}"#, &[("k", &["8.8.8.8"])], true),
        (r#"{"IpAddress":{"k":"0.0.0.0/0"}}"#, &[("k", &["2001:db8::1"])], false),
        (r#"{"IpAddress":{"k":"2001:DB8:1234::/48"}}"#, &[("k", &["2001:db8:1234:5::6"])], true),
        (r#"{"NotIpAddress":{"k":["203.0.113.0/24","2001:db8::/32"]}}"#, &[("k", &["2001:db9::1"])], true),
        (r#"{"NotIpAddress":{"k":["203.0.113.0/24","2001:db8::/32"]}}"#, &[("k", &["2001:db8::1"])], false),
        (
            r#"{"ArnLike":{"k":"arn:aws:iam::*:role/jit/*"}}"#,
            &[("k", &["arn:aws:iam::1:role/jit/a/b:c"])],
            true,
        ),
        (r#"{"ArnEquals":{"k":"arn:aws:iam::*:role/a"}}"#, &[("k", &["arn:aws:iam::1:x:role/a"])], false),
        (r#"{"ArnNotLike":{"k":"arn:aws:iam::*:role/a"}}"#, &[("k", &["arn:aws:iam::1:role/b"])], true),
        (r#"{"ArnNotEquals":{"k":"arn:aws:iam::*:role/a"}}"#, &[("k", &["arn:aws:iam::1:role/a"])], false),
        (r#"{"Null":{"k":"true"}}"#, &[], true),
        (r#"{"Null":{"k":"true"}}"#, &[("k", &["a"])], false),
        (r#"{"Null":{"k":"false"}}"#, &[("k", &["a"])], true),
        (r#"{"Null":{"k":false}}"#, &[], false),
    ];
    for (condition, keys, holds) in cases {
        assert_eq!(condition_holds("2012-10-17", condition, keys), *holds, "{condition} {keys:?}");
    }
}

#[test]
fn absent_keys_and_several_values() {
    let cases: &[Case] = &[
        (r#"{"StringEquals":{"k":"a"}}"#, &[], false),
        (r#"{"StringNotEquals":{"k":"a"}}"#, &[], true),
        (r#"{"StringEqualsIfExists":{"k":"a"}}"#, &[], true),
        (r#"{"StringEqualsIfExists":{"k":"a"}}"#, &[("k", &["b"])], false),
        (r#"{"StringEqualsIfExists":{"k":"a"}}"#, &[("k", &["a"])], true),
        (r#"{"BoolIfExists":{"k":"true"}}"#, &[], true),
        (r#"{"NumericLessThanIfExists":{"k":"1"}}"#, &[], true),
        (r#"{"DateLessThan":{"k":"2026-01-01"}}"#, &[], false),
        (r#"{"IpAddress":{"k":"10.0.0.0/8"}}"#, &[], false),
        (r#"{"NotIpAddress":{"k":"10.0.0.0/8"}}"#, &[], true),
        (r#"{"ArnNotLike":{"k":"arn:aws:s3:::b"}}"#, &[], true),
        (r#"{"ForAllValues:StringEquals":{"k":["a","b"]}}"#, &[("k", &["a", "b"])], true),
        (r#"{"ForAllValues:StringEquals":{"k":["a","b"]}}"#, &[("k", &["a", "c"])], false),
        (r#"{"ForAllValues:StringEquals":{"k":"a"}}"#, &[], true),
        (r#"{"ForAllValues:StringNotEquals":{"k":["a","b"]}}"#, &[("k", &["c", "d"])], true),
        (r#"{"ForAllValues:StringNotEquals":{"k":["a","b"]}}"#, &[("k", &["c", "a"])], false),
        (r#"{"ForAnyValue:StringEquals":{"k":["a","b"]}}"#, &[("k", &["c", "a"])], true),
        (r#"{"ForAnyValue:StringEquals":{"k":["a","b"]}}"#, &[("k", &["c", "d"])], false),
        (r#"{"ForAnyValue:StringEquals":{"k":"a"}}"#, &[], false),
        (r#"{"ForAnyValue:StringNotEquals":{"k":"a"}}"#, &[], false),
        (r#"{"ForAnyValue:StringLike":{"k":"a*"}}"#, &[("k", &["b", "ac"])], true),
        (r#"{"ForAnyValue:StringEqualsIfExists":{"k":"a"}}"#, &[], true),
    ];
    for (condition, keys, holds) in cases {
        assert_eq!(condition_holds("2012-10-17", condition, keys), *holds, "{condition} {keys:?}");
    }
}

#[test]
fn variables() {
    let cases: &[Case] = &[
        (r#"{"StringEquals":{"k":"${l}"}}"#, &[("k", &["x"]), ("l", &["x"])], true),
        (r#"{"StringEquals":{"k":"${l}"}}"#, &[("k", &["x"]), ("L", &["y"])], false),
        (r#"{"StringEquals":{"k":"${l}"}}"#, &[("k", &["${l}"])], false),
        (r#"{"StringEquals":{"k":"${l, 'd'}"}}"#, &[("k", &["d"])], true),
        (r#"{"StringEquals":{"k":"${l, 'd'}"}}"#, &[("k", &["d"]), ("l", &["x"])], false),
        (r#"{"StringEquals":{"k":"${l}"}}"#, &[("k", &["x"]), ("l", &["x", "y"])], false),
        (r#"{"StringLike":{"k":"*:${l}"}}"#, &[("k", &["AROA:bob"]), ("l", &["bob"])], true),
        (r#"{"StringLike":{"k":"*:${l}"}}"#, &[("k", &["AROA:eve"]), ("l", &["bob"])], false),
        // A value is text, not a pattern.
        (r#"{"StringLike":{"k":"*:${l}"}}"#, &[("k", &["AROA:eve"]), ("l", &["*"])], false),
        (r#"{"StringLike":{"k":"a${*}b"}}"#, &[("k", &["a*b"])], true),
        (r#"{"StringLike":{"k":"a${*}b"}}"#, &[("k", &["axb"])], false),
        (r#"{"StringLike":{"k":"a${?}b${$}"}}"#, &[("k", &["a?b$"])], true),
        (
            r#"{"ArnLike":{"k":"arn:aws:iam::${l}:role/*"}}"#,
            &[("k", &["arn:aws:iam::1:role/a"]), ("l", &["1"])],
            true,
        ),
        (
            r#"{"ArnLike":{"k":"arn:aws:iam::${l:m}:role/*"}}"#,
            &[("k", &["arn:aws:iam::1:role/a"]), ("l:m", &["1"])],
            true,
        ),
    ];
    for (condition, keys, holds) in cases {
        assert_eq!(condition_holds("2012-10-17", condition, keys), *holds, "{condition} {keys:?}");
    }
    let text: &[Case] = &[
        (r#"{"StringEquals":{"k":"${l}"}}"#, &[("k", &["x"]), ("l", &["x"])], false),
        (r#"{"StringEquals":{"k":"${l}"}}"#, &[("k", &["${l}"])], true),
    ];
    for (condition, keys, holds) in text {
        assert_eq!(condition_holds("2008-10-17", condition, keys), *holds, "2008 {condition} {keys:?}");
    }
}

#[test]
fn actions_and_resources() {
    let name = [("aws:username", "bob")];
    let cases = [
        (r#""Action":"s3:get*","Resource":"*""#, "S3:GetObject", "arn:aws:s3:::b/k", true),
        (r#""Action":"s3:Put*","Resource":"*""#, "s3:GetObject", "arn:aws:s3:::b/k", false),
        (r#""NotAction":"iam:*","Resource":"*""#, "s3:GetObject", "arn:aws:s3:::b/k", true),
        (r#""NotAction":["iam:*","s3:*"],"Resource":"*""#, "s3:GetObject", "arn:aws:s3:::b/k", false),
        (r#""Action":"*","Resource":"arn:aws:s3:::b/*""#, "s3:GetObject", "arn:aws:s3:::b/x/y", true),
        (r#""Action":"*","Resource":"arn:aws:s3:::B/*""#, "s3:GetObject", "arn:aws:s3:::b/x", false),
        (r#""Action":"*","Resource":"arn:aws:s3:::b/???""#, "s3:GetObject", "arn:aws:s3:::b/x/y", true),
        (r#""Action":"*","Resource":"arn:aws:s3:::b/???""#, "s3:GetObject", "arn:aws:s3:::b/x/yz", false),
        (r#""Action":"*","NotResource":"arn:aws:s3:::b/*""#, "s3:GetObject", "arn:aws:s3:::c/x", true),
        (r#""Action":"*","NotResource":"arn:aws:s3:::b/*""#, "s3:GetObject", "arn:aws:s3:::b/x", false),
        (
            r#""Action":"*","Resource":"arn:aws:sqs:*:111122223333:q""#,
            "sqs:SendMessage",
            "arn:aws:sqs:eu-west-1:111122223333:q",
            true,
        ),
        // A `*` does not match across the parts of an ARN.
        (
            r#""Action":"*","Resource":"arn:aws:sqs:*:q""#,
            "sqs:SendMessage",
            "arn:aws:sqs:eu-west-1:111122223333:q",
            false,
        ),
        (
            r#""Action":"*","Resource":"arn:aws:sqs""#,
            "sqs:SendMessage",
            "arn:aws:sqs:eu-west-1:111122223333:q",
            true,
        ),
        (
            r#""Action":"*","Resource":"arn:aws:s3:::b/${aws:username}/*""#,
            "s3:GetObject",
            "arn:aws:s3:::b/bob/x",
            true,
        ),
        (
            r#""Action":"*","Resource":"arn:aws:s3:::b/${aws:username}/*""#,
            "s3:GetObject",
            "arn:aws:s3:::b/eve/x",
            false,
        ),
        (
            r#""Action":"*","Resource":"arn:aws:s3:::b/${aws:none}*""#,
            "s3:GetObject",
            "arn:aws:s3:::b/x",
            false,
        ),
        (
            r#""Action":"*","Resource":"arn:aws:iam::${aws:PrincipalAccount}:role/x""#,
            "iam:GetRole",
            "arn:aws:iam::111122223333:role/x",
            false,
        ),
        (r#""Action":"*","Resource":"*""#, "s3:ListAllMyBuckets", "*", true),
        (r#""Action":"*","Resource":"arn:aws:s3:::*""#, "s3:ListAllMyBuckets", "*", false),
    ];
    for (elements, action, resource, allowed) in cases {
        let policies = Policies {
            identity: vec![policy(Kind::Identity, &format!(r#"{{"Effect":"Allow",{elements}}}"#))],
            ..Policies::default()
        };
        let mut request = Request::new(Principal::from_arn(USER).unwrap(), action, resource).in_account(HERE);
        for (key, value) in name {
            request = request.with(key, [value]);
        }
        assert_eq!(answer(&policies, &request) == Allowed, allowed, "{elements} {action} {resource}");
    }
}

#[test]
fn the_reason_names_statement_condition_and_value() {
    let grant = r#"{"Sid":"alice","Effect":"Allow","Action":"s3:*","Resource":"*",
        "Condition":{"StringLike":{"aws:userid":"*:alice"},"DateLessThan":{"aws:CurrentTime":"2026-11-28T12:00:00Z"}}}"#;
    let policies = Policies {
        identity: vec![
            policy(Kind::Identity, grant),
            policy(Kind::Identity, r#"{"Effect":"Deny","Action":"s3:Put*","Resource":"*"}"#),
        ],
        ..Policies::default()
    };
    let ask = |action: &str, user: &str, now: &str| {
        let request = Request::new(session(), action, "arn:aws:s3:::b/k").in_account(HERE);
        let request = request.with("aws:userid", [user]).with("aws:CurrentTime", [now]);
        let decision = evaluate(&policies, &request);
        (decision.to_string(), decision.to_json())
    };
    let (line, json) = ask("s3:GetObject", "AROA:alice", "2026-11-28T11:00:00Z");
    assert_eq!(
        line,
        "s3:GetObject is allowed by statement \"alice\" of the identity policy \"p\", because StringLike aws:userid \
         [\"*:alice\"] (the request has [\"AROA:alice\"]) and DateLessThan aws:CurrentTime [\"2026-11-28T12:00:00Z\"] (the \
         request has [\"2026-11-28T11:00:00Z\"])"
    );
    assert_eq!(json["outcome"], "allowed");
    let (line, json) = ask("s3:GetObject", "AROA:alice", "2026-11-28T12:00:00Z");
    assert_eq!(
        line,
        "s3:GetObject is denied: no identity policy allows it; statement \"alice\" of the identity policy \"p\" would, but \
         for DateLessThan aws:CurrentTime [\"2026-11-28T12:00:00Z\"] (the request has [\"2026-11-28T12:00:00Z\"])"
    );
    assert_eq!(json["because"]["nearly"]["condition"]["request"][0], "2026-11-28T12:00:00Z");
    let (line, json) = ask("s3:PutObject", "AROA:alice\u{202e}\n", "soon");
    assert_eq!(line, "s3:PutObject is denied by statement 1 of the identity policy \"p\"");
    assert_eq!(json["because"]["statement"]["index"], 0);
    let (line, _) = ask("s3:GetObject", "AROA:bob\u{202e}\n", "2026-11-28T11:00:00Z");
    assert!(line.contains("\\u{202e}\\n") && !line.contains('\n'), "{line}");
}

#[test]
fn documents_that_are_refused() {
    let statement = |more: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"s3:*","Resource":"*"{more}}}}}"#
        )
    };
    let condition = |text: &str| statement(&format!(r#","Condition":{{{text}}}"#));
    assert!(Policy::parse("p", Kind::Identity, statement("").as_bytes()).is_ok());
    let cases = [
        (String::new(), "EOF"),
        ("[]".to_owned(), "not an object"),
        (statement("") + "x", "trailing"),
        (r#"{"Version":"2012-10-17"}"#.to_owned(), "Statement"),
        (r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned(), "Statement"),
        (statement("").replace("2012", "2013"), "Version"),
        (statement("").replace("Allow", "allow"), "Effect"),
        (statement("").replace("s3:*", "s3"), "not an action"),
        (statement("").replace("\"s3:*\"", "[]"), "empty"),
        (statement("").replace("\"Resource\":\"*\"", "\"Resource\":\"bucket\""), "neither `*` nor an ARN"),
        (statement(r#","NotResource":"*""#), "beside NotResource"),
        (statement(r#","Principal":"*""#), "name principals"),
        (statement(r#","Effect":"Deny""#), "twice"),
        (statement(r#","Conditions":{}"#), "Conditions"),
        (condition(r#""StringMatches":{"k":"v"}"#), "StringMatches"),
        (condition(r#""StringMatches":{}"#), "StringMatches"),
        (condition(r#""ForSomeValues:StringEquals":{"k":"v"}"#), "ForSomeValues"),
        (condition(r#""NullIfExists":{"k":"true"}"#), "Null"),
        (condition(r#""Null":{"k":"yes"}"#), "neither true nor false"),
        (condition(r#""Bool":{"k":"1"}"#), "neither true nor false"),
        (condition(r#""DateLessThan":{"k":"2026-02-29T00:00:00Z"}"#), "not a date"),
        (condition(r#""DateLessThan":{"k":"2026-02-28T00:00:00Z01:00"}"#), "not a date"),
        (condition(r#""DateLessThan":{"k":"2026-02-28T24:00:00Z"}"#), "not a date"),
        (condition(r#""DateLessThan":{"k":"2026-02-28T00:00:00"}"#), "not a date"),
        (condition(r#""DateLessThan":{"k":"tomorrow"}"#), "not a date"),
        (condition(r#""DateLessThan":{"k":"${aws:CurrentTime}"}"#), "not a date"),
        (condition(r#""NumericEquals":{"k":"1e3"}"#), "not a number"),
        (condition(r#""IpAddress":{"k":"10.0.0.0/33"}"#), "not an IP address range"),
        (condition(r#""IpAddress":{"k":"10.0.0"}"#), "not an IP address range"),
        (condition(r#""BinaryEquals":{"k":"a"}"#), "not base64"),
        (condition(r#""StringEquals":{"k":"${l"}"#), "no `}`"),
        (condition(r#""StringEquals":{"k":"${}"}"#), "no condition key"),
        (condition(r#""StringEquals":{"k":{"l":"m"}}"#), "neither string"),
        (" ".repeat(iam_evaluate::policy::LONGEST + 1), "longer"),
        ("[".repeat(5_000), "recursion"),
    ];
    for (text, why) in cases {
        let error = Policy::parse("p", Kind::Identity, text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(why), "{error:?} of {:.200}", text);
    }
    for principal in [
        r#""me""#,
        r#"{"AWS":"arn:aws:iam::1:role/*"}"#,
        r#"{"Aws":"*"}"#,
        "{}",
        r#"{"AWS":[]}"#,
        r#"{"AWS":"bob"}"#,
    ] {
        let text = format!(
            r#"{{"Statement":{{"Effect":"Allow","Principal":{principal},"Action":"s3:*","Resource":"*"}}}}"#
        );
        assert!(Policy::parse("p", Kind::Resource, text.as_bytes()).is_err(), "{principal}");
    }
}
