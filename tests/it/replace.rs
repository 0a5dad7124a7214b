//! `jit configure profiles --replace` and `--restore`: profiles of other tools become `jit`'s, and are put back as they were.

use std::fs;

use jit_emulator::Settings;

use crate::support::{Output, Room};

const JIT: &str = env!("CARGO_BIN_EXE_jit");
const ADMIN: &str = "arn:aws:iam::555555555555:role/center-admin";

fn profiles(room: &Room, options: &[&str]) -> Output {
    room.jit(&[&["configure", "profiles"], options].concat()).run()
}

fn aws_config(room: &Room) -> String {
    fs::read_to_string(room.path(".aws/config")).unwrap()
}

/// What somebody has who comes from `aws sso login`: a profile with a name of their own, one with the role's, and one behind it.
fn from_aws(room: &Room) -> String {
    let portal = room.servers().start_url();
    format!(
        "[sso-session acme]\nsso_start_url = {portal}/#/\nsso_region = eu-west-1\n\n\
         # the sandbox\n[profile sandbox]\nsso_session = acme\nsso_account_id = 333333333333\nsso_role_name = Developer\n\
         region = eu-central-1\noutput = json\n\n\
         [profile audit]\nsso_start_url = {portal}\nsso_region = eu-west-1\nsso_account_id = 444444444444\n\
         sso_role_name = ReadOnly\ncli_pager =\n\n\
         [profile root]\nrole_arn = {ADMIN}\nsource_profile = sandbox\nregion = us-east-1"
    )
}

fn program() -> String {
    if JIT.contains(' ') { format!("\"{JIT}\"") } else { JIT.to_owned() }
}

