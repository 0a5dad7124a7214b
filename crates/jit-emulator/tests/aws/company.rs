//! A company with access on request, deployed from a policy file, and its people.

use std::time::Duration;

use jit_access::policy::Policy;
use jit_emulator::{
    Approval, CLIENT_ID, Deployment, KeyUser, Layout, ManualClock, Servers, Settings, User, role_id,
};
use jit_wire::credentials::Credentials;
use jit_wire::secret::Secret;
use jit_wire::timestamp::Timestamp;

use crate::client::{Client, Outcome, credentials};

pub(crate) const HUB: &str = "arn:aws:iam::111111111111:role/jit-hub";
pub(crate) const PUBLISHER: &str = "arn:aws:iam::111111111111:role/jit-publisher";
pub(crate) const PAY_ADMIN: &str = "arn:aws:iam::222222222222:role/jit/pay-admin";
pub(crate) const GRANTOR: &str = "arn:aws:iam::222222222222:role/jit-grantor";
pub(crate) const GLASS: &str = "arn:aws:iam::222222222222:role/jit-glass/admin";
pub(crate) const ALICE: &str = "alice@example.com";
pub(crate) const BOB: &str = "bob@example.com";
/// Above every policy: an IAM user of the roles' account who may do everything.
const PLATFORM: &str = "arn:aws:iam::222222222222:user/platform";

pub(crate) fn policy(apply: &str) -> Policy {
    let [hub, publisher, glass] =
        [HUB, PUBLISHER, "arn:aws:iam::111111111111:role/glass-door"].map(|arn| (arn, role_id(arn)));
    let door = |name: &str, (arn, id): &(&str, String), may: &str| {
        format!("[door.{name}]\nrole = \"{arn}\"\nids = [\"{id}\"]\nmay = [{may}]\n")
    };
    let text = format!(
        r#"
[deployment]
apply = "{apply}"
security = ["owners"]
accounts = ["222222222222"]

{}{}{}
[group]
eng = ["alice@example.com"]
owners = ["bob@example.com", "carol@example.com"]

[access.pay-admin]
role = "{PAY_ADMIN}"
ceiling = "operate"
who = ["eng"]
approve = [{{ group = "owners" }}]
max = "1h"

[access.glass]
role = "{GLASS}"
ceiling = "admin"
who = ["eng"]
standing = true
review = {{ group = "owners", within = "24h" }}
"#,
        door("hub", &hub, "\"request\", \"vote\""),
        door("publisher", &publisher, "\"publish\""),
        door("glass", &glass, "\"glass\""),
    );
    Policy::read_published("policy.toml", &text).unwrap_or_else(|mistake| panic!("{mistake}"))
}

/// The company.
pub(crate) struct Company {
    pub(crate) servers: Servers,
    pub(crate) clock: ManualClock,
    pub(crate) client: Client,
}

impl Company {
    /// Where the voters' command lines apply what they decide.
    pub(crate) fn new() -> Self {
        Self::applying("approver")
    }

    pub(crate) fn applying(apply: &str) -> Self {
        let clock = ManualClock::at(Timestamp::parse_rfc3339("2026-11-28T11:00:00Z").unwrap());
        let (policy, layout) = (policy(apply), Layout::default());
        let deployment = Deployment::of(&policy, &layout);
        let key = |arn: &str, id: &str| KeyUser {
            arn: arn.to_owned(),
            key_id: id.to_owned(),
            secret_key: "secret".to_owned(),
            mfa_code: "123456".to_owned(),
        };
        let key_users = vec![key(PLATFORM, "AKIAPLATFORM")];
        let settings = Settings { approval: Approval::AtOnce, key_users, ..Settings::default() };
        let servers = Servers::start_with_clock(deployment.settings(settings), clock.clone()).unwrap();
        deployment.install(&servers).unwrap();
        let all = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        servers.cloud(|cloud| cloud.put_user_policy(PLATFORM, "all", all)).unwrap();
        let client = Client::new(servers.aws_url());
        Self { servers, clock, client }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.servers.now()
    }

