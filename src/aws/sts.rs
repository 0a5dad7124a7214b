//! The five calls of STS that `jit` makes.

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;

use aws_sdk_sts::error::BuildError;
use aws_sdk_sts::types::{AssumedRoleUser, Credentials as StsCredentials, PolicyDescriptorType, Tag};

use crate::aws::client::{Sts, bare};
use crate::aws::errors::{Action, CallContext, StsError};
use crate::plan::{Leg, StsEndpoint};
use jit_wire::credentials::{BadCredentials, Credentials};
use jit_wire::http::Http;
use jit_wire::secret::Secret;
use jit_wire::timestamp::Timestamp;

/// The session of a role, and what STS says about it.
#[derive(Clone, Debug)]
pub struct Granted {
    /// The credentials.
    pub credentials: Credentials,
    /// `arn:PARTITION:sts::ACCOUNT:assumed-role/ROLE/SESSION`, without the role's path; empty if a server
    /// that is not AWS leaves it out.
    pub assumed_arn: String,
    /// `AROA…:SESSION`, the `userId` of IAM conditions; empty in the same case.
    pub user_id: String,
    /// How close the session's policies and tags came to AWS's limit, in per cent: `SessionTokenUtilization`,
    /// or the `PackedPolicySize` that it replaces.
    pub packed_policy_percent: Option<u8>,
    /// The source identity of the session, set here or earlier in the chain.
    pub source_identity: Option<String>,
}

/// A code of an MFA device. It is valid once, for 30 seconds.
#[derive(Clone, Copy)]
pub struct Mfa<'a> {
    serial: &'a str,
    code: &'a str,
}

impl<'a> Mfa<'a> {
    /// `code`, as one from the device that the step names.
    pub fn of(leg: &'a Leg, code: Option<&'a Secret<String>>) -> Option<Self> {
        Some(Self { serial: &leg.mfa_serial.as_ref()?.value, code: code?.expose() })
    }
}

/// The identity of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// Twelve digits.
    pub account: String,
    /// The ARN of the session.
    pub arn: String,
    /// `AROA…:SESSION`.
    pub user_id: String,
}

/// Assumes the role of `leg` with `token`, an ID token from the IdP, for `duration` seconds. The call is not
/// signed. Of the step's settings it sends the session policies; tags and source identity are in the token
/// (STS API reference, AssumeRoleWithWebIdentity).
///
/// # Errors
/// [`StsError`], after the retries that help.
pub async fn assume_role_with_web_identity(
    http: &Http,
    leg: &Leg,
    duration: u32,
    session_name: &str,
    token: &Secret<String>,
) -> Result<Granted, StsError> {
    web_identity(&Sts::over(http, &leg.sts, None), leg, duration, session_name, token).await
}

/// Assumes the role of `leg` with `assertion`, the whole SAML response in base64, through the SAML provider
/// `provider_arn`, for `duration` seconds. The call is not signed. Session name, tags and source identity are
/// in the assertion (STS API reference, AssumeRoleWithSAML).
///
/// # Errors
/// [`StsError`], after the retries that help.
pub async fn assume_role_with_saml(
    http: &Http,
    leg: &Leg,
    duration: u32,
    provider_arn: &str,
    assertion: &Secret<String>,
) -> Result<Granted, StsError> {
    saml(&Sts::over(http, &leg.sts, None), leg, duration, provider_arn, assertion).await
}

/// Assumes the role of `leg` with the session `by`, for `duration` seconds: at most 3600 if `by` is itself a
/// role's session, as it always is in a chain.
///
/// # Errors
/// [`StsError`], after the retries that help.
pub async fn assume_role(
    http: &Http,
    leg: &Leg,
    duration: u32,
    session_name: &str,
    mfa: Option<Mfa<'_>>,
    by: &Credentials,
) -> Result<Granted, StsError> {
    chained(&Sts::over(http, &leg.sts, Some(by)), leg, duration, session_name, mfa, by).await
}

