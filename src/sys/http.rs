//! The one HTTP client, for the IdP and for AWS's SDK alike: rustls with ring, the system's certificates or
//! `AWS_CA_BUNDLE`, `HTTPS_PROXY` and `NO_PROXY`, a deadline on every call and a limit on every answer.

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use aws_smithy_http_client::{Connector, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt as _, Limited};

use jit_wire::env::{self, Env};
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::secret::Secret;
use jit_wire::timestamp::Timestamp;
use jit_wire::trusted_url::{Purpose, TrustedUrl, UrlError};

/// No answer that `jit` reads is near this size; a larger one is cut off and refused.
const ANSWER_LIMIT: usize = 512 * 1024;
/// What is wrong with a server that has nothing newer than TLS 1.1.
const OLD_TLS: &str = "it speaks no version of TLS that is still safe";
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// An answer, whole.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`, empty if there was none.
    pub content_type: String,
    /// Every header in its order, names in lower case. `set-cookie` is in here, which is why this is not shown.
    pub headers: Headers,
    /// The body. It may hold tokens, so it is a secret as a whole.
    pub body: Secret<Vec<u8>>,
}

/// The headers of an answer. Not shown by `Debug`: cookies are among them.
#[derive(Clone, Default)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// Headers made by hand, names in lower case; for tests.
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// The first header called `name`, which is in lower case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every header called `name`, which is in lower case.
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

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// `GET`, `POST`, `DELETE`.
    pub method: &'static str,
    /// Where.
    pub url: &'a TrustedUrl,
    /// `Accept`.
    pub accept: &'static str,
    /// What is sent.
    pub body: Body<'a>,
    /// `Authorization`.
    pub authorization: Option<&'a Secret<String>>,
    /// `Cookie`.
    pub cookie: Option<&'a Secret<String>>,
    /// Further headers, names in lower case.
    pub headers: &'a [(&'static str, Secret<String>)],
}

/// The body of a request.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// None.
    Empty,
    /// `application/x-www-form-urlencoded`.
    Form(&'a [(&'a str, &'a str)]),
    /// `application/json`, serialised. It may hold a password, so it is a secret as a whole.
    Json(&'a Secret<Vec<u8>>),
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
        }
    }

    /// `POST url` with `body`, for JSON.
    pub fn post(url: &'a TrustedUrl, body: Body<'a>) -> Self {
        Self { method: "POST", body, ..Self::get(url) }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address is none, or not one that may be asked.
    #[error("`{url}` {why}")]
    Address {
        /// The address.
        url: String,
        /// What is wrong with it.
        why: UrlError,
    },
    /// A proxy's variable cannot be used.
    #[error("what {variable} says {why}")]
    Proxy {
        /// The variable. What it says is not shown, since it may hold a password.
        variable: &'static str,
        /// What is wrong with it.
        why: UrlError,
    },
    /// Something that was to be sent along has a character that no header may have, such as a line feed.
    #[error("what {host} was to be sent as `{header}` has a character in it that no header may have")]
    Header {
        /// Host and port.
        host: String,
        /// The header.
        header: &'static str,
    },
    /// The name could not be resolved, or nobody answered there.
    #[error("cannot reach {host}: {why}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// The system's words.
        why: String,
    },
    /// The certificate, or the protocol around it.
    #[error("no safe connection to {host}: {why}")]
    Tls {
        /// Host and port.
        host: String,
        /// rustls's words.
        why: String,
    },
    /// Nothing came in time.
    #[error("{host} did not answer in time")]
    Timeout {
        /// Host and port.
        host: String,
    },
    /// Something came that does not end where it should.
    #[error("the answer of {host} is larger than {} KB, which no honest answer is", ANSWER_LIMIT / 1024)]
    TooLarge {
        /// Host and port.
        host: String,
    },
    /// `AWS_CA_BUNDLE`, or the profile's `ca_bundle`, cannot be used.
    #[error("{named_by} names `{path}`, which cannot be used: {why}")]
    CaBundle {
        /// The variable, or the key and where it stands.
        named_by: String,
        /// What it says.
        path: String,
        /// What is wrong with it.
        why: String,
    },
}

impl HttpError {
    /// That `url` is not one to ask.
    pub fn address(url: &str, why: UrlError) -> Self {
        Self::Address { url: url.chars().take(300).collect(), why }
    }
}

