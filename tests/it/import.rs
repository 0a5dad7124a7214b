//! `jit configure import`: what other tools are set up for, in `config.toml`.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::support::{Output, Room};

const SECRET: &str = "wJalrXUtnFEMIbPxRfiCYEXAMPLEKEYwJalrXUtn";
const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";

/// A room without a configuration, where a static key lies about.
fn room() -> Room {
    let room = Room::new();
    fs::remove_dir_all(room.path("config/jit")).unwrap();
    room.write(
        ".aws/credentials",
        &format!("[default]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n"),
    );
    room
}

fn import(room: &Room, arguments: &[&str]) -> Output {
    let output = room.jit(&[&["configure", "import"], arguments].concat()).run();
    for secret in [SECRET, KEY_ID, "s3cr3t"] {
        assert!(!output.stdout.contains(secret) && !output.stderr.contains(secret), "{output}");
    }
    output
}

fn config(room: &Room) -> String {
    fs::read_to_string(room.path("config/jit/config.toml")).unwrap()
}

/// What is said about the key in every room.
const STATIC_KEY: &str = "\
Static keys, which jit neither takes nor needs:
  ~/.aws/credentials:2  [default]
  Once jit works, delete them there and deactivate them in IAM
";

/// Imports with `--yes`: what is said, what is written, what `jit explain` makes of `role`; and that a second time
/// nothing changes.
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
    assert!(explained.stdout.starts_with(&format!("{role}, named by the command line")), "{explained}");

    let before = fs::metadata(room.path("config/jit/config.toml")).unwrap().modified().unwrap();
    let again = import(room, &yes);
    assert_eq!(again.code(), 0, "{again}");
    assert!(again.stderr.ends_with("✓ Nothing to add, ~/config/jit/config.toml has all of it\n"), "{again}");
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
fn aws_okta() {
    let room = room();
    room.write(
        ".aws/config",
        "[okta]\naws_saml_url = home/amazon_aws/0oa1/272\nmfa_factor_type = push\n\n\
         [profile dev]\nrole_arn = arn:aws:iam::111111111111:role/okta-dev\nsession_ttl = 8h\n\n\
         [profile prod]\nsource_profile = dev\nrole_arn = arn:aws:iam::222222222222:role/admin\nmfa_serial = x\nregion = eu-west-1\n",
    );
    let report = format!(
        "\
Taken:
  ~/.aws/config:2  [okta]        → idp acme
  ~/.aws/config:5  profile dev   → role dev
  ~/.aws/config:9  profile prod  → role prod
Without an equal in jit:
  ~/.aws/config:12  `mfa_serial`  jit shows AWS no MFA code; the IdP asks for the second factor
{STATIC_KEY}"
    );
    let written = "\
[idp.acme]
type    = \"okta\"
org     = \"https://acme.okta.com\"
app_url = \"https://acme.okta.com/home/amazon_aws/0oa1/272\"
factor  = \"push\"

[role.dev]
idp      = \"acme\"
role_arn = \"arn:aws:iam::111111111111:role/okta-dev\"
duration = \"8h\"

[role.prod]
via      = \"dev\"
role_arn = \"arn:aws:iam::222222222222:role/admin\"
region   = \"eu-west-1\"
";
    let next = " Added to ~/config/jit/config.toml: idp acme, role dev, role prod
next: jit login dev
next: jit configure profiles  lets every AWS tool ask jit
For AWS tools, ~/.aws/config still has the profiles of aws-okta for dev, prod: delete them before that
";
    whole_story(&room, &["aws-okta", "--org", "acme.okta.com"], &report, written, next, "prod");
    // Its keychain has the org's address.
    let output = import(&room, &["aws-okta"]);
    let said = "error: ~/.aws/config does not say where the Okta org is: aws-okta keeps that in its keychain\n  \
                next: jit configure import aws-okta --org acme.okta.com\n";
    assert_eq!((output.code(), output.stdout.as_str(), output.stderr.as_str()), (2, "", said));
    // The file of AWS's tools is only read.
    assert_eq!(fs::read_dir(room.path(".aws")).unwrap().count(), 2);
}

