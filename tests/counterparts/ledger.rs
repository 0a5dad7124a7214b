//! The ledger in S3 and the grants in IAM against two servers that nobody here wrote. Neither authorises as AWS does; what they
//! show is that requests are understood and answers are read: conditional writes, versions, lists, inline policies.

use jit_access::id::Id;
use jit_access::ledger::{Key, Ledger, LedgerError, Put, WriteError, write};
use jit_apply::calls::AwsCalls;
use jit_apply::iam::{HttpIam, Iam, IamError};
use jit_apply::s3::S3Ledger;
use jit_wire::credentials::Credentials;
use jit_wire::env::Env;
use jit_wire::http::{AnswerKind, Http};
use jit_wire::secret::Secret;
use jit_wire::signed::{Caller, Endpoint, Service, UnsignedRequest};
use jit_wire::timestamp::Timestamp;
use jit_wire::trusted_url::{Purpose, TrustedUrl};

use crate::support::{Ministack, Room, Sts};

const BUCKET: &str = "acme-jit-ledger";
const REGION: &str = "us-east-1";
const GRANT: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*"],"Resource":"*","Condition":{"StringLike":{"aws:userid":["*:alice@corp.com"]},"DateLessThan":{"aws:CurrentTime":"2026-11-28T12:00:00Z"}}}]}"#;
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#;

/// A server that imitates AWS.
struct Server {
    url: String,
    account: &'static str,
}

impl Server {
    fn credentials(&self) -> Credentials {
        let (key, none) = (Secret::from("test"), Secret::from(""));
        Credentials::new("test".to_owned(), key, none, Timestamp(i64::MAX)).unwrap()
    }

    fn endpoint(&self, service: Service) -> Endpoint {
        let url = TrustedUrl::parse(&self.url, Purpose::AwsEndpoint).unwrap();
        Endpoint::at(service, REGION, url).unwrap()
    }

    fn calls(&self) -> AwsCalls<'static> {
        AwsCalls::new(Http::new(&Env::of([])), now).unwrap()
    }

    fn ledger(&self, bucket: &str) -> S3Ledger<'_> {
        let session = Box::new(|| Ok(self.credentials()));
        S3Ledger::new(self.calls().into(), self.endpoint(Service::S3), bucket, session).unwrap()
    }

    /// A call that the program never makes.
    fn prepare(&self, service: Service, request: impl FnOnce(&Endpoint) -> UnsignedRequest) {
        let (endpoint, credentials) = (self.endpoint(service), self.credentials());
        let http = Http::new(&Env::of([]));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let caller = Caller { http: &http, endpoint: &endpoint, credentials: &credentials, now: now() };
        runtime.block_on(caller.send(request(&endpoint))).unwrap();
    }

    fn put(&self, path: &str, body: &str) {
        self.prepare(Service::S3, |endpoint| UnsignedRequest {
            action: "s3:Prepare".to_owned(),
            method: "PUT",
            url: endpoint.url().at(path).unwrap(),
            headers: Vec::new(),
            body: Secret::new(body.as_bytes().to_vec()),
            answer: AnswerKind::Message,
        });
    }

    fn prepare_bucket(&self) {
        self.put(&format!("/{BUCKET}"), "");
        self.put(
            &format!("/{BUCKET}?versioning="),
            "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status></VersioningConfiguration>",
        );
    }
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp(i64::try_from(since.as_secs()).unwrap())
}

fn fact(number: u8) -> Key {
    let id = Id::new(now(), [number; 10]);
    format!("f/{id}/AROAHUB4567890EXAMPLE:alice@corp.com/request.json").parse().unwrap()
}

