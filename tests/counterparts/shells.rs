//! The output of `jit env` and `jit completions`, read by the real shells. PowerShell is in no Debian
//! archive, and packages of that name elsewhere download it from a third place during installation, so it has
//! unit tests only.
//!
//! The names and values that a shell might interpret are in `tests/names.json`, for everybody to add to.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use jit::commands::env::ShellSyntax;
use jit::commands::env::statements;
use jit::plan::DiscoveredRole;
use jit_wire::name::Variable;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::support::{OidcProvider, Room, Sts, fixture, on_path, python};

/// Appended to the session token: everything that a shell might interpret.
const HOSTILE: &str = r#" '"$(touch pwned)`touch pwned`\n\\ %PATH% $HOME !! ;&|<>(*?[a]{b,c}~#=' "#;

/// A room where alice is signed in, and the session token.
fn signed_in() -> (Room, OidcProvider, Sts, String) {
    let room = Room::new();
    let op = OidcProvider::start(&room, &[]);
    let sts = Sts::start(&room, &op.issuer(), "jit-cli", &[]);
    let room = room.with_roles(&op, "");
    room.sign_in(&op, &sts);
    let token = sts.journal.all("token").remove(1);
    (room, op, sts, token)
}

/// `jit`'s folder first on the path, as if it were installed.
fn with_jit_on_path(command: &mut Command) -> &mut Command {
    let folder = Path::new(env!("CARGO_BIN_EXE_jit")).parent().unwrap();
    command.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display()))
}

fn evaluated_by(shell: &str, program: &str) {
    let (room, _op, sts, token) = signed_in();
    let mut command = room.client(on_path(shell, shell), &sts);
    let said = room.run_for_credentials(with_jit_on_path(&mut command).args(["-c", program])).ok();
    assert_eq!(said, format!("{token}\n222222222222\n"), "{shell}");
}

const POSIX: &str = r#"eval "$(jit env prod-admin --shell SHELL)" && sh -c 'printf "%s\n" "$AWS_SESSION_TOKEN" "$JIT_ACCOUNT_ID"'"#;

#[test]
fn bash_evaluates_env() {
    evaluated_by("bash", &POSIX.replace("SHELL", "bash"));
}

#[test]
fn zsh_evaluates_env() {
    evaluated_by("zsh", &POSIX.replace("SHELL", "zsh"));
}

#[test]
fn fish_evaluates_env() {
    let program = "jit env prod-admin --shell fish | source; and sh -c 'printf \"%s\\n\" \"$AWS_SESSION_TOKEN\" \"$JIT_ACCOUNT_ID\"'";
    evaluated_by("fish", program);
}

/// The names of `tests/names.json`, hostile and plain, that can be values of variables.
fn values() -> Vec<String> {
    let names: Value = serde_json::from_str(include_str!("../names.json")).unwrap();
    let texts = ["hostile", "plain"].into_iter().flat_map(|kind| names[kind].as_array().unwrap().clone());
    let texts = texts.map(|text| text.as_str().unwrap().to_owned());
    let longer = [HOSTILE.to_owned(), format!("{HOSTILE}\n{HOSTILE}\n\n"), "\\".repeat(7), "'".repeat(7)];
    texts.chain(longer).filter(|text| !text.contains('\0')).collect()
}

