//! `jit configure profiles`: our sections of `~/.aws/config`, and nobody else's.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use jit_emulator::{Account, Settings};

use crate::support::{Output, Room};

const JIT: &str = env!("CARGO_BIN_EXE_jit");

/// The program as a profile names it, in quotes only if this checkout is in a folder with a space in its
/// name.
fn program() -> String {
    if JIT.contains(' ') { format!("\"{JIT}\"") } else { JIT.to_owned() }
}
/// A file as people leave it: comments, odd spaces, other line endings, no newline at the end.
const FOREIGN: &str =
    "# mine\r\n[default]\r\nregion=us-east-1\r\n\r\n[profile  other]\r\n  s3 =\r\n    max = 10\r\n; the end";

fn ours(role: &str, region: Option<&str>) -> String {
    let region = region.map(|region| format!("region = {region}\n")).unwrap_or_default();
    format!(
        "# managed by jit: {role}\n[profile {role}]\ncredential_process = {} credential-process {role}\n{region}",
        program()
    )
}

fn all_ours() -> String {
    [ours("admin", Some("eu-west-1")), ours("developer", Some("eu-west-1")), ours("hub", None)].join("\n")
}

fn configure(room: &Room, options: &[&str]) -> Output {
    room.jit(&[&["configure", "profiles"], options].concat()).run()
}

fn aws_config(room: &Room) -> String {
    fs::read_to_string(room.path(".aws/config")).unwrap()
}

/// The names in a folder, in order.
fn names(room: &Room, folder: &str) -> Vec<String> {
    let files = fs::read_dir(room.path(folder)).unwrap();
    let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_new_file_has_a_profile_for_each_role() {
    let room = Room::new();
    fs::remove_dir(room.path(".aws")).unwrap();
    let output = configure(&room, &[]);
    let said = "✓ Added to ~/.aws/config: admin, developer, hub\n";
    assert_eq!((output.code(), output.stdout.as_str(), output.stderr.as_str()), (0, "", said));
    assert_eq!(aws_config(&room), all_ours());
    assert_eq!(names(&room, ".aws"), ["config"], "there was nothing to keep");
    let mode = |path| fs::metadata(room.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(".aws/config"), mode(".aws")), (0o600, 0o700));

    let before = fs::metadata(room.path(".aws/config")).unwrap().modified().unwrap();
    let again = configure(&room, &[]);
    assert_eq!(again.stderr, "✓ ~/.aws/config is up to date; jit manages 3 of its profiles\n");
    assert_eq!(aws_config(&room), all_ours());
    assert_eq!(fs::metadata(room.path(".aws/config")).unwrap().modified().unwrap(), before);
}

