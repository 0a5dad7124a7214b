//! Whether AWS would allow a call, from the documents that are known.
//!
//! What is not known is taken to allow everything. If the call is denied even so, it is denied; if it is allowed and something
//! that would have to allow it is not known, the answer says that it is not known. A condition on a key that only the real
//! call has, such as `aws:SourceIp`, makes the answer depend on it.

use iam_evaluate::decision::Place;
use iam_evaluate::policy::Statement;
use iam_evaluate::{Decision, Kind, Layer, Policies, Policy, Principal, Reason as Ruling, Request, evaluate};
use serde_json::{Value, json};

use crate::commands::access::{KnownDocument, RoleDocuments};
use crate::plan::Plan;

use super::gathered::{Gathered, UNKNOWN, request};
use super::question::Question;

/// What AWS would answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Allowed,
    Denied,
    /// It depends on something that is not known here.
    Unknown,
}

/// What a statement does to the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    Allows,
    Denies,
    /// It would allow it, but for its conditions.
    WouldAllow,
    /// It allows it, if its conditions hold, of which the values are not known.
    Depends,
    /// No statement of this layer allows it.
    NoneAllows,
}

/// A part of the reason: a statement, or a layer without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reason {
    pub(super) says: Says,
    pub(super) layer: String,
    /// The document and the statement in it: its Sid, or its number.
    pub(super) statement: Option<(String, String)>,
    pub(super) conditions: Vec<SeenCondition>,
}

/// A condition with its value, and the value of the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SeenCondition {
    pub(super) operator: String,
    pub(super) key: String,
    pub(super) values: Vec<String>,
    pub(super) found: Vec<String>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) outcome: Outcome,
    pub(super) reasons: Vec<Reason>,
    /// The door through which the person becomes the role, where that is known.
    pub(super) door: Option<String>,
    /// What was looked at, by layer.
    pub(super) looked_at: Vec<(&'static str, String)>,
    /// What was not, a sentence each.
    pub(super) not_known: Vec<String>,
}

impl Outcome {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Unknown => "unknown",
        }
    }
}

impl Says {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Allows => "allows",
            Self::Denies => "denies",
            Self::WouldAllow => "would_allow",
            Self::Depends => "depends",
            Self::NoneAllows => "none_allows",
        }
    }
}

impl Reason {
    fn of(says: Says, place: &Place<'_>, request: &Request) -> Self {
        let conditions = place.statement().map(Statement::conditions).unwrap_or_default();
        let conditions = conditions.iter().map(|condition| SeenCondition {
            operator: condition.operator().to_owned(),
            key: condition.key().to_owned(),
            values: condition.values().to_vec(),
            found: condition.values_in(request).to_vec(),
        });
        let sid = place.statement().and_then(Statement::sid).filter(|sid| !sid.is_empty());
        let statement = sid.map_or_else(|| (place.index + 1).to_string(), str::to_owned);
        Self {
            says,
            layer: place.layer.to_string(),
            statement: Some((place.policy.name().to_owned(), statement)),
            conditions: conditions.collect(),
        }
    }

    fn none(layer: Layer) -> Self {
        Self { says: Says::NoneAllows, layer: layer.to_string(), statement: None, conditions: Vec::new() }
    }

    pub(super) fn to_json(&self) -> Value {
        let conditions: Vec<Value> = self
            .conditions
            .iter()
            .map(|seen| {
                json!({ "operator": seen.operator, "key": seen.key, "values": seen.values, "request": seen.found })
            })
            .collect();
        json!({
            "says": self.says.name(),
            "layer": self.layer,
            "policy": self.statement.as_ref().map(|(policy, _)| policy),
            "statement": self.statement.as_ref().map(|(_, statement)| statement),
            "conditions": conditions,
        })
    }
}

/// What is never known, where nothing denies the call, and where something does or all that is known allows it.
const COULD_ALLOW: &str = "a policy of the resource, which could allow it if it names the role or its session; and the policies of the organization (SCPs, RCPs)";
const COULD_DENY: &str =
    "a policy of the resource, and the policies of the organization (SCPs, RCPs), which can deny it";

/// What AWS would answer to `question`, asked with the role of `known` under the restrictions of `plan`.
pub(super) fn answer(known: &RoleDocuments, plan: Option<&Plan>, question: &Question) -> Answer {
    let request = request(known, question);
    let mut gathered = Gathered::of(known, plan, question, &request);
    let mut answer = Answer {
        outcome: Outcome::Denied,
        reasons: Vec::new(),
        door: None,
        looked_at: std::mem::take(&mut gathered.looked_at),
        not_known: Vec::new(),
    };
    let way_in = way_in(known, &mut answer);
    if way_in {
        decide(&gathered, &request, &mut answer);
    }
    answer.not_known.append(&mut gathered.not_known);
    let no_statement_denies = answer.reasons.iter().all(|reason| reason.says != Says::Denies);
    let is_open = answer.outcome == Outcome::Denied && way_in && no_statement_denies;
    answer.not_known.push(if is_open { COULD_ALLOW } else { COULD_DENY }.to_owned());
    answer
}

