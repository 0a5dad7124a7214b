//! Which roles the command runs for.

use std::collections::HashSet;

use super::super::ExecArgs;
use super::pattern::Pattern;
use crate::commands::load::Configuration;
use crate::commands::nameable::{self, Nameable};
use crate::config::restriction::restricted;
use crate::error::{CommandResult, Kind};
use crate::plan::Plan;
use jit_wire::explain::{Explain, Next};

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

/// The roles that fit one of `patterns`, by any of their names.
fn matching(patterns: &[String], files: &Configuration<'_>) -> CommandResult<Vec<Nameable>> {
    let compiled: Vec<Pattern> = patterns.iter().map(|text| Pattern::of(text)).collect();
    let fits = |role: &Nameable| {
        let in_account = |account: &str| format!("{account}/{}", role.role);
        let by_name = role.account_name.as_deref().map(in_account);
        let names = [Some(role.name.clone()), Some(in_account(&role.account)), by_name];
        names.iter().flatten().any(|name| compiled.iter().any(|pattern| pattern.fits(name)))
    };
    let found: Vec<Nameable> = nameable::all(files)?.into_iter().filter(fits).collect();
    if found.is_empty() {
        let quoted: Vec<String> = patterns.iter().map(|text| format!("`{text}`")).collect();
        return Err(NoMatch(quoted.join(" or ")).into());
    }
    Ok(found)
}

/// The plan of each role that matches, one for each session: a role and a profile may be the same.
///
/// # Errors
/// No role matches, or one that does cannot be resolved.
pub(super) fn plans(args: &ExecArgs, files: &Configuration<'_>) -> CommandResult<Vec<Plan>> {
    let roles = matching(&args.each, files)?;
    let restriction = args.restriction.read()?;
    let mut seen = HashSet::new();
    let mut plans = Vec::new();
    for plan in files.plans(&roles) {
        let plan = restricted(plan?, &restriction)?;
        if seen.insert(plan.session_key(plan.legs.len() - 1)) {
            plans.push(plan);
        }
    }
    Ok(plans)
}
