//! The rules of the house that a reader of the source can check: who imports whom, where secrets are opened, how large a
//! file is (`sizes`), and how types are called (`names`).

mod names;
mod sizes;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::support::snapshot;

/// The layers (`src/lib.rs`), and what of the crate each may name. `sys::x` is one module of `sys`. What nobody names any more
/// has to leave the table.
const LAYERS: [(&str, &[&str]); 14] = [
    ("plan", &[]),
    // Pure: of the system only the names and the snapshot of the environment.
    ("config", &["plan"]),
    ("world", &[]),
    ("sys", &["world"]),
    ("store", &["plan", "sys", "world"]),
    ("aws", &["plan"]),
    ("idp", &["plan", "sys::driven", "sys::fs", "sys::process", "sys::state", "world"]),
    ("broker", &["aws", "idp", "index", "plan", "store", "sys::fs", "sys::process", "world"]),
    ("index", &["plan", "sys::state"]),
    ("error", &[]),
    ("ui", &["error", "plan", "sys::terminal", "world"]),
    ("cli", &["commands"]),
    ("lib", &[]),
    (
        "commands",
        &["aws", "broker", "config", "error", "idp", "index", "plan", "store", "sys", "ui", "world"],
    ),
];

/// Every file of the program and its crates, without the tests in it: those in `src` by their path there, the
/// others by their path from the root.
fn sources() -> BTreeMap<String, String> {
    fn below(folder: &Path, root: &Path, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "tests" {
                    below(&path, root, found);
                }
            } else if name.ends_with(".rs")
                && !["fuzzing.rs", "tests.rs", "testing.rs"].contains(&name.as_str())
            {
                let text = fs::read_to_string(&path).unwrap();
                let end =
                    text.find("\n#[cfg(test)]\nmod tests {").or_else(|| text.find("\n#[cfg(test)]\n#[allow"));
                let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                found.insert(name, text[..end.unwrap_or(text.len())].to_owned());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeMap::new();
    below(&root.join("src"), &root.join("src"), &mut found);
    for entry in fs::read_dir(root.join("crates")).unwrap() {
        below(&entry.unwrap().path().join("src"), root, &mut found);
    }
    found
}

/// `text` without its comments.
fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The paths that `text` uses after `crate::`, with each member of a group separately.
fn imports(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for rest in code(text).split("crate::").skip(1) {
        let path: String = rest.chars().take_while(|c| c.is_alphanumeric() || "_:".contains(*c)).collect();
        let members = rest[path.len()..].strip_prefix('{').and_then(|group| group.split('}').next());
        match members {
            Some(members) => {
                found.extend(members.split(',').map(|member| format!("{path}{}", member.trim())))
            }
            None => drop(found.insert(path)),
        }
    }
    found
}

/// The layer that `file` belongs to. What crates may name of one another, Cargo holds.
fn layer_of(file: &str) -> Option<&str> {
    let layer = file.split('/').next().unwrap().trim_end_matches(".rs");
    (!["main", "crates"].contains(&layer)).then_some(layer)
}

/// Whether the entry `allowed` of a layer lets it name `import`.
fn allows(allowed: &str, import: &str) -> bool {
    let mut words = import.split("::");
    let first = words.next().unwrap();
    let module = match words.next() {
        // `sys` itself is imported to write `sys::fs::…` in place.
        Some(second) if first == "sys" => format!("sys::{second}"),
        _ => first.to_owned(),
    };
    allowed == import || allowed == module || (allowed == "sys" && first == "sys")
}

/// What each layer names of the crate, itself left out, and in which file.
fn arrows() -> BTreeMap<String, BTreeSet<(String, String)>> {
    let mut arrows: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for (file, text) in sources() {
        let Some(layer) = layer_of(&file) else { continue };
        let others = imports(&text).into_iter().filter(|import| import.split("::").next() != Some(layer));
        arrows.entry(layer.to_owned()).or_default().extend(others.map(|import| (import, file.clone())));
    }
    arrows
}

#[test]
fn imports_point_one_way() {
    let mut wrong = Vec::new();
    for (layer, named) in arrows() {
        let (_, allowed) = LAYERS
            .iter()
            .find(|(name, _)| *name == layer)
            .unwrap_or_else(|| panic!("{layer} has no place in the layer map"));
        for (import, file) in named {
            if !allowed.iter().any(|entry| allows(entry, &import)) {
                wrong.push(format!("{file} names crate::{import}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A permission that nobody needs is one that somebody may use by mistake.
#[test]
fn no_permission_is_left_unused() {
    let arrows = arrows();
    let mut unused = Vec::new();
    for (layer, allowed) in LAYERS {
        let named: Vec<&str> =
            arrows.get(layer).into_iter().flatten().map(|(import, _)| import.as_str()).collect();
        for entry in allowed {
            let needed = named.iter().any(|import| {
                allows(entry, import) && !allowed.iter().any(|other| other != entry && allows(other, import))
            });
            if !needed {
                unused.push(format!("{layer} may name {entry}, and does not need to"));
            }
        }
    }
    assert!(unused.is_empty(), "{}", unused.join("\n"));
}

/// Cargo enables a feature for everybody in a build of the workspace, so a pure crate could use the `http`
/// part unnoticed.
#[test]
fn pure_crates_do_not_use_the_http_feature() {
    for pure in ["jit-access", "iam-evaluate"] {
        for (file, text) in sources().iter().filter(|(file, _)| file.starts_with(&format!("crates/{pure}/")))
        {
            let wire = ["jit_wire::http", "jit_wire::loopback", "jit_wire::file", "jit_wire::signed"];
            assert!(!wire.iter().any(|path| text.contains(path)), "{file} names the wire");
        }
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates").join(pure).join("Cargo.toml");
        let manifest = fs::read_to_string(manifest).unwrap();
        let line = manifest.lines().find(|line| line.starts_with("jit-wire")).unwrap_or_default();
        assert!(!line.contains("features"), "{pure} turns a feature of the wire on: {line}");
    }
}

/// They are two programs: neither is part of the other, and installing `jit` installs one.
#[test]
fn the_function_and_the_program_do_not_depend_on_each_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = |path: &str| fs::read_to_string(root.join(path).join("Cargo.toml")).unwrap();
    let depends = |manifest: &str, on: &str| {
        let names = manifest.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
        names.into_iter().any(|name| name == on)
    };
    let function = manifest("crates/jit-function");
    assert!(depends(&function, "jit-apply") && !depends(&function, "jit"));
    for manifest in fs::read_dir(root.join("crates")).unwrap() {
        let name = manifest.unwrap().file_name().to_string_lossy().into_owned();
        let text = fs::read_to_string(root.join("crates").join(&name).join("Cargo.toml")).unwrap();
        assert!(!depends(&text, "jit-function"), "{name}");
    }
    let program = manifest("");
    assert!(!depends(&program, "jit-function") && !depends(&program, "lambda_runtime"));
    assert_eq!(program.matches("[[bin]]").count(), 1);
}

/// The emulator is for `jit demo` and for tests: nothing else in the program may depend on it.
#[test]
fn only_jit_demo_uses_the_emulator() {
    let sources = sources();
    let mut users = sources.iter().filter(|(_, text)| code(text).contains("jit_emulator")).peekable();
    assert!(users.peek().is_some(), "the emulator is not seen");
    for (file, _) in users {
        assert!(file.starts_with("commands/demo/"), "{file} names the emulator");
    }
}

/// Access on request is opened, read and applied by one part of the broker, and shown by its own commands. What hands over a
/// session at hand knows nothing of it.
#[test]
fn only_the_commands_of_access_name_it() {
    let commands = [
        "access/",
        "approve.rs",
        "audit",
        "demo/access",
        "deny.rs",
        "doctor/access.rs",
        "drop.rs",
        "policy",
        "request/",
        "requests.rs",
        "revoke.rs",
    ];
    let is_of_access = |file: &str| {
        file == "broker/grant.rs"
            || file.starts_with("broker/grant/")
            || file.starts_with("crates/")
            || file
                .strip_prefix("commands/")
                .is_some_and(|name| commands.iter().any(|own| name.starts_with(own)))
    };
    let (mut named, mut wrong) = (0, Vec::new());
    for (file, text) in sources() {
        let code = code(&text);
        let hands = code.contains("jit_apply");
        if !hands && !code.contains("jit_access") {
            continue;
        }
        named += 1;
        // The hands are the broker's: commands get a ledger that is open already.
        let is_right = is_of_access(&file) && (!hands || !file.starts_with("commands/"));
        if !is_right {
            wrong.push(file);
        }
    }
    assert!(named > 20 && wrong.is_empty(), "{named}: {wrong:?}");
}

/// Services share only what is below them (`shared`, `sessions`, `signing`), so that one can be added or read
/// without the others.
#[test]
fn emulator_modules_have_no_import_cycle() {
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let below = |(file, text): (String, String)| {
        Some((file.strip_prefix("crates/jit-emulator/src/")?.to_owned(), text))
    };
    let files: Vec<_> = sources().into_iter().filter_map(below).collect();
    let module = |file: &str| file.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::");
    let modules: BTreeSet<String> = files.iter().map(|(file, _)| module(file)).collect();
    for (file, text) in &files {
        let from = module(file);
        // The crate root only lists what is visible from outside.
        if from == "lib" {
            continue;
        }
        let children = text.lines().filter_map(|line| line.trim_end_matches(';').rsplit_once("mod "));
        let mut named: Vec<String> = children.map(|(_, child)| format!("{from}::{child}")).collect();
        named.extend(imports(text));
        let to = named.iter().filter_map(|path| {
            let is_around = |module: &&String| path == *module || path.starts_with(&format!("{module}::"));
            modules.iter().filter(is_around).max_by_key(|module| module.len())
        });
        arrows.insert(from.clone(), to.filter(|to| **to != from).cloned().collect());
    }
    assert!(arrows.values().map(BTreeSet::len).sum::<usize>() > 50, "the arrows are not seen: {arrows:?}");
    // A module that imports only removed ones is removed next; what is left forms a cycle.
    while let Some(free) = arrows
        .iter()
        .find(|(_, to)| to.iter().all(|to| !arrows.contains_key(to)))
        .map(|(from, _)| from.clone())
    {
        arrows.remove(&free);
    }
    assert!(arrows.is_empty(), "a circle: {arrows:#?}");
}

#[test]
fn the_map_names_every_module() {
    let map = include_str!("../../src/lib.rs");
    for module in map.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')) {
        // Not in any build that is used.
        if module == "fuzzing" {
            continue;
        }
        assert!(map.contains(&format!("//! | [`{module}`] | ")), "{module} has no line in src/lib.rs");
        assert!(LAYERS.iter().any(|(layer, _)| *layer == module), "{module} has no place among the layers");
    }
}

#[test]
fn imports_are_found_in_every_form() {
    let text = "use crate::sys::{fs, env::Env};\nuse crate::plan::Plan;\nlet a = crate::ui::text::escape;\n// crate::no\n";
    let expected = ["plan::Plan", "sys::env::Env", "sys::fs", "ui::text::escape"];
    assert_eq!(imports(text).iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn the_environment_is_read_in_one_place() {
    let reads = |text: &str| {
        ["std::env::var", "env::vars", "std::env::args", "current_exe"].iter().any(|call| text.contains(call))
    };
    let readers: Vec<String> =
        sources().into_iter().filter(|(_, text)| reads(text)).map(|(file, _)| file).collect();
    let doors = [
        "crates/jit-function/src/main.rs",
        "crates/jit-wire/src/env.rs",
        "sys/companion.rs",
        "sys/process.rs",
        "sys/process/find.rs",
        "sys/terminal.rs",
    ];
    assert_eq!(readers, doors);
}

/// An error explains itself next to its definition, with a typed piece of advice; one place turns that into
/// words for the case. The argument parser has its own texts.
#[test]
fn advice_is_worded_in_one_place() {
    let mut writers = Vec::new();
    for (file, text) in sources() {
        let writes = ["CommandError::advised(", ".hint(", "hints.push(", "hints: vec!["];
        if writes.iter().any(|call| text.contains(call)) {
            writers.push(file.clone());
        }
        // Which role or IdP follows these depends on the case, and an error below the commands does not know
        // it.
        let layer = file.split('/').next().unwrap();
        let below = ["aws", "broker", "crates", "idp", "store", "sys"].contains(&layer);
        let of_case = ["jit login", "jit explain", "jit doctor", "jit whoami"];
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let literals = line.split('"').skip(1).step_by(2);
            let untyped = literals.flat_map(|text| of_case.iter().filter(move |call| text.contains(**call)));
            // The pages in the browser are not errors.
            assert!(
                !below || file == "idp/page.rs" || untyped.count() == 0,
                "{file}: say it by Next: {line}"
            );
        }
    }
    assert_eq!(writers, ["commands/advice.rs", "error.rs", "ui/parser.rs"]);
}

/// Everything else hands it [`Shown`](jit::ui::text::Shown), which is made of literals and escaped text.
#[test]
fn only_one_file_writes_to_the_terminal() {
    let writers = [
        "std::io::stderr()",
        "std::io::stdout()",
        "(io::stderr()",
        " io::stderr()",
        "Term::",
        "dialoguer::Password",
        ".print()",
        "/dev/tty",
    ];
    let mut found = Vec::new();
    for (file, text) in sources() {
        // Asking whether it is a terminal writes nothing.
        let text = text.replace("io::stdout().is_terminal()", "");
        // The companion of a command has a pipe there, to `jit` itself.
        let text = text.replace("rustix::stdio::stdout()", "");
        if writers.iter().any(|call| text.contains(call)) {
            found.push(file);
        }
    }
    // `sys/terminal.rs` asks how large the terminal is, and reads it. The function is a program of its own, with a log.
    assert_eq!(found, ["crates/jit-function/src/main.rs", "sys/terminal.rs", "ui/out.rs"]);
}

/// Every user can read a browser's arguments, so these are only the page that redirects it.
#[test]
fn browsers_are_started_only_with_the_redirecting_page() {
    let given = [
        ("commands/console.rs", "world.browser.open(page)"),
        ("commands/logout.rs", "world.browser.open(page)"),
        ("idp/visit.rs", "world.browser.open(&page_url)"),
    ];
    let mut opened = 0;
    for (file, text) in sources() {
        let calls = text.matches("browser.open(").count();
        let known = given.iter().filter(|(place, call)| *place == file && text.contains(call)).count();
        assert_eq!(calls, known, "{file}: hand the URL over by idp/hand_over.rs");
        opened += known;
    }
    assert_eq!(opened, given.len(), "one of these opens no browser any more: {given:?}");
}

/// Somebody has reviewed each place where a secret is exposed.
#[test]
fn secrets_are_exposed_only_where_listed() {
    let mut list = String::new();
    for (file, text) in sources() {
        let count = text.matches(".expose()").count();
        if count > 0 {
            list.push_str(&format!("{count:3} {file}\n"));
        }
    }
    snapshot("expose.txt", &list);
}