fn keep_a_ledger(server: &Server) {
    server.prepare_bucket();
    let ledger = server.ledger(BUCKET);
    let facts: Vec<Key> = (0..5).map(fact).collect();
    for fact in &facts {
        assert_eq!(ledger.put_new(fact, fact.to_string().as_bytes()), Ok(Put::Created));
    }
    let first = &facts[0];
    assert_eq!(ledger.put_new(first, b"other"), Ok(Put::Exists));
    assert_eq!(write(&ledger, first, first.to_string().as_bytes()), Ok(()), "the same bytes");
    assert_eq!(write(&ledger, first, b"other"), Err(WriteError::Other(first.to_string())));

    // Another reader, who knows nothing yet.
    let ledger = server.ledger(BUCKET);
    let listed = ledger.list("f/", "").unwrap();
    let keys: Vec<&str> = listed.iter().map(|entry| entry.key.as_str()).collect();
    let mut wanted: Vec<String> = facts.iter().map(Key::to_string).collect();
    wanted.sort();
    assert_eq!(keys, wanted);
    assert!(listed.iter().all(|entry| (now().0 - entry.written.0).abs() < 300 && entry.doubt.is_none()));
    let after = ledger.list("f/", keys[2]).unwrap();
    assert_eq!(after.iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>(), keys[3..]);
    assert_eq!(ledger.list("a/", ""), Ok(Vec::new()));
    let read = ledger.get_all(&keys);
    assert!(read.iter().zip(&keys).all(|(read, key)| read.as_deref() == Ok(key.as_bytes())), "{read:?}");
    assert!(matches!(ledger.get("f/none"), Err(LedgerError::Absent(_))));
    assert!((ledger.time().unwrap().0 - now().0).abs() < 300);

    // A second version, which only somebody without the condition can write: the first one counts.
    let path = format!("/{BUCKET}/{}", keys[0].replace(':', "%3A").replace('@', "%40"));
    server.put(&path, "second");
    let ledger = server.ledger(BUCKET);
    assert!(ledger.list("f/", "").unwrap()[0].has_more_versions);
    assert_eq!(ledger.get(keys[0]), Ok(keys[0].as_bytes().to_vec()));

    let none = server.ledger("there-is-no-such-bucket").list("f/", "").unwrap_err();
    assert_eq!(none.to_string(), "cannot use the ledger: there is no bucket there-is-no-such-bucket");
}

fn write_grants(server: &Server) {
    for (name, boundary) in [("pay-admin", true), ("plain", false)] {
        let ceiling = format!("arn:aws:iam::{}:policy/jit-ceiling-operate", server.account);
        let allow =
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
        if boundary {
            let policy = [("PolicyName", "jit-ceiling-operate"), ("PolicyDocument", allow)];
            server.prepare(Service::Iam, |endpoint| endpoint.query("CreatePolicy", &policy).unwrap());
        }
        let mut role = vec![("RoleName", name), ("Path", "/jit/"), ("AssumeRolePolicyDocument", TRUST)];
        role.extend(boundary.then_some(("PermissionsBoundary", ceiling.as_str())));
        server.prepare(Service::Iam, |endpoint| endpoint.query("CreateRole", &role).unwrap());
    }
    let arn = |name: &str| format!("arn:aws:iam::{}:role/jit/{name}", server.account);
    let session = Box::new(|_: &str| Ok(server.credentials()));
    let iam = HttpIam::new(
        server.calls().into(),
        server.endpoint(Service::Iam),
        vec![server.account.to_owned()],
        session,
    );
    let role = arn("pay-admin");
    let other = GRANT.replace("alice", "bob é");
    iam.put(&role, "jit-1", GRANT).unwrap();
    iam.put(&role, "jit-2", &other).unwrap();
    let seen = iam.role(&role).unwrap();
    let wanted = [("jit-1".to_owned(), GRANT.to_owned()), ("jit-2".to_owned(), other)];
    assert_eq!(seen.policies, wanted.into(), "byte for byte");
    let roles = iam.roles().unwrap();
    let faults: Vec<usize> = roles.iter().map(|role| role.differences.len()).collect();
    assert_eq!((roles.len(), faults.iter().sum::<usize>()), (2, 1), "one has no boundary: {roles:?}");
    assert_eq!(iam.ceiling_services("aws", server.account, "operate"), Ok(vec!["s3:*".to_owned()]));
    iam.delete(&role, "jit-1").unwrap();
    iam.delete(&role, "jit-1").unwrap();
    assert_eq!(iam.role(&role).unwrap().policies.keys().collect::<Vec<_>>(), ["jit-2"]);
    let none = arn("none");
    assert_eq!(iam.role(&none), Err(IamError::NoRole { role: none.clone() }));
    assert_eq!(iam.put(&none, "jit-1", GRANT), Err(IamError::NoRole { role: none }));
    let malformed = iam.put(&role, "jit-1", "{\"Version\":\"2012-10-17\",\"Statement\":3}");
    assert!(matches!(malformed, Err(IamError::Malformed { .. })), "{malformed:?}");
}

#[test]
fn moto_keeps_a_ledger_and_grants() {
    let room = Room::new();
    let sts = Sts::start(&room, "http://127.0.0.1:9", "x", &[]);
    let server = Server { url: sts.url(), account: "123456789012" };
    keep_a_ledger(&server);
    write_grants(&server);
}

#[test]
fn ministack_keeps_a_ledger_and_grants() {
    let room = Room::new();
    let ministack = Ministack::start(&room);
    let server = Server { url: ministack.url(), account: "000000000000" };
    keep_a_ledger(&server);
    write_grants(&server);
}
