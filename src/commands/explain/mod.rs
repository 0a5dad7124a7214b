//! `jit explain`: shows the plan for a role. Makes no call.

mod rows;

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use crate::broker;
use crate::commands::advice;
use crate::commands::subject::{RestrictionArgs, RoleArgs, Subject};
use crate::error::CommandResult;
use crate::idp::Proof;
use crate::plan::{Leg, Plan, ProfileSource, ProofPlan, RoleId, SamlSettings, SourceSettings};
use crate::ui::text::{Shown, escape, shown};
use crate::ui::{Tone, Ui};
use crate::world::{World, clock_time};
use jit_wire::credentials::Freshness;
use jit_wire::timestamp::{Timestamp, duration};

use rows::{Row, center_rows, leg_rows, length, named_by, oidc_rows, okta_rows, optional, said, saml_rows};

/// Show the plan for a role and where each value comes from
///
/// Lists each step with its values, what is stored for it, and what jit would
/// call. Makes no network call.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct ExplainArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "shown by the help of its own fields")]
    pub role: RoleArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "shown by the help of its own fields")]
    pub restriction: RestrictionArgs,
    /// As JSON, for scripts
    #[arg(long)]
    pub json: bool,
}

/// One step of the plan.
struct Step {
    /// `idp` or `source`, `hub` or `spoke`.
    kind: &'static str,
    /// The NAME in the configuration.
    name: String,
    rows: Vec<Row>,
    stored: Stored,
    /// The call for this step if nothing were stored.
    call: String,
    /// Whether jit would make this call now.
    needed: bool,
}

/// What is stored for a step.
enum Stored {
    Nothing,
    /// Something, valid until this time.
    Until(String, Timestamp),
    /// The store cannot be read, for this reason.
    Unknown(String),
}

pub(super) fn run(args: &ExplainArgs, world: &World, ui: &Ui) -> CommandResult {
    let subject = Subject::find(&args.role, world)?.restricted(&args.restriction)?;
    let steps = steps(&subject, world);
    let plan = &subject.plan;
    if args.json {
        let steps: Vec<Value> = steps.iter().map(Step::to_json).collect();
        return ui.json(&json!({
            "role": plan.role,
            "restricted_by": plan.restricted_by,
            "named_by": subject.named_by.to_string(),
            "confirm": plan.confirm,
            "steps": steps,
        }));
    }
    let description = plan.description.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
    ui.line(shown!("{} (from {}){}", plan.shown_name(), subject.named_by, description))?;
    if plan.confirm {
        ui.line("jit asks for confirmation before it uses this role")?;
    }
    show(&steps, world, ui)
}

/// All steps as one table, so that their columns are aligned, with a title above each.
fn show(steps: &[Step], world: &World, ui: &Ui) -> CommandResult {
    let rows: Vec<Vec<Shown>> = steps.iter().flat_map(|step| step.cells(world, ui)).collect();
    let mut rows = ui.rows(&rows).into_iter();
    for (index, step) in steps.iter().enumerate() {
        let title = shown!("{}. {} {}", index + 1, step.kind, step.name);
        let title = ui.paint_data(Tone::Name, title);
        let below = Shown::join(rows.by_ref().take(step.rows.len() + 2), "\n");
        ui.verbatim(shown!("\n{}\n{}\n", title, below))?;
    }
    Ok(())
}

impl Step {
    fn cells(&self, world: &World, ui: &Ui) -> Vec<Vec<Shown>> {
        let row = |(name, value, origin): &Row| {
            vec![shown!("  {}", name), escape(value), ui.paint_data(Tone::Dim, escape(origin))]
        };
        let mut rows: Vec<Vec<Shown>> = self.rows.iter().map(row).collect();
        let stored = match &self.stored {
            Stored::Nothing => "nothing".into(),
            Stored::Unknown(why) => ui.paint_data(Tone::Bad, shown!("unknown: {}", why)),
            Stored::Until(what, at) => {
                let left = at.since(world.clock.now());
                let at = clock_time(*at, &*world.clock);
                let left =
                    if left.is_zero() { "ended".to_owned() } else { format!("{} left", duration(left)) };
                shown!("{} until {}, {}", what, at, left)
            }
        };
        rows.push(vec!["  stored".into(), stored]);
        let (name, tone) =
            if self.needed { ("  would call", Tone::Warning) } else { ("  not needed", Tone::Dim) };
        rows.push(vec![name.into(), ui.paint_data(tone, escape(&self.call))]);
        rows
    }

