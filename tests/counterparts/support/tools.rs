//! Where the third-party programs are. A missing one fails the test with the name of what to install.

use std::path::{Path, PathBuf};

/// A file of `tests/counterparts/fixtures`.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/counterparts/fixtures").join(name)
}

/// The folder that `scripts/lib/install-tools` filled.
fn folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("JIT_TEST_TOOLS") {
        return folder.into();
    }
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    std::env::var_os("XDG_CACHE_HOME").map_or_else(|| home.join(".cache"), PathBuf::from).join("jit-test")
}

/// A file below the tools folder.
///
/// # Panics
/// If it is not there.
pub(crate) fn tool(path: &str) -> PathBuf {
    let tool = folder().join(path);
    assert!(
        tool.exists(),
        "{} is missing: run scripts/lib/install-tools {}",
        tool.display(),
        folder().display()
    );
    tool
}

/// The Python that has AWS's clients.
pub(crate) fn python() -> PathBuf {
    tool("venv/bin/python")
}

/// The AWS CLI 2. It has no variables for endpoints; version 1 does.
pub(crate) fn cli2() -> PathBuf {
    tool("awscli2/aws")
}

/// A system program, by the Debian package that contains it.
///
/// # Panics
/// If it is not on `PATH`.
pub(crate) fn on_path(program: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("`{program}` is not on PATH: install {package}"))
}
