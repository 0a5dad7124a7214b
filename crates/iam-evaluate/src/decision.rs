//! The answer and its reason: for people as one line ([`std::fmt::Display`]), for programs as JSON
//! ([`Decision::to_json`]).

use std::fmt;

use serde_json::{Value, json};

use crate::condition::Condition;
use crate::policy::{Effect, Kind, Policy, Statement};
use crate::request::Request;

/// What AWS would answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Something allows it and nothing denies it.
    Allowed,
    /// A statement denies it. No Allow helps.
    ExplicitDeny,
    /// A policy that must allow it does not.
    ImplicitDeny,
}

/// The policies of a request, by their role in the evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layer {
    /// Those of the user or role.
    Identity,
    /// Its permissions boundary.
    Boundary,
    /// Those given when the session was started.
    Session,
    /// Service control policies of this level of the organisation, from zero.
    ServiceControl(usize),
    /// The policy of the resource.
    Resource,
    /// Resource control policies.
    ResourceControl,
}

impl Layer {
    /// Whether documents of this kind can allow anything here.
    pub(crate) fn takes(self, kind: Kind) -> bool {
        match self {
            Self::Identity => kind == Kind::Identity,
            Self::Boundary => kind == Kind::Boundary,
            Self::Session => kind == Kind::Session,
            Self::ServiceControl(_) => kind == Kind::ServiceControl,
            Self::Resource => matches!(kind, Kind::Resource | Kind::Key | Kind::Trust),
            Self::ResourceControl => kind == Kind::ResourceControl,
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "identity policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::ServiceControl(_) => "service control policy",
            Self::Resource => "resource policy",
            Self::ResourceControl => "resource control policy",
        })
    }
}

/// A statement and its place.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Which of the policies.
    pub layer: Layer,
    /// The document.
    pub policy: &'a Policy,
    /// The number of the statement in the document, from zero.
    pub index: usize,
}

impl<'a> Place<'a> {
    /// The statement itself.
    #[must_use]
    pub fn statement(&self) -> Option<&'a Statement> {
        self.policy.statements().get(self.index)
    }
}

/// The reason.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Reason<'a> {
    /// This statement denies it.
    Denies(Place<'a>),
    /// These statements allow it: one of each layer that must.
    Allows(Vec<Place<'a>>),
    /// Nothing else is needed: the root user of the account that owns the resource.
    Root,
    /// No statement of this layer allows it.
    NothingAllows {
        /// The layer.
        layer: Layer,
        /// A statement that would allow it, except for one condition.
        nearly: Option<(Place<'a>, &'a Condition)>,
    },
}

/// The answer. `Display` is a line for people; foreign text in it is escaped.
#[derive(Debug, Clone)]
pub struct Decision<'a> {
    /// What AWS would answer.
    pub outcome: Outcome,
    /// The reason.
    pub because: Reason<'a>,
    pub(crate) request: &'a Request,
}

impl Decision<'_> {
    /// Whether it is allowed.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.outcome == Outcome::Allowed
    }

    /// The same for programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let (outcome, because) = match &self.because {
            Reason::Denies(place) => ("explicit_deny", json!({"statement": self.place(*place)})),
            Reason::Allows(places) => (
                "allowed",
                json!({"statements": places.iter().map(|place| self.place(*place)).collect::<Vec<_>>()}),
            ),
            Reason::Root => ("allowed", json!({"root_user": true})),
            Reason::NothingAllows { layer, nearly } => {
                let nearly = nearly.map(|(place, condition)| {
                    json!({"statement": self.place(place), "condition": self.condition(condition)})
                });
                ("implicit_deny", json!({"layer": layer.to_string(), "nearly": nearly}))
            }
        };
        json!({"outcome": outcome, "because": because})
    }

    fn place(&self, place: Place<'_>) -> Value {
        let statement = place.statement();
        json!({
            "layer": place.layer.to_string(),
            "level": if let Layer::ServiceControl(level) = place.layer { Some(level) } else { None },
            "policy": place.policy.name(),
            "index": place.index,
            "sid": statement.and_then(Statement::sid),
            "effect": statement.map(|statement| match statement.effect() {
                Effect::Allow => "Allow",
                Effect::Deny => "Deny",
            }),
            "conditions": statement.map(Statement::conditions).unwrap_or_default().iter()
                .map(|condition| self.condition(condition)).collect::<Vec<_>>(),
        })
    }

    fn condition(&self, condition: &Condition) -> Value {
        json!({
            "operator": condition.operator(),
            "key": condition.key(),
            "values": condition.values(),
            "request": condition.values_in(self.request),
        })
    }

    fn write_condition(&self, f: &mut fmt::Formatter<'_>, condition: &Condition) -> fmt::Result {
        let operator = condition.operator().escape_debug();
        let key = condition.key().escape_debug();
        write!(f, "{operator} {key} {:?}", condition.values())?;
        match condition.values_in(self.request) {
            [] => f.write_str(" (the request has none)"),
            values => write!(f, " (the request has {values:?})"),
        }
    }
}

/// A statement by its Sid, or else by its number.
fn write_place(f: &mut fmt::Formatter<'_>, place: Place<'_>) -> fmt::Result {
    match place.statement().and_then(Statement::sid).filter(|sid| !sid.is_empty()) {
        Some(sid) => write!(f, "statement {sid:?}")?,
        None => write!(f, "statement {}", place.index + 1)?,
    }
    write!(f, " of the {} {:?}", place.layer, place.policy.name())
}

impl fmt::Display for Decision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = self.request.action.escape_debug();
        let conditions = |f: &mut fmt::Formatter<'_>, place: &Place<'_>| {
            for (at, condition) in
                place.statement().map(Statement::conditions).unwrap_or_default().iter().enumerate()
            {
                f.write_str(if at == 0 { ", because " } else { " and " })?;
                self.write_condition(f, condition)?;
            }
            Ok(())
        };
        match &self.because {
            Reason::Denies(place) => {
                write!(f, "{action} is denied by ")?;
                write_place(f, *place)?;
                conditions(f, place)
            }
            Reason::Allows(places) => {
                write!(f, "{action} is allowed by ")?;
                for (at, place) in places.iter().enumerate() {
                    f.write_str(if at == 0 { "" } else { "; and by " })?;
                    write_place(f, *place)?;
                    conditions(f, place)?;
                }
                Ok(())
            }
            Reason::Root => write!(f, "{action} is allowed: this is the root user"),
            Reason::NothingAllows { layer, nearly } => {
                write!(f, "{action} is denied: no {layer} allows it")?;
                if let Some((place, condition)) = nearly {
                    f.write_str("; ")?;
                    write_place(f, *place)?;
                    f.write_str(" would, but for ")?;
                    self.write_condition(f, condition)?;
                }
                Ok(())
            }
        }
    }
}
