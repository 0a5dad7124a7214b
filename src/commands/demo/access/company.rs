//! The company of the demo: its policy, its people, and its AWS.

use std::path::Path;

use jit_access::id::Id;
use jit_access::policy::Policy;
use jit_emulator::{
    Approval, CLIENT_ID, CloudBucket, Deployment, HUB, Layout, Servers, Settings, User, role_id,
};

use crate::commands::access::SeenArgs;
use crate::commands::policy::{self, PolicyArgs, PolicyCommand, PublishArgs};
use crate::error::{CommandError, CommandResult, Kind};
use crate::sys::fs;
use crate::ui::Ui;
use crate::world::World;

use super::super::stage::{self, Stage};

pub(super) const REGION: &str = "eu-west-1";
/// Who asks, who approves, and who publishes the policy.
pub(super) const PEOPLE: [&str; 3] = ["Alice", "Bob", "Pat"];
/// Where the policy is published from.
const PLATFORM: &str = "arn:aws:iam::111111111111:role/jit-platform";
/// Where the role on request is, and something to see with it.
const ACCOUNT: &str = "222222222222";
const ROLE: &str = "arn:aws:iam::222222222222:role/jit/pay-admin";

/// The part of the policy that people have to know.
pub(super) const SHOWN_POLICY: &str = r#"[group]
payments = ["alice@example.com"]
owners   = ["bob@example.com"]

[access.pay-admin]
role    = "arn:aws:iam::222222222222:role/jit/pay-admin"
ceiling = "read"
who     = ["payments"]
approve = [{ group = "owners" }]
max     = "1h"
reason  = 5
"#;

fn user(name: &str) -> User {
    let lower = name.to_ascii_lowercase();
    User {
        subject: format!("00u1{lower}"),
        email: format!("{lower}@example.com"),
        name: format!("{name} Example"),
        department: "payments".to_owned(),
    }
}

/// The policy and what is deployed for it.
pub(super) struct Company {
    text: String,
    policy: Policy,
    layout: Layout,
}

impl Company {
    /// The company.
    ///
    /// # Errors
    /// The policy in this program is wrong.
    pub(super) fn new() -> CommandResult<Self> {
        let hub = role_id(HUB);
        let platform = role_id(PLATFORM);
        let text = format!(
            r#"[deployment]
apply    = "approver"
security = ["owners"]
accounts = ["{ACCOUNT}"]

[door.hub]
role = "{HUB}"
ids  = ["{hub}"]
may  = ["request", "vote"]

[door.platform]
role = "{PLATFORM}"
ids  = ["{platform}"]
may  = ["publish"]

{SHOWN_POLICY}"#
        );
        let policy = Policy::read_published("policy.toml", &text)
            .map_err(|mistake| CommandError::new(Kind::Failed, mistake.to_string()))?;
        Ok(Self { text, policy, layout: Layout { region: REGION.to_owned(), ..Layout::default() } })
    }

    /// Starts its servers, with everything deployed and nothing asked for yet.
    ///
    /// # Errors
    /// No port is free, or the deployment is wrong.
    pub(super) fn start(&self, approval: Approval) -> CommandResult<Servers> {
        let deployment = Deployment::of(&self.policy, &self.layout);
        let [alice, bob, pat] = PEOPLE.map(user);
        let settings = Settings { user: alice, others: vec![bob, pat], approval, ..Settings::default() };
        let servers = Servers::start(deployment.settings(settings)).map_err(stage::failed)?;
        deployment.install(&servers).map_err(|error| CommandError::new(Kind::Failed, error.to_string()))?;
        for bucket in ["acme-orders", "acme-refunds"] {
            let bucket = CloudBucket::new(bucket, ACCOUNT, REGION);
            servers
                .cloud(|cloud| cloud.put_bucket(bucket))
                .map_err(|error| CommandError::new(Kind::Failed, error.to_string()))?;
        }
        Ok(servers)
    }

    /// The world of one of its people.
    ///
    /// # Errors
    /// Their configuration cannot be written.
    pub(super) fn world(
        &self,
        name: &str,
        servers: &Servers,
        stage: &Stage,
        world: &World,
    ) -> CommandResult<World> {
        let root = stage.root().join(name);
        let ledger = &self.layout.ledger;
        let (entry, arn) = if name == "Pat" { ("platform", PLATFORM) } else { ("hub", HUB) };
        let config = format!(
            r#"[idp.demo]
type      = "oidc"
issuer    = "{issuer}"
client_id = "{CLIENT_ID}"

[role.{entry}]
idp      = "demo"
role_arn = "{arn}"
duration = "8h"

[role.pay-admin]
via      = "{entry}"
role_arn = "{ROLE}"
region   = "{REGION}"

[access]
ledger = "s3://{ledger}"
region = "{REGION}"
entry  = "{entry}"
"#,
            issuer = servers.issuer()
        );
        stage.configure(&root, &config)?;
        Ok(stage.world(&root, &servers.endpoints(), true, world))
    }

    /// Publishes the policy.
    ///
    /// # Errors
    /// It is refused.
    pub(super) fn publish(&self, pat: &World, ui: &Ui) -> CommandResult {
        let path = pat.folders.config_file.with_file_name("policy.toml");
        fs::write_atomically(&path, self.text.as_bytes()).map_err(stage::failed)?;
        let seen = SeenArgs { yes: false, sha256: None };
        let args = PublishArgs { files: vec![path], directory: None, dry_run: false, seen, json: false };
        policy::run(&PolicyArgs { command: PolicyCommand::Publish(args) }, pat, ui)
    }

    /// Publishes the policy before anybody can sign in.
    pub(super) fn publish_beforehand(&self, servers: &Servers) {
        let now = servers.now();
        let id = Id::new(now, [0; 10]);
        let key = format!("policy/{id}/{}:pat@example.com/policy.toml", role_id(PLATFORM));
        servers.cloud(|cloud| {
            if let Some(ledger) = cloud.bucket_mut(&self.layout.ledger) {
                ledger.write(&key, Some(self.text.as_bytes()), "application/toml", now);
            }
        });
    }
}

/// What is typed into a terminal to make it that of the person who lives in `home`.
pub(super) fn exports(home: &Path, servers: &Servers, store: &str) -> Vec<String> {
    let config = home.join("config.toml");
    vec![
        "unset XDG_STATE_HOME AWS_PROFILE".to_owned(),
        format!("export HOME={}", home.display()),
        format!("export JIT_CONFIG={}", config.display()),
        format!("export JIT_STORE={store} AWS_ENDPOINT_URL={}", servers.aws_url()),
    ]
}
