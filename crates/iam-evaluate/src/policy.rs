//! Policy documents: parsed strictly, once, into a form that is fast to evaluate.

use crate::arn::ArnPattern;
use crate::condition::{Condition, clip};
use crate::json::Json;
use crate::pattern::{Pattern, Reading};
use crate::principal::{Members, NamedAs};
use crate::request::Request;

/// The longest document that is read, in bytes. AWS's own limits are lower (20 KiB for a bucket, 32 KiB for a key).
pub const LONGEST: usize = 128 * 1024;

/// Where a document is attached: this determines what it must contain, and its defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// To a user, group or role.
    Identity,
    /// To a user or role as its permissions boundary.
    Boundary,
    /// Given when a session was started.
    Session,
    /// To an organisation, unit or account: a service control policy.
    ServiceControl,
    /// To a resource, such as a bucket.
    Resource,
    /// To a KMS key: like a resource, but it must also allow everybody who gets access.
    Key,
    /// To a role: who may assume it. Like a key policy, but without a resource.
    Trust,
    /// To an organisation, unit or account: a resource control policy. Only its Deny statements count.
    ResourceControl,
}

impl Kind {
    /// Whether statements name principals.
    fn has_principals(self) -> bool {
        matches!(self, Self::Resource | Self::Key | Self::Trust | Self::ResourceControl)
    }
}

/// A document that AWS would refuse, or that cannot be parsed here. It must not be evaluated in part.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{place}: {why}")]
pub struct ParseError {
    /// Where in the document, as `Statement[0].Condition.StringLike.aws:userid`.
    pub place: String,
    /// What is wrong, with the text.
    pub why: String,
}

/// Allow or Deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// `"Effect": "Allow"`
    Allow,
    /// `"Effect": "Deny"`
    Deny,
}

/// One document.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    name: String,
    kind: Kind,
    statements: Vec<Statement>,
}

/// One statement of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    sid: Option<String>,
    effect: Effect,
    /// If `true`: all except these.
    principals: Option<(bool, Members)>,
    actions: (bool, Vec<Pattern>),
    /// `None` in a trust policy. A member that is `None` is `*`.
    resources: Option<(bool, Vec<Option<ArnPattern>>)>,
    conditions: Vec<Condition>,
}

/// How well a statement matches a request.
pub(crate) enum Fit<'p> {
    /// It is about something else.
    Not,
    /// All except this condition matches.
    AllBut(&'p Condition),
    /// It matches, and this is how it names the principal (in a resource policy).
    Whole(NamedAs),
}

impl Policy {
    /// Parses a document. `name` is its name in reasons.
    ///
    /// # Errors
    /// [`ParseError`] for what AWS would refuse (unknown elements, operators, versions; malformed dates,
    /// numbers, addresses) and what is suspicious (a key that occurs twice, a document of unusual size).
    pub fn parse(name: &str, kind: Kind, document: &[u8]) -> Result<Self, ParseError> {
        let whole = |why: String| ParseError { place: "document".to_owned(), why };
        if document.len() > LONGEST {
            return Err(whole(format!("longer than {LONGEST} bytes")));
        }
        let json: Json = serde_json::from_slice(document).map_err(|error| whole(error.to_string()))?;
        let Json::Object(elements) = &json else { return Err(whole("not an object".to_owned())) };
        let mut variables = false;
        for (element, value) in elements {
            match (element.as_str(), value) {
                ("Version", Json::Text(version)) if version == "2012-10-17" => variables = true,
                ("Version", Json::Text(version)) if version == "2008-10-17" => {}
                ("Version", _) => return Err(error("Version", "neither 2012-10-17 nor 2008-10-17")),
                ("Id", Json::Text(_)) | ("Statement", _) => {}
                _ => return Err(whole(format!("unknown element {:?}", clip(element)))),
            }
        }
        let statements = match get(elements, "Statement") {
            Some(Json::List(statements)) if !statements.is_empty() => statements.as_slice(),
            Some(one @ Json::Object(_)) => std::slice::from_ref(one),
            _ => return Err(error("Statement", "neither a statement nor a list of them")),
        };
        let statements = statements.iter().enumerate().map(|(at, statement)| {
            Statement::parse(kind, statement, variables).map_err(|mut error| {
                error.place = format!(
                    "Statement[{at}]{}{}",
                    if error.place.is_empty() { "" } else { "." },
                    error.place
                );
                error
            })
        });
        let statements: Vec<Statement> = statements.collect::<Result<_, _>>()?;
        let mut sids: Vec<&str> = statements.iter().filter_map(Statement::sid).collect();
        sids.sort_unstable();
        if let Some(twice) = sids.windows(2).find(|pair| pair[0] == pair[1] && !pair[0].is_empty()) {
            return Err(error("Statement", &format!("the Sid {:?} occurs twice", clip(twice[0]))));
        }
        Ok(Self { name: name.to_owned(), kind, statements })
    }

