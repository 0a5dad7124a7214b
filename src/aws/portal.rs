//! The portal of Identity Center (the service `sso`): a role's credentials, and what its refusals mean. Its
//! lists are in `directory`. Uses AWS's SDK over the program's own `Http`.

use std::time::Duration;

use aws_sdk_sso::Client;
use aws_sdk_sso::config::retry::RetryConfig;
use aws_sdk_sso::config::timeout::TimeoutConfig;
use aws_sdk_sso::config::{BehaviorVersion, Config, HttpClient, Region, StalledStreamProtectionConfig};
use aws_sdk_sso::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sso::operation::get_role_credentials::GetRoleCredentialsOutput;
use aws_sdk_sso::operation::get_role_credentials::builders::GetRoleCredentialsFluentBuilder;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::aws::client::{NoSecondWait, attempts};
use crate::aws::portal_pace::PortalPace;
use crate::plan::{Assignment, CenterSettings};
use jit_wire::credentials::Credentials;
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::http::{Http, innermost};
use jit_wire::secret::Secret;
use jit_wire::timestamp::Timestamp;

/// The first attempt and five more, with growing random waits: the portal throttles all calls of a person
/// together.
const ATTEMPTS: u32 = 6;
/// How much of the portal's own text is kept, in characters.
const KEPT: usize = 300;

/// The kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortalErrorKind {
    /// The token has expired; another one may help.
    TokenRefused,
    /// The person is not assigned there, or there is no such role. `jit request` may help.
    NotAssigned,
    /// Too many calls; the retries are used up.
    Throttled,
    /// No answer.
    Unreachable,
    /// An unusable answer.
    Server,
}

/// Why the portal refused or failed. Its text is raw but at most 300 characters long.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct PortalError {
    /// The kind.
    pub kind: PortalErrorKind,
    /// What was requested: `account/permission set`; empty for a list.
    pub role: String,
    /// The portal's text, or that of the connection.
    pub message: String,
    /// How long the portal asks callers to wait.
    pub pause: Option<Duration>,
}

impl PortalError {
    fn sentence(&self) -> String {
        let said = if self.message.is_empty() { String::new() } else { format!(" ({})", self.message) };
        match self.kind {
            PortalErrorKind::TokenRefused => {
                format!("the portal no longer accepts the token of the last sign-in{said}")
            }
            PortalErrorKind::NotAssigned if self.role.is_empty() => {
                format!("the portal shows you no accounts{said}")
            }
            PortalErrorKind::NotAssigned => {
                let (account, set) = self.role.split_once('/').unwrap_or_default();
                format!("you are not assigned to {set} in account {account}, or it does not exist{said}")
            }
            PortalErrorKind::Throttled => "the portal is rate-limiting requests".to_owned(),
            PortalErrorKind::Unreachable => format!("the portal did not answer: {}", self.message),
            PortalErrorKind::Server => {
                format!("the portal answered with a response that jit could not read{said}")
            }
        }
    }
}

impl Explain for PortalError {
    fn kind(&self) -> Kind {
        match self.kind {
            PortalErrorKind::NotAssigned => Kind::NotAllowed,
            PortalErrorKind::TokenRefused => Kind::Refused,
            PortalErrorKind::Throttled | PortalErrorKind::Unreachable | PortalErrorKind::Server => {
                Kind::Failed
            }
        }
    }

    fn next(&self) -> Vec<Next> {
        match self.kind {
            // The portal no longer accepts the token of the last sign-in.
            PortalErrorKind::TokenRefused => vec![Next::SignInAnew],
            PortalErrorKind::NotAssigned if self.role.is_empty() => Next::list([
                "ask to be assigned to an account",
                "check `start_url`: it may be another company's portal",
            ]),
            PortalErrorKind::NotAssigned => {
                let account = self.role.split('/').next().unwrap_or_default().to_owned();
                vec![
                    Next::words("compare account and permission_set with the portal's page"),
                    Next::words("ask to be assigned"),
                    Next::Offered(account),
                    Next::EveryValue,
                ]
            }
            PortalErrorKind::Throttled => vec![Next::TryAgain],
            PortalErrorKind::Unreachable => vec![Next::Network(Some("`region`".into())), Next::Doctor],
            PortalErrorKind::Server => {
                vec![Next::TryAgain, Next::words("check `region`: it must be the region of Identity Center")]
            }
        }
    }
}

pub(super) fn client(http: &Http, settings: &CenterSettings, retries: RetryConfig) -> Client {
    client_over(http.clone(), settings, retries)
}

