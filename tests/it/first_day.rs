//! A colleague's first day: four commands, and no question that the shared file could have answered.

use std::fs;

use jit_emulator::{Approval, Call, Settings};

use crate::session::without_colour;
use crate::shared::Page;
use crate::support::Room;

const CONFIG: &str = "config/jit/config.toml";

/// Somebody who has never used `jit`, and comes with a profile of `aws sso login`.
fn room() -> Room {
    let room = Room::with(Settings { approval: Approval::AtOnce, ..Settings::default() });
    fs::remove_file(room.path(CONFIG)).unwrap();
    let start = room.servers().start_url();
    room.write(
        ".aws/config",
        &format!(
            "[profile sandbox]\nsso_start_url = {start}\nsso_region = eu-west-1\nsso_account_id = 333333333333\n\
             sso_role_name = Developer\nregion = eu-central-1\noutput = json\n"
        ),
    );
    room
}

/// What the company shares: two roles, and which of them most people want.
fn shared(room: &Room) -> String {
    let start = room.servers().start_url();
    format!(
        "# What we all use.\ndefault_role = \"dev\"\n\n\
         [idp.acme]\ntype = \"identity-center\"\nstart_url = \"{start}\"\nregion = \"eu-west-1\"\n\n\
         [role.audit]\nidp = \"acme\"\naccount = \"444444444444\"\npermission_set = \"ReadOnly\"\n\n\
         [role.dev]\nidp = \"acme\"\naccount = \"333333333333\"\npermission_set = \"Developer\"\n"
    )
}

#[test]
fn four_commands_and_no_question_that_the_file_could_have_answered() {
    let room = room();
    let page = Page::of(&shared(&room));
    // One question, which nobody else can answer: whether to take the file.
    let mut add = room.jit(&["configure", "add", &page.url]).somebody_types().start();
    let shown = add.says("[y/N, d for the diff]");
    assert!(shown.contains("  default role: dev\r\n"), "{shown}");
    add.types("y\n");
    let add = add.wait();
    assert_eq!((add.code(), add.stdout.matches("[y/N").count()), (0, 1), "{add}");

    // The list has that role first, one key away; nothing is asked about where or how to sign in.
    let mut login = room.jit(&["login"]).somebody_types().start();
    let list = without_colour(&login.says("audit"));
    assert!(list.contains("❯ dev "), "{list}");
    login.types("\r");
    let login = login.wait();
    assert!(login.code() == 0 && login.stdout.contains("Signed in as alice@example.com at acme"), "{login}");
    // A script, which cannot be asked, gets the same without the key.
    let script = room.jit(&["login"]).run();
    assert!(script.code() == 0 && script.stderr.contains("dev"), "{script}");

    let exec = room.jit(&["exec", "-q", "--", "sh", "-c", "echo $JIT_ROLE $JIT_ACCOUNT_ID"]).run();
    assert_eq!((exec.code(), exec.stdout.as_str(), exec.stderr.as_str()), (0, "dev 333333333333\n", ""));

    let profiles = room.jit(&["configure", "profiles", "--replace"]).somebody_types().start().wait();
    assert!(profiles.code() == 0 && !profiles.stdout.contains('?'), "{profiles}");
    let aws = fs::read_to_string(room.path(".aws/config")).unwrap();
    for (profile, role) in [("sandbox", "dev"), ("dev", "dev"), ("audit", "audit")] {
        let section = format!("[profile {profile}]\ncredential_process = ");
        let rest = aws.split_once(&section).unwrap_or_else(|| panic!("{aws}")).1;
        assert!(rest.lines().next().unwrap().ends_with(&format!(" credential-process {role}")), "{aws}");
    }
    assert!(aws.contains("region = eu-central-1\noutput = json\n") && !aws.contains("sso_"), "{aws}");
    assert_eq!(room.asks_for("dev").code(), 0);
    assert_eq!(room.count(Call::CenterAuthorize), 1, "one sign-in was enough for the day");
}

