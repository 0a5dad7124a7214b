//! The documents, checked against the program.

use std::collections::BTreeSet;
use std::path::Path;

use clap::{CommandFactory as _, Parser as _};
use jit::commands::Cli;
use jit::config::aws::{Document, Program, System, plan_profiles};
use jit::config::file::File;
use jit::config::resolve::{self, Flags};
use jit::config::shared::keys::{self, KeyPlace};
use jit::error::Kind;
use jit_wire::env::Env;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text of the document at `path`.
fn document(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every document, by its path in the project, in order.
fn documents() -> Vec<(String, String)> {
    fn collect(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else if path.extension().is_some_and(|end| end == "md") {
                found.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    let mut found =
        ["README.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md"].map(str::to_owned).to_vec();
    for folder in ["docs", "deploy"].map(|folder| root().join(folder)).iter().filter(|folder| folder.exists())
    {
        collect(folder, &mut found);
    }
    found.sort();
    found
        .into_iter()
        .map(|path| {
            let text = document(&path);
            (path, text)
        })
        .collect()
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

/// The cells of the tables of `text`, without their heads.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let lines = text.lines().filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    let rows = lines.map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    rows.filter(|cells| cells[0].starts_with('`') || cells[0].starts_with(char::is_numeric)).collect()
}

/// `text` below the heading `title`, up to the next one of its level.
fn section<'t>(text: &'t str, title: &str) -> &'t str {
    let (_, rest) =
        text.split_once(&format!("\n## {title}\n")).unwrap_or_else(|| panic!("no section {title}"));
    rest.split("\n## ").next().unwrap()
}

/// The text between backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The examples of the pages for people who set `jit` up. Each that has roles is a whole configuration, or is completed by
/// the hub of the first steps.
#[test]
fn every_example_configuration_is_valid() {
    let hub = blocks(&document("docs/first-steps.md"), "toml").remove(0);
    let mut whole = 0;
    for (path, text) in documents() {
        if path.starts_with("docs/access/") || path.starts_with("docs/design/") || path.starts_with("deploy/")
        {
            continue;
        }
        for example in blocks(&text, "toml") {
            let parse =
                |text: &str| File::parse(&path, text).unwrap_or_else(|wrong| panic!("{wrong}\n{example}"));
            if example.contains("[role.prod-admin]") {
                let file = parse(&example);
                let plan =
                    resolve::plan(&file, "prod-admin", Flags::default(), &Env::of([]), Vec::new).unwrap();
                assert_eq!(plan.legs.len(), 2, "{path}");
                whole += 1;
            } else if example.contains("[spokes.") {
                let file = parse(&format!("{hub}\n{example}"));
                assert!(
                    file.roles.contains_key("payments-prod/admin")
                        && file.roles.contains_key("payments-dev/admin")
                );
            }
        }
    }
    assert!(whole >= 11, "the README, the first steps, and each guide: {whole}");
}

/// The README is for a first look; what is longer has a page in docs/.
#[test]
fn the_readme_stays_short() {
    let lines = document("README.md").lines().count();
    assert!(lines <= 260, "{lines} lines");
}

/// A reader finds every page from the README, directly or through the page of its folder.
#[test]
fn every_page_is_linked() {
    let all = documents();
    let targets = |path: &str, text: &str| -> BTreeSet<std::path::PathBuf> {
        let links = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        let links = links.filter(|link| !link.is_empty() && !link.contains("://"));
        links.filter_map(|link| root().join(path).with_file_name("").join(link).canonicalize().ok()).collect()
    };
    let mut found = targets("README.md", &document("README.md"));
    for (path, text) in &all {
        if path.ends_with("/README.md") && found.contains(&root().join(path).canonicalize().unwrap()) {
            found.extend(targets(path, text));
        }
    }
    for (path, _) in
        all.iter().filter(|(path, _)| path.starts_with("docs/") && !path.starts_with("docs/design/"))
    {
        assert!(found.contains(&root().join(path).canonicalize().unwrap()), "nothing links to {path}");
    }
}

#[test]
fn every_example_policy_is_current_json() {
    let policies = blocks(&document("docs/aws-setup.md"), "json");
    assert!(policies.len() >= 5, "three hubs, what a hub may do, a spoke");
    for policy in policies {
        let json: serde_json::Value = serde_json::from_str(&policy).unwrap();
        assert_eq!(json["Version"], "2012-10-17");
        assert!(["Allow", "Deny"].iter().any(|effect| json["Statement"][0]["Effect"] == *effect), "{policy}");
    }
}

#[test]
fn the_example_profile_is_what_jit_writes() {
    let program = Program::new("/usr/local/bin/jit", System::Unix).unwrap();
    let profile = program.profile("prod-admin", Some("eu-west-1")).unwrap();
    let empty = Document::parse(b"").unwrap();
    let written = plan_profiles(&empty, &[profile], &|_| false).apply(&empty, false).unwrap();
    assert_eq!(blocks(&document("docs/first-steps.md"), "ini"), [written.text()]);
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
    let page = document("docs/reference/commands.md");
    let told = rows(&page).into_iter().filter(|row| row.len() == 3);
    let told = told.map(|row| (name(row[0]), quoted(row[2]).map(str::to_owned).collect::<Names>()));
    assert_eq!(told.collect::<Vec<_>>(), program);
    let readme = document("README.md");
    let short = rows(section(&readme, "Commands")).into_iter().map(|row| name(row[0])).collect::<Vec<_>>();
    assert_eq!(short, program.into_iter().map(|(name, _)| name).collect::<Vec<_>>());
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
    let page = document("docs/reference/config.md");
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
        let told: Names = rows(&page)
            .iter()
            .filter(|row| here(row))
            .flat_map(|row| quoted(row[0]))
            .map(str::to_owned)
            .collect();
        assert_eq!(told, keys, "{place} {kind}");
    }
}

