//! `jit policy show`: the policy in force, or an earlier one, and their history.

use clap::Args;
use jit_access::id::{Id, IdMatch};
use jit_access::ledger::{Hash, StoredPolicy};
use jit_access::policy::Right;
use jit_wire::explain::{Explain, Next};
use serde_json::{Value, json};

use crate::broker::{AccessError, Broker, LedgerView};
use crate::commands::access::{self, failed, short_hash};
use crate::commands::load::Configuration;
use crate::error::{CommandResult, Kind};
use crate::ui::text::{Shown, escape, shown};
use crate::ui::{Tone, Ui};
use crate::world::{World, clock_time};

/// Show the policy in force, and its history
///
/// Prints the policy as it is in the ledger: one file with its documents in it.
#[derive(Args, Debug)]
pub struct ShowArgs {
    /// An earlier policy, by its id in the history
    pub id: Option<String>,
    /// List every policy that was in force
    #[arg(long, conflicts_with = "id")]
    pub history: bool,
    /// As JSON, for scripts
    #[arg(long)]
    pub json: bool,
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoSuchPolicy {
    #[error("no policy of the history matches `{0}`")]
    None(String),
    #[error("several policies match `{0}`")]
    Several(String),
}

impl Explain for NoSuchPolicy {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn next(&self) -> Vec<Next> {
        let list = Next::Run { command: "policy show --history".into(), does: "lists them".into() };
        match self {
            Self::None(_) => vec![list],
            Self::Several(_) => vec![Next::words("type more of the id"), list],
        }
    }
}

pub(super) fn run(args: &ShowArgs, world: &World, ui: &Ui) -> CommandResult {
    let files = Configuration::read(world)?;
    let store = files.open_store()?;
    let broker = Broker::new(world, &store);
    let ledger = access::open(&files, &broker, Right::Request, world)?;
    let view = ledger.read_recent().map_err(|error| failed(&error, &ledger))?;
    let in_force = view.policy().map_err(|error: AccessError| failed(&error, &ledger))?;
    if args.history {
        return history(&view, in_force, args.json, world, ui);
    }
    let stored = match &args.id {
        None => in_force,
        Some(typed) => find(typed, &view)?,
    };
    if args.json {
        let mut value = to_json(stored, stored.key == in_force.key);
        value["policy"] = json!(stored.text);
        return ui.json(&value);
    }
    let since = clock_time(stored.at, &*world.clock);
    let is = if stored.key == in_force.key { "In force since" } else { "Published at" };
    let hash = short_hash(Hash::of(stored.text.as_bytes()));
    ui.say(shown!("{} {}, by {}, SHA-256 {}", is, since, stored.author.session_name(), hash));
    ui.data(stored.text.as_bytes())
}

fn find<'v>(typed: &str, view: &'v LedgerView) -> Result<&'v StoredPolicy, NoSuchPolicy> {
    let all: Vec<&StoredPolicy> = view.records.policy_history().collect();
    match Id::find(typed, all.iter().map(|stored| stored.key.id())) {
        IdMatch::One(id) => all.into_iter().find(|stored| stored.key.id() == id),
        IdMatch::Several(_) => return Err(NoSuchPolicy::Several(typed.to_owned())),
        IdMatch::None => None,
    }
    .ok_or_else(|| NoSuchPolicy::None(typed.to_owned()))
}

/// Every policy that was in force, the newest first.
fn history(view: &LedgerView, in_force: &StoredPolicy, json: bool, world: &World, ui: &Ui) -> CommandResult {
    let mut all: Vec<&StoredPolicy> = view.records.policy_history().collect();
    all.reverse();
    if json {
        let each = all.iter().map(|stored| to_json(stored, stored.key == in_force.key));
        return ui.json(&json!({ "policies": each.collect::<Vec<_>>() }));
    }
    let ids: Vec<Id> = all.iter().map(|stored| stored.key.id()).collect();
    let row = |stored: &&StoredPolicy| {
        let is_in_force = if stored.key == in_force.key { "in force" } else { "" };
        vec![
            ui.paint_data(Tone::Name, escape(&stored.key.id().short(ids.iter().copied()))),
            escape(&clock_time(stored.at, &*world.clock)),
            escape(stored.author.session_name()),
            escape(&short_hash(Hash::of(stored.text.as_bytes()))),
            Shown::from(is_in_force),
        ]
    };
    ui.table_with_titles(&["id", "published", "by", "sha256", ""], all.iter().map(row).collect())
}

fn to_json(stored: &StoredPolicy, is_in_force: bool) -> Value {
    json!({
        "id": stored.key.id().to_string(),
        "at": stored.at.to_rfc3339(),
        "user_id": stored.author.as_str(),
        "sha256": Hash::of(stored.text.as_bytes()).to_string(),
        "in_force": is_in_force,
    })
}
