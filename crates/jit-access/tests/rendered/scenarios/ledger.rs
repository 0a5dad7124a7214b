//! The ledger's bucket: each half of its policy alone, and the whole with the entry roles' own policies.

use crate::case::{Case, Cases, almost};
use crate::world::{BUCKET, CRON, FUNCTION, HUB, PLATFORM, PUBLISHERS, SET, SET_ELSEWHERE};

/// Keys; `OWN` is the writer's `aws:userid`.
pub(crate) const FACT: &str = "f/019ac9f2-7a1b-7c3d-8e4f-0123456789ab/OWN/request.json";
pub(crate) const POLICY: &str = "policy/019ac9f2-7a1b-7c3d-8e4f-0123456789ab/OWN/policy.toml";
pub(crate) const ACT: &str = "a/019ac9f2-7a1b-7c3d-8e4f-0123456789ab/decision.json";
pub(crate) const SWEEP: &str = "s/019ac9f2-7a1b-7c3d-8e4f-0123456789ab/sweep.json";
const ID: &str = "019ac9f2-7a1b-7c3d-8e4f-0123456789ab";

/// Keys that are almost right: another person's, forged, of another kind, with an id of another length.
pub(crate) fn almost_own(cases: &mut Cases, base: &Case) {
    let key = base.resource.strip_prefix(&format!("{BUCKET}/")).expect("a key").to_owned();
    let own = Case::user_id(&base.role, &base.person);
    let bob = Case::user_id(&base.role, "bob@corp.com");
    let twin = own.replace("alice", "Alice");
    let mut keys = vec![
        ("longer id", key.replace(ID, &format!("{ID}0"))),
        ("shorter id", key.replace(ID, &ID[1..])),
        ("no id", key.replace(&format!("{ID}/"), "")),
        ("another kind", key.replacen(key.split('/').next().expect("a kind"), "x", 1)),
        ("at the root", "request.json".to_owned()),
    ];
    if key.contains(&own) {
        keys.extend([
            ("another author", key.replace(&own, &bob)),
            ("a case twin", key.replace(&own, &twin)),
            ("the name without the role", key.replace(&own, &base.person)),
            ("forged: another author before one's own", key.replace(ID, &format!("{ID}/{bob}"))),
            ("forged: another author after a short id", key.replace(ID, &format!("x/{bob}"))),
            ("a pattern", key.replace(&own, "*")),
        ]);
    }
    if key.starts_with("policy/") {
        keys.push(("another file", key.replace("policy.toml", "x.toml")));
    }
    for (why, key) in keys {
        cases.twin(base, why, |case| case.to(&format!("{BUCKET}/{key}")));
    }
    for arn in almost(BUCKET) {
        cases.twin(base, &format!("in {arn}"), |case| case.to(&format!("{arn}/{key}")));
    }
    cases.twin(
        base,
        "nobody's",
        |case| if key.contains(&own) { case.without("aws:userid") } else { case.to("*") },
    );
}

fn put(name: &str, role: &str, key: &str) -> Case {
    let key = key.replace("OWN", &Case::user_id(role, "alice@corp.com"));
    Case::new(name, role, "alice@corp.com", "s3:PutObject", &format!("{BUCKET}/{key}"))
        .everything()
        .with("s3:if-none-match", "*")
}

const WRITERS: [(&str, [&str; 3], &[&str]); 3] = [
    ("facts", [HUB, SET, SET_ELSEWHERE], &[FACT]),
    ("policy", [PUBLISHERS[0], PUBLISHERS[1], PUBLISHERS[0]], &[POLICY]),
    ("acts", [FUNCTION, CRON, FUNCTION], &[ACT, SWEEP]),
];

pub(crate) fn cases(cases: &mut Cases) {
    for (what, roles, keys) in WRITERS {
        for (role, key) in roles.iter().flat_map(|role| keys.iter().map(move |key| (role, key))) {
            allows(cases, &put(&format!("{what} {key} by {role}"), role, key));
            denies(cases, &put(&format!("{what} {key} by {role}, denies alone"), role, key));
        }
    }
    reads(cases);
    reading(cases);
    settings(cases);
    together(cases);
}

/// The statements that allow, for somebody of another account whose own policy allows everything.
fn allows(cases: &mut Cases, base: &Case) {
    let base = base.clone().on("ledger (allows)", false);
    almost_own(cases, &base);
    // A caller with another role has another id: the key is changed accordingly, so that it is the role that
    // is refused.
    for arn in almost(&base.role) {
        let (old, new) = (Case::user_id(&base.role, &base.person), Case::user_id(&arn, &base.person));
        cases.twin(&base, &format!("as {arn}"), |case| {
            let key = case.resource.replace(&old, &new);
            case.by(&arn).to(&key)
        });
    }
    cases.twin(&base, "as nobody", |case| case.without("aws:PrincipalArn"));
    cases.twin(&base, "without the condition, as a multipart upload is", |case| {
        case.without("s3:if-none-match")
    });
    for action in ["s3:DeleteObject", "s3:PutObjectRetention", "sqs:SendMessage"] {
        cases.twin(&base, action, |case| case.does(action));
    }
    // In one account the policy could admit a role that has no policy of its own.
    let near = Case { name: format!("{}, in one account", base.name), same_account: true, ..base.clone() };
    cases.twin(&near, "a role without a policy", |case| case.identity(&[]));
}