    pub(crate) fn later(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) fn platform(&self) -> Credentials {
        let secret = Secret::from("secret");
        Credentials::new("AKIAPLATFORM".to_owned(), secret, Secret::from(""), Timestamp(i64::MAX)).unwrap()
    }

    /// An ID token for this person.
    pub(crate) fn id_token(&self, email: &str) -> String {
        let user = User { email: email.to_owned(), subject: email.to_owned(), ..Settings::default().user };
        self.servers.faults(|faults| faults.user = Some(user));
        let post = |path: &str, form: &[(&str, &str)]| -> serde_json::Value {
            let answer = self.client.form(&format!("{}{path}", self.servers.issuer()), form);
            serde_json::from_str(&answer).unwrap()
        };
        let device = post("/device_authorization", &[("client_id", CLIENT_ID), ("scope", "openid email")]);
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        let code = device["device_code"].as_str().unwrap();
        let tokens =
            post("/token", &[("client_id", CLIENT_ID), ("grant_type", grant), ("device_code", code)]);
        tokens["id_token"].as_str().unwrap().to_owned()
    }

    /// This person at a door, under a session name of their choice.
    pub(crate) fn arrive_as(&self, email: &str, door: &str, name: &str) -> String {
        let token = self.id_token(email);
        let form = [
            ("Action", "AssumeRoleWithWebIdentity"),
            ("Version", "2011-06-15"),
            ("RoleArn", door),
            ("RoleSessionName", name),
            ("WebIdentityToken", &token),
        ];
        self.client.form(&self.client.url, &form)
    }

    /// This person at a door, under their own name.
    pub(crate) fn arrive(&self, email: &str, door: &str) -> Credentials {
        let answer = self.arrive_as(email, door, email);
        credentials(&answer).unwrap_or_else(|| panic!("{answer}"))
    }

    pub(crate) fn assume_with(
        &self,
        from: &Credentials,
        role: &str,
        name: &str,
        more: &[(&str, &str)],
    ) -> Outcome {
        let mut parameters = vec![("RoleArn", role), ("RoleSessionName", name)];
        parameters.extend(more);
        self.client.sts(from, self.now(), "AssumeRole", &parameters)
    }

    pub(crate) fn assume(&self, from: &Credentials, role: &str, name: &str) -> Credentials {
        credentials(&self.assume_with(from, role, name, &[]).unwrap()).unwrap()
    }

    /// Alice in her role on request, which can do nothing by itself.
    pub(crate) fn alice_in_role(&self) -> Credentials {
        self.assume(&self.arrive(ALICE, HUB), PAY_ADMIN, ALICE)
    }

    pub(crate) fn iam(&self, who: &Credentials, action: &str, parameters: &[(&str, &str)]) -> Outcome {
        self.client.iam(who, self.now(), action, parameters)
    }

    pub(crate) fn get(&self, who: &Credentials, path: &str) -> Outcome {
        self.client.s3(who, self.now(), "GET", path, &[], b"")
    }

    /// Creates an object as the ledger's client does.
    pub(crate) fn create(&self, who: &Credentials, path: &str, body: &str) -> Outcome {
        let headers = [("if-none-match", "*"), ("content-md5", ANY_MD5)];
        self.client.s3(who, self.now(), "PUT", path, &headers, body.as_bytes())
    }
}

/// Any checksum: these servers cannot compare MD5.
pub(crate) const ANY_MD5: &str = "1B2M2Y8AsgTpgAmY7PhCfg==";

/// A grant until `end`, as the renderer writes it.
pub(crate) fn grant(name: &str, end: Timestamp) -> String {
    use jit_access::render::{AllowedStatement, GrantDocument, Networks};
    let document = GrantDocument {
        names: vec![name.to_owned()],
        start: None,
        until: end,
        allow: vec![AllowedStatement::services(vec!["ec2:*".to_owned(), "s3:*".to_owned()])],
        networks: Networks::default(),
    };
    document.render().unwrap().as_str().to_owned()
}