    /// Its name in reasons.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is attached.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its statements, in the order of the document.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }
}

impl Statement {
    /// Its `Sid`.
    #[must_use]
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// Allow or Deny.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// All of these must hold.
    #[must_use]
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// `has_boundary`: whether the principal has a permissions boundary.
    pub(crate) fn fit(&self, request: &Request, has_boundary: bool) -> Fit<'_> {
        let (all_but, actions) = &self.actions;
        if actions.iter().any(|action| action.matches(&request.lower_action, request)) == *all_but {
            return Fit::Not;
        }
        if let Some((all_but, resources)) = &self.resources {
            let found = resources
                .iter()
                .any(|resource| resource.as_ref().is_none_or(|arn| arn.matches(&request.resource, request)));
            if found == *all_but {
                return Fit::Not;
            }
        }
        let named = match &self.principals {
            None => NamedAs::Itself,
            Some((false, members)) => match members.name(&request.principal) {
                Some(named) => named,
                None => return Fit::Not,
            },
            Some((true, members)) => {
                let spared = match self.effect {
                    // AWS documents that a principal with a boundary is denied whatever NotPrincipal says.
                    Effect::Deny => !has_boundary && members.spares(&request.principal),
                    Effect::Allow => members.name(&request.principal).is_some(),
                };
                if spared {
                    return Fit::Not;
                }
                NamedAs::Itself
            }
        };
        match self.conditions.iter().find(|condition| !condition.holds(request)) {
            Some(condition) => Fit::AllBut(condition),
            None => Fit::Whole(named),
        }
    }

    fn parse(kind: Kind, json: &Json, variables: bool) -> Result<Self, ParseError> {
        const ELEMENTS: [&str; 9] = [
            "Sid",
            "Effect",
            "Principal",
            "NotPrincipal",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ];
        let Json::Object(elements) = json else { return Err(error("", "not an object")) };
        if let Some((unknown, _)) = elements.iter().find(|(name, _)| !ELEMENTS.contains(&name.as_str())) {
            return Err(error("", &format!("unknown element {:?}", clip(unknown))));
        }
        let sid = match get(elements, "Sid") {
            None => None,
            Some(Json::Text(sid)) => Some(sid.clone()),
            Some(_) => return Err(error("Sid", "not a string")),
        };
        let effect = match get(elements, "Effect") {
            Some(Json::Text(effect)) if effect == "Allow" => Effect::Allow,
            Some(Json::Text(effect)) if effect == "Deny" => Effect::Deny,
            _ => return Err(error("Effect", "neither Allow nor Deny")),
        };
        let principals = match either(elements, "Principal", "NotPrincipal")? {
            Some(_) if !kind.has_principals() => {
                return Err(error("Principal", "only policies of resources and roles name principals"));
            }
            None if kind.has_principals() => return Err(error("Principal", "missing")),
            Some((name, not, json)) => {
                Some((not, Members::parse(json).map_err(|why| ParseError { place: name.to_owned(), why })?))
            }
            None => None,
        };
        let Some((name, not, json)) = either(elements, "Action", "NotAction")? else {
            return Err(error("Action", "missing"));
        };
        let actions = texts(json).and_then(|actions| actions.into_iter().map(action).collect());
        let actions = (not, actions.map_err(|why: String| ParseError { place: name.to_owned(), why })?);
        let resources = match either(elements, "Resource", "NotResource")? {
            Some(_) if kind == Kind::Trust => {
                return Err(error("Resource", "a trust policy names no resource"));
            }
            None if kind == Kind::Trust => None,
            None => return Err(error("Resource", "missing")),
            Some((name, not, json)) => {
                let resources = texts(json).and_then(|resources| {
                    resources.into_iter().map(|text| resource(text, variables)).collect::<Result<Vec<_>, _>>()
                });
                Some((not, resources.map_err(|why| ParseError { place: name.to_owned(), why })?))
            }
        };
        let conditions = match get(elements, "Condition") {
            None => Vec::new(),
            Some(Json::Object(operators)) => conditions(operators, variables)?,
            Some(_) => return Err(error("Condition", "not an object")),
        };
        Ok(Self { sid, effect, principals, actions, resources, conditions })
    }
}

