//! Every setting of botocore's configuration chain (`botocore/configprovider.py`), and what `jit` does with it.
//!
//! AWS's tools read a setting from its variable, then from the profile, and `jit` follows the same rule. A
//! child of `jit exec` has no profile, so it gets the profile's settings as variables. `docs/aws-files.md` is
//! generated from this table, and `tests/counterparts/aws_settings.rs` compares it with the installed
//! botocore: a setting that is missing here fails that test.

use jit_wire::env::{
    AWS_CA_BUNDLE, AWS_CONFIG_FILE, AWS_DEFAULT_REGION, AWS_EC2_METADATA_SERVICE_ENDPOINT,
    AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE, AWS_EC2_METADATA_V1_DISABLED,
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, AWS_IMDS_USE_IPV6, AWS_MAX_ATTEMPTS,
    AWS_METADATA_SERVICE_NUM_ATTEMPTS, AWS_METADATA_SERVICE_TIMEOUT, AWS_SHARED_CREDENTIALS_FILE,
    AWS_USE_DUALSTACK_ENDPOINT, AWS_USE_FIPS_ENDPOINT,
};
use jit_wire::section::At;

use super::profiles::AwsProfiles;

/// A setting.
#[derive(Debug)]
pub struct Setting {
    /// botocore's name for it.
    pub name: &'static str,
    /// Its keys in a profile, in order of precedence. `s3.use_arn_region` is a key of the block `s3`.
    pub keys: &'static [&'static str],
    /// Its variables, in order of precedence.
    pub variables: &'static [&'static str],
    /// The values that it may have.
    pub values: Values,
    /// What `jit` does with it.
    pub decision: SettingEffect,
}

/// The values that a setting may have.
#[derive(Clone, Copy, Debug)]
pub enum Values {
    /// Anything. The program that uses it checks it.
    Any,
    /// `true` or `false`, in any case. botocore reads everything else as `false`, so a typo would silently
    /// switch off a setting that somebody relies on.
    Switch,
    /// A whole number.
    Number(u32, u32),
    /// One of these words, in any case.
    Word(&'static [&'static str]),
}

/// What `jit` does with a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingEffect {
    /// It changes what `jit` asks, where, or how.
    Obeyed(&'static str),
    /// It concerns services that `jit` does not call.
    HandedOn(&'static str),
    /// It changes nothing here, for this reason.
    NoEffect(&'static str),
}

use SettingEffect::{HandedOn, NoEffect, Obeyed};
use Values::{Any, Number, Switch, Word};

const REGIONAL: &[&str] = &["legacy", "regional"];
const CHECKSUMS: &[&str] = &["when_supported", "when_required"];
const MONITORING: SettingEffect = NoEffect("jit sends no monitoring data");
const S3: SettingEffect = HandedOn("S3");
const S3_BLOCK: SettingEffect = NoEffect("only S3, and it has no variable");
const PROXY: SettingEffect = NoEffect("jit has one set of certificates for all connections: ca_bundle");

/// A setting with one key and one variable.
const fn both(
    name: &'static str,
    keys: &'static [&'static str],
    variables: &'static [&'static str],
    values: Values,
    decision: SettingEffect,
) -> Setting {
    Setting { name, keys, variables, values, decision }
}

