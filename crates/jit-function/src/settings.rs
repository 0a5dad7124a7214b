//! What the program must be told: from the variables of a Lambda function, or from a file for `--once`. The keys are the
//! same; `ledger` in the file is the variable `JIT_LEDGER`.

mod error;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use jit_wire::arn::{Partition, RoleArn, is_region};
use jit_wire::env::{self, Env};
use jit_wire::file::read_limited;
use jit_wire::name::{is_account_id, is_bucket, is_role};
use jit_wire::section::{Lines, Section, SourceText, closest};
use jit_wire::trusted_url::{Purpose, TrustedUrl};

pub use error::{SettingPlace, SettingsError};

/// The largest file of settings, in bytes.
const LARGEST_FILE: u64 = 64 * 1024;
/// What the variables of these settings begin with.
const PREFIX: &str = "JIT_";
/// Variables of this program that are no settings.
const OTHERS: [&str; 1] = [env::JIT_LOG];
/// Every setting, with an example of its value.
const KEYS: [(&str, &str); 9] = [
    ("ledger", "s3://acme-jit-ledger"),
    ("region", "eu-west-1"),
    ("grantor", GRANTOR),
    ("directory_role", "arn:aws:iam::111111111111:role/jit-directory"),
    ("identity_store", "d-1234567890"),
    ("identity_store_region", "eu-west-1"),
    ("accounts_at_once", "32"),
    ("pagerduty_token", "arn:aws:secretsmanager:eu-west-1:444444444444:secret:pagerduty-a1b2c3"),
    ("pagerduty_url", PAGERDUTY),
];
const GRANTOR: &str = "jit-grantor";
const PAGERDUTY: &str = "https://api.pagerduty.com";
const AT_ONCE: usize = 32;
const MOST_AT_ONCE: usize = 128;

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The bucket of the ledger.
    pub bucket: String,
    /// The region of the bucket, and of STS.
    pub region: String,
    /// The name of the role in each account that may change the policies of roles on request.
    pub grantor: String,
    /// The role to read the organization and Identity Center with, where this program's own role may not.
    pub directory_role: Option<RoleArn>,
    /// The id of Identity Center's identity store.
    pub identity_store: Option<String>,
    /// The region of Identity Center.
    pub identity_store_region: String,
    /// In how many accounts roles are listed at once.
    pub accounts_at_once: usize,
    /// The secret that holds a token of PagerDuty.
    pub pagerduty_token: Option<SecretArn>,
    /// PagerDuty's REST API.
    pub pagerduty_url: TrustedUrl,
}

/// The ARN of a secret in Secrets Manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretArn(String);

impl SecretArn {
    fn read(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let ["arn", partition, "secretsmanager", region, account, "secret", name] = parts[..] else {
            return None;
        };
        let is_name = |name: &str| {
            (1..=519).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte))
        };
        let fits = Partition::named(partition).is_some()
            && is_region(region)
            && is_account_id(account)
            && is_name(name);
        fits.then(|| Self(text.to_owned()))
    }

    /// The whole ARN.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The secret's region.
    pub fn region(&self) -> &str {
        self.0.split(':').nth(3).unwrap_or_default()
    }
}

/// A value and where it was given.
#[derive(Clone, Debug)]
struct Given {
    value: String,
    place: SettingPlace,
}

/// The values of the settings that were given, and how to name the others.
struct Values<'s> {
    given: BTreeMap<&'static str, Given>,
    of_file: Option<&'s str>,
}