/// The help of every command, as the snapshot of the tests has it. With `UPDATE_SNAPSHOTS` it is written instead.
#[test]
fn the_commands_page_has_the_help_of_every_command() {
    let (begin, end) = ("<!-- help: written by scripts/generate -->\n", "<!-- end of help -->");
    let page = document("docs/reference/commands.md");
    let (before, rest) = page.split_once(begin).unwrap();
    let (shown, after) = rest.split_once(end).unwrap();
    let help = document("tests/it/snapshots/help.txt");
    let one = |text: &str| {
        let (title, text) = text.split_once(" --help\n")?;
        Some(format!("\n### {title}\n\n```text\n{}\n```\n", text.trim_end()))
    };
    let made: String =
        help.split("$ jit").filter_map(|text| one(&format!("jit{text}"))).collect::<String>() + "\n";
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        let path = root().join("docs/reference/commands.md");
        return std::fs::write(path, format!("{before}{begin}{made}{end}{after}")).unwrap();
    }
    assert_eq!(shown, made, "run scripts/generate");
}

/// The `jit` command lines of a shell block. Words are separated by spaces; those in quotes stay together.
fn shown_commands(block: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for line in block.lines() {
        let line = line.trim_start_matches("$ ");
        for (at, _) in line.match_indices("jit ") {
            // A command stands at the beginning of a line or after something that starts one.
            let before = line[..at].trim_end();
            let starts = before.is_empty()
                || ["$(", "<(", "|", "&&", ";", "!", "ProxyCommand", "1-5"]
                    .iter()
                    .any(|end| before.ends_with(end))
                || before.split(' ').all(|word| word.contains('=') && !word.contains('('));
            if starts {
                found.push(words(&line[at..]));
            }
        }
    }
    found
}

/// The words of the one command that `text` begins with.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quote) = (String::new(), None);
    for character in text.chars() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None, '|' | ';' | ')' | '#' | '&') => break,
            (None, ' ') => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            _ => word.push(character),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Each command line of each page is one that `jit` takes.
#[test]
fn every_command_shown_is_one() {
    let mut count = 0;
    for (path, text) in documents() {
        if path.starts_with("docs/design/") {
            continue;
        }
        for block in ["sh", "console"].iter().flat_map(|language| blocks(&text, language)) {
            for line in shown_commands(&block) {
                if let Err(wrong) = Cli::try_parse_from(&line) {
                    assert!(wrong.exit_code() == 0, "{path}: {line:?}\n{wrong}");
                }
                count += 1;
            }
        }
    }
    assert!(count > 60, "{count}");
}

#[test]
fn the_words_of_a_shown_command_are_found() {
    let line = "docker run --env-file <(jit env dev --shell dotenv) x   # jit is not run here";
    assert_eq!(shown_commands(line), [["jit", "env", "dev", "--shell", "dotenv"]]);
    assert_eq!(shown_commands("jit request a -m \"b c\" | jq"), [["jit", "request", "a", "-m", "b c"]]);
    assert_eq!(shown_commands("echo jit runs"), Vec::<Vec<String>>::new());
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
        let path = root().join("docs/shared-file.md");
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
    let page = document("docs/reference/environment.md");
    let told: Names = rows(&page).iter().flat_map(|row| quoted(row[0])).map(str::to_owned).collect();
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
    let page = document("docs/reference/exit-codes.md");
    let told: Names = rows(&page).iter().flat_map(|row| row[0].split(", ")).map(str::to_owned).collect();
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
    let source = ["src", "crates", "tests"].map(|folder| source(&root().join(folder))).concat();
    let security = document("SECURITY.md");
    let (_, table) = security.split_once("\n## Attacks\n").unwrap();
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
    let source = ["src", "crates"].map(|folder| source(&root().join(folder))).concat();
    let (page, readme) = (document("docs/troubleshooting.md"), document("README.md"));
    let explained = rows(&page).into_iter().chain(rows(section(&readme, "Common errors")));
    for message in explained.flat_map(|row| quoted(row[0])) {
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
    let page = document("docs/reference/environment.md");
    let (_, told) = page.split_once("A child of `jit exec` gets ").unwrap();
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
    for (path, text) in &documents() {
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.starts_with("https://")) {
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let place = if file.is_empty() {
                root().join(path)
            } else {
                root().join(path).with_file_name("").join(file)
            };
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
    let path = root().join("docs/aws-files.md");
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
    let page = document("docs/performance.md");
    let mut rest = page.as_str();
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
    let security = document("SECURITY.md");
    let (_, rest) = security.split_once("\n## Who attacks, and what they get\n").unwrap();
    let rows = rest.split("\n## ").next().unwrap().lines().filter(|line| line.starts_with('|')).skip(2);
    let mut count = 0;
    for row in rows {
        let shown_by = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let links: Vec<&str> = shown_by.split("](").skip(1).collect();
        assert!(!links.is_empty(), "nothing shows this: {row}");
        for link in links {
            let (path, names) = link.split_once(')').unwrap();
            let source = std::fs::read_to_string(root().join(path)).unwrap();
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