/// The settings, in botocore's order, followed by those of the AWS CLI that have a variable.
#[rustfmt::skip]
pub const SETTINGS: &[Setting] = &[
    both("profile", &[], &["AWS_DEFAULT_PROFILE", "AWS_PROFILE"], Any, NoEffect("the profile is the role that jit was given; commands under exec get neither")),
    both("region", &["region"], &[AWS_DEFAULT_REGION], Any, Obeyed("the region of STS for every step of the chain; AWS_REGION takes precedence")),
    both("data_path", &["data_path"], &["AWS_DATA_PATH"], Any, HandedOn("the service models of botocore")),
    both("config_file", &[], &[AWS_CONFIG_FILE], Any, Obeyed("the file to read; `~` and `$NAME` are expanded")),
    both("ca_bundle", &["ca_bundle"], &[AWS_CA_BUNDLE], Any, Obeyed("the certificates that every connection is verified with")),
    both("api_versions", &["api_versions"], &[], Any, NoEffect("jit uses fixed API versions")),
    both("credentials_file", &[], &[AWS_SHARED_CREDENTIALS_FILE], Any, Obeyed("the file to read; `~` and `$NAME` are expanded")),
    both("metadata_service_timeout", &["metadata_service_timeout"], &[AWS_METADATA_SERVICE_TIMEOUT], Number(1, 600), Obeyed("timeout of the instance metadata service, in seconds: 1")),
    both("metadata_service_num_attempts", &["metadata_service_num_attempts"], &[AWS_METADATA_SERVICE_NUM_ATTEMPTS], Number(1, 100), Obeyed("attempts: 1")),
    both("ec2_metadata_service_endpoint", &["ec2_metadata_service_endpoint"], &[AWS_EC2_METADATA_SERVICE_ENDPOINT], Any, Obeyed("its URL; https, this machine, or one of AWS's own addresses")),
    both("ec2_metadata_service_endpoint_mode", &["ec2_metadata_service_endpoint_mode"], &[AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE], Word(&["ipv4", "ipv6"]), Obeyed("whether its IPv4 or its IPv6 address is used")),
    both("ec2_metadata_v1_disabled", &["ec2_metadata_v1_disabled"], &[AWS_EC2_METADATA_V1_DISABLED], Switch, NoEffect("jit never uses version 1 of the metadata service, which answers any request that this machine sends")),
    both("imds_use_ipv6", &["imds_use_ipv6"], &[AWS_IMDS_USE_IPV6], Switch, Obeyed("as ec2_metadata_service_endpoint_mode = ipv6, which takes precedence")),
    both("use_dualstack_endpoint", &["use_dualstack_endpoint"], &[AWS_USE_DUALSTACK_ENDPOINT], Switch, Obeyed("the dual-stack endpoints of STS and Identity Center")),
    both("use_fips_endpoint", &["use_fips_endpoint"], &[AWS_USE_FIPS_ENDPOINT], Switch, Obeyed("the FIPS endpoints of STS and Identity Center")),
    both("ignore_configured_endpoint_urls", &["ignore_configured_endpoint_urls"], &[AWS_IGNORE_CONFIGURED_ENDPOINT_URLS], Switch, Obeyed("endpoint_url, services and the variables AWS_ENDPOINT_URL… are ignored")),
    both("parameter_validation", &["parameter_validation"], &[], Any, NoEffect("jit validates its own requests")),
    both("csm_enabled", &["csm_enabled"], &["AWS_CSM_ENABLED"], Any, MONITORING),
    both("csm_host", &["csm_host"], &["AWS_CSM_HOST"], Any, MONITORING),
    both("csm_port", &["csm_port"], &["AWS_CSM_PORT"], Any, MONITORING),
    both("csm_client_id", &["csm_client_id"], &["AWS_CSM_CLIENT_ID"], Any, MONITORING),
    both("endpoint_discovery_enabled", &["endpoint_discovery_enabled"], &["AWS_ENDPOINT_DISCOVERY_ENABLED"], Any, HandedOn("services with endpoint discovery")),
    both("sts_regional_endpoints", &["sts_regional_endpoints"], &["AWS_STS_REGIONAL_ENDPOINTS"], Word(REGIONAL), NoEffect("jit always uses the regional endpoint: sessions of the global endpoint are not valid in every region")),
    both("retry_mode", &["retry_mode"], &["AWS_RETRY_MODE"], Word(&["legacy", "standard", "adaptive"]), NoEffect("jit retries calls as in the mode `standard`")),
    both("defaults_mode", &["defaults_mode"], &["AWS_DEFAULTS_MODE"], Word(&["legacy", "auto", "standard", "in-region", "cross-region", "mobile"]), NoEffect("jit has its own timeouts, and always uses the regional STS endpoint")),
    both("max_attempts", &["max_attempts"], &[AWS_MAX_ATTEMPTS], Number(1, 1000), Obeyed("attempts for each call to STS and Identity Center; at most 10")),
    both("user_agent_appid", &["sdk_ua_app_id"], &["AWS_SDK_UA_APP_ID"], Any, NoEffect("the calls of jit itself carry `app/jit`")),
    both("request_min_compression_size_bytes", &["request_min_compression_size_bytes"], &["AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES"], Any, HandedOn("services that take compressed requests")),
    both("disable_request_compression", &["disable_request_compression"], &["AWS_DISABLE_REQUEST_COMPRESSION"], Any, HandedOn("the same")),
    both("sigv4a_signing_region_set", &["sigv4a_signing_region_set"], &["AWS_SIGV4A_SIGNING_REGION_SET"], Any, HandedOn("services that use multi-region signatures")),
    both("request_checksum_calculation", &["request_checksum_calculation"], &["AWS_REQUEST_CHECKSUM_CALCULATION"], Word(CHECKSUMS), S3),
    both("response_checksum_validation", &["response_checksum_validation"], &["AWS_RESPONSE_CHECKSUM_VALIDATION"], Word(CHECKSUMS), S3),
    both("account_id_endpoint_mode", &["account_id_endpoint_mode"], &["AWS_ACCOUNT_ID_ENDPOINT_MODE"], Word(&["preferred", "disabled", "required"]), HandedOn("services with account-based endpoints; STS and Identity Center have none")),
    both("disable_host_prefix_injection", &["disable_host_prefix_injection"], &["AWS_DISABLE_HOST_PREFIX_INJECTION"], Any, HandedOn("services that add a prefix to the host")),
    both("auth_scheme_preference", &["auth_scheme_preference"], &["AWS_AUTH_SCHEME_PREFERENCE"], Any, HandedOn("services with several ways to sign")),
    both("tcp_keepalive", &["tcp_keepalive"], &["BOTOCORE_TCP_KEEPALIVE"], Any, HandedOn("long-lived connections")),
    both("s3_disable_express_session_auth", &["s3_disable_express_session_auth"], &["AWS_S3_DISABLE_EXPRESS_SESSION_AUTH"], Any, S3),
    both("s3.addressing_style", &["s3.addressing_style"], &[], Any, S3_BLOCK),
    both("s3.use_accelerate_endpoint", &["s3.use_accelerate_endpoint"], &[], Any, S3_BLOCK),
    both("s3.use_dualstack_endpoint", &["s3.use_dualstack_endpoint"], &[], Any, S3_BLOCK),
    both("s3.payload_signing_enabled", &["s3.payload_signing_enabled"], &[], Any, S3_BLOCK),
    both("s3.use_arn_region", &["s3_use_arn_region", "s3.use_arn_region"], &["AWS_S3_USE_ARN_REGION"], Any, S3),
    both("s3.us_east_1_regional_endpoint", &["s3_us_east_1_regional_endpoint", "s3.us_east_1_regional_endpoint"], &["AWS_S3_US_EAST_1_REGIONAL_ENDPOINT"], Any, S3),
    both("s3.s3_disable_multiregion_access_points", &["s3.s3_disable_multiregion_access_points"], &["AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS"], Any, S3),
    both("proxies_config.proxy_ca_bundle", &["proxy_ca_bundle"], &[], Any, PROXY),
    both("proxies_config.proxy_client_cert", &["proxy_client_cert"], &[], Any, NoEffect("jit sends no client certificate to a proxy")),
    both("proxies_config.proxy_use_forwarding_for_https", &["proxy_use_forwarding_for_https"], &[], Any, NoEffect("jit always tunnels https through a proxy (CONNECT), so that the proxy sees no secrets")),
    both("cli.output", &["output"], &["AWS_DEFAULT_OUTPUT"], Any, HandedOn("the AWS CLI")),
    both("cli.pager", &["cli_pager"], &["AWS_PAGER"], Any, HandedOn("the AWS CLI")),
    both("cli.auto_prompt", &["cli_auto_prompt"], &["AWS_CLI_AUTO_PROMPT"], Any, HandedOn("the AWS CLI")),
];