#[test]
fn saml2aws() {
    let room = room();
    room.write(
        ".saml2aws",
        "[default]\nname = default\nurl = https://sso.example.com/realms/acme/protocol/saml/clients/aws\nusername = me\nprovider = KeyCloak\nmfa = Auto\n\
         skip_verify = true\naws_urn = urn:amazon:webservices\naws_session_duration = 3600\naws_profile = saml\n\
         role_arn = arn:aws:iam::111111111111:role/hub\nregion =\n",
    );
    room.write(
        ".aws/config",
        "[profile spoke]\nsource_profile = saml\nrole_arn = arn:aws:iam::222222222222:role/x\n",
    );
    let report = format!(
        "\
Taken:
  ~/.saml2aws:1    [default]              → idp example
  ~/.saml2aws:11   the role of [default]  → role saml
  ~/.aws/config:1  profile spoke          → role spoke
Without an equal in jit:
  ~/.saml2aws:7  `skip_verify`  jit checks every certificate; AWS_CA_BUNDLE names those of a company
{STATIC_KEY}"
    );
    let written = "\
[idp.example]
type      = \"saml\"
start_url = \"https://sso.example.com/realms/acme/protocol/saml/clients/aws\"

[role.saml]
idp      = \"example\"
role_arn = \"arn:aws:iam::111111111111:role/hub\"
duration = \"1h\"

[role.spoke]
via      = \"saml\"
role_arn = \"arn:aws:iam::222222222222:role/x\"
";
    let next = " Added to ~/config/jit/config.toml: idp example, role saml, role spoke
next: jit login saml
next: jit configure profiles  lets every AWS tool ask jit
For AWS tools, ~/.aws/config still has the profiles of saml2aws for spoke: delete them before that
";
    whole_story(&room, &["saml2aws"], &report, written, next, "spoke");
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
Without an equal in jit:
  ~/.aws/config:1  profile root  starts from static keys, and jit has none: it needs an IdP and a hub role. `aws-vault list` shows the keys it keeps
  ~/.aws/config:5  profile old   its source_profile root could not be taken; with a hub role, write via = \"HUB\" and its role_arn
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
next: jit configure profiles  lets every AWS tool ask jit
For AWS tools, ~/.aws/config still has the profiles of aws-vault for sso, tagged: delete them before that
";
    whole_story(&room, &["aws-vault"], &report, written, next, "tagged");

    // With static keys alone there is nothing to become.
    room.write(".aws/config", "[profile root]\nmfa_serial = m\n");
    let output = import(&room, &["aws-vault", "--yes"]);
    let said = "error: nothing of aws-vault can be taken over\n  \
                next: write an IdP and a hub role; the README has ten lines for yours\n";
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
Without an equal in jit:
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
next: jit configure profiles  lets every AWS tool ask jit
For AWS tools, ~/.aws/config still has the profiles of granted for acme-prod/ReadOnly: delete them before that
";
    whole_story(&room, &["granted"], &report, written, next, "acme-prod/ReadOnly");
}

