//! `jit login`: sign in if needed, walk the chain, store every session.

use crate::broker::{self, Interaction, Need};
use crate::cli::{Login, Role};
use crate::config::resolve::Flags;
use crate::credentials::{Freshness, Session};
use crate::error::{CommandError, CommandResult, Kind};
use crate::idp::LoginOptions;
use crate::plan::{Origin, Plan};
use crate::sys::folders;
use crate::ui::text::{duration, escape, table};
use crate::ui::{self, Tone, Ui};
use crate::world::World;

use super::{LOGIN_WITHIN, Subject, load, role_name, terminals, typed_need};

pub(super) fn run(args: &Login, world: &World, ui: &Ui) -> CommandResult {
    let role = if args.role.name().is_none() { choose(world)? } else { args.role.clone() };
    let subject = Subject::find(&role, args.duration, world)?;
    subject.confirm(world)?;
    let options = LoginOptions {
        device: args.device,
        open_browser: !args.no_browser,
        force: args.force,
        factor: None,
        keep_password: false,
        within: LOGIN_WITHIN,
    };
    let typed = typed_need(world, None);
    // Somebody typed this. With --no-browser or --device the address goes to stderr, terminal or not.
    let may = world.person.can_be_asked() || args.device || args.no_browser || world.browser.available();
    let interaction = if may { Interaction::Allowed(options) } else { Interaction::Never };
    let need = Need { force: args.force, interaction, ..typed };
    let before = broker::stored_session(&subject.store, &subject.plan, subject.plan.legs.len() - 1)?;
    let session = subject.session(world, &need)?;
    terminals::remember(world, &subject.plan.role);

    let unchanged =
        before.is_some_and(|before| before.credentials.access_key_id == session.credentials.access_key_id);
    report(&subject, &session, unchanged, world, ui);
    Ok(())
}

fn report(subject: &Subject, session: &Session, unchanged: bool, world: &World, ui: &Ui) {
    let now = world.clock.now();
    let until = |session: &Session| {
        format!("until {}", ui::clock_time(session.credentials.expires_at, &*world.clock))
    };
    let left = |session: &Session| format!("{} left", duration(session.time_left(now)));
    let plan = &subject.plan;
    if unchanged {
        let state = if session.freshness(now, std::time::Duration::ZERO) == Freshness::Fresh {
            "Still good"
        } else {
            "Not renewed"
        };
        let (until, left) = (until(session), left(session));
        let note = limit_note(plan, plan.legs.len() - 1).map(|note| format!(", {note}")).unwrap_or_default();
        ui.done(&format!("{state}: {} as {}, {until}, {left}{note}", plan.role, session.user));
        return;
    }
    ui.done(&format!("Signed in as {} at {}", session.user, plan.proof.name()));
    let mut rows = Vec::new();
    for index in 0..plan.legs.len() {
        // What was stored a moment ago; a leg whose entry could not be written is told of already.
        let Ok(Some(leg)) = broker::stored_session(&subject.store, plan, index) else { continue };
        let role = format!("  {}", ui.paint(Tone::Name, &escape(&leg.role)));
        let note = limit_note(plan, index).map(|note| ui.paint(Tone::Dim, note));
        rows.push(
            [role, format!("account {}", leg.account()), until(&leg), left(&leg)]
                .into_iter()
                .chain(note)
                .collect(),
        );
    }
    table(&rows).lines().for_each(|row| ui.say(row));
}

/// What made a session shorter than the configuration asks for: AWS's limit for chained roles.
fn limit_note(plan: &Plan, index: usize) -> Option<&'static str> {
    match &plan.legs[index].duration.origin {
        Origin::Rule(rule) => Some(rule),
        _ => None,
    }
}

/// The role that the person picks; without a terminal the usual order decides.
fn choose(world: &World) -> CommandResult<Role> {
    let file = load(world)?;
    let named = role_name(&file, Flags::default(), world);
    if !world.person.can_be_asked() {
        return Ok(Role::named(&named?.value));
    }
    let mut names: Vec<&String> = file.roles.keys().collect();
    // The role that would be meant anyway stands first, one key away.
    names.sort_by_key(|name| named.as_ref().map(|role| &role.value) != Ok(name));
    let row = |name: &&String| {
        let role = &file.roles[*name];
        let description = role.description.as_deref().unwrap_or_default();
        vec![escape(name), role.role_arn.value.account().to_owned(), escape(description)]
    };
    let rows: Vec<Vec<String>> = names.iter().map(row).collect();
    let items: Vec<String> = table(&rows).lines().map(|line| line.trim_end().to_owned()).collect();
    if items.is_empty() {
        let path = folders::short(&world.folders.config_file, &world.folders.home);
        return Err(CommandError::new(Kind::Usage, format!("{path} has no role")).hint("add a [role.NAME]"));
    }
    let picked =
        ui::pick("Role", &items).ok_or_else(|| CommandError::new(Kind::Failed, "no role was chosen"))?;
    Ok(Role::named(names[picked]))
}