/// Everybody who may enter may read everything: the denies do not mention reading.
fn reading(cases: &mut Cases) {
    for role in [HUB, PUBLISHERS[0], FUNCTION] {
        for key in [FACT, POLICY, ACT, SWEEP] {
            let read = put(&format!("{role} reads {key}, denies alone"), role, key).does("s3:GetObject");
            cases.allowed(read.on("ledger (denies)", true).without("s3:if-none-match"));
        }
    }
    let act = put("the cron job's act", CRON, ACT).on("ledger (allows)", false);
    cases.twin(&act, "a role of that name in the function's account", |case| {
        case.by(&CRON.replace("111111111111", "444444444444"))
    });
}

/// The statements that deny, for the administrator of the ledger's own account.
fn denies(cases: &mut Cases, base: &Case) {
    let base = base.clone().on("ledger (denies)", true);
    let kind = base.resource[BUCKET.len() + 1..].split('/').next().expect("a kind").to_owned();
    for arn in almost(&base.role) {
        let (old, new) = (Case::user_id(&base.role, &base.person), Case::user_id(&arn, &base.person));
        cases.twin(&base, &format!("as {arn}"), |case| {
            let key = case.resource.replace(&old, &new);
            case.by(&arn).to(&key)
        });
    }
    let key = base.resource.clone();
    let own = Case::user_id(&base.role, "alice@corp.com");
    let bob = Case::user_id(&base.role, "bob@corp.com");
    let mut keys = vec![
        ("longer id", key.replace(ID, &format!("{ID}0"))),
        ("shorter id", key.replace(ID, &ID[1..])),
        ("another kind", key.replace(&format!("/{kind}/"), "/x/")),
        ("at the root", format!("{BUCKET}/x")),
    ];
    if key.contains(&own) {
        keys.push(("another author", key.replace(&own, &bob)));
        keys.push(("forged", key.replace(ID, &format!("{ID}/{bob}"))));
        keys.push(("a case twin", key.replace(&own, &own.replace("alice", "Alice"))));
    }
    if kind == "policy" {
        keys.push(("another file", key.replace("policy.toml", "x.toml")));
    }
    for (why, key) in keys {
        cases.twin(&base, why, |case| case.to(&key));
    }
    cases.twin(&base, "without the condition, as a multipart upload is", |case| {
        case.without("s3:if-none-match")
    });
    cases.twin(&base, "without TLS", |case| case.with("aws:SecureTransport", "false"));
    for action in CHANGES {
        cases.twin(&base, action, |case| case.does(action));
    }
    // What the denies do not mention is up to the account.
    for action in ["s3:GetObject", "s3:PutObjectTagging", "sqs:SendMessage"] {
        cases.allowed(
            Case { name: format!("{}, {action}", base.name), ..base.clone() }
                .does(action)
                .without("s3:if-none-match"),
        );
    }
    for arn in almost(BUCKET) {
        for action in ["s3:PutObject", "s3:DeleteObject"] {
            let name = format!("{}, {action} in {arn}", base.name);
            let other = key.replace(BUCKET, &arn);
            if action == "s3:DeleteObject" {
                cases.allowed(
                    Case { name, ..base.clone() }
                        .does(action)
                        .to(&other)
                        .with("aws:SecureTransport", "false"),
                );
            }
        }
    }
}

const CHANGES: [&str; 10] = [
    "s3:BypassGovernanceRetention",
    "s3:DeleteBucket",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:ObjectOwnerOverrideToBucketOwner",
    "s3:PutLifecycleConfiguration",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
    "s3:ReplicateObject",
    "s3:ReplicateDelete",
];

fn reads(cases: &mut Cases) {
    for role in [HUB, SET, SET_ELSEWHERE, PUBLISHERS[0], PUBLISHERS[1], FUNCTION, CRON] {
        for (action, resource) in [
            ("s3:GetObject", format!("{BUCKET}/f/x")),
            ("s3:GetObjectVersion", format!("{BUCKET}/policy/x")),
            ("s3:ListBucket", BUCKET.to_owned()),
            ("s3:ListBucketVersions", BUCKET.to_owned()),
        ] {
            let base = Case::new(&format!("{action} by {role}"), role, "alice@corp.com", action, &resource)
                .everything()
                .on("ledger (allows)", false);
            cases.others(&base);
            for arn in almost(BUCKET) {
                cases.twin(&base, &format!("in {arn}"), |case| case.to(&resource.replace(BUCKET, &arn)));
            }
            cases.twin(&base, "of everything", |case| case.to("*"));
            for other in ["s3:DeleteObject", "s3:GetBucketPolicy", "sqs:ReceiveMessage"] {
                cases.twin(&base, other, |case| case.does(other));
            }
            let near =
                Case { name: format!("{}, in one account", base.name), same_account: true, ..base.clone() };
            cases.twin(&near, "a role without a policy", |case| case.identity(&[]));
        }
    }
}