    fn to_json(&self) -> Value {
        let values: serde_json::Map<String, Value> = self
            .rows
            .iter()
            .map(|(name, value, origin)| ((*name).to_owned(), json!({ "value": value, "origin": origin })))
            .collect();
        let stored = match &self.stored {
            Stored::Nothing => Value::Null,
            Stored::Unknown(why) => json!({ "error": why }),
            Stored::Until(what, at) => json!({ "what": what, "until": at.to_rfc3339() }),
        };
        json!({
            "kind": self.kind,
            "name": self.name,
            "values": values,
            "stored": stored,
            "call": self.call,
            "would_call": self.needed,
        })
    }
}

/// The steps from the IdP to the role. A call is needed only if no later step has a fresh session.
fn steps(subject: &Subject, world: &World) -> Vec<Step> {
    let plan = &subject.plan;
    let mut needed = true;
    let mut steps = Vec::new();
    for (index, leg) in plan.legs.iter().enumerate().rev() {
        let (stored, fresh, signed_in) = stored(subject, index, world);
        needed &= !fresh;
        let mut rows = leg_rows(leg, named_by(plan, index));
        rows.extend(optional("sign_in_age", leg.sign_in.age.as_ref(), length));
        rows.extend(optional("acr", leg.sign_in.acr.as_ref(), |values| values.join(" ")));
        rows.extend(optional("amr", leg.sign_in.amr.as_ref(), |values| values.join(" ")));
        if index + 1 == plan.legs.len() {
            rows.extend(optional("region", plan.region.as_ref(), String::clone));
            rows.extend(optional("ca_bundle", plan.ca_bundle.as_ref(), String::clone));
        }
        rows.extend(signed_in);
        steps.push(Step {
            kind: if Plan::is_chained(index) { "spoke" } else { "hub" },
            name: leg.name.clone(),
            rows,
            stored,
            call: leg_call(&plan.proof, leg, index),
            needed,
        });
    }
    steps.push(proof_step(subject, needed, world));
    steps.reverse();
    steps
}

fn proof_step(subject: &Subject, hub_needed: bool, world: &World) -> Step {
    let proof = &subject.plan.proof;
    let (mut rows, url) = match proof {
        ProofPlan::Oidc(oidc) => (oidc_rows(oidc), &oidc.issuer.value),
        ProofPlan::Saml(saml) => (saml_rows(saml), saml_url(saml)),
        ProofPlan::Okta(okta) => (okta_rows(okta), &okta.org.value),
        ProofPlan::IdentityCenter(center) => (center_rows(center), &center.start_url.value),
        ProofPlan::Source(source) => return source_step(source, hub_needed),
    };
    let mut needed = hub_needed;
    let mut call = format!("sign in at {url}");
    let stored = match broker::stored_login(&subject.store, &subject.plan.proof.login_key()) {
        Ok(None) => Stored::Nothing,
        Ok(Some(login)) => {
            if login.renews_itself() {
                call = match proof {
                    ProofPlan::Oidc(_) => format!("token endpoint of {url}, with the refresh token"),
                    _ => format!("{url}, with the stored sign-in"),
                };
            }
            let identity = login.identity();
            let alive = identity.proof_expires_at.since(world.clock.now()) > broker::margin(&login);
            let what = match login.proof() {
                Some(Proof::IdToken(_)) => format!("ID token of {}", identity.name),
                Some(Proof::Assertion(_)) => format!("assertion of {}", identity.name),
                Some(Proof::PortalToken(_)) => "token of the portal".to_owned(),
                None if identity.name.is_empty() => "the last sign-in (token already used)".to_owned(),
                None => format!("the sign-in of {} (assertion already used)", identity.name),
            };
            rows.extend(said(&login, world));
            let allowed = subject.plan.sign_in.allows(&identity.sign_in, world.clock.now());
            if let Err(lacks) = &allowed {
                let lacks = lacks.in_words(|at| clock_time(at, &*world.clock));
                call = format!("sign in at {url} again: {} needs {lacks}", subject.plan.role);
            }
            needed &= !(alive && login.proof().is_some() && allowed.is_ok());
            Stored::Until(what, identity.proof_expires_at)
        }
        Err(error) => Stored::Unknown(advice::not_asked(&error)),
    };
    Step { kind: "idp", name: proof.name().to_owned(), rows, stored, call, needed }
}