/// Every value arrives byte for byte in the environment of the shell's child, and nothing runs.
fn carries_every_value(shell: &str, package: &str, syntax: ShellSyntax, program: &str) {
    let folder = tempfile::tempdir().unwrap();
    let values = values();
    let name = |index: usize| Variable::try_from(format!("VALUE_{index}")).unwrap();
    let pairs: Vec<_> = values
        .iter()
        .enumerate()
        .map(|(index, value)| (name(index), Zeroizing::new(value.clone())))
        .collect();
    let text = statements(syntax, &[Variable::known("OLD")], &pairs).unwrap();
    std::fs::write(folder.path().join("statements"), text.as_bytes()).unwrap();
    let mut command = Command::new(on_path(shell, package));
    command.args(["-c", program]).current_dir(&folder).env_clear().env("OLD", "1").env("LC_ALL", "C.UTF-8");
    command.env("HOME", folder.path()).env("PATH", "/usr/bin:/bin");
    let Output { stdout, stderr, .. } = command.output().unwrap();
    let stdout = String::from_utf8(stdout).unwrap();
    let found: BTreeMap<&str, &str> = stdout.split('\0').filter_map(|one| one.split_once('=')).collect();
    assert!(!found.contains_key("OLD"), "{shell}: {stdout}");
    for (index, value) in values.iter().enumerate() {
        let arrived = found.get(name(index).as_str()).copied();
        assert_eq!(arrived, Some(value.as_str()), "{shell}: {}", String::from_utf8_lossy(&stderr));
    }
    let left: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    // fish makes folders of its own at home.
    let made = left.iter().filter(|name| ![".config", ".local", ".cache"].iter().any(|own| own == name));
    assert_eq!(made.count(), 1, "{shell} ran what was in a value: {left:?}");
}

const POSIX_FILE: &str = r#"eval "$(cat statements)"; exec env -0"#;

#[test]
fn bash_reads_every_value_unchanged() {
    carries_every_value("bash", "bash", ShellSyntax::Bash, POSIX_FILE);
}

#[test]
fn other_shells_read_the_bash_form_with_every_value() {
    carries_every_value("dash", "dash", ShellSyntax::Bash, POSIX_FILE);
    carries_every_value("mksh", "mksh", ShellSyntax::Bash, POSIX_FILE);
}

#[test]
fn zsh_reads_every_value_unchanged() {
    carries_every_value("zsh", "zsh", ShellSyntax::Zsh, POSIX_FILE);
}

#[test]
fn fish_reads_every_value_unchanged() {
    carries_every_value("fish", "fish", ShellSyntax::Fish, "source statements; exec env -0");
}

#[test]
fn python_reads_the_dotenv_and_json_forms() {
    let (room, _op, sts, token) = signed_in();
    let mut dotenv = room.jit(&sts, &["env", "prod-admin", "--shell", "dotenv"]);
    let dotenv = room.run_for_credentials(&mut dotenv).ok();
    let file = room.outside("dotenv");
    std::fs::write(&file, &dotenv).unwrap();
    let program = "import dotenv, sys; print(dotenv.dotenv_values(sys.argv[1])['AWS_SESSION_TOKEN'])";
    let said = room.run_for_credentials(room.command(python()).args(["-c", program]).arg(file)).ok();
    assert_eq!(said, format!("{token}\n"));
    // `docker run --env-file` takes all that is behind the first `=` (Docker CLI reference).
    let lines: BTreeMap<&str, &str> = dotenv.lines().map(|line| line.split_once('=').unwrap()).collect();
    assert_eq!(lines["AWS_SESSION_TOKEN"], token);

    let json = room.run_for_credentials(&mut room.jit(&sts, &["env", "prod-admin", "--shell", "json"])).ok();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["AWS_SESSION_TOKEN"], token.as_str());
    assert_eq!(json["JIT_ACCOUNT_ID"], "222222222222");
    for (name, value) in lines {
        assert_eq!(json[name], value, "{name}");
    }
}

/// Completes hostile names on a real terminal: see `complete_names.py`.
fn completes_names(shell: &str) {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join(".config/jit/config.toml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    std::fs::write(&config, "[idp.acme]\ntype = \"oidc\"\nissuer = \"https://a.b\"\nclient_id = \"x\"\n")
        .unwrap();
    let script = Command::new(env!("CARGO_BIN_EXE_jit")).args(["completions", shell]).output().unwrap();
    let completions = home.path().join("completions");
    std::fs::write(&completions, script.stdout).unwrap();
    let mut command = Command::new(python());
    command.env_clear().env("HOME", home.path()).arg(fixture("complete_names.py"));
    command.args([Path::new(shell), &on_path(shell, shell), &completions]);
    let names = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/names.json");
    let said = with_jit_on_path(&mut command).arg(names).output().unwrap();
    assert!(said.status.success(), "{shell}:\n{}", String::from_utf8_lossy(&said.stderr));
}

