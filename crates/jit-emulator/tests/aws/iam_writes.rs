//! Grants written to IAM under an approver's session: the order of the writes, and each refusal with what is said about it
//! and its twin that is accepted.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Mutex;
use std::time::Duration;

use jit_access::decide::OnCall;
use jit_access::id::Id;
use jit_access::ledger::{Fact, Hash, Key, Ledger, Request, Revoke, Vote, Vouch, write};
use jit_access::people::{Directory, UserId};
use jit_access::render::policy_name;
use jit_apply::apply::{Applier, ApplyError, Doing};
use jit_apply::cache::Cache;
use jit_apply::calls::AwsCalls;
use jit_apply::iam::{HttpIam, Iam, IamError};
use jit_apply::s3::S3Ledger;
use jit_emulator::{Call, Refusal, Trouble, role_id};
use jit_wire::credentials::Credentials;
use jit_wire::env::Env;
use jit_wire::explain::Explain as _;
use jit_wire::http::Http;
use jit_wire::signed::{Endpoint, Service};
use jit_wire::trusted_url::{Purpose, TrustedUrl};

use crate::company::{ALICE, BOB, Company, GRANTOR, HUB, PAY_ADMIN, PUBLISHER, grant, policy};

const ACCOUNT: &str = "222222222222";
const BUCKET: &str = "acme-jit-ledger";
const PUT: Call = Call::Aws("iam:PutRolePolicy");
const GET: Call = Call::Aws("iam:GetRolePolicy");

fn calls(company: &Company) -> Rc<AwsCalls<'_>> {
    Rc::new(AwsCalls::new(Http::new(&Env::of([])), || company.now()).unwrap().hurrying())
}

fn endpoint(company: &Company, service: Service) -> Endpoint {
    let url = TrustedUrl::parse(company.servers.aws_url(), Purpose::AwsEndpoint).unwrap();
    Endpoint::at(service, "eu-west-1", url).unwrap()
}

/// IAM as an approver uses it: through the grantor.
fn iam<'c>(company: &'c Company, grantor: &'c Credentials) -> HttpIam<'c> {
    let endpoint = endpoint(company, Service::Iam);
    HttpIam::new(calls(company), endpoint, vec![ACCOUNT.to_owned()], Box::new(|_| Ok(grantor.clone())))
}

fn ledger<'c>(company: &'c Company, session: &'c Credentials) -> S3Ledger<'c> {
    let session = Box::new(|| Ok(session.clone()));
    S3Ledger::new(calls(company), endpoint(company, Service::S3), BUCKET, session).unwrap()
}

fn user(name: &str) -> UserId {
    format!("{}:{name}", role_id(HUB)).parse().unwrap()
}

