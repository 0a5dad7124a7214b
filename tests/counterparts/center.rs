//! The built-in Identity Center with AWS's own clients: it speaks the protocol, and not only `jit`'s
//! interpretation of it.

use std::process::Command;
use std::time::Duration;

use jit_emulator::{Approval, Call, Role, Servers, Settings};
use serde_json::{Value, json};

use crate::support::{Outcome, Room, cli2, fixture, python};

#[test]
fn boto3_signs_in_lists_gets_a_role_and_is_refused() {
    let settings = Settings {
        approval: Approval::AtOnce,
        device_interval: Duration::from_secs(1),
        ..Settings::default()
    };
    let (room, servers) = (Room::new(), Servers::start(settings).unwrap());
    let mut boto3 = room.command(python());
    boto3.arg(fixture("portal.py")).args([servers.center_url(), servers.sts_url(), &servers.start_url()]);
    let found: Value = serde_json::from_str(&room.run(&mut boto3).ok()).unwrap();
    assert_eq!(found["accounts"], json!(["acme-dev", "acme-prod"]));
    assert_eq!(found["roles"], json!(["Developer", "ReadOnly"]));
    let role = Servers::assigned_role("333333333333", "Developer");
    let role = role.rsplit('/').next().unwrap();
    let arn = format!("arn:aws:sts::333333333333:assumed-role/{role}/alice@example.com");
    assert_eq!(found["arn"], arn.as_str());
    assert!((3500.0..=3600.0).contains(&found["lives"].as_f64().unwrap()), "{found}");
    let refused = json!(["ForbiddenException", "", "UnauthorizedException", "InvalidGrantException"]);
    assert_eq!(found["refused"], refused);
}

/// botocore and `jit` read the same `~/.aws/config`, and get the same identity.
#[test]
fn botocore_has_the_same_identity_with_every_profile() {
    const ADMIN: &str = "arn:aws:iam::555555555555:role/center-admin";
    let via = Servers::assigned_role("333333333333", "Developer");
    let mut settings = Settings {
        approval: Approval::AtOnce,
        device_interval: Duration::from_secs(1),
        ..Settings::default()
    };
    settings.roles.push(Role::spoke(ADMIN, &via, 3600));
    let (room, servers) = (Room::new(), Servers::start(settings).unwrap());
    let start = servers.start_url();
    let config = format!(
        "[sso-session acme]\nsso_start_url={start}\nsso_region = eu-west-1\nsso_registration_scopes = sso:account:access\n\
         \n[profile dev]\nsso_session = acme\nsso_account_id = 333333333333\nsso_role_name = Developer\n\
         # a comment\n[profile admin]\nROLE_ARN = {ADMIN}\nsource_profile = dev\nrole_session_name=on-call\nduration_seconds = 900\n\
         [profile audit]\nsso_session = acme\nsso_account_id = 444444444444\nsso_role_name = ReadOnly\nregion = eu-west-1\n"
    );
    std::fs::write(room.home().join(".aws/config"), config).unwrap();
    let endpoints = |command: &mut std::process::Command| {
        for name in ["AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC"] {
            command.env(name, servers.center_url());
        }
        command.env("AWS_ENDPOINT_URL_STS", servers.sts_url());
    };
    let profiles = ["dev", "admin", "audit"];
    let mut boto3 = room.command(python());
    boto3.arg(fixture("profiles.py")).args([servers.center_url(), &start]).args(profiles);
    endpoints(&mut boto3);
    let theirs = room.run(&mut boto3).ok();
    let ours = profiles.map(|profile| {
        let mut jit = room.command(env!("CARGO_BIN_EXE_jit"));
        endpoints(&mut jit);
        // A person would sign in in the browser; here the IdP approves at once.
        let mut login = room.command(env!("CARGO_BIN_EXE_jit"));
        endpoints(&mut login);
        room.run(login.args(["login", profile]).env("BROWSER", "curl -sSL -b /dev/null -o /dev/null %s"))
            .ok();
        let said: Value =
            serde_json::from_str(&room.run(jit.args(["whoami", profile, "--json"])).ok()).unwrap();
        format!("{}\n", said["arn"].as_str().unwrap())
    });
    assert_eq!(ours.concat(), theirs);
}

/// A home with two profiles, and what the AWS CLI 2 needs to find the built-in servers.
struct ByCli {
    room: Room,
    servers: Servers,
}

