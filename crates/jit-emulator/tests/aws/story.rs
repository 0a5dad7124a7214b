//! The one story of access on request that every AWS must agree with, written once: it runs against the pretend
//! AWS of this crate, and against one that nobody here wrote (`tests/counterparts/ministack.rs`).
//!
//! It keeps to what both can do: one account, grants as the renderer writes them, a permissions boundary. Every
//! denial has a twin that differs in one thing and is allowed.

use std::time::Duration;

use jit_access::render::{AllowedStatement, GrantDocument, Networks};
use jit_wire::credentials::Credentials;
use jit_wire::timestamp::Timestamp;

use super::client::{Client, Outcome, credentials, is_denied};

/// Where it is told.
pub(crate) struct Stage<'a> {
    /// The URL of every service.
    pub(crate) url: &'a str,
    /// The account.
    pub(crate) account: &'a str,
    /// Somebody who may do everything.
    pub(crate) admin: Credentials,
    /// The time by its clock.
    pub(crate) now: &'a dyn Fn() -> Timestamp,
    /// Returns once its clock shows this time.
    pub(crate) wait: &'a dyn Fn(Timestamp),
    /// How long a grant lasts that is meant to be seen ending: long enough to use it first.
    pub(crate) short: Duration,
}

/// What grants of this story allow: the harmless calls.
fn grant(person: &str, until: Timestamp) -> String {
    let grant = GrantDocument {
        names: vec![person.to_owned()],
        start: None,
        until,
        allow: vec![AllowedStatement::services(vec!["iam:*".to_owned(), "s3:*".to_owned()])],
        networks: Networks::default(),
    };
    grant.render().unwrap().as_str().to_owned()
}

const CEILING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;

struct Told<'a> {
    stage: &'a Stage<'a>,
    client: Client,
}

impl Told<'_> {
    fn admin(&self, action: &str, parameters: &[(&str, &str)]) {
        let outcome = self.client.iam(&self.stage.admin, (self.stage.now)(), action, parameters);
        assert!(outcome.is_ok(), "{action}: {outcome:?}");
    }

    fn put(&self, role: &str, name: &str, document: &str) {
        let parameters = [("RoleName", role), ("PolicyName", name), ("PolicyDocument", document)];
        self.admin("PutRolePolicy", &parameters);
    }

    fn delete(&self, role: &str, name: &str) {
        self.admin("DeleteRolePolicy", &[("RoleName", role), ("PolicyName", name)]);
    }

    fn session(&self, role: &str, person: &str) -> Credentials {
        let arn = format!("arn:aws:iam::{}:role/jit/{role}", self.stage.account);
        let parameters = [("RoleArn", arn.as_str()), ("RoleSessionName", person)];
        let answer = self.client.sts(&self.stage.admin, (self.stage.now)(), "AssumeRole", &parameters);
        credentials(&answer.unwrap()).unwrap()
    }

    /// `s3:ListAllMyBuckets`, inside the ceiling.
    fn inside(&self, who: &Credentials) -> Outcome {
        self.client.s3(who, (self.stage.now)(), "GET", "/", &[], b"")
    }

    /// `iam:ListRoles`, outside the ceiling.
    fn outside(&self, who: &Credentials) -> Outcome {
        self.client.iam(who, (self.stage.now)(), "ListRoles", &[])
    }
}

fn allowed(what: &str, outcome: &Outcome) {
    assert!(outcome.is_ok(), "{what} is not allowed: {outcome:?}");
}

fn denied(what: &str, outcome: &Outcome) {
    assert!(is_denied(outcome), "{what} is not denied: {outcome:?}");
}

/// Tells the story, and panics where this AWS does not agree.
pub(crate) fn tell(stage: &Stage<'_>) {
    let told = Told { stage, client: Client::new(stage.url) };
    let (account, now) = (stage.account, stage.now);
    let boundary = format!("arn:aws:iam::{account}:policy/jit-ceiling-s3");
    told.admin("CreatePolicy", &[("PolicyName", "jit-ceiling-s3"), ("PolicyDocument", CEILING)]);
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{account}:root"}},"Action":"sts:AssumeRole"}}]}}"#
    );
    for (role, more) in
        [("on-request", Some(("PermissionsBoundary", boundary.as_str()))), ("no-ceiling", None)]
    {
        let mut parameters =
            vec![("RoleName", role), ("Path", "/jit/"), ("AssumeRolePolicyDocument", &trust)];
        parameters.extend(more);
        told.admin("CreateRole", &parameters);
    }
    let hour = Duration::from_secs(3600);
    let (alice, bob) =
        (told.session("on-request", "alice@example.com"), told.session("on-request", "bob@example.com"));

    denied("nothing, without a grant,", &told.inside(&alice));
    told.put("on-request", "jit-1", &grant("alice@example.com", now() + hour));
    allowed("the same session, once there is a grant,", &told.inside(&alice));
    denied("another person", &told.inside(&bob));
    told.put("on-request", "jit-2", &grant("bob@example.com", now() + hour));
    allowed("another person, with a grant of their own,", &told.inside(&bob));

    denied("what is outside the ceiling", &told.outside(&alice));
    told.put("no-ceiling", "jit-3", &grant("alice@example.com", now() + hour));
    allowed("the same without a ceiling", &told.outside(&told.session("no-ceiling", "alice@example.com")));

    told.delete("on-request", "jit-1");
    denied("a deleted grant", &told.inside(&alice));
    allowed("somebody else's, which was not deleted,", &told.inside(&bob));

    let end = now() + stage.short;
    told.put("on-request", "jit-4", &grant("alice@example.com", end));
    allowed("a short grant", &told.inside(&alice));
    (stage.wait)(end);
    denied("the same session after the end", &told.inside(&alice));
    told.put("on-request", "jit-5", &grant("alice@example.com", now() + hour));
    allowed("the same session, extended,", &told.inside(&alice));
    let twin = told.session("on-request", "Alice@example.com");
    denied("a case twin", &told.inside(&twin));
}
