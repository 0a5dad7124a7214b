//! `jit policy publish`: one file out of many, checked, compared with the one in force, and put into the ledger.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use jit_access::check::{NotGiven, Severity, not_given};
use jit_access::decide::Grant;
use jit_access::ledger::{Hash, StoredPolicy};
use jit_access::people::UserId;
use jit_access::policy::{Access, LARGEST_POLICY, Policy, Right};
use jit_access::render::{Ceiling, GrantDocument, Level};
use jit_wire::explain::{Explain, Next};
use jit_wire::name;
use serde_json::json;

use super::check;
use super::files::{self, PolicySources};
use crate::broker::{AccessLedger, Broker, LedgerView};
use crate::commands::access::{self, Seen, SeenArgs, failed, make_sure, short_hash};
use crate::commands::load::Configuration;
use crate::config::{Side, unified_diff};
use crate::error::{CommandResult, Kind};
use crate::ui::Ui;
use crate::ui::text::{escape, shown};
use crate::world::{World, clock_time};

/// Put a policy into force
///
/// Makes one file of the policy, with its documents in it, checks it, shows the
/// difference from the policy in force and the live grants that the new one would
/// not give, asks, and writes it to the ledger. It changes no live grant. Without a
/// terminal, --yes and --sha256 say what you have seen.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct PublishArgs {
    /// The policy: files, or folders with files that end in .toml
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub files: Vec<PathBuf>,
    /// JSON with members of groups, accounts of units, and session lengths
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub directory: Option<PathBuf>,
    /// Show what would change, and publish nothing
    #[arg(long, conflicts_with_all = ["yes", "sha256"])]
    pub dry_run: bool,
    #[command(flatten)]
    pub seen: SeenArgs,
    /// As JSON, for scripts
    #[arg(long)]
    pub json: bool,
}

/// Why a policy is not published.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotPublished {
    #[error("{0} has errors that have to be fixed first: {1}")]
    Errors(String, String),
    #[error("as one file the policy has {0} bytes, more than the 1 MiB that are read")]
    Large(usize),
    #[error("the policy in force does not let you publish: your role is no door that may")]
    NotYou,
    #[error(
        "this policy would not let you publish the next one: no door of it that may publish has your role's id"
    )]
    LocksOut(String),
}

impl Explain for NotPublished {
    fn kind(&self) -> Kind {
        match self {
            Self::Errors(..) | Self::Large(_) | Self::LocksOut(_) => Kind::Usage,
            Self::NotYou => Kind::Refused,
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Errors(..) => Next::list(["fix them; a warning may stay"]),
            Self::Large(_) => {
                Next::list(["shorten the lists of people, for example by groups of Identity Center"])
            }
            Self::NotYou => {
                Next::list(["name a role that may publish as `publisher` in the section [access]"])
            }
            Self::LocksOut(id) => {
                vec![Next::words(format!("add \"{id}\" to `ids` of a [door] with may = [\"publish\"]"))]
            }
        }
    }
}

