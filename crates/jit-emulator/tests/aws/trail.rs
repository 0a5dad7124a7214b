//! CloudTrail: what was called is seen later, by whom it concerns.

use std::time::Duration;

use jit_wire::credentials::Credentials;
use serde_json::{Value, json};

use crate::client::{Outcome, is_denied};
use crate::company::{ALICE, BOB, Company, GRANTOR, HUB, PAY_ADMIN, grant};

/// `LookupEvents`, until it is not throttled: it takes two calls a second, in real time.
fn events(company: &Company, who: &Credentials, input: &Value) -> Outcome {
    loop {
        let outcome = company.client.events(who, company.now(), input);
        if !outcome.as_ref().is_err_and(|refused| refused.code == "ThrottlingException") {
            return outcome;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn events_are_seen_after_a_delay() {
    let company = Company::new();
    let grantor = company.assume(&company.arrive(BOB, HUB), GRANTOR, BOB);
    let document = grant(ALICE, company.now() + Duration::from_secs(600));
    let put = [("RoleName", "pay-admin"), ("PolicyName", "jit-1"), ("PolicyDocument", &document)];
    company.iam(&grantor, "PutRolePolicy", &put).unwrap();
    let _ = company.iam(&company.alice_in_role(), "ListAccountAliases", &[]);
    let look = |name: &str, value: &str| -> Vec<Value> {
        let input = json!({ "LookupAttributes": [{ "AttributeKey": name, "AttributeValue": value }] });
        let answer = events(&company, &company.platform(), &input).unwrap();
        serde_json::from_str::<Value>(&answer).unwrap()["Events"].as_array().unwrap().clone()
    };
    company.later(299);
    assert_eq!(look("EventName", "PutRolePolicy").len(), 0, "not yet");
    company.later(1);
    let events = look("EventName", "PutRolePolicy");
    assert_eq!((events.len(), &events[0]["Username"]), (1, &json!(BOB)));
    let record: Value = serde_json::from_str(events[0]["CloudTrailEvent"].as_str().unwrap()).unwrap();
    assert_eq!(record["requestParameters"]["policyDocument"], document);
    assert_eq!(record["userIdentity"]["sessionContext"]["sourceIdentity"], BOB);
    assert_eq!(look("ResourceName", "pay-admin").len(), 1);
    let denied = look("EventName", "ListAccountAliases");
    let record: Value = serde_json::from_str(denied[0]["CloudTrailEvent"].as_str().unwrap()).unwrap();
    assert_eq!(record["errorCode"], "AccessDenied");
    let assumed = look("ResourceName", PAY_ADMIN);
    let record: Value = serde_json::from_str(assumed[0]["CloudTrailEvent"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&record["userIdentity"]["type"], &record["recipientAccountId"]),
        (&json!("AWSAccount"), &json!("222222222222"))
    );
    assert_eq!(record["requestParameters"]["roleSessionName"], ALICE);
}

#[test]
fn fifty_events_a_page_and_one_attribute() {
    let company = Company::new();
    let platform = company.platform();
    for _ in 0..60 {
        company.client.sts(&platform, company.now(), "GetCallerIdentity", &[]).unwrap();
    }
    company.later(300);
    let call = |input: &Value| events(&company, &platform, input);
    let page = |token: &Value| -> Value { serde_json::from_str(&call(token).unwrap()).unwrap() };
    let first = page(&json!({}));
    let rest = page(&json!({ "NextToken": first["NextToken"] }));
    let count = |page: &Value| page["Events"].as_array().unwrap().len();
    assert_eq!((count(&first), count(&rest), rest["NextToken"].is_null()), (50, 10, true));
    let one = json!({ "AttributeKey": "EventName", "AttributeValue": "x" });
    let two = call(&json!({ "LookupAttributes": [one, one] })).unwrap_err();
    assert_eq!(two.code, "InvalidLookupAttributesException");
    assert!(call(&json!({ "LookupAttributes": [one] })).is_ok());
    assert!(is_denied(&events(&company, &company.alice_in_role(), &json!({}))));
}
