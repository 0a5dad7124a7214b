//! The rendered documents of a deployment, and parts of them that must hold by themselves.

use std::collections::BTreeMap;

use jit_access::render::{
    AllowedStatement, Ceiling, Document, EntryPolicy, EntryRole, EntryTrust, GrantDocument, GrantorTrust,
    Guardrail, LedgerBucket, Level, Networks, OidcProvider, Reach, RoleOnRequest, SessionName, Where, Writes,
    grantor, standing,
};
use jit_wire::arn::Partition;
use jit_wire::timestamp::Timestamp;
use serde_json::{Value, json};

pub(crate) type World = BTreeMap<&'static str, Value>;

pub(crate) const HUB: &str = "arn:aws:iam::111111111111:role/jit-hub";
pub(crate) const SET: &str =
    "arn:aws:iam::222222222222:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Jit_0123456789abcdef";
pub(crate) const SET_ELSEWHERE: &str = "arn:aws:iam::222222222222:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Jit_0123456789abcdef";
pub(crate) const GLASS: [&str; 2] =
    ["arn:aws:iam::111111111111:role/glass-door", "arn:aws:iam::222222222222:role/second-glass-door"];
pub(crate) const PUBLISHERS: [&str; 2] =
    ["arn:aws:iam::111111111111:role/jit-publisher", "arn:aws:iam::222222222222:role/second-publisher"];
pub(crate) const FUNCTION: &str = "arn:aws:iam::444444444444:role/jit-function";
pub(crate) const CRON: &str = "arn:aws:iam::111111111111:role/jit-cron";
pub(crate) const PLATFORM: [&str; 2] =
    ["arn:aws:iam::444444444444:role/platform", "arn:aws:iam::111111111111:role/ci/platform"];
pub(crate) const LAMBDA: &str = "arn:aws:lambda:eu-west-1:444444444444:function:jit";
pub(crate) const BUCKET: &str = "arn:aws:s3:::acme-jit-ledger";
pub(crate) const ISSUER: &str = "acme.okta.com/oauth2/default";
pub(crate) const PASSABLE: [&str; 2] =
    ["arn:aws:iam::111122223333:role/app/web", "arn:aws:iam::111122223333:role/app/worker"];

pub(crate) fn entry(arn: &str) -> EntryRole {
    EntryRole::new(&arn.parse().expect("a role"))
}

fn entries<const N: usize>(arns: [&str; N]) -> Vec<EntryRole> {
    arns.map(entry).to_vec()
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("a time")
}

pub(crate) fn grant() -> GrantDocument {
    GrantDocument {
        names: texts(["alice@corp.com"]),
        start: None,
        until: at("2026-11-28T12:00:00Z"),
        allow: vec![AllowedStatement::services(texts(["ec2:*", "s3:*"]))],
        networks: Networks::default(),
    }
}

pub(crate) fn ceiling(level: Level) -> Ceiling {
    Ceiling {
        partition: Partition::Aws,
        level,
        more: Vec::new(),
        passable: texts(PASSABLE),
        ledger: Some("acme-jit-ledger".to_owned()),
    }
}

pub(crate) fn ledger() -> LedgerBucket {
    LedgerBucket {
        partition: Partition::Aws,
        bucket: "acme-jit-ledger".to_owned(),
        doors: entries([HUB, SET]),
        publishers: entries(PUBLISHERS),
        appliers: entries([FUNCTION, CRON]),
        platform: entries(PLATFORM),
    }
}

pub(crate) fn provider() -> OidcProvider {
    OidcProvider {
        partition: Partition::Aws,
        account: "111111111111".to_owned(),
        issuer: ISSUER.to_owned(),
        audience: "client".to_owned(),
    }
}

fn read(document: &Document) -> Value {
    serde_json::from_str(document.as_str()).expect("JSON")
}

