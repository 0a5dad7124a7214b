//! What `jit doctor` shows of a deployment of access on request: each claim as held, broken or not tried.

use std::time::Duration;

use jit_access::policy::Right;

use crate::broker::{Broker, ClaimProof, DeploymentReader, Interaction, Need, ProofVerdict};
use crate::commands::access::{failed, open_with, settings};
use crate::commands::advice;
use crate::commands::load::Configuration;
use crate::config::resolve::Flags;
use crate::error::{CommandError, CommandResult, Kind};
use crate::plan::Plan;
use crate::ui::Ui;
use crate::ui::text::escape;
use crate::world::World;

use super::finding::{Finding, Health};

/// The area of these findings.
const ABOUT: &str = "access";
/// So long a session has to last, so that it does not end in between.
const LEAST: Duration = Duration::from_secs(120);
/// How long to wait for other processes that renew the same session.
const WAIT: Duration = Duration::from_secs(20);

/// `jit doctor` signs nobody in: a session that is there, or that can be renewed without a person, is used.
const NEED: Need = Need { min_ttl: LEAST, force: false, interaction: Interaction::Never, wait: WAIT };

/// Tries the deployment that `[access]` names, if there is one.
pub(super) fn check(
    files: &Configuration<'_>,
    readers: &[String],
    world: &World,
    ui: &Ui,
    findings: &mut Vec<Finding>,
) {
    if files.file.access.is_none() {
        if !readers.is_empty() {
            let what = "nothing was read: there is no [access], so there is no deployment";
            findings.push(Finding::doubtful(ABOUT, what, "leave out --reader, or add [access]"));
        }
        return;
    }
    match prove(files, readers, world, ui) {
        Ok(proofs) => findings.extend(proofs),
        Err(error) if error.kind == Kind::LoginNeeded => {
            findings.push(Finding { health: Health::Untried, ..Finding::broken(ABOUT, &error) });
        }
        Err(error) => findings.push(Finding::broken(ABOUT, &error)),
    }
}

fn prove(
    files: &Configuration<'_>,
    readers: &[String],
    world: &World,
    ui: &Ui,
) -> CommandResult<Vec<Finding>> {
    let store = files.open_store()?;
    let broker = Broker::new(world, &store);
    let ledger = open_with(files, &broker, Right::Request, NEED)?;
    if ledger.is_folder() {
        let what =
            format!("the ledger is {}: AWS evaluates nothing there that could be tried", ledger.place());
        return Ok(vec![Finding::good(ABOUT, what)]);
    }
    let view = ledger.read_recent().map_err(|error| failed(&error, &ledger))?;
    let (readers, mut findings) = sessions(files, readers, &broker)?;
    let proofs = ledger
        .prove(&view, &readers, &|what| ui.say(escape(&format!("{what} …"))))
        .map_err(|error| failed(&error, &ledger))?;
    findings.extend(proofs.into_iter().map(finding));
    findings.extend(other_doors(files, &broker, ledger.door())?);
    Ok(findings)
}

/// What depends on the door, through those that `voter` and `publisher` name, if they are others.
fn other_doors(
    files: &Configuration<'_>,
    broker: &Broker<'_, '_>,
    entry: Option<&Plan>,
) -> CommandResult<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut tried: Vec<String> = entry.map(|plan| plan.role.clone()).into_iter().collect();
    for right in [Right::Vote, Right::Publish] {
        let Some(door) = settings(files, right)?.door.map(|plan| plan.role) else { continue };
        if tried.contains(&door) {
            continue;
        }
        let proofs = open_with(files, broker, right, NEED).and_then(|ledger| {
            let view = ledger.read_recent().map_err(|error| failed(&error, &ledger))?;
            ledger.prove_door(&view).map_err(|error| failed(&error, &ledger))
        });
        match proofs {
            Ok(proofs) => findings.extend(proofs.into_iter().map(|proof| through(&door, finding(proof)))),
            // Not everybody who has the configuration may come through it.
            Err(error) => {
                let finding = Finding { health: Health::Untried, ..Finding::broken(ABOUT, &error) };
                findings.push(Finding { what: format!("{door}: not tried: {}", finding.what), ..finding });
            }
        }
        tried.push(door);
    }
    Ok(findings)
}

/// The finding, about another door than the usual one.
fn through(door: &str, finding: Finding) -> Finding {
    Finding { what: format!("through {door}: {}", finding.what), ..finding }
}

/// The session of each reader. One that cannot be had is a finding, and the others are used.
fn sessions(
    files: &Configuration<'_>,
    readers: &[String],
    broker: &Broker<'_, '_>,
) -> CommandResult<(Vec<DeploymentReader>, Vec<Finding>)> {
    let (mut sessions, mut findings) = (Vec::new(), Vec::new());
    for name in readers {
        let plan = files.plan(name, Flags::default())?;
        match broker.session(&plan, &NEED) {
            Ok(session) => {
                sessions.push(DeploymentReader { name: name.clone(), credentials: session.credentials })
            }
            Err(error) => {
                let error: CommandError = advice::no_session(&error, &plan, advice::Typed::Another);
                findings.push(Finding { health: Health::Untried, ..Finding::broken(ABOUT, &error) });
            }
        }
    }
    Ok((sessions, findings))
}

fn finding(ClaimProof { probe, verdict }: ClaimProof) -> Finding {
    let (health, what) = match verdict {
        ProofVerdict::Held(shown) => (Health::Good, format!("held: {} ({shown})", probe.claim)),
        ProofVerdict::Broken(ways) => (Health::Broken, format!("broken: {}", ways.join("; "))),
        ProofVerdict::Doubtful(why) => (Health::Doubtful, why),
        ProofVerdict::Untried(why) => (Health::Untried, format!("not tried: {why}")),
    };
    let cure = [Health::Broken, Health::Doubtful].contains(&health).then(|| probe.cure.to_owned());
    Finding { about: ABOUT, probe: Some(probe.name), health, what: format!("{}: {what}", probe.name), cure }
}
