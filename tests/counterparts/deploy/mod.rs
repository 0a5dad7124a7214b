//! `deploy/` as it is: checked by tools that nobody here wrote, deployed into an emulated AWS by Terraform and by
//! CloudFormation, read back, and used.
//!
//! The real AWS provider cannot be had offline. `fixtures/deploy/provider.py` takes its place: its schema is generated
//! from the real one, and what it creates is created in moto.

mod account;
mod checks;
mod examples;
mod stack;
mod story;
mod terraform;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A file of `deploy/`.
fn checked_in(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(below)
}

/// The files of a folder that end in `.json`, by their names without that.
fn documents(folder: &Path) -> BTreeMap<String, Value> {
    fn walk(folder: &Path, prefix: &str, found: &mut BTreeMap<String, Value>) {
        for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                walk(&path, &format!("{prefix}{name}/"), found);
            } else if let Some(name) = name.strip_suffix(".json") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.insert(format!("{prefix}{name}"), serde_json::from_str(&text).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, "", &mut found);
    found
}

/// Copies a folder, without what Terraform keeps beside it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            if !path.ends_with(".terraform") {
                copy(&path, &target);
            }
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
