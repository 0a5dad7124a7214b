//! The documents of a role on request that are known here: the grants from the ledger, and what the program itself renders
//! for a deployment. What is not known says so.

use jit_access::fold::{Phase, State};
use jit_access::ledger::Cause;
use jit_access::policy::{Access, Right};
use jit_access::render::{Level, RenderSettings, Where, deployment, policy_name};
use jit_wire::timestamp::Timestamp;

use crate::plan::LedgerPlace;

use super::super::{Desk, moment};
use super::person::Whom;

/// A document that AWS evaluates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownDocument {
    /// What the answer calls it, such as `jit-ceiling-read`.
    pub(crate) name: String,
    /// The JSON.
    pub(crate) text: String,
}

/// The policies of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// All of them; there may be none.
    Documents(Vec<KnownDocument>),
    /// They are not known, for this reason.
    Nothing(String),
}

/// A way into the role: an entry role, with its policy and the trust policy that lets it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    /// The name of the door.
    pub(crate) door: String,
    /// The entry role.
    pub(crate) entry: String,
    /// The `aws:userid` there.
    pub(crate) user_id: String,
    /// What people may do at the door.
    pub(crate) policy: KnownDocument,
    /// The role's trust policy.
    pub(crate) trust: KnownDocument,
}

/// What is known of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoleDocuments {
    /// Its ARN; `None` for credentials that are used as they are.
    pub(crate) role: Option<String>,
    /// Its account.
    pub(crate) account: String,
    /// Who uses it.
    pub(crate) whom: Whom,
    /// The time of the call.
    pub(crate) at: Timestamp,
    /// Its inline policies: the grants.
    pub(crate) identity: Known,
    /// Its permissions boundary.
    pub(crate) boundary: Known,
    /// The ways in; `None` if they are not known.
    pub(crate) ways: Option<Vec<Way>>,
    /// What else matters to the answer, a sentence each.
    pub(crate) notes: Vec<String>,
}

/// The documents of the role `arn` in `account`, of which `accesses` of the policy are, with `own` the one that is asked
/// about.
pub(super) fn of_role_on_request(
    desk: &Desk<'_>,
    own: (&str, &Access),
    (account, arn): (&str, &str),
    whom: Whom,
    at: Timestamp,
) -> RoleDocuments {
    let (name, access) = own;
    let ledger = match desk.ledger.place() {
        LedgerPlace::Bucket(bucket) => Some(bucket.clone()),
        LedgerPlace::Folder(_) => None,
    };
    let settings = RenderSettings {
        // A folder has no policy, but the rest of what an entry role may do is the same.
        ledger: Some(ledger.clone().unwrap_or_else(|| "ledger".to_owned())),
        reach: Some(Where::Accounts(vec![account.to_owned()])),
        ..RenderSettings::default()
    };
    let mut rendered = deployment(&desk.policy.policy, &settings).documents;
    if ledger.is_none() {
        // Nothing in a ceiling is about a folder.
        let settings = RenderSettings { ledger: None, ..settings };
        let ceilings = deployment(&desk.policy.policy, &settings).documents;
        rendered.retain(|one| !one.name.starts_with("ceiling/"));
        rendered.extend(ceilings.into_iter().filter(|one| one.name.starts_with("ceiling/")));
    }
    let find = |document: &str, called: String| {
        let found = rendered.iter().find(|one| one.name == document);
        found.map(|one| KnownDocument { name: called, text: one.document.as_str().to_owned() })
    };
    let mut notes = Vec::new();
    let identity = if access.standing {
        let standing = find(&format!("role/{name}.standing"), "standing".to_owned());
        standing.map_or_else(
            || {
                Known::Nothing(
                    "the ceiling is the company's own, so what the role may do is not known".to_owned(),
                )
            },
            |document| Known::Documents(vec![document]),
        )
    } else {
        Known::Documents(grants(desk, arn, &whom, at, &mut notes))
    };
    let boundary = match access.ceiling.as_deref() {
        None => Known::Nothing("the policy names no ceiling for it".to_owned()),
        Some(ceiling) if Level::named(ceiling).is_none() => Known::Nothing(format!(
            "its ceiling `{ceiling}` is the company's own, and its text is not in the policy"
        )),
        Some(ceiling) => {
            let document = find(&format!("ceiling/{ceiling}"), format!("jit-ceiling-{ceiling}"));
            Known::Documents(document.into_iter().collect())
        }
    };
    let right = if access.standing { Right::Glass } else { Right::Request };
    let doors = desk.policy.policy.doors.iter().filter(|(_, door)| door.may.contains(&right));
    let ways = doors.filter_map(|(door_name, door)| {
        let kind = if access.standing { "glass" } else { "entry" };
        Some(Way {
            door: door_name.clone(),
            entry: door.role.as_str().to_owned(),
            user_id: format!("{}:{}", door.ids.first()?, whom.session_name),
            policy: find(&format!("door/{door_name}.{kind}"), format!("jit-{kind} of {door_name}"))?,
            trust: find(&format!("role/{name}.trust"), "trust policy of the role".to_owned())?,
        })
    });
    let (role, account) = (Some(arn.to_owned()), account.to_owned());
    RoleDocuments { role, account, ways: Some(ways.collect()), whom, at, identity, boundary, notes }
}

/// The grants that are on the role at that time, those of the person first and the newest before older ones. A grant that
/// is over by its time stays, since its text says why it allows nothing.
fn grants(
    desk: &Desk<'_>,
    arn: &str,
    whom: &Whom,
    at: Timestamp,
    notes: &mut Vec<String>,
) -> Vec<KnownDocument> {
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for case in desk.cases() {
        let Some(decision) = case.decision else { continue };
        let Some(grant) = decision.grants.iter().find(|grant| grant.role == arn) else { continue };
        let is_own = desk.name_of(case.author) == whom.name;
        let State::Granted { phase, .. } = case.state(&desk.people, at) else { continue };
        let mut note = |what: String| {
            if is_own {
                notes.push(format!("the grant of request {} {what}", desk.short(case.id)));
            }
        };
        match phase {
            Phase::Ended { at, cause: Cause::Return } => {
                note(format!("was given back at {}", moment(at, desk)));
                continue;
            }
            Phase::Ended { at, cause: Cause::Revocation } => {
                note(format!("was revoked at {}", moment(at, desk)));
                continue;
            }
            Phase::Failed { .. } => {
                note("was not accepted by AWS".to_owned());
                continue;
            }
            // It will be there by then.
            Phase::Live { applied: false } if at <= desk.now() => {
                note("is decided, and was not in AWS when the ledger was read".to_owned());
                continue;
            }
            Phase::Live { .. } | Phase::Scheduled | Phase::Ended { cause: Cause::Time, .. } => {}
        }
        let document = KnownDocument { name: policy_name(case.id), text: grant.document.clone() };
        if is_own { own.push(document) } else { others.push(document) }
    }
    own.reverse();
    others.reverse();
    own.extend(others);
    own
}