/// What is written to the ledger and to IAM, in order, as AWS saw it.
fn writes(company: &Company, since: usize) -> Vec<String> {
    let journal = company.servers.journal();
    let written = journal.decisions().iter().skip(since).filter(|decided| {
        ["s3:PutObject", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:GetRolePolicy"]
            .contains(&decided.action.as_str())
    });
    let named = written.map(|decided| {
        let last = decided.resource.rsplit('/').next().unwrap_or_default();
        format!("{} {last}", decided.action)
    });
    named.collect()
}

/// The order of the contract: the decision, the policy, a look whether it was revoked, and only then that it is applied.
#[test]
fn a_grant_is_written_in_the_order_of_the_contract() {
    for is_revoked in [false, true] {
        let company = Company::new();
        let (alice, bob) = (company.arrive(ALICE, HUB), company.arrive(BOB, HUB));
        let (in_role, grantor) = (company.alice_in_role(), company.assume(&bob, GRANTOR, BOB));
        let now = company.now();
        let id = |salt: u8| Id::new(now, [salt; 10]);
        let published = format!("policy/{}/{}:pat/policy.toml", id(1), role_id(PUBLISHER));
        company.servers.cloud(|cloud| {
            let text = policy("approver").to_toml();
            cloud.bucket_mut(BUCKET).unwrap().write(&published, Some(text.as_bytes()), "x", now);
        });
        let request = Fact::Request(Request {
            access: "pay-admin".to_owned(),
            accounts: Vec::new(),
            duration: 600,
            reason: "refunds are stuck".to_owned(),
            ticket: None,
            start: None,
            extends: None,
        });
        let (asked, sha256) = (id(2), Hash::of(&request.to_bytes()));
        let own = ledger(&company, &alice);
        let key = Key::Fact { id: asked, author: user(ALICE), kind: request.kind() };
        write(&own, &key, &request.to_bytes()).unwrap();
        let theirs = ledger(&company, &bob);
        let vote = Fact::Vote(Vote { request: asked, sha256, vote: Vouch::Approve, reason: String::new() });
        write(&theirs, &Key::Fact { id: id(3), author: user(BOB), kind: vote.kind() }, &vote.to_bytes())
            .unwrap();

        let (iam, shelf) = (iam(&company, &grantor), Mutex::<BTreeMap<String, Vec<u8>>>::default());
        let since = company.servers.journal().decisions().len();
        // Somebody revokes it while the policy is put.
        let revoke = |doing: &Doing| {
            if is_revoked && matches!(doing, Doing::Step(_, jit_access::lifecycle::Step::LookAgain)) {
                let revoke = Fact::Revoke(Revoke { request: asked, sha256, reason: "no".to_owned() });
                let key = format!("f/{}/{}:{BOB}/revoke.json", id(4), role_id(HUB));
                company.servers.cloud(|cloud| {
                    cloud.bucket_mut(BUCKET).unwrap().write(&key, Some(&revoke.to_bytes()), "x", now);
                });
            }
            ControlFlow::Continue(())
        };
        let applier = Applier {
            ledger: &theirs,
            shelf: &shelf,
            iam: &iam,
            directory: &Directory::default(),
            on_call: &OnCall::Unknown,
            services: &|_| vec!["s3:*".to_owned()],
            must_wait: &|_| false,
            clock: &|| company.now(),
            random: &|| [9; 10],
            go_on: &revoke,
        };
        applier.apply(&mut Cache::new("x"), asked).unwrap();
        let mut order = writes(&company, since);
        // A policy is read back after each change of it, and looked at before each step.
        order.dedup();
        order.pop_if(|last| last.starts_with("iam:Get"));
        let put =
            ["s3:PutObject decision.json", "iam:PutRolePolicy pay-admin", "iam:GetRolePolicy pay-admin"];
        let revoked =
            ["iam:DeleteRolePolicy pay-admin", "iam:GetRolePolicy pay-admin", "s3:PutObject ended.json"];
        let wanted: Vec<&str> = match is_revoked {
            true => put.into_iter().chain(revoked).collect(),
            false => put.into_iter().chain(["s3:PutObject applied.json"]).collect(),
        };
        assert_eq!(order, wanted);
        assert_eq!(company.get(&in_role, "/").is_ok(), !is_revoked);
        let acts = theirs.list(&format!("a/{asked}/"), "").unwrap();
        assert_eq!(acts.iter().any(|act| act.key.ends_with("/applied.json")), !is_revoked);
    }
}

/// What is refused says why and what to do, and the same write is accepted when that one thing is right.
#[test]
fn each_refusal_of_iam_is_explained_and_has_its_twin() {
    type Break = fn(&Company);
    let cases: [(&str, Break, &str, &str); 5] = [
        (
            "no boundary",
            |company| change_role(company, |role| role.boundary = None),
            "the role has no permissions boundary, and jit-grantor may change only roles with a ceiling",
            "set the permissions boundary of the role to policy/jit-ceiling-NAME",
        ),
        (
            "another boundary",
            |company| {
                change_role(company, |role| {
                    role.boundary = Some(format!("arn:aws:iam::{ACCOUNT}:policy/other"))
                });
            },
            "its permissions boundary is arn:aws:iam::222222222222:policy/other, no ceiling",
            "set the permissions boundary of the role",
        ),
        (
            "a service control policy",
            |company| {
                let deny = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"iam:*RolePolicy","Resource":"*"}]}"#;
                company.servers.cloud(|cloud| cloud.set_service_control(ACCOUNT, &[deny])).unwrap();
            },
            "a service control policy forbids iam:PutRolePolicy",
            "have the guard rail exempt the exact ARN of jit-grantor",
        ),
        (
            "no role",
            |company| company.servers.cloud(|cloud| cloud.remove_role(PAY_ADMIN)),
            "no identity-based policy allows iam:PutRolePolicy; the role may not exist",
            "check that the role exists under this path",
        ),
        (
            "no room",
            |company| {
                change_role(company, |role| _ = role.inline.insert("big".to_owned(), of_length(10_200)))
            },
            "its inline policies have 10200 of 10240 characters, and this one needs ",
            "revoke grants that nobody needs any more",
        ),
    ];
    for (what, breaks, words, advice) in cases {
        let company = Company::new();
        let grantor = company.assume(&company.arrive(BOB, HUB), GRANTOR, BOB);
        let document = grant(ALICE, company.now() + Duration::from_secs(600));
        assert_eq!(iam(&company, &grantor).put(&PAY_ADMIN.to_owned(), "jit-1", &document), Ok(()), "{what}");
        iam(&company, &grantor).delete(&PAY_ADMIN.to_owned(), "jit-1").unwrap();
        breaks(&company);
        let error = iam(&company, &grantor).put(&PAY_ADMIN.to_owned(), "jit-1", &document).unwrap_err();
        assert!(error.to_string().contains(words), "{what}: {error}");
        let next = format!("{:?}", error.next());
        assert!(next.contains(advice), "{what}: {next}");
        assert!(error.is_refusal() && !ApplyError::from(error).next().is_empty());
    }
    // A document that IAM cannot read.
    let company = Company::new();
    let grantor = company.assume(&company.arrive(BOB, HUB), GRANTOR, BOB);
    let refused =
        iam(&company, &grantor).put(&PAY_ADMIN.to_owned(), "jit-1", "{\"Statement\":3}").unwrap_err();
    assert!(matches!(refused, IamError::Malformed { .. }), "{refused}");
}

