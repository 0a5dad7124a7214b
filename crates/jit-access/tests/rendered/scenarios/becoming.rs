//! Role trust policies, and the entry roles' own policies: which door leads to which role, and under which
//! name.

use super::ROLE;
use crate::case::{Case, Cases};
use crate::world::{BUCKET, FUNCTION, GLASS, HUB, PUBLISHERS, SET, SET_ELSEWHERE};

const GLASS_ROLE: &str = "arn:aws:iam::111122223333:role/jit-glass/admin";

/// Alice at a door, assuming a role under her own name.
fn assume(name: &str, door: &str, trust: &'static str, role: &str) -> Case {
    Case::new(name, door, "alice@corp.com", "sts:AssumeRole", role)
        .everything()
        .on(trust, false)
        .with("sts:RoleSessionName", "alice@corp.com")
        .with("sts:SourceIdentity", "alice@corp.com")
        .with("aws:SourceIdentity", "alice@corp.com")
}

fn trust(cases: &mut Cases, base: &Case) {
    cases.others(base);
    for (why, name) in [
        ("another name", "bob@corp.com"),
        ("a case twin", "Alice@corp.com"),
        ("a pattern", "*"),
        ("a part of the name", "corp.com"),
        ("a longer name", "malice@corp.com"),
    ] {
        cases.twin(base, why, |case| case.with("sts:RoleSessionName", name));
    }
    cases.twin(base, "nobody", |case| case.without("aws:userid"));
    cases.twin(base, "without a name", |case| case.without("sts:RoleSessionName"));
    cases.twin(base, "a door without a policy", |case| case.identity(&[]));
    // In one account the trust policy could admit a role that has no policy of its own.
    let near = Case { name: format!("{}, in one account", base.name), ..base.clone() };
    let near = Case { same_account: true, ..near };
    cases.twin(&near, "a door without a policy", |case| case.identity(&[]));
    cases.twin(base, "another action", |case| case.does("sts:AssumeRoleWithSAML"));
    source_identity(cases, base);
}

/// The source identity that a person keeps on the way.
pub(crate) fn source_identity(cases: &mut Cases, base: &Case) {
    let source = Case { name: format!("{}, source identity", base.name), ..base.clone() }
        .does("sts:SetSourceIdentity");
    cases.others(&source);
    let near =
        Case { name: format!("{}, in one account", source.name), same_account: true, ..source.clone() };
    cases.twin(&near, "a door without a policy", |case| case.identity(&[]));
    for other in ["dave@corp.com", &base.person.to_uppercase(), "*"] {
        cases.twin(&source, other, |case| case.with("sts:SourceIdentity", other));
    }
    cases.twin(&source, "none", |case| case.without("sts:SourceIdentity"));
    cases.twin(&source, "none to keep", |case| case.without("aws:SourceIdentity"));
}

/// The session tags that a person keeps on the way.
pub(crate) fn tags(cases: &mut Cases, base: &Case) {
    let tags = Case { name: format!("{}, tags", base.name), ..base.clone() }
        .does("sts:TagSession")
        .with_all("aws:TagKeys", &["team", "cost"])
        .with("aws:RequestTag/team", "pay")
        .with("aws:PrincipalTag/team", "pay")
        .with("aws:RequestTag/cost", "7a")
        .with("aws:PrincipalTag/cost", "7a");
    cases.others(&tags);
    let near = Case { name: format!("{}, in one account", tags.name), same_account: true, ..tags.clone() };
    cases.twin(&near, "a door without a policy", |case| case.identity(&[]));
    for (key, own) in [("team", "pay"), ("cost", "7a")] {
        let request = format!("aws:RequestTag/{key}");
        for other in ["admin", "*", &own.to_uppercase()] {
            cases.twin(&tags, &format!("{key} = {other}"), |case| case.with(&request, other));
        }
        cases.twin(&tags, &format!("no {key} to keep"), |case| {
            case.without(&format!("aws:PrincipalTag/{key}"))
        });
        cases
            .twin(&tags, &format!("{key} in capitals"), |case| case.with("aws:TagKeys", &key.to_uppercase()));
        let one = Case { name: format!("{}, {key} alone", base.name), ..tags.clone() };
        let other = if key == "team" { "cost" } else { "team" };
        cases.allowed(one.with("aws:TagKeys", key).without(&format!("aws:RequestTag/{other}")));
    }
    cases.twin(&tags, "one key more", |case| case.with_all("aws:TagKeys", &["team", "cost", "admin"]));
}

pub(crate) fn cases(cases: &mut Cases) {
    let doors =
        [("the hub", HUB), ("a permission set", SET), ("a permission set with a region", SET_ELSEWHERE)];
    for (name, door) in doors {
        let base = assume(&format!("through {name}"), door, "trust", ROLE);
        trust(cases, &base);
        for voter in ["bob@corp.com", "carol@corp.com"] {
            cases.twin(&base, &format!("the voter {voter}"), |case| {
                case.named(voter).with("sts:RoleSessionName", voter)
            });
        }
        tags(cases, &base);
    }
    for other in [
        "arn:aws:iam::222222222222:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Jit_ReadOnly_0123456789abcdef",
        "arn:aws:iam::222222222222:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Jit_ReadOnly_0123456789abcdef",
        "arn:aws:iam::222222222222:role/AWSReservedSSO_Jit_0123456789abcdef",
        HUB.replace("111111111111", "222222222222").as_str(),
        SET.replace("222222222222", "111111111111").as_str(),
    ] {
        cases.twin(&assume("through the hub", HUB, "trust", ROLE), other, |case| case.by(other));
    }
    for door in GLASS {
        let base = assume(&format!("break-glass through {door}"), door, "trust-glass", GLASS_ROLE);
        trust(cases, &base);
        for other in [HUB, SET] {
            cases.twin(&base, &format!("another door, {other}"), |case| case.by(other));
        }
    }
    let glass = Case::new("a break-glass role", GLASS_ROLE, "alice@corp.com", "ec2:StartInstances", "*")
        .identity(&["standing"]);
    cases.twin(&glass, "another service", |case| case.does("dynamodb:GetItem"));
    cases.allowed(Case { name: "a break-glass role on s3".into(), ..glass }.does("s3:ListBucket"));
    at_doors(cases);
}

