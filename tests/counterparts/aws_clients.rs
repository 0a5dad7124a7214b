//! AWS's own clients with credentials from `jit`: through `credential_process` in a profile that `jit` wrote,
//! and through `exec`.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{OidcProvider, Room, Sts, cli2, fixture, on_path, python, tool};

const ARN: &str = "arn:aws:sts::222222222222:assumed-role/admin/alice@example.test";

/// A room where alice is signed in, with profiles in `~/.aws/config`.
pub(crate) struct Signed {
    pub(crate) room: Room,
    pub(crate) sts: Sts,
    _op: OidcProvider,
}

impl Signed {
    pub(crate) fn in_with_profiles() -> Self {
        let room = Room::new();
        let op = OidcProvider::start(&room, &[]);
        let sts = Sts::start(&room, &op.issuer(), "jit-cli", &[]);
        let room = room.with_roles(&op, "");
        room.sign_in(&op, &sts);
        room.run(&mut room.jit(&sts, &["configure", "profiles"])).ok();
        Self { room, sts, _op: op }
    }

    /// `jit exec prod-admin -- PROGRAM…` in a shell that is configured for somebody else.
    fn exec(&self, program: PathBuf, arguments: &[&str]) -> Command {
        let mut command = self.room.jit(&self.sts, &["exec", "prod-admin", "--"]);
        command.arg(program).args(arguments);
        command.env("AWS_ACCESS_KEY_ID", "AKIAOFSOMEBODYELSE").env("AWS_SECRET_ACCESS_KEY", "x");
        command.env("AWS_SESSION_TOKEN", "x").env("AWS_PROFILE", "somebody-else");
        command
    }

    /// What the servers saw: how often the identity was requested, and that the chain was walked once.
    fn identities_asked_for(&self) -> usize {
        let (chain, identities): (Vec<_>, Vec<_>) =
            self.sts.calls().into_iter().partition(|call| call != "GetCallerIdentity");
        assert_eq!(chain, ["AssumeRoleWithWebIdentity", "AssumeRole"], "the session came from the store");
        identities.len()
    }
}

#[test]
fn the_aws_cli_reads_the_profile_that_jit_wrote() {
    let here = Signed::in_with_profiles();
    let mut aws = here.room.client(tool("venv/bin/aws"), &here.sts);
    let said = here.room.run(aws.args(["--profile", "prod-admin", "sts", "get-caller-identity"])).ok();
    assert!(said.contains(ARN), "{said}");
    assert_eq!(here.identities_asked_for(), 1);
}

#[test]
fn the_aws_cli_shows_the_whole_story_when_a_login_is_needed() {
    let here = Signed::in_with_profiles();
    here.room.run(here.room.jit(&here.sts, &["logout", "--all"]).env("BROWSER", "/bin/true")).ok();
    let mut aws = here.room.client(tool("venv/bin/aws"), &here.sts);
    let outcome = here.room.run(aws.args(["--profile", "prod-admin", "sts", "get-caller-identity"]));
    assert!(!outcome.status.success());
    assert!(outcome.stderr.contains("jit login prod-admin"), "{}", outcome.stderr);
}

/// Both read the same file, in which others have their profiles, too.
#[test]
fn the_aws_cli_2_reads_the_profiles_that_jit_wrote_among_others() {
    const THEIRS: &str = "[default]\nregion = eu-west-1\n[sso-session acme]\nsso_start_url = https://acme.awsapps.com/start\n\
                          sso_region = eu-west-1\n[profile \"by center\"]\nsso_session=acme\nsso_account_id = 333333333333\n\
                          sso_role_name = Developer\n\n[profile behind]\nrole_arn = arn:aws:iam::444444444444:role/x\n\
                          source_profile = prod-admin ; until May\n";
    let here = Signed::in_with_profiles();
    let config = here.room.home().join(".aws/config");
    let ours = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, THEIRS).unwrap();
    here.room.run(&mut here.room.jit(&here.sts, &["configure", "profiles"])).ok();
    let both = std::fs::read_to_string(&config).unwrap();
    assert!(both.starts_with(THEIRS) && both.ends_with(&ours), "{both}");
    let aws = |arguments: &[&str]| {
        let mut aws = here.room.client(cli2(), &here.sts);
        here.room.run(aws.args(arguments)).ok()
    };
    let listed = aws(&["configure", "list-profiles"]);
    let mut listed: Vec<&str> = listed.lines().collect();
    listed.sort_unstable();
    assert_eq!(listed, ["behind", "by center", "default", "hub", "prod-admin"]);
    assert_eq!(aws(&["configure", "get", "region", "--profile", "prod-admin"]), "eu-west-1\n");
    let asked = ["sts", "get-caller-identity", "--endpoint-url", &here.sts.url()];
    let said: Value =
        serde_json::from_str(&aws(&[&["--profile", "prod-admin"][..], &asked].concat())).unwrap();
    assert_eq!(said["Arn"], ARN);
    assert_eq!(here.identities_asked_for(), 1);
}

