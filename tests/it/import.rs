//! `jit configure import`: what each tool's files become in `config.toml`. How it is written is in `import_writing`.

mod okta;

use std::fs;

use crate::support::{Output, Room};

pub(crate) const SECRET: &str = "wJalrXUtnFEMIbPxRfiCYEXAMPLEKEYwJalrXUtn";
const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";

/// A room without a configuration, with a long-lived access key in AWS's files.
pub(crate) fn room() -> Room {
    let room = Room::new();
    fs::remove_dir_all(room.path("config/jit")).unwrap();
    room.write(
        ".aws/credentials",
        &format!("[default]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n"),
    );
    room
}

pub(crate) fn import(room: &Room, arguments: &[&str]) -> Output {
    let output = room.jit(&[&["configure", "import"], arguments].concat()).run();
    for secret in [SECRET, KEY_ID, "s3cr3t"] {
        assert!(!output.stdout.contains(secret) && !output.stderr.contains(secret), "{output}");
    }
    output
}

pub(crate) fn config(room: &Room) -> String {
    fs::read_to_string(room.path("config/jit/config.toml")).unwrap()
}

/// What the report says about the key in every room.
const STATIC_KEY: &str = "\
Long-lived access keys, which jit neither imports nor needs:
  ~/.aws/credentials:2  [default]
  Once jit works, delete them there and deactivate them in IAM
";

/// Imports with `--yes`: the report, what is written, what `jit explain` shows for `role`; and that a second
/// run changes nothing.
fn whole_story(room: &Room, arguments: &[&str], report: &str, written: &str, next: &str, role: &str) {
    let yes = [arguments, &["--yes"]].concat();
    let output = import(room, &yes);
    let (told, rest) =
        output.stderr.split_once("--- ~/config/jit/config.toml\n").unwrap_or_else(|| panic!("{output}"));
    assert_eq!((output.code(), output.stdout.as_str(), told), (0, "", report), "{output}");
    let (diff, end) = rest.split_once('✓').unwrap();
    let added: String =
        diff.lines().skip(2).map(|line| format!("{}\n", line.strip_prefix('+').unwrap())).collect();
    assert_eq!((added.as_str(), end), (written, next), "{output}");
    assert_eq!(config(room), written);

    let explained = room.jit(&["explain", role]).run();
    assert_eq!((explained.code(), explained.stderr.as_str()), (0, ""), "{explained}");
    assert!(explained.stdout.starts_with(&format!("{role} (from the command line)")), "{explained}");

    let before = fs::metadata(room.path("config/jit/config.toml")).unwrap().modified().unwrap();
    let again = import(room, &yes);
    assert_eq!(again.code(), 0, "{again}");
    assert!(
        again.stderr.ends_with("✓ Nothing to add: ~/config/jit/config.toml already has everything\n"),
        "{again}"
    );
    assert_eq!(
        (
            config(room).as_str(),
            fs::metadata(room.path("config/jit/config.toml")).unwrap().modified().unwrap()
        ),
        (written, before)
    );
    assert!(!room.path("config/jit/config.toml.jit-backup").exists(), "there was nothing to keep");
}

