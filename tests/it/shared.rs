//! A shared file: shown, accepted, pinned, refreshed on request.

mod refused;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::sync::{Arc, Mutex};

use jit::config::shared::hash;
use jit_emulator::Settings;

use crate::support::{Output, Room};

const CONFIG: &str = "config/jit/config.toml";

/// A web server with one page, which can be changed: a status with headers, and a body.
pub(crate) struct Page {
    pub(crate) url: String,
    says: Arc<Mutex<(String, String)>>,
}

impl Page {
    pub(crate) fn of(body: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/jit.toml", listener.local_addr().unwrap());
        let says = Arc::new(Mutex::new(("200 OK".to_owned(), body.to_owned())));
        let told = Arc::clone(&says);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
                let (head, body) = told.lock().unwrap().clone();
                let _ = write!(
                    stream,
                    "HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        Self { url, says }
    }

    pub(crate) fn says(&self, head: &str, body: &str) {
        *self.says.lock().unwrap() = (head.to_owned(), body.to_owned());
    }
}

/// A shared file for the built-in Identity Center.
fn shared(room: &Room) -> String {
    let start = room.servers().start_url();
    format!(
        "# What we all use.\n[idp.acme]\ntype      = \"identity-center\"\nstart_url = \"{start}\"\nregion    = \"eu-west-1\"\n\n\
         [role.dev]\nidp            = \"acme\"\naccount        = \"333333333333\"\npermission_set = \"Developer\"\n"
    )
}

/// A home without a configuration.
fn room() -> Room {
    let room = Room::by_center(Settings::default());
    std::fs::remove_file(room.path(CONFIG)).unwrap();
    room
}

fn config(room: &Room) -> String {
    std::fs::read_to_string(room.path(CONFIG)).unwrap()
}

fn add(room: &Room, arguments: &[&str]) -> Output {
    room.jit(&[&["configure", "add"], arguments].concat()).run()
}

#[test]
fn a_tour_of_a_new_colleague() {
    let room = room();
    let file = shared(&room);
    let page = Page::of(&file);
    let mut taken = room.jit(&["configure", "add", &page.url]).somebody_types().start();
    // First the important facts, then all of it on request.
    let host = room.servers().start_url().split('/').nth(2).unwrap().to_owned();
    let shown = taken.says("Add this to ~/config/jit/config.toml? [y/N, d for the diff]");
    for line in [
        format!("{} would add:", page.url),
        format!("  IdPs: 1 new\r\n    new: acme (sign in at {host})"),
        "  roles: 1 new\r\n    new: dev (333333333333)".to_owned(),
        "  accounts: 1\r\n    new: 333333333333".to_owned(),
    ] {
        assert!(shown.contains(&line), "{line}: {shown}");
    }
    assert!(!shown.contains("+[role.dev]"), "{shown}");
    taken.types("d\n");
    let shown = taken.says("Add this to ~/config/jit/config.toml? [y/N, d for the diff]");
    assert!(shown.contains("+# What we all use.") && shown.contains("+[role.dev]"), "{shown}");
    taken.types("y\n");
    let taken = taken.wait();
    let said = format!(
        "Added to ~/config/jit/config.toml: idp acme, role dev (shared by {}, sha256 {})",
        page.url,
        hash(file.as_bytes())
    );
    assert!(taken.code() == 0 && taken.stdout.trim_end().ends_with(" jit login"), "{taken}");
    assert!(taken.stdout.contains(&said), "{said}: {taken}");
    let mut login = room.jit(&["login"]).somebody_types().start();
    login.says("Role");
    login.types("\r");
    let login = login.wait();
    assert!(login.code() == 0 && login.stdout.contains("Signed in as alice@example.com at acme"), "{login}");
    assert_eq!(
        room.jit(&["exec", "-q", "dev", "--", "sh", "-c", "echo $JIT_ACCOUNT_ID"]).run().stdout,
        "333333333333\n"
    );
    let explained = room.jit(&["explain", "dev"]).run();
    insta::assert_snapshot!(room.told(&explained), @"
    exit 0
    --- stdout
    dev (from the command line)

    1. idp acme
      start_url          http://127.0.0.1:PORT/start  ~/config/jit/config.toml:5
      region             eu-west-1                     ~/config/jit/config.toml:6
      flow               auto                          default
      redirect_port      any free port                 default
      sso_oidc_endpoint  http://127.0.0.1:PORT        AWS_ENDPOINT_URL_SSO_OIDC
      sso_endpoint       http://127.0.0.1:PORT        AWS_ENDPOINT_URL_SSO
      sign_in            signed in HH:MM               the assertion
      stored             token of the portal until HH:MM, TIME left
      not needed         http://127.0.0.1:PORT/start, with the stored sign-in

    2. hub dev
      assigned           333333333333/Developer        ~/config/jit/config.toml:11
      duration           1 h                           set by the permission set
      session_name       the user of Identity Center   default
      sts_region         us-east-1                     the partition's first region
      sts_endpoint       http://STS        AWS_ENDPOINT_URL_STS
      sign_in            signed in HH:MM               the session
      stored             session until HH:MM, TIME left
      not needed         GetRoleCredentials at http://127.0.0.1:PORT
    ");
}

#[test]
fn a_shared_file_is_refreshed_only_on_request() {
    let room = room();
    let file = shared(&room);
    let page = Page::of(&file);
    room.write_config("# mine\nkey_cache = \"2h\"\n");
    assert_eq!(add(&room, &[&page.url, "--yes", "--sha256", &hash(file.as_bytes())]).code(), 0);
    let first = config(&room);
    assert!(first.starts_with("# mine\nkey_cache = \"2h\"\n\n# >>> shared by http"), "{first}");
    let again = add(&room, &[]);
    assert_eq!((again.code(), again.stderr), (0, format!("✓ Nothing new at {}\n", page.url)));
    // Somebody changes it there. Nothing happens until a refresh is requested, and nothing without a look.
    page.says("200 OK", &file.replace("role.dev", "role.developer"));
    assert_eq!(room.jit(&["explain", "dev"]).run().code(), 0);
    let unseen = add(&room, &[]);
    assert_eq!((unseen.code(), config(&room)), (0, first.clone()));
    insta::assert_snapshot!(room.told(&unseen), @r#"
    exit 0
    --- stdout
    --- ~/config/jit/config.toml
    +++ ~/config/jit/config.toml
    @@ -1,14 +1,14 @@
     # mine
     key_cache = "2h"
     
    -# >>> shared by http://127.0.0.1:PORT/jit.toml sha256:RANDOM
    +# >>> shared by http://127.0.0.1:PORT/jit.toml sha256:RANDOM
     # What we all use.
     [idp.acme]
     type      = "identity-center"
     start_url = "http://127.0.0.1:PORT/start"
     region    = "eu-west-1"
     
    -[role.dev]
    +[role.developer]
     idp            = "acme"
     account        = "333333333333"
     permission_set = "Developer"
    --- stderr
    http://127.0.0.1:PORT/jit.toml changed since you took it:
      IdPs: 1 unchanged
      roles: 1 new, 1 removed
        new: developer (333333333333)
        removed: dev
      accounts: 1
    warning: acme: `start_url` is on this machine and used without TLS
    ✓ Would update in ~/config/jit/config.toml: idp acme, role developer (shared by http://127.0.0.1:PORT/jit.toml, sha256 RANDOM)
    Nothing was written: jit cannot ask here. Use --yes to write it
    "#);
    let changed = add(&room, &["--yes"]);
    insta::assert_snapshot!(room.told(&changed), @r#"
    exit 0
    --- stderr
    http://127.0.0.1:PORT/jit.toml changed since you took it:
      IdPs: 1 unchanged
      roles: 1 new, 1 removed
        new: developer (333333333333)
        removed: dev
      accounts: 1
    warning: acme: `start_url` is on this machine and used without TLS
    --- ~/config/jit/config.toml
    +++ ~/config/jit/config.toml
    @@ -1,14 +1,14 @@
     # mine
     key_cache = "2h"
     
    -# >>> shared by http://127.0.0.1:PORT/jit.toml sha256:RANDOM
    +# >>> shared by http://127.0.0.1:PORT/jit.toml sha256:RANDOM
     # What we all use.
     [idp.acme]
     type      = "identity-center"
     start_url = "http://127.0.0.1:PORT/start"
     region    = "eu-west-1"
     
    -[role.dev]
    +[role.developer]
     idp            = "acme"
     account        = "333333333333"
     permission_set = "Developer"
    ✓ Updated in ~/config/jit/config.toml: idp acme, role developer (shared by http://127.0.0.1:PORT/jit.toml, sha256 RANDOM)
    Backup of the previous file: ~/config/jit/config.toml.jit-backup
    "#);
    assert!(config(&room).contains("[role.developer]") && !config(&room).contains("[role.dev]"));
    let backup = std::fs::read_to_string(room.path("config/jit/config.toml.jit-backup")).unwrap();
    assert_eq!(backup, first);
    // The person's changes in it are not discarded unseen.
    room.write_config(&config(&room).replace("eu-west-1", "eu-west-2"));
    let edited = add(&room, &["--yes"]);
    insta::assert_snapshot!(room.told(&edited), @"
    exit 1
    --- stderr
    error: the part shared by http://127.0.0.1:PORT/jit.toml was edited in ~/config/jit/config.toml
      next: without --yes, jit shows the edits that would be lost and asks
    ");
    let shown = add(&room, &["--dry-run"]);
    insta::assert_snapshot!(room.told(&shown), @r#"
    exit 0
    --- stdout
    --- ~/config/jit/config.toml
    +++ ~/config/jit/config.toml
    @@ -6,7 +6,7 @@
     [idp.acme]
     type      = "identity-center"
     start_url = "http://127.0.0.1:PORT/start"
    -region    = "eu-west-2"
    +region    = "eu-west-1"
     
     [role.developer]
     idp            = "acme"
    --- stderr
    warning: the part shared by http://127.0.0.1:PORT/jit.toml was edited in ~/config/jit/config.toml
    http://127.0.0.1:PORT/jit.toml changed since you took it:
      IdPs: 1 changed
        changed: acme (sign in at 127.0.0.1:PORT, unchanged); different region
      roles: 1 unchanged
      accounts: 1
    warning: acme: `start_url` is on this machine and used without TLS
    ✓ Would update in ~/config/jit/config.toml: idp acme, role developer (shared by http://127.0.0.1:PORT/jit.toml, sha256 RANDOM)
    "#);
}