impl Explain for HttpError {
    fn kind(&self) -> Kind {
        Kind::Failed
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Unreachable { .. } => vec![Next::Network(None), Next::Doctor],
            Self::Timeout { .. } => vec![Next::TryAgain, Next::Network(None)],
            Self::Tls { why, .. } if why == OLD_TLS => {
                Next::list(["ask whoever runs it to turn on TLS 1.2 or 1.3"])
            }
            Self::Tls { .. } => Next::list([
                "if a certificate of your company's own is to be trusted, name its file in AWS_CA_BUNDLE",
            ]),
            Self::CaBundle { named_by, .. } if named_by == env::AWS_CA_BUNDLE => {
                Next::list(["unset AWS_CA_BUNDLE, or name a file of PEM certificates in it"])
            }
            Self::CaBundle { .. } => Next::list(["name a file of PEM certificates there, by its whole path"]),
            Self::Header { .. } => {
                Next::list(["look at what writes the token or the cookie: it holds more than one line"])
            }
            Self::Proxy { .. } => {
                Next::list(["name the proxy as in http://proxy.example.com:3128, or unset the variable"])
            }
            Self::Address { .. } | Self::TooLarge { .. } => vec![Next::Explain("check the URL".into())],
        }
    }
}

/// The client. Cheap to clone; connections and certificates are shared and made when first needed.
#[derive(Clone, Debug)]
pub struct Http(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// What the environment says, which counts before a profile.
    of_environment: Option<CaBundle>,
    proxy: Proxy,
    /// For `http:`, which is spoken on loopback only: no certificates are read for it.
    plain: OnceLock<SharedHttpConnector>,
    secure: Mutex<Secure>,
    server_date: Mutex<Option<Timestamp>>,
}

/// Certificates to trust, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
struct CaBundle {
    path: PathBuf,
    named_by: String,
}

/// Connections by TLS, and the certificates that these are checked with: `None` are the system's.
#[derive(Debug, Default)]
struct Secure {
    ca_bundle: Option<CaBundle>,
    connector: Option<SharedHttpConnector>,
}

impl Http {
    /// A client that obeys `env`. Nothing is opened or read yet.
    pub fn new(env: &Env) -> Self {
        let bundle =
            |path: &str| CaBundle { path: PathBuf::from(path), named_by: env::AWS_CA_BUNDLE.to_owned() };
        let of_environment = env.get(env::AWS_CA_BUNDLE).map(bundle);
        Self(Arc::new(Shared {
            secure: Mutex::new(Secure { ca_bundle: of_environment.clone(), connector: None }),
            of_environment,
            proxy: Proxy::of(env),
            plain: OnceLock::new(),
            server_date: Mutex::new(None),
        }))
    }

    /// From now on checks certificates with those of the file at `path`, which `named_by` names; with none, as in the
    /// beginning. `AWS_CA_BUNDLE` counts before either.
    pub fn trust(&self, named: Option<(&str, String)>) {
        if self.0.of_environment.is_some() {
            return;
        }
        let ca_bundle = named.map(|(path, named_by)| CaBundle { path: PathBuf::from(path), named_by });
        let mut secure = self.secure();
        if secure.ca_bundle != ca_bundle {
            *secure = Secure { ca_bundle, connector: None };
        }
    }

    fn secure(&self) -> std::sync::MutexGuard<'_, Secure> {
        self.0.secure.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// `GET url` for JSON.
    ///
    /// # Errors
    /// [`HttpError`] if there is no whole answer; any status is an answer.
    pub async fn get(&self, url: &TrustedUrl) -> Result<Answer, HttpError> {
        self.ask(&Ask::get(url)).await
    }

    /// `POST url` with a form, for JSON.
    ///
    /// # Errors
    /// [`HttpError`] if there is no whole answer; any status is an answer.
    pub async fn post_form(&self, url: &TrustedUrl, form: &[(&str, &str)]) -> Result<Answer, HttpError> {
        self.ask(&Ask::post(url, Body::Form(form))).await
    }

    /// The `Date` header of the last answer, to compare clocks with.
    pub fn server_date(&self) -> Option<Timestamp> {
        self.0.server_date.lock().ok().and_then(|date| *date)
    }