#[test]
fn aws_vault() {
    let room = room();
    room.write(
        ".aws/config",
        "[profile root]\nregion = eu-west-1\n\n\
         [profile old]\nsource_profile = root\nrole_arn = arn:aws:iam::111111111111:role/x\nmfa_serial = m\n\n\
         [profile sso]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 222222222222\nsso_role_name = Developer\n\n\
         [profile tagged]\nsource_profile = sso\nrole_arn = arn:aws:iam::333333333333:role/x\nsession_tags = team=core\ntransitive_session_tags = team\n",
    );
    let report = format!(
        "\
Taken:
  ~/.aws/config:10  the portal https://acme.awsapps.com/start  → idp acme
  ~/.aws/config:9   profile sso                                → role sso
  ~/.aws/config:15  profile tagged                             → role tagged
No equivalent in jit:
  ~/.aws/config:1  profile root  starts from long-lived access keys, and jit uses none: it needs an IdP and a hub role. `aws-vault list` shows the stored keys
  ~/.aws/config:5  profile old   its source_profile root has long-lived access keys; import with --hub ROLE to reach it from a hub role that you have
{STATIC_KEY}"
    );
    let written = "\
[idp.acme]
type      = \"identity-center\"
start_url = \"https://acme.awsapps.com/start\"
region    = \"eu-west-1\"

[role.sso]
idp            = \"acme\"
account        = \"222222222222\"
permission_set = \"Developer\"

[role.tagged]
via             = \"sso\"
role_arn        = \"arn:aws:iam::333333333333:role/x\"
tags            = { team = \"core\" }
transitive_tags = [\"team\"]
";
    let next = " Added to ~/config/jit/config.toml: idp acme, role sso, role tagged
next: jit login sso
next: jit configure profiles --replace  lets every AWS tool use jit, in place of the profiles of aws-vault for sso, tagged
";
    whole_story(&room, &["aws-vault"], &report, written, next, "tagged");

    // What keys could reach is a spoke of a role that is there.
    let output = import(&room, &["aws-vault", "--hub", "sso", "--yes"]);
    assert_eq!(output.code(), 0, "{output}");
    let spoke = "\n[role.old]\nvia      = \"sso\"\nrole_arn = \"arn:aws:iam::111111111111:role/x\"\n";
    assert_eq!(config(&room), format!("{written}{spoke}"));
    let explained = room.jit(&["explain", "old"]).run();
    insta::assert_snapshot!(room.told(&explained), @"
    exit 0
    --- stdout
    old (from the command line)

    1. idp acme
      start_url          https://acme.awsapps.com/start    ~/config/jit/config.toml:3
      region             eu-west-1                         ~/config/jit/config.toml:4
      flow               auto                              default
      redirect_port      any free port                     default
      sso_oidc_endpoint  http://127.0.0.1:PORT            AWS_ENDPOINT_URL_SSO_OIDC
      sso_endpoint       http://127.0.0.1:PORT            AWS_ENDPOINT_URL_SSO
      stored             nothing
      would call         sign in at https://acme.awsapps.com/start

    2. hub sso
      assigned           222222222222/Developer            ~/config/jit/config.toml:9
      duration           1 h                               set by the permission set
      session_name       the user of Identity Center       default
      sts_region         us-east-1                         the partition's first region
      sts_endpoint       http://STS            AWS_ENDPOINT_URL_STS
      stored             nothing
      would call         GetRoleCredentials at http://127.0.0.1:PORT

    3. spoke old
      role_arn           arn:aws:iam::111111111111:role/x  ~/config/jit/config.toml:19
      duration           1 h                               default
      session_name       the session name of the hub       default
      sts_region         us-east-1                         the partition's first region
      sts_endpoint       http://STS            AWS_ENDPOINT_URL_STS
      stored             nothing
      would call         AssumeRole at http://STS
    ");
    let mut answers = String::new();
    for arguments in
        [&["aws-vault", "--hub", "ssso"][..], &["aws-vault", "--hub", "hub"], &["saml2aws", "--hub", "sso"]]
    {
        let output = import(&room, arguments);
        answers.push_str(&format!("{}\n", room.told(&output)));
    }
    insta::assert_snapshot!(answers, @"
    exit 2
    --- stderr
    error: there is no [role.ssso] in ~/config/jit/config.toml
      next: did you mean --hub sso?

    exit 2
    --- stderr
    error: there is no [role.hub] in ~/config/jit/config.toml
      next: your roles: sso, tagged, old

    exit 2
    --- stderr
    error: --hub is only for aws, aws-vault and granted: saml2aws starts from no long-lived access keys
      next: leave out --hub
    ");
    room.write("config/jit/config.toml", written);

    // With only long-lived access keys there is no role to import.
    room.write(".aws/config", "[profile root]\nmfa_serial = m\n");
    let output = import(&room, &["aws-vault", "--yes"]);
    let said = "error: nothing in aws-vault can be imported\n  \
                next: write an IdP and a hub role; the README has an example for your IdP\n";
    assert!(output.code() == 1 && output.stderr.ends_with(said), "{output}");
    assert_eq!(config(&room), written);
}

#[test]
fn granted() {
    let room = room();
    room.write(
        ".aws/config",
        "[profile acme-prod/ReadOnly]\ngranted_sso_start_url = https://acme.awsapps.com/start\ngranted_sso_region = eu-west-1\n\
         granted_sso_account_id = 222222222222\ngranted_sso_role_name = ReadOnly\ncommon_fate_generated_from = aws-sso\n\
         credential_process = granted credential-process --profile acme-prod/ReadOnly\n",
    );
    fs::create_dir(room.path(".granted")).unwrap();
    room.write(".granted/config", "DefaultBrowser = \"FIREFOX\"\nOrdering = \"\"\n\n[SSO.acme]\nStartURL = \"https://acme.awsapps.com/start\"\nSSORegion = \"eu-west-1\"\n");
    let report = format!(
        "\
Taken:
  ~/.aws/config:2  the portal https://acme.awsapps.com/start  → idp acme
  ~/.aws/config:1  profile acme-prod/ReadOnly                 → role acme-prod/ReadOnly
No equivalent in jit:
  ~/.granted/config:1  `DefaultBrowser`  add console_browser = [\"firefox\", \"ext+container:name={{role}}&url={{url_encoded}}\"] at the top of config.toml
{STATIC_KEY}"
    );
    let written = "\
[idp.acme]
type      = \"identity-center\"
start_url = \"https://acme.awsapps.com/start\"
region    = \"eu-west-1\"

[role.\"acme-prod/ReadOnly\"]
idp            = \"acme\"
account        = \"222222222222\"
permission_set = \"ReadOnly\"
";
    let next = " Added to ~/config/jit/config.toml: idp acme, role acme-prod/ReadOnly
next: jit login acme-prod/ReadOnly
next: jit configure profiles --replace  lets every AWS tool use jit, in place of the profiles of granted for acme-prod/ReadOnly
";
    whole_story(&room, &["granted"], &report, written, next, "acme-prod/ReadOnly");
}

/// From `aws sso login` to `jit`, and `--replace` makes the same profiles ask `jit`.
#[test]
fn aws() {
    let room = room();
    let before = "[sso-session acme]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\n\n\
         [profile dev]\nsso_session = acme\nsso_account_id = 222222222222\nsso_role_name = Developer\nregion = eu-west-1\noutput = json\n\n\
         [profile audit]\nsource_profile = dev\nrole_arn = arn:aws:iam::333333333333:role/audit\n\n\
         [profile old]\nsource_profile = default\nrole_arn = arn:aws:iam::333333333333:role/old\n";
    room.write(".aws/config", before);
    let report = format!(
        "\
Taken:
  ~/.aws/config:2   sso-session acme  → idp acme
  ~/.aws/config:5   profile dev       → role dev
  ~/.aws/config:12  profile audit     → role audit
No equivalent in jit:
  ~/.aws/config:17  profile old  its source_profile default has long-lived access keys; import with --hub ROLE to reach it from a hub role that you have
{STATIC_KEY}"
    );
    let written = "\
[idp.acme]
type      = \"identity-center\"
start_url = \"https://acme.awsapps.com/start\"
region    = \"eu-west-1\"

[role.dev]
idp            = \"acme\"
account        = \"222222222222\"
permission_set = \"Developer\"
region         = \"eu-west-1\"

[role.audit]
via      = \"dev\"
role_arn = \"arn:aws:iam::333333333333:role/audit\"
";
    let next = " Added to ~/config/jit/config.toml: idp acme, role dev, role audit
next: jit login dev
next: jit configure profiles --replace  lets every AWS tool use jit, in place of the profiles of the AWS CLI for dev, audit
";
    whole_story(&room, &["aws"], &report, written, next, "audit");
    let replaced = room.jit(&["configure", "profiles", "--replace"]).run();
    assert!(
        replaced.code() == 0 && replaced.stderr.starts_with("✓ Replaced in ~/.aws/config: dev, audit\n"),
        "{replaced}"
    );
    let now = fs::read_to_string(room.path(".aws/config")).unwrap();
    assert!(
        now.contains("output = json\n") && !now.contains("sso_account_id") && now.contains("role/old"),
        "{now}"
    );
    assert_eq!(room.jit(&["configure", "profiles", "--restore"]).run().code(), 0);
    assert_eq!(fs::read_to_string(room.path(".aws/config")).unwrap(), before);
}
