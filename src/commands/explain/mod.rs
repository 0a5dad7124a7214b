//! `jit explain`: shows the plan for a role; what can be asked for, and where the person stands with it; and whether AWS
//! would allow a call. Asks nothing, and calls nobody but the ledger of access on request.
//!
//! ```text
//! mod (arguments, what is meant) ; steps, rows (the plan) ; question (--action and the like) ;
//! gathered (the documents) ; verdict (the answer) ; told (in words)
//! ```

mod gathered;
mod question;
mod rows;
mod steps;
mod told;
mod verdict;

use clap::Args;
use serde_json::{Value, json};

use crate::commands::access::{self, Explained};
use crate::commands::enforced;
use crate::commands::load::Configuration;
use crate::commands::subject::{RestrictionArgs, RoleArgs, Subject};
use crate::config::resolve::Flags;
use crate::config::restriction::restricted;
use crate::error::CommandResult;
use crate::plan::{Origin, Plan};
use crate::store::Store;
use crate::ui::Ui;
use crate::ui::text::shown;
use crate::world::World;

use question::{Question, QuestionArgs};
use steps::{Step, show, steps};

/// Show the plan for a role, and what AWS would allow
///
/// Lists each step with its values, what is stored for it, and what jit would
/// call. For access on request, also who may ask, who approves, and until when it
/// is granted to you. With --action, answers whether AWS would allow that call and
/// which statement decides, from the policies that jit knows. Signs in nowhere;
/// only the ledger of access on request is read.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct ExplainArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "shown by the help of its own fields")]
    pub role: RoleArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "shown by the help of its own fields")]
    pub restriction: RestrictionArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "shown by the help of its own fields")]
    pub question: QuestionArgs,
    /// As JSON, for scripts
    #[arg(long)]
    pub json: bool,
}

pub(super) fn run(args: &ExplainArgs, world: &World, ui: &Ui) -> CommandResult {
    let question = args.question.read(&*world.clock)?;
    if let Some(name) = args.role.name()
        && let Some(done) = on_request(name, question.as_ref(), args, world, ui)?
    {
        return Ok(done);
    }
    let subject = Subject::find(&args.role, world)?.restricted(&args.restriction)?;
    if let Some(question) = &question {
        return of_role(&subject, question, args, world, ui);
    }
    the_plan(&subject, args, world, ui)
}

/// Explains `name` if the policy of access on request calls something by it, and no file does.
fn on_request(
    name: &str,
    question: Option<&Question>,
    args: &ExplainArgs,
    world: &World,
    ui: &Ui,
) -> CommandResult<Option<()>> {
    let files = Configuration::read(world)?.with_roles()?;
    if access::is_access(&files, name) == Some(false) || files.plan_if_known(name, Flags::default())?.is_ok()
    {
        return Ok(None);
    }
    let store = files.open_store()?;
    let asked = access::Asked {
        name,
        resource: question.map(|question| question.resource.as_str()),
        at: question.and_then(|question| question.at),
        person: args.question.person.as_deref(),
    };
    let Some(explained) = access::explained(&asked, &files, &store, world)? else { return Ok(None) };
    let restriction = args.restriction.read()?;
    let plan = explained.plan.clone().map(|plan| restricted(plan, &restriction)).transpose()?;
    let Some(question) = question else {
        return the_access(&explained, plan.as_ref(), &store, args, world, ui).map(Some);
    };
    let known =
        explained.documents.ok_or_else(|| access::no_account(&explained.name, &explained.accounts))?;
    let answer = verdict::answer(&known, plan.as_ref(), question);
    told::tell(&answer, &known, question, args.json, world, ui).map(Some)
}

/// The access, and the plan for its role if that is one.
fn the_access(
    explained: &Explained,
    plan: Option<&Plan>,
    store: &Store<'_>,
    args: &ExplainArgs,
    world: &World,
    ui: &Ui,
) -> CommandResult {
    let steps = plan.map(|plan| steps(plan, store, world)).unwrap_or_default();
    if args.json {
        let steps: Vec<Value> = steps.iter().map(Step::to_json).collect();
        return ui.json(&json!({
            "access": explained.json,
            "role": explained.name,
            "restricted_by": plan.map(|plan| plan.restricted_by.clone()).unwrap_or_default(),
            "named_by": Origin::Flag("the command line").to_string(),
            "confirm": false,
            "steps": steps,
        }));
    }
    ui.line(shown!("{} (access on request)", explained.name))?;
    ui.table(&access::explained_rows(explained, ui))?;
    show(&steps, world, ui)
}

fn the_plan(subject: &Subject<'_>, args: &ExplainArgs, world: &World, ui: &Ui) -> CommandResult {
    let plan = &subject.plan;
    let steps = steps(plan, &subject.store, world);
    if args.json {
        let steps: Vec<Value> = steps.iter().map(Step::to_json).collect();
        return ui.json(&json!({
            "access": null,
            "role": plan.role,
            "restricted_by": plan.restricted_by,
            "named_by": subject.named_by.to_string(),
            "confirm": plan.confirm,
            "enforced": enforced::to_json(subject.enforced.as_ref()),
            "steps": steps,
        }));
    }
    let description = plan.description.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
    ui.line(shown!("{} (from {}){}", plan.shown_name(), subject.named_by, description))?;
    if plan.confirm {
        ui.line("jit asks for confirmation before it uses this role")?;
    }
    if let Some(enforced) = enforced::in_words(subject.enforced.as_ref()) {
        ui.line(shown!("enforced on this machine: {}", enforced))?;
    }
    show(&steps, world, ui)
}

/// Whether AWS would allow a call with a role of the configuration. The policies of most of them are nowhere that jit
/// could look; a role that the policy of access on request names has known ones.
fn of_role(
    subject: &Subject<'_>,
    question: &Question,
    args: &ExplainArgs,
    world: &World,
    ui: &Ui,
) -> CommandResult {
    let files = Configuration::read(world)?.with_roles()?;
    let (at, person) = (question.at, args.question.person.as_deref());
    let known = access::documents_of_role(&subject.plan, person, at, &files, &subject.store, world)?;
    let answer = verdict::answer(&known, Some(&subject.plan), question);
    told::tell(&answer, &known, question, args.json, world, ui)
}
