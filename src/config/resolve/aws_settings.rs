//! A setting as AWS's tools look it up: in its variable, then in the profile (botocore's
//! `ConfigChainFactory`). Roles of `config.toml` have no profile, so for them only the variable can set it.

use super::ResolveError;
use super::origin::from_file;
use crate::config::aws::Setting;
use crate::config::file::File;
use crate::plan::{Origin, Valued};
use jit_wire::env::{
    AWS_CA_BUNDLE, AWS_EC2_METADATA_SERVICE_ENDPOINT, AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE,
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, AWS_IMDS_USE_IPV6, AWS_MAX_ATTEMPTS,
    AWS_METADATA_SERVICE_NUM_ATTEMPTS, AWS_METADATA_SERVICE_TIMEOUT, AWS_USE_DUALSTACK_ENDPOINT,
    AWS_USE_FIPS_ENDPOINT, Env,
};
use jit_wire::name::Variable;

/// A setting that `jit` obeys: botocore's name for it, and its variable. Both are also in the table of all
/// settings (`aws::SETTINGS`), but searching that costs time on the warm path, so it is searched only if
/// there is a value to check.
pub(super) struct ObeyedSetting(&'static str, &'static str);

pub(super) const CA_BUNDLE: ObeyedSetting = ObeyedSetting("ca_bundle", AWS_CA_BUNDLE);
pub(super) const FIPS: ObeyedSetting = ObeyedSetting("use_fips_endpoint", AWS_USE_FIPS_ENDPOINT);
pub(super) const DUAL_STACK: ObeyedSetting =
    ObeyedSetting("use_dualstack_endpoint", AWS_USE_DUALSTACK_ENDPOINT);
pub(super) const IGNORE_ENDPOINTS: ObeyedSetting =
    ObeyedSetting("ignore_configured_endpoint_urls", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS);
pub(super) const MAX_ATTEMPTS: ObeyedSetting = ObeyedSetting("max_attempts", AWS_MAX_ATTEMPTS);
pub(super) const METADATA_URL: ObeyedSetting =
    ObeyedSetting("ec2_metadata_service_endpoint", AWS_EC2_METADATA_SERVICE_ENDPOINT);
pub(super) const METADATA_MODE: ObeyedSetting =
    ObeyedSetting("ec2_metadata_service_endpoint_mode", AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE);
pub(super) const METADATA_IPV6: ObeyedSetting = ObeyedSetting("imds_use_ipv6", AWS_IMDS_USE_IPV6);
pub(super) const METADATA_TIMEOUT: ObeyedSetting =
    ObeyedSetting("metadata_service_timeout", AWS_METADATA_SERVICE_TIMEOUT);
pub(super) const METADATA_ATTEMPTS: ObeyedSetting =
    ObeyedSetting("metadata_service_num_attempts", AWS_METADATA_SERVICE_NUM_ATTEMPTS);

impl ObeyedSetting {
    /// Its value and what sets it. The value of a profile was checked when the file was read.
    pub(super) fn text(&self, file: &File, env: &Env) -> Result<Option<Valued<String>>, ResolveError> {
        let Self(name, variable) = *self;
        let Some(value) = env.get(variable) else {
            return Ok(file.settings.get(name).map(|at| from_file(file, at)));
        };
        match Setting::named(name).values.refuse(value) {
            Some((what, next)) => Err(ResolveError::Setting { variable, what, next }),
            None => Ok(Some(Valued::new(value.to_owned(), Origin::Variable(variable)))),
        }
    }

    /// Whether it is `true`; `false` if it is not set.
    pub(super) fn switch(&self, file: &File, env: &Env) -> Result<Valued<bool>, ResolveError> {
        Ok(match self.text(file, env)? {
            Some(Valued { value, origin }) => Valued::new(value.eq_ignore_ascii_case("true"), origin),
            None => Valued::new(false, Origin::Default),
        })
    }

    /// Its value as a number.
    pub(super) fn number(&self, file: &File, env: &Env) -> Result<Option<u32>, ResolveError> {
        Ok(self.text(file, env)?.and_then(|text| text.value.parse().ok()))
    }
}

/// What a profile sets for the programs that get its session, by variable: every setting, and the endpoints
/// of services unless they are ignored.
pub(super) fn variables(file: &File, env: &Env) -> Result<Vec<(Variable, Valued<String>)>, ResolveError> {
    if !file.is_of_profiles() {
        return Ok(Vec::new());
    }
    let settings = file.settings.iter().filter_map(|(name, at)| {
        let variable = Setting::named(name).handed_on_as()?;
        Some((Variable::known(variable), from_file(file, at)))
    });
    let mut variables: Vec<_> = settings.collect();
    if !IGNORE_ENDPOINTS.switch(file, env)?.value {
        let endpoints = file.child_endpoints.iter();
        variables.extend(endpoints.map(|(name, at)| (name.clone(), from_file(file, at))));
    }
    Ok(variables)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::aws::settings::SettingEffect;

    #[test]
    fn supported_settings_are_in_the_table_under_the_same_names() {
        let obeyed = [
            CA_BUNDLE,
            FIPS,
            DUAL_STACK,
            IGNORE_ENDPOINTS,
            MAX_ATTEMPTS,
            METADATA_URL,
            METADATA_MODE,
            METADATA_IPV6,
            METADATA_TIMEOUT,
            METADATA_ATTEMPTS,
        ];
        for ObeyedSetting(name, variable) in obeyed {
            let setting = Setting::named(name);
            assert_eq!(setting.variables, [variable], "{name}");
            assert!(matches!(setting.decision, SettingEffect::Obeyed(_)), "{name}");
        }
    }
}