fn conditions(operators: &[(String, Json)], variables: bool) -> Result<Vec<Condition>, ParseError> {
    let mut found = Vec::new();
    for (operator, keys) in operators {
        let place = format!("Condition.{}", clip(operator));
        let Json::Object(keys) = keys else { return Err(error(&place, "not an object")) };
        for (key, values) in keys {
            let place = format!("{place}.{}", clip(key));
            let values = match values {
                Json::List(values) => values.as_slice(),
                one => std::slice::from_ref(one),
            };
            let values = values.iter().map(|value| match value {
                Json::Text(text) | Json::Number(text) => Ok(text.clone()),
                Json::Bool(value) => Ok(value.to_string()),
                _ => Err(error(&place, "neither string, number nor boolean")),
            });
            let condition = Condition::parse(operator, key, values.collect::<Result<_, _>>()?, variables);
            found.push(condition.map_err(|why| ParseError { place, why })?);
        }
        if keys.is_empty() {
            // An unknown operator must not pass because it compares nothing.
            Condition::parse(operator, "none", Vec::new(), variables)
                .map_err(|why| ParseError { place, why })?;
        }
    }
    Ok(found)
}

fn action(text: &str) -> Result<Pattern, String> {
    let fine = text == "*"
        || text.split_once(':').is_some_and(|(service, name)| {
            let part = |text: &str, more: &[u8]| {
                !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || more.contains(&b))
            };
            part(service, b"-*?") && part(name, b"*?_-")
        });
    if !fine {
        return Err(format!("not an action: {:?}", clip(text)));
    }
    Ok(Pattern::parse(&text.to_lowercase(), Reading { wildcards: true, variables: false })?)
}

fn resource(text: &str, variables: bool) -> Result<Option<ArnPattern>, String> {
    if text == "*" {
        return Ok(None);
    }
    ArnPattern::of_resource(text, variables).map(Some).map_err(|why| format!("{why}: {:?}", clip(text)))
}

fn texts(json: &Json) -> Result<Vec<&str>, String> {
    let members = match json {
        Json::List(members) if members.is_empty() => return Err("an empty list".to_owned()),
        Json::List(members) => members.as_slice(),
        one => std::slice::from_ref(one),
    };
    let texts = members.iter().map(|member| match member {
        Json::Text(text) => Ok(text.as_str()),
        _ => Err("not a string".to_owned()),
    });
    texts.collect()
}

fn get<'j>(elements: &'j [(String, Json)], name: &str) -> Option<&'j Json> {
    elements.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// Whichever of two elements is present; `true` for the second.
fn either<'j>(
    elements: &'j [(String, Json)],
    plain: &'static str,
    not: &'static str,
) -> Result<Option<(&'static str, bool, &'j Json)>, ParseError> {
    match (get(elements, plain), get(elements, not)) {
        (Some(_), Some(_)) => Err(error(plain, &format!("beside {not}"))),
        (Some(json), None) => Ok(Some((plain, false, json))),
        (None, Some(json)) => Ok(Some((not, true, json))),
        (None, None) => Ok(None),
    }
}

fn error(place: &str, why: &str) -> ParseError {
    ParseError { place: place.to_owned(), why: why.to_owned() }
}
