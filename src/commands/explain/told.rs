//! An answer, as people and scripts read it.

use serde_json::{Value, json};

use crate::commands::access::{self, RoleDocuments};
use crate::error::CommandResult;
use crate::ui::text::{Shown, escape, shown};
use crate::ui::{Tone, Ui};
use crate::world::{World, clock_time};

use super::question::Question;
use super::verdict::{Answer, Outcome, Reason, Says, SeenCondition};

/// Tells `answer` to `question`.
///
/// # Errors
/// What stdout reports.
pub(super) fn tell(
    answer: &Answer,
    known: &RoleDocuments,
    question: &Question,
    json: bool,
    world: &World,
    ui: &Ui,
) -> CommandResult {
    if json {
        return ui.json(&to_json(answer, known, question));
    }
    let tone = match answer.outcome {
        Outcome::Allowed => Tone::Good,
        Outcome::Denied => Tone::Bad,
        Outcome::Unknown => Tone::Warning,
    };
    let outcome = ui.paint_data(tone, answer.outcome.name());
    ui.line(shown!("{}: {} on {}", outcome, question.action, question.resource))?;
    let mut rows: Vec<(&'static str, Shown)> = vec![("who", escape(&who(known)))];
    rows.extend(known.role.as_deref().map(|role| ("role", escape(role))));
    rows.push((
        "at",
        escape(&format!("{} ({})", clock_time(known.at, &*world.clock), known.at.to_rfc3339())),
    ));
    let cells =
        |(name, value): (&'static str, Shown)| vec![shown!("  {}", ui.paint_data(Tone::Dim, name)), value];
    ui.table(&rows.into_iter().map(cells).collect::<Vec<_>>())?;
    let part = |title: &'static str, lines: Vec<Shown>| -> CommandResult {
        if lines.is_empty() {
            return Ok(());
        }
        ui.line("")?;
        ui.line(title)?;
        lines.into_iter().try_for_each(|line| ui.line(line))
    };
    part("Why:", answer.reasons.iter().flat_map(lines).collect())?;
    part("Also:", known.notes.iter().map(|note| shown!("  {}", note)).collect())?;
    let looked = answer.looked_at.iter().map(|(layer, what)| shown!("  {}: {}", *layer, what));
    part(
        "Looked at, as jit renders them from the policy in force and as the ledger has them:",
        looked.collect(),
    )?;
    part("Not known from here:", answer.not_known.iter().map(|what| shown!("  {}", what)).collect())?;
    let service = question.action.split(':').next().unwrap_or_default();
    if let (Outcome::Denied, Some(meant)) = (answer.outcome, access::likely_service(service)) {
        ui.say(shown!("No ceiling of jit has the service `{}`. Did you mean `{}`?", service, meant));
    }
    Ok(())
}

fn who(known: &RoleDocuments) -> String {
    let (name, session) = (&known.whom.name, &known.whom.session_name);
    if name == session || session.is_empty() { name.clone() } else { format!("{name} ({session})") }
}

/// A reason in lines: the statement, and below it each condition with its value and that of the call.
fn lines(reason: &Reason) -> Vec<Shown> {
    let layer = reason.layer.as_str();
    let says = match reason.says {
        Says::Allows => "allows it",
        Says::Denies => "denies it",
        Says::WouldAllow => "would allow it, but for",
        Says::Depends => "allows it if",
        Says::NoneAllows => "",
    };
    let Some((policy, statement)) = &reason.statement else {
        return vec![shown!("  no {} allows it", layer)];
    };
    let mut lines = vec![shown!("  {} {}, statement {}, {}", layer, policy, statement, says)];
    lines.extend(reason.conditions.iter().map(condition));
    lines
}

fn condition(seen: &SeenCondition) -> Shown {
    let found = match seen.found.as_slice() {
        [] => "not known for this call".to_owned(),
        found => format!("here {}", found.join(", ")),
    };
    shown!("    {} {}: {} ({})", seen.operator, seen.key, seen.values.join(", "), found)
}

fn to_json(answer: &Answer, known: &RoleDocuments, question: &Question) -> Value {
    let looked_at: Vec<Value> =
        answer.looked_at.iter().map(|(layer, what)| json!({ "layer": layer, "what": what })).collect();
    json!({
        "outcome": answer.outcome.name(),
        "action": question.action,
        "resource": question.resource,
        "at": known.at.to_rfc3339(),
        "person": known.whom.name,
        "session_name": known.whom.session_name,
        "role_arn": known.role,
        "account": known.account,
        "door": answer.door,
        "reasons": answer.reasons.iter().map(Reason::to_json).collect::<Vec<_>>(),
        "notes": known.notes,
        "looked_at": looked_at,
        "not_known": answer.not_known,
    })
}
