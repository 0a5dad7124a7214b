//! The documents, checked against the program.

use std::collections::BTreeSet;
use std::path::Path;

use clap::CommandFactory as _;
use jit::commands::Cli;
use jit::config::aws::{Document, Program, System, plan_profiles};
use jit::config::file::File;
use jit::config::resolve::{self, Flags};
use jit::config::shared::keys::{self, KeyPlace};
use jit::error::Kind;
use jit_wire::env::Env;

const README: &str = include_str!("../../README.md");
/// Every document, by its path in the project.
const DOCUMENTS: &[(&str, &str)] = &[
    ("README.md", README),
    ("SECURITY.md", include_str!("../../SECURITY.md")),
    ("CHANGELOG.md", include_str!("../../CHANGELOG.md")),
    ("docs/clients.md", include_str!("../../docs/clients.md")),
    ("docs/store.md", include_str!("../../docs/store.md")),
    ("docs/performance.md", include_str!("../../docs/performance.md")),
    ("docs/shared-file.md", include_str!("../../docs/shared-file.md")),
    ("docs/aws-files.md", include_str!("../../docs/aws-files.md")),
    ("docs/access/approve.md", include_str!("../../docs/access/approve.md")),
    ("docs/access/policy.md", include_str!("../../docs/access/policy.md")),
    ("docs/access/requests.md", include_str!("../../docs/access/requests.md")),
    ("docs/reference/json.md", include_str!("../../docs/reference/json.md")),
    ("CONTRIBUTING.md", include_str!("../../CONTRIBUTING.md")),
    ("docs/design/house.md", include_str!("../../docs/design/house.md")),
    ("docs/design/contract.md", include_str!("../../docs/design/contract.md")),
    ("docs/design/access.md", include_str!("../../docs/design/access.md")),
    ("docs/design/store.md", include_str!("../../docs/design/store.md")),
    ("docs/design/voice.md", include_str!("../../docs/design/voice.md")),
    ("docs/design/decisions/README.md", include_str!("../../docs/design/decisions/README.md")),
    (
        "docs/design/decisions/position-independent.md",
        include_str!("../../docs/design/decisions/position-independent.md"),
    ),
];

/// The text of the document at `path`.
fn document(path: &str) -> &'static str {
    DOCUMENTS.iter().find(|(own, _)| *own == path).unwrap().1
}

type Names = BTreeSet<String>;

/// The fenced blocks of `language`, without the indentation that a list gives them.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let (mut blocks, mut open) = (Vec::new(), None);
    for line in document.lines() {
        let (indent, fence) = (line.len() - line.trim_start().len(), line.trim_start().strip_prefix("```"));
        match (fence, &mut open) {
            (Some(of), None) => open = Some((of, indent, String::new())),
            (Some(_), Some(_)) => {
                let closed = open.take().filter(|(of, ..)| *of == language);
                blocks.extend(closed.map(|(_, _, text)| text));
            }
            (None, Some((_, indent, text))) => {
                text.push_str(line.get(*indent..).unwrap_or_default());
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block of {language} is not closed");
    blocks
}

/// The README below one heading.
fn section(title: &str) -> &'static str {
    let (_, rest) = README.split_once(&format!("\n## {title}\n")).unwrap();
    rest.split("\n## ").next().unwrap()
}

/// The cells of a section's tables, without their heads.
fn rows(title: &str) -> Vec<Vec<&'static str>> {
    let lines = section(title).lines().filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    let rows = lines.map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    rows.filter(|cells| cells[0].starts_with('`') || cells[0].starts_with(char::is_numeric)).collect()
}

/// The text between backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn every_example_configuration_is_valid() {
    let examples = blocks(README, "toml");
    assert_eq!(
        examples.len(),
        13,
        "five minutes, five providers, SAML in two ways, Okta, Identity Center; a browser; a sign-in; spokes"
    );
    let spokes = examples.iter().find(|example| example.contains("[spokes.")).unwrap();
    let hub = examples.iter().find(|example| example.contains("[role.hub]")).unwrap();
    let file =
        File::parse("README.md", &format!("{hub}\n{spokes}")).unwrap_or_else(|wrong| panic!("{wrong}"));
    assert!(file.roles.contains_key("payments-prod/admin") && file.roles.contains_key("payments-dev/admin"));
    for example in examples.iter().filter(|example| example.contains("[role.")) {
        let file = File::parse("README.md", example).unwrap_or_else(|wrong| panic!("{wrong}\n{example}"));
        let plan = resolve::plan(&file, "prod-admin", Flags::default(), &Env::of([]), Vec::new).unwrap();
        assert_eq!(plan.legs.len(), 2);
    }
}