    /// Asks anything. Redirects are answers like others: nobody is followed.
    ///
    /// # Errors
    /// [`HttpError`] if there is no whole answer; any status is an answer.
    pub async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, HttpError> {
        let response = self.exchange(request_of(ask)?).await?;
        let content_type = response.headers().get("content-type").unwrap_or_default().to_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let headers = Headers(headers.collect());
        let body = response.body().bytes().unwrap_or_default().to_vec();
        Ok(Answer { status: response.status().as_u16(), content_type, headers, body: Secret::new(body) })
    }

    /// One request and its whole answer, in time and within the limit.
    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let host = host_of(request.uri());
        let plain = request.uri().get(..5).is_some_and(|start| start.eq_ignore_ascii_case("http:"));
        let connector = self.connector(plain)?;
        let answer = async {
            let response = connector.call(request).await.map_err(|error| translate(&host, &error))?;
            let response = response
                .try_into_http1x()
                .map_err(|error| HttpError::Unreachable { host: host.clone(), why: error.to_string() })?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, ANSWER_LIMIT).collect().await.map_err(|error| {
                if error.is::<http_body_util::LengthLimitError>() {
                    HttpError::TooLarge { host: host.clone() }
                } else {
                    HttpError::Unreachable { host: host.clone(), why: innermost(&*error) }
                }
            })?;
            let whole = http::Response::from_parts(parts, SdkBody::from(body.to_bytes()));
            HttpResponse::try_from(whole)
                .map_err(|error| HttpError::Unreachable { host: host.clone(), why: error.to_string() })
        };
        let response = tokio::time::timeout(ANSWER_WITHIN, answer)
            .await
            .unwrap_or_else(|_| Err(HttpError::Timeout { host: host.clone() }))?;
        if let (Some(date), Ok(mut last)) = (response.headers().get("date"), self.0.server_date.lock()) {
            *last = Timestamp::parse_http_date(date);
        }
        Ok(response)
    }

    fn connector(&self, plain: bool) -> Result<SharedHttpConnector, HttpError> {
        let settings = || {
            HttpConnectorSettings::builder()
                .connect_timeout(CONNECT_WITHIN)
                .read_timeout(ANSWER_WITHIN)
                .build()
        };
        let builder = || {
            Connector::builder()
                .connector_settings(settings())
                .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
        };
        if plain {
            // Plain http is spoken on this machine and its link only (`trusted_url`), where no proxy has a place.
            let connector = || SharedHttpConnector::new(builder().build_http());
            return Ok(self.0.plain.get_or_init(connector).clone());
        }
        let mut secure = self.secure();
        if let Some(connector) = &secure.connector {
            return Ok(connector.clone());
        }
        self.0.proxy.check()?;
        let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
        let connector = builder()
            .proxy_config(ProxyConfig::from_env())
            .tls_provider(provider)
            .tls_context(tls_context(secure.ca_bundle.as_ref())?)
            .build();
        Ok(secure.connector.insert(SharedHttpConnector::new(connector)).clone())
    }
}

