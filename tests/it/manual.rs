//! `jit man` at a terminal and in a pipe.

use std::fs;

use crate::support::Room;

#[test]
fn a_terminal_shows_the_page() {
    let room = Room::new();
    let at_a_terminal = |words: &[&str], path: &str| {
        let script = format!("PATH={path} exec {} {}", env!("CARGO_BIN_EXE_jit"), words.join(" "));
        let run = room.program("sh", &["-c", &script]);
        let run = run.env("MANPAGER", "cat").env("PAGER", "cat").env("TERM", "dumb");
        let output = run.on_terminal().run();
        assert_eq!(output.code(), 0, "{output}");
        // Bold is a letter over itself.
        let text = output.stdout.replace("\r\n", "\n");
        let mut plain = String::new();
        for c in text.chars() {
            if c == '\u{8}' {
                plain.pop();
            } else {
                plain.push(c)
            }
        }
        plain
    };
    // With the system's man, and without any.
    for path in ["/usr/local/bin:/usr/bin:/bin", "/nowhere"] {
        let page = at_a_terminal(&["man", "exec"], path);
        for text in [
            "SYNOPSIS",
            "jit exec [OPTIONS] [ROLE] [-- <CMD>...]",
            "EXIT STATUS",
            "EXAMPLES",
            "jit exec prod -- aws s3 ls",
        ] {
            assert!(page.contains(text), "{path}: {text}: {page}");
        }
        let page = at_a_terminal(&["man", "configure", "profiles"], path);
        assert!(page.contains("jit configure profiles"), "{path}: {page}");
    }
    let left: Vec<_> = fs::read_dir(room.path("tmp")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_pipe_gets_the_source_and_a_folder_gets_every_page() {
    let room = Room::new();
    let source = room.jit(&["man", "exec"]).run();
    assert_eq!(room.jit(&["man", "--out", "pages"]).run().code(), 0);
    assert_eq!(source.stdout, fs::read_to_string(room.path("pages/jit-exec.1")).unwrap());
    let both = room.jit(&["man", "exec", "--out", "pages"]).run();
    assert_eq!(both.code(), 2, "{both}");
}

#[test]
fn a_command_without_a_page_is_refused() {
    let room = Room::new();
    insta::assert_snapshot!(room.told(&room.jit(&["man", "exce"]).run()), @"
    exit 2
    --- stderr
    error: there is no command `exce`
      next: did you mean `exec`?
    ");
    insta::assert_snapshot!(room.told(&room.jit(&["man", "pages/"]).run()), @"
    exit 2
    --- stderr
    error: there is no command `pages/`
      next: --out DIR writes the pages to a folder
    ");
}