#[test]
fn every_example_policy_is_current_json() {
    let policies = blocks(README, "json");
    assert_eq!(policies.len(), 5, "three hubs, what a hub may do, a spoke");
    for policy in policies {
        let json: serde_json::Value = serde_json::from_str(&policy).unwrap();
        assert_eq!(json["Version"], "2012-10-17");
        assert_eq!(json["Statement"][0]["Effect"], "Allow");
    }
}

#[test]
fn the_example_profile_is_what_jit_writes() {
    let program = Program::new("/usr/local/bin/jit", System::Unix).unwrap();
    let profile = program.profile("prod-admin", Some("eu-west-1")).unwrap();
    let empty = Document::parse(b"").unwrap();
    let written = plan_profiles(&empty, &[profile], &|_| false).apply(&empty, false).unwrap();
    assert_eq!(blocks(README, "ini"), [written.text()]);
}

#[test]
fn the_table_has_exactly_the_commands_and_options() {
    fn collect(command: &clap::Command, path: &str, found: &mut Vec<(String, Names)>) {
        let below: Vec<_> = command.get_subcommands().filter(|sub| sub.get_name() != "help").collect();
        if !command.is_subcommand_required_set() {
            let options = command.get_arguments().filter_map(clap::Arg::get_long);
            let own = options.filter(|long| !["help", "version", "role"].contains(long));
            found.push((path.to_owned(), own.map(|long| format!("--{long}")).collect()));
        }
        for sub in below {
            collect(sub, &format!("{path} {}", sub.get_name()), found);
        }
    }
    let mut program = Vec::new();
    collect(&Cli::command(), "jit", &mut program);

    // The name is what precedes the arguments, which are in capitals or brackets.
    let name = |cell: &str| {
        let words = quoted(cell).next().unwrap().split(' ');
        words.take_while(|word| word.starts_with(char::is_lowercase)).collect::<Vec<_>>().join(" ")
    };
    let told = rows("Commands")
        .into_iter()
        .map(|row| (name(row[0]), quoted(row[2]).map(str::to_owned).collect::<Names>()));
    assert_eq!(told.collect::<Vec<_>>(), program);
}

#[test]
fn the_table_has_exactly_the_configuration_keys() {
    const OIDC: &str = "[idp.a]\ntype = \"oidc\"\nissuer = \"https://a.example\"\nclient_id = \"a\"\n";
    const SAML: &str = "[idp.a]\ntype = \"saml\"\nsso_url = \"https://a.example\"\n";
    const OKTA: &str =
        "[idp.a]\ntype = \"okta\"\norg = \"https://a.example\"\napp_url = \"https://a.example/a/b/c\"\n";
    const CENTER: &str =
        "[idp.a]\ntype = \"identity-center\"\nstart_url = \"https://a.example\"\nregion = \"eu-west-1\"\n";
    const ROLE: &str = "[role.a]\nidp = \"a\"\nrole_arn = \"arn:aws:iam::111111111111:role/a\"\n";
    const SPOKES: &str = "[spokes.b]\nvia = \"a\"\nrole_name = \"b\"\naccounts = { c = \"222222222222\" }\n";
    /// An unknown key makes the parser list all that it knows.
    fn taken(text: &str) -> Names {
        let mistake = File::parse("x", &format!("{text}zzzzzzzz = 1\n")).unwrap_err();
        let suggestion = mistake.suggestion.unwrap();
        let list = suggestion.strip_prefix("valid keys are ").unwrap_or_else(|| panic!("{suggestion}"));
        list.split(", ").map(str::to_owned).collect()
    }
    // The text in parentheses restricts the place: to one type of IdP, or to one kind of role.
    let places = [
        ("top", "", taken("")),
        ("idp", "oidc", taken(OIDC)),
        ("idp", "saml", taken(SAML)),
        ("idp", "okta", taken(OKTA)),
        ("idp", "identity-center", taken(CENTER)),
        ("role", "hub", taken(&format!("{OIDC}{ROLE}"))),
        ("access", "", taken("[access]\nledger = \"~/x\"\n")),
        ("spokes", "", taken(&format!("{OIDC}{ROLE}{SPOKES}"))),
    ];
    for (place, kind, keys) in places {
        // Each of them has a rule for shared files.
        let place_there = match place {
            "top" => KeyPlace::Top,
            "role" => KeyPlace::Role,
            "access" => KeyPlace::Access,
            "spokes" => KeyPlace::Spokes,
            _ => KeyPlace::Idp(kind),
        };
        let decided = keys::RULES.iter().filter(|rule| rule.places.contains(&place_there));
        let decided: Names = decided.map(|rule| rule.key.to_owned()).collect();
        assert_eq!(decided, keys, "src/config/shared/keys.rs: {place} {kind}");
        let here = |row: &Vec<&str>| {
            row[1].split(", ").any(|one| match one.split_once(" (") {
                Some((one, narrowed)) if one == "idp" => place == one && narrowed == format!("{kind})"),
                Some((one, _)) => place == one,
                None => place == one,
            })
        };
        let told: Names = rows("Configuration")
            .iter()
            .filter(|row| here(row))
            .flat_map(|row| quoted(row[0]))
            .map(str::to_owned)
            .collect();
        assert_eq!(told, keys, "{place} {kind}");
    }
}