/// A session for the IAM user with the keys `by`, for `duration` seconds (STS API reference,
/// GetSessionToken). It may do what the user may, except for IAM without `mfa`.
///
/// # Errors
/// [`StsError`], after the retries that help.
pub async fn session_token(
    http: &Http,
    leg: &Leg,
    duration: u32,
    mfa: Option<Mfa<'_>>,
    by: &Credentials,
) -> Result<Granted, StsError> {
    of_user(&Sts::over(http, &leg.sts, Some(by)), duration, mfa, by).await
}

/// Asks for the identity of `credentials`. The call needs no permission.
///
/// # Errors
/// [`StsError`], after the retries that help.
pub async fn caller_identity(
    http: &Http,
    endpoint: &StsEndpoint,
    credentials: &Credentials,
) -> Result<CallerIdentity, StsError> {
    identity(&Sts::over(http, endpoint, Some(credentials)), credentials).await
}

/// A `RoleSessionName` for `user`: 2 to 64 of `[A-Za-z0-9_+=,.@-]`. Characters that STS does not accept
/// become `-`.
pub fn session_name_of(user: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    let mut name: String = user.chars().take(64).map(|c| if allowed(c) { c } else { '-' }).collect();
    while name.len() < 2 {
        name.push('-');
    }
    name
}

#[expect(deprecated, reason = "servers that know only `PackedPolicySize` are about")]
async fn web_identity(
    sts: &Sts,
    leg: &Leg,
    duration: u32,
    session_name: &str,
    token: &Secret<String>,
) -> Result<Granted, StsError> {
    let token = token.expose();
    let secrets = [token.as_str()];
    let context = sts.context(Action::AssumeRoleWithWebIdentity, Some(leg), &secrets)?;
    let call = sts
        .client
        .assume_role_with_web_identity()
        .role_arn(leg.role.value.as_str())
        .role_session_name(session_name)
        .duration_seconds(seconds(duration))
        .web_identity_token(token)
        .set_policy(leg.policy.as_ref().map(|policy| policy.value.clone()))
        .set_policy_arns(policy_arns(leg));
    let answer = call.send().await.map_err(|error| context.failed(error))?;
    let full = answer.session_token_utilization.or(answer.packed_policy_size);
    granted(&context, answer.credentials, answer.assumed_role_user, full, answer.source_identity)
}

#[expect(deprecated, reason = "servers that know only `PackedPolicySize` are about")]
async fn saml(
    sts: &Sts,
    leg: &Leg,
    duration: u32,
    provider_arn: &str,
    assertion: &Secret<String>,
) -> Result<Granted, StsError> {
    let assertion = assertion.expose();
    let secrets = [assertion.as_str()];
    let context = sts.context(Action::AssumeRoleWithSaml, Some(leg), &secrets)?;
    let call = sts
        .client
        .assume_role_with_saml()
        .role_arn(leg.role.value.as_str())
        .principal_arn(provider_arn)
        .duration_seconds(seconds(duration))
        .saml_assertion(assertion)
        .set_policy(leg.policy.as_ref().map(|policy| policy.value.clone()))
        .set_policy_arns(policy_arns(leg));
    let answer = call.send().await.map_err(|error| context.failed(error))?;
    let full = answer.session_token_utilization.or(answer.packed_policy_size);
    granted(&context, answer.credentials, answer.assumed_role_user, full, answer.source_identity)
}

#[expect(deprecated, reason = "servers that know only `PackedPolicySize` are about")]
async fn chained(
    sts: &Sts,
    leg: &Leg,
    duration: u32,
    session_name: &str,
    mfa: Option<Mfa<'_>>,
    by: &Credentials,
) -> Result<Granted, StsError> {
    let secrets = bare(by);
    let context = sts.context(Action::AssumeRole, Some(leg), &secrets)?;
    let call = sts
        .client
        .assume_role()
        .role_arn(leg.role.value.as_str())
        .role_session_name(session_name)
        .duration_seconds(seconds(duration))
        .set_source_identity(leg.source_identity.as_ref().map(|identity| identity.value.clone()))
        .set_serial_number(mfa.map(|mfa| mfa.serial.to_owned()))
        .set_token_code(mfa.map(|mfa| mfa.code.to_owned()))
        .set_external_id(leg.external_id.as_ref().map(|id| id.value.clone()))
        .set_tags(tags(leg).map_err(|error| context.malformed(&error.to_string()))?)
        .set_transitive_tag_keys(leg.transitive_tags.as_ref().map(|keys| keys.value.clone()))
        .set_policy(leg.policy.as_ref().map(|policy| policy.value.clone()))
        .set_policy_arns(policy_arns(leg));
    let answer = call.send().await.map_err(|error| context.failed(error))?;
    let full = answer.session_token_utilization.or(answer.packed_policy_size);
    granted(&context, answer.credentials, answer.assumed_role_user, full, answer.source_identity)
}