#[test]
fn profiles_of_the_same_roles_become_jits_and_are_put_back() {
    let room = Room::by_center(Settings::default());
    let before = from_aws(&room);
    room.write(".aws/config", &before);
    let shown = profiles(&room, &["--replace", "--dry-run"]);
    assert_eq!((shown.code(), aws_config(&room)), (0, before.clone()), "{shown}");
    let output = profiles(&room, &["--replace"]);
    insta::assert_snapshot!(room.told(&output), @"
    exit 0
    --- stderr
    ✓ Replaced in ~/.aws/config: sandbox, audit, root
    ✓ Added to ~/.aws/config: admin, dev
    Backup of the previous file: ~/.aws/config.jit-backup
    ");
    let (program, portal) = (program(), room.servers().start_url());
    let replaced = format!(
        "[sso-session acme]\nsso_start_url = {portal}/#/\nsso_region = eu-west-1\n\n\
         # the sandbox\n# managed by jit: sandbox\n[profile sandbox]\ncredential_process = {program} credential-process dev\n\
         region = eu-central-1\noutput = json\n\n\
         # managed by jit: audit\n[profile audit]\ncredential_process = {program} credential-process audit\ncli_pager =\n\n\
         # managed by jit: root\n[profile root]\ncredential_process = {program} credential-process admin\nregion = us-east-1\n"
    );
    let now = aws_config(&room);
    assert!(now.starts_with(&replaced), "{now}");
    assert_eq!(fs::read_to_string(room.path(".aws/config.jit-backup")).unwrap(), before);
    // They are not stale, although their roles have profiles of their own names too; and nothing is done twice.
    let again = profiles(&room, &["--replace", "--prune"]);
    assert_eq!(again.stderr, "✓ ~/.aws/config is up to date; jit manages 3 of its profiles\n");
    assert_eq!(aws_config(&room), now);

    // One by one, and then the rest: to the byte, as far as it was there.
    let one = profiles(&room, &["--restore", "audit"]);
    insta::assert_snapshot!(room.told(&one), @"
    exit 0
    --- stderr
    ✓ Restored in ~/.aws/config: audit
    Backup of the previous file: ~/.aws/config.jit-backup
    ");
    assert!(aws_config(&room).contains("sso_role_name = ReadOnly\ncli_pager =\n"), "{}", aws_config(&room));
    let rest = profiles(&room, &["--restore"]);
    assert_eq!(rest.code(), 0, "{rest}");
    let back = aws_config(&room);
    assert!(back.starts_with(&before), "{back}");
    assert!(!room.path(".aws/config.jit-replaced").exists());
    let nothing = profiles(&room, &["--restore"]);
    insta::assert_snapshot!(room.told(&nothing), @"
    exit 0
    --- stderr
    ✓ Nothing to restore: jit has replaced no profile in ~/.aws/config
    ");
    let unknown = profiles(&room, &["--restore", "nobody"]);
    insta::assert_snapshot!(room.told(&unknown), @"
    exit 2
    --- stderr
    error: jit did not replace a profile called `nobody` in ~/.aws/config
    ");
}

/// A name is not enough to send a person's tools to another account.
#[test]
fn another_account_is_replaced_only_on_request() {
    let room = Room::by_center(Settings::default());
    let other = "[profile dev]\nsso_start_url = https://other.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 999999999999\nsso_role_name = Admin\n";
    room.write(".aws/config", other);
    let output = profiles(&room, &["--replace"]);
    insta::assert_snapshot!(room.told(&output), @"
    exit 0
    --- stderr
    ✓ Added to ~/.aws/config: admin, audit
    Backup of the previous file: ~/.aws/config.jit-backup
    warning: the profile dev in ~/.aws/config was not replaced: it is 999999999999/Admin, and the role of that name is 333333333333/Developer
    next: jit configure profiles dev --replace  replaces it all the same
    ");
    assert!(aws_config(&room).starts_with(other), "{}", aws_config(&room));
    let named = profiles(&room, &["--replace", "dev"]);
    insta::assert_snapshot!(room.told(&named), @"
    exit 0
    --- stderr
    ✓ Replaced in ~/.aws/config: dev
    Backup of the previous file: ~/.aws/config.jit-backup
    warning: the profile dev was 999999999999/Admin and is now 333333333333/Developer; --restore undoes this
    ");
    assert!(!aws_config(&room).contains("sso_"), "{}", aws_config(&room));
    assert_eq!(profiles(&room, &["--restore", "dev"]).code(), 0);
    assert!(aws_config(&room).starts_with(other), "{}", aws_config(&room));

    // The same account under another role's name is what the name says; keys and unknown roles stay.
    let mut answers = String::new();
    for (profile, replaced) in [
        ("[profile dev]\nrole_arn = arn:aws:iam::333333333333:role/old\nsource_profile = x\n", true),
        ("[profile dev]\nregion = eu-west-1\n", true),
        ("[profile dev]\ncredential_process = aws-vault exec --json dev\n", false),
        (
            "[profile dev]\nrole_arn = arn:aws:iam::333333333333:role/old\naws_access_key_id = AKIA\naws_secret_access_key = x\n",
            false,
        ),
        ("[profile mine]\nrole_arn = arn:aws:iam::333333333333:role/other\nsource_profile = x\n", false),
    ] {
        room.write(".aws/config", profile);
        let output = profiles(&room, &["--replace"]);
        answers.push_str(&format!("# {profile}\n{}\n", room.told(&output)));
        let section = aws_config(&room).split("\n\n").next().unwrap().to_owned();
        assert_eq!(section.contains("credential-process"), replaced, "{profile}: {section}");
        assert!(replaced || aws_config(&room).starts_with(profile), "{}", aws_config(&room));
    }
    insta::assert_snapshot!(answers, @"
    # [profile dev]
    role_arn = arn:aws:iam::333333333333:role/old
    source_profile = x

    exit 0
    --- stderr
    ✓ Replaced in ~/.aws/config: dev
    ✓ Added to ~/.aws/config: admin, audit
    Backup of the previous file: ~/.aws/config.jit-backup
    warning: the profile dev was arn:aws:iam::333333333333:role/old and is now 333333333333/Developer; --restore undoes this

    # [profile dev]
    region = eu-west-1

    exit 0
    --- stderr
    ✓ Replaced in ~/.aws/config: dev
    ✓ Added to ~/.aws/config: admin, audit
    Backup of the previous file: ~/.aws/config.jit-backup

    # [profile dev]
    credential_process = aws-vault exec --json dev

    exit 0
    --- stderr
    ✓ Added to ~/.aws/config: admin, audit
    Backup of the previous file: ~/.aws/config.jit-backup
    warning: the profile dev in ~/.aws/config was not replaced: it is credentials of another program, and the role of that name is 333333333333/Developer
    next: jit configure profiles dev --replace  replaces it all the same

    # [profile dev]
    role_arn = arn:aws:iam::333333333333:role/old
    aws_access_key_id = AKIA
    aws_secret_access_key = x

    exit 0
    --- stderr
    ✓ Added to ~/.aws/config: admin, audit
    Backup of the previous file: ~/.aws/config.jit-backup
    warning: the profile dev in ~/.aws/config was not replaced: it is long-lived access keys, and the role of that name is 333333333333/Developer

    # [profile mine]
    role_arn = arn:aws:iam::333333333333:role/other
    source_profile = x

    exit 0
    --- stderr
    ✓ Added to ~/.aws/config: admin, audit, dev
    Backup of the previous file: ~/.aws/config.jit-backup
    warning: no role of jit is the same as these profiles, so they were not changed: mine
    next: jit configure import aws  adds their roles to config.toml
    ");
}

/// Without `--replace` nothing of another tool's is touched, and the flags that do not go together are told apart.
#[test]
fn flags_that_do_not_go_together_are_refused() {
    let room = Room::by_center(Settings::default());
    let before = from_aws(&room);
    room.write(".aws/config", &before);
    let mut answers = String::new();
    for options in [&["--restore", "--replace"][..], &["--restore", "--prune"], &["--restore", "--all"]] {
        let output = profiles(&room, options);
        answers.push_str(&format!("{}\n", room.told(&output)));
    }
    insta::assert_snapshot!(answers, @"
    exit 2
    --- stderr
    error: the argument '--restore' cannot be used with '--replace'

    Usage: jit configure profiles --restore [ROLE]...

    For more information, try '--help'.

    exit 2
    --- stderr
    error: the argument '--restore' cannot be used with '--prune'

    Usage: jit configure profiles --restore [ROLE]...

    For more information, try '--help'.

    exit 2
    --- stderr
    error: the argument '--restore' cannot be used with '--all'

    Usage: jit configure profiles --restore [ROLE]...

    For more information, try '--help'.
    ");
    assert_eq!(profiles(&room, &[]).code(), 0);
    assert!(aws_config(&room).starts_with(&before), "{}", aws_config(&room));
    // A file of originals that cannot be read stops everything before something is lost.
    room.write(".aws/config.jit-replaced", "[a\n");
    let mut answers = String::new();
    for options in [&["--replace"][..], &["--restore"]] {
        let output = profiles(&room, options);
        answers.push_str(&format!("{}\n", room.told(&output)));
    }
    insta::assert_snapshot!(answers, @"
    exit 2
    --- stderr
    error: ~/.aws/config.jit-replaced:1:1: this section header has no name or no closing bracket: [a
      next: nothing was changed; fix that and run the command again

    exit 2
    --- stderr
    error: ~/.aws/config.jit-replaced:1:1: this section header has no name or no closing bracket: [a
      next: nothing was changed; fix that and run the command again
    ");
}
