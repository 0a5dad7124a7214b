//! Which functions a warm answer goes through, as a script for the linker that lays them side by side. Otherwise they lie all over a
//! program of 9 MB, and each of sixty pieces of 64 KB has to be mapped for one or two of them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use crate::support::Room;
use crate::{answer, cost, jit};

/// The script, made from the calls that callgrind sees of a program with symbols.
pub(crate) fn script() -> String {
    let room = Room::signed_in("admin");
    let warm = [
        answer(&room),
        jit(&room, &["exec", "-q", "admin", "--", "/bin/true"]),
        jit(&room, &["env", "admin", "--shell", "bash"]),
        jit(&room, &["status", "--prompt"]),
    ];
    let calls = room.path("calls");
    let options = ["--tool=callgrind", "--demangle=no", &format!("--callgrind-out-file={}", calls.display())];
    let mut sections = BTreeSet::new();
    for command in warm {
        let status = cost::within(&room, "valgrind", &options, &command).output().unwrap().status;
        assert!(status.success(), "{command:?}: {status}");
        let calls = fs::read_to_string(&calls).unwrap();
        // `fn=(12) NAME` where a function comes up first, in a recursion with `'2` behind it.
        let names =
            calls.lines().filter_map(|line| line.strip_prefix('c').unwrap_or(line).strip_prefix("fn="));
        let names = names.filter_map(|name| name.split_once(' ')?.1.split('\'').next());
        sections.extend(
            names.filter(|name| name.starts_with(|c: char| c.is_alphabetic() || c == '_')).map(of_any_build),
        );
    }
    assert!(sections.iter().any(|name| name.contains("jit")), "the program has no symbols");
    let mut script =
        "/* Written by scripts/lib/warm-order: the functions of a warm answer, to lie side by side. */\n\
                      SECTIONS\n{\n  .text.warm :\n  {\n"
            .to_owned();
    for section in sections {
        let _ = writeln!(script, "    *(.text.{section})");
    }
    script + "  }\n}\nINSERT BEFORE .text;\n"
}

/// A function's name without what changes from build to build: the hash at the end of an old name, that of each crate in a
/// new one, and of the module where the optimiser has moved one.
fn of_any_build(name: &str) -> String {
    let (name, moved) = match name.split_once(".llvm.") {
        Some((name, _)) => (name, ".llvm.*"),
        None => (name, ""),
    };
    if let Some((name, _)) = name.rsplit_once("17h").filter(|_| name.starts_with("_ZN")) {
        return format!("{name}17h*E{moved}");
    }
    let mut parts = name.split("Cs");
    let first = parts.next().unwrap_or_default().to_owned();
    let any = parts.fold(first, |name, part| match part.split_once('_').filter(|_| name.starts_with("_R")) {
        Some((_, rest)) => format!("{name}Cs*_{rest}"),
        None => format!("{name}Cs{part}"),
    });
    any + moved
}