/// What the environment says of a proxy. The connector reads it once more, but passes over what it cannot read: the traffic
/// would go by another way than was meant.
#[derive(Debug)]
struct Proxy(Option<(&'static str, Secret<String>)>);

impl Proxy {
    /// In the connector's order.
    fn of(env: &Env) -> Self {
        let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
        Self(names.into_iter().find_map(|name| Some((name, Secret::from(env.get(name)?)))))
    }

    fn check(&self) -> Result<(), HttpError> {
        let Some((variable, value)) = &self.0 else { return Ok(()) };
        // Without a scheme it is http, as for curl.
        let whole = match value.expose().contains("://") {
            true => value.clone(),
            false => Secret::new(format!("http://{}", value.expose())),
        };
        let read = TrustedUrl::parse(whole.expose(), Purpose::Proxy);
        read.map(drop).map_err(|why| HttpError::Proxy { variable, why })
    }
}

/// The system's certificates, or those of `ca_bundle` in their place, as AWS's tools do it.
fn tls_context(ca_bundle: Option<&CaBundle>) -> Result<tls::TlsContext, HttpError> {
    let Some(CaBundle { path, named_by }) = ca_bundle else {
        return Ok(tls::TlsContext::default());
    };
    let broken = |why: String| HttpError::CaBundle {
        named_by: named_by.clone(),
        path: path.display().to_string(),
        why,
    };
    let pem = super::fs::read_limited(path, 8 * 1024 * 1024).map_err(|error| broken(error.to_string()))?;
    trusting(pem).map_err(broken)
}

/// To trust the certificates in `pem` and no others.
fn trusting(pem: Vec<u8>) -> Result<tls::TlsContext, String> {
    check_certificates(&pem)?;
    let store = tls::TrustStore::empty().with_native_roots(false).with_pem_certificate(pem);
    tls::TlsContext::builder().with_trust_store(store).build().map_err(|error| innermost(&error))
}

/// The request of a question. What stands in a header may come from a file or from a server, so it is held against what may
/// stand in one.
fn request_of(ask: &Ask<'_>) -> Result<HttpRequest, HttpError> {
    let (content_type, body) = match ask.body {
        Body::Empty => (None, SdkBody::empty()),
        Body::Form(form) => {
            let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
            (Some("application/x-www-form-urlencoded"), SdkBody::from(form))
        }
        Body::Json(json) => (Some("application/json"), SdkBody::from(json.expose().as_slice())),
    };
    let mut request = HttpRequest::new(body);
    let accepted = request.set_method(ask.method).is_ok() && request.set_uri(ask.url.as_str()).is_ok();
    if !accepted {
        let why = UrlError::NotAnAddress("the HTTP client does not take it");
        return Err(HttpError::address(ask.url.as_str(), why));
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

/// The connector below takes certificates on trust and panics on a broken one, so they are read once before.
fn check_certificates(pem: &[u8]) -> Result<(), String> {
    use rustls_pki_types::{CertificateDer, pem::PemObject as _};
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| "it is no whole PEM text".to_owned())?;
        roots.add(certificate).map_err(|error| format!("a certificate in it is broken ({error})"))?;
    }
    if roots.is_empty() { Err("there is no certificate in it".to_owned()) } else { Ok(()) }
}

/// Host and port of an address, for messages.
pub fn host_of(url: &str) -> String {
    let uri: Option<http::Uri> = url.parse().ok();
    let authority = uri.as_ref().filter(|uri| uri.scheme().is_some()).and_then(|uri| uri.authority());
    let host = authority.map(|authority| authority.as_str().rsplit('@').next().unwrap_or_default());
    host.unwrap_or_default().to_owned()
}

fn translate(host: &str, error: &ConnectorError) -> HttpError {
    let host = host.to_owned();
    if error.is_timeout() {
        return HttpError::Timeout { host };
    }
    let unreachable = |why: String| HttpError::Unreachable { host: host.clone(), why };
    match tls_error(error) {
        Some(rustls::Error::InvalidMessage(_)) => {
            unreachable("what answers there does not speak TLS".to_owned())
        }
        Some(tls) => HttpError::Tls { host, why: tls_words(tls) },
        None => unreachable(in_words(innermost(error))),
    }
}

/// The connector's words for a proxy that says no tell nobody that there is a proxy.
fn in_words(why: String) -> String {
    match why.strip_prefix("tunnel error: ") {
        Some("proxy authorization required") => "the proxy wants to know who asks (status 407)".to_owned(),
        Some(_) => "the proxy does not lead there".to_owned(),
        None => why,
    }
}

/// The error of rustls in the chain. An `io::Error` hides what it holds from the chain, and may hold another one.
fn tls_error<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e rustls::Error> {
    if let Some(tls) = error.downcast_ref() {
        return Some(tls);
    }
    match error.downcast_ref::<std::io::Error>() {
        Some(io) => tls_error(io.get_ref()?),
        None => tls_error(error.source()?),
    }
}

fn tls_words(error: &rustls::Error) -> String {
    use rustls::CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet, NotValidYetContext,
        Other, UnknownIssuer,
    };
    let why = match error {
        rustls::Error::InvalidCertificate(why) => why,
        rustls::Error::AlertReceived(rustls::AlertDescription::ProtocolVersion)
        | rustls::Error::PeerIncompatible(_) => return OLD_TLS.to_owned(),
        _ => return error.to_string(),
    };
    let why = match why {
        UnknownIssuer => "nobody whom this machine trusts has signed its certificate",
        Expired | ExpiredContext { .. } => "its certificate has expired",
        NotValidYet | NotValidYetContext { .. } => "its certificate is not valid yet",
        NotValidForName | NotValidForNameContext { .. } => "its certificate is for another name",
        // Most certificates that sign themselves are such; the verifier has no kind for it.
        Other(why) if format!("{why:?}").contains("CaUsedAsEndEntity") => {
            "its certificate is an authority's own, or one that signs itself, and not a server's"
        }
        _ => return error.to_string(),
    };
    why.to_owned()
}

/// The last sentence of a chain of errors, which is the one that says what happened.
pub fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(inner) = last.source() {
        last = inner;
    }
    last.to_string()
}

