//! `jit man`: the manual, generated from the help.

use clap::CommandFactory as _;
use clap_mangen::{Man as Page, roff};

use crate::error::{CommandError, CommandResult, Kind};
use crate::sys::fs;
use crate::ui::Ui;
use crate::ui::text::shown;
use clap::Args;
use std::path::PathBuf;

/// Print the manual, or write its pages to a folder
#[derive(Args, Debug)]
pub struct ManArgs {
    /// The folder for one page per command
    pub folder: Option<PathBuf>,
}

/// Exit codes, files and variables, which belong to no option.
const SECTIONS: [(&str, &[(&str, &str)]); 3] = [
    (
        "EXIT STATUS",
        &[
            ("0", "Done."),
            ("1", "Failed."),
            ("2", "Wrong usage or configuration."),
            ("3", "You need to sign in, and this command cannot start a sign-in."),
            ("4", "AWS or the identity provider refused."),
            ("5", "The secret store is not usable."),
            ("130", "Interrupted, by Ctrl-C or at a question."),
            (
                "126, 127",
                "exec: the command cannot be run (126) or does not exist (127). Otherwise exec exits with \
                 the command's own code or signal.",
            ),
        ],
    ),
    (
        "ENVIRONMENT",
        &[
            (
                "JIT_CONFIG",
                "The configuration file, instead of jit/config.toml in the user's configuration folder.",
            ),
            ("JIT_ROLE", "The role to use when none is given."),
            ("AWS_PROFILE", "The role to use when neither an argument nor JIT_ROLE gives one."),
            ("JIT_ACCOUNT_ID", "With JIT_ROLE, how doctor recognizes a session set by exec or env."),
            ("JIT_STORE", "auto, keychain, kernel or file: where to keep the key that seals sessions."),
            ("JIT_LOG", "error, warn, info or debug: the level of the log on stderr. -v is debug."),
            ("BROWSER", "The command that opens sign-in pages, instead of the default browser."),
            ("NO_COLOR, TERM", "Any value of the first, or dumb in the second, turns colors off."),
            (
                "SHELL, PSModulePath",
                "The shell that exec opens without a command, and that env prints statements for without --shell.",
            ),
            ("AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE", "As for the AWS CLI."),
            ("AWS_REGION, AWS_DEFAULT_REGION", "The region, if the configuration sets none."),
            (
                "AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL_IAM, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_SSO, AWS_ENDPOINT_URL_SSO_OIDC, AWS_ENDPOINT_URL_SIGNIN, AWS_ENDPOINT_URL_ORGANIZATIONS",
                "The endpoints of STS, of IAM for the names of accounts, of S3 for the ledger, of Identity Center, of the console's sign-in, and of Organizations; https, or http on this machine.",
            ),
            (
                "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, AWS_CONTAINER_CREDENTIALS_FULL_URI, AWS_CONTAINER_AUTHORIZATION_TOKEN, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                "Only for profiles of ~/.aws/config with credential_source.",
            ),
            (
                "AWS_EC2_METADATA_SERVICE_ENDPOINT, AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE, AWS_IMDS_USE_IPV6, AWS_METADATA_SERVICE_TIMEOUT, AWS_METADATA_SERVICE_NUM_ATTEMPTS",
                "How to reach the instance metadata service, for profiles with credential_source = \
                 Ec2InstanceMetadata.",
            ),
            (
                "AWS_EC2_METADATA_DISABLED, AWS_EC2_METADATA_V1_DISABLED",
                "true in the first: jit does not use the service at all. It never uses version 1 of the \
                 service, which the second turns off.",
            ),
            ("JIT_WITHIN", "Set for the credential_process of a profile, to detect loops."),
            (
                "AWS_CREDENTIAL_EXPIRATION, JIT_RESTRICTED_BY",
                "With JIT_ROLE, what status --prompt shows in a command run by exec.",
            ),
            ("AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT", "true: use those endpoints."),
            (
                "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                "true: ignore AWS_ENDPOINT_URL and its variants, endpoint_url and services.",
            ),
            ("AWS_MAX_ATTEMPTS", "Attempts for each call to AWS, at most 10."),
            (
                "AWS_CA_BUNDLE, HTTPS_PROXY, NO_PROXY",
                "Certificates to trust, and the proxy, as for the AWS CLI.",
            ),
        ],
    ),
    (
        "FILES",
        &[
            (
                "config.toml",
                "Identity providers and roles, in the folder jit of the user's configuration folder \
                 (~/.config on Linux).",
            ),
            (
                "jit",
                "Sealed sign-ins and sessions, and locks, in the user's state folder (~/.local/state on Linux).",
            ),
        ],
    ),
];

/// Every page: file name and text.
///
/// # Errors
/// None that occurs: pages are written to memory.
pub fn pages() -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut command = super::Cli::command();
    command.build();
    let mut pages = Vec::new();
    collect(&command, &mut pages)?;
    Ok(pages)
}

fn collect(command: &clap::Command, pages: &mut Vec<(String, Vec<u8>)>) -> std::io::Result<()> {
    // `build` names subcommands "jit login" and displays them as "jit-login".
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let page =
        Page::new(command.clone().name(clap::builder::Str::from(name.clone()))).section("1").manual("jit");
    let mut text = Vec::new();
    page.render(&mut text)?;
    if name == "jit" {
        for (title, entries) in SECTIONS {
            let mut section = roff::Roff::new();
            section.control("SH", [title]);
            for (term, meaning) in entries {
                section.control("TP", []).text([roff::bold(*term)]).text([roff::roman(*meaning)]);
            }
            text.extend_from_slice(section.render().as_bytes());
        }
    }
    pages.push((format!("{name}.1"), text));
    command.get_subcommands().filter(|sub| sub.get_name() != "help").try_for_each(|sub| collect(sub, pages))
}

pub(super) fn run(args: &ManArgs, ui: &Ui) -> CommandResult {
    let failed =
        |error: std::io::Error| CommandError::new(Kind::Failed, "could not write the manual").because(error);
    let pages = pages().map_err(failed)?;
    let Some(folder) = &args.folder else {
        return pages.first().map_or(Ok(()), |(_, text)| ui.data(text));
    };
    fs::public_folder(folder).map_err(failed)?;
    for (name, text) in &pages {
        fs::write_public(&folder.join(name), text).map_err(failed)?;
    }
    ui.done(shown!("Wrote {} pages to {}", pages.len(), folder.display()));
    Ok(())
}
