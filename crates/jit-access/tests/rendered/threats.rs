//! Checks that what `docs/access/threats.md` names exists: each name in the last column is a scenario or a
//! test.

use std::collections::BTreeSet;
use std::path::Path;

use crate::scenarios;

const PAGE: &str = include_str!("../../../../docs/access/threats.md");

/// All Rust text below a folder.
fn source(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let text = |path: std::path::PathBuf| match path.is_dir() {
        true => source(&path),
        false if path.extension().is_some_and(|extension| extension == "rs") => {
            std::fs::read_to_string(path).expect("Rust")
        }
        false => String::new(),
    };
    entries.map(text).collect()
}

#[test]
fn each_threat_names_existing_scenarios_or_tests() {
    let cases = scenarios::all();
    let scenarios: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let source = ["src", "crates", "tests"].map(|folder| source(&root.join(folder))).concat();
    let rows = PAGE
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| Attack") && !line.starts_with("| ---"));
    let (mut count, mut unknown) = (0, Vec::new());
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [_, stops, shown] = cells[..] else { panic!("not three cells: {row}") };
        let names: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
        // What AWS stops can be shown; what nobody stops cannot.
        assert!(!names.is_empty() || !stops.starts_with("AWS"), "nothing shows this: {row}");
        for name in names {
            count += 1;
            let is_test = || source.contains(&format!("fn {name}("));
            if !scenarios.contains(name) && !is_test() {
                unknown.push(name);
            }
        }
    }
    assert!(unknown.is_empty(), "neither scenarios nor tests:\n{}", unknown.join("\n"));
    assert!(count > 40, "{count}");
}
