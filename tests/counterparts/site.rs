//! The documents as a site, built by mdBook.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::tool;

/// Every file below `folder`.
fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
}

/// The values of `attribute` in a page.
fn values<'t>(page: &'t str, attribute: &str) -> impl Iterator<Item = &'t str> {
    let pattern = format!(" {attribute}=\"");
    page.match_indices(&pattern)
        .map(|(at, found)| at + found.len())
        .collect::<Vec<_>>()
        .into_iter()
        .map(|at| page[at..].split('"').next().unwrap_or_default())
}

#[test]
fn the_site_has_every_page_and_nothing_from_elsewhere() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let collect = Command::new("python3")
        .arg(project.join("scripts/lib/site.py"))
        .args([project, folder.path()])
        .status()
        .unwrap();
    assert!(collect.success());
    let built = Command::new(tool("bin/mdbook")).arg("build").arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&built.stderr).into_owned();
    assert!(built.status.success() && !said.contains("WARN") && !said.contains("ERROR"), "{said}");

    let book = folder.path().join("book");
    let files: BTreeSet<PathBuf> = below(&book).into_iter().collect();
    let pages: Vec<&PathBuf> =
        files.iter().filter(|file| file.extension().is_some_and(|end| end == "html")).collect();
    let written = below(&project.join("docs"));
    let written = written.iter().filter(|file| file.extension().is_some_and(|end| end == "md"));
    for page in written.filter(|file| !file.starts_with(project.join("docs/design"))) {
        let place = book.join(page.strip_prefix(project).unwrap()).with_extension("html");
        let place = if page.ends_with("README.md") { place.with_file_name("index.html") } else { place };
        assert!(files.contains(&place), "{} is not in the site", page.display());
    }
    for page in pages.iter().filter(|page| !page.ends_with("404.html") && !page.ends_with("print.html")) {
        let text = std::fs::read_to_string(page).unwrap();
        for target in values(&text, "src") {
            assert!(!target.contains("//"), "{} loads {target}", page.display());
        }
        for target in values(&text, "href") {
            let path = target.split('#').next().unwrap_or_default();
            if path.is_empty() || path.contains("://") || path.starts_with("mailto:") {
                continue;
            }
            let place = page.with_file_name("").join(path);
            assert!(place.exists(), "{} links to {target}", page.display());
        }
    }
    let is_index = |file: &&PathBuf| {
        file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("searchindex"))
    };
    let index = std::fs::read_to_string(files.iter().find(is_index).expect("a search index")).unwrap();
    for words in ["credential_process", "Okta", "AccessDenied", "docker"] {
        assert!(index.to_lowercase().contains(&words.to_lowercase()), "{words} cannot be found");
    }
}
