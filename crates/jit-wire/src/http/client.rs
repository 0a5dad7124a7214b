//! The client: its connections, and the interface through which AWS's SDK calls.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

use aws_smithy_http_client::{Connector, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::ca_bundle::{CaBundle, tls_context};
use super::limits::{ANSWER_WITHIN, AnswerKind, CONNECT_WITHIN, whole};
use super::log_line::LoggedCall;
use super::message::request_of;
use super::proxy::Proxy;
use super::translate::translate;
use super::{Ask, Body, Headers, HttpAnswer, HttpError, host_of};
use crate::env::{self, Env};
use crate::secret::Secret;
use crate::timestamp::Timestamp;
use crate::trusted_url::{Purpose, TrustedUrl};

/// The client. Cheap to clone; connections and certificates are shared and created when first needed.
#[derive(Clone, Debug)]
pub struct Http(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// The environment's setting, which takes precedence over a profile's.
    of_environment: Option<CaBundle>,
    proxy: Proxy,
    /// For `http:`, which is used only on loopback, so it needs no certificates.
    plain: OnceLock<SharedHttpConnector>,
    secure: Mutex<Secure>,
    server_date: Mutex<Option<Timestamp>>,
}

/// TLS connections, and the certificates that they are checked with: `None` means the system's.
#[derive(Debug, Default)]
struct Secure {
    ca_bundle: Option<CaBundle>,
    connector: Option<SharedHttpConnector>,
}

impl Http {
    /// A client with the settings of `env`. Nothing is opened or read yet.
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

    /// From now on checks certificates with those in the file at `path`, which the setting `named_by` names;
    /// with `None`, as at the beginning. `AWS_CA_BUNDLE` takes precedence over both.
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
    /// [`HttpError`] if there is no complete answer; any status is an answer.
    pub async fn get(&self, url: &TrustedUrl) -> Result<HttpAnswer, HttpError> {
        self.ask(&Ask::get(url)).await
    }

    /// `POST url` with a form, for JSON.
    ///
    /// # Errors
    /// [`HttpError`] if there is no complete answer; any status is an answer.
    pub async fn post_form(&self, url: &TrustedUrl, form: &[(&str, &str)]) -> Result<HttpAnswer, HttpError> {
        self.ask(&Ask::post(url, Body::Form(form))).await
    }

    /// The `Date` header of the last answer, to compare clocks.
    pub fn server_date(&self) -> Option<Timestamp> {
        self.0.server_date.lock().ok().and_then(|date| *date)
    }

    /// Sends any request. Redirects are answers like others: they are not followed.
    ///
    /// # Errors
    /// [`HttpError`] if there is no complete answer; any status is an answer.
    pub async fn ask(&self, ask: &Ask<'_>) -> Result<HttpAnswer, HttpError> {
        let response = self.exchange(request_of(ask)?, ask.action, ask.answer).await?;
        let content_type = response.headers().get("content-type").unwrap_or_default().to_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let headers = Headers(headers.collect());
        let body = response.body().bytes().unwrap_or_default().to_vec();
        Ok(HttpAnswer { status: response.status().as_u16(), content_type, headers, body: Secret::new(body) })
    }

    /// One request and its complete answer, within the time and size limits.
    async fn exchange(
        &self,
        request: HttpRequest,
        action: Option<&str>,
        kind: AnswerKind,
    ) -> Result<HttpResponse, HttpError> {
        let logged = LoggedCall::begin(&request, action);
        let outcome = self.exchanged(request, kind).await;
        if let Some(logged) = logged {
            logged.end(&outcome);
        }
        outcome
    }

    async fn exchanged(&self, request: HttpRequest, kind: AnswerKind) -> Result<HttpResponse, HttpError> {
        let host = host_of(request.uri());
        let plain = request.uri().get(..5).is_some_and(|start| start.eq_ignore_ascii_case("http:"));
        let connector = self.connector(plain)?;
        let answer = async {
            let response = connector.call(request).await.map_err(|error| translate(&host, &error))?;
            whole(response, &host, kind.limit()).await
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
            // Plain http is used only on this machine and its link (`trusted_url`), where no proxy is used.
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

/// AWS's SDK uses the same client.
impl HttpClient for Http {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Http {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let http = self.clone();
        HttpConnectorFuture::new(async move {
            // The SDK makes its own URLs, from a region or from what the configuration gave it.
            if let Err(why) = TrustedUrl::parse(request.uri(), Purpose::AwsEndpoint) {
                return Err(ConnectorError::user(Box::new(HttpError::bad_url(request.uri(), why))));
            }
            http.exchange(request, None, AnswerKind::Message).await.map_err(|error| match error {
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
    use crate::loopback::{Loopback, redirect};

    #[tokio::test(flavor = "current_thread")]
    async fn a_redirect_is_an_answer_and_is_not_followed() {
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
}
