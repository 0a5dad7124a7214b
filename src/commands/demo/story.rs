//! The text of `jit demo`, chapter by chapter: explanations on stderr, and on stdout what the commands
//! print.

use std::time::{Duration, Instant};

use super::narrator::{Narrator, need};
use crate::commands::audit_log::Taker;
use crate::commands::exec::{SHADOWS, variables};
use crate::commands::login::{self, LoginArgs};
use crate::commands::logout::{self, LogoutArgs};
use crate::commands::status::{self, StatusArgs};
use crate::commands::subject::{RoleArgs, Subject};
use crate::commands::whoami::{self, WhoamiArgs};
use crate::error::{CommandError, CommandResult, Kind};
use crate::sys::process;
use crate::ui::Ui;
use crate::ui::text::{escape, shown};
use crate::world::World;
use jit_emulator::{ADMIN, CLIENT_ID, Call, DEVELOPER, HUB, Servers};
use jit_wire::explain::{Explain, Next};

/// The sign-in of the demo failed. Its own advice is about a configuration that no longer exists when the
/// demo ends.
#[derive(Debug, thiserror::Error)]
#[error("{}", .error.what)]
struct DemoStopped {
    error: CommandError,
    real_browser: bool,
}

impl Explain for DemoStopped {
    fn kind(&self) -> Kind {
        self.error.kind
    }

    fn why(&self) -> Vec<String> {
        self.error.causes.clone()
    }

    fn next(&self) -> Vec<Next> {
        vec![Next::run(if self.real_browser { "demo --no-browser" } else { "demo" })]
    }
}

/// The lifetime of the session that the demo lets expire.
const SHORT_LIFE: Duration = Duration::from_secs(3);
/// The command that gets credentials, and how a person would type it.
#[cfg(not(windows))]
const CHILD: ([&str; 3], &str) = (
    ["/bin/sh", "-c", "echo $JIT_ROLE has the key $AWS_ACCESS_KEY_ID"],
    "sh -c 'echo $JIT_ROLE has the key $AWS_ACCESS_KEY_ID'",
);
#[cfg(windows)]
const CHILD: ([&str; 3], &str) = (
    ["cmd", "/c", "echo %JIT_ROLE% has the key %AWS_ACCESS_KEY_ID%"],
    "cmd /c \"echo %JIT_ROLE% has the key %AWS_ACCESS_KEY_ID%\"",
);

/// The protocol of the sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    OpenId,
    Saml,
}

/// The demo's `config.toml`.
pub(super) fn config(servers: &Servers, by: By) -> String {
    let idp = match by {
        By::OpenId => {
            let issuer = servers.issuer();
            format!("type      = \"oidc\"\nissuer    = \"{issuer}\"\nclient_id = \"{CLIENT_ID}\"\n")
        }
        By::Saml => {
            let sso_url = servers.sso_url();
            format!(
                "type     = \"saml\"\nsso_url  = \"{sso_url}\"\ncapture  = \"loopback\"\nacs_port = 0        # any free port\n"
            )
        }
    };
    format!(
        r#"[idp.demo]          # where people sign in
{idp}
[role.hub]          # the one role that trusts the IdP
idp      = "demo"
role_arn = "{HUB}"
duration = "8h"

[role.prod-admin]   # in another account; trusts the hub
via      = "hub"
role_arn = "{ADMIN}"
region   = "eu-west-1"

[role.dev]          # in a third
via      = "hub"
role_arn = "{DEVELOPER}"
"#
    )
}

/// The last lines, printed after the cleanup.
pub(super) fn end(ui: &Ui) {
    ui.say("");
    ui.done("Nothing is left behind: key destroyed, folder deleted, both servers stopped");
    ui.say("");
    ui.prose(
        "Your turn: the README has such a configuration for Okta, Entra ID, Google, Keycloak and others, and \
         says what to set up there and in AWS.",
    );
}

