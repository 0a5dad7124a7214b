//! Deployments that are broken on purpose, and the probe that finds each of them.

use jit_access::ledger::{Act, Failed};
use jit_emulator::{Cloud, HUB, role_id};
use serde_json::{Value, json};

use super::company::{
    BUCKET, Company, FUNCTION, GLASS, GRANTOR, PAY, READ, allow, bucket, inline, managed, statement, trust,
    without,
};

/// What is broken; how; the probe that finds it; and words of what it says.
type Row = (&'static str, fn(&mut Cloud), &'static str, &'static str);

fn replaced(document: &mut Value, from: &str, to: &str) {
    *document = serde_json::from_str(&document.to_string().replace(from, to)).unwrap();
}

/// Lets `put` through without the condition, in the bucket's policy and in that of the entry role.
fn no_condition(cloud: &mut Cloud) {
    bucket(cloud, |document| {
        for sid in ["Facts", "Policy", "Acts"] {
            statement(document, sid)["Condition"].as_object_mut().unwrap().remove("Null");
        }
    });
    inline(cloud, HUB, "jit-entry", |document| {
        statement(document, "Write").as_object_mut().unwrap().remove("Condition");
    });
}

/// Lets the entry role do this in the bucket, on both sides.
fn hub_may(cloud: &mut Cloud, action: &'static str, sid: &str) {
    bucket(cloud, |document| {
        document["Statement"].as_array_mut().unwrap().push(json!({
            "Sid": "Extra", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111111111111:root" },
            "Action": action, "Resource": format!("arn:aws:s3:::{BUCKET}/*"),
        }));
        if !sid.is_empty() {
            without(document, sid);
        }
    });
    allow(cloud, HUB, &[action], "*");
}

/// Lets everybody of the entry account become `role`.
fn admits_hub(cloud: &mut Cloud, role: &str) {
    trust(cloud, role, |document| {
        document["Statement"].as_array_mut().unwrap().push(json!({
            "Sid": "Extra", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111111111111:root" },
            // A session keeps its source identity and its tags, or gets nowhere.
            "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"],
        }));
    });
    let mut hub = cloud.role(HUB).unwrap().clone();
    let any = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:*","Resource":"*"}]}"#;
    hub.inline.insert("any".to_owned(), any.to_owned());
    cloud.put_role(hub).unwrap();
}

