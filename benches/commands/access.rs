//! What access on request computes: the benches of the crates, which know what they measure and the limits of it.

use std::process::Command;

use crate::table::Table;

/// The crate, the bench, and what turns its tests' company on.
const BENCHES: [(&str, &str, &[&str]); 3] = [
    ("iam-evaluate", "evaluate", &[]),
    ("jit-access", "access", &["--features", "testing"]),
    ("jit-apply", "ledger", &[]),
];

/// Each line of theirs is a row: what, figure, limit, and whether that is kept, between tabs.
pub(crate) fn computed() -> Table {
    let mut table = Table::new(&["what"], &["figure", "limit"], &[""]);
    for (package, bench, features) in BENCHES {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["bench", "--locked", "--quiet", "--package", package, "--bench", bench]).args(features);
        let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{package}: {said}{}", String::from_utf8_lossy(&output.stderr));
        let rows: Vec<Vec<&str>> = said
            .lines()
            .map(|line| line.split('\t').collect())
            .filter(|row: &Vec<&str>| row.len() == 4)
            .collect();
        assert!(!rows.is_empty(), "{package} measured nothing: {said}");
        for row in rows {
            let mark = if row[2].is_empty() { "" } else { table.mark(row[3] == "kept") };
            table.row([row[0], row[1], row[2], mark]);
        }
    }
    table
}
