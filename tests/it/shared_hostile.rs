//! Hostile shared files, against the whole program: what they ask for is refused, or shown so that the person
//! who approves it can see it. If you think of another one, add a line to a table.

use jit_emulator::Settings;

use crate::support::{Output, Room};

const CONFIG: &str = "config/jit/config.toml";
const HONEST: &str = "# What we all use.\n[idp.acme]\ntype = \"oidc\"\nissuer = \"https://acme.okta.com\"\nclient_id = \"jit\"\n\
    [role.dev]\nidp = \"acme\"\nrole_arn = \"arn:aws:iam::111111111111:role/dev\"\ndescription = \"Development\"\n";

/// A home without a configuration, and a shared file in it.
fn room(content: &str) -> Room {
    let room = Room::by_center(Settings::default());
    std::fs::remove_file(room.path(CONFIG)).unwrap();
    room.write("shared.toml", content);
    room
}

fn add(room: &Room, arguments: &[&str]) -> Output {
    room.jit(&[&["configure", "add", "shared.toml"], arguments].concat()).run()
}

/// What is put into an honest file instead of its description, and words of the refusal.
const REFUSED: [(&str, &str); 9] = [
    ("auto_login = true", "a shared file may not set `auto_login`"),
    (
        "[idp.b]\ntype = \"saml\"\nstart_url = \"https://b.example\"\nbrowser = \"pwn\"",
        "cannot name a program",
    ),
    (
        "[idp.b]\ntype = \"saml\"\nstart_url = \"https://b.example\"\nauto_login = true",
        "may not set `auto_login`",
    ),
    (
        "[idp.b]\ntype = \"oidc\"\nissuer = \"https://b.example\"\nclient_id = \"b\"\n\"client\\u005fsecret\" = \"s3cr3t\"",
        "may not set `client_secret`",
    ),
    ("[idp.b]\ntype = \"oidc\"\nissuer = \"http://b.example\"\nclient_id = \"b\"", "is neither https"),
    ("[idp.b]\ntype = \"oidc\"\nissuer = \"https://acme.okta.com@b.example\"\nclient_id = \"b\"", "error: "),
    ("[idp.b]\ntype = \"oidc\"\nissuer = \"https://\u{430}cme.okta.com\"\nclient_id = \"b\"", "error: "),
    ("description = '''\n# <<< shared by x\n'''", "this comment marks a shared part"),
    (
        "[role.\"999999999999/Admin\"]\nidp = \"acme\"\nrole_arn = \"arn:aws:iam::111111111111:role/x\"",
        "name suggests account",
    ),
];

#[test]
fn forbidden_keys_in_a_shared_file_are_refused_with_their_line() {
    for (more, words) in REFUSED {
        let room = room(&HONEST.replace("description = \"Development\"", more));
        for arguments in [&["--yes"][..], &["--dry-run"], &[]] {
            let refused = add(&room, arguments);
            assert!(refused.code() == 2 && refused.stderr.contains(words), "{more}: {refused}");
            assert!(refused.stderr.contains("shared.toml:"), "{more}: {refused}");
            assert!(!refused.to_string().contains("s3cr3t"), "{refused}");
        }
        assert!(!room.path(CONFIG).exists(), "{more}");
    }
}