/// With `UPDATE_SNAPSHOTS`, as `scripts/generate` sets it, the table is written instead.
#[test]
fn the_shared_file_page_lists_every_key() {
    let (begin, end) = ("<!-- keys: written by scripts/generate -->\n", "<!-- end of keys -->");
    let page = document("docs/shared-file.md");
    let (before, rest) = page.split_once(begin).unwrap();
    let (told, after) = rest.split_once(end).unwrap();
    let table = keys::markdown();
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/shared-file.md");
        return std::fs::write(path, format!("{before}{begin}{table}{end}{after}")).unwrap();
    }
    assert_eq!(told, table, "run scripts/generate");
}

#[test]
fn the_table_has_exactly_the_variables_in_use() {
    let source = include_str!("../../crates/jit-wire/src/env.rs");
    let names = source.lines().filter_map(|line| line.strip_prefix("pub const ")?.split('"').nth(1));
    // These two are read by the HTTP client.
    let obeyed: Names = names.chain(["HTTPS_PROXY", "NO_PROXY"]).map(str::to_owned).collect();
    let told: Names = rows("Environment").iter().flat_map(|row| quoted(row[0])).map(str::to_owned).collect();
    assert_eq!(told, obeyed);
}

#[test]
fn the_table_has_exactly_the_exit_codes() {
    let kinds = [
        Kind::Failed,
        Kind::Usage,
        Kind::LoginNeeded,
        Kind::Refused,
        Kind::NotAllowed,
        Kind::Store,
        Kind::Pending,
        Kind::Interrupted,
        Kind::NotExecutable,
        Kind::NotFound,
    ];
    let codes: Names =
        kinds.iter().map(|kind| kind.exit_code().to_string()).chain(["0".to_owned()]).collect();
    let told: Names =
        rows("Exit codes").iter().flat_map(|row| row[0].split(", ")).map(str::to_owned).collect();
    assert_eq!(told, codes);
}

/// All of the program's own source.
fn source(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let text = |path: std::path::PathBuf| {
        if path.is_dir() { source(&path) } else { std::fs::read_to_string(path).unwrap_or_default() }
    };
    entries.map(text).collect()
}

#[test]
fn each_attack_names_existing_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = ["src", "crates", "tests"].map(|folder| source(&root.join(folder))).concat();
    let (_, table) = document("SECURITY.md").split_once("\n## Attacks\n").unwrap();
    let rows = table.split("\n## ").next().unwrap().lines().filter(|line| line.starts_with("| ")).skip(2);
    let mut count = 0;
    for row in rows.filter(|row| !row.starts_with("| **")) {
        let tests: Vec<_> = quoted(row.trim_end_matches(" |").rsplit("| ").next().unwrap()).collect();
        assert!(!tests.is_empty(), "without a test: {row}");
        for test in tests {
            count += 1;
            let before =
                source.find(&format!("fn {test}() {{")).map(|at| source[..at].trim_end_matches("async "));
            let line = before.and_then(|before| before.trim_end().lines().next_back());
            let marked = line.is_some_and(|line| line.contains("#[test]") || line.contains("#[tokio::test"));
            assert!(marked, "there is no test `{test}`");
        }
    }
    assert!(count >= 60, "{count}");
}

