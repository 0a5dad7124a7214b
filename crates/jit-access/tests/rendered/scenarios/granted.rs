//! Grants: to one person, until a time, for certain actions, from certain networks.

use super::ROLE;
use crate::case::{Case, Cases};

const INSTANCE: &str = "arn:aws:ec2:eu-west-1:111122223333:instance/i-1";

fn start_instance(name: &str, grant: &'static str) -> Case {
    Case::new(name, ROLE, "alice@corp.com", "ec2:StartInstances", INSTANCE).identity(&[grant])
}

/// The conditions of every grant to Alice until noon.
fn bounds(cases: &mut Cases, base: &Case) {
    for (why, person) in [
        ("another person", "bob@corp.com"),
        ("a case twin", "Alice@corp.com"),
        ("a longer name", "malice@corp.com"),
        ("a name that goes on", "alice@corp.com.evil"),
        ("a name that is a pattern", "*"),
    ] {
        cases.twin(base, why, |case| case.named(person));
    }
    cases.twin(base, "nobody", |case| case.without("aws:userid"));
    cases.allowed(
        Case { name: format!("{}, in the last second", base.name), ..base.clone() }
            .with("aws:CurrentTime", "2026-11-28T11:59:59Z"),
    );
    for (why, time) in [("at the end", "2026-11-28T12:00:00Z"), ("a year later", "2027-11-28T11:30:00Z")] {
        cases.twin(base, why, |case| case.with("aws:CurrentTime", time));
    }
    cases.twin(base, "at no time", |case| case.without("aws:CurrentTime"));
    cases.twin(base, "a service that is not granted", |case| case.does("dynamodb:GetItem"));
    cases.twin(base, "without a grant, or after it was deleted", |case| case.identity(&[]));
}

pub(crate) fn cases(cases: &mut Cases) {
    let plain = start_instance("a grant", "grant");
    bounds(cases, &plain);
    cases.allowed(Case { name: "a grant on s3".into(), ..plain.clone() }.does("s3:ListBucket"));

    let later = start_instance("a grant that starts at 11", "grant-start");
    bounds(cases, &later);
    cases.allowed(
        Case { name: "at the start".into(), ..later.clone() }.with("aws:CurrentTime", "2026-11-28T11:00:00Z"),
    );
    cases.twin(&later, "before the start", |case| case.with("aws:CurrentTime", "2026-11-28T10:59:59Z"));
    cases.allowed(Case { name: "a started grant on s3".into(), ..later.clone() }.does("s3:ListBucket"));

    let names = start_instance("a grant to two names of one person", "grant-names");
    bounds(cases, &names);
    let second = Case { name: "the second name".into(), ..names.clone() }.named("00u1x9");
    cases.twin(&second, "a name that goes on", |case| case.named("00u1x99"));
    cases.allowed(Case { name: "a grant to two names on s3".into(), ..names }.does("s3:ListBucket"));

    let both = start_instance("two grants", "grant").identity(&["grant", "grant-start"]);
    cases.allowed(Case { name: "of two grants one is deleted".into(), ..both }.identity(&["grant-start"]));

    from_networks(cases);
    of_an_allow_document(cases);
}

fn from_networks(cases: &mut Cases) {
    let anywhere = start_instance("", "grant-networks").without("aws:SourceIp");
    let block = |address: &str| {
        Case { name: format!("from {address}"), ..anywhere.clone() }.with("aws:SourceIp", address)
    };
    let vpc = |id: &str| Case { name: format!("from {id}"), ..anywhere.clone() }.with("aws:SourceVpc", id);
    let service =
        Case { name: "by a service for her".into(), ..anywhere.clone() }.with("aws:ViaAWSService", "true");
    for base in [block("203.0.113.255"), block("198.51.100.1"), vpc("vpc-0a1b2c"), vpc("vpc-0d4e5f"), service]
    {
        bounds(cases, &base);
        cases.twin(&base, "from nowhere", |case| {
            case.without("aws:SourceIp").without("aws:SourceVpc").with("aws:ViaAWSService", "false")
        });
        cases.allowed(Case { name: format!("{} on s3", base.name), ..base.clone() }.does("s3:ListBucket"));
    }
    for address in ["203.0.112.255", "203.0.114.0", "198.51.101.0", "10.0.0.1"] {
        cases.twin(&block("203.0.113.255"), address, |case| case.with("aws:SourceIp", address));
    }
    for id in ["vpc-0a1b2", "vpc-0a1b2cd", "VPC-0A1B2C"] {
        cases.twin(&vpc("vpc-0a1b2c"), id, |case| case.with("aws:SourceVpc", id));
        cases.twin(&vpc("vpc-0d4e5f"), id, |case| case.with("aws:SourceVpc", id));
    }
    cases.twin(&vpc("vpc-0d4e5f"), "in capitals", |case| case.with("aws:SourceVpc", "VPC-0D4E5F"));
    cases.twin(&vpc("vpc-0d4e5f"), "said by nobody", |case| {
        case.without("aws:SourceVpc").without("aws:ViaAWSService")
    });
}

fn of_an_allow_document(cases: &mut Cases) {
    let object = |name: &str, action: &str, key: &str| {
        start_instance(name, "grant-allow").does(action).to(key).with("aws:ResourceAccount", "111122223333")
    };
    for (name, action, key) in [
        ("an allow document, get", "s3:GetObject", "arn:aws:s3:::pay/a/b"),
        ("an allow document, put", "s3:PutObject", "arn:aws:s3:::log/in/a"),
    ] {
        let base = object(name, action, key);
        bounds(cases, &base);
        cases.twin(&base, "another action", |case| case.does("s3:DeleteObject"));
        cases.twin(&base, "another account's", |case| case.with("aws:ResourceAccount", "444455556666"));
        cases.twin(&base, "nobody's", |case| case.without("aws:ResourceAccount"));
        for other in [
            "arn:aws:s3:::pay",
            "arn:aws:s3:::payroll/a",
            "arn:aws:s3:::other/a",
            "arn:aws:s3:::other/in/a",
            "arn:aws:s3:::log/out/a",
            "other:aws:s3:::pay/a",
            "arn:other:s3:::pay/a",
            "arn:aws:other:::pay/a",
            "arn:aws:s3:other::pay/a",
            "arn:aws:s3::other:pay/a",
            "other:aws:s3:::log/in/a",
            "arn:other:s3:::log/in/a",
            "arn:aws:other:::log/in/a",
            "arn:aws:s3:other::log/in/a",
            "arn:aws:s3::other:log/in/a",
        ] {
            cases.twin(&base, other, |case| case.to(other));
        }
    }
    let describe =
        start_instance("an allow document, describe", "grant-allow").does("ec2:DescribeInstances").to("*");
    bounds(cases, &describe);
    cases.twin(&describe, "another action", |case| case.does("ec2:StartInstances"));
}