/// What is stored for a step, whether it can be used, and how the person signed in for it.
fn stored(subject: &Subject, index: usize, world: &World) -> (Stored, bool, Vec<Row>) {
    match broker::stored_session(&subject.store, &subject.plan, index) {
        Ok(None) => (Stored::Nothing, false, Vec::new()),
        Err(error) => (Stored::Unknown(advice::not_asked(&error)), false, Vec::new()),
        Ok(Some(session)) => {
            let now = world.clock.now();
            let clock = |at| clock_time(at, &*world.clock);
            let how = session.sign_in.in_words(clock).map(|how| ("sign_in", how, "the session".to_owned()));
            let lacks = subject.plan.sign_in.allows(&session.sign_in, now).err();
            let serves = session.freshness(now, Duration::ZERO) == Freshness::Fresh && lacks.is_none();
            let role = &subject.plan.role;
            let lacks = lacks
                .map(|lacks| ("not used", format!("{role} needs {}", lacks.in_words(clock)), String::new()));
            let until = Stored::Until("session".to_owned(), session.credentials.expires_at);
            (until, serves, how.into_iter().chain(lacks).collect())
        }
    }
}

fn leg_call(proof: &ProofPlan, leg: &Leg, index: usize) -> String {
    let action = match proof {
        _ if Plan::is_chained(index) => "AssumeRole",
        ProofPlan::Oidc(_) => "AssumeRoleWithWebIdentity",
        ProofPlan::Saml(_) | ProofPlan::Okta(_) => "AssumeRoleWithSAML",
        ProofPlan::IdentityCenter(center) => return format!("GetRoleCredentials at {}", center.portal()),
        ProofPlan::Source(settings) => match (&leg.role.value, &settings.source.value) {
            (_, ProfileSource::TokenFile(_)) => "AssumeRoleWithWebIdentity",
            (RoleId::Itself(_), ProfileSource::Keys { token: None, .. }) => "GetSessionToken",
            (RoleId::Itself(_), _) => "GetCallerIdentity",
            _ => "AssumeRole",
        },
    };
    format!("{action} at {}", leg.sts.resolved_url())
}

/// Where a SAML sign-in begins. The configuration was checked to have one of the URLs.
fn saml_url(saml: &SamlSettings) -> &String {
    saml.sso_url.as_ref().or(saml.start_url.as_ref()).map_or(&saml.name, |url| &url.value)
}

/// The credentials that a profile starts from. jit reads them for each session, and does not show secrets.
fn source_step(settings: &SourceSettings, needed: bool) -> Step {
    let (name, value, call) = match &settings.source.value {
        ProfileSource::Keys { id, .. } => ("access_key_id", id.clone(), "nothing: the keys are in the file"),
        ProfileSource::Process(words) => ("credential_process", words.join(" "), "this command"),
        ProfileSource::TokenFile(path) => {
            ("web_identity_token_file", path.clone(), "nothing: the token is in the file")
        }
        ProfileSource::Container { url, .. } => ("container", url.clone(), "the endpoint of this container"),
        ProfileSource::Instance { url, .. } => {
            ("instance", url.clone(), "the metadata service of this instance")
        }
    };
    Step {
        kind: "source",
        name: settings.name.clone(),
        rows: vec![(name, value, settings.source.origin.to_string())],
        stored: Stored::Nothing,
        call: call.to_owned(),
        needed,
    }
}