#[test]
fn foreign_content_stays_byte_for_byte() {
    let room = Room::new();
    room.write(".aws/config", FOREIGN);
    fs::set_permissions(room.path(".aws/config"), fs::Permissions::from_mode(0o640)).unwrap();
    let output = configure(&room, &[]);
    insta::assert_snapshot!(room.told(&output), @"
    exit 0
    --- stderr
    ✓ Added to ~/.aws/config: admin, developer, hub
    Backup of the previous file: ~/.aws/config.jit-backup
    ");
    let written = aws_config(&room);
    let added = written.strip_prefix(FOREIGN).unwrap_or_else(|| panic!("{written:?}"));
    assert_eq!(added.replace("\r\n", "\n").trim_start(), all_ours(), "with the file's own line ends");
    assert!(!added.replace("\r\n", "").contains('\n'), "{added:?}");
    assert_eq!(fs::read_to_string(room.path(".aws/config.jit-backup")).unwrap(), FOREIGN);
    let mode = |path| fs::metadata(room.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(".aws/config"), mode(".aws/config.jit-backup")), (0o640, 0o600));

    // A changed region changes one line.
    room.write_config(&room.usual_config().replacen("eu-west-1", "eu-west-2", 1));
    let update = configure(&room, &[]);
    insta::assert_snapshot!(room.told(&update), @"
    exit 0
    --- stderr
    ✓ Updated in ~/.aws/config: admin
    Backup of the previous file: ~/.aws/config.jit-backup
    ");
    assert_eq!(aws_config(&room), written.replacen("eu-west-1", "eu-west-2", 1));
}

#[test]
fn a_dry_run_shows_the_diff_and_changes_nothing() {
    let room = Room::new();
    room.write(
        ".aws/config",
        "[profile old]\naws_secret_access_key = abcdefgh12345678abcdefgh12345678abcdefgh\n",
    );
    let before = (aws_config(&room), fs::metadata(room.path(".aws/config")).unwrap().modified().unwrap());
    let output = configure(&room, &["--dry-run"]);
    assert_eq!(output.code(), 0, "{output}");
    assert_eq!(output.stderr, "✓ Would add to ~/.aws/config: admin, developer, hub\n");
    let added: String = output
        .stdout
        .lines()
        .skip(2)
        .filter_map(|line| line.strip_prefix('+'))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(added.trim_start(), all_ours());
    assert!(!output.stdout.contains("abcdefgh12345678"), "static keys are not shown: {output}");
    let after = (aws_config(&room), fs::metadata(room.path(".aws/config")).unwrap().modified().unwrap());
    assert_eq!(after, before);
    assert_eq!(names(&room, ".aws"), ["config"]);
    assert!(names(&room, "state").is_empty(), "not even a lock");
}

#[test]
fn profiles_of_removed_roles_are_pruned_on_request() {
    let room = Room::new();
    room.write(".aws/config", "[profile mine]\nregion = a\n");
    configure(&room, &[]);
    let usual = room.usual_config();
    let (without_developer, _) = usual.split_once("[role.developer]").unwrap();
    room.write_config(without_developer);
    let kept = configure(&room, &[]);
    insta::assert_snapshot!(room.told(&kept), @"
    exit 0
    --- stderr
    ✓ ~/.aws/config is up to date; jit manages 2 of its profiles
    warning: ~/.aws/config:10: the profile developer is for a role that no longer exists; --prune removes it
    ");
    assert!(aws_config(&room).contains("[profile developer]"));
    let pruned = configure(&room, &["--prune"]);
    insta::assert_snapshot!(room.told(&pruned), @"
    exit 0
    --- stderr
    ✓ Removed from ~/.aws/config: developer
    Backup of the previous file: ~/.aws/config.jit-backup
    ");
    let left = aws_config(&room);
    assert!(!left.contains("developer") && left.starts_with("[profile mine]\nregion = a\n"), "{left}");
    assert!(left.contains(&ours("admin", Some("eu-west-1"))) && left.contains(&ours("hub", None)), "{left}");
}

#[test]
fn somebody_elses_profile_of_the_same_name_is_left_alone() {
    let room = Room::new();
    room.write(".aws/config", "[profile admin]\nregion = mine\n");
    let output = configure(&room, &[]);
    assert_eq!(output.code(), 0, "{output}");
    insta::assert_snapshot!(room.told(&output), @"
    exit 0
    --- stderr
    ✓ Added to ~/.aws/config: developer, hub
    warning: ~/.aws/config:1: the profile admin is not managed by jit and was not changed; --replace takes it over if it is the same role
    Backup of the previous file: ~/.aws/config.jit-backup
    ");
    let written = aws_config(&room);
    assert!(written.starts_with("[profile admin]\nregion = mine\n"), "{written}");
    assert!(!written.contains("managed by jit: admin"), "{written}");
}

#[test]
fn default_is_written_only_if_that_name_is_typed() {
    let room = Room::new();
    room.write_config(
        &room.usual_config().replace("role.admin", "role.default").replace("\"admin\"", "\"default\""),
    );
    for arguments in
        [&[][..], &["default"], &["--all"], &["default", "--name", "{name}"], &["hub", "default"]]
    {
        let output = configure(&room, arguments);
        let said = "warning: The role default has no profile: AWS tools use [default] when no profile is given. To write it: jit configure profiles default --name default\n";
        assert!(output.code() == 0 && output.stderr.contains(said), "{arguments:?}: {output}");
        let written = fs::read_to_string(room.path(".aws/config")).unwrap_or_default();
        assert!(!written.contains("[default]"), "{arguments:?}: {written}");
    }
    let asked = configure(&room, &["default", "--name", "default"]);
    insta::assert_snapshot!(room.told(&asked), @"
    exit 0
    --- stderr
    ✓ Added to ~/.aws/config: default
    Backup of the previous file: ~/.aws/config.jit-backup
    ");
    assert!(aws_config(&room).contains("# managed by jit: default\n[default]\n"), "{}", aws_config(&room));
}

#[test]
fn a_link_stays_a_link() {
    let room = Room::new();
    fs::create_dir(room.path("dotfiles")).unwrap();
    room.write("dotfiles/aws", "[default]\nregion = a\n");
    symlink("../dotfiles/aws", room.path(".aws/config")).unwrap();
    assert_eq!(configure(&room, &[]).code(), 0);
    assert!(fs::symlink_metadata(room.path(".aws/config")).unwrap().is_symlink());
    assert!(fs::read_to_string(room.path("dotfiles/aws")).unwrap().contains("[profile hub]"));
}

#[test]
fn a_broken_file_is_refused_with_its_line_and_left_alone() {
    let room = Room::new();
    room.write(".aws/config", "[default]\nregion = a\nthis is no setting\n");
    let output = configure(&room, &[]);
    assert_eq!(output.code(), 2, "{output}");
    let first = output.stderr.lines().next().unwrap();
    assert!(first.contains(".aws/config:3:1: "), "{output}");
    insta::assert_snapshot!(room.told(&output), @"
    exit 2
    --- stderr
    error: ~/.aws/config:3:1: this line has no `=`: this
      next: nothing was changed; fix that and run the command again
    ");
    assert_eq!(aws_config(&room), "[default]\nregion = a\nthis is no setting\n");
    assert_eq!(names(&room, ".aws"), ["config"]);
}

#[test]
fn a_read_only_file_is_left_alone() {
    let room = Room::new();
    room.write(".aws/config", "[default]\n");
    fs::set_permissions(room.path(".aws/config"), fs::Permissions::from_mode(0o444)).unwrap();
    let output = configure(&room, &[]);
    insta::assert_snapshot!(room.told(&output), @"
    exit 1
    --- stderr
    error: cannot write ~/.aws/config
      because: the file is read-only
      next: nothing was changed; fix that and run the command again
    ");
    assert_eq!(
        (aws_config(&room).as_str(), names(&room, ".aws")),
        ("[default]\n", vec!["config".to_owned()])
    );
}

#[test]
fn aws_config_file_sets_another_path() {
    let room = Room::new();
    let run = room.jit(&["configure", "profiles"]).env("AWS_CONFIG_FILE", "~/elsewhere/config");
    let output = run.run();
    insta::assert_snapshot!(room.told(&output), @"
    exit 0
    --- stderr
    ✓ Added to ~/elsewhere/config: admin, developer, hub
    ");
    assert!(room.path("elsewhere/config").exists() && names(&room, ".aws").is_empty());
}

#[test]
fn the_written_line_works_as_python_tools_run_it() {
    let room = Room::signed_in("developer");
    assert_eq!(configure(&room, &[]).code(), 0);
    let script = "import configparser, json, os, shlex, subprocess\n\
        config = configparser.RawConfigParser()\n\
        config.read(os.path.expanduser('~/.aws/config'))\n\
        line = config['profile developer']['credential_process']\n\
        answer = json.loads(subprocess.run(shlex.split(line), stdout=subprocess.PIPE, check=True).stdout)\n\
        assert sorted(answer) == ['AccessKeyId', 'AccountId', 'Expiration', 'SecretAccessKey', 'SessionToken', 'Version']\n\
        print(answer['Version'], answer['AccountId'])\n";
    let output = room.program("python3", &["-c", script]).run();
    assert_eq!((output.code(), output.stdout.as_str()), (0, "1 333333333333\n"), "{output}");
}

/// A room whose Identity Center was asked what it offers.
fn room_with_offers() -> Room {
    let accounts = vec![
        Account::new("333333333333", "acme dev ✨", &["Developer", "ReadOnly"]),
        Account::new("444444444444", "acme-prod", &["ReadOnly"]),
    ];
    let room = Room::by_center(Settings { accounts, ..Settings::default() });
    assert_eq!(room.jit(&["login", "dev"]).run().code(), 0);
    assert_eq!(room.jit(&["roles", "--refresh"]).run().code(), 0);
    room
}

#[test]
fn chosen_and_offered_roles_get_profiles_with_custom_names() {
    let room = room_with_offers();
    let section = |name: &str, role: &str| {
        format!(
            "# managed by jit: {name}\n[profile {name}]\ncredential_process = {} credential-process {role}\n",
            program()
        )
    };
    let output = configure(&room, &["333333333333/*", "acme-p*", "--name", "{account_name}.{role}"]);
    assert_eq!(output.code(), 0, "{output}");
    let said = "✓ Added to ~/.aws/config: acme-prod.ReadOnly, acme-dev.Developer, acme-dev.ReadOnly\n";
    assert_eq!(output.stderr, said, "{output}");
    let offered = section("acme-dev.ReadOnly", "333333333333/ReadOnly");
    let dev = section("acme-dev.Developer", "dev");
    assert_eq!(aws_config(&room), [section("acme-prod.ReadOnly", "audit"), dev, offered.clone()].join("\n"));
    // It serves a session, and a run for the configured roles leaves it alone.
    assert_eq!(room.jit(&["login", "333333333333/ReadOnly"]).run().code(), 0);
    assert_eq!(room.asks_for("333333333333/ReadOnly").code(), 0);
    let own = configure(&room, &["--prune"]);
    assert_eq!(own.stderr.lines().next(), Some("✓ Added to ~/.aws/config: admin, audit, dev"), "{own}");
    // `dev` and `audit` have other names now.
    insta::assert_snapshot!(room.told(&own), @"
    exit 0
    --- stderr
    ✓ Added to ~/.aws/config: admin, audit, dev
    ✓ Removed from ~/.aws/config: acme-prod.ReadOnly, acme-dev.Developer
    Backup of the previous file: ~/.aws/config.jit-backup
    ");
    assert!(aws_config(&room).contains(&offered) && !aws_config(&room).contains("acme-prod"), "{own}");
    // With another name, the old one is stale.
    let renamed = configure(&room, &["--all", "--name", "{idp}-{account}-{role}", "--prune"]);
    assert_eq!(renamed.code(), 0, "{renamed}");
    insta::assert_snapshot!(room.told(&renamed), @"
    exit 0
    --- stderr
    ✓ Added to ~/.aws/config: demo-555555555555-center-admin, demo-444444444444-ReadOnly, demo-333333333333-Developer, demo-333333333333-ReadOnly
    ✓ Removed from ~/.aws/config: acme-dev.ReadOnly, admin, audit, dev
    Backup of the previous file: ~/.aws/config.jit-backup
    ");
    let mut answers = String::new();
    for arguments in [
        vec!["nobody"],
        vec!["--all", "--name", "{role}"],
        vec!["--name", "{who}"],
        vec!["--name", "a {name}"],
        vec!["--all", "dev"],
    ] {
        let refused = configure(&room, &arguments);
        answers.push_str(&format!("{}\n", room.told(&refused)));
    }
    insta::assert_snapshot!(answers, @"
    exit 2
    --- stderr
    error: no role matches `nobody`
      next: the roles are: admin, audit, dev, 333333333333/ReadOnly

    exit 2
    --- stderr
    error: audit and 333333333333/ReadOnly would have the same profile name, ReadOnly
      next: use distinct names, such as --name '{account_name}-{role}-{account}'

    exit 2
    --- stderr
    error: the name `{who}` has the unknown placeholder `who`
      next: valid placeholders: {name}, {role}, {account}, {account_name}, {idp}

    exit 0
    --- stderr
    ✓ ~/.aws/config is up to date; jit manages 0 of its profiles
    warning: no profile for admin: ' ' is not allowed in the name of a profile; use letters, digits and . _ / % @ : + -
    warning: no profile for audit: ' ' is not allowed in the name of a profile; use letters, digits and . _ / % @ : + -
    warning: no profile for dev: ' ' is not allowed in the name of a profile; use letters, digits and . _ / % @ : + -

    exit 2
    --- stderr
    error: the argument '--all' cannot be used with '[ROLE]...'

    Usage: jit configure profiles --all [ROLE]...

    For more information, try '--help'.
    ");
}

#[test]
fn a_file_of_seven_thousand_lines_in_every_style_keeps_its_bytes() {
    let room = Room::new();
    let mut text = String::from("# head\r\n[default]\r\nregion=eu-west-1\r\n");
    for n in 0..1000 {
        text.push_str(&format!("\r\n; number {n}\r\n[profile p{n}]\r\n\tregion\t=\tus-east-1 # note\r\n  s3 =\r\n    max_queue_size = {n}\r\noutput : json\r\n"));
    }
    room.write(".aws/config", &text);
    let output = configure(&room, &[]);
    assert_eq!(output.code(), 0, "{output}");
    assert!(text.lines().count() > 7000 && aws_config(&room).starts_with(&text));
    assert_eq!(configure(&room, &["--prune"]).code(), 0);
    room.write_config("");
    assert_eq!(configure(&room, &["--prune"]).code(), 0);
    assert_eq!(aws_config(&room).trim_end(), text.trim_end());
}
