//! How `jit configure import` writes: only after a yes, beside what is there already, through a link, and nothing that it cannot
//! write or that is hostile.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::import::{SECRET, config, import, room};
use crate::support::Room;

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
    Long-lived access keys, which jit neither imports nor needs:
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
    Long-lived access keys, which jit neither imports nor needs:
      ~/.aws/credentials:2  [default]
      Once jit works, delete them there and deactivate them in IAM
    ✓ Would add to ~/config/jit/config.toml: idp acme, role sso
    Nothing was written: jit cannot ask here. Use --yes to write it
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
    // A secret just above the added lines, where a diff shows the context.
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
    Backup of the previous file: ~/config/jit/config.toml.jit-backup
    next: jit login admin-2
    next: jit configure profiles  lets every AWS tool use jit
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
      ~/.aws/config:2  the portal https://acme.awsapps.com/start  → idp acme, which already exists
      ~/.aws/config:1  profile admin                              → role admin-2, which already exists (unchanged; different: region)
    ✓ Nothing to add: ~/config/jit/config.toml already has everything
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

    // Nothing is added to a configuration that is already invalid.
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
             next: jit configure import {tool} --from FILE  reads it from another file\n"
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
    Long-lived access keys, which jit neither imports nor needs:
      ~/.aws/credentials:2  [default]
      Once jit works, delete them there and deactivate them in IAM
    ✓ Would add to ~/config/jit/config.toml: idp acme, role sso
    "#);
    let output = import(&room, &["saml2aws", "--org", "acme"]);
    insta::assert_snapshot!(room.told(&output), @"
    exit 2
    --- stderr
    error: the files of saml2aws contain the org; --org is only for aws-okta
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
    No equivalent in jit:
      ~/.aws/config:6  `\u{1b}[2jbad`  jit has no such setting
    Long-lived access keys, which jit neither imports nor needs:
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
    next: jit configure profiles  lets every AWS tool use jit
    "#);
    assert!(!output.stderr.contains(['\u{1b}', '\u{7}']), "{output}");
    assert!(config(&room).contains("[role.0-x]\n"), "{}", config(&room));
    // A broken credentials file is no reason to stop, but it is reported.
    room.write(".aws/credentials", &format!("[default]\naws_secret_access_key {SECRET}\n"));
    let output = import(&room, &["aws-vault", "--yes"]);
    insta::assert_snapshot!(room.told(&output), @r"
    exit 0
    --- stderr
    warning: ~/.aws/credentials: line 2, column 1: this line has no `=`: aws_secret_a…, so jit cannot look for long-lived access keys in it
    Taken:
      ~/.aws/config:2  the portal https://acme.awsapps.com/start  → idp acme, which already exists
      ~/.aws/config:1  profile \u{1b}]0;x\u{7}                    → role 0-x, which already exists
    No equivalent in jit:
      ~/.aws/config:6  `\u{1b}[2jbad`  jit has no such setting
    ✓ Nothing to add: ~/config/jit/config.toml already has everything
    ");
}
