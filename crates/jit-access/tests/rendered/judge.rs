//! AWS's answers, as computed by `iam-evaluate`, fast enough for thousands of changed documents: the requests
//! are prepared once, and only the policies that contain the changed document are rebuilt.

use std::collections::BTreeMap;

use iam_evaluate::{Kind, Policies, Policy, Principal, Request, evaluate};
use serde_json::{Value, json};

use crate::case::{Case, EVERYTHING};
use crate::world::World;

/// Keys in lower case, each with its values.
pub(crate) type Context = BTreeMap<String, Vec<String>>;

/// The documents of a case, by their role in the evaluation.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Together {
    identity: Vec<&'static str>,
    boundary: Option<&'static str>,
    resource: Option<&'static str>,
    control: Option<&'static str>,
    foreign: Option<String>,
    /// Whether the case is about assuming a role but does not test that role's own trust policy.
    open_trust: bool,
}

/// A trust policy that admits everybody of these accounts whose own policies allow it.
const OPEN_TRUST: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:*", "Principal":
    {"AWS": ["111111111111", "222222222222", "111122223333"]}}]}"#;

/// A prepared case.
pub(crate) struct Prepared<'a> {
    pub(crate) case: &'a Case,
    request: Request,
    together: usize,
}

/// All cases that a document matters to.
pub(crate) struct Court<'a> {
    pub(crate) cases: Vec<Prepared<'a>>,
    together: Vec<Together>,
}

impl<'a> Court<'a> {
    pub(crate) fn of(cases: impl IntoIterator<Item = &'a Case>) -> Self {
        let mut court = Self { cases: Vec::new(), together: Vec::new() };
        let mut known: BTreeMap<Together, usize> = BTreeMap::new();
        for case in cases {
            let together = Together {
                identity: case.identity.clone(),
                boundary: case.boundary,
                resource: case.resource_policy,
                control: case.control,
                foreign: case.foreign.as_ref().map(Value::to_string),
                open_trust: case.action.starts_with("sts:AssumeRole")
                    && case.foreign.is_none()
                    && case.resource_policy.is_none(),
            };
            let next = known.len();
            let number = *known.entry(together.clone()).or_insert(next);
            if number == next {
                court.together.push(together);
            }
            court.cases.push(Prepared { case, request: request(case), together: number });
        }
        court
    }

    /// The first case with an unexpected result in this world, if there is one. A document that AWS would not
    /// accept at all is noticed by every case.
    pub(crate) fn unexpected(&self, world: &World) -> Option<usize> {
        let mut policies: Vec<Option<Result<Policies, String>>> =
            self.together.iter().map(|_| None).collect();
        self.cases.iter().position(|prepared| {
            let own = &mut policies[prepared.together];
            match own.get_or_insert_with(|| put_together(&self.together[prepared.together], world)) {
                Ok(policies) => evaluate(policies, &prepared.request).is_allowed() != prepared.case.allowed,
                Err(_) => true,
            }
        })
    }

    /// Every case with an unexpected result, with the evaluator's reason.
    pub(crate) fn all_unexpected(&self, world: &World) -> Vec<String> {
        let policies: Vec<Policies> = self
            .together
            .iter()
            .map(|together| put_together(together, world).unwrap_or_else(|error| panic!("{error}")))
            .collect();
        let mut out = Vec::new();
        for prepared in &self.cases {
            let decision = evaluate(&policies[prepared.together], &prepared.request);
            if decision.is_allowed() != prepared.case.allowed {
                let expected = if prepared.case.allowed { "allowed" } else { "refused" };
                out.push(format!("expected {expected}: {}: {decision}", prepared.case.name));
            }
        }
        out
    }
}

fn request(case: &Case) -> Request {
    let principal = if case.federated {
        Principal::Federated { provider: case.role.clone() }
    } else {
        Principal::Session { role: case.role.clone(), session: case.session() }
    };
    let account = if case.same_account { case.account() } else { "555555555555" };
    let request = Request::new(principal, &case.action, &case.resource).in_account(account);
    // The evaluator derives the ARN itself, and some cases are about a caller without one.
    let request = request.with("aws:PrincipalArn", Vec::<String>::new());
    case.context().into_iter().fold(request, |request, (key, values)| request.with(&key, values))
}

fn put_together(together: &Together, world: &World) -> Result<Policies, String> {
    let all = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let read = |name: &str, kind: Kind, document: &Value| {
        Policy::parse(name, kind, document.to_string().as_bytes()).map_err(|error| format!("{name}: {error}"))
    };
    let named = |name: &&'static str, kind: Kind| {
        read(name, kind, if *name == EVERYTHING { &all } else { &world[name] })
    };
    let resource = match (&together.foreign, &together.resource) {
        (Some(foreign), _) => Some(
            Policy::parse("foreign", Kind::Resource, foreign.as_bytes())
                .map_err(|error| error.to_string())?,
        ),
        (None, Some(name)) => {
            Some(named(name, if name.starts_with("ledger") { Kind::Resource } else { Kind::Trust })?)
        }
        (None, None) if together.open_trust => Some(
            Policy::parse("open trust", Kind::Trust, OPEN_TRUST.as_bytes())
                .map_err(|error| error.to_string())?,
        ),
        (None, None) => None,
    };
    let control = match &together.control {
        Some(name) => {
            vec![vec![read("full access", Kind::ServiceControl, &all)?, named(name, Kind::ServiceControl)?]]
        }
        None => Vec::new(),
    };
    Ok(Policies {
        identity: together
            .identity
            .iter()
            .map(|name| named(name, Kind::Identity))
            .collect::<Result<_, _>>()?,
        boundary: together.boundary.as_ref().map(|name| named(name, Kind::Boundary)).transpose()?,
        resource,
        service_control: control,
        ..Policies::default()
    })
}