impl ByCli {
    /// The person has a page to agree on.
    fn new() -> Self {
        Self::with(Settings::default())
    }

    fn with(settings: Settings) -> Self {
        let settings = Settings { device_interval: Duration::from_secs(1), ..settings };
        let here = Self { room: Room::new(), servers: Servers::start(settings).unwrap() };
        let config = format!(
            "[sso-session acme]\nsso_start_url = {}\nsso_region = eu-west-1\nsso_registration_scopes = sso:account:access\n\
             [profile dev]\nsso_session = acme\nsso_account_id = 333333333333\nsso_role_name = Developer\nregion = eu-west-1\n\
             [profile audit]\nsso_session = acme\nsso_account_id = 444444444444\nsso_role_name = ReadOnly\nregion = eu-west-1\n",
            here.servers.start_url()
        );
        std::fs::write(here.room.home().join(".aws/config"), config).unwrap();
        // This version has no variable for an endpoint, and `sso login` no option. But endpoints are data
        // files to it, and it searches here first; the program itself is Debian's.
        for (service, version, url) in [
            ("sso-oidc", "2019-06-10", here.servers.center_url()),
            ("sso", "2019-06-10", here.servers.center_url()),
            ("sts", "2011-06-15", here.servers.sts_url()),
        ] {
            let text = |name: &str| json!({ "builtIn": name, "required": false, "documentation": "", "type": "String" });
            let flag = |name: &str| json!({ "builtIn": name, "required": true, "default": false, "documentation": "", "type": "Boolean" });
            let rules = json!({
                "version": "1.0",
                "parameters": {
                    "Region": text("AWS::Region"), "Endpoint": text("SDK::Endpoint"),
                    "UseDualStack": flag("AWS::UseDualStack"), "UseFIPS": flag("AWS::UseFIPS"),
                    "UseGlobalEndpoint": flag("AWS::STS::UseGlobalEndpoint"),
                },
                "rules": [{ "conditions": [], "endpoint": { "url": url, "properties": {}, "headers": {} }, "type": "endpoint" }],
            });
            let folder = here.room.outside("data").join(service).join(version);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("endpoint-rule-set-1.json"), rules.to_string()).unwrap();
        }
        here
    }

    fn aws(&self, arguments: &[&str]) -> Command {
        let mut aws = self.room.command(cli2());
        aws.args(arguments)
            .env("AWS_DATA_PATH", self.room.outside("data"))
            .env("AWS_DEFAULT_REGION", "eu-west-1");
        aws
    }

    /// `aws sso login`, and a person who answers the page that it opens.
    fn sign_in(&self, decision: &str) -> Outcome {
        let person = self.room.script(
            "person",
            &format!(
                "form=$(curl -sS \"$1\" | sed -n 's/.*name=\"form\" value=\"\\([^\"]*\\).*/\\1/p')\n\
                 curl -sS -o /dev/null -d decision={decision} --data-urlencode \"form=$form\" -d \"${{1#*\\?}}\" \"${{1%%\\?*}}\""
            ),
        );
        self.room.run(
            self.aws(&["sso", "login", "--profile", "dev"])
                .env("BROWSER", format!("{} %s", person.display())),
        )
    }

    fn said(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.room.run(&mut self.aws(arguments)).ok()).unwrap()
    }

    /// The token that the CLI keeps in the home.
    fn token(&self) -> String {
        let files = std::fs::read_dir(self.room.home().join(".aws/sso/cache")).unwrap();
        let kept = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
        let mut kept = kept.map(|kept| serde_json::from_slice::<Value>(&kept).unwrap());
        kept.find_map(|kept| kept["accessToken"].as_str().map(str::to_owned)).unwrap()
    }

    fn jit(&self, program: &mut Command) {
        for name in ["AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC"] {
            program.env(name, self.servers.center_url());
        }
        program.env("AWS_ENDPOINT_URL_STS", self.servers.sts_url());
    }

    fn identity(&self, account: &str, set: &str) -> String {
        let role = Servers::assigned_role(account, set);
        format!("arn:aws:sts::{account}:assumed-role/{}/alice@example.com", role.rsplit('/').next().unwrap())
    }
}

