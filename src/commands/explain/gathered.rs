//! The documents of a call and its condition keys: what is known, and what stands for the rest.

use iam_evaluate::policy::Effect;
use iam_evaluate::{Kind, Policies, Policy, Principal, Request, evaluate};
use serde_json::Value;

use crate::commands::access::{Known, KnownDocument, RoleDocuments};
use crate::plan::Plan;

use super::question::Question;

/// The name of a document that stands for one that is not known.
pub(super) const UNKNOWN: &str = "(not known)";
const EVERYTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// The documents of a call, with what is not known among them.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) policies: Policies,
    /// The same, without the conditions of Allow statements on keys that the call is not known to have.
    pub(super) relaxed: Policies,
    /// Whether something is unknown that has to allow the call.
    pub(super) needs_unknown: bool,
    pub(super) looked_at: Vec<(&'static str, String)>,
    pub(super) not_known: Vec<String>,
}

/// The call, with the condition keys that every call has.
pub(super) fn request(known: &RoleDocuments, question: &Question) -> Request {
    let arn = known.role.clone().unwrap_or_else(|| format!("arn:aws:iam::{}:role/unknown", known.account));
    let name = &known.whom.session_name;
    let principal = Principal::session(&arn, name).unwrap_or(Principal::Anonymous);
    let request = Request::new(principal, &question.action, &question.resource);
    let parts: Vec<&str> = question.resource.splitn(6, ':').collect();
    let (region, account) = (parts.get(3).copied().unwrap_or(""), parts.get(4).copied().unwrap_or(""));
    let account = if account.is_empty() { known.account.as_str() } else { account };
    let request = request
        // The unique id of the role is not known, and nothing that jit renders compares it.
        .with("aws:userid", [format!("…:{name}")])
        .with("aws:CurrentTime", [known.at.to_rfc3339()])
        .with("aws:EpochTime", [known.at.0.to_string()])
        .with("aws:PrincipalType", ["AssumedRole"])
        .with("aws:ResourceAccount", [account])
        .with("aws:SecureTransport", ["true"])
        .with("aws:ViaAWSService", ["false"])
        .with("aws:PrincipalIsAWSService", ["false"])
        .in_account(account);
    if region.is_empty() { request } else { request.with("aws:RequestedRegion", [region]) }
}

/// `document` without the conditions of its Allow statements on keys that the call is not known to have.
fn relaxed(document: &KnownDocument, kind: Kind, strict: &Policy, request: &Request) -> Option<Policy> {
    let mut json: Value = serde_json::from_str(&document.text).ok()?;
    let statements = match &mut json["Statement"] {
        Value::Array(statements) => statements.iter_mut().collect(),
        one => vec![one],
    };
    for (statement, parsed) in statements.into_iter().zip(strict.statements()) {
        let Some(operators) = statement.get_mut("Condition").and_then(Value::as_object_mut) else { continue };
        if parsed.effect() == Effect::Deny {
            continue;
        }
        for condition in parsed.conditions() {
            let is_absent = condition.values_in(request).is_empty() && condition.operator() != "Null";
            if let Some(keys) = operators.get_mut(condition.operator()).and_then(Value::as_object_mut)
                && is_absent
            {
                keys.remove(condition.key());
            }
        }
        operators.retain(|_, keys| keys.as_object().is_none_or(|keys| !keys.is_empty()));
    }
    Policy::parse(&document.name, kind, json.to_string().as_bytes()).ok()
}

impl Gathered {
    /// What applies to `request` with the role of `known` under the restrictions of `plan`.
    pub(super) fn of(
        known: &RoleDocuments,
        plan: Option<&Plan>,
        question: &Question,
        request: &Request,
    ) -> Self {
        let mut gathered = Self::default();
        gathered.identity(known, request);
        gathered.boundary(known, request);
        gathered.session(plan, request);
        gathered.resource(known, question);
        gathered
    }

    fn everything(kind: Kind) -> Option<Policy> {
        Policy::parse(UNKNOWN, kind, EVERYTHING.as_bytes()).ok()
    }

    /// `documents`, parsed, and the same relaxed. One that cannot be parsed may allow anything.
    fn parse(
        &mut self,
        documents: &[KnownDocument],
        kind: Kind,
        request: &Request,
    ) -> (Vec<Policy>, Vec<Policy>) {
        let (mut strict, mut loose) = (Vec::new(), Vec::new());
        for document in documents {
            match Policy::parse(&document.name, kind, document.text.as_bytes()) {
                Ok(policy) => {
                    loose.push(relaxed(document, kind, &policy, request).unwrap_or_else(|| policy.clone()));
                    strict.push(policy);
                }
                Err(error) => {
                    self.not_known.push(format!("{}, which cannot be read: {error}", document.name));
                    self.unknown(kind, &mut strict, &mut loose);
                }
            }
        }
        (strict, loose)
    }