async fn of_user(
    sts: &Sts,
    duration: u32,
    mfa: Option<Mfa<'_>>,
    by: &Credentials,
) -> Result<Granted, StsError> {
    let secrets = bare(by);
    let context = sts.context(Action::GetSessionToken, None, &secrets)?;
    let call = sts
        .client
        .get_session_token()
        .duration_seconds(seconds(duration))
        .set_serial_number(mfa.map(|mfa| mfa.serial.to_owned()))
        .set_token_code(mfa.map(|mfa| mfa.code.to_owned()));
    let answer = call.send().await.map_err(|error| context.failed(error))?;
    granted(&context, answer.credentials, None, None, None)
}

async fn identity(sts: &Sts, credentials: &Credentials) -> Result<CallerIdentity, StsError> {
    let secrets = bare(credentials);
    let context = sts.context(Action::GetCallerIdentity, None, &secrets)?;
    let answer = sts.client.get_caller_identity().send().await.map_err(|error| context.failed(error))?;
    match (answer.account, answer.arn, answer.user_id) {
        (Some(account), Some(arn), Some(user_id))
            if [&account, &arn].iter().all(|text| text.bytes().all(|b| b.is_ascii_graphic())) =>
        {
            Ok(CallerIdentity { account, arn, user_id })
        }
        _ => Err(context.incomplete("a response without account, ARN and user id")),
    }
}

fn granted(
    context: &CallContext<'_>,
    credentials: Option<StsCredentials>,
    user: Option<AssumedRoleUser>,
    percent_full: Option<i32>,
    source_identity: Option<String>,
) -> Result<Granted, StsError> {
    // The SDK fills in missing values with empty strings and the year 1970.
    let whole = |given: &StsCredentials| {
        !given.access_key_id.is_empty()
            && !given.secret_access_key.is_empty()
            && !given.session_token.is_empty()
            && given.expiration.secs() > 0
    };
    let given =
        credentials.filter(whole).ok_or_else(|| context.incomplete("a response without credentials"))?;
    let (assumed_arn, user_id) = user.map(|user| (user.arn, user.assumed_role_id)).unwrap_or_default();
    // It is displayed, and parts of it become variables.
    if !assumed_arn.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(context.incomplete("a response with an invalid ARN"));
    }
    let credentials = Credentials::new(
        given.access_key_id,
        Secret::new(given.secret_access_key),
        Secret::new(given.session_token),
        Timestamp(given.expiration.secs()),
    );
    Ok(Granted {
        credentials: credentials.map_err(|why| context.incomplete(&unfit(why)))?,
        assumed_arn,
        user_id,
        packed_policy_percent: percent_full.map(|percent| u8::try_from(percent.max(0)).unwrap_or(u8::MAX)),
        source_identity,
    })
}

/// The message for an answer whose credentials are not valid.
fn unfit(why: BadCredentials) -> String {
    format!("a response with invalid credentials: {why}")
}

fn seconds(duration: u32) -> i32 {
    i32::try_from(duration).unwrap_or(i32::MAX)
}

fn policy_arns(leg: &Leg) -> Option<Vec<PolicyDescriptorType>> {
    let arns = leg.policy_arns.as_ref()?;
    Some(arns.value.iter().map(|arn| PolicyDescriptorType::builder().arn(arn).build()).collect())
}

fn tags(leg: &Leg) -> Result<Option<Vec<Tag>>, BuildError> {
    let Some(tags) = &leg.tags else { return Ok(None) };
    let tags = tags.value.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    tags.collect::<Result<_, _>>().map(Some)
}

#[cfg(test)]
mod tests;
