//! Which roles the command runs for.

use std::collections::HashSet;

use super::super::ExecArgs;
use super::pattern::Pattern;
use crate::commands::access::{NotHeld, OnRequest, roles_on_request};
use crate::commands::load::Configuration;
use crate::commands::nameable::{self, FoundIn, Nameable};
use crate::config::restriction::restricted;
use crate::error::{CommandError, CommandResult, Kind};
use crate::plan::Plan;
use crate::store::Store;
use jit_wire::explain::{Explain, Next};
use jit_wire::timestamp::Timestamp;

/// No role matches any of the patterns.
#[derive(Debug, thiserror::Error)]
#[error("no role matches {0}")]
struct NoMatch(String);

impl Explain for NoMatch {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn why(&self) -> Vec<String> {
        vec!["* matches anything except a slash, ** matches anything, ? one character".to_owned()]
    }

    fn next(&self) -> Vec<Next> {
        vec![Next::Run { command: "roles".into(), does: "lists them all".into() }]
    }
}

/// What the command runs for.
pub(super) struct Chosen {
    /// The plan of each role that matches, one for each session: a role and a profile may be the same.
    pub(super) plans: Vec<Plan>,
    /// Until when the role of a plan is granted, if it is on request.
    pub(super) until: Vec<Option<Timestamp>>,
    /// The roles on request that match by their whole name, and that the person does not hold.
    pub(super) missing: Vec<(String, CommandError)>,
    /// Those that a pattern with `*` or `?` matches. Nobody has named them, so that they are not held is no failure.
    pub(super) passed_over: Vec<NotHeld>,
}

/// The plan of each role that matches.
///
/// # Errors
/// No role matches, or one that does cannot be resolved.
pub(super) fn choose<'w>(
    args: &ExecArgs,
    files: &Configuration<'w>,
    store: &Store<'w>,
) -> CommandResult<Chosen> {
    let patterns: Vec<Pattern> = args.each.iter().map(|text| Pattern::of(text)).collect();
    let (on_request, roles): (Vec<_>, Vec<_>) =
        nameable::with_requests(files)?.into_iter().partition(|role| role.found == FoundIn::Policy);
    let fits = |name: &str| patterns.iter().any(|pattern| pattern.fits(name));
    let roles: Vec<Nameable> = roles.into_iter().filter(|role| matches(role, fits)).collect();
    let restriction = args.restriction.read()?;
    let (mut seen, mut plans) = (HashSet::new(), Vec::new());
    for plan in files.plans(&roles) {
        let plan = restricted(plan?, &restriction)?;
        if seen.insert(plan.session_key(plan.legs.len() - 1)) {
            plans.push(plan);
        }
    }
    let until = vec![None; plans.len()];
    let mut chosen = Chosen { plans, until, missing: Vec::new(), passed_over: Vec::new() };
    let accesses: Vec<String> =
        on_request.into_iter().map(|role| role.name).filter(|name| may_be_meant(name, &args.each)).collect();
    if !accesses.is_empty() {
        let found = roles_on_request(files, &accesses, fits, store)?;
        for OnRequest { plan, grant } in found.held {
            chosen.plans.push(restricted(plan, &restriction)?);
            chosen.until.push(Some(grant.until));
        }
        for why in found.not_held {
            match args.each.iter().any(|text| text == why.access()) {
                true => chosen.missing.push((why.access().to_owned(), why.into())),
                false => chosen.passed_over.push(why),
            }
        }
    }
    chosen.or_none(args)
}

impl Chosen {
    /// Itself, if something is left to run.
    fn or_none(mut self, args: &ExecArgs) -> CommandResult<Self> {
        if !self.plans.is_empty() {
            return Ok(self);
        }
        // Nothing else was meant then.
        self.missing.extend(self.passed_over.drain(..).map(|why| (why.access().to_owned(), why.into())));
        match self.missing.pop() {
            Some((_, only)) if self.missing.is_empty() => Err(only),
            Some(last) => {
                self.missing.push(last);
                let kind = self.missing[0].1.kind;
                let mut whole =
                    CommandError::of_several("none of these is granted to you".to_owned(), self.missing);
                whole.kind = kind;
                Err(whole)
            }
            None => {
                let quoted: Vec<String> = args.each.iter().map(|text| format!("`{text}`")).collect();
                Err(NoMatch(quoted.join(" or ")).into())
            }
        }
    }
}

/// Whether a role fits, by any of its names.
fn matches(role: &Nameable, fits: impl Fn(&str) -> bool) -> bool {
    let in_account = |account: &str| format!("{account}/{}", role.role);
    let by_name = role.account_name.as_deref().map(in_account);
    let names = [Some(role.name.clone()), Some(in_account(&role.account)), by_name];
    names.iter().flatten().any(|name| fits(name))
}

/// Whether one of `patterns` may mean this access, or it in some account: only the ledger knows in which it is held.
fn may_be_meant(access: &str, patterns: &[String]) -> bool {
    let means = |text: &str| Pattern::of(text).fits(access);
    patterns.iter().any(|text| means(text) || text.split_once('/').is_some_and(|(_, rest)| means(rest)))
}