/// AWS's SDK calls through the same door.
impl HttpClient for Http {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Http {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let http = self.clone();
        HttpConnectorFuture::new(async move {
            // The SDK makes its own addresses, from a region or from what the configuration gave it.
            if let Err(why) = TrustedUrl::parse(request.uri(), Purpose::AwsEndpoint) {
                return Err(ConnectorError::user(Box::new(HttpError::address(request.uri(), why))));
            }
            http.exchange(request).await.map_err(|error| match error {
                HttpError::Timeout { .. } => ConnectorError::timeout(Box::new(error)),
                HttpError::Unreachable { .. } => ConnectorError::io(Box::new(error)),
                other => ConnectorError::user(Box::new(other)),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_shown_without_user_or_path() {
        let cases = [
            ("https://idp.example/path", "idp.example"),
            ("http://127.0.0.1:80/x?y", "127.0.0.1:80"),
            ("https://user:pw@idp.example/", "idp.example"),
            ("idp", ""),
        ];
        for (url, host) in cases {
            assert_eq!(host_of(url), host, "{url}");
        }
    }

    #[test]
    fn certificates_are_read_before_the_connector_trusts_them() {
        assert!(check_certificates(b"").unwrap_err().contains("no certificate"));
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(check_certificates(broken).unwrap_err().contains("broken"));
    }

    /// The SDK's own way to set a header panics. Found by fuzzing: a metadata service whose token has two lines.
    #[test]
    fn what_no_header_may_have_is_told_and_not_shown() {
        let two_lines = Secret::from("hunter2\nx");
        let headers = [("x-aws-ec2-metadata-token", two_lines.clone())];
        let url = TrustedUrl::parse("https://idp.example/a", Purpose::Provider).unwrap();
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

    #[tokio::test(flavor = "current_thread")]
    async fn a_redirect_is_an_answer_and_is_not_followed() {
        use crate::sys::loopback::{Loopback, redirect};
        let server = Loopback::bind(0).await.unwrap();
        let url = TrustedUrl::of_this_machine(server.port(), "/token");
        let asked = std::rc::Rc::new(std::cell::Cell::new(0));
        let serve = server.serve({
            let asked = std::rc::Rc::clone(&asked);
            move |_| {
                asked.set(asked.get() + 1);
                async { redirect("/elsewhere") }
            }
        });
        let http = Http::new(&Env::of([]));
        tokio::select! {
            () = serve => unreachable!("it serves until dropped"),
            answer = http.post_form(&url, &[("refresh_token", "r1")]) => assert_eq!(answer.unwrap().status, 303),
        }
        assert_eq!(asked.get(), 1);
    }

    /// Seen before: a proxy that could not be read was passed over, and the question went out without it.
    #[test]
    fn a_proxy_that_cannot_be_read_stops_what_would_go_past_it() {
        let check = |name, value| Proxy::of(&Env::of([(name, value)])).check();
        for good in
            ["http://proxy:3128", "proxy.example.com:3128", "http://user:pw@10.0.0.1:1/", "https://p", ""]
        {
            assert!(check("HTTPS_PROXY", good).is_ok(), "{good}");
        }
        for bad in
            ["http://proxy:hunter2", "socks5://hunter2", "ht!tp://hunter2", "http://", "http://a b hunter2"]
        {
            for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
                let error = check(name, bad).unwrap_err();
                let words = format!("{error}{error:?}");
                assert!(words.contains(name) && !words.contains("hunter2"), "{words}");
            }
        }
    }
}