/// What one client passes on to others.
#[test]
fn the_aws_cli_2_exports_what_jit_gives_it() {
    let here = Signed::in_with_profiles();
    let mut aws = here.room.client(cli2(), &here.sts);
    aws.args(["--profile", "prod-admin", "configure", "export-credentials", "--format", "process"]);
    let theirs: Value = serde_json::from_str(&here.room.run_for_credentials(&mut aws).ok()).unwrap();
    let mut jit = here.room.jit(&here.sts, &["credential-process", "prod-admin"]);
    let mut ours: Value = serde_json::from_str(&here.room.run_for_credentials(&mut jit).ok()).unwrap();
    // It writes the time zone in figures, and reports no account.
    ours["Expiration"] = json!(ours["Expiration"].as_str().unwrap().replace('Z', "+00:00"));
    ours.as_object_mut().unwrap().remove("AccountId");
    assert_eq!(theirs, ours);
}

/// The SDK for JavaScript; it warns on stderr about this version of Node.
fn sdk(from: &str, seconds: &str) -> Vec<std::ffi::OsString> {
    let words = [tool("venv/bin/node"), fixture("sdk.mjs"), tool("node/node_modules")];
    words.into_iter().map(Into::into).chain([from.into(), seconds.into()]).collect()
}

#[test]
fn the_javascript_sdk_reads_the_profile() {
    let here = Signed::in_with_profiles();
    for from in ["chain", "process"] {
        let words = sdk(from, "0");
        let mut node = here.room.client(&words[0], &here.sts);
        let said = here.room.run(node.args(&words[1..]).env("AWS_PROFILE", "prod-admin")).ok();
        assert_eq!(said, format!("{ARN}\n").repeat(2), "{from}");
    }
    assert_eq!(here.identities_asked_for(), 4);
    here.room.run(here.room.jit(&here.sts, &["logout", "--all"]).env("BROWSER", "/bin/true")).ok();
    let words = sdk("process", "0");
    let mut node = here.room.client(&words[0], &here.sts);
    let outcome = here.room.run(node.args(&words[1..]).env("AWS_PROFILE", "prod-admin"));
    assert!(
        !outcome.status.success() && outcome.stderr.contains("jit login prod-admin"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn the_javascript_sdk_reads_variables_and_the_endpoint() {
    let here = Signed::in_with_profiles();
    for options in [&[][..], &["--refresh"]] {
        let mut exec = here.room.jit(&here.sts, &[&["exec", "prod-admin"], options, &["--"]].concat());
        exec.args(sdk("chain", "0")).env("AWS_PROFILE", "somebody-else");
        assert_eq!(here.room.run(&mut exec).ok(), format!("{ARN}\n").repeat(2), "{options:?}");
    }
}

#[test]
fn boto3_reads_the_profile_in_each_session() {
    let here = Signed::in_with_profiles();
    let program = "import boto3\nfor _ in range(3):\n  c = boto3.Session(profile_name='prod-admin').client('sts')\n  \
                   print(c.get_caller_identity()['Arn'], c.get_caller_identity()['Account'])";
    let said = here.room.run(here.room.client(python(), &here.sts).args(["-c", program])).ok();
    assert_eq!(said, format!("{ARN} 222222222222\n").repeat(3));
    assert_eq!(here.identities_asked_for(), 6);
}

#[test]
fn exec_gives_the_aws_cli_only_the_roles_credentials() {
    let here = Signed::in_with_profiles();
    let outcome = here.room.run(&mut here.exec(tool("venv/bin/aws"), &["sts", "get-caller-identity"]));
    let (said, asked_for) = (outcome.stderr.clone(), outcome.ok());
    assert!(asked_for.contains(ARN), "{asked_for}");
    assert!(
        said.contains("prod-admin") && said.contains("222222222222"),
        "says beforehand what it does: {said}"
    );
}

#[test]
fn exec_passes_on_the_exit_code_of_a_failing_client() {
    let here = Signed::in_with_profiles();
    let outcome = here.room.run(&mut here.exec(tool("venv/bin/aws"), &["sts", "no-such-call"]));
    let alone =
        here.room.run(here.room.client(tool("venv/bin/aws"), &here.sts).args(["sts", "no-such-call"]));
    assert_eq!(outcome.code(), alone.code(), "{}", outcome.stderr);
}

/// A folder with a plan to apply, its state in a bucket of moto's S3; `backend` is added to the backend's
/// settings.
fn terraform_project(here: &Signed, backend: &str) -> PathBuf {
    let make = "import boto3; boto3.client('s3', region_name='us-east-1', aws_access_key_id='a', \
                aws_secret_access_key='b').create_bucket(Bucket='states')";
    here.room.run(here.room.client(python(), &here.sts).args(["-c", make])).ok();
    let folder = here.room.home().join("project");
    std::fs::create_dir(&folder).unwrap();
    let main = format!(
        r#"
        terraform {{
          backend "s3" {{
            bucket         = "states"
            key            = "state/terraform.tfstate"
            region         = "us-east-1"
            use_lockfile   = true
            use_path_style = true
            {backend}
          }}
        }}
        resource "terraform_data" "x" {{ input = "hello" }}
        "#
    );
    std::fs::write(folder.join("main.tf"), main).unwrap();
    folder
}

fn terraform() -> PathBuf {
    on_path("terraform", "Terraform: https://developer.hashicorp.com/terraform/install")
}

#[test]
fn terraform_reads_the_profile_for_init_and_plan() {
    let here = Signed::in_with_profiles();
    let folder = terraform_project(&here, "profile = \"prod-admin\"");
    for arguments in [&["init", "-input=false", "-no-color"][..], &["plan", "-input=false", "-no-color"]] {
        let mut command = here.room.client(terraform(), &here.sts);
        let said = here.room.run(command.args(arguments).current_dir(&folder)).ok();
        assert!(said.contains("successfully initialized") || said.contains("1 to add"), "{said}");
    }
    assert!(here.identities_asked_for() >= 1, "the backend asks who it is");
}

#[test]
fn terraform_under_exec_needs_no_profile() {
    let here = Signed::in_with_profiles();
    let folder = terraform_project(&here, "");
    for arguments in [&["init", "-input=false", "-no-color"][..], &["plan", "-input=false", "-no-color"]] {
        let said = here.room.run(here.exec(terraform(), arguments).current_dir(&folder)).ok();
        assert!(said.contains("successfully initialized") || said.contains("1 to add"), "{said}");
    }
}

/// A client that keeps running while its session is renewed. The expiry that clients see is a minute early,
/// so shorter sessions than this count as expired.
#[test]
fn a_client_keeps_working_while_its_session_is_renewed() {
    let room = Room::new();
    let op = OidcProvider::start(&room, &[("ID_TOKEN_TTL", "3")]);
    let sts = Sts::start(&room, &op.issuer(), "jit-cli", &[("SESSION_SECONDS", "75")]);
    let room = room.with_roles(&op, "");
    room.sign_in(&op, &sts);
    let program = "import boto3, time\nc = boto3.client('sts')\nfor _ in range(2):\n  print(c.get_caller_identity()['Arn'], flush=True); time.sleep(55 * (1 - _))";
    let mut exec = room.jit(&sts, &["exec", "prod-admin", "--refresh", "--"]);
    exec.arg(python())
        .args(["-c", program])
        .env("AWS_ACCESS_KEY_ID", "AKIAOFSOMEBODYELSE")
        .env("AWS_SECRET_ACCESS_KEY", "x");
    assert_eq!(room.run(&mut exec).ok(), format!("{ARN}\n").repeat(2));
    let spokes = sts.calls().into_iter().filter(|call| call == "AssumeRole").count();
    assert!(spokes >= 2, "{:?}", sts.calls());
}

/// As above; this one calls the endpoint again when less than five minutes are left, so before each call.
#[test]
fn the_javascript_sdk_keeps_working_while_its_session_is_renewed() {
    let room = Room::new();
    let op = OidcProvider::start(&room, &[("ID_TOKEN_TTL", "3")]);
    let sts = Sts::start(&room, &op.issuer(), "jit-cli", &[("SESSION_SECONDS", "75")]);
    let room = room.with_roles(&op, "");
    room.sign_in(&op, &sts);
    let mut exec = room.jit(&sts, &["exec", "prod-admin", "--refresh", "--"]);
    assert_eq!(room.run(exec.args(sdk("chain", "55"))).ok(), format!("{ARN}\n").repeat(2));
    let spokes = sts.calls().into_iter().filter(|call| call == "AssumeRole").count();
    assert!(spokes >= 2, "{:?}", sts.calls());
}

#[test]
fn terraform_and_the_aws_clis_read_the_endpoint() {
    let here = Signed::in_with_profiles();
    let folder = terraform_project(&here, "");
    let mut exec = here.room.jit(&here.sts, &["exec", "prod-admin", "--refresh", "--"]);
    let said = here
        .room
        .run(exec.arg(terraform()).args(["init", "-input=false", "-no-color"]).current_dir(&folder))
        .ok();
    assert!(said.contains("successfully initialized"), "{said}");
    let mut exec = here.room.jit(&here.sts, &["exec", "prod-admin", "--refresh", "--"]);
    let said = here.room.run(exec.arg(tool("venv/bin/aws")).args(["sts", "get-caller-identity"])).ok();
    assert!(said.contains(ARN), "{said}");
    let mut exec = here.room.jit(&here.sts, &["exec", "prod-admin", "--refresh", "--"]);
    exec.arg(cli2()).args(["sts", "get-caller-identity", "--endpoint-url", &here.sts.url()]);
    let said = here.room.run(&mut exec).ok();
    assert!(said.contains(ARN), "{said}");
}