#[test]
fn okta_aws_cli() {
    let room = room();
    fs::create_dir(room.path(".okta")).unwrap();
    room.write(
        ".okta/okta.yaml",
        "---\nawscli:\n  roles:\n    \"arn:aws:iam::.*:role/S3_Read\": \"Reader\"\n  profiles:\n    staging:\n      \
         oidc-client-id: \"0oabc\"\n      org-domain: \"acme.okta.com\"\n      aws-acct-fed-app-id: \"0oaxy\"\n      \
         aws-iam-idp: \"arn:aws:iam::111111111111:saml-provider/Okta\"\n      aws-iam-role: \"arn:aws:iam::111111111111:role/S3_Read\"\n      \
         open-browser: true\n",
    );
    room.write(".env", "OKTA_AWSCLI_PRIVATE_KEY=s3cr3t\n");
    let report = format!(
        "\
Taken:
  ~/.okta/okta.yaml:7  the org acme.okta.com  → idp acme
  ~/.okta/okta.yaml:7  profile staging        → role staging
Without an equal in jit:
  .env:1  `private-key`  jit signs people in and no machines; take the key out of this file
{STATIC_KEY}"
    );
    let written = "\
[idp.acme]
type      = \"okta\"
org       = \"https://acme.okta.com\"
app_url   = \"https://acme.okta.com/home/amazon_aws/0oaxy/272\"
client_id = \"0oabc\"

[role.staging]
idp          = \"acme\"
role_arn     = \"arn:aws:iam::111111111111:role/S3_Read\"
provider_arn = \"arn:aws:iam::111111111111:saml-provider/Okta\"
description  = \"Reader\"
";
    let next = " Added to ~/config/jit/config.toml: idp acme, role staging
next: jit login staging
next: jit configure profiles  lets every AWS tool ask jit
";
    whole_story(&room, &["okta-aws-cli"], &report, written, next, "staging");

    // Variables count as well, for what the file leaves out.
    room.write(".okta/okta.yaml", "awscli:\n  profiles:\n    other:\n      org-domain: acme.okta.com\n      aws-iam-role: arn:aws:iam::222222222222:role/o\n      oidc-client-id: 0oabc\n");
    let run = room.jit(&["configure", "import", "okta-aws-cli", "--yes"]);
    let output = run.env("OKTA_AWSCLI_AWS_ACCOUNT_FEDERATION_APP_ID", "0oaxy").run();
    insta::assert_snapshot!(room.told(&output), @r#"
    exit 0
    --- stderr
    Taken:
      ~/.okta/okta.yaml:4  the org acme.okta.com  → idp acme, which is there
      ~/.okta/okta.yaml:4  profile other          → role other
    Without an equal in jit:
      .env:1  `private-key`  jit signs people in and no machines; take the key out of this file
    Static keys, which jit neither takes nor needs:
      ~/.aws/credentials:2  [default]
      Once jit works, delete them there and deactivate them in IAM
    --- ~/config/jit/config.toml
    +++ ~/config/jit/config.toml
    @@ -9,3 +9,7 @@
     role_arn     = "arn:aws:iam::111111111111:role/S3_Read"
     provider_arn = "arn:aws:iam::111111111111:saml-provider/Okta"
     description  = "Reader"
    +
    +[role.other]
    +idp      = "acme"
    +role_arn = "arn:aws:iam::222222222222:role/o"
    ✓ Added to ~/config/jit/config.toml: role other
    The file as it was is ~/config/jit/config.toml.jit-backup
    next: jit login other
    next: jit configure profiles  lets every AWS tool ask jit
    "#);
    assert!(
        config(&room).ends_with(
            "\n[role.other]\nidp      = \"acme\"\nrole_arn = \"arn:aws:iam::222222222222:role/o\"\n"
        )
    );
}

const ONE: &str = "[profile sso]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 222222222222\nsso_role_name = Developer\n";

#[test]
fn nothing_is_written_without_confirmation() {
    let room = room();
    room.write(".aws/config", ONE);
    let dry = import(&room, &["aws-vault", "--dry-run"]);
    insta::assert_snapshot!(room.told(&dry), @r#"
    exit 0
    --- stdout
    --- ~/config/jit/config.toml
    +++ ~/config/jit/config.toml
    @@ -0,0 +1,9 @@
    +[idp.acme]
    +type      = "identity-center"
    +start_url = "https://acme.awsapps.com/start"
    +region    = "eu-west-1"
    +
    +[role.sso]
    +idp            = "acme"
    +account        = "222222222222"
    +permission_set = "Developer"
    --- stderr
    Taken:
      ~/.aws/config:2  the portal https://acme.awsapps.com/start  → idp acme
      ~/.aws/config:1  profile sso                                → role sso
    Static keys, which jit neither takes nor needs:
      ~/.aws/credentials:2  [default]
      Once jit works, delete them there and deactivate them in IAM
    ✓ Would add to ~/config/jit/config.toml: idp acme, role sso
    "#);
    let alone = import(&room, &["aws-vault"]);
    assert_eq!((alone.code(), &alone.stdout), (0, &dry.stdout), "{alone}");
    insta::assert_snapshot!(room.told(&alone), @r#"
    exit 0
    --- stdout
    --- ~/config/jit/config.toml
    +++ ~/config/jit/config.toml
    @@ -0,0 +1,9 @@
    +[idp.acme]
    +type      = "identity-center"
    +start_url = "https://acme.awsapps.com/start"
    +region    = "eu-west-1"
    +
    +[role.sso]
    +idp            = "acme"
    +account        = "222222222222"
    +permission_set = "Developer"
    --- stderr
    Taken:
      ~/.aws/config:2  the portal https://acme.awsapps.com/start  → idp acme
      ~/.aws/config:1  profile sso                                → role sso
    Static keys, which jit neither takes nor needs:
      ~/.aws/credentials:2  [default]
      Once jit works, delete them there and deactivate them in IAM
    ✓ Would add to ~/config/jit/config.toml: idp acme, role sso
    Nothing was written: nobody can be asked here. --yes writes it
    "#);

    let no = room.jit(&["configure", "import", "aws-vault"]).on_terminal().stdin("n\n").run();
    assert!(no.code() == 0 && no.stdout.contains("Add this to ~/config/jit/config.toml? [y/N] "), "{no}");
    assert!(no.stdout.contains("Nothing was written"), "{no}");
    assert!(!room.path("config/jit").exists());
    let state: Vec<_> = fs::read_dir(room.path("state")).unwrap().collect();
    assert!(state.is_empty(), "not even a lock: {state:?}");

    let yes = room.jit(&["configure", "import", "aws-vault"]).on_terminal().stdin("y\n").run();
    assert!(
        yes.code() == 0 && yes.stdout.contains("Added to ~/config/jit/config.toml: idp acme, role sso"),
        "{yes}"
    );
    let mode = |path| fs::metadata(room.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("config/jit/config.toml"), mode("config/jit")), (0o600, 0o700));
}

#[test]
fn on_a_terminal_the_org_is_asked_for() {
    let room = room();
    room.write(
        ".aws/config",
        "[okta]\naws_saml_url = home/x\n[profile dev]\nrole_arn = arn:aws:iam::111111111111:role/x\n",
    );
    let output =
        room.jit(&["configure", "import", "aws-okta", "--yes"]).on_terminal().stdin("acme.okta.com\n").run();
    assert!(
        output.code() == 0 && output.stdout.contains("The Okta org, such as acme.okta.com: "),
        "{output}"
    );
    assert!(config(&room).contains("app_url = \"https://acme.okta.com/home/x\"\n"));
}

#[test]
fn existing_tables_stay_and_taken_names_get_a_number() {
    let room = Room::new();
    // A secret just above what is added, where a difference shows what is around it.
    let google = "[idp.google]\ntype = \"oidc\"\nissuer = \"https://accounts.google.com\"\nclient_id = \"x\"\nclient_secret = \"s3cr3t\"\n";
    let before = format!("{}\n{google}", room.usual_config());
    room.write_config(&before);
    room.write(".aws/config", &ONE.replace("[profile sso]", "[profile admin]"));
    let output = import(&room, &["aws-vault", "--yes"]);
    insta::assert_snapshot!(room.told(&output), @r#"
    exit 0
    --- stderr
    Taken:
      ~/.aws/config:2  the portal https://acme.awsapps.com/start  → idp acme
      ~/.aws/config:1  profile admin                              → role admin-2
    --- ~/config/jit/config.toml
    +++ ~/config/jit/config.toml
    @@ -22,3 +22,13 @@
     issuer = "https://accounts.google.com"
     client_id = "x"
     client_secret = (not shown)
    +
    +[idp.acme]
    +type      = "identity-center"
    +start_url = "https://acme.awsapps.com/start"
    +region    = "eu-west-1"
    +
    +[role.admin-2]
    +idp            = "acme"
    +account        = "222222222222"
    +permission_set = "Developer"
    ✓ Added to ~/config/jit/config.toml: idp acme, role admin-2
    The file as it was is ~/config/jit/config.toml.jit-backup
    next: jit login admin-2
    next: jit configure profiles  lets every AWS tool ask jit
    "#);
    let after = config(&room);
    assert!(
        after.starts_with(&before) && after.contains("\n\n[role.admin-2]\nidp            = \"acme\"\n"),
        "{after}"
    );
    assert_eq!(fs::read_to_string(room.path("config/jit/config.toml.jit-backup")).unwrap(), before);
    assert_eq!(room.jit(&["explain", "admin-2"]).run().code(), 0);

    // What the person changes afterwards is theirs.
    let mine = after.replace("[role.admin-2]\n", "[role.admin-2]\ncolor = \"red\"\n");
    room.write_config(&mine);
    room.write(
        ".aws/config",
        &format!("{}region = us-east-1\n", ONE.replace("[profile sso]", "[profile admin]")),
    );
    let again = import(&room, &["aws-vault", "--yes"]);
    insta::assert_snapshot!(room.told(&again), @"
    exit 0
    --- stderr
    Taken:
      ~/.aws/config:2  the portal https://acme.awsapps.com/start  → idp acme, which is there
      ~/.aws/config:1  profile admin                              → role admin-2, which is there and stays, with another region
    ✓ Nothing to add, ~/config/jit/config.toml has all of it
    ");
    assert_eq!((again.code(), config(&room)), (0, mine));
}

#[test]
fn a_link_into_a_repository_stays_a_link() {
    let room = room();
    room.write(".aws/config", ONE);
    for folder in ["config/jit", "dotfiles"] {
        fs::create_dir_all(room.path(folder)).unwrap();
    }
    room.write("dotfiles/jit.toml", "# mine\n");
    fs::set_permissions(room.path("dotfiles/jit.toml"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("../../dotfiles/jit.toml", room.path("config/jit/config.toml")).unwrap();
    assert_eq!(import(&room, &["aws-vault", "--yes"]).code(), 0);
    assert!(fs::symlink_metadata(room.path("config/jit/config.toml")).unwrap().is_symlink());
    let written = fs::read_to_string(room.path("dotfiles/jit.toml")).unwrap();
    assert!(written.starts_with("# mine\n\n[idp.acme]\n"), "{written}");
    assert_eq!(fs::metadata(room.path("dotfiles/jit.toml")).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(
        fs::read_dir(room.path("dotfiles")).unwrap().count(),
        1,
        "the backup stays out of the repository"
    );
}

#[test]
fn an_unwritable_file_is_reported_and_left_alone() {
    let room = Room::new();
    room.write(".aws/config", ONE);
    let before = config(&room);
    let (folder, file) = (room.path("config/jit"), room.path("config/jit/config.toml"));
    let set =
        |path: &std::path::Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let arguments = ["configure", "import", "aws-vault", "--yes"];
    for (folder_mode, file_mode, why) in
        [(0o555, 0o600, "because: Permission denied"), (0o755, 0o400, "because: the file is read-only")]
    {
        set(&folder, folder_mode);
        set(&file, file_mode);
        let output = room.jit(&arguments).bound_by_modes().run();
        assert_eq!(output.code(), 1, "{output}");
        assert!(output.stderr.contains("error: cannot write ~/config/jit/config.toml\n"), "{output}");
        assert!(
            output.stderr.contains(why) && output.stderr.ends_with("next: nothing was changed\n"),
            "{output}"
        );
        assert_eq!(config(&room), before);
    }
    set(&folder, 0o755);
    set(&file, 0o600);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "no backup and no leftovers");

    // A configuration that is wrong already is not added to.
    room.write_config("[role.x]\n");
    let output = import(&room, &["aws-vault", "--yes"]);
    insta::assert_snapshot!(room.told(&output), @r#"
    exit 2
    --- stderr
    error: ~/config/jit/config.toml:1:7: [role.x] has neither `idp` nor `via`
         1 | [role.x]
      next: a hub role has idp = "NAME", a spoke role has via = "HUB"
    "#);
    assert_eq!(config(&room), "[role.x]\n");
}

#[test]
fn a_missing_file_is_reported_with_its_path() {
    let room = room();
    for (arguments, places) in [
        (&["aws-okta"][..], "~/.aws/config"),
        (&["saml2aws"], "~/.saml2aws"),
        (&["aws-vault"], "~/.aws/config"),
        (&["granted"], "~/config/granted/config or ~/.aws/config"),
        (&["okta-aws-cli"], "~/.okta/okta.yaml or .env"),
        (&["okta-aws-cli", "--from", "x.yaml"], "x.yaml"),
        (&["granted", "--from", "x"], "x"),
    ] {
        let output = import(&room, arguments);
        let tool = arguments[0];
        let said = format!(
            "error: there is no configuration of {tool} at {places}\n  \
             next: jit configure import {tool} --from FILE  reads it from elsewhere\n"
        );
        assert_eq!((output.code(), output.stdout.as_str(), output.stderr.as_str()), (2, "", said.as_str()));
    }
    // From elsewhere.
    room.write("elsewhere", ONE);
    let output = import(&room, &["aws-vault", "--from", "elsewhere", "--dry-run"]);
    insta::assert_snapshot!(room.told(&output), @r#"
    exit 0
    --- stdout
    --- ~/config/jit/config.toml
    +++ ~/config/jit/config.toml
    @@ -0,0 +1,9 @@
    +[idp.acme]
    +type      = "identity-center"
    +start_url = "https://acme.awsapps.com/start"
    +region    = "eu-west-1"
    +
    +[role.sso]
    +idp            = "acme"
    +account        = "222222222222"
    +permission_set = "Developer"
    --- stderr
    Taken:
      elsewhere:2  the portal https://acme.awsapps.com/start  → idp acme
      elsewhere:1  profile sso                                → role sso
    Static keys, which jit neither takes nor needs:
      ~/.aws/credentials:2  [default]
      Once jit works, delete them there and deactivate them in IAM
    ✓ Would add to ~/config/jit/config.toml: idp acme, role sso
    "#);
    let output = import(&room, &["saml2aws", "--org", "acme"]);
    insta::assert_snapshot!(room.told(&output), @"
    exit 2
    --- stderr
    error: saml2aws says itself where its org is; --org is for aws-okta
    ");
}

#[test]
fn hostile_content_is_shown_and_does_nothing() {
    let room = room();
    room.write(
        ".aws/config",
        &format!("{}\u{1b}[2Jbad = 1\n", ONE.replace("[profile sso]", "[profile \u{1b}]0;x\u{7}]")),
    );
    let output = import(&room, &["aws-vault", "--yes"]);
    insta::assert_snapshot!(room.told(&output), @r#"
    exit 0
    --- stderr
    Taken:
      ~/.aws/config:2  the portal https://acme.awsapps.com/start  → idp acme
      ~/.aws/config:1  profile \u{1b}]0;x\u{7}                    → role 0-x
    Without an equal in jit:
      ~/.aws/config:6  `\u{1b}[2jbad`  jit has no such setting
    Static keys, which jit neither takes nor needs:
      ~/.aws/credentials:2  [default]
      Once jit works, delete them there and deactivate them in IAM
    --- ~/config/jit/config.toml
    +++ ~/config/jit/config.toml
    @@ -0,0 +1,9 @@
    +[idp.acme]
    +type      = "identity-center"
    +start_url = "https://acme.awsapps.com/start"
    +region    = "eu-west-1"
    +
    +[role.0-x]
    +idp            = "acme"
    +account        = "222222222222"
    +permission_set = "Developer"
    ✓ Added to ~/config/jit/config.toml: idp acme, role 0-x
    next: jit login 0-x
    next: jit configure profiles  lets every AWS tool ask jit
    "#);
    assert!(!output.stderr.contains(['\u{1b}', '\u{7}']), "{output}");
    assert!(config(&room).contains("[role.0-x]\n"), "{}", config(&room));
    // A broken credentials file is no reason to stop, and none to be quiet.
    room.write(".aws/credentials", &format!("[default]\naws_secret_access_key {SECRET}\n"));
    let output = import(&room, &["aws-vault", "--yes"]);
    insta::assert_snapshot!(room.told(&output), @r"
    exit 0
    --- stderr
    warning: ~/.aws/credentials: line 2, column 1: this line has no `=`: aws_secret_a…, so static keys in it are not seen
    Taken:
      ~/.aws/config:2  the portal https://acme.awsapps.com/start  → idp acme, which is there
      ~/.aws/config:1  profile \u{1b}]0;x\u{7}                    → role 0-x, which is there
    Without an equal in jit:
      ~/.aws/config:6  `\u{1b}[2jbad`  jit has no such setting
    ✓ Nothing to add, ~/config/jit/config.toml has all of it
    ");
}
