//! Which addresses may be asked, opened or believed: one parser, and one table of rules by what an address is for.
//!
//! A [`TrustedUrl`] is made here alone, and the HTTP client and the browser's opener take nothing else. So whoever has an
//! address from a configuration, a variable, an answer of a provider or a person has to say what it is for.

mod host;
mod purpose;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

use host::Place;
pub use purpose::{Purpose, table};

/// No honest address is longer. A SAML request in the query of one has some thousand characters.
const LONGEST: usize = 32 * 1024;

/// An address that was held against the rules for what it is for. Scheme and host are in lower case; the rest is as it came.
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

/// Why an address is not to be trusted. Each is the end of a sentence that begins with the address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It cannot be read as an address, or not by everybody in the same way.
    #[error("is not an address: {0}")]
    NotAnAddress(&'static str),
    /// It would be spoken in clear over a network, or in another language altogether.
    #[error("is not https, nor http on this machine")]
    Scheme,
    /// It leads to this machine or its link, and whoever names it does not.
    #[error("leads into this machine, and {0} is not on this machine")]
    Inwards(String),
    /// It has more than such an address may have.
    #[error("is more than the address: it has {0}")]
    More(&'static str),
}

impl TrustedUrl {
    /// Reads `text` as an address for `purpose`.
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

    /// The address whose path and query are `path`, which begins with a slash, at the same host.
    ///
    /// # Errors
    /// [`UrlError::NotAnAddress`] if a character in it stands in no address.
    pub fn at(&self, path: &str) -> Result<Self, UrlError> {
        self.changed(format!("{}{path}", self.origin()))
    }

    /// The same address with `path` behind its own: between the two is one slash.
    ///
    /// # Errors
    /// As [`Self::at`].
    pub fn below(&self, path: &str) -> Result<Self, UrlError> {
        self.changed(format!("{}/{}", self.text.trim_end_matches('/'), path.trim_start_matches('/')))
    }

    /// The same address with `pairs` added to its query, and without its fragment.
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

    /// Another path, query or fragment, which is read again; the host has to stay.
    fn changed(&self, text: String) -> Result<Self, UrlError> {
        let (url, user) = read(&text)?;
        let same = url.is_of(self) && !user;
        if same { Ok(url) } else { Err(UrlError::NotAnAddress("it would be another host's")) }
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host in lower case; an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        &self.text[self.host.0..self.host.1]
    }

    /// Host and port as they stand in the address, for messages.
    pub fn authority(&self) -> &str {
        &self.text[self.host.0..self.path]
    }

    /// The port, said or meant.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Scheme, host and port, without a slash behind them.
    pub fn origin(&self) -> &str {
        &self.text[..self.path]
    }

    /// The path, empty if there is none, without query and fragment.
    pub fn path(&self) -> &str {
        let rest = &self.text[self.path..];
        rest.split(['?', '#']).next().unwrap_or_default()
    }

    /// What stands behind the first `?`, if there is one.
    pub fn query(&self) -> Option<&str> {
        let rest = self.text[self.path..].split('#').next().unwrap_or_default();
        rest.split_once('?').map(|(_, query)| query)
    }

    /// Whether it is spoken over TLS.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether it leads to this very machine, by a name or number that nobody else answers to.
    pub fn is_this_machine(&self) -> bool {
        self.place == Place::ThisMachine
    }

    /// Whether scheme, host and port are those of `other` (RFC 6454).
    pub fn is_of(&self, other: &Self) -> bool {
        (self.secure, self.host(), self.port) == (other.secure, other.host(), other.port)
    }
}

/// Without what stands behind the path: a query may hold a `state` or a code.
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

/// From what was stored: nothing is known of its origin there, so whoever uses it looks at it again.
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

/// Reads an address so that every other reader of it finds the same host (RFC 3986, and what the WHATWG's URL standard reads
/// otherwise is refused); and whether a user name stands before the host, which is then not part of it.
fn read(text: &str) -> Result<(TrustedUrl, bool), UrlError> {
    let not = |why| Err(UrlError::NotAnAddress(why));
    if text.len() > LONGEST {
        return not("it is too long");
    }
    // These stand in no address, and browsers, shells and parsers disagree on what they mean.
    let stray = |c: char| !c.is_ascii_graphic() || "\"<>\\^`{|}".contains(c);
    if let Some(stray) = text.chars().find(|c| stray(*c)) {
        return not(match stray {
            ' ' => "there is a space in it",
            '\\' => "there is a backslash in it",
            c if c.is_control() => "there is a control character in it",
            c if !c.is_ascii() => "a character is not ASCII (write a host as xn--…, and the rest as %XX)",
            _ => "there is a character in it that stands in no address",
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
    let (name, said) = host::split(authority).map_err(UrlError::NotAnAddress)?;
    let name = name.to_ascii_lowercase();
    let place = Place::of(&name).map_err(UrlError::NotAnAddress)?;
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
