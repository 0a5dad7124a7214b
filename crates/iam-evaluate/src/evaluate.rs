//! Combines the answers of several policies.
//!
//! 1. A matching Deny in any policy denies.
//! 2. Each level of service control policies (of the principal's account) must allow.
//! 3. In one account, a resource policy that names the user, the session or everybody is sufficient. One that
//!    names the role of a session is sufficient as far as boundary and session policies allow. One that names
//!    the account adds nothing. Otherwise identity policies, boundary and session policies must all allow.
//! 4. Across accounts, the resource policy and all policies of the principal must allow.
//! 5. Trust and key policies must allow in any case; `sts:AssumeRole…` without a trust policy is denied.

use crate::decision::{Decision, Layer, Outcome, Place, Reason};
use crate::policy::{Effect, Fit, Kind, Policy};
use crate::principal::NamedAs;
use crate::request::{Principal, Request};

/// All policies that apply to a request. A missing policy does not apply; without any, everything is denied.
#[derive(Debug, Clone, Default)]
pub struct Policies {
    /// Those of the user (with those of its groups) or the role. Without a statement that allows, nothing is
    /// allowed.
    pub identity: Vec<Policy>,
    /// The permissions boundary.
    pub boundary: Option<Policy>,
    /// Those given when the session was started; one of them must allow. `None`: none were given.
    pub session: Option<Vec<Policy>>,
    /// The policy of the resource: a resource, key or trust policy ([`Kind`]).
    pub resource: Option<Policy>,
    /// Service control policies of the principal's account: for each level from the organisation's root to
    /// the account, those attached there. Empty for the management account and outside organisations.
    pub service_control: Vec<Vec<Policy>>,
    /// Resource control policies of the account that owns the resource.
    pub resource_control: Vec<Policy>,
}

/// The answer of one layer.
#[derive(Clone, Copy)]
enum Says<'a> {
    Deny(Place<'a>),
    Allow(Place<'a>, NamedAs),
    Nothing(Option<(Place<'a>, &'a crate::condition::Condition)>),
}

/// Checks all statements of a layer. If several allow, returns the one that names the principal most closely.
fn ask<'a>(
    layer: Layer,
    policies: impl IntoIterator<Item = &'a Policy>,
    request: &Request,
    has_boundary: bool,
) -> Says<'a> {
    let mut allow: Option<(Place<'a>, NamedAs)> = None;
    let mut nearly = None;
    for policy in policies {
        for (index, statement) in policy.statements().iter().enumerate() {
            let place = Place { layer, policy, index };
            match (statement.fit(request, has_boundary), statement.effect()) {
                (Fit::Not, _) | (Fit::AllBut(_), Effect::Deny) => {}
                (Fit::Whole(_), Effect::Deny) => return Says::Deny(place),
                (Fit::AllBut(condition), Effect::Allow) => {
                    nearly.get_or_insert((place, condition));
                }
                (Fit::Whole(named), Effect::Allow) => {
                    // In a document of another kind, an Allow names no principals, or other ones, and does
                    // not count here.
                    if layer.takes(policy.kind()) && allow.is_none_or(|(_, closest)| closest < named) {
                        allow = Some((place, named));
                    }
                }
            }
        }
    }
    match allow {
        Some((place, named)) => Says::Allow(place, named),
        None => Says::Nothing(nearly),
    }
}

/// Whether `policies` allow `request`, and why.
#[must_use]
pub fn evaluate<'a>(policies: &'a Policies, request: &'a Request) -> Decision<'a> {
    let because = decide(policies, request);
    let outcome = match because {
        Reason::Denies(_) => Outcome::ExplicitDeny,
        Reason::Allows(_) | Reason::Root => Outcome::Allowed,
        Reason::NothingAllows { .. } => Outcome::ImplicitDeny,
    };
    Decision { outcome, because, request }
}

fn decide<'a>(policies: &'a Policies, request: &'a Request) -> Reason<'a> {
    // Services, tokens of identity providers and anonymous callers have no policies of their own.
    let has_own = request.principal.account().is_some();
    let is_root = matches!(request.principal, Principal::Root { .. });
    let has_boundary = has_own && !is_root && policies.boundary.is_some();
    let none = None::<&Policy>;
    let identity =
        ask(Layer::Identity, policies.identity.iter().filter(|_| has_own && !is_root), request, has_boundary);
    let boundary =
        ask(Layer::Boundary, policies.boundary.iter().filter(|_| has_own && !is_root), request, has_boundary);
    let session = match &policies.session {
        Some(session) => {
            ask(Layer::Session, session.iter().filter(|_| has_own && !is_root), request, has_boundary)
        }
        None => ask(Layer::Session, none, request, has_boundary),
    };
    let resource = ask(Layer::Resource, &policies.resource, request, has_boundary);
    let resource_control = ask(Layer::ResourceControl, &policies.resource_control, request, has_boundary);
    let levels = policies.service_control.iter().filter(|_| has_own);
    let levels: Vec<Says<'a>> = levels
        .enumerate()
        .map(|(level, found)| ask(Layer::ServiceControl(level), found, request, has_boundary))
        .collect();

    let all = levels.iter().chain([&resource_control, &identity, &boundary, &session, &resource]);
    for said in all {
        if let Says::Deny(place) = said {
            return Reason::Denies(*place);
        }
    }

    let mut places = Vec::new();
    let mut needed: Vec<(Layer, Says<'a>)> = Vec::new();
    needed.extend(levels.iter().enumerate().map(|(level, said)| (Layer::ServiceControl(level), *said)));
    let own = |needed: &mut Vec<(Layer, Says<'a>)>, with_identity: bool| {
        if with_identity && !is_root {
            needed.push((Layer::Identity, identity));
        }
        if policies.boundary.is_some() && !is_root {
            needed.push((Layer::Boundary, boundary));
        }
        if policies.session.is_some() && !is_root {
            needed.push((Layer::Session, session));
        }
    };
    // Every role has a trust policy, so if the caller gave none, nothing is allowed.
    let must_allow = request.lower_action.starts_with("sts:assumerole")
        || policies.resource.as_ref().is_some_and(|policy| matches!(policy.kind(), Kind::Key | Kind::Trust));
    let granted = if let Says::Allow(_, named) = &resource { Some(*named) } else { None };
    if !has_own {
        needed.push((Layer::Resource, resource));
    } else if !request.is_same_account() {
        needed.push((Layer::Resource, resource));
        own(&mut needed, true);
    } else {
        if must_allow || granted > Some(NamedAs::Account) {
            needed.push((Layer::Resource, resource));
        }
        match granted {
            Some(NamedAs::Itself) => {}
            Some(NamedAs::Role) => own(&mut needed, false),
            Some(NamedAs::Account) | None => own(&mut needed, true),
        }
    }
    for (layer, said) in needed {
        match said {
            Says::Allow(place, _) => places.push(place),
            Says::Nothing(nearly) => return Reason::NothingAllows { layer, nearly },
            Says::Deny(place) => return Reason::Denies(place),
        }
    }
    if is_root && !places.iter().any(|place| place.layer == Layer::Resource) {
        return Reason::Root;
    }
    Reason::Allows(places)
}