/// Found by trying.
const TRIED: &[Row] = &[
    (
        "nobody can write facts",
        |cloud| bucket(cloud, |document| without(document, "Facts")),
        "ledger-own-fact",
        "a fact under one's own name is refused",
    ),
    (
        "no author is pinned",
        |cloud| {
            bucket(cloud, |document| replaced(document, "${aws:userid}", "*"));
            inline(cloud, HUB, "jit-entry", |document| replaced(document, "${aws:userid}", "*"));
        },
        "ledger-other-author",
        "a fact under another name is allowed",
    ),
    (
        "an id is a star",
        |cloud| {
            let star = |document: &mut Value| replaced(document, &"?".repeat(36), "*");
            bucket(cloud, star);
            inline(cloud, HUB, "jit-entry", star);
        },
        "ledger-other-author",
        "a fact with another author before one's own is allowed",
    ),
    (
        "only the session's name is pinned",
        |cloud| {
            let name = |document: &mut Value| replaced(document, "${aws:userid}", "*:alice@example.com");
            bucket(cloud, name);
            inline(cloud, HUB, "jit-entry", name);
        },
        "ledger-other-author",
        "one's own name at another entry role is allowed",
    ),
    (
        "objects anywhere",
        |cloud| hub_may(cloud, "s3:PutObject", "OwnKeysOnly"),
        "ledger-other-author",
        "an object outside of the ledger's folders is allowed",
    ),
    (
        "no If-None-Match",
        |cloud| {
            no_condition(cloud);
            bucket(cloud, |document| without(document, "CreateOnly"));
        },
        "ledger-no-condition",
        "without the condition If-None-Match is allowed",
    ),
    (
        "overwriting",
        |cloud| {
            no_condition(cloud);
            hub_may(cloud, "s3:PutObject", "CreateOnly");
            bucket(cloud, |document| {
                without(document, "PolicyByPublishers");
                without(document, "OwnKeysOnly");
            });
        },
        "ledger-overwrite",
        "overwriting the policy in force is allowed",
    ),
    (
        "multipart is exempt, as in AWS's own example",
        |cloud| {
            no_condition(cloud);
            bucket(cloud, |document| {
                statement(document, "CreateOnly")["Condition"]["Bool"] =
                    json!({ "s3:ObjectCreationOperation": "true" });
            });
        },
        "ledger-multipart",
        "a multipart upload is allowed",
    ),
    (
        "acts by everybody",
        |cloud| hub_may(cloud, "s3:PutObject", "ActsByAppliers"),
        "ledger-acts",
        "a decision is allowed",
    ),
    (
        "policies by everybody",
        |cloud| hub_may(cloud, "s3:PutObject", "PolicyByPublishers"),
        "ledger-policy",
        "a policy through an entry role that may not publish is allowed",
    ),
    (
        "versions can be deleted",
        |cloud| hub_may(cloud, "s3:DeleteObjectVersion", "NoChanges"),
        "ledger-delete",
        "deleting a version is allowed",
    ),
    (
        "the entry role reads IAM",
        |cloud| allow(cloud, HUB, &["iam:List*"], "*"),
        "door-nothing-else",
        "iam:ListRoles is allowed",
    ),
    (
        "the entry role sees every bucket",
        |cloud| allow(cloud, HUB, &["s3:List*"], "*"),
        "door-nothing-else",
        "s3:ListAllMyBuckets is allowed",
    ),
    (
        "the entry role uses EC2",
        |cloud| allow(cloud, HUB, &["ec2:Describe*"], "*"),
        "door-nothing-else",
        "ec2:DescribeRegions is allowed",
    ),
    (
        "the entry role reads the trail",
        |cloud| allow(cloud, HUB, &["cloudtrail:*"], "*"),
        "door-nothing-else",
        "cloudtrail:LookupEvents is allowed",
    ),
    (
        "the grantor admits the entry role",
        |cloud| admits_hub(cloud, GRANTOR),
        "door-second-way",
        "role/jit-grantor is allowed",
    ),
    (
        "break-glass admits the usual entry role",
        |cloud| admits_hub(cloud, GLASS),
        "door-second-way",
        "role/jit-glass/admin is allowed",
    ),
    (
        "the entry role admits itself",
        |cloud| admits_hub(cloud, HUB),
        "door-second-way",
        "role/jit-hub is allowed",
    ),
    (
        "the publisher's role admits the entry role",
        |cloud| {
            admits_hub(cloud, "arn:aws:iam::111111111111:role/jit-publisher");
        },
        "door-second-way",
        "role/jit-publisher is allowed",
    ),
    (
        "no name is pinned",
        |cloud| {
            trust(cloud, PAY, |document| {
                statement(document, "OwnName")["Condition"].as_object_mut().unwrap().remove("StringLike");
            })
        },
        "role-other-name",
        "under the name jit-doctor is allowed",
    ),
    (
        "the colon is missing",
        |cloud| {
            trust(cloud, PAY, |document| {
                statement(document, "OwnName")["Condition"]["StringLike"] =
                    json!({ "aws:userid": "*${sts:RoleSessionName}" });
            })
        },
        "role-other-name",
        "under the name lice@example.com is allowed",
    ),
    (
        "a name that begins with one's own",
        |cloud| {
            trust(cloud, PAY, |document| {
                statement(document, "OwnName")["Condition"]["StringLike"] =
                    json!({ "aws:userid": "*", "sts:RoleSessionName": "alice@example.com*" });
            })
        },
        "role-other-name",
        "under the name alice@example.comx is allowed",
    ),
    (
        "nobody gets in",
        |cloud| {
            trust(cloud, READ, |document| {
                statement(document, "OwnName")["Condition"]["StringLike"] = json!({ "aws:userid": "nobody" });
            })
        },
        "role-other-name",
        "under one's own name is refused",
    ),
    (
        "any tag",
        |cloud| {
            trust(cloud, PAY, |document| {
                statement(document, "OwnTags").as_object_mut().unwrap().remove("Condition");
            })
        },
        "role-carried",
        "with the tag jit-doctor=jit-doctor is allowed",
    ),
    (
        "a role with a policy",
        |cloud| allow(cloud, PAY, &["ec2:*"], "*"),
        "role-no-grant",
        "ec2:DescribeRegions as arn:aws:iam::222222222222:role/jit/pay without a grant is allowed",
    ),
    (
        "a role with an attached policy",
        |cloud| {
            let mut role = cloud.role(PAY).unwrap().clone();
            role.attached.insert("arn:aws:iam::aws:policy/AdministratorAccess".to_owned());
            cloud.put_role(role).unwrap();
        },
        "role-no-grant",
        "s3:ListAllMyBuckets as",
    ),
    (
        "a bucket that trusts a role on request",
        |cloud| {
            bucket(cloud, |document| {
                document["Statement"].as_array_mut().unwrap().push(json!({
                    "Sid": "Extra", "Effect": "Allow", "Principal": { "AWS": PAY },
                    "Action": "s3:ListBucketVersions", "Resource": format!("arn:aws:s3:::{BUCKET}"),
                }));
                without(document, "NoChanges");
            })
        },
        "read-ledger",
        "there is a statement Extra",
    ),
];