impl Settings {
    /// The settings in the environment of a Lambda function. `AWS_REGION`, which Lambda sets, is the region if no other is
    /// given.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn of_environment(env: &Env) -> Result<Self, SettingsError> {
        let mut given = BTreeMap::new();
        for (key, _) in KEYS {
            let name = variable(key);
            if let Some(value) = env.get(&name) {
                given.insert(key, Given { value: value.to_owned(), place: SettingPlace::Variable(name) });
            }
        }
        let names: Vec<String> = KEYS.iter().map(|(key, _)| variable(key)).collect();
        let is_unknown = |name: &&str| {
            name.starts_with(PREFIX) && !OTHERS.contains(name) && !names.iter().any(|own| own == name)
        };
        // The first in order, so that the message is the same each time.
        if let Some(name) = env.names().filter(is_unknown).min() {
            let meant = closest(name, names.iter().map(String::as_str)).map(str::to_owned);
            return Err(SettingsError::Unknown { variable: name.to_owned(), meant });
        }
        if let Some(region) = env.get(env::AWS_REGION) {
            let place = SettingPlace::Variable(env::AWS_REGION.to_owned());
            given.entry("region").or_insert(Given { value: region.to_owned(), place });
        }
        Values { given, of_file: None }.settings()
    }

    /// The settings in the file at `path`.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn of_file(path: &Path) -> Result<Self, SettingsError> {
        let name = path.display().to_string();
        let unreadable = |why: String| SettingsError::File { path: name.clone(), why };
        let bytes = read_limited(path, LARGEST_FILE).map_err(|error| unreadable(error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".to_owned()))?;
        Self::of_text(&name, &text)
    }

    /// The settings in `text`, the contents of the file `name`.
    ///
    /// # Errors
    /// [`SettingsError::Mistake`], or that of a value.
    pub fn of_text(name: &str, text: &str) -> Result<Self, SettingsError> {
        let lines = Lines::of(text);
        let source = SourceText { path: name, text, lines: &lines };
        let document = source.document(text)?;
        let mut section = Section::new(source, "the settings".to_owned(), 0..0, document.get_ref());
        let mut given = BTreeMap::new();
        for (key, _) in KEYS {
            let found = if key == "accounts_at_once" {
                let number = section.number(key, 1, u32::try_from(MOST_AT_ONCE).unwrap_or(u32::MAX))?;
                number.map(|at| (at.value.to_string(), at.line))
            } else {
                section.text(key)?.map(|at| (at.value, at.line))
            };
            if let Some((value, line)) = found {
                given.insert(key, Given { value, place: SettingPlace::Line(name.to_owned(), line) });
            }
        }
        section.finish()?;
        Values { given, of_file: Some(name) }.settings()
    }
}

impl Values<'_> {
    fn settings(mut self) -> Result<Settings, SettingsError> {
        let bucket = self.required("ledger", |value| {
            let bucket = value.strip_prefix("s3://").map(|bucket| bucket.strip_suffix('/').unwrap_or(bucket));
            bucket.filter(|bucket| is_bucket(bucket)).map(str::to_owned)
        })?;
        let is_region = |value: &str| is_region(value).then(|| value.to_owned());
        let region = self.required("region", is_region)?;
        let is_name = |value: &str| is_role(value).then(|| value.to_owned());
        let is_store = |value: &str| {
            let rest = value.strip_prefix("d-")?;
            let fits = rest.len() == 10 && rest.bytes().all(|byte| byte.is_ascii_hexdigit());
            fits.then(|| value.to_owned())
        };
        let at_once =
            |value: &str| value.parse::<usize>().ok().filter(|number| (1..=MOST_AT_ONCE).contains(number));
        let url = |value: &str| TrustedUrl::parse(value, Purpose::Idp).ok();
        Ok(Settings {
            grantor: self.optional("grantor", is_name)?.unwrap_or_else(|| GRANTOR.to_owned()),
            directory_role: self.optional("directory_role", |value| value.parse().ok())?,
            identity_store: self.optional("identity_store", is_store)?,
            identity_store_region: self
                .optional("identity_store_region", is_region)?
                .unwrap_or_else(|| region.clone()),
            accounts_at_once: self.optional("accounts_at_once", at_once)?.unwrap_or(AT_ONCE),
            pagerduty_token: self.optional("pagerduty_token", SecretArn::read)?,
            pagerduty_url: self.with_default("pagerduty_url", PAGERDUTY, url)?,
            bucket,
            region,
        })
    }

    fn required<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, SettingsError> {
        let place = match self.of_file {
            Some(file) => SettingPlace::Key(file.to_owned(), key),
            None => SettingPlace::Variable(variable(key)),
        };
        self.optional(key, read)?.ok_or(SettingsError::Missing { place, example: example(key) })
    }

    fn with_default<T>(
        &mut self,
        key: &'static str,
        usual: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, SettingsError> {
        let usual = Given { value: usual.to_owned(), place: SettingPlace::Variable(variable(key)) };
        self.given.entry(key).or_insert(usual);
        self.required(key, read)
    }

    fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, SettingsError> {
        let Some(Given { value, place }) = self.given.remove(key) else { return Ok(None) };
        match read(&value) {
            Some(read) => Ok(Some(read)),
            // Somebody may have written the token itself.
            None if key.ends_with("_token") => Err(SettingsError::NotAnArn { place, example: example(key) }),
            None => Err(SettingsError::Invalid { place, value, key, example: example(key) }),
        }
    }
}

fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_ascii_uppercase())
}

fn example(key: &str) -> &'static str {
    KEYS.iter().find(|(name, _)| *name == key).map_or("", |(_, example)| example)
}
