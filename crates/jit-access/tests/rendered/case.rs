//! A case: who does what, when, with which session and from where, and the answer expected from AWS.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::judge::Context;

#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// The caller's role; or the IdP, for people who arrive.
    pub(crate) role: String,
    pub(crate) federated: bool,
    /// The session's name.
    pub(crate) person: String,
    pub(crate) action: String,
    pub(crate) resource: String,
    /// Names of documents. The caller's identity policies.
    pub(crate) identity: Vec<&'static str>,
    pub(crate) boundary: Option<&'static str>,
    pub(crate) resource_policy: Option<&'static str>,
    pub(crate) control: Option<&'static str>,
    /// A resource policy that no renderer wrote.
    pub(crate) foreign: Option<Value>,
    pub(crate) same_account: bool,
    /// Additional keys. An empty list removes a key.
    pub(crate) keys: Vec<(String, Vec<String>)>,
    pub(crate) allowed: bool,
}

/// An identity policy that allows everything.
pub(crate) const EVERYTHING: &str = "everything";

impl Case {
    /// A session of a role in a call that should be allowed, half an hour before the grants end.
    pub(crate) fn new(name: &str, role: &str, person: &str, action: &str, resource: &str) -> Self {
        Self {
            name: name.to_owned(),
            role: role.to_owned(),
            federated: false,
            person: person.to_owned(),
            action: action.to_owned(),
            resource: resource.to_owned(),
            identity: Vec::new(),
            boundary: None,
            resource_policy: None,
            control: None,
            foreign: None,
            same_account: true,
            keys: Vec::new(),
            allowed: true,
        }
    }

    pub(crate) fn everything(mut self) -> Self {
        self.identity = vec![EVERYTHING];
        self
    }

    pub(crate) fn identity(mut self, documents: &[&'static str]) -> Self {
        self.identity = documents.to_vec();
        self
    }

    pub(crate) fn boundary(mut self, document: &'static str) -> Self {
        self.boundary = Some(document);
        self
    }

    pub(crate) fn on(mut self, document: &'static str, same_account: bool) -> Self {
        (self.resource_policy, self.same_account) = (Some(document), same_account);
        self
    }

    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.keys.push((key.to_owned(), vec![value.to_owned()]));
        self
    }

    pub(crate) fn with_all(mut self, key: &str, values: &[&str]) -> Self {
        self.keys.push((key.to_owned(), values.iter().map(|value| (*value).to_owned()).collect()));
        self
    }

    pub(crate) fn without(self, key: &str) -> Self {
        self.with_all(key, &[])
    }

    pub(crate) fn by(mut self, role: &str) -> Self {
        self.role = role.to_owned();
        self
    }

    pub(crate) fn named(mut self, person: &str) -> Self {
        self.person = person.to_owned();
        self
    }

    pub(crate) fn does(mut self, action: &str) -> Self {
        self.action = action.to_owned();
        self
    }

    pub(crate) fn to(mut self, resource: &str) -> Self {
        self.resource = resource.to_owned();
        self
    }

    pub(crate) fn account(&self) -> &str {
        self.role.split(':').nth(4).unwrap_or_default()
    }

    /// `aws:userid`. Every role has another id.
    pub(crate) fn user_id(role: &str, person: &str) -> String {
        let id: u32 =
            role.bytes().fold(7, |sum: u32, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
        format!("AROA{id:010}:{person}")
    }

    pub(crate) fn context(&self) -> Context {
        let mut context = Context::new();
        let mut set = |key: &str, values: Vec<String>| {
            if values.is_empty() {
                context.remove(&key.to_ascii_lowercase());
            } else {
                context.insert(key.to_ascii_lowercase(), values);
            }
        };
        let mut base = vec![
            ("aws:CurrentTime", "2026-11-28T11:30:00Z".to_owned()),
            ("aws:SecureTransport", "true".to_owned()),
            ("aws:ViaAWSService", "false".to_owned()),
            ("aws:SourceIp", "203.0.113.7".to_owned()),
            ("aws:ResourceOrgID", "o-acme".to_owned()),
        ];
        if !self.federated {
            base.push(("aws:PrincipalArn", self.role.clone()));
            base.push(("aws:userid", Self::user_id(&self.role, &self.person)));
        }
        for (key, value) in base {
            set(key, vec![value]);
        }
        for (key, values) in &self.keys {
            set(key, values.clone());
        }
        context
    }

    /// The session's ARN.
    pub(crate) fn session(&self) -> String {
        let name = self.role.rsplit('/').next().unwrap_or_default();
        format!("arn:aws:sts::{}:assumed-role/{name}/{}", self.account(), self.person)
    }

    /// Whether the answer depends on a document.
    pub(crate) fn uses(&self, document: &str) -> bool {
        let named = [self.boundary, self.resource_policy, self.control];
        self.identity.contains(&document) || named.contains(&Some(document))
    }
}

/// All cases.
#[derive(Default)]
pub(crate) struct Cases(pub(crate) Vec<Case>, BTreeSet<String>);

impl Cases {
    /// A call that is allowed.
    pub(crate) fn allowed(&mut self, case: Case) {
        self.1.insert(case.name.clone());
        self.0.push(case);
    }

    /// A call that is allowed, and the same with one difference, which is refused. So each refusal has an
    /// allowed counterpart.
    pub(crate) fn twin(&mut self, base: &Case, name: &str, different: impl FnOnce(Case) -> Case) {
        if self.1.insert(base.name.clone()) {
            self.0.push(base.clone());
        }
        let mut case = different(base.clone());
        case.name = format!("{}: {name}", base.name);
        case.allowed = false;
        self.0.push(case);
    }

    /// The base, refused to every principal that is almost the right one.
    pub(crate) fn others(&mut self, base: &Case) {
        for arn in almost(&base.role) {
            self.twin(base, &format!("as {arn}"), |case| case.by(&arn));
        }
        self.twin(base, "as nobody", |case| case.without("aws:PrincipalArn"));
    }

    /// The base, refused on every resource that is almost the right one.
    pub(crate) fn elsewhere(&mut self, base: &Case) {
        for arn in almost(&base.resource) {
            self.twin(base, &format!("on {arn}"), |case| case.to(&arn));
        }
    }
}

/// ARNs that differ from `arn` in one segment.
pub(crate) fn almost(arn: &str) -> Vec<String> {
    let bounds: Vec<usize> = arn.match_indices([':', '/']).map(|(at, _)| at).chain([arn.len()]).collect();
    let (mut out, mut from) = (Vec::new(), 0);
    for to in bounds {
        let other = match &arn[from..to] {
            // The region in the path of a permission set's role is left open.
            "eu-west-1" if arn.contains("/sso.amazonaws.com/") => {
                from = to + 1;
                continue;
            }
            "111111111111" => "222222222222",
            "222222222222" => "111111111111",
            "444444444444" => "111111111111",
            "role" => "user",
            _ => "other",
        };
        out.push(format!("{}{other}{}", &arn[..from], &arn[to..]));
        from = to + 1;
    }
    out.push(format!("{arn}x"));
    out.push(arn[..arn.len() - 1].to_owned());
    out
}
