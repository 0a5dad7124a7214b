//! The manual pages, checked by the programs that show them.

use std::process::Command;

/// Every page of `man/`.
fn pages() -> Vec<std::path::PathBuf> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    let mut pages: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    assert!(pages.len() > 15, "{pages:?}");
    pages
}

/// What a program says about a page, on both of its outputs.
fn said(program: &str, arguments: &[&str], page: &std::path::Path) -> String {
    let mut command = Command::new(program);
    let output = command.args(arguments).arg(page).env("LC_ALL", "C.UTF-8").output();
    let output =
        output.unwrap_or_else(|error| panic!("scripts/lib/install-tools installs {program}: {error}"));
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

#[test]
fn mandoc_has_nothing_to_complain_about() {
    for page in pages() {
        let complaints = said("mandoc", &["-T", "lint", "-W", "warning"], &page);
        // Pages have no date, so that the same source gives the same page.
        let complaints: Vec<&str> =
            complaints.lines().filter(|line| !line.contains("missing date")).collect();
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    }
}

#[test]
fn groff_has_nothing_to_complain_about() {
    for page in pages() {
        let complaints = said("groff", &["-K", "utf8", "-man", "-Tutf8", "-ww", "-z"], &page);
        assert!(complaints.is_empty(), "{}: {complaints}", page.display());
    }
}

/// Both programs show the text that the help has.
#[test]
fn both_show_the_synopsis_with_its_dashes() {
    let page = pages().into_iter().find(|page| page.ends_with("jit-exec.1")).unwrap();
    for (program, arguments) in [("mandoc", &["-T", "utf8"][..]), ("man", &["-P", "cat", "-l"])] {
        let mut text = String::new();
        for c in said(program, arguments, &page).chars() {
            if c == '\u{8}' {
                text.pop();
            } else {
                text.push(c)
            }
        }
        assert!(text.contains("jit exec [OPTIONS] [ROLE] [-- <CMD>...]"), "{program}: {text}");
        assert!(text.contains("EXIT STATUS") && text.contains("EXAMPLES"), "{program}: {text}");
    }
}
