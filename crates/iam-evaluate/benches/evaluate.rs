//! Measures how many typical evaluations one core does in a second; the project's limit is 300,000. `cargo
//! bench -p iam-evaluate`
#![allow(clippy::print_stdout, reason = "the figure is the result")]

use std::hint::black_box;
use std::time::Instant;

use iam_evaluate::{Kind, Policies, Policy, Principal, Request, evaluate};

fn main() {
    let parse = |kind, text: &str| Policy::parse("p", kind, text.as_bytes()).expect("a policy");
    let policies = Policies {
        identity: vec![parse(
            Kind::Identity,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:*","s3:*"],"Resource":"*",
            "Condition":{"StringLike":{"aws:userid":["*:alice@corp.com"]},"DateLessThan":{"aws:CurrentTime":"2026-11-28T12:00:00Z"}}}]}"#,
        )],
        boundary: Some(parse(
            Kind::Boundary,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:*","s3:*","sqs:*"],"Resource":"*"},
            {"Effect":"Deny","NotAction":["ec2:*","s3:*","sqs:*"],"Resource":"*"},
            {"Effect":"Deny","Action":["iam:PassRole","sts:Assume*"],"Resource":"*"},
            {"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::acme-jit-ledger/*"}]}"#,
        )),
        service_control: vec![vec![parse(
            Kind::ServiceControl,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
            {"Effect":"Deny","Action":"iam:Put*","Resource":"arn:aws:iam::*:role/jit/*"}]}"#,
        )]],
        ..Policies::default()
    };
    let caller =
        Principal::session("arn:aws:iam::111122223333:role/jit/admin", "alice@corp.com").expect("a role");
    let request = Request::new(caller, "s3:GetObject", "arn:aws:s3:::bucket/some/key.txt")
        .in_account("111122223333")
        .with("aws:userid", ["AROAEXAMPLE:alice@corp.com"])
        .with("aws:CurrentTime", ["2026-11-28T11:00:00Z"]);
    assert!(evaluate(&policies, &request).is_allowed());
    let mut rounds: Vec<f64> = (0..11)
        .map(|_| {
            let begun = Instant::now();
            for _ in 0..100_000 {
                black_box(evaluate(black_box(&policies), black_box(&request)));
            }
            100_000.0 / begun.elapsed().as_secs_f64()
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    // A row of `scripts/bench access`.
    let kept = if rounds[5] >= 300_000.0 { "kept" } else { "over" };
    println!(
        "typical evaluations of IAM policies, median of 11 rounds\t{:.0} a second\t300,000 a second\t{kept}",
        rounds[5]
    );
}