/// Found by reading.
const READ_ROWS: &[Row] = &[
    (
        "a role with a policy",
        |cloud| allow(cloud, READ, &["s3:GetObject"], "arn:aws:s3:::x/*"),
        "read-roles",
        "role/jit/read: no decision explains its policy more",
    ),
    (
        "a policy named like a grant",
        |cloud| {
            let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}"#;
            cloud.put_inline(PAY, "jit-01939e3b-7c00-7000-8000-000000000000", text).unwrap();
        },
        "read-roles",
        "no decision explains its policy jit-01939e3b",
    ),
    (
        "an attached policy",
        |cloud| {
            let mut role = cloud.role(READ).unwrap().clone();
            role.attached.insert("arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned());
            cloud.put_role(role).unwrap();
        },
        "read-roles",
        "the policy arn:aws:iam::aws:policy/ReadOnlyAccess is attached to it",
    ),
    (
        "no boundary",
        |cloud| {
            let mut role = cloud.role(PAY).unwrap().clone();
            role.boundary = None;
            cloud.put_role(role).unwrap();
        },
        "read-roles",
        "its permissions boundary is nothing, not",
    ),
    (
        "another ceiling",
        |cloud| {
            let role = cloud.role(PAY).unwrap().clone();
            cloud.put_role(role.bounded_by("arn:aws:iam::222222222222:policy/jit-ceiling-admin")).unwrap();
        },
        "read-roles",
        "policy/jit-ceiling-admin, not arn:aws:iam::222222222222:policy/jit-ceiling-operate",
    ),
    ("a role that is missing", |cloud| cloud.remove_role(READ), "read-roles", "there is no role"),
    (
        "any source identity",
        |cloud| {
            trust(cloud, PAY, |document| {
                statement(document, "OwnSource")["Condition"].as_object_mut().unwrap().remove("StringEquals");
            })
        },
        "read-roles",
        "the statement OwnSource is another one",
    ),
    (
        "a permission set with a longer name",
        |cloud| {
            trust(cloud, PAY, |document| {
                statement(document, "OwnName")["Condition"]["ArnLike"] =
                    json!({ "aws:PrincipalArn": "arn:aws:iam::111111111111:role/*" });
            })
        },
        "read-roles",
        "the statement OwnName is another one",
    ),
    (
        "a ceiling that only allows",
        |cloud| {
            managed(cloud, "arn:aws:iam::222222222222:policy/jit-ceiling-operate", |document| {
                without(document, "NothingElse")
            });
        },
        "read-ceilings",
        "the statement NothingElse is missing",
    ),
    (
        "a ceiling that allows more",
        |cloud| {
            managed(cloud, "arn:aws:iam::333333333333:policy/jit-ceiling-read", |document| {
                statement(document, "List")["Action"] = json!("*");
            });
        },
        "read-ceilings",
        "the statement List is another one",
    ),
    (
        "a ceiling of another language version",
        |cloud| {
            managed(cloud, "arn:aws:iam::333333333333:policy/jit-ceiling-read", |document| {
                document["Version"] = json!("2008-10-17");
            });
        },
        "read-ceilings",
        "it is not a policy of version 2012-10-17",
    ),
    (
        "the grantor writes to any role",
        |cloud| {
            inline(cloud, GRANTOR, "jit-grantor", |document| {
                statement(document, "Grants").as_object_mut().unwrap().remove("Condition");
            })
        },
        "read-applier",
        "the statement Grants is another one",
    ),
    (
        "the grantor does more",
        |cloud| allow(cloud, GRANTOR, &["iam:*"], "*"),
        "read-applier",
        "role/jit-grantor has another policy",
    ),
    (
        "the grantor is trusted by others",
        |cloud| admits_hub(cloud, GRANTOR),
        "read-applier",
        "there is a statement Extra that was not rendered",
    ),
    (
        "the function does more",
        |cloud| allow(cloud, FUNCTION, &["s3:*"], "*"),
        "read-applier",
        "role/jit-function has another policy",
    ),
    (
        "the entry role does more",
        |cloud| allow(cloud, HUB, &["sqs:SendMessage"], "*"),
        "read-doors",
        "role/jit-hub has another policy",
    ),
    (
        "the entry role becomes any role",
        |cloud| {
            inline(cloud, HUB, "jit-entry", |document| {
                statement(document, "Roles")["Resource"] = json!("*");
            })
        },
        "read-doors",
        "door/hub.entry at arn:aws:iam::111111111111:role/jit-hub: the statement Roles",
    ),
    (
        "anybody's session name",
        |cloud| {
            trust(cloud, HUB, |document| {
                statement(document, "SignIn")["Condition"]["StringEquals"]
                    .as_object_mut()
                    .unwrap()
                    .remove("sts:RoleSessionName");
            })
        },
        "read-doors",
        "the statement SignIn is another one",
    ),
    (
        "no versioning",
        |cloud| cloud.bucket_mut(BUCKET).unwrap().versioned = false,
        "read-ledger",
        "versioning is not switched on",
    ),
    (
        "no Object Lock",
        |cloud| cloud.bucket_mut(BUCKET).unwrap().locked = false,
        "read-ledger",
        "Object Lock has no default retention",
    ),
    (
        "public",
        |cloud| cloud.bucket_mut(BUCKET).unwrap().public = true,
        "read-ledger",
        "Block Public Access is not switched on",
    ),
    ("no bucket policy", |cloud| cloud.bucket_mut(BUCKET).unwrap().policy = None, "ledger-own-fact", ""),
    (
        "settings by anybody",
        |cloud| {
            bucket(cloud, |document| {
                statement(document, "SettingsByPlatform")["Condition"]["ArnNotLike"]["aws:PrincipalArn"] =
                    json!("*");
            })
        },
        "read-ledger",
        "ledger at acme-jit-ledger",
    ),
    (
        "no guard rail",
        |cloud| cloud.set_service_control("222222222222", &[]).unwrap(),
        "guardrail",
        "account 222222222222 is allowed",
    ),
    (
        "a guard rail for other names",
        |cloud| {
            let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"arn:aws:iam::*:role/jit/*"}]}"#;
            cloud.set_service_control("333333333333", &[text]).unwrap();
        },
        "guardrail",
        "account 333333333333 is allowed",
    ),
];

