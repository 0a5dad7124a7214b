//! A shared file that has moved, and one that is not wanted any more.

use jit_emulator::Settings;

use crate::shared::Page;
use crate::support::{Output, Room};

const CONFIG: &str = "config/jit/config.toml";

fn shared(room: &Room) -> String {
    let start = room.servers().start_url();
    format!(
        "[idp.acme]\ntype = \"identity-center\"\nstart_url = \"{start}\"\nregion = \"eu-west-1\"\n\n\
         [role.dev]\nidp = \"acme\"\naccount = \"333333333333\"\npermission_set = \"Developer\"\n"
    )
}

/// A room whose `config.toml` has a setting of the person's, and nothing else.
fn room() -> Room {
    let room = Room::by_center(Settings::default());
    room.write_config("# mine\nkey_cache = \"2h\"\n");
    room
}

fn config(room: &Room) -> String {
    std::fs::read_to_string(room.path(CONFIG)).unwrap()
}

fn configure(room: &Room, arguments: &[&str]) -> Output {
    room.jit(&[&["configure"], arguments].concat()).run()
}

#[test]
fn a_file_that_has_moved_takes_its_own_place() {
    let room = room();
    let file = shared(&room);
    let (old, new) = (Page::of(&file), Page::of(&file.replace("role.dev]", "role.developer]")));
    assert_eq!(configure(&room, &["add", &old.url, "--yes"]).code(), 0);
    let before = config(&room);
    // The old URL says where it is now. Nobody is sent there unasked.
    old.says(&format!("301 Moved Permanently\r\nLocation: {}", new.url), "");
    let told = configure(&room, &["add"]);
    insta::assert_snapshot!(room.told(&told), @"
    exit 1
    --- stderr
    error: http://127.0.0.1:PORT/jit.toml redirects to http://127.0.0.1:PORT/jit.toml
      next: jit configure add http://127.0.0.1:PORT/jit.toml  if you trust that URL: takes the file from there from now on
    ");
    assert_eq!(config(&room), before);
    let taken = configure(&room, &["add", &new.url, "--yes"]);
    insta::assert_snapshot!(room.told(&taken), @r#"
    exit 0
    --- stderr
    http://127.0.0.1:PORT/jit.toml takes the place of http://127.0.0.1:PORT/jit.toml, which shared the same IdPs until now
    http://127.0.0.1:PORT/jit.toml changed since you took it:
      IdPs: 1 unchanged
      roles: 1 new, 1 removed
        new: developer (333333333333)
        removed: dev
      accounts: 1
    warning: acme: `start_url` is on this machine and used without TLS
    warning: Another host shares the file: 127.0.0.1:PORT instead of 127.0.0.1:PORT
    --- ~/config/jit/config.toml
    +++ ~/config/jit/config.toml
    @@ -1,14 +1,14 @@
     # mine
     key_cache = "2h"
     
    -# >>> shared by http://127.0.0.1:PORT/jit.toml sha256:RANDOM
    +# >>> shared by http://127.0.0.1:PORT/jit.toml sha256:RANDOM
     [idp.acme]
     type = "identity-center"
     start_url = "http://127.0.0.1:PORT/start"
     region = "eu-west-1"
     
    -[role.dev]
    +[role.developer]
     idp = "acme"
     account = "333333333333"
     permission_set = "Developer"
    -# <<< shared by http://127.0.0.1:PORT/jit.toml
    +# <<< shared by http://127.0.0.1:PORT/jit.toml
    ✓ Updated in ~/config/jit/config.toml: idp acme, role developer (shared by http://127.0.0.1:PORT/jit.toml, sha256 RANDOM)
    Backup of the previous file: ~/config/jit/config.toml.jit-backup
    "#);
    let now = config(&room);
    assert!(!now.contains(&old.url) && now.matches("# >>> shared by ").count() == 1, "{now}");
    assert!(
        now.starts_with("# mine\nkey_cache = \"2h\"\n\n# >>> shared by ") && now.contains("[role.developer]"),
        "{now}"
    );
    assert_eq!(room.jit(&["explain", "developer"]).run().code(), 0);
    // From now on it is refreshed there.
    let again = configure(&room, &["add"]);
    assert_eq!((again.code(), again.stderr), (0, format!("✓ Nothing new at {}\n", new.url)));

    // A location on the same host, and one that may not be used at all.
    new.says("308 Permanent Redirect\r\nLocation: /here/jit.toml", "");
    let told = configure(&room, &["add"]);
    insta::assert_snapshot!(room.told(&told), @"
    exit 1
    --- stderr
    error: http://127.0.0.1:PORT/jit.toml redirects to /here/jit.toml
      next: jit configure add http://127.0.0.1:PORT/here/jit.toml  if you trust that URL: takes the file from there from now on
    ");
    new.says("302 Found\r\nLocation: http://intranet.example/jit.toml", "");
    let told = configure(&room, &["add"]);
    insta::assert_snapshot!(room.told(&told), @"
    exit 1
    --- stderr
    error: http://127.0.0.1:PORT/jit.toml redirects to http://intranet.example/jit.toml
      next: ask the publisher of the file for its new URL
    ");
}

#[test]
fn another_file_with_the_same_names_replaces_nothing() {
    let room = room();
    let file = shared(&room);
    let first = Page::of(&file);
    assert_eq!(configure(&room, &["add", &first.url, "--yes"]).code(), 0);
    let before = config(&room);
    // It has one role of the first, and none of its IdPs.
    let other = Page::of(&file.replace("acme", "other"));
    let refused = configure(&room, &["add", &other.url, "--yes"]);
    insta::assert_snapshot!(room.told(&refused), @"
    exit 2
    --- stderr
    error: ~/config/jit/config.toml already defines [role.dev], and http://127.0.0.1:PORT/jit.toml defines it too
      next: jit configure remove http://127.0.0.1:PORT/jit.toml  removes the other shared file, if this one replaces it
    ");
    assert_eq!(config(&room), before);
    // Of two files that it could take the place of, it takes neither.
    let second = Page::of(&file.replace("acme", "second").replace("role.dev]", "role.dev2]"));
    assert_eq!(configure(&room, &["add", &second.url, "--yes"]).code(), 0);
    let both =
        Page::of(&format!("{file}\n{}", file.replace("acme", "second").replace("role.dev]", "role.dev2]")));
    assert_eq!(configure(&room, &["add", &both.url, "--yes"]).code(), 2);
}

#[test]
fn a_shared_file_is_removed_and_nothing_else() {
    let room = room();
    let file = shared(&room);
    let page = Page::of(&file);
    let before = config(&room);
    let nothing = configure(&room, &["remove"]);
    insta::assert_snapshot!(room.told(&nothing), @"
    exit 2
    --- stderr
    error: ~/config/jit/config.toml contains no shared file
    ");
    assert_eq!(configure(&room, &["add", &page.url, "--yes"]).code(), 0);
    let with = config(&room);
    let unknown = configure(&room, &["remove", "https://acme.com/other.toml"]);
    insta::assert_snapshot!(room.told(&unknown), @"
    exit 2
    --- stderr
    error: ~/config/jit/config.toml contains no file shared by https://acme.com/other.toml
      next: jit configure remove http://127.0.0.1:PORT/jit.toml
    ");
    let dry = configure(&room, &["remove", "--dry-run"]);
    insta::assert_snapshot!(room.told(&dry), @r#"
    exit 0
    --- stdout
    --- ~/config/jit/config.toml
    +++ ~/config/jit/config.toml
    @@ -1,14 +1,2 @@
     # mine
     key_cache = "2h"
    -
    -# >>> shared by http://127.0.0.1:PORT/jit.toml sha256:RANDOM
    -[idp.acme]
    -type = "identity-center"
    -start_url = "http://127.0.0.1:PORT/start"
    -region = "eu-west-1"
    -
    -[role.dev]
    -idp = "acme"
    -account = "333333333333"
    -permission_set = "Developer"
    -# <<< shared by http://127.0.0.1:PORT/jit.toml
    --- stderr
    ✓ Would remove from ~/config/jit/config.toml: idp acme, role dev (shared by http://127.0.0.1:PORT/jit.toml)
    "#);
    assert_eq!(config(&room), with);
    // A person is asked, and a no is a no.
    for (answer, left) in [("n\n", &with), ("y\n", &before)] {
        let mut remove = room.jit(&["configure", "remove", &page.url]).somebody_types().start();
        remove.says("Remove this from ~/config/jit/config.toml? [y/N]");
        remove.types(answer);
        assert_eq!(remove.wait().code(), 0);
        assert_eq!(config(&room), *left);
    }
    assert_eq!(std::fs::read_to_string(room.path("config/jit/config.toml.jit-backup")).unwrap(), with);

    // What the person wrote themselves must not be left without a way.
    assert_eq!(configure(&room, &["add", &page.url, "--yes"]).code(), 0);
    let own = "\n[role.mine]\nvia = \"dev\"\nrole_arn = \"arn:aws:iam::222222222222:role/x\"\n";
    room.write_config(&format!("{}{own}", config(&room)));
    let used = configure(&room, &["remove", "--yes"]);
    insta::assert_snapshot!(room.told(&used), @"
    exit 2
    --- stderr
    error: your own role mine starts from a role or IdP from the file
      next: delete or change these tables of config.toml first, then run the command again
    ");
    // Edits in it are not thrown away unseen; and of several files, the one that is named goes.
    room.write_config(&with.replace("eu-west-1", "eu-west-2"));
    let edited = configure(&room, &["remove", "--yes"]);
    insta::assert_snapshot!(room.told(&edited), @"
    exit 2
    --- stderr
    error: the part shared by http://127.0.0.1:PORT/jit.toml was edited in ~/config/jit/config.toml
      next: without --yes, jit shows the edits that would be lost and asks
    ");
    room.write_config(&with);
    room.write("mine.toml", &file.replace("acme", "own").replace("role.dev]", "role.own]"));
    assert_eq!(configure(&room, &["add", "mine.toml", "--yes"]).code(), 0);
    let several = configure(&room, &["remove", "--yes"]);
    insta::assert_snapshot!(room.told(&several), @"
    exit 2
    --- stderr
    error: ~/config/jit/config.toml contains several shared files
      next: jit configure remove http://127.0.0.1:PORT/jit.toml
      next: jit configure remove ~/mine.toml
    ");
    // A file is found by its path from here.
    assert_eq!(configure(&room, &["remove", "mine.toml", "--yes"]).code(), 0);
    assert_eq!(config(&room), with);
}
