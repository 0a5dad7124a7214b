//! The variables of the command: those that are set, and those that are taken away because they would count instead.

use crate::plan::Plan;
use jit_wire::credentials::Session;
use jit_wire::env::{AWS_DEFAULT_REGION, AWS_REGION, Env, JIT_ACCOUNT_ID, JIT_RESTRICTED_BY, JIT_ROLE};
use jit_wire::name::Variable;
use zeroize::Zeroizing;

/// Every variable that could make an AWS tool use other credentials, or mistake these for others.
pub(in crate::commands) const SHADOWS: [&str; 18] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_ACCOUNT_ID",
    "AWS_CREDENTIAL_SCOPE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    JIT_RESTRICTED_BY,
];

/// A variable for the command, and its value.
pub(in crate::commands) type Set = (Variable, Zeroizing<String>);

/// The variables of the command: credentials, region, role and account.
pub(in crate::commands) fn variables(session: &Session, plan: &Plan, env: &Env) -> Vec<Set> {
    let mut variables: Vec<_> = session.to_variables().into();
    variables.extend(about(session, plan, env));
    variables
}

/// The region in both of its variables, the other settings of the profile, and the role and account.
pub(super) fn about(session: &Session, plan: &Plan, env: &Env) -> Vec<Set> {
    let mut variables: Vec<Set> = Vec::new();
    // The command does not see the profile, so its settings are passed on. Variables that the person set
    // take precedence.
    let of_profile = plan.variables.iter().filter(|(name, _)| env.get(name.as_str()).is_none());
    variables.extend(of_profile.map(|(name, at)| (name.clone(), Zeroizing::new(at.value.clone()))));
    let configured = plan.region.as_ref().map(|region| region.value.as_str());
    if let Some(region) = configured.or_else(|| env.get(AWS_REGION)).or_else(|| env.get(AWS_DEFAULT_REGION)) {
        variables.push((const { Variable::known(AWS_REGION) }, Zeroizing::new(region.to_owned())));
        variables.push((const { Variable::known(AWS_DEFAULT_REGION) }, Zeroizing::new(region.to_owned())));
    }
    variables.push((const { Variable::known(JIT_ROLE) }, Zeroizing::new(plan.role.clone())));
    variables.push((const { Variable::known(JIT_ACCOUNT_ID) }, Zeroizing::new(session.account().to_owned())));
    if !plan.restricted_by.is_empty() {
        let restricted_by = Zeroizing::new(plan.restricted_by.join(", "));
        variables.push((const { Variable::known(JIT_RESTRICTED_BY) }, restricted_by));
    }
    variables
}
