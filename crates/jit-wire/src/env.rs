//! The environment, read once at the start. Every variable that `jit` uses has its name here, except those of
//! the proxy, which the HTTP client reads itself.

use std::collections::HashMap;

/// The configuration file, instead of the one in the user's configuration folder.
pub const JIT_CONFIG: &str = "JIT_CONFIG";
/// The role to use if none is named.
pub const JIT_ROLE: &str = "JIT_ROLE";
/// What the session of `JIT_ROLE` is restricted to; set by `jit exec` for its command.
pub const JIT_RESTRICTED_BY: &str = "JIT_RESTRICTED_BY";
/// `auto`, `keychain`, `kernel` or `file`.
pub const JIT_STORE: &str = "JIT_STORE";
/// The account of the session that `exec` and `env` set; read by `doctor`, which tells that session from others by it.
pub const JIT_ACCOUNT_ID: &str = "JIT_ACCOUNT_ID";
/// How much to log: `error`, `warn`, `info` or `debug`.
pub const JIT_LOG: &str = "JIT_LOG";
/// A command that opens a URL; it is tried first.
pub const BROWSER: &str = "BROWSER";
/// There is an X11 desktop to open a browser on.
pub const DISPLAY: &str = "DISPLAY";
/// There is a Wayland desktop to open a browser on.
pub const WAYLAND_DISPLAY: &str = "WAYLAND_DISPLAY";
/// The terminal is a remote one; a desktop on this machine is not the person's unless it is forwarded.
pub const SSH_CONNECTION: &str = "SSH_CONNECTION";
/// `dumb` turns colours off.
pub const TERM: &str = "TERM";
/// The user's shell, whose syntax `jit env` prints.
pub const SHELL: &str = "SHELL";
/// Set wherever PowerShell runs, which sets no `SHELL`.
pub const PS_MODULE_PATH: &str = "PSModulePath";
/// Any value turns colours off.
pub const NO_COLOR: &str = "NO_COLOR";
/// The profile that AWS's tools use: the role to use if neither an argument nor `JIT_ROLE` names one.
pub const AWS_PROFILE: &str = "AWS_PROFILE";
/// Instead of `~/.aws/config`.
pub const AWS_CONFIG_FILE: &str = "AWS_CONFIG_FILE";
/// Instead of `~/.aws/credentials`.
pub const AWS_SHARED_CREDENTIALS_FILE: &str = "AWS_SHARED_CREDENTIALS_FILE";
/// The region, if the configuration names none.
pub const AWS_REGION: &str = "AWS_REGION";
/// The older name of the same, the only one that some tools read.
pub const AWS_DEFAULT_REGION: &str = "AWS_DEFAULT_REGION";
/// One endpoint for every AWS service.
pub const AWS_ENDPOINT_URL: &str = "AWS_ENDPOINT_URL";
/// The endpoint of STS.
pub const AWS_ENDPOINT_URL_STS: &str = "AWS_ENDPOINT_URL_STS";
/// When the credentials in the environment expire; set by `exec`.
pub const AWS_CREDENTIAL_EXPIRATION: &str = "AWS_CREDENTIAL_EXPIRATION";
/// Keys of the environment, for profiles with `credential_source = Environment`.
pub const AWS_ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";
/// Their secret.
pub const AWS_SECRET_ACCESS_KEY: &str = "AWS_SECRET_ACCESS_KEY";
/// Their token, if they are a session's.
pub const AWS_SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";
/// The URL of a container's credentials: a path on a fixed host.
pub const AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
/// The same as a full URL.
pub const AWS_CONTAINER_CREDENTIALS_FULL_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
/// The token that this URL requires.
pub const AWS_CONTAINER_AUTHORIZATION_TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
/// A file with the same.
pub const AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
/// Another URL for the metadata service of an EC2 instance.
pub const AWS_EC2_METADATA_SERVICE_ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
/// `IPv6` calls the metadata service at its IPv6 address.
pub const AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";
/// The older variable for the same.
pub const AWS_IMDS_USE_IPV6: &str = "AWS_IMDS_USE_IPV6";
/// `true` disables the metadata service.
pub const AWS_EC2_METADATA_DISABLED: &str = "AWS_EC2_METADATA_DISABLED";
/// `true` keeps AWS's tools from its first version, which `jit` never uses.
pub const AWS_EC2_METADATA_V1_DISABLED: &str = "AWS_EC2_METADATA_V1_DISABLED";
/// The timeout of the metadata service, in seconds.
pub const AWS_METADATA_SERVICE_TIMEOUT: &str = "AWS_METADATA_SERVICE_TIMEOUT";
/// How often the metadata service is tried.
pub const AWS_METADATA_SERVICE_NUM_ATTEMPTS: &str = "AWS_METADATA_SERVICE_NUM_ATTEMPTS";
/// How often a call to AWS is tried before it fails.
pub const AWS_MAX_ATTEMPTS: &str = "AWS_MAX_ATTEMPTS";
/// `true` ignores every configured endpoint.
pub const AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
/// The profiles whose `credential_process` a `jit` is running, outermost first; the commands inherit it, so
/// that a loop is detected.
pub const JIT_WITHIN: &str = "JIT_WITHIN";
/// Another sign-in page of the console.
pub const AWS_ENDPOINT_URL_SIGNIN: &str = "AWS_ENDPOINT_URL_SIGNIN";
/// Another portal of Identity Center.
pub const AWS_ENDPOINT_URL_SSO: &str = "AWS_ENDPOINT_URL_SSO";
/// Another token service of Identity Center.
pub const AWS_ENDPOINT_URL_SSO_OIDC: &str = "AWS_ENDPOINT_URL_SSO_OIDC";
/// The endpoint of IAM.
pub const AWS_ENDPOINT_URL_IAM: &str = "AWS_ENDPOINT_URL_IAM";
/// The endpoint of S3, where the ledger of access on request is.
pub const AWS_ENDPOINT_URL_S3: &str = "AWS_ENDPOINT_URL_S3";
/// Another endpoint for the accounts of an organization.
pub const AWS_ENDPOINT_URL_ORGANIZATIONS: &str = "AWS_ENDPOINT_URL_ORGANIZATIONS";
/// Certificates to trust instead of the system's.
pub const AWS_CA_BUNDLE: &str = "AWS_CA_BUNDLE";
/// `true` selects the FIPS endpoints.
pub const AWS_USE_FIPS_ENDPOINT: &str = "AWS_USE_FIPS_ENDPOINT";
/// `true` selects the dual-stack endpoints.
pub const AWS_USE_DUALSTACK_ENDPOINT: &str = "AWS_USE_DUALSTACK_ENDPOINT";

