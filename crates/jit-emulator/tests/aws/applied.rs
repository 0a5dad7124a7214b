//! The program's own ledger in S3 and its own IAM client, in a deployment that authorises each of their calls.

use std::rc::Rc;
use std::time::Duration;

use jit_access::ledger::{Key, Ledger, LedgerError, Put};
use jit_apply::calls::AwsCalls;
use jit_apply::iam::{HttpIam, Iam, IamError};
use jit_apply::s3::S3Ledger;
use jit_emulator::{Call, Trouble, role_id};
use jit_wire::credentials::Credentials;
use jit_wire::env::Env;
use jit_wire::http::Http;
use jit_wire::signed::{Endpoint, Service};
use jit_wire::trusted_url::{Purpose, TrustedUrl};

use crate::company::{ALICE, BOB, Company, GRANTOR, HUB, PAY_ADMIN, grant};

const ID: &str = "019ac9f2-7a1b-7c3d-8e4f-0123456789ab";

fn calls(company: &Company) -> Rc<AwsCalls<'_>> {
    Rc::new(AwsCalls::new(Http::new(&Env::of([])), || company.now()).unwrap())
}

fn endpoint(company: &Company, service: Service) -> Endpoint {
    let url = TrustedUrl::parse(company.servers.aws_url(), Purpose::AwsEndpoint).unwrap();
    Endpoint::at(service, "eu-west-1", url).unwrap()
}

fn ledger<'c>(company: &'c Company, session: &'c Credentials) -> S3Ledger<'c> {
    let session = Box::new(|| Ok(session.clone()));
    S3Ledger::new(calls(company), endpoint(company, Service::S3), "acme-jit-ledger", session).unwrap()
}

fn fact(name: &str) -> Key {
    format!("f/{ID}/{}:{name}/request.json", role_id(HUB)).parse().unwrap()
}

#[test]
fn the_ledger_works_at_a_door_and_only_under_ones_own_name() {
    let company = Company::new();
    let (alice, bob) = (company.arrive(ALICE, HUB), company.arrive(BOB, HUB));
    let own = ledger(&company, &alice);
    assert_eq!(own.put_new(&fact(ALICE), b"{}"), Ok(Put::Created));
    assert_eq!(own.put_new(&fact(ALICE), b"{}"), Ok(Put::Exists));
    assert!(matches!(own.put_new(&fact(BOB), b"{}"), Err(LedgerError::Refused(_))));
    company.later(60);
    let other = ledger(&company, &bob);
    other.put_new(&fact(BOB), b"other").unwrap();
    let listed = other.list("f/", "").unwrap();
    let written: Vec<_> = listed.iter().map(|entry| (entry.key.clone(), entry.written.0)).collect();
    let now = company.now().0;
    assert_eq!(written, [(fact(ALICE).to_string(), now - 60), (fact(BOB).to_string(), now)]);
    assert_eq!(other.get(&fact(ALICE).to_string()).as_deref(), Ok(b"{}".as_slice()));
    assert_eq!(other.time().map(|time| time.0), Ok(now), "S3's clock");
    company.servers.faults(|faults| faults.page_size = Some(1));
    assert_eq!(other.list("f/", "").map(|all| all.len()), Ok(2));
    let in_role = company.alice_in_role();
    assert!(matches!(ledger(&company, &in_role).list("f/", ""), Err(LedgerError::Refused(_))));
}

#[test]
fn a_write_whose_answer_is_lost_is_repeated_without_harm() {
    let company = Company::new();
    let alice = company.arrive(ALICE, HUB);
    company.servers.faults(|faults| faults.next(1, Call::Aws("s3:PutObject"), Trouble::AnswerLost));
    assert_eq!(ledger(&company, &alice).put_new(&fact(ALICE), b"{}"), Ok(Put::Exists));
}

#[test]
fn a_grant_is_put_and_deleted_through_the_grantor() {
    let company = Company::new();
    let (bob, session) = (company.arrive(BOB, HUB), company.alice_in_role());
    let grantor = company.assume(&bob, GRANTOR, BOB);
    let of = |session: &Credentials| {
        let session = session.clone();
        let accounts = vec!["222222222222".to_owned()];
        let endpoint = endpoint(&company, Service::Iam);
        HttpIam::new(calls(&company), endpoint, accounts, Box::new(move |_| Ok(session.clone())))
    };
    let iam = of(&grantor);
    let services = iam.ceiling_services("aws", "222222222222", "operate").unwrap();
    assert!(services.contains(&"s3:*".to_owned()), "{services:?}");
    let role = PAY_ADMIN.to_owned();
    let document = grant(ALICE, company.now() + Duration::from_secs(600));
    assert!(company.get(&session, "/").is_err());
    iam.put(&role, "jit-1", &document).unwrap();
    assert!(company.get(&session, "/").is_ok());
    let seen = iam.roles().unwrap();
    assert_eq!(seen.len(), 1, "the grantor, the doors and the break-glass role are not on request");
    assert_eq!(seen[0].policies.get("jit-1"), Some(&document), "byte for byte");
    iam.delete(&role, "jit-1").unwrap();
    iam.delete(&role, "jit-1").unwrap();
    assert!(company.get(&session, "/").is_err());
    let refused = of(&bob).put(&role, "jit-1", &document);
    assert!(matches!(refused, Err(IamError::Denied(_))), "{refused:?}");
}
