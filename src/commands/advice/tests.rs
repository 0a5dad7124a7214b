//! Every error that has advice, with each of its variants: its kind and its advice about the role `admin`, as a list to
//! read (`every_error.txt`), checked against the rules for advice.

mod cases;
mod of_aws;
mod of_idps;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;
use crate::commands::configure::profiles::ProfilesError;
use crate::config::Mistake;
use crate::config::import::{ImportError, ImportPlace};
use crate::idp::lookup::LookupError;
use jit_wire::trusted_url::{Purpose, TrustedUrl, UrlError};

use of_aws::{brokers, portals, resolves, restrictions, sources, stores, stses};
use of_idps::{captures, centers, codes, http, https, oidcs, oktas, samls};

fn url_error() -> UrlError {
    TrustedUrl::parse("ftp://x", Purpose::Page).unwrap_err()
}

fn denied() -> io::Error {
    io::ErrorKind::PermissionDenied.into()
}

fn text(text: &str) -> String {
    text.to_owned()
}

const SOON: Duration = Duration::from_secs(300);

/// The text of the enum called `name`, wherever it is defined.
fn definition(name: &str) -> String {
    let start = format!("enum {name} {{\n");
    let found = rust_files().into_iter().find_map(|text| {
        let (_, rest) = text.split_once(&start)?;
        rest.split_once("\n}").map(|(definition, _)| definition.to_owned())
    });
    found.unwrap_or_else(|| panic!("no enum {name}"))
}

fn rust_files() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut folders, mut files) = (vec![root.join("src"), root.join("crates")], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                // The function is another program, and its errors become no hints of this one.
                if !path.ends_with("jit-function") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|end| end == "rs") {
                files.push(fs::read_to_string(path).unwrap());
            }
        }
    }
    files
}

/// Adds each error with its advice to `told`, after checking that every variant of the type has an example.
fn list<E: Explain + Debug>(name: &str, kinds: Option<&str>, errors: &[E], told: &mut String) {
    let case =
        Case { whom: Some(text("admin")), role: Some(text("admin")), proof: None, typed: Typed::Another };
    let defined = definition(kinds.unwrap_or(name));
    let variants: BTreeSet<&str> = defined
        .lines()
        .filter_map(|line| {
            line.strip_prefix("    ").filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
        })
        .map(|line| line.split(|c: char| !c.is_alphanumeric()).next().unwrap())
        .collect();
    let mut seen = BTreeSet::new();
    for error in errors {
        let debug = format!("{error:?}");
        let debug = match kinds {
            Some(_) => debug.split_once("kind: ").unwrap().1,
            None => debug.as_str(),
        };
        let variant = debug.split(|c: char| !c.is_alphanumeric()).next().unwrap();
        seen.insert(variants.get(variant).copied().unwrap_or_else(|| panic!("{name} has no {variant}")));
        told.push_str(&format!("{name}::{variant}  {}\n  {error}\n", error.kind().name()));
        let hints = case.hints(error);
        for hint in &hints {
            told.push_str(&format!("  next: {hint}\n"));
            assert!(!hint.ends_with('.') && !hint.contains('\n'), "one clause without a full stop: {hint}");
            assert!(hint.matches('`').count() % 2 == 0, "{hint}");
            // A command needs its role, and a person cannot fill in a value that only the machine knows.
            let bare = ["jit login`", "jit explain`", "--force`", " PORT", "INSTANCE", " ID "];
            assert!(!bare.iter().any(|bare| hint.contains(bare)), "{name}::{variant}: {hint}");
        }
        let may_be_bare = ["NoRandom", "Interrupted", "TooLarge", "Disk", "Code", "Store"].contains(&variant);
        assert!(!hints.is_empty() || may_be_bare, "{name}::{variant} says nothing of what to do next");
        if error.kind() == Kind::LoginNeeded {
            assert!(hints.iter().any(|hint| hint.contains("jit login ")), "{name}::{variant}: {hints:?}");
        }
    }
    assert_eq!(seen, variants, "each variant of {name} is in the list");
}