impl Setting {
    /// The setting with this name in botocore.
    ///
    /// # Panics
    /// If the table has none.
    pub fn named(name: &str) -> &'static Self {
        let found = SETTINGS.iter().find(|setting| setting.name == name);
        found.unwrap_or_else(|| unreachable!("the table has every setting that is asked for"))
    }

    /// The variable that passes a profile's value to a child. The region has two variables and rules of its
    /// own.
    pub fn handed_on_as(&self) -> Option<&'static str> {
        let variable = self.variables.first().filter(|_| !self.keys.is_empty());
        variable.copied().filter(|_| self.name != "region")
    }

    pub(super) fn of_profile(&self, profiles: &AwsProfiles, profile: &str) -> Option<At<String>> {
        self.keys.iter().find_map(|key| match key.split_once('.') {
            Some((block, key)) => nested(&profiles.get(profile, block)?, key),
            None => profiles.get(profile, key),
        })
    }
}

pub(super) fn nested(block: &At<String>, key: &str) -> Option<At<String>> {
    let line_of_key = |(index, line): (usize, &str)| {
        let (own, value) = line.split_once('=')?;
        (own.trim() == key).then(|| At { value: value.trim().to_owned(), line: block.line + index })
    };
    // A value that begins on the line of its key is not a block.
    let lines = block.value.starts_with('\n').then(|| block.value.lines().enumerate());
    // botocore puts them into a table, so the last one counts.
    lines.into_iter().flatten().filter_map(line_of_key).last()
}