/// A default role of the person's own is not taken from them, and the summary says so.
#[test]
fn the_persons_own_default_role_stays() {
    let room = room();
    let file = shared(&room);
    let page = Page::of(&file);
    let own = "default_role = \"mine\"\n\n[idp.own]\ntype = \"saml\"\nstart_url = \"https://idp.example.com/app\"\n\n\
               [role.mine]\nidp = \"own\"\nrole_arn = \"arn:aws:iam::111111111111:role/x\"\n";
    room.write_config(own);
    let added = room.jit(&["configure", "add", &page.url, "--yes"]).run();
    insta::assert_snapshot!(room.told(&added), @r#"
    exit 0
    --- stderr
    http://127.0.0.1:PORT/jit.toml would add:
      IdPs: 1 new
        new: acme (sign in at 127.0.0.1:PORT)
      roles: 2 new
        new: audit (444444444444), dev (333333333333)
      accounts: 2
        new: 333333333333, 444444444444
      default role: dev; not used, because you have mine
    warning: acme: `start_url` is on this machine and used without TLS
    --- ~/config/jit/config.toml
    +++ ~/config/jit/config.toml
    @@ -7,3 +7,23 @@
     [role.mine]
     idp = "own"
     role_arn = "arn:aws:iam::111111111111:role/x"
    +
    +# >>> shared by http://127.0.0.1:PORT/jit.toml sha256:RANDOM
    +# What we all use.
    +default_role = "dev"
    +
    +[idp.acme]
    +type = "identity-center"
    +start_url = "http://127.0.0.1:PORT/start"
    +region = "eu-west-1"
    +
    +[role.audit]
    +idp = "acme"
    +account = "444444444444"
    +permission_set = "ReadOnly"
    +
    +[role.dev]
    +idp = "acme"
    +account = "333333333333"
    +permission_set = "Developer"
    +# <<< shared by http://127.0.0.1:PORT/jit.toml
    ✓ Added to ~/config/jit/config.toml: idp acme, role audit, role dev (shared by http://127.0.0.1:PORT/jit.toml, sha256 RANDOM)
    Backup of the previous file: ~/config/jit/config.toml.jit-backup
    next: jit login
    "#);
    let explained = |room: &Room| room.jit(&["explain"]).run().stdout.lines().next().unwrap().to_owned();
    assert_eq!(explained(&room), "mine (from ~/config/jit/config.toml:1)");
    // Without it, the shared one counts, with the line that it has.
    let without = fs::read_to_string(room.path(CONFIG)).unwrap().replace("default_role = \"mine\"\n\n", "");
    room.write_config(&without);
    let line = without.lines().position(|line| line.starts_with("default_role")).unwrap() + 1;
    assert_eq!(explained(&room), format!("dev (from ~/config/jit/config.toml:{line})"));
    // A change of it is shown like any other, and the refresh keeps everything in its place.
    page.says("200 OK", &file.replace("default_role = \"dev\"", "default_role = \"audit\""));
    let changed = room.jit(&["configure", "add", "--yes"]).run();
    insta::assert_snapshot!(room.told(&changed), @r#"
    exit 0
    --- stderr
    http://127.0.0.1:PORT/jit.toml changed since you took it:
      IdPs: 1 unchanged
      roles: 2 unchanged
      accounts: 2
      default role: audit (it was dev)
    warning: acme: `start_url` is on this machine and used without TLS
    --- ~/config/jit/config.toml
    +++ ~/config/jit/config.toml
    @@ -6,9 +6,9 @@
     idp = "own"
     role_arn = "arn:aws:iam::111111111111:role/x"
     
    -# >>> shared by http://127.0.0.1:PORT/jit.toml sha256:RANDOM
    +# >>> shared by http://127.0.0.1:PORT/jit.toml sha256:RANDOM
     # What we all use.
    -default_role = "dev"
    +default_role = "audit"
     
     [idp.acme]
     type = "identity-center"
    ✓ Updated in ~/config/jit/config.toml: idp acme, role audit, role dev (shared by http://127.0.0.1:PORT/jit.toml, sha256 RANDOM)
    Backup of the previous file: ~/config/jit/config.toml.jit-backup
    "#);
    assert_eq!(explained(&room), format!("audit (from ~/config/jit/config.toml:{line})"));
    assert_eq!(room.jit(&["configure", "add"]).run().stderr, format!("✓ Nothing new at {}\n", page.url));
}

/// A shared file may choose among its own roles, and set nothing else above its tables.
#[test]
fn a_shared_default_role_is_one_of_the_files_own() {
    let room = room();
    let file = shared(&room);
    let page = Page::of("");
    let own = "[idp.own]\ntype = \"saml\"\nstart_url = \"https://idp.example.com/app\"\n\n\
               [role.mine]\nidp = \"own\"\nrole_arn = \"arn:aws:iam::111111111111:role/x\"\n";
    room.write_config(own);
    let mut answers = String::new();
    for head in [
        "default_role = \"mine\"\n",
        "default_role = \"nobody\"\n",
        "default_role = \"dev\"\nauto_login = true\n",
        "default_role = \"dev\"\nkey_cache = \"30d\"\n",
        "default_role = [\"dev\"]\n",
    ] {
        page.says("200 OK", &file.replace("default_role = \"dev\"\n", head));
        let refused = room.jit(&["configure", "add", &page.url, "--yes"]).run();
        answers.push_str(&format!("# {head}\n{}\n", room.told(&refused)));
        assert_eq!(fs::read_to_string(room.path(CONFIG)).unwrap(), own);
    }
    insta::assert_snapshot!(answers, @r#"
    # default_role = "mine"

    exit 2
    --- stderr
    error: http://127.0.0.1:PORT/jit.toml:2:16: there is no [role.mine]
         2 | default_role = "mine"
      next: valid names: audit, dev

    # default_role = "nobody"

    exit 2
    --- stderr
    error: http://127.0.0.1:PORT/jit.toml:2:16: there is no [role.nobody]
         2 | default_role = "nobody"
      next: valid names: audit, dev

    # default_role = "dev"
    auto_login = true

    exit 2
    --- stderr
    error: http://127.0.0.1:PORT/jit.toml:3:1: a shared file may not set `auto_login` (Would let any program start a sign-in; each person decides that)
         3 | auto_login = …
      next: delete it there; each person may set it in their own config.toml

    # default_role = "dev"
    key_cache = "30d"

    exit 2
    --- stderr
    error: http://127.0.0.1:PORT/jit.toml:3:1: a shared file may not set `key_cache` (How long the key stays in memory is each person's choice)
         3 | key_cache = …
      next: delete it there; each person may set it in their own config.toml

    # default_role = ["dev"]

    exit 2
    --- stderr
    error: http://127.0.0.1:PORT/jit.toml:2:16: `default_role` in the file must be a string in quotes, not a list
         2 | default_role = ["dev"]
    "#);
}