/// The demo in its world.
pub(super) struct Story<'a> {
    pub(super) servers: &'a Servers,
    pub(super) world: &'a World,
    pub(super) ui: &'a Ui,
    /// The person signs in, in their own browser; otherwise a simulated browser does.
    pub(super) real_browser: bool,
    /// The demo chose a store that is not the keychain.
    pub(super) spares_keychain: bool,
    /// The protocol of the sign-in.
    pub(super) by: By,
    pub(super) narrator: Narrator<'a>,
}

impl Story<'_> {
    /// Runs every chapter. Before, only the servers and the configuration exist.
    ///
    /// # Errors
    /// The error of a command, or a result that differs from what the demo says.
    pub(super) fn tell(&self) -> CommandResult {
        self.introduction();
        let sign_in = if self.real_browser {
            "Sign in once, in your browser, on the IdP's page. You are Alice."
        } else {
            "Sign in once. Here a simulated browser does it, as Alice."
        };
        self.narrator.chapter("1.", sign_in, || self.sign_in())?;
        let storage = if self.spares_keychain {
            "Everything is now stored in encrypted files. Their key is in the store shown below. (The demo sets \
             JIT_STORE and leaves your keychain alone.)"
        } else {
            "Everything is now stored in encrypted files. Their key is in the store shown below."
        };
        self.narrator.chapter("2.", storage, || {
            self.narrator.typed("$", "jit status");
            status::run(&StatusArgs::plain(), self.world, self.ui)
        })?;
        let run_a_command = "Run a command. Only that command gets the credentials, in its environment.";
        self.narrator.chapter("3.", run_a_command, || self.run_a_command())?;
        let serve_a_tool = "Every AWS tool can ask jit by itself, through a credential_process line in \
                            ~/.aws/config. This is what the tool gets (secrets shortened):";
        self.narrator.chapter("4.", serve_a_tool, || self.serve_a_tool())?;
        let end = "Sessions expire. Here, a session of dev expires after 3 s.";
        let short = self.narrator.chapter("5.", end, || self.short_session())?;
        self.narrator.typed("$", "sleep 3");
        std::thread::sleep(SHORT_LIFE + Duration::from_millis(200));
        self.narrator.busy(|| self.renew(&short))?;
        let sign_out = match self.by {
            By::OpenId => "Sign out: jit revokes the sign-in at the IdP and destroys the store's key.",
            By::Saml => "Sign out: jit destroys the store's key, so nothing sealed can be read.",
        };
        self.narrator.chapter("6.", sign_out, || {
            self.narrator.typed("$", "jit logout --all");
            logout::run(&LogoutArgs::everything(), self.world, self.ui)
        })
    }

    fn introduction(&self) {
        self.narrator.introduction(
            "jit turns one sign-in into temporary AWS credentials. This demo brings its own identity provider \
             (IdP) and its own STS, the AWS service that issues such credentials. Both run inside this \
             program, on 127.0.0.1, and nothing on your machine is changed. The configuration:",
            &config(self.servers, self.by),
        );
    }

    fn sign_in(&self) -> CommandResult {
        self.narrator.typed("$", "jit login prod-admin");
        login::run(&LoginArgs::of("prod-admin"), self.world, self.ui)
            .map_err(|error| DemoStopped { error, real_browser: self.real_browser })?;
        let (proof, hub, what, action) = match self.by {
            By::OpenId => (
                Call::CodeGrant,
                Call::AssumeRoleWithWebIdentity,
                "token request",
                "AssumeRoleWithWebIdentity",
            ),
            By::Saml => (Call::SamlSso, Call::AssumeRoleWithSaml, "SAML request", "AssumeRoleWithSAML"),
        };
        let [proofs, hub, spoke] = [proof, hub, Call::AssumeRole].map(|call| self.count(call));
        self.ui.prose(shown!(
            "The IdP identified Alice ({} {}), the hub role trusted the IdP ({} {}), and prod-admin trusted the \
             hub ({} AssumeRole).",
            proofs,
            what,
            hub,
            action,
            spoke
        ));
        Ok(())
    }

    fn run_a_command(&self) -> CommandResult {
        let (command, shown) = CHILD;
        self.narrator.typed("$", &format!("jit exec prod-admin -- {shown}"));
        let mut subject = self.subject("prod-admin")?;
        let session = subject.session(&need(), Taker::itself("demo"))?;
        let variables = variables(&session, &subject.plan, &self.world.env);
        let [program, first, second] = command.map(std::ffi::OsString::from);
        let status = process::run_program(&program, &[first, second], &SHADOWS, variables)
            .map_err(|error| CommandError::new(Kind::Failed, "could not run the command").because(error))?;
        if !status.success() {
            return Err(CommandError::new(Kind::Failed, format!("the command exited with {status}")));
        }
        self.narrator.typed("$", "jit whoami prod-admin");
        whoami::run(&WhoamiArgs::of("prod-admin"), self.world, self.ui)
    }

    fn serve_a_tool(&self) -> CommandResult {
        self.narrator.typed("$", "jit credential-process dev");
        let first = self.answer()?;
        self.ui.line(escape(&shortened(&first)))?;
        let calls_before = self.calls();
        self.narrator.typed("$", "jit credential-process dev");
        let started = Instant::now();
        let second = self.answer()?;
        let took = started.elapsed().as_secs_f64() * 1000.0;
        if first != second || self.calls() != calls_before {
            return Err(CommandError::new(Kind::Failed, "the second response did not come from the store"));
        }
        self.ui.done(shown!(
            "The same response from the store, in {} ms, without a network call",
            format!("{took:.1}")
        ));
        Ok(())
    }

    /// Credentials that expire soon, in place of the stored ones.
    fn short_session(&self) -> CommandResult<String> {
        self.servers.faults(|faults| faults.spoke_lifetime = Some(SHORT_LIFE));
        let subject = self.subject("dev")?;
        subject.store.delete(&subject.plan.session_key(subject.plan.legs.len() - 1))?;
        self.narrator.typed("$", "jit credential-process dev");
        self.answer()
    }

    fn renew(&self, ended: &str) -> CommandResult {
        self.narrator.typed("$", "jit credential-process dev");
        if self.answer()? == ended {
            return Err(CommandError::new(Kind::Failed, "jit returned the expired session again"));
        }
        self.ui.done("jit renewed it silently with the hub's session, without asking you");
        Ok(())
    }

    fn count(&self, call: Call) -> usize {
        self.servers.journal().count(call)
    }

    /// The number of calls for tokens and sessions so far.
    fn calls(&self) -> usize {
        let calls = [
            Call::CodeGrant,
            Call::RefreshGrant,
            Call::SamlSso,
            Call::AssumeRoleWithWebIdentity,
            Call::AssumeRoleWithSaml,
            Call::AssumeRole,
        ];
        calls.into_iter().map(|call| self.count(call)).sum()
    }

    fn subject(&self, role: &str) -> CommandResult<Subject<'_>> {
        Subject::find(&RoleArgs::named(role), self.world)
    }

    /// What `jit credential-process dev` prints.
    fn answer(&self) -> CommandResult<String> {
        let session = self.subject("dev")?.session(&need(), Taker::itself("demo"))?;
        Ok(String::from_utf8_lossy(&session.to_credential_process()).trim().to_owned())
    }
}

/// The JSON with its secrets shortened, because they are long and should not be on a screen.
fn shortened(answer: &str) -> String {
    let fields: serde_json::Value = serde_json::from_str(answer).unwrap_or_default();
    let secrets = ["SecretAccessKey", "SessionToken"].into_iter().filter_map(|name| fields[name].as_str());
    secrets.fold(answer.to_owned(), |text, secret| {
        let start: String = secret.chars().take(4).collect();
        text.replace(secret, &format!("{start}… ({} characters)", secret.len()))
    })
}
