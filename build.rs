//! Tells the program which commit and target it is built from, and links the unwinder into the release program for
//! Linux, instead of a system library.
//!
//! `libgcc_s.so` queries the processor's features each time a program that loads it starts, which takes a
//! tenth of a millisecond and more on a virtual machine: a tenth of a warm answer. GCC ships the same code as
//! an archive. If there is none, or with another C compiler, the program is linked in the usual way.
#![allow(clippy::disallowed_methods, reason = "a build script reads Cargo's variables and asks the compiler")]

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=CC");
    println!("cargo::rustc-env=JIT_COMMIT={}", commit());
    println!("cargo::rustc-env=JIT_TARGET={}", env::var("TARGET").unwrap_or_default());
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|own| own == value);
    let native = env::var("HOST") == env::var("TARGET");
    let linux = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    // Without link-time optimisation the archive comes too early on the linker's command line to be used.
    if !(native && linux && is("PROFILE", "release")) {
        return;
    }
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let Ok(answer) = Command::new(compiler).arg("-print-file-name=libgcc_eh.a").output() else { return };
    // A compiler that does not know the file prints its bare name.
    let answer = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
    let Some(folder) = Path::new(&answer).parent().filter(|_| Path::new(&answer).is_absolute()) else {
        return;
    };
    println!("cargo::rustc-link-search=native={}", folder.display());
    println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
}

/// The commit of a release build: `JIT_COMMIT`, else what git says. A debug build does not ask, or each commit would
/// compile the program again.
fn commit() -> String {
    println!("cargo::rerun-if-env-changed=JIT_COMMIT");
    if let Ok(given) = env::var("JIT_COMMIT") {
        return given;
    }
    if !env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        return "debug build".to_owned();
    }
    for file in ["HEAD", "refs/heads"] {
        let path = Command::new("git").args(["rev-parse", "--git-path", file]).output();
        if let Ok(path) = path {
            println!("cargo::rerun-if-changed={}", String::from_utf8_lossy(&path.stdout).trim());
        }
    }
    let answer = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output();
    let answer = answer.ok().filter(|answer| answer.status.success());
    answer.map_or("unknown commit".to_owned(), |answer| {
        String::from_utf8_lossy(&answer.stdout).trim().to_owned()
    })
}
