//! Shared files that are not taken.

use super::*;

#[test]
fn a_local_file_works_and_a_link_stays_a_link() {
    let room = room();
    std::fs::create_dir(room.path("dotfiles")).unwrap();
    room.write("dotfiles/jit.toml", "");
    symlink("../../dotfiles/jit.toml", room.path(CONFIG)).unwrap();
    room.write("shared.toml", &shared(&room).replace('\n', "\r\n"));
    let taken = add(&room, &["shared.toml", "--yes"]);
    assert_eq!(taken.code(), 0, "{taken}");
    assert!(std::fs::symlink_metadata(room.path(CONFIG)).unwrap().is_symlink());
    let written = std::fs::read_to_string(room.path("dotfiles/jit.toml")).unwrap();
    let from = room.path("shared.toml");
    assert!(written.starts_with(&format!("# >>> shared by {} sha256:", from.display())), "{written}");
    assert_eq!(room.jit(&["login", "dev"]).run().code(), 0);
}

#[test]
fn invalid_shared_files_are_refused_and_nothing_is_written() {
    let room = room();
    let file = shared(&room);
    let page = Page::of(&file);
    let saml = "[idp.x]\ntype = \"saml\"\nstart_url = \"https://idp.example/start\"\nbrowser = \"/bin/sh\"\n";
    let mut answers = String::new();
    for (head, body) in [
        ("200 OK", "<!DOCTYPE html><h1>Sign in</h1>"),
        ("200 OK", "\u{feff}this is no toml"),
        ("200 OK", "console_browser = [\"sh\", \"{url}\"]"),
        ("200 OK", saml),
        ("200 OK", "[role.x]\nvia = \"y\"\nrole_arn = \"arn:aws:iam::111111111111:role/x\"\n"),
        ("200 OK", "auto_login = true\n"),
        ("200 OK", "# \u{1b}[2J\n[idp.\"a\u{1b}\"]\n"),
        ("302 Found\r\nLocation: https://elsewhere.example/\u{1b}[2J", ""),
        ("302 Found\r\nLocation: https://elsewhere.example/", ""),
        ("401 Unauthorized", ""),
        ("404 Not Found", ""),
    ] {
        page.says(head, body);
        let refused = add(&room, &[&page.url, "--yes"]);
        answers.push_str(&format!("{}\n", room.told(&refused)));
        assert!(!refused.stderr.contains('\u{1b}'), "{refused}");
    }
    insta::assert_snapshot!(answers, @r#"
    exit 1
    --- stderr
    error: http://127.0.0.1:PORT/jit.toml is a web page, not a configuration
      next: it may be a sign-in page; fetch the file in your browser, then: jit configure add FILE

    exit 2
    --- stderr
    error: http://127.0.0.1:PORT/jit.toml:1:6: key with no value, expected `=`

    exit 2
    --- stderr
    error: http://127.0.0.1:PORT/jit.toml:1:1: a shared file may not set `console_browser` (Names a command to run)
         1 | console_browser = …
      next: delete it there; each person may set it in their own config.toml

    exit 2
    --- stderr
    error: http://127.0.0.1:PORT/jit.toml:4:11: a shared file cannot name a program, so `browser` must be one of the known names
         4 | browser = "/bin/sh"
      next: one of chrome, chromium, edge, brave, firefox

    exit 2
    --- stderr
    error: http://127.0.0.1:PORT/jit.toml:1:7: [role.x] refers to [role.y], which does not exist
         1 | [role.x]

    exit 2
    --- stderr
    error: http://127.0.0.1:PORT/jit.toml:1:1: a shared file may not set `auto_login` (Would let any program start a sign-in; each person decides that)
         1 | auto_login = …
      next: delete it there; each person may set it in their own config.toml

    exit 2
    --- stderr
    error: http://127.0.0.1:PORT/jit.toml:1:3: invalid comment character, expected printable characters

    exit 1
    --- stderr
    error: cannot fetch http://127.0.0.1:PORT/jit.toml
      because: cannot reach 127.0.0.1:PORT: invalid HTTP header parsed
      next: check the network and the proxy

    exit 1
    --- stderr
    error: http://127.0.0.1:PORT/jit.toml redirects to https://elsewhere.example/
      next: jit configure add https://elsewhere.example/  if you trust that URL: takes the file from there from now on

    exit 1
    --- stderr
    error: 127.0.0.1:PORT requires a sign-in, which jit does not support here
      next: fetch it in your browser, then: jit configure add FILE

    exit 1
    --- stderr
    error: http://127.0.0.1:PORT/jit.toml answered with status 404
    "#);
    page.says("200 OK", &file);
    let other = add(&room, &[&page.url, "--yes", "--sha256", "00"]);
    insta::assert_snapshot!(room.told(&other), @"
    exit 1
    --- stderr
    error: the file at http://127.0.0.1:PORT/jit.toml is not the expected one
      because: its SHA-256 is RANDOM, not 00
      next: nothing was written; check the hash with the person who gave it to you
    ");
    let mut answers = String::new();
    for (from, words) in [
        ("http://intranet.example/jit.toml", "is neither https nor http on this machine"),
        ("nowhere.toml", "/nowhere.toml"),
        ("file:///etc/passwd", "is neither https nor http on this machine"),
    ] {
        let refused = add(&room, &[from, "--yes"]);
        answers.push_str(&format!("{}\n", room.told(&refused)));
        assert!(refused.code() != 0, "{words}: {refused}");
    }
    insta::assert_snapshot!(answers, @"
    exit 2
    --- stderr
    error: `http://intranet.example/jit.toml` is neither https nor http on this machine

    exit 1
    --- stderr
    error: cannot read ~/nowhere.toml
      because: No such file or directory (os error 2)

    exit 2
    --- stderr
    error: `file:///etc/passwd` is neither https nor http on this machine
    ");
    assert!(!room.path(CONFIG).exists());
    let nothing = add(&room, &[]);
    insta::assert_snapshot!(room.told(&nothing), @"
    exit 2
    --- stderr
    error: ~/config/jit/config.toml contains no shared file, so there is nothing to refresh
      next: jit configure add URL  adds your company's shared file
    ");
    // Neither replaces the other's.
    let own = file.replace("# What we all use.", "# mine");
    room.write_config(&own);
    let twice = add(&room, &[&page.url, "--yes"]);
    insta::assert_snapshot!(room.told(&twice), @"
    exit 2
    --- stderr
    error: ~/config/jit/config.toml already defines [idp.acme], [role.dev], and http://127.0.0.1:PORT/jit.toml defines it too
      next: rename or delete your own, then run the command again
    ");
    assert!(config(&room) == own, "{twice}");
}
