//! The regions and URLs of the AWS services that jit calls: from the role, the environment or a profile, or
//! else AWS's own. A region becomes part of a host name and a URL receives secrets, so both are checked here.

use super::ResolveError;
use super::aws_settings;
use super::origin::from_file;
use crate::config::file::File;
use crate::plan::{Origin, StsEndpoint, Valued};
use jit_wire::arn::{Partition, is_region};
use jit_wire::env::{AWS_DEFAULT_REGION, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_STS, AWS_REGION, Env};
use jit_wire::trusted_url::{Purpose, TrustedUrl};

/// The regional endpoint for the role's region, or else the environment's region if that is in the role's
/// partition, or else the partition's first region. Never the global endpoint: its sessions are not valid in
/// every region.
pub(super) fn sts_endpoint(
    file: &File,
    partition: Partition,
    region: Option<Valued<String>>,
    env: &Env,
) -> Result<StsEndpoint, ResolveError> {
    let variable = [AWS_REGION, AWS_DEFAULT_REGION].into_iter().find_map(|name| {
        let region = env.get(name).filter(|region| Partition::of_region(region) == partition)?;
        Some(Valued::new(region.to_owned(), Origin::Variable(name)))
    });
    let region = if file.is_of_profiles() { variable.or(region) } else { region.or(variable) };
    let region = region.unwrap_or_else(|| {
        Valued::new(partition.default_region().to_owned(), Origin::Rule("the partition's first region"))
    });
    // A region from the file was checked when it was read.
    if let Origin::Variable(variable) = region.origin
        && !is_region(&region.value)
    {
        return Err(ResolveError::Region { variable, value: region.value });
    }
    Ok(StsEndpoint {
        region,
        url: endpoint(file, "sts", env, AWS_ENDPOINT_URL_STS)?,
        fips: aws_settings::FIPS.switch(file, env)?,
        dual_stack: aws_settings::DUAL_STACK.switch(file, env)?,
        attempts: aws_settings::MAX_ATTEMPTS.number(file, env)?,
    })
}

/// The region that the environment sets.
pub(super) fn region_of_environment(env: &Env) -> Option<Valued<String>> {
    [AWS_REGION, AWS_DEFAULT_REGION]
        .into_iter()
        .find_map(|name| Some(Valued::new(env.get(name)?.to_owned(), Origin::Variable(name))))
}

/// The URL that replaces AWS's own for `service`: from its `variable`, or else from the variable for all
/// services, or else from the profile (AWS SDKs and Tools Reference Guide, "Service-specific endpoints").
pub(super) fn endpoint(
    file: &File,
    service: &str,
    env: &Env,
    variable: &'static str,
) -> Result<Option<Valued<String>>, ResolveError> {
    if aws_settings::IGNORE_ENDPOINTS.switch(file, env)?.value {
        return Ok(None);
    }
    for variable in [variable, AWS_ENDPOINT_URL] {
        if let Some(url) = env.get(variable) {
            trusted(variable, url)?;
            return Ok(Some(Valued::new(url.to_owned(), Origin::Variable(variable))));
        }
    }
    let Some(at) = file.endpoints.get(service) else { return Ok(None) };
    let Valued { value, origin } = from_file(file, at);
    // If the profile ignores endpoints, its value was not checked when it was read; but a variable may have
    // overridden that.
    match TrustedUrl::parse(&value, Purpose::AwsEndpoint) {
        Ok(_) => Ok(Some(Valued { value, origin })),
        Err(why) => {
            let service = service.to_owned();
            Err(ResolveError::ProfileEndpoint { origin: origin.to_string(), service, value, why })
        }
    }
}

/// The URL in `variable`, for a service that is called without a plan.
///
/// # Errors
/// [`ResolveError::Endpoint`] if the URL is not trusted.
pub fn named_endpoint(env: &Env, variable: &'static str) -> Result<Option<TrustedUrl>, ResolveError> {
    if aws_settings::IGNORE_ENDPOINTS.switch(&File::default(), env)?.value {
        return Ok(None);
    }
    env.get(variable).map(|url| trusted(variable, url)).transpose()
}

fn trusted(variable: &'static str, url: &str) -> Result<TrustedUrl, ResolveError> {
    TrustedUrl::parse(url, Purpose::AwsEndpoint).map_err(|why| {
        let value = url.chars().take(300).collect();
        ResolveError::Endpoint { variable, value, why }
    })
}
