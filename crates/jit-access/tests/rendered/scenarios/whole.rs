//! The contract's refusals with everything together: grant, ceiling, guard rail.

use serde_json::json;

use super::ROLE;
use crate::case::{Case, Cases};
use crate::world::{BUCKET, HUB};

pub(crate) fn cases(cases: &mut Cases) {
    let mut base = Case::new(
        "Alice works",
        ROLE,
        "alice@corp.com",
        "ec2:StartInstances",
        "arn:aws:ec2:eu-west-1:111122223333:instance/i-1",
    )
    .identity(&["grant"])
    .boundary("ceiling-operate");
    base.control = Some("guardrail");
    cases.twin(&base, "no grant", |case| case.identity(&[]));
    cases.twin(&base, "another person in the same role", |case| case.named("bob@corp.com"));
    cases.twin(&base, "outside of the ceiling", |case| case.does("ec2:CreateVpc"));
    cases.twin(&base, "outside of the grant", |case| case.does("sqs:ReceiveMessage"));
    cases.twin(&base, "at the end", |case| case.with("aws:CurrentTime", "2026-11-28T12:00:00Z"));
    cases.twin(&base, "chaining out", |case| {
        case.everything().does("sts:AssumeRole").to("arn:aws:iam::111122223333:role/admin")
    });
    cases.twin(&base, "passing a role", |case| {
        case.everything().does("iam:PassRole").to("arn:aws:iam::111122223333:role/admin")
    });
    cases.twin(&base, "granting to herself", |case| case.everything().does("iam:PutRolePolicy").to(ROLE));
    cases.twin(&base, "forging in the ledger", |case| {
        case.everything().does("s3:PutObject").to(&format!("{BUCKET}/f/x"))
    });
    cases.twin(&base, "a foreign policy names the session", |mut case| {
        case.foreign = Some(json!({"Statement": [
            {"Effect": "Allow", "Principal": {"AWS": case.session()}, "Action": "*", "Resource": "*"}
        ]}));
        case.identity(&[]).does("braket:CreateJob")
    });
    cases.twin(&base, "a foreign policy names the role", |mut case| {
        case.foreign = Some(json!({"Statement": [
            {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "*", "Resource": "*"}
        ]}));
        case.identity(&[]).does("s3:PutBucketPolicy")
    });
    // Listed in the table of threats: a policy that names the role or the session gives what the ceiling
    // allows without a grant.
    let mut open =
        Case { name: "a foreign policy gives what the ceiling allows".into(), ..base.clone() }.identity(&[]);
    open.foreign = Some(json!({"Statement": [
        {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "*", "Resource": "*"}
    ]}));
    cases.allowed(open);
    let voter = Case::new("a requester becomes the role", HUB, "alice@corp.com", "sts:AssumeRole", ROLE)
        .identity(&["entry"])
        .on("trust", false)
        .with("sts:RoleSessionName", "alice@corp.com");
    cases.twin(&voter, "an approver does not, where approvers apply", |case| {
        case.named("bob@corp.com").with("sts:RoleSessionName", "bob@corp.com")
    });
    cases.twin(&voter, "through a door that the trust does not name", |case| {
        case.by("arn:aws:iam::111111111111:role/other")
    });
}