/// Errors of a single command, whose tests show them.
const OF_COMMANDS: &[&str] = &[
    "AddError",
    "CheckError",
    "ChoiceError",
    "ConfigUnread",
    "ConsoleError",
    "DemoStopped",
    "EnforcedError",
    "EnvError",
    "FilesError",
    "IsCommand",
    "MachineFileError",
    "NoCommand",
    "NoDuration",
    "NoLedger",
    "NoMatch",
    "NoPage",
    "NoPerson",
    "NoQuestion",
    "NoRole",
    "NoSignals",
    "NoSuchPolicy",
    "NoStart",
    "NotCast",
    "NotDropped",
    "NotFiled",
    "NotGranted",
    "NotHeld",
    "NotImported",
    "NotMeant",
    "NotPublished",
    "NotRevoked",
    "NotSeen",
    "NotServed",
    "NotStored",
    "NotWritten",
    "OrganizationError",
    "RegionError",
    "RemoveError",
    "RenderError",
    "Unclear",
    "UnknownRole",
    "Unnamed",
    "WizardError",
];
/// Errors of access on request. Their crates test their advice.
const OF_ACCESS: [&str; 19] = [
    "AllowError",
    "ApplyError",
    "BodyError",
    "CallError",
    "CaseError",
    "FolderError",
    "GrantError",
    "HoursError",
    "IamError",
    "KeyError",
    "LedgerError",
    "NetworkError",
    "NoVote",
    "Nobody",
    "NotAUserId",
    "NotAnId",
    "RequestRoleError",
    "TooLong",
    "WriteError",
];
/// Errors that pass on the advice of another one, or have a single case.
const OTHERS: [&str; 6] = ["AccessError", "Contested", "Failure", "IdpError", "Mistake", "ProfilesError"];

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the list is written into the checkout, by scripts/generate alone"
)]
fn every_error_says_what_to_do_next() {
    let mut told = String::new();
    list("HttpError", None, &https(), &mut told);
    list("CodeError", None, &codes(), &mut told);
    list("OidcError", None, &oidcs(), &mut told);
    list("CenterError", None, &centers(), &mut told);
    list("CaptureError", None, &captures(), &mut told);
    list("SamlError", None, &samls(), &mut told);
    list("OktaError", None, &oktas(), &mut told);
    list("StsError", Some("StsErrorKind"), &stses(), &mut told);
    list("PortalError", Some("PortalErrorKind"), &portals(), &mut told);
    list("SourceError", None, &sources(), &mut told);
    list("StoreError", None, &stores(), &mut told);
    list("BrokerError", None, &brokers(), &mut told);
    list("ResolveError", None, &resolves(), &mut told);
    list("RestrictionError", None, &restrictions(), &mut told);
    let lookups = [
        LookupError::NotAUrl(text("x")),
        LookupError::Http(http()),
        LookupError::Nothing(text("x")),
        LookupError::Foreign { url: text("x"), issuer: text("y") },
        LookupError::Untrusted { url: text("x"), why: url_error() },
    ];
    list("LookupError", None, &lookups, &mut told);
    let place = ImportPlace { path: text("~/.aws/config"), line: Some(1) };
    let imports = [
        ImportError::Unread { place, what: text("x") },
        ImportError::NeedsOrg { path: text("~/.aws/config") },
    ];
    let listed: BTreeSet<&str> =
        told.lines().filter_map(|line| line.split_once("::").map(|(name, _)| name)).collect();
    for error in &imports {
        assert!(!of(error).is_empty());
    }
    let mistake = Mistake {
        path: text("x"),
        line: 1,
        column: 1,
        excerpt: None,
        what: text("x"),
        suggestion: Some(text("y")),
    };
    assert_eq!(of(&mistake), ["y"]);
    let busy = ProfilesError::KeepsChanging { path: PathBuf::from("x") };
    assert_eq!(of(&busy), ["nothing was changed; run the command again when that program has finished"]);
    // Every type with advice is in one of the lists.
    for file in rust_files() {
        for rest in file.split("\nimpl Explain for ").skip(1) {
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
            let known = listed.contains(name.as_str())
                || OF_COMMANDS.contains(&name.as_str())
                || OTHERS.contains(&name.as_str())
                || OF_ACCESS.contains(&name.as_str())
                || name == "ImportError";
            assert!(known, "list the variants of {name} here");
        }
    }
    if !cfg!(target_os = "linux") {
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/commands/advice/every_error.txt");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, &told).unwrap();
    }
    for (is, was) in told.lines().zip(fs::read_to_string(&path).unwrap_or_default().lines()) {
        assert_eq!(is, was, "if that is meant, run scripts/generate");
    }
    assert_eq!(told, fs::read_to_string(&path).unwrap_or_default(), "if that is meant, run scripts/generate");
}
