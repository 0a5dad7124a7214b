//! Links the unwinder into the release program for Linux, instead of a system library.
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
