//! A profile's own credentials: access keys, or a command that prints them.

use super::{LOGIN_SESSION, Reader};
use crate::config::aws::{CREDENTIAL_PROCESS, System, split_command};
use crate::config::file::{Parent, Target};
use crate::config::idp::{IdpSection, SourceSection};
use jit_wire::secret::Secret;
use jit_wire::section::{At, Mistake};

impl Reader<'_> {
    /// The credentials of a profile that assumes no role. `keys` are its access keys.
    pub(super) fn own_credentials(
        &mut self,
        profile: &str,
        keys: Option<SourceSection>,
    ) -> Result<(Target, Parent), Mistake> {
        let profiles = self.profiles;
        // Keys of the credentials file take precedence over everything else, those of the configuration do not.
        let is_of_credentials_file = |keys: &SourceSection| profiles.place(keys.line()).0 != profiles.path();
        let keys_first = keys.as_ref().is_some_and(is_of_credentials_file);
        let login = profiles.get(profile, LOGIN_SESSION);
        let command = profiles.get(profile, CREDENTIAL_PROCESS);
        let source = match (keys, login, command) {
            (Some(keys), ..) if keys_first => keys,
            (_, Some(login), _) => {
                let why = "gets its credentials from `aws login` (`login_session`), which only the AWS CLI supports";
                return Err(self.unfit(profile, login.line, why));
            }
            (_, None, Some(command)) => self.command(profile, command)?,
            (Some(keys), None, None) => keys,
            (None, None, None) => {
                let line = profiles.line(profile).unwrap_or(1);
                let why = "has no role, Identity Center settings, keys or credential_process";
                return Err(self.unfit(profile, line, why));
            }
        };
        let target = Target::Itself { line: source.line() };
        Ok((target, self.starts_from(profile, source)))
    }

    /// A `credential_process`, if it can be started without a shell.
    fn command(&self, profile: &str, command: At<String>) -> Result<SourceSection, Mistake> {
        let words = split_command(&command.value, System::HERE).unwrap_or_default();
        let Some(program) = words.first() else {
            let why = "has a credential_process that is empty or has an unclosed quote";
            return Err(self.unfit(profile, command.line, why));
        };
        // A shell would expand these, but neither botocore nor `jit` starts one, so no such program would be
        // found.
        if program.starts_with(['~', '$']) || (program.starts_with('%') && cfg!(windows)) {
            let what = format!(
                "the profile {profile} cannot start `{program}` (a credential_process runs without a shell)"
            );
            let next = "write the absolute path, which the AWS CLI and boto3 need too".to_owned();
            return Err(self.mistake(command.line, what, Some(next)));
        }
        Ok(SourceSection::Process(command))
    }

    /// The access keys of a profile.
    pub(super) fn keys(&self, profile: &str) -> Result<Option<SourceSection>, Mistake> {
        let get = |key: &str| self.profiles.get(profile, key);
        let get_secret =
            |key: &str| get(key).map(|At { value, line }| At { value: Secret::new(value), line });
        match (get("aws_access_key_id"), get_secret("aws_secret_access_key")) {
            (None, None) => Ok(None),
            (Some(id), Some(secret)) => {
                // The older name comes first, as in botocore.
                let token = get_secret("aws_security_token").or_else(|| get_secret("aws_session_token"));
                Ok(Some(SourceSection::Keys { id, secret, token }))
            }
            (Some(id), None) => {
                Err(self.unfit(profile, id.line, "has an aws_access_key_id without an aws_secret_access_key"))
            }
            (None, Some(secret)) => Err(self.unfit(
                profile,
                secret.line,
                "has an aws_secret_access_key without an aws_access_key_id",
            )),
        }
    }

    /// Adds a profile's source of credentials, which takes the place of the IdP that a role of `config.toml`
    /// has.
    pub(super) fn starts_from(&mut self, profile: &str, source: SourceSection) -> Parent {
        let line = source.line();
        self.file.idps.insert(profile.to_owned(), IdpSection::Source(source));
        Parent::Idp(At { value: profile.to_owned(), line })
    }
}