#[test]
fn each_explained_message_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = ["src", "crates"].map(|folder| source(&root.join(folder))).concat();
    for message in rows("Troubleshooting").iter().flat_map(|row| quoted(row[0])) {
        for part in message.split('…').map(|part| part.trim_matches([' ', ',', ';'])) {
            assert!(source.contains(part), "nothing says `{part}`");
        }
    }
}

/// A child has the variables that `jit env` prints.
#[cfg(unix)]
#[test]
fn a_child_gets_the_documented_variables() {
    let room = crate::support::Room::new();
    assert_eq!(room.jit(&["login", "admin"]).run().code(), 0);
    let printed = room.jit(&["env", "admin", "--shell", "json"]).hands_over().run();
    let given: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&printed.stdout).unwrap();
    let (_, told) = section("Environment").split_once("A child of `jit exec` gets ").unwrap();
    let told: Names = quoted(told.split(". ").next().unwrap()).map(str::to_owned).collect();
    assert_eq!(told, given.keys().cloned().collect());
}

/// The name of a heading as links write it.
fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn each_link_has_a_file_and_a_heading() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (path, text) in DOCUMENTS {
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.starts_with("https://")) {
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let place =
                if file.is_empty() { root.join(path) } else { root.join(path).with_file_name("").join(file) };
            assert!(place.exists(), "{path} links to {target}, which is not there");
            if !anchor.is_empty() {
                let text = std::fs::read_to_string(&place).unwrap();
                let mut headings = text.lines().filter(|line| line.starts_with('#'));
                let found = headings.any(|line| slug(line.trim_start_matches('#').trim()) == anchor);
                assert!(found, "{path} links to {target}, but there is no such heading");
            }
        }
    }
}

/// A table that nobody measured, or that a part of the bench would not find again.
/// The table is made by the program; `scripts/generate` puts it there.
#[test]
fn the_aws_files_page_has_every_setting() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/aws-files.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once("<!-- settings -->\n").unwrap();
    let (table, after) = rest.split_once("<!-- end of settings -->").unwrap();
    let made = format!("\n{}\n", jit::config::aws::settings::table());
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        let page = format!("{before}<!-- settings -->\n{made}<!-- end of settings -->{after}");
        return std::fs::write(path, page).unwrap();
    }
    assert_eq!(table, made, "if that is meant, run scripts/generate");
}

#[test]
fn the_performance_page_has_every_table() {
    let bench = include_str!("../../benches/commands/main.rs");
    let (_, parts) = bench.split_once("const PARTS:").unwrap();
    let parts = parts.split("];").next().unwrap().lines().filter_map(|line| line.trim().strip_prefix("(\""));
    let parts: Vec<&str> = parts.filter_map(|line| line.split('"').next()).collect();
    assert!(parts.len() > 5, "{parts:?}");
    let mut rest = document("docs/performance.md");
    for part in parts {
        let after = rest
            .split_once(&format!("`scripts/bench {part}`"))
            .unwrap_or_else(|| panic!("how to make {part}"))
            .1;
        let table =
            after.split_once(&format!("<!-- figures: {part} -->\n")).unwrap_or_else(|| panic!("{part}")).1;
        let (table, after) =
            table.split_once("<!-- end of figures -->\n").unwrap_or_else(|| panic!("{part}"));
        assert!(table.lines().filter(|line| line.starts_with("| ")).count() > 3, "{part} has no figures");
        rest = after;
    }
}

#[test]
fn the_tests_named_for_each_attacker_exist() {
    let (_, rest) = document("SECURITY.md").split_once("\n## Who attacks, and what they get\n").unwrap();
    let rows = rest.split("\n## ").next().unwrap().lines().filter(|line| line.starts_with('|')).skip(2);
    let mut count = 0;
    for row in rows {
        let shown_by = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let links: Vec<&str> = shown_by.split("](").skip(1).collect();
        assert!(!links.is_empty(), "nothing shows this: {row}");
        for link in links {
            let (path, names) = link.split_once(')').unwrap();
            let source = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
            let names: Vec<&str> = names.split('`').skip(1).step_by(2).collect();
            assert!(!names.is_empty(), "which of {path}? {row}");
            for name in names {
                assert!(source.contains(&format!("fn {name}(")), "{path} has no {name}");
                count += 1;
            }
        }
    }
    assert!(count > 20, "{count}");
}