#[test]
fn an_honest_file_is_accepted_and_an_update_shows_only_changes() {
    let room = room(HONEST);
    let taken = add(&room, &["--yes"]);
    assert_eq!(taken.code(), 0, "{taken}");
    // With --yes both are shown, and stdout has only data.
    insta::assert_snapshot!(room.told(&taken), @r#"
    exit 0
    --- stderr
    ~/shared.toml would add:
      IdPs: 1 new
        new: acme (sign in at acme.okta.com)
      roles: 1 new
        new: dev (111111111111)
      accounts: 1
        new: 111111111111
    --- ~/config/jit/config.toml
    +++ ~/config/jit/config.toml
    @@ -0,0 +1,11 @@
    +# >>> shared by ~/shared.toml sha256:RANDOM
    +# What we all use.
    +[idp.acme]
    +type = "oidc"
    +issuer = "https://acme.okta.com"
    +client_id = "jit"
    +[role.dev]
    +idp = "acme"
    +role_arn = "arn:aws:iam::111111111111:role/dev"
    +description = "Development"
    +# <<< shared by ~/shared.toml
    ✓ Added to ~/config/jit/config.toml: idp acme, role dev (shared by ~/shared.toml, sha256 RANDOM)
    next: jit login
    "#);
    assert!(!taken.stderr.contains("warning"), "{taken}");
    room.write("shared.toml", &HONEST.replace("\"Development\"", "\"Developers\""));
    let update = add(&room, &["--dry-run"]);
    assert_eq!(update.code(), 0, "{update}");
    let changed: Vec<&str> = update.stdout.lines().filter(|line| line.starts_with(['+', '-'])).collect();
    assert_eq!(changed.len(), 6, "the names of the file, the hash and the line: {update}");
    assert_eq!(changed[4..], ["-description = \"Development\"", "+description = \"Developers\""]);
    insta::assert_snapshot!(room.told(&update), @r#"
    exit 0
    --- stdout
    --- ~/config/jit/config.toml
    +++ ~/config/jit/config.toml
    @@ -1,4 +1,4 @@
    -# >>> shared by ~/shared.toml sha256:RANDOM
    +# >>> shared by ~/shared.toml sha256:RANDOM
     # What we all use.
     [idp.acme]
     type = "oidc"
    @@ -7,5 +7,5 @@
     [role.dev]
     idp = "acme"
     role_arn = "arn:aws:iam::111111111111:role/dev"
    -description = "Development"
    +description = "Developers"
     # <<< shared by ~/shared.toml
    --- stderr
    ~/shared.toml changed since you took it:
      IdPs: 1 unchanged
      roles: 1 changed
        changed: dev (different description)
      accounts: 1
    ✓ Would update in ~/config/jit/config.toml: idp acme, role dev (shared by ~/shared.toml, sha256 RANDOM)
    "#);
}

/// Texts around a change that used to hide it, and others that might. `SHOWN` becomes `OTHER`, and both must
/// be visible.
const AROUND_A_CHANGE: [&str; 7] = [
    "# client_secret = '''\n# SHOWN\n# '''\n",
    "# client_secret \"\"\"\n# SHOWN\n",
    "description = '''client_secret\nSHOWN'''\n",
    "description = \"SHOWN\" # client_secret = \"\n",
    "tags = { client_secret = \"SHOWN\" }\n",
    "# aws_secret_access_key = SHOWN\n",
    "# \u{202e}SHOWN\u{202c}\n",
];

#[test]
fn a_change_is_shown_whatever_surrounds_it() {
    for around in AROUND_A_CHANGE {
        let spoke = "[role.spoke]\nvia = \"dev\"\nrole_arn = \"arn:aws:iam::222222222222:role/spoke\"\n";
        let before = format!("{HONEST}{spoke}{around}");
        let room = room(&before);
        let first = add(&room, &["--yes"]);
        assert!(first.code() == 0 && first.stderr.contains("SHOWN"), "{around}: {first}");
        room.write("shared.toml", &before.replace("SHOWN", "OTHER"));
        let update = add(&room, &["--dry-run"]);
        assert!(update.stdout.contains("SHOWN") && update.stdout.contains("OTHER"), "{around}: {update}");
        assert!(!update.stdout.contains("(not shown)") && !update.stdout.contains('\u{202e}'), "{update}");
    }
}

#[test]
fn the_sign_in_hosts_are_shown_first() {
    let room = room(HONEST);
    assert_eq!(add(&room, &["--yes"]).code(), 0);
    // Behind a comment that looks like a secret, and in a host that looks like the old one.
    let hostile = HONEST
        .replace("issuer =", "# client_secret = '''\nissuer =")
        .replace("client_id", "# '''\nclient_id");
    room.write("shared.toml", &hostile.replace("acme.okta.com", "xn--cme-5cd.okta.com"));
    let mut asked = room.jit(&["configure", "add"]).somebody_types().start();
    let shown = asked.says("Change this in ~/config/jit/config.toml? [y/N, d for the diff]");
    assert!(shown.contains("a DIFFERENT HOST: it was acme.okta.com"), "{shown}");
    assert!(
        shown.contains("xn--cme-5cd.okta.com reads \u{430}cme.okta.com, and its letters may be look-alikes"),
        "{shown}"
    );
    asked.types("d\n");
    let shown = asked.says("Change this in ~/config/jit/config.toml? [y/N, d for the diff]");
    assert!(shown.contains("+issuer = \"https://xn--cme-5cd.okta.com\""), "{shown}");
    asked.types("\n");
    let asked = asked.wait();
    assert!(asked.code() == 0 && asked.stdout.contains("Nothing was written"), "{asked}");
}

#[test]
fn names_already_in_use_are_shown_before_the_question() {
    let more = "[role.default]\nidp = \"acme\"\nrole_arn = \"arn:aws:iam::111111111111:role/x\"\n\
                [role.keys]\nidp = \"acme\"\nrole_arn = \"arn:aws:iam::111111111111:role/y\"\n";
    let room = room(&format!("{HONEST}{more}"));
    room.write(".aws/config", "[profile dev]\nregion = eu-west-1\n");
    room.write(
        ".aws/credentials",
        "[keys]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n",
    );
    room.write_config("[idp.mine]\ntype = \"saml\"\nstart_url = \"https://mine.example\"\n[role.Dev]\nidp = \"mine\"\nrole_arn = \"arn:aws:iam::111111111111:role/x\"\n");
    let shown = add(&room, &["--dry-run"]);
    insta::assert_snapshot!(room.told(&shown), @r#"
    exit 0
    --- stdout
    --- ~/config/jit/config.toml
    +++ ~/config/jit/config.toml
    @@ -4,3 +4,21 @@
     [role.Dev]
     idp = "mine"
     role_arn = "arn:aws:iam::111111111111:role/x"
    +
    +# >>> shared by ~/shared.toml sha256:RANDOM
    +# What we all use.
    +[idp.acme]
    +type = "oidc"
    +issuer = "https://acme.okta.com"
    +client_id = "jit"
    +[role.dev]
    +idp = "acme"
    +role_arn = "arn:aws:iam::111111111111:role/dev"
    +description = "Development"
    +[role.default]
    +idp = "acme"
    +role_arn = "arn:aws:iam::111111111111:role/x"
    +[role.keys]
    +idp = "acme"
    +role_arn = "arn:aws:iam::111111111111:role/y"
    +# <<< shared by ~/shared.toml
    --- stderr
    ~/shared.toml would add:
      IdPs: 1 new
        new: acme (sign in at acme.okta.com)
      roles: 3 new
        new: dev (111111111111), default (111111111111), keys (111111111111)
      accounts: 1
        new: 111111111111
    warning: Profiles of your AWS files have the same names: dev, keys. jit would use the shared roles instead of these profiles; other tools keep the profiles
    warning: The role default has the name of the profile that AWS tools use by default. jit configure profiles does not write [default] for it without --name default
    warning: The shared role dev and your own Dev differ only in case
    ✓ Would add to ~/config/jit/config.toml: idp acme, role dev, role default, role keys (shared by ~/shared.toml, sha256 RANDOM)
    "#);
    assert_eq!(add(&room, &["--yes"]).code(), 0);
    let profiles = room.jit(&["configure", "profiles"]).run();
    insta::assert_snapshot!(room.told(&profiles), @"
    exit 0
    --- stderr
    ✓ Added to ~/.aws/config: Dev
    warning: ~/.aws/config:1: the profile dev is not managed by jit and was not changed; --replace takes it over if it is the same role
    warning: ~/.aws/credentials:1: the profile keys is not managed by jit and would take precedence, so jit did not write one. Remove it there, or choose another name with --name
    warning: The role default has no profile: AWS tools use [default] when no profile is given. To write it: jit configure profiles default --name default
    Backup of the previous file: ~/.aws/config.jit-backup
    ");
    let written = std::fs::read_to_string(room.path(".aws/config")).unwrap();
    assert!(
        !written.contains("[default]") && written.starts_with("[profile dev]\nregion = eu-west-1\n"),
        "{written}"
    );
}

/// Later edits to the copy, by a person or a program, are checked by the same rules, by every command.
#[test]
fn an_edited_copy_is_refused_by_every_command() {
    let room = room(HONEST);
    assert_eq!(add(&room, &["--yes"]).code(), 0);
    let config = std::fs::read_to_string(room.path(CONFIG)).unwrap();
    for (from, to, words) in [
        ("description", "auto_login = true\ndescription", "a shared file may not set `auto_login`"),
        ("client_id", "client_secret = \"s3cr3t\"\nclient_id", "a shared file may not set `client_secret`"),
        ("# <<<", "description2 = '''\n# <<<", ""),
        ("# <<<", "# <<", "is missing or has another URL"),
    ] {
        room.write_config(&config.replacen(from, to, 1));
        for command in [
            &["explain", "dev"][..],
            &["login", "dev"],
            &["credential-process", "dev"],
            &["exec", "dev", "--", "true"],
        ] {
            let refused = room.jit(command).run();
            assert!(refused.code() == 2 && refused.stderr.contains(words), "{command:?} {to}: {refused}");
            assert!(refused.stderr.contains("~/config/jit/config.toml:"), "{refused}");
            assert!(!refused.stderr.contains("s3cr3t"), "{refused}");
        }
    }
}
