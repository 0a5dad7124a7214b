//! How the person signed in at the IdP, and a request's requirements for that.

use serde_json::{Value, json};

use crate::faults::Flaw;
use crate::params::Params;
use crate::shared::{Shared, lock};
use jit_wire::timestamp::Timestamp;

/// A request's requirements for the sign-in.
#[derive(Clone, Default)]
pub(crate) struct Wanted {
    /// The maximum age, in seconds.
    pub(crate) max_age: Option<u64>,
    /// The accepted contexts.
    pub(crate) contexts: Vec<String>,
    /// They were requested in Entra's way, and are reported in that way.
    pub(crate) as_acrs: bool,
}

/// How the person signed in.
#[derive(Clone)]
pub(crate) struct SignedIn {
    pub(crate) at: Timestamp,
    pub(crate) context: Option<String>,
    as_acrs: bool,
}

impl Wanted {
    /// `max_age`, `acr_values` and `claims` (OpenID Connect Core, sections 3.1.2.1 and 5.5).
    pub(crate) fn read(params: &Params) -> Self {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect();
        let mut wanted = Self {
            max_age: params.get("max_age").and_then(|age| age.parse().ok()),
            contexts: params.get("acr_values").map(words).unwrap_or_default(),
            as_acrs: false,
        };
        let claims: Value =
            params.get("claims").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        for name in ["acr", "acrs"] {
            let claim = &claims["id_token"][name];
            let one = claim["value"].as_str();
            let several = claim["values"].as_array().into_iter().flatten().filter_map(Value::as_str);
            for context in one.into_iter().chain(several) {
                wanted.contexts.push(context.to_owned());
                wanted.as_acrs = name == "acrs";
            }
        }
        wanted
    }

    /// Whether the IdP refuses it (OpenID Connect Core Unmet Authentication Requirements 1.0).
    pub(crate) fn is_refused(&self, shared: &Shared) -> bool {
        (self.max_age.is_some() || !self.contexts.is_empty()) && shared.flawed(Flaw::RefusesStepUp)
    }

    /// The sign-in that meets it; `None` if there is nothing to report. For a session in the browser the IdP
    /// reports when it began, and ends it if that is too long ago.
    pub(crate) fn met(&self, shared: &Shared) -> Option<SignedIn> {
        let now = shared.provider_now();
        let ago = lock(&shared.faults).signed_in_ago;
        if self.max_age.is_none() && self.contexts.is_empty() && ago.is_none() {
            return None;
        }
        let ignored = shared.flawed(Flaw::IgnoresStepUp);
        let before = ago.map_or(now, |ago| now - ago);
        let too_old = self.max_age.is_some_and(|age| now.since(before).as_secs() > age);
        let context = self.contexts.first().filter(|_| !ignored).cloned();
        // A stronger sign-in is a new one.
        let anew = !ignored && (too_old || context.is_some());
        Some(SignedIn { at: if anew { now } else { before }, context, as_acrs: self.as_acrs })
    }
}

impl SignedIn {
    /// Adds it to the claims of an ID token.
    pub(crate) fn tell(&self, claims: &mut Value) {
        claims["auth_time"] = self.at.0.into();
        claims["amr"] = if self.context.is_some() { json!(["hwk", "mfa"]) } else { json!(["pwd"]) };
        match (&self.context, self.as_acrs) {
            (Some(context), true) => claims["acrs"] = json!([context]),
            (Some(context), false) => claims["acr"] = json!(context),
            (None, _) => {}
        }
    }
}