/// The identity policies of entry roles, alone.
fn at_doors(cases: &mut Cases) {
    let write = |policy: &'static str, door: &str, key: &str| {
        let user = Case::user_id(door, "alice@corp.com");
        let key = key.replace("OWN", &user);
        Case::new(
            &format!("{policy} writes"),
            door,
            "alice@corp.com",
            "s3:PutObject",
            &format!("{BUCKET}/{key}"),
        )
        .identity(&[policy])
        .with("s3:if-none-match", "*")
    };
    for (policy, door, key) in [
        ("entry", HUB, super::ledger::FACT),
        ("entry-accounts", HUB, super::ledger::FACT),
        ("entry-glass", GLASS[0], super::ledger::FACT),
        ("publisher", PUBLISHERS[0], super::ledger::POLICY),
        ("applier", FUNCTION, super::ledger::ACT),
        ("applier", FUNCTION, super::ledger::SWEEP),
    ] {
        let mut base = write(policy, door, key);
        if key == super::ledger::SWEEP {
            base.name.push_str(" a sweep");
        }
        super::ledger::almost_own(cases, &base);
        cases.twin(&base, "without the condition", |case| case.without("s3:if-none-match"));
        for action in
            ["s3:DeleteObject", "s3:PutObjectRetention", "ec2:DescribeInstances", "iam:PutRolePolicy"]
        {
            cases.twin(&base, action, |case| case.does(action));
        }
        for (actions, resource) in [
            (["s3:GetObject", "s3:GetObjectVersion"], format!("{BUCKET}/a/b")),
            (["s3:ListBucket", "s3:ListBucketVersions"], BUCKET.to_owned()),
        ] {
            for action in actions {
                let read =
                    Case { name: format!("{policy} {action}"), ..base.clone() }.does(action).to(&resource);
                for arn in crate::case::almost(BUCKET) {
                    cases.twin(&read, &arn, |case| case.to(&resource.replace(BUCKET, &arn)));
                }
                cases.twin(&read, "another action", |case| case.does("s3:DeleteObject"));
                cases.twin(&read, "of another service", |case| case.does("sqs:ReceiveMessage"));
            }
        }
        for action in ["s3:ListBucket", "s3:ListBucketVersions"] {
            let list = Case { name: format!("{policy} {action}"), ..base.clone() }.does(action).to(BUCKET);
            cases.twin(&list, "of everything", |case| case.to("*"));
        }
    }
    for (policy, path) in [
        ("entry", "jit/x"),
        ("entry-accounts", "jit/x"),
        ("entry-glass", "jit-glass/x"),
        ("applier", "jit-grantor"),
    ] {
        for account in ["111122223333", "444455556666"] {
            for action in ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"] {
                let role = format!("arn:aws:iam::{account}:role/{path}");
                let base = Case::new(
                    &format!("{policy} {action} in {account}"),
                    HUB,
                    "alice@corp.com",
                    action,
                    &role,
                )
                .identity(&[policy]);
                let others = [
                    format!("other:aws:iam::{account}:role/{path}"),
                    format!("arn:other:iam::{account}:role/{path}"),
                    format!("arn:aws:other::{account}:role/{path}"),
                    format!("arn:aws:iam:other:{account}:role/{path}"),
                    format!("arn:aws:iam::{account}:user/{path}"),
                    format!("arn:aws:iam::{account}:role/admin"),
                    format!("arn:aws:iam::{account}:role/other/x"),
                    format!("arn:aws:iam::{account}:role/x/{path}"),
                ];
                for other in others {
                    cases.twin(&base, &other, |case| case.to(&other));
                }
                for other_path in ["jit/x", "jit-glass/x", "jit-grantor", "jit-grantors", "jit-x/x"] {
                    if other_path != path {
                        let other = format!("arn:aws:iam::{account}:role/{other_path}");
                        cases.twin(&base, &other, |case| case.to(&other));
                    }
                }
                cases.twin(&base, "by another call", |case| case.does("sts:GetFederationToken"));
                cases.twin(&base, "by another service", |case| case.does("iam:GetRole"));
                if policy == "entry-accounts" {
                    cases.twin(&base, "elsewhere", |case| case.to(&role.replace(account, "999999999999")));
                } else {
                    for other in ["o-other", "O-ACME"] {
                        cases.twin(&base, other, |case| case.with("aws:ResourceOrgID", other));
                    }
                    cases.twin(&base, "of no organization", |case| case.without("aws:ResourceOrgID"));
                }
            }
        }
    }
    let publisher =
        Case::new("the hub assumes", HUB, "alice@corp.com", "sts:AssumeRole", ROLE).identity(&["entry"]);
    cases.twin(&publisher, "the publishing door does not", |case| case.identity(&["publisher"]));
}