fn decide(gathered: &Gathered, request: &Request, answer: &mut Answer) {
    let strict = evaluate(&gathered.policies, request);
    let relaxed = evaluate(&gathered.relaxed, request);
    if let (false, Ruling::Allows(places)) = (strict.is_allowed(), &relaxed.because) {
        answer.outcome = Outcome::Unknown;
        let own = places.iter().filter(|place| place.policy.name() != UNKNOWN);
        answer.reasons.extend(own.map(|place| {
            let original = original(&gathered.policies, place).unwrap_or(*place);
            let mut reason = Reason::of(Says::Allows, &original, request);
            // What the answer depends on comes first.
            reason.conditions.sort_by_key(|seen| !seen.found.is_empty());
            if reason.conditions.iter().any(|seen| seen.found.is_empty()) {
                reason.says = Says::Depends;
            }
            reason
        }));
        return;
    }
    answer.outcome = match (strict.is_allowed(), gathered.needs_unknown) {
        (false, _) => Outcome::Denied,
        (true, false) => Outcome::Allowed,
        (true, true) => Outcome::Unknown,
    };
    answer.reasons.extend(reasons(&strict, request));
}

/// The statement of `policies` that one of the relaxed ones was made from.
fn original<'p>(policies: &'p Policies, place: &Place<'p>) -> Option<Place<'p>> {
    let session = policies.session.iter().flatten();
    let all = policies.identity.iter().chain(&policies.boundary).chain(session);
    let policy = all.into_iter().find(|policy| policy.name() == place.policy.name())?;
    Some(Place { policy, ..*place })
}

fn reasons(decision: &Decision<'_>, request: &Request) -> Vec<Reason> {
    match &decision.because {
        Ruling::Denies(place) => vec![Reason::of(Says::Denies, place, request)],
        Ruling::Allows(places) => {
            let own = places.iter().filter(|place| place.policy.name() != UNKNOWN);
            own.map(|place| Reason::of(Says::Allows, place, request)).collect()
        }
        Ruling::NothingAllows { layer, nearly } => {
            let nearly = nearly.map(|(place, condition)| {
                let mut reason = Reason::of(Says::WouldAllow, &place, request);
                reason
                    .conditions
                    .retain(|seen| seen.operator == condition.operator() && seen.key == condition.key());
                reason
            });
            std::iter::once(Reason::none(*layer)).chain(nearly).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether the person gets into the role at all, as far as that is known. If not, `answer` says why.
fn way_in(known: &RoleDocuments, answer: &mut Answer) -> bool {
    let (Some(ways), Some(role)) = (&known.ways, &known.role) else { return true };
    let mut refused = Vec::new();
    for way in ways {
        let parse =
            |document: &KnownDocument, kind| Policy::parse(&document.name, kind, document.text.as_bytes());
        let (Ok(policy), Ok(trust)) = (parse(&way.policy, Kind::Identity), parse(&way.trust, Kind::Trust))
        else {
            continue;
        };
        let name = &known.whom.session_name;
        let Ok(principal) = Principal::session(&way.entry, name) else { continue };
        let request = Request::new(principal, "sts:AssumeRole", role)
            .with("aws:userid", [way.user_id.as_str()])
            .with("sts:RoleSessionName", [name.as_str()])
            .with("aws:CurrentTime", [known.at.to_rfc3339()])
            .with("aws:ResourceAccount", [known.account.as_str()]);
        let policies = Policies { identity: vec![policy], resource: Some(trust), ..Policies::default() };
        let decision = evaluate(&policies, &request);
        answer.looked_at.push(("way into the role", format!("{}, by the {}", way.door, way.trust.name)));
        if decision.is_allowed() {
            answer.door = Some(way.door.clone());
            return true;
        }
        refused.push(reasons(&decision, &request));
    }
    // An explicit denial says more than that nothing allows it.
    refused.sort_by_key(|reasons| reasons.iter().all(|reason| reason.says != Says::Denies));
    answer.reasons = refused.into_iter().next().unwrap_or_else(|| {
        let layer = "trust policy: the policy has no door for it".to_owned();
        vec![Reason { says: Says::NoneAllows, layer, statement: None, conditions: Vec::new() }]
    });
    false
}
