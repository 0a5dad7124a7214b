//! AWS's own files, `~/.aws/config` and `~/.aws/credentials`. They are read as strictly as botocore reads
//! them, and edited line by line, so that every byte that jit did not write stays.
//!
//! AWS's tools disagree about details of this format. botocore (AWS CLI, boto3) is the strictest: a repeated
//! section or key makes it reject the whole file. So [`Document::parse`] accepts and rejects the same files
//! as botocore, and all tools read what [`plan_profiles`] writes in the same way.

mod document;
mod editor;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod own_session;
mod portals;
mod profile;
mod profiles;
mod reader;
mod roles;
pub mod settings;
pub mod shadow;
mod takeover;
mod words;

pub use document::{Document, Entry, Section, SectionKind};
pub use editor::{Changes, Overruled, ProfileHeader, Tangled, managed_profiles, plan_profiles, role_of};
pub use own_session::has_session_of_jit;
pub use portals::{is_same_portal, portal_at, portals};
pub use profile::{Profile, Program, Unwritable};
pub use profiles::AwsProfiles;
pub use reader::{Broken, BrokenReason};
pub use roles::{as_roles, asks_jit_for, mistakes, usable};
pub use settings::{SETTINGS, Setting};
pub use takeover::{ProfileMeaning, PutBack, TakenOver, meaning, put_back, take_over, taken_over};
pub use words::{System, split_command};

/// The size limit of an AWS file, in bytes. Anything larger is not one.
pub const SIZE_LIMIT: u64 = 16 * 1024 * 1024;

const CREDENTIAL_PROCESS: &str = "credential_process";
const REGION: &str = "region";

/// Keys that take precedence over `credential_process` in the same profile, for some or all of AWS's tools.
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