#[test]
fn the_aws_cli_2_signs_in_lists_gets_a_role_and_is_refused() {
    let here = ByCli::new();
    let denied = here.sign_in("deny");
    assert!(
        !denied.status.success() && denied.stderr.contains("AccessDenied"),
        "{}{}",
        denied.stdout,
        denied.stderr
    );
    let said = here.sign_in("allow").ok();
    assert!(said.contains("Successfully logged into Start URL"), "{said}");
    let token = here.token();
    // A token may begin with a hyphen.
    let shown = format!("--access-token={token}");
    let accounts = here.said(&["sso", "list-accounts", &shown, "--page-size", "1"]);
    let names: Vec<&Value> =
        accounts["accountList"].as_array().unwrap().iter().map(|one| &one["accountName"]).collect();
    assert_eq!(names, ["acme-dev", "acme-prod"]);
    let roles = here.said(&["sso", "list-account-roles", &shown, "--account-id", "333333333333"]);
    assert_eq!(roles["roleList"][1], json!({ "roleName": "ReadOnly", "accountId": "333333333333" }));
    let take = |role: &str| {
        let which = ["--account-id", "333333333333", "--role-name", role, &shown];
        let mut aws = here.aws(&["sso", "get-role-credentials"]);
        here.room.run_for_credentials(aws.args(which))
    };
    let given: Value = serde_json::from_str(&take("Developer").ok()).unwrap();
    assert!(given["roleCredentials"]["sessionToken"].is_string());
    let refused = take("Nobody");
    assert!(
        refused.stderr.contains("ForbiddenException") && refused.stderr.contains("No access"),
        "{}",
        refused.stderr
    );
    for (profile, account, set) in
        [("dev", "333333333333", "Developer"), ("audit", "444444444444", "ReadOnly")]
    {
        let said = here.said(&["--profile", profile, "sts", "get-caller-identity"]);
        assert_eq!(said["Arn"], here.identity(account, set).as_str());
    }
    here.room.run(&mut here.aws(&["sso", "logout"])).ok();
    let over = here.room.run(&mut here.aws(&["sso", "list-accounts", &shown]));
    assert!(over.stderr.contains("UnauthorizedException"), "{}", over.stderr);
}

/// Both use the same file and the same portal; a person signs in once.
#[test]
fn jit_uses_the_aws_cli_2_token_after_confirmation() {
    let here = ByCli::new();
    here.sign_in("allow").ok();
    let program = "import pexpect, sys\njit = pexpect.spawn(sys.argv[1], ['login', 'dev'], encoding='utf-8', timeout=30)\n\
                   jit.logfile_read = sys.stdout\njit.expect_exact('The AWS CLI is signed in at')\njit.sendline('y')\n\
                   jit.expect(pexpect.EOF)\njit.close()\nsys.exit(jit.exitstatus)";
    let mut terminal = here.room.command(python());
    here.jit(terminal.args(["-c", program, env!("CARGO_BIN_EXE_jit")]).env("BROWSER", "/bin/false"));
    let said = here.room.run(&mut terminal).ok();
    assert!(said.contains("Signed in as alice@example.com"), "{said}");
    let journal = here.servers.journal();
    let calls =
        [Call::RegisterClient, Call::CenterDevice, Call::CenterAuthorize].map(|call| journal.count(call));
    assert_eq!(calls, [1, 1, 0], "the CLI's own");
    let mut whoami = here.room.command(env!("CARGO_BIN_EXE_jit"));
    here.jit(whoami.args(["whoami", "dev", "--json"]));
    let said: Value = serde_json::from_str(&here.room.run(&mut whoami).ok()).unwrap();
    assert_eq!(said["arn"], here.identity("333333333333", "Developer").as_str());
    // The CLI is still signed in.
    assert_eq!(here.said(&["--profile", "audit", "sts", "get-caller-identity"])["Account"], "444444444444");
}

/// The CLI renews a token with less than a quarter of an hour left, each time with the latest refresh token.
#[test]
fn the_aws_cli_2_renews_its_token() {
    let here =
        ByCli::with(Settings { portal_token_lifetime: Duration::from_secs(600), ..Settings::default() });
    here.sign_in("allow").ok();
    let tokens = [(), (), ()].map(|()| {
        // Otherwise it would continue with the role's session.
        let _ = std::fs::remove_dir_all(here.room.home().join(".aws/cli/cache"));
        let said = here.said(&["--profile", "dev", "sts", "get-caller-identity"]);
        assert_eq!(said["Account"], "333333333333");
        here.token()
    });
    assert!(tokens[0] != tokens[1] && tokens[1] != tokens[2]);
}