/// The environment as it was at the start. An empty variable counts as unset, as it does for AWS's tools.
#[derive(Clone, Debug, Default)]
pub struct Env(HashMap<String, String>);

impl Env {
    /// This process's environment. Variables that are not Unicode are left out; `jit` uses none of them.
    #[allow(clippy::disallowed_methods, reason = "this is where the environment is read")]
    pub fn of_process() -> Self {
        let pairs = std::env::vars_os();
        Self(
            pairs
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .map(|(name, value)| (if cfg!(windows) { one_case(&name) } else { name }, value))
                .collect(),
        )
    }

    /// An environment of just these variables.
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// The value of `name`, unless it is unset or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value of `name` if it is set, even to an empty text.
    pub fn set(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The names of all variables.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// `name` as it is spelled here: on Windows, and so for AWS's tools there, `aws_profile` is `AWS_PROFILE`.
fn one_case(name: &str) -> String {
    if name.eq_ignore_ascii_case(PS_MODULE_PATH) {
        PS_MODULE_PATH.to_owned()
    } else {
        name.to_ascii_uppercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_case_insensitive_on_windows() {
        let cases = [("aws_profile", "AWS_PROFILE"), ("PSMODULEPATH", PS_MODULE_PATH), ("Path", "PATH")];
        for (spelled, name) in cases {
            assert_eq!(one_case(spelled), name);
        }
    }
}
