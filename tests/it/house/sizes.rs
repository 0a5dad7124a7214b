//! How large a file may be. One that is read in a sitting says one thing, and its name can say which.

use std::fs;
use std::path::Path;

/// The most lines of a source file, tests in it included.
const MOST_LINES: usize = 400;
/// The most lines of a file with tests alone: a row per case, and no rule of its own.
const MOST_LINES_OF_TESTS: usize = 500;

/// Files that may be longer, and why: only tables, where another file would not make the reading shorter.
const LONGER: [(&str, &str); 0] = [];

/// How long a file may be.
fn most_lines(path: &str) -> usize {
    let is_test =
        ["/tests.rs", "/testing.rs"].iter().any(|end| path.ends_with(end)) || path.contains("/tests/");
    if is_test { MOST_LINES_OF_TESTS } else { MOST_LINES }
}

/// Every source file of the program and its crates, with its number of lines.
fn files() -> Vec<(String, usize)> {
    fn below(folder: &Path, found: &mut Vec<(String, usize)>) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                below(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                found.push((name, fs::read_to_string(&path).unwrap().lines().count()));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    below(&root.join("src"), &mut found);
    for entry in fs::read_dir(root.join("crates")).unwrap() {
        below(&entry.unwrap().path().join("src"), &mut found);
    }
    found
}

#[test]
fn no_file_is_longer_than_can_be_read_at_once() {
    let files = files();
    assert!(files.len() > 200, "the files are not seen: {files:?}");
    let may_be = |path: &str| LONGER.iter().any(|(longer, _)| *longer == path);
    let too_long: Vec<String> = files
        .iter()
        .filter(|(path, lines)| *lines > most_lines(path) && !may_be(path))
        .map(|(path, lines)| format!("{path} has {lines} lines: split it by subject"))
        .collect();
    assert!(too_long.is_empty(), "{}", too_long.join("\n"));
    for (path, _) in LONGER {
        let is_long = files.iter().any(|(file, lines)| file == path && *lines > MOST_LINES);
        assert!(is_long, "{path} is no longer that long: take it out of LONGER");
    }
}