/// A policy of so many characters.
fn of_length(characters: usize) -> String {
    let [start, end] = [r#"{"Statement":[{"Effect":"Allow","Action":"s3:"#, r#"","Resource":"*"}]}"#];
    format!("{start}{}{end}", "x".repeat(characters - start.len() - end.len()))
}

fn change_role(company: &Company, change: impl FnOnce(&mut jit_emulator::IamRole)) {
    company.servers.cloud(|cloud| {
        let mut role = cloud.role(PAY_ADMIN).unwrap().clone();
        change(&mut role);
        cloud.put_role(role).unwrap();
    });
}

/// IAM's servers learn of a change one after the other. It is done once the one that is asked shows it.
#[test]
fn a_write_is_done_once_iam_shows_it() {
    let company = Company::new();
    let grantor = company.assume(&company.arrive(BOB, HUB), GRANTOR, BOB);
    let (iam, role) = (iam(&company, &grantor), PAY_ADMIN.to_owned());
    let document = grant(ALICE, company.now() + Duration::from_secs(600));
    let unknown = || Trouble::Refuse(Refusal::new(404, "NoSuchEntity", "The role policy cannot be found."));
    let next = |times, call, trouble| company.servers.faults(|faults| faults.next(times, call, trouble));
    next(3, GET, unknown());
    assert_eq!(iam.put(&role, &policy_name(Id::new(company.now(), [1; 10])), &document), Ok(()));
    assert_eq!(company.servers.journal().count(GET), 4);
    // Rate limits and server errors pass, and a write whose answer is lost is made again.
    let limited = Trouble::Refuse(Refusal::new(400, "Throttling", "Rate exceeded"));
    for trouble in [limited, Trouble::ServerError, Trouble::AnswerLost, Trouble::Twice] {
        next(1, PUT, trouble);
        assert_eq!(iam.put(&role, "jit-2", &document), Ok(()));
    }
    company.servers.faults(|faults| faults.always(GET, unknown()));
    let late = iam.put(&role, "jit-3", &document).unwrap_err();
    assert!(matches!(late, IamError::NotShown { .. }) && !late.is_refusal(), "{late}");
    company.servers.faults(jit_emulator::Faults::clear);
    let found = iam.role(&role).unwrap().policies;
    assert!(found.contains_key("jit-3"), "it was written, and whoever applies next sees it");
    iam.delete(&role, "jit-3").unwrap();
    assert!(!iam.role(&role).unwrap().policies.contains_key("jit-3"));
}
