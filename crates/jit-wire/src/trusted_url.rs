//! Which URLs may be called, opened or trusted: one parser, and one table of rules by purpose.
//!
//! Only this module creates a [`TrustedUrl`], and the HTTP client and the code that opens a browser accept
//! nothing else. So code that has a URL from a configuration, a variable, an IdP's answer or a person must
//! state its purpose.

mod host;
mod purpose;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

use host::Place;
pub use purpose::{Purpose, table};

/// The length limit of a URL. A SAML request in a query has some thousand characters.
const LONGEST: usize = 32 * 1024;

/// A URL that was checked against the rules for its purpose. Scheme and host are in lower case; the rest is
/// unchanged.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TrustedUrl {
    text: String,
    secure: bool,
    place: Place,
    host: (usize, usize),
    port: u16,
    /// Where host and port end.
    path: usize,
}

/// Why a URL is not trusted. Each text completes a sentence that starts with the URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It cannot be parsed as a URL, or parsers would disagree about it.
    #[error("is not a URL: {0}")]
    NotAUrl(&'static str),
    /// It would be sent unencrypted over a network, or uses another protocol.
    #[error("is neither https nor http on this machine")]
    Scheme,
    /// It leads to this machine or its link, but its source is elsewhere.
    #[error("points to this machine, and {0} is not on this machine")]
    Inwards(String),
    /// It has a part that a URL for this purpose may not have.
    #[error("has more than a host: {0}")]
    More(&'static str),
}

impl TrustedUrl {
    /// Reads `text` as a URL for `purpose`.
    ///
    /// # Errors
    /// [`UrlError`], which says what is wrong with it.
    pub fn parse(text: &str, purpose: Purpose<'_>) -> Result<Self, UrlError> {
        let (url, user) = read(text)?;
        purpose.check(&url, user)?;
        Ok(url)
    }

    /// `path`, which begins with a slash, on a port of this machine where this process listens.
    pub fn of_this_machine(port: u16, path: &str) -> Self {
        const BEFORE: &str = "http://127.0.0.1";
        let origin = format!("{BEFORE}:{port}");
        Self {
            text: format!("{origin}{path}"),
            secure: false,
            place: Place::ThisMachine,
            host: ("http://".len(), BEFORE.len()),
            port,
            path: origin.len(),
        }
    }

    /// The URL with the path and query `path`, which begins with a slash, on the same host.
    ///
    /// # Errors
    /// [`UrlError::NotAUrl`] if it contains a character that is not allowed in a URL.
    pub fn at(&self, path: &str) -> Result<Self, UrlError> {
        self.changed(format!("{}{path}", self.origin()))
    }

    /// The same URL with `path` appended to its own: there is one slash between the two.
    ///
    /// # Errors
    /// As [`Self::at`].
    pub fn below(&self, path: &str) -> Result<Self, UrlError> {
        self.changed(format!("{}/{}", self.text.trim_end_matches('/'), path.trim_start_matches('/')))
    }

    /// The same URL with `pairs` added to its query, and without its fragment.
    pub fn with_query(&self, pairs: &[(&str, &str)]) -> Self {
        let base = self.text.split('#').next().unwrap_or_default();
        let joint = match base.find('?') {
            None => "?",
            Some(at) if at + 1 == base.len() || base.ends_with('&') => "",
            Some(_) => "&",
        };
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        // What is added is percent-encoded.
        Self { text: format!("{base}{joint}{query}"), ..self.clone() }
    }

    /// Another path, query or fragment, which is parsed again; the host must stay the same.
    fn changed(&self, text: String) -> Result<Self, UrlError> {
        let (url, user) = read(&text)?;
        let same = url.is_of(self) && !user;
        if same { Ok(url) } else { Err(UrlError::NotAUrl("it would be another host's")) }
    }

    /// The whole URL.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host in lower case; an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        &self.text[self.host.0..self.host.1]
    }

    /// Host and port as written in the URL, for messages.
    pub fn authority(&self) -> &str {
        &self.text[self.host.0..self.path]
    }

    /// The port, given or implied.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Scheme, host and port, without a trailing slash.
    pub fn origin(&self) -> &str {
        &self.text[..self.path]
    }

    /// The path, empty if there is none, without query and fragment.
    pub fn path(&self) -> &str {
        let rest = &self.text[self.path..];
        rest.split(['?', '#']).next().unwrap_or_default()
    }

    /// What follows the first `?`, if there is one.
    pub fn query(&self) -> Option<&str> {
        let rest = self.text[self.path..].split('#').next().unwrap_or_default();
        rest.split_once('?').map(|(_, query)| query)
    }

    /// Whether it uses TLS.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether it leads to this machine, by a name or address that no other machine can have.
    pub fn is_this_machine(&self) -> bool {
        self.place == Place::ThisMachine
    }

    /// Whether scheme, host and port are those of `other` (RFC 6454).
    pub fn is_of(&self, other: &Self) -> bool {
        (self.secure, self.host(), self.port) == (other.secure, other.host(), other.port)
    }
}

/// Without what follows the path: a query may contain a `state` or a code.
impl fmt::Debug for TrustedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrustedUrl({}{})", self.origin(), self.path())
    }
}

impl fmt::Display for TrustedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// From the store. The purpose is not stored, so the code that uses it checks it again.
impl TryFrom<String> for TrustedUrl {
    type Error = UrlError;

    fn try_from(text: String) -> Result<Self, UrlError> {
        Self::parse(&text, Purpose::Page)
    }
}

impl From<TrustedUrl> for String {
    fn from(url: TrustedUrl) -> Self {
        url.text
    }
}

/// Parses a URL so that every other parser finds the same host (RFC 3986; what the WHATWG's URL standard
/// reads differently is refused). Also returns whether there is a user name before the host.
fn read(text: &str) -> Result<(TrustedUrl, bool), UrlError> {
    let not = |why| Err(UrlError::NotAUrl(why));
    if text.len() > LONGEST {
        return not("it is too long");
    }
    // These are not allowed in any URL, and browsers, shells and parsers disagree on their meaning.
    let stray = |c: char| !c.is_ascii_graphic() || "\"<>\\^`{|}".contains(c);
    if let Some(stray) = text.chars().find(|c| stray(*c)) {
        return not(match stray {
            ' ' => "it contains a space",
            '\\' => "it contains a backslash",
            c if c.is_control() => "it contains a control character",
            c if !c.is_ascii() => {
                "it has a character that is not ASCII (write a host as xn--…, and the rest as %XX)"
            }
            _ => "it contains a character that URLs cannot contain",
        });
    }
    let Some((scheme, rest)) = text.split_once("://") else { return Err(UrlError::Scheme) };
    let secure = match scheme.to_ascii_lowercase().as_str() {
        "https" => true,
        "http" => false,
        _ => return Err(UrlError::Scheme),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (user, authority) = match authority.rsplit_once('@') {
        Some((_, behind)) => (true, behind),
        None => (false, authority),
    };
    let (name, said) = host::split(authority).map_err(UrlError::NotAUrl)?;
    let name = name.to_ascii_lowercase();
    let place = Place::of(&name).map_err(UrlError::NotAUrl)?;
    let port = match said {
        None if secure => 443,
        None => 80,
        Some(port) => port,
    };
    let scheme = if secure { "https://" } else { "http://" };
    let shown = said.map(|port| format!(":{port}")).unwrap_or_default();
    let host = (scheme.len(), scheme.len() + name.len());
    let url = TrustedUrl {
        text: format!("{scheme}{name}{shown}{path}"),
        secure,
        place,
        host,
        port,
        path: host.1 + shown.len(),
    };
    Ok((url, user))
}
