//! What `jit env` and `jit completions` print, read by the real shells. PowerShell is in no Debian archive, and the packages
//! of that name elsewhere download it from a third place while they are installed, so it has unit tests only.

use std::process::Command;

use jit::plan::DiscoveredRole;
use serde_json::Value;

use crate::support::{OidcProvider, Room, Sts, fixture, on_path, python};

/// Put behind the session token: all that a shell may take for its own.
const HOSTILE: &str = r#" '"$(touch pwned)`touch pwned`\n\\ %PATH% $HOME !! ;&|<>(*?[a]{b,c}~#=' "#;

/// A room where alice is signed in, and a session token came with hostile text.
fn signed_in() -> (Room, OidcProvider, Sts, String) {
    let room = Room::new();
    let op = OidcProvider::start(&room, &[]);
    let sts = Sts::start(&room, &op.issuer(), "jit-cli", &[("TOKEN_SUFFIX", HOSTILE)]);
    let room = room.with_roles(&op, "");
    room.sign_in(&op, &sts);
    let token = sts.journal.all("token").remove(1);
    assert!(token.ends_with(HOSTILE));
    (room, op, sts, token)
}

/// `jit`'s folder first on the path, as if it were installed.
fn with_jit_on_path(command: &mut Command) -> &mut Command {
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_jit")).parent().unwrap();
    command.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display()))
}

fn evaluated_by(shell: &str, program: &str) {
    let (room, _op, sts, token) = signed_in();
    let mut command = room.client(on_path(shell, shell), &sts);
    let said = room.run_for_credentials(with_jit_on_path(&mut command).args(["-c", program])).ok();
    assert_eq!(said, format!("{token}\n222222222222\n"), "{shell}");
    assert!(!room.home().join("pwned").exists(), "{shell} ran what was in a value");
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

#[test]
fn python_reads_the_dotenv_and_json_forms() {
    let (room, _op, sts, token) = signed_in();
    let mut dotenv = room.jit(&sts, &["env", "prod-admin", "--shell", "dotenv"]);
    let file = room.outside("dotenv");
    std::fs::write(&file, room.run_for_credentials(&mut dotenv).ok()).unwrap();
    let program = "import dotenv, sys; print(dotenv.dotenv_values(sys.argv[1])['AWS_SESSION_TOKEN'])";
    let said = room.run_for_credentials(room.command(python()).args(["-c", program]).arg(file)).ok();
    assert_eq!(said, format!("{token}\n"));

    let json = room.run_for_credentials(&mut room.jit(&sts, &["env", "prod-admin", "--shell", "json"])).ok();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["AWS_SESSION_TOKEN"], token.as_str());
    assert_eq!(json["JIT_ACCOUNT_ID"], "222222222222");
}

/// Loads the completions into `shell`, types a line and a tab, and sees the role's name come.
fn completed_by(shell: &str) {
    let room = Room::new();
    let op = OidcProvider::start(&room, &[]);
    let sts = Sts::start(&room, &op.issuer(), "jit-cli", &[]);
    let room = room.with_roles(&op, "");
    let completions = room.home().join(format!("completions.{shell}"));
    std::fs::write(&completions, room.run(&mut room.jit(&sts, &["completions", shell])).ok()).unwrap();
    // A large company, seen at some time: 1,200 accounts with 12 roles each.
    let role = |n: usize| DiscoveredRole {
        idp: "acme".to_owned(),
        account: format!("{:012}", n / 12 + 1),
        role: ["Seven".to_owned(), format!("Role{}", n % 12)][usize::from(n % 12 != 7)].clone(),
        saml: None,
        account_name: Some(format!("team-{}-✨", n / 12 + 1)),
    };
    jit::index::learn(&room.home().join(".local/state/jit"), "acme", (0..14_400).map(role).collect())
        .unwrap();
    let calls = sts.journal.all("token").len();
    for (line, wanted) in [
        ("jit exec prod-a", "prod-admin"),
        ("jit exec 000000000777/Se", "000000000777/Seven"),
        ("jit env team-1200-✨/Se", "team-1200-✨/Seven"),
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
