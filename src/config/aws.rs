//! AWS's own files, `~/.aws/config` and `~/.aws/credentials`: read as strictly as botocore reads them, and edited
//! line by line, so that every byte that is not ours stays.
//!
//! The readers of this dialect disagree in details. botocore (AWS CLI, boto3) is the strictest: a repeated section
//! or key makes it reject the whole file. So [`Document::parse`] takes what botocore takes and refuses what it
//! refuses, and what [`plan_profiles`] writes is understood alike by all.

mod document;
mod editor;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod profile;
mod profiles;
mod reader;
mod roles;
pub mod settings;
pub mod shadow;
mod words;

pub use document::{Document, Entry, Section, SectionKind};
pub use editor::{Changes, Overruled, ProfileHeader, Tangled, managed_profiles, plan_profiles};
pub use profile::{Profile, Program, Unwritable};
pub use profiles::AwsProfiles;
pub use reader::{Broken, Why};
pub use roles::{as_roles, mistakes, usable};
pub use settings::{SETTINGS, Setting};
pub use words::{System, split_command};

/// The most bytes that an AWS file may have before it is taken for something else.
pub const SIZE_LIMIT: u64 = 16 * 1024 * 1024;

/// The key whose program hands over credentials.
const CREDENTIAL_PROCESS: &str = "credential_process";
/// The key of the region.
const REGION: &str = "region";

/// Keys that decide instead of a `credential_process` in the same profile, for some or all of AWS's tools.
const OVERRULING_KEYS: [&str; 10] = [
    "role_arn",
    "source_profile",
    "credential_source",
    "web_identity_token_file",
    "sso_session",
    "sso_start_url",
    "sso_account_id",
    "sso_role_name",
    "login_session",
    "aws_access_key_id",
];