/// The statements that `which` selects; if only denies are left, preceded by one that allows everything.
fn part(document: &Value, allow_all: bool, which: impl Fn(&Value) -> bool) -> Value {
    let statements =
        document["Statement"].as_array().expect("statements").iter().filter(|one| which(one)).cloned();
    let all = json!({"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"});
    let statements: Vec<Value> = allow_all.then_some(all).into_iter().chain(statements).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

const SHIPPED: [(Level, [&str; 3]); 3] = [
    (Level::Read, ["ceiling-read", "ceiling-read (list)", "ceiling-read (nothing else)"]),
    (Level::Operate, ["ceiling-operate", "ceiling-operate (list)", "ceiling-operate (nothing else)"]),
    (Level::Admin, ["ceiling-admin", "ceiling-admin (list)", "ceiling-admin (nothing else)"]),
];

/// Every document, by the name that cases use.
pub(crate) fn world() -> World {
    let mut world = World::new();
    let mut put = |name: &'static str, document: Document| {
        world.insert(name, read(&document));
    };
    let granted = |grant: &GrantDocument| grant.render().expect("a grant");
    put("grant", granted(&grant()));
    put("grant-start", granted(&GrantDocument { start: Some(at("2026-11-28T11:00:00Z")), ..grant() }));
    put("grant-names", granted(&GrantDocument { names: texts(["alice@corp.com", "00u1x9"]), ..grant() }));
    let networks = Networks {
        blocks: texts(["203.0.113.0/24", "198.51.100.0/24"]),
        vpcs: texts(["vpc-0a1b2c", "vpc-0d4e5f"]),
    };
    put("grant-networks", granted(&GrantDocument { networks, ..grant() }));
    let narrow = AllowedStatement {
        actions: texts(["s3:GetObject", "s3:PutObject"]),
        resources: texts(["arn:aws:s3:::pay/*", "arn:aws:s3:::log/in/*"]),
        conditions: vec![(
            "StringEquals".to_owned(),
            "aws:ResourceAccount".to_owned(),
            texts(["111122223333"]),
        )],
    };
    let describe = AllowedStatement::services(texts(["ec2:Describe*"]));
    put("grant-allow", granted(&GrantDocument { allow: vec![narrow, describe], ..grant() }));

    let barred = texts(["bob@corp.com", "carol@corp.com"]);
    put("trust", RoleOnRequest { doors: entries([HUB, SET]), tags: texts(["team", "cost"]), barred }.trust());
    put("trust-glass", RoleOnRequest { doors: entries(GLASS), ..RoleOnRequest::default() }.trust());
    put("standing", standing(texts(["ec2:*", "s3:*"])));

    let policy = |reach, writes| {
        EntryPolicy { partition: Partition::Aws, ledger: "acme-jit-ledger".to_owned(), reach, writes }
            .render()
    };
    let organization = || Where::Organization("o-acme".to_owned());
    let accounts = Where::Accounts(texts(["111122223333", "444455556666"]));
    put("entry", policy(Reach::OnRequest(organization()), Writes::Facts));
    put("entry-accounts", policy(Reach::OnRequest(accounts), Writes::Facts));
    put("entry-glass", policy(Reach::Glass(organization()), Writes::Facts));
    put("publisher", policy(Reach::Nothing, Writes::Policy));
    put("applier", policy(Reach::Grantors(organization()), Writes::Acts));

    let oidc = |session_name| EntryTrust::Oidc { provider: provider(), session_name, tags: texts(["team"]) };
    let robot = EntryTrust::Robot {
        provider: provider(),
        subject: "repo:acme/deploy:ref:refs/heads/main".to_owned(),
        session_name: "repo-acme-deploy".to_owned(),
    };
    let saml = EntryTrust::Saml {
        partition: Partition::Aws,
        account: "111111111111".to_owned(),
        provider: "okta".to_owned(),
        regions: texts(["eu-west-1"]),
        tags: texts(["team"]),
    };
    let written = |trust: EntryTrust| trust.render().expect("a trust");
    put("arrive-sub", written(oidc(SessionName::Subject)));
    put("arrive-source", written(oidc(SessionName::SourceIdentity)));
    put("arrive-robot", written(robot));
    put("arrive-saml", written(saml));

    put("grantor", grantor(Partition::Aws));
    let role = FUNCTION.parse().expect("a role");
    put("grantor-function", GrantorTrust::Function { role, function: Some(LAMBDA.to_owned()) }.render());
    let names = texts(["bob@corp.com", "carol@corp.com"]);
    put(
        "grantor-approvers",
        GrantorTrust::Approvers { doors: entries([HUB, SET]), names, tags: texts(["team", "cost"]) }.render(),
    );
    let platform = PLATFORM.map(|arn| arn.parse().expect("a role")).to_vec();
    put("guardrail", Guardrail { partition: Partition::Aws, platform }.render());

    let bucket = read(&ledger().render());
    world.insert("ledger (allows)", part(&bucket, false, |one| one["Effect"] == "Allow"));
    world.insert("ledger (denies)", part(&bucket, false, |one| one["Effect"] == "Deny"));
    world.insert("ledger", bucket);
    for (level, [whole, list, nothing_else]) in SHIPPED {
        let document = read(&ceiling(level).render());
        world.insert(list, part(&document, false, |one| one["Sid"] == "List"));
        world.insert(nothing_else, part(&document, true, |one| one["Sid"] == "NothingElse"));
        let rest = part(&document, true, |one| one["Sid"] != "List" && one["Sid"] != "NothingElse");
        // The denies are the same at every level, so it is enough to change them once.
        let known = world.entry("ceiling (denies)").or_insert_with(|| rest.clone());
        assert_eq!(*known, rest);
        world.insert(whole, document);
    }
    world
}

/// Documents that are evaluated as a whole, but whose parts are changed one by one.
pub(crate) const IN_PARTS: [&str; 4] = ["ledger", "ceiling-read", "ceiling-operate", "ceiling-admin"];