#[test]
fn bash_completes_hostile_names() {
    completes_names("bash");
}

#[test]
fn zsh_completes_hostile_names() {
    completes_names("zsh");
}

#[test]
fn fish_completes_hostile_names() {
    completes_names("fish");
}

/// A server that speaks like AWS and returns what a shell would act on is refused.
#[test]
fn credentials_with_hostile_characters_are_refused() {
    let room = Room::new();
    let op = OidcProvider::start(&room, &[]);
    let sts = Sts::start(&room, &op.issuer(), "jit-cli", &[("TOKEN_SUFFIX", HOSTILE)]);
    let room = room.with_roles(&op, "");
    let person = op.person(&room, "agree");
    let refused = room.run(room.jit(&sts, &["login", "prod-admin"]).env("BROWSER", person));
    let said = &refused.stderr;
    assert!(refused.code() == 1 && said.contains("the session token has a character"), "{said}");
    assert!(!said.contains("touch pwned"), "{said}");
}

/// Loads the completions into `shell`, types a line and a tab, and sees the role's name come.
fn completed_by(shell: &str) {
    let room = Room::new();
    let op = OidcProvider::start(&room, &[]);
    let sts = Sts::start(&room, &op.issuer(), "jit-cli", &[]);
    let room = room.with_roles(&op, "");
    let completions = room.home().join(format!("completions.{shell}"));
    std::fs::write(&completions, room.run(&mut room.jit(&sts, &["completions", shell])).ok()).unwrap();
    // A large company, as listed at some time: 1,200 accounts with 12 roles each.
    let role = |n: usize| DiscoveredRole {
        idp: "acme".to_owned(),
        account: format!("{:012}", n / 12 + 1),
        role: ["Seven".to_owned(), format!("Role{}", n % 12)][usize::from(n % 12 != 7)].clone(),
        saml: None,
        account_name: Some(format!("team-{}-✨", n / 12 + 1)),
    };
    jit::index::learn(&room.home().join(".local/state/jit"), "acme", (0..14_400).map(role).collect())
        .unwrap();
    std::fs::write(room.home().join("report-2026.txt"), "").unwrap();
    let calls = sts.journal.all("token").len();
    for (line, wanted) in [
        // Behind the two dashes stands another command line: its command, and then files.
        ("jit exec prod-admin -- mkte", "mktemp"),
        ("jit exec -q --region eu-west-1 prod-admin -- mkte", "mktemp"),
        ("jit exec prod-admin -- cat repor", "report-2026.txt"),
        ("jit exec prod-admin -- tar --files-from repor", "report-2026.txt"),
        ("jit exec prod-a", "prod-admin"),
        ("jit exec 000000000777/Se", "000000000777/Seven"),
        ("jit env team-1200-✨/Se", "team-1200-✨/Seven"),
        ("jit console team-77-✨/Se", "team-77-✨/Seven"),
    ] {
        let mut command = room.client(python(), &sts);
        command.arg(fixture("complete.py")).args([shell, on_path(shell, shell).to_str().unwrap()]);
        room.run(with_jit_on_path(&mut command).arg(&completions).args([line, wanted])).ok();
    }
    assert_eq!(sts.journal.all("token").len(), calls, "a completion asks nobody");
}

#[test]
fn bash_completes_a_role() {
    completed_by("bash");
}

#[test]
fn zsh_completes_a_role() {
    completed_by("zsh");
}

#[test]
fn fish_completes_a_role() {
    completed_by("fish");
}
