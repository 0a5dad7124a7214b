//! The client of AWS's SDK: its endpoint rules, signatures, retries and parsing, over the program's own `Http`.
//!
//! The configuration is built by hand and not with `aws-config`, which would read the user's `~/.aws` files
//! and environment a second time, by its own rules, and could find the very profile that `jit` is called
//! from.

use aws_credential_types::Credentials as SdkCredentials;
use aws_sdk_sts::Client;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::timeout::TimeoutConfig;
use aws_sdk_sts::config::{
    AppName, AsyncSleep, BehaviorVersion, Config, HttpClient, IdentityCache, Region,
    SharedCredentialsProvider, StalledStreamProtectionConfig,
};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

use crate::aws::errors::{Action, CallContext, StsError};
use crate::plan::{Leg, StsEndpoint};
use jit_wire::credentials::Credentials;
use jit_wire::http::Http;

/// The first attempt and two more. The SDK repeats 5xx answers, throttling, `IDPCommunicationError` and
/// broken connections, with growing random waits.
const ATTEMPTS: u32 = 3;

/// The upper limit of attempts; more would be a storm of requests.
const MOST_ATTEMPTS: u32 = 10;

/// How many times to try if `max_attempts` is set to `wanted`.
pub(super) fn attempts(wanted: Option<u32>) -> u32 {
    wanted.map_or(ATTEMPTS, |wanted| wanted.min(MOST_ATTEMPTS))
}

/// A client for one endpoint and one caller.
pub(super) struct Sts {
    pub(super) client: Client,
    region: String,
    /// The endpoint is set by the user and not derived from the region.
    by_url: bool,
}

impl Sts {
    /// The real client.
    pub(super) fn over(http: &Http, endpoint: &StsEndpoint, by: Option<&Credentials>) -> Self {
        Self::new(http.clone(), TokioSleep::new(), endpoint, by)
    }

    /// A client over any transport, with any way to wait between attempts.
    pub(super) fn new(
        http: impl HttpClient + 'static,
        sleep: impl AsyncSleep + 'static,
        endpoint: &StsEndpoint,
        by: Option<&Credentials>,
    ) -> Self {
        let region = endpoint.region.value.clone();
        let mut config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.clone()))
            // A URL set by the user is called as it is, as in botocore; the SDK would refuse the two
            // together.
            .use_fips(endpoint.fips.value && endpoint.url.is_none())
            .use_dual_stack(endpoint.dual_stack.value && endpoint.url.is_none())
            .http_client(http)
            .sleep_impl(sleep)
            .retry_config(RetryConfig::standard().with_max_attempts(attempts(endpoint.attempts)))
            .retry_classifier(NoSecondWait)
            // `Http` has the deadlines.
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            // One caller, one call: nothing to remember.
            .identity_cache(IdentityCache::no_cache())
            // Otherwise the SDK would sign for AWS's time and succeed; but `jit` counts lifetimes by this
            // machine's clock, and would use sessions that have expired.
            .disable_clock_skew_correction(true);
        config.set_app_name(AppName::new("jit").ok());
        config.set_endpoint_url(endpoint.url.as_ref().map(|url| url.value.clone()));
        if let Some(by) = by {
            let [secret, token] = bare(by);
            // Long-lived access keys have none.
            let token = Some(token.to_owned()).filter(|token| !token.is_empty());
            let by = SdkCredentials::new(&by.access_key_id, secret, token, None, "jit");
            config.set_credentials_provider(Some(SharedCredentialsProvider::new(by)));
        }
        Self { client: Client::from_conf(config.build()), region, by_url: endpoint.url.is_some() }
    }

    /// The subject of error messages about this request. Pseudo regions (`aws-global`, …) are refused: they
    /// mean the old global endpoint, whose sessions are not valid in every region.
    pub(super) fn context<'a>(
        &'a self,
        action: Action,
        leg: Option<&'a Leg>,
        secrets: &'a [&'a str],
    ) -> Result<CallContext<'a>, StsError> {
        let role_arn = leg.map(|leg| leg.role.value.as_str());
        let context = CallContext { action, role_arn, region: &self.region, secrets };
        if self.region.ends_with("-global") && !self.by_url {
            return Err(context.malformed("it stands for the global endpoint, which jit does not use"));
        }
        Ok(context)
    }
}

/// The two secret parts of `credentials`.
pub(super) fn bare(credentials: &Credentials) -> [&str; 2] {
    [credentials.secret_access_key.expose(), credentials.session_token.expose()]
}

/// Keeps the SDK from repeating a request that timed out: one deadline is already as long as a person waits.
#[derive(Debug)]
pub(super) struct NoSecondWait;

impl ClassifyRetry for NoSecondWait {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error = context.output_or_error().and_then(|result| result.err());
        match error.and_then(|error| error.as_connector_error()) {
            Some(error) if error.is_timeout() => RetryAction::RetryForbidden,
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "no second wait"
    }
}