    fn unknown(&mut self, kind: Kind, strict: &mut Vec<Policy>, loose: &mut Vec<Policy>) {
        self.needs_unknown = true;
        strict.extend(Self::everything(kind));
        loose.extend(Self::everything(kind));
    }

    fn layer(
        &mut self,
        name: &'static str,
        known: &Known,
        kind: Kind,
        request: &Request,
    ) -> (Vec<Policy>, Vec<Policy>) {
        match known {
            Known::Documents(documents) => {
                let names: Vec<&str> = documents.iter().map(|document| document.name.as_str()).collect();
                let names = match names.as_slice() {
                    [] => "none".to_owned(),
                    [first, .., _] if names.len() > 3 => format!("{first} and {} others", names.len() - 1),
                    few => few.join(", "),
                };
                self.looked_at.push((name, names));
                self.parse(documents, kind, request)
            }
            Known::Nothing(why) => {
                self.not_known.push(why.clone());
                let (mut strict, mut loose) = (Vec::new(), Vec::new());
                self.unknown(kind, &mut strict, &mut loose);
                (strict, loose)
            }
        }
    }

    fn identity(&mut self, known: &RoleDocuments, request: &Request) {
        let (strict, loose) = self.layer("policies of the role", &known.identity, Kind::Identity, request);
        (self.policies.identity, self.relaxed.identity) = (strict, loose);
    }

    fn boundary(&mut self, known: &RoleDocuments, request: &Request) {
        let (strict, loose) = self.layer("permissions boundary", &known.boundary, Kind::Boundary, request);
        (self.policies.boundary, self.relaxed.boundary) =
            (strict.into_iter().next(), loose.into_iter().next());
    }

    /// What jit itself restricts the session to.
    fn session(&mut self, plan: Option<&Plan>, request: &Request) {
        let Some(leg) = plan.map(Plan::target) else { return };
        let arns = leg.policy_arns.as_ref().map(|arns| arns.value.as_slice()).unwrap_or_default();
        if leg.policy.is_none() && arns.is_empty() {
            return;
        }
        let own = leg.policy.as_ref().map(|policy| KnownDocument {
            name: format!("session policy ({})", policy.origin),
            text: policy.value.clone(),
        });
        let own: Vec<KnownDocument> = own.into_iter().collect();
        if !own.is_empty() {
            self.looked_at.push(("session policy", own[0].name.clone()));
        }
        let (mut strict, mut loose) = self.parse(&own, Kind::Session, request);
        if !arns.is_empty() {
            // One of them is enough to allow it, so only what is known can allow it for sure.
            self.not_known.push(format!("the text of {}, which restricts the session", arns.join(" and ")));
            let is_enough = Policies {
                identity: Self::everything(Kind::Identity).into_iter().collect(),
                session: Some(strict.clone()),
                ..Policies::default()
            };
            if !evaluate(&is_enough, request).is_allowed() {
                self.unknown(Kind::Session, &mut strict, &mut loose);
            }
        }
        (self.policies.session, self.relaxed.session) = (Some(strict), Some(loose));
    }

    /// The policy of the resource, where that has to allow the call as well.
    fn resource(&mut self, known: &RoleDocuments, question: &Question) {
        let account = question.resource.split(':').nth(4).unwrap_or_default();
        let action = question.action.to_ascii_lowercase();
        let (kind, why) = if action.starts_with("sts:assumerole") {
            (Kind::Trust, "the trust policy of the role to assume, which has to allow it as well".to_owned())
        } else if !account.is_empty() && account != known.account {
            let why = format!(
                "the policy of the resource, which is in another account ({account}) and has to allow it as well"
            );
            (Kind::Resource, why)
        } else if action.starts_with("kms:") && question.resource != "*" {
            (Kind::Key, "the policy of the key, which has to allow it as well".to_owned())
        } else {
            if account.is_empty() && question.resource != "*" {
                self.not_known.push(format!(
                    "the account of the resource: taken to be that of the role, {}",
                    known.account
                ));
            }
            return;
        };
        self.not_known.push(why);
        self.needs_unknown = true;
        let resource = if kind == Kind::Trust { "" } else { r#","Resource":"*""# };
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{}:root"}},"Action":"*"{resource}}}]}}"#,
            known.account
        );
        let policy = Policy::parse(UNKNOWN, kind, text.as_bytes()).ok();
        (self.policies.resource, self.relaxed.resource) = (policy.clone(), policy);
    }
}
