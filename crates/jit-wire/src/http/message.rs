//! Requests and answers.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;

use super::{AnswerKind, HttpError};
use crate::secret::Secret;
use crate::trusted_url::{TrustedUrl, UrlError};

/// The answer to a request, with its whole body.
#[derive(Debug)]
pub struct HttpAnswer {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`, empty if there was none.
    pub content_type: String,
    /// Every header in order, with names in lower case. `set-cookie` is included, so this is never shown.
    pub headers: Headers,
    /// The body. It may contain tokens, so all of it is a secret.
    pub body: Secret<Vec<u8>>,
}

/// The headers of an answer. Not shown by `Debug`: they include cookies.
#[derive(Clone, Default)]
pub struct Headers(pub(super) Vec<(String, String)>);

impl Headers {
    /// Headers made in tests; names in lower case.
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// The first header with this `name`, which is in lower case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every header with this `name`, which is in lower case.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(one, _)| one == name).map(|(_, value)| value.as_str())
    }
}

impl std::fmt::Debug for Headers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} headers", self.0.len())
    }
}

impl Drop for Headers {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(|(_, value)| zeroize::Zeroize::zeroize(value));
    }
}

/// A request.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// `GET`, `POST`, `PUT`, `DELETE`.
    pub method: &'static str,
    /// The URL.
    pub url: &'a TrustedUrl,
    /// `Accept`.
    pub accept: &'static str,
    /// The body.
    pub body: Body<'a>,
    /// `Authorization`.
    pub authorization: Option<&'a Secret<String>>,
    /// `Cookie`.
    pub cookie: Option<&'a Secret<String>>,
    /// Additional headers, names in lower case.
    pub headers: &'a [(&'static str, Secret<String>)],
    /// What the answer holds.
    pub answer: AnswerKind,
    /// The action in the log, as policies name it: `s3:PutObject`.
    pub action: Option<&'a str>,
}

/// The body of a request.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// None.
    Empty,
    /// `application/x-www-form-urlencoded`.
    Form(&'a [(&'a str, &'a str)]),
    /// `application/json`, serialised. It may contain a password, so all of it is a secret.
    Json(&'a Secret<Vec<u8>>),
    /// Anything else. Its `Content-Type`, if it has one, is among the headers.
    Bytes(&'a Secret<Vec<u8>>),
}

impl<'a> Ask<'a> {
    /// `GET url` for JSON.
    pub fn get(url: &'a TrustedUrl) -> Self {
        Self {
            method: "GET",
            url,
            accept: "application/json",
            body: Body::Empty,
            authorization: None,
            cookie: None,
            headers: &[],
            answer: AnswerKind::Message,
            action: None,
        }
    }

    /// `POST url` with `body`, for JSON.
    pub fn post(url: &'a TrustedUrl, body: Body<'a>) -> Self {
        Self { method: "POST", body, ..Self::get(url) }
    }
}

/// The HTTP request. A header's value may come from a file or from a server, so it is checked.
pub(super) fn request_of(ask: &Ask<'_>) -> Result<HttpRequest, HttpError> {
    let (content_type, body) = match ask.body {
        Body::Empty => (None, SdkBody::empty()),
        Body::Form(form) => {
            let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
            (Some("application/x-www-form-urlencoded"), SdkBody::from(form))
        }
        Body::Json(json) => (Some("application/json"), SdkBody::from(json.expose().as_slice())),
        Body::Bytes(bytes) => (None, SdkBody::from(bytes.expose().as_slice())),
    };
    let mut request = HttpRequest::new(body);
    let accepted = request.set_method(ask.method).is_ok() && request.set_uri(ask.url.as_str()).is_ok();
    if !accepted {
        let why = UrlError::NotAUrl("the HTTP client does not accept it");
        return Err(HttpError::bad_url(ask.url.as_str(), why));
    }
    let mut insert = |header: &'static str, value: &str| {
        let inserted = request.headers_mut().try_insert(header, value.to_owned());
        inserted.map(drop).map_err(|_| HttpError::Header { host: ask.url.authority().to_owned(), header })
    };
    insert("accept", ask.accept)?;
    insert("user-agent", concat!("jit/", env!("CARGO_PKG_VERSION")))?;
    if let Some(content_type) = content_type {
        insert("content-type", content_type)?;
    }
    for (name, value) in [("authorization", ask.authorization), ("cookie", ask.cookie)] {
        if let Some(value) = value {
            insert(name, value.expose())?;
        }
    }
    for (name, value) in ask.headers {
        insert(name, value.expose())?;
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trusted_url::Purpose;

    /// The SDK's own function to set a header panics. Found by fuzzing: a metadata service with a token of
    /// two lines.
    #[test]
    fn an_invalid_header_value_is_reported_but_not_shown() {
        let two_lines = Secret::from("hunter2\nx");
        let headers = [("x-aws-ec2-metadata-token", two_lines.clone())];
        let url = TrustedUrl::parse("https://idp.example/a", Purpose::Idp).unwrap();
        let plain = Ask::get(&url);
        for (ask, header) in [
            (Ask { authorization: Some(&two_lines), ..plain }, "authorization"),
            (Ask { cookie: Some(&two_lines), ..plain }, "cookie"),
            (Ask { headers: &headers, ..plain }, "x-aws-ec2-metadata-token"),
        ] {
            let words = request_of(&ask).unwrap_err().to_string();
            assert!(words.contains(header) && words.contains("idp.example"), "{words}");
            assert!(!words.contains("hunter2"), "{words}");
        }
        assert!(request_of(&Ask { cookie: Some(&Secret::from("sid=1; DT=2")), ..plain }).is_ok());
    }
}
