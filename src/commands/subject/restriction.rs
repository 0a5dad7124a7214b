//! Options that restrict a session to less than the role allows.

use std::path::Path;

use clap::Args;

use super::Subject;
use crate::config::restriction::{Restriction, restricted};
use crate::error::{CommandError, CommandResult, Kind};
use crate::sys::fs;

/// The largest session policy that is read, in bytes. STS accepts 2 KB without whitespace.
const LARGEST_POLICY: u64 = 256 * 1024;

/// Options that restrict a session to less than the role allows.
#[derive(Args, Clone, Debug, Default)]
pub struct RestrictionArgs {
    /// Restrict the session to read-only access
    #[arg(long)]
    pub read_only: bool,
    /// Restrict the session to what this policy allows too: a file or an ARN
    #[arg(long, value_name = "FILE|ARN")]
    pub policy: Vec<String>,
    /// Maximum session lifetime
    #[arg(long, value_name = "TIME", value_parser = crate::config::parse_duration)]
    pub max: Option<u32>,
}

impl RestrictionArgs {
    /// The restriction, with the files of `--policy` read.
    ///
    /// # Errors
    /// A file cannot be read, or several are given.
    pub(in crate::commands) fn read(&self) -> CommandResult<Restriction> {
        let mut wanted = Restriction { read_only: self.read_only, max: self.max, ..Restriction::default() };
        for policy in &self.policy {
            if policy.starts_with("arn:") {
                wanted.policy_arns.push(policy.clone());
                continue;
            }
            let content = fs::read_limited(Path::new(policy), LARGEST_POLICY).map_err(|error| {
                CommandError::new(Kind::Usage, format!("cannot read `{policy}`: {error}"))
            })?;
            if wanted.policy.replace(String::from_utf8_lossy(&content).into_owned()).is_some() {
                return Err(CommandError::new(Kind::Usage, "STS accepts only one policy that is not an ARN"));
            }
        }
        Ok(wanted)
    }
}

impl Subject<'_> {
    /// Restricts the sessions to less than the role allows.
    ///
    /// # Errors
    /// `restriction` cannot be read, or STS would not accept it.
    pub(in crate::commands) fn restricted(self, restriction: &RestrictionArgs) -> CommandResult<Self> {
        let restriction = restriction.read()?;
        let plan = restricted(self.plan, &restriction)?;
        Ok(Self { plan, restriction, ..self })
    }
}
