//! The status codes of a response, in words (SAML 2.0 Core, section 3.2.2.2).

/// Every code of the specification by the end of its URN, and its meaning.
const CODES: [(&str, &str); 23] = [
    ("Success", "it succeeded"),
    ("Requester", "the IdP says that the request is wrong"),
    ("Responder", "the IdP failed"),
    ("VersionMismatch", "the IdP uses another version of SAML"),
    ("AuthnFailed", "it could not verify who you are"),
    ("InvalidAttrNameOrValue", "an attribute has an unexpected name or value"),
    ("InvalidNameIDPolicy", "it cannot name you in the requested format"),
    ("NoAuthnContext", "it cannot sign you in as strongly as requested"),
    ("NoAvailableIDP", "none of the IdPs that it asks can be reached"),
    ("NoPassive", "it would have to ask you to sign in, and the request forbids that"),
    ("NoSupportedIDP", "it supports none of the IdPs in the request"),
    ("PartialLogout", "not every session could be signed out"),
    ("ProxyCountExceeded", "it may not ask another IdP"),
    ("RequestDenied", "it refuses to answer this request"),
    ("RequestUnsupported", "it does not support this request"),
    ("RequestVersionDeprecated", "the request's version of SAML is no longer accepted"),
    ("RequestVersionTooHigh", "the request's version of SAML is too new for it"),
    ("RequestVersionTooLow", "the request's version of SAML is too old for it"),
    ("ResourceNotRecognized", "it does not know the requested resource"),
    ("TooManyResponses", "the response would be larger than it supports"),
    ("UnknownAttrProfile", "it does not know the attributes' format"),
    ("UnknownPrincipal", "it does not know you as a user of this application"),
    ("UnsupportedBinding", "it does not support the requested binding"),
];

/// A status that is not success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamlStatus {
    /// The codes, top level first, unchanged.
    pub codes: Vec<String>,
    /// The IdP's own text.
    pub message: Option<String>,
}

impl SamlStatus {
    /// What the codes mean, the most informative one first.
    pub fn in_words(&self) -> String {
        let words = |code: &String| {
            let short = code.rsplit(':').next().unwrap_or_default();
            let known = CODES.iter().find(|(name, _)| *name == short);
            known.map_or_else(|| format!("status `{code}`"), |(name, words)| format!("{words} ({name})"))
        };
        let mut said: Vec<String> = self.codes.iter().rev().map(words).collect();
        said.extend(self.message.iter().map(|message| format!("\"{message}\"")));
        said.join("; ")
    }

    /// Whether the second level is `name`.
    pub fn is(&self, name: &str) -> bool {
        self.codes.iter().any(|code| code.rsplit(':').next() == Some(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_codes_are_explained_and_unknown_ones_shown() {
        let status = |codes: &[&str], message: Option<&str>| SamlStatus {
            codes: codes.iter().map(|code| format!("urn:oasis:names:tc:SAML:2.0:status:{code}")).collect(),
            message: message.map(str::to_owned),
        };
        let both = status(&["Responder", "AuthnFailed"], Some("cancelled"));
        assert_eq!(
            both.in_words(),
            "it could not verify who you are (AuthnFailed); the IdP failed (Responder); \"cancelled\""
        );
        assert!(both.is("AuthnFailed") && !both.is("NoPassive"));
        for (name, words) in CODES {
            assert_eq!(status(&[name], None).in_words(), format!("{words} ({name})"));
        }
        let strange = SamlStatus { codes: vec!["http://acme/Lunch".to_owned()], message: None };
        assert_eq!(strange.in_words(), "status `http://acme/Lunch`");
    }
}
