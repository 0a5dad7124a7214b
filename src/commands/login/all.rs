//! `jit login --all`: every configured role, after one login at each IdP.

use super::choose::Unnamed;
use super::{Context, accounts, report};
use crate::commands::advice;
use crate::config::resolve::Flags;
use crate::error::{CommandError, CommandResult};
use crate::plan::{Plan, ProofPlan};
use crate::ui::text::shown;
use jit_wire::credentials::Session;
use jit_wire::name;

impl Context<'_, '_> {
    pub(super) fn every_role(&self) -> CommandResult {
        let Self { args, files, store, broker, world, ui, .. } = *self;
        let mut plans = Vec::new();
        for name in files.file.roles.keys() {
            let flags = Flags { role: None, duration: args.duration };
            let plan = files.plan(name, flags)?;
            if args.idp.as_deref().is_none_or(|idp| idp == plan.proof.name()) {
                plans.push(plan);
            }
        }
        // Nobody is asked about each of many roles, and no role is used unasked that wants the question.
        let (skipped, plans): (Vec<Plan>, Vec<Plan>) = plans.into_iter().partition(|plan| plan.confirm);
        if plans.is_empty() {
            return Err(match skipped.is_empty() {
                true => Unnamed::NoneFor(args.idp.clone()).into(),
                false => Unnamed::OnlyConfirmed(names(&skipped)).into(),
            });
        }
        let fixed: Vec<&Plan> = match args.duration {
            Some(_) => plans.iter().filter(|plan| !plan.target().role.value.takes_duration()).collect(),
            None => Vec::new(),
        };
        if !fixed.is_empty() {
            ui.warn(shown!(
                "--duration has no effect on {}: something else decides how long their sessions last",
                names(fixed).join(", ")
            ));
        }
        let mut befores = Vec::new();
        for plan in &plans {
            if !befores.iter().any(|(proof, _): &(&ProofPlan, _)| proof.name() == plan.proof.name()) {
                befores.push((&plan.proof, report::Before::of(store, &plan.proof)?));
            }
        }
        store.prepare()?;
        let silent = plans.iter().find(|plan| plan.proof.may_be_silent()).unwrap_or(&plans[0]);
        let need = self.need(&silent.proof);
        let outcomes = broker.sessions(&plans, &need);
        let mut rows = Vec::new();
        let mut failures: Vec<(&Plan, CommandError)> = Vec::new();
        let mut got: Vec<&Session> = Vec::new();
        for (plan, outcome) in plans.iter().zip(&outcomes) {
            match outcome {
                Ok(session) => {
                    got.push(session);
                    rows.push(report::row(session, report::limit_note(plan, plan.legs.len() - 1), world, ui));
                }
                Err(error) => failures.push((
                    plan,
                    advice::no_session(error, plan, advice::Typed::Login { force: need.force }),
                )),
            }
        }
        if !got.is_empty() {
            let word = if got.len() == 1 { "role" } else { "roles" };
            ui.done(shown!("{} {} of {}", got.len(), word, plans.len()));
            ui.say_table(&rows);
        }
        for (proof, before) in befores {
            before.compare(store, proof, need.force, ui);
        }
        accounts::learn_names(&plans.iter().collect::<Vec<_>>(), store, world);
        if let Some(first) = skipped.first() {
            ui.say(shown!(
                "Skipped roles that need a confirmation (confirm = true): {}. Next: jit login {}",
                names(&skipped).join(", "),
                name::in_command(&first.role)
            ));
        }
        all_or_error(failures, plans.len())
    }
}

fn names<'p>(plans: impl IntoIterator<Item = &'p Plan>) -> Vec<String> {
    plans.into_iter().map(|plan| plan.role.clone()).collect()
}

/// A single failure is reported as it is; several become a list, with the kind of the first one.
fn all_or_error(mut failures: Vec<(&Plan, CommandError)>, asked: usize) -> CommandResult {
    if failures.len() < 2 {
        return failures.pop().map_or(Ok(()), |(_, error)| Err(error));
    }
    let what = format!("could not get {} of {asked} roles", failures.len());
    let failures = failures.into_iter().map(|(plan, failure)| (plan.role.clone(), failure)).collect();
    Err(CommandError::of_several(what, failures))
}