impl Values {
    /// What is wrong with `value`, and which values are allowed; `None` if it is valid.
    pub fn refuse(self, value: &str) -> Option<(String, String)> {
        let wanted = match self {
            Any => return None,
            Switch if ["true", "false"].iter().any(|word| value.eq_ignore_ascii_case(word)) => return None,
            Switch => "true or false".to_owned(),
            Number(least, most) if value.parse().is_ok_and(|number| (least..=most).contains(&number)) => {
                return None;
            }
            Number(least, most) => format!("a whole number from {least} to {most}"),
            Word(words) if words.iter().any(|word| value.eq_ignore_ascii_case(word)) => return None,
            Word(words) => format!("one of {}", words.join(", ")),
        };
        Some((format!("`{value}` is not {wanted}"), format!("write {wanted}, without quotes")))
    }
}

/// The rows of the table in `docs/aws-files.md`.
pub fn table() -> String {
    let mut table =
        "| in the profile | variable | what `jit` does | a child of `exec` |\n| --- | --- | --- | --- |\n"
            .to_owned();
    for setting in SETTINGS {
        let quoted = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        };
        let does = match setting.decision {
            Obeyed(how) => format!("applies it: {how}"),
            HandedOn(whom) => format!("passes it on; it concerns {whom}"),
            NoEffect(why) => format!("nothing: {why}"),
        };
        let child = match setting.handed_on_as() {
            Some(variable) => format!("gets `{variable}`"),
            None if setting.name == "region" => "gets `AWS_REGION` and `AWS_DEFAULT_REGION`".to_owned(),
            None if setting.keys.is_empty() => "as it is".to_owned(),
            None => "does not get it: it has no variable".to_owned(),
        };
        let child = if setting.name == "profile" { "does not get it".to_owned() } else { child };
        let keys = quoted(setting.keys);
        let variables = quoted(setting.variables);
        table += &format!("| {keys} | {variables} | {does} | {child} |\n");
    }
    table
}

#[cfg(test)]
mod tests;