fn each_is_found(rows: &[Row], reads: bool) {
    let company = Company::new("function");
    let mut missed = Vec::new();
    for (what, break_it, probe, words) in rows {
        company.change(break_it);
        let before = company.everything();
        let (output, found) = company.proves(reads);
        let named =
            found.get(*probe).is_some_and(|(health, said)| health == "broken" && said.contains(words));
        if !named || output.code() != 1 {
            // What cannot even be read is a finding without a probe.
            let is_closed = words.is_empty() && output.code() == 1;
            if !is_closed {
                missed.push(format!("{what}: {probe} does not say `{words}`: {:?}", found.get(*probe)));
            }
        }
        assert_eq!(company.everything(), before, "{what}: trying it changed something");
        company.repair();
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    let (output, _) = company.proves(reads);
    assert_eq!(output.code(), 0, "{output}");
}

/// The rows of both tables whose probe begins with one of `starts`.
fn rows(starts: &[&str]) -> Vec<Row> {
    let all = TRIED.iter().chain(READ_ROWS).copied();
    all.filter(|(_, _, probe, _)| starts.iter().any(|start| probe.starts_with(start))).collect()
}

#[test]
fn a_broken_ledger_is_found_by_trying() {
    each_is_found(&rows(&["ledger-"]), false);
}

#[test]
fn broken_roles_are_found_by_trying() {
    each_is_found(&rows(&["door-", "role-"]), false);
}

#[test]
fn broken_roles_and_ceilings_are_found_by_reading() {
    each_is_found(&rows(&["read-roles", "read-ceilings", "guardrail"]), true);
}

#[test]
fn what_else_is_broken_is_found_by_reading() {
    each_is_found(&rows(&["read-ledger", "read-doors", "read-applier"]), true);
}

#[test]
fn every_row_is_tried() {
    let starts = ["ledger-", "door-", "role-", "read-", "guardrail"];
    assert_eq!(rows(&starts).len(), TRIED.len() + READ_ROWS.len());
}

/// Everything is open at once, and still nothing is written, deleted or kept.
#[test]
fn where_everything_is_allowed_nothing_is_changed() {
    let company = Company::new("function");
    company.change(|cloud| {
        let open = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::{BUCKET}","arn:aws:s3:::{BUCKET}/*"]}}]}}"#
        );
        cloud.bucket_mut(BUCKET).unwrap().policy = Some(open);
        for role in [PAY, READ, GLASS, GRANTOR] {
            admits_hub(cloud, role);
            let everything = ["*"];
            allow(cloud, role, &everything, "*");
        }
        for ceiling in ["222222222222:policy/jit-ceiling-operate", "333333333333:policy/jit-ceiling-read"] {
            let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
            cloud.put_policy(&format!("arn:aws:iam::{ceiling}"), text).unwrap();
        }
        for account in ["222222222222", "333333333333"] {
            cloud.set_service_control(account, &[]).unwrap();
        }
        allow(cloud, HUB, &["*"], "*");
    });
    let before = company.everything();
    let (output, found) = company.proves(true);
    assert_eq!(output.code(), 1, "{output}");
    let held: Vec<&String> =
        found.iter().filter(|(_, (health, _))| health == "good").map(|(probe, _)| probe).collect();
    assert_eq!(held, ["function-lives", "ledger-own-fact"]);
    assert_eq!(company.everything(), before);
}

#[test]
fn what_the_ledger_tells_about_the_function_is_told() {
    let company = Company::new("function");
    let policy = company.keys("policy/").remove(0);
    let now = company.room.servers().now();
    let sweeps = company.keys("s/");
    let set_sweep = |at: i64, key: &str| {
        company.change(|cloud| {
            let bucket = cloud.bucket(BUCKET).unwrap().clone();
            let mut empty = jit_emulator::CloudBucket::new(BUCKET, &bucket.account, &bucket.region);
            (empty.policy, empty.locked) = (bucket.policy.clone(), true);
            for key in bucket.keys().filter(|key| !sweeps.contains(&(*key).to_owned())) {
                for version in bucket.versions(key) {
                    empty.write(key, version.body.as_deref(), "application/json", version.modified);
                }
            }
            cloud.put_bucket(empty).unwrap();
        });
        if at >= 0 {
            company.sweeps(key, jit_wire::timestamp::Timestamp(now.0 - at));
        }
        let found = forgetful(&company).proves(false).1["function-lives"].clone();
        company.repair();
        found
    };
    for (ago, key, health, words) in [
        (60, policy.as_str(), "good", "last sweep"),
        (-1, "", "broken", "it has never swept"),
        (3600, &policy, "broken", "its last sweep was"),
        (60, "policy/x", "doubtful", "another policy than the one in force"),
    ] {
        let (found, what) = set_sweep(ago, key);
        assert!(found == health && what.contains(words), "{ago} {key}: {found} {what}");
    }
}

/// The company, to whom nothing of the ledger is known.
fn forgetful(company: &Company) -> &Company {
    let _ = std::fs::remove_dir_all(company.room.path("state/jit/access"));
    company
}

#[test]
fn what_people_and_the_function_wrote_is_looked_at() {
    let company = Company::new("function");
    let (id, bytes) = company.asks();
    // One's own request is there now, and cannot be overwritten.
    let (_, found) = company.proves(false);
    assert!(found["ledger-overwrite"].1.contains("2 calls refused"), "{found:?}");
    assert_eq!(found["one-name"].0, "good");
    // Somebody else's name is the same but for case, and the policy knows only one of the two.
    let other = format!("f/{}/{}:Alice@example.com/request.json", company.new_id(), role_id(HUB));
    company.put(&other, &bytes);
    // AWS did not let the function apply a decision.
    company.decides(id, &bytes, "{}");
    let why = "AccessDenied: explicit deny in a service control policy";
    let failed = Act::Failed(Failed { role: PAY.to_owned(), why: why.to_owned() });
    company.put(&format!("a/{id}/failed.json"), &failed.to_bytes());
    let (output, found) = company.proves(false);
    assert_eq!(output.code(), 1, "{output}");
    let (health, what) = &found["grants-arrive"];
    assert!(health == "broken" && what.contains(why), "{what}");
    let (health, what) = &found["one-name"];
    assert!(health == "broken" && what.contains("Alice@example.com and alice@example.com"), "{what}");
}

#[test]
fn with_a_grant_the_ceiling_is_tried() {
    let company = Company::new("function");
    let (id, bytes) = company.asks();
    let until = jit_wire::timestamp::Timestamp(company.room.servers().now().0 + 3600).to_rfc3339();
    let document = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": ["iam:*", "s3:*"], "Resource": "*",
        "Condition": { "DateLessThan": { "aws:CurrentTime": until } },
    }]})
    .to_string();
    company.decides(id, &bytes, &document);
    company.applies(id);
    let name = jit_access::render::policy_name(id);
    company.change(|cloud| assert!(cloud.put_inline(PAY, &name, &document).unwrap()));
    let (output, found) = company.proves(true);
    assert_eq!(output.code(), 0, "{output}");
    assert_eq!(
        (found["role-ceiling"].0.as_str(), found["grants-arrive"].0.as_str(), found["read-roles"].0.as_str()),
        ("good", "good", "good")
    );
    // A ceiling that forbids nothing, without a guard rail behind it.
    company.change(|cloud| {
        let open = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        cloud.put_policy("arn:aws:iam::222222222222:policy/jit-ceiling-operate", open).unwrap();
        cloud.set_service_control("222222222222", &[]).unwrap();
    });
    let (_, found) = company.proves(false);
    let (health, what) = &found["role-ceiling"];
    assert!(health == "broken" && what.contains("changing a role as"), "{what}");
    // Something deletes what it does not know, such as Terraform.
    company.change(|cloud| {
        let mut role = cloud.role(PAY).unwrap().clone();
        role.inline.clear();
        cloud.put_role(role).unwrap();
    });
    let (_, found) = company.proves(true);
    let (health, what) = &found["read-roles"];
    assert!(health == "broken" && what.contains("was applied and is gone"), "{what}");
}