fn settings(cases: &mut Cases) {
    let all = [
        "s3:DeleteBucketPolicy",
        "s3:PutBucketAcl",
        "s3:PutBucketObjectLockConfiguration",
        "s3:PutBucketOwnershipControls",
        "s3:PutBucketPolicy",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutBucketVersioning",
        "s3:PutReplicationConfiguration",
    ];
    for role in PLATFORM {
        for action in all {
            let base = Case::new(&format!("{action} by {role}"), role, "deploy", action, BUCKET)
                .everything()
                .on("ledger (denies)", true);
            for arn in almost(role) {
                cases.twin(&base, &format!("as {arn}"), |case| case.by(&arn));
            }
            for arn in [HUB, FUNCTION, "arn:aws:iam::444444444444:role/admin"] {
                cases.twin(&base, &format!("as {arn}"), |case| case.by(arn));
            }
            cases.twin(&base, "without TLS", |case| case.with("aws:SecureTransport", "false"));
            cases.twin(&base, "delete the bucket", |case| case.does("s3:DeleteBucket"));
            cases.twin(&base, "a lifecycle", |case| case.does("s3:PutLifecycleConfiguration"));
        }
        cases.allowed(
            Case::new(&format!("tags by {role}"), role, "deploy", "s3:PutBucketTagging", BUCKET)
                .everything()
                .on("ledger (denies)", true),
        );
    }
    let admin = "arn:aws:iam::444444444444:role/admin";
    for (action, resource) in [
        ("s3:PutBucketTagging", BUCKET.to_owned()),
        ("sqs:DeleteQueue", BUCKET.to_owned()),
        ("s3:GetObject", format!("{BUCKET}/x")),
    ] {
        cases.allowed(
            Case::new(&format!("{action} by an administrator"), admin, "deploy", action, &resource)
                .everything()
                .on("ledger (denies)", true),
        );
    }
    for arn in almost(BUCKET) {
        for action in all.into_iter().chain(CHANGES) {
            cases.allowed(
                Case::new(&format!("{action} of {arn}"), admin, "deploy", action, &arn)
                    .everything()
                    .on("ledger (denies)", true)
                    .with("aws:SecureTransport", "false"),
            );
        }
    }
}

/// The whole policy, as people and the function encounter it.
fn together(cases: &mut Cases) {
    for (name, role, key, policy) in [
        ("a fact through the hub", HUB, FACT, "entry"),
        ("a fact through a permission set", SET, FACT, "entry"),
        ("a policy", PUBLISHERS[0], POLICY, "publisher"),
    ] {
        let base = put(name, role, key).identity(&[policy]).on("ledger", false);
        almost_own(cases, &base);
        cases.twin(&base, "without the condition", |case| case.without("s3:if-none-match"));
        cases.twin(&base, "without TLS", |case| case.with("aws:SecureTransport", "false"));
        for (why, key) in [("an act", ACT), ("a sweep", SWEEP)] {
            cases.twin(&base, why, |case| case.to(&format!("{BUCKET}/{key}")));
        }
        let admin = base.clone().everything();
        let admin = Case { name: format!("{name}, may do everything at home"), ..admin };
        almost_own(cases, &admin);
        for action in CHANGES {
            cases.twin(&admin, action, |case| case.does(action));
        }
        cases.twin(&admin, "an act", |case| case.to(&format!("{BUCKET}/{ACT}")));
        let other = if key == FACT { POLICY } else { FACT };
        let other = other.replace("OWN", &Case::user_id(role, "alice@corp.com"));
        cases.twin(&admin, "what another door writes", |case| case.to(&format!("{BUCKET}/{other}")));
        cases.twin(&admin, "the bucket's policy", |case| case.does("s3:PutBucketPolicy").to(BUCKET));
    }
    let act = put("an act", FUNCTION, ACT).on("ledger", true);
    cases.twin(&act, "in another's name", |case| {
        let fact = FACT.replace("OWN", &Case::user_id(HUB, "alice@corp.com"));
        case.to(&format!("{BUCKET}/{fact}"))
    });
    cases.twin(&act, "by an administrator of the account", |case| {
        case.by("arn:aws:iam::444444444444:role/admin")
    });
    cases.twin(&act, "overwritten", |case| case.without("s3:if-none-match"));
}