/// A client over any transport.
pub(super) fn client_over(
    http: impl HttpClient + 'static,
    settings: &CenterSettings,
    retries: RetryConfig,
) -> Client {
    let mut config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(settings.region.value.clone()))
        // A URL set by the user is called as it is, as in botocore; the SDK would refuse the two together.
        .use_fips(settings.fips.value && settings.portal_url.is_none())
        .use_dual_stack(settings.dual_stack.value && settings.portal_url.is_none())
        .http_client(http)
        .sleep_impl(TokioSleep::new())
        .retry_config(retries)
        .retry_classifier(NoSecondWait)
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    config.set_endpoint_url(settings.portal_url.as_ref().map(|url| url.value.clone()));
    Client::from_conf(config.build())
}

/// Gets the role that `assignment` names. The permission set decides how long it lasts. With `pace` it is one of many, and
/// throttling is waited out together with the others.
///
/// # Errors
/// [`PortalError`], after the retries that help.
pub async fn role_credentials(
    http: &Http,
    settings: &CenterSettings,
    assignment: &Assignment,
    token: &Secret<String>,
    pace: Option<&PortalPace>,
) -> Result<Credentials, PortalError> {
    if let Some(pace) = pace {
        let client = client(http, settings, RetryConfig::disabled());
        let role = name_of(assignment);
        let answer = pace.asked(&role, token, || asked(&client, assignment, token).send()).await?;
        return credentials_in(answer, role);
    }
    let attempts = settings.attempts.map_or(ATTEMPTS, |wanted| attempts(Some(wanted)));
    let retries = RetryConfig::standard().with_max_attempts(attempts);
    credentials_from(&client(http, settings, retries), assignment, token).await
}

pub(super) async fn credentials_from(
    client: &Client,
    assignment: &Assignment,
    token: &Secret<String>,
) -> Result<Credentials, PortalError> {
    let role = name_of(assignment);
    let answer = asked(client, assignment, token).send().await;
    credentials_in(answer.map_err(|error| failed(&role, token, error))?, role)
}

/// `account/permission set`.
fn name_of(assignment: &Assignment) -> String {
    format!("{}/{}", assignment.account(), assignment.permission_set())
}

fn asked(
    client: &Client,
    assignment: &Assignment,
    token: &Secret<String>,
) -> GetRoleCredentialsFluentBuilder {
    client
        .get_role_credentials()
        .account_id(assignment.account())
        .role_name(assignment.permission_set())
        .access_token(token.expose())
}

fn credentials_in(answer: GetRoleCredentialsOutput, role: String) -> Result<Credentials, PortalError> {
    let none = |message: String| PortalError { kind: PortalErrorKind::Server, role, message, pause: None };
    let given = answer.role_credentials.and_then(|given| {
        // In milliseconds, unlike everything else.
        let expires_at = Timestamp(given.expiration / 1000);
        let secret = |text: Option<String>| text.filter(|text| !text.is_empty()).map(Secret::new);
        let secret_key = secret(given.secret_access_key)?;
        let token = secret(given.session_token)?;
        let id = given.access_key_id.filter(|id| !id.is_empty() && expires_at.0 > 0)?;
        Some(Credentials::new(id, secret_key, token, expires_at))
    });
    match given {
        Some(Ok(credentials)) => Ok(credentials),
        Some(Err(why)) => Err(none(why.to_string())),
        None => Err(none(String::new())),
    }
}

/// What a failed call means; `role` is what it was about.
pub(super) fn failed<E>(role: &str, token: &Secret<String>, error: SdkError<E, HttpResponse>) -> PortalError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let (kind, message) = match &error {
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or_default();
            let message = service.err().message().unwrap_or_default().to_owned();
            let kind = match (service.raw().status().as_u16(), code) {
                (401, _) | (_, "UnauthorizedException") => PortalErrorKind::TokenRefused,
                (403 | 404, _) | (_, "ForbiddenException" | "ResourceNotFoundException") => {
                    PortalErrorKind::NotAssigned
                }
                (429, _) | (_, "TooManyRequestsException") => PortalErrorKind::Throttled,
                _ => PortalErrorKind::Server,
            };
            (kind, message)
        }
        SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) => {
            (PortalErrorKind::Unreachable, innermost(&error))
        }
        _ => (PortalErrorKind::Server, innermost(&error)),
    };
    let message = message.replace(token.expose(), "***").chars().take(KEPT).collect();
    let pause = error.raw_response().and_then(|answer| {
        let header = |name| answer.headers().get(name).and_then(|value| value.parse::<u64>().ok());
        let seconds = header("retry-after").map(Duration::from_secs);
        header("x-amz-retry-after").map(Duration::from_millis).or(seconds)
    });
    PortalError { kind, role: role.to_owned(), message, pause }
}