pub(super) fn run(args: &PublishArgs, world: &World, ui: &Ui) -> CommandResult {
    let surroundings = files::surroundings(args.directory.as_deref())?;
    let sources = PolicySources::read(&args.files)?;
    let policy = sources.policy()?;
    let found = check::findings(&policy, &sources.files, &surroundings);
    let lines = found.iter().flat_map(|finding| check::lines(finding, |tone, text| ui.paint(tone, text)));
    lines.for_each(|line| ui.say(line));
    if check::count(&found, Severity::Error) > 0 {
        return Err(NotPublished::Errors(sources.counted(), check::counted(&found)).into());
    }
    let text = policy.to_toml();
    if text.len() > LARGEST_POLICY {
        return Err(NotPublished::Large(text.len()).into());
    }
    // What readers will make of it.
    Policy::read_published("policy.toml", &text)?;

    let files = Configuration::read(world)?;
    let store = files.open_store()?;
    let broker = Broker::new(world, &store);
    let ledger = access::open(&files, &broker, Right::Publish, world)?;
    let view = ledger.read_recent().map_err(|error| failed(&error, &ledger))?;
    let before = view.records.policy_in_force(view.now);
    let author = author(&policy, before, &ledger)?;
    let hash = Hash::of(text.as_bytes());
    if before.is_some_and(|before| before.policy.to_toml() == text) {
        if args.json {
            return ui.json(&json!({ "published": false, "sha256": hash }));
        }
        ui.done("The policy in force says the same");
        return Ok(());
    }
    let lost = not_given(&view.records, &policy, &surroundings.directory, view.now, |access, grant, _| {
        document(access, grant)
    });
    show(&text, before, &lost, &view, world, ui);
    ui.say(shown!("SHA-256 {}", short_hash(hash)));
    if args.dry_run {
        return Ok(());
    }
    let seen = Seen { hash, needs_hash: true, question: "Publish this?", command: command(args) };
    make_sure(&seen, &args.seen, world)?;
    let id = ledger.publish(&author, &text).map_err(|error| failed(&error, &ledger))?;
    if args.json {
        let lost: Vec<_> = lost.iter().map(|one| json!({ "id": one.request, "person": one.person, "access": one.access, "until": one.until.to_rfc3339(), "why": one.why })).collect();
        return ui.json(&json!({ "published": true, "id": id, "sha256": hash, "not_given": lost }));
    }
    ui.done("Published; it is in force now");
    Ok(())
}

/// Under whose name it is published.
///
/// # Errors
/// The policy in force does not let them, or the new one would shut them out.
fn author(
    policy: &Policy,
    before: Option<&StoredPolicy>,
    ledger: &AccessLedger<'_>,
) -> CommandResult<UserId> {
    let judge = before.map_or(policy, |before| &before.policy);
    let author = ledger.user_id(judge, Right::Publish).map_err(|error| failed(&error, ledger))?;
    let may = |policy: &Policy| {
        let mut doors = policy.doors.values().filter(|door| door.may.contains(&Right::Publish));
        doors.any(|door| door.ids.contains(author.role_id()))
    };
    if before.is_some_and(|before| !may(&before.policy)) {
        return Err(NotPublished::NotYou.into());
    }
    if !may(policy) {
        return Err(NotPublished::LocksOut(author.role_id().to_owned()).into());
    }
    Ok(author)
}

/// The text of a grant by the new policy, where its ceiling is one that ships.
fn document(access: &Access, grant: &Grant) -> Option<String> {
    let level = Level::named(access.ceiling.as_deref()?)?;
    let partition = access.role.partition();
    let ceiling = Ceiling { partition, level, more: Vec::new(), passable: Vec::new(), ledger: None };
    Some(GrantDocument::of(access, grant, ceiling.services()).render().ok()?.as_str().to_owned())
}

/// Shows what changes.
fn show(
    text: &str,
    before: Option<&StoredPolicy>,
    lost: &[NotGiven],
    view: &LedgerView,
    world: &World,
    ui: &Ui,
) {
    match before {
        None => ui.say("Nobody has published a policy in this ledger yet"),
        Some(before) => {
            let old = before.policy.to_toml();
            let diff = unified_diff(&Side::of_config(&old), &Side::of_config(text), "policy.toml");
            diff.iter().for_each(|line| ui.say(escape(line)));
        }
    }
    if lost.is_empty() {
        return;
    }
    ui.say("Live grants that this policy would not give; they last until they end or are revoked:");
    for one in lost {
        let until = clock_time(one.until, &*world.clock);
        ui.say(shown!("  {} {} until {}: {}", one.person, one.access, until, one.why));
        ui.say(shown!("    jit revoke {} -m WHY", one.request.short(view.records.ids())));
    }
}

/// The command as it was typed, for the one that agrees.
fn command(args: &PublishArgs) -> String {
    let mut command = "policy publish".to_owned();
    for file in &args.files {
        command = format!("{command} {}", name::in_command(&file.display().to_string()));
    }
    if let Some(directory) = &args.directory {
        command = format!("{command} --directory {}", name::in_command(&directory.display().to_string()));
    }
    command
}
