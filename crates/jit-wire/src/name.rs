//! Names from outside: which characters each kind may have, and which names need no quoting in a shell.
//!
//! A name is checked where it enters: in a portal's answer, in an assertion, in a stored file, in AWS's own
//! files, in `config.toml` and in a shared file. A valid name may still be dangerous in a shell: AWS allows
//! `$(){};|` and backticks in the names of accounts. So everything that becomes part of a command line is
//! checked again with [`is_plain_word`] or [`in_command`].

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::unseen::is_unseen;

/// The longest name that `jit` writes on a command line, in characters. No name from AWS or `jit` is longer,
/// not even two of them with a slash between.
const LONGEST_WORD: usize = 256;
/// The longest account name, in characters.
const LONGEST_ACCOUNT_NAME: usize = 50;
/// The longest name in `config.toml` and of a profile, in characters.
const LONGEST_OWN: usize = 128;
/// The characters of a name in `config.toml` in addition to ASCII letters and digits: those that all readers
/// of `~/.aws/config` accept.
const OWN: &str = "-_./%@:+";

/// Whether `text` is an account number: twelve digits.
pub fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether `text` is a valid account name: 1 to 50 visible characters. AWS documents printable ASCII (AWS
/// Organizations API Reference, CreateAccount; AWS Account Management API Reference, PutAccountName), which
/// includes everything that shells interpret, so allowing other letters and signs adds no risk.
pub fn is_account_name(text: &str) -> bool {
    (1..=LONGEST_ACCOUNT_NAME).contains(&text.chars().count()) && text.chars().all(is_visible)
}

/// The valid part of an account name from outside: invisible characters become spaces, and `None` means that
/// nothing is left. The account is then shown by its number.
pub fn account_name_of(text: &str) -> Option<String> {
    let seen: String = text.chars().map(|c| if is_visible(c) { c } else { ' ' }).collect();
    Some(seen).filter(|name| is_account_name(name) && !name.trim().is_empty())
}

/// Whether `text` is a valid account alias: 3 to 63 lower-case letters, digits and single hyphens, none of
/// these at an end (IAM API Reference, CreateAccountAlias).
pub fn is_account_alias(text: &str) -> bool {
    (3..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
}

/// Whether `text` is a valid permission set name: 1 to 32 letters, digits and `_+=,.@-` (IAM Identity Center
/// API Reference, PermissionSet).
pub fn is_permission_set(text: &str) -> bool {
    is_iam_word(text, 1, 32)
}

/// Whether `text` is a valid IAM role name: 1 to 64 letters, digits and `_+=,.@-` (IAM API Reference,
/// CreateRole).
pub fn is_role(text: &str) -> bool {
    is_iam_word(text, 1, 64)
}

/// Whether `text` is a valid path of an IAM role, which begins and ends with a slash: up to 512 printable
/// ASCII characters without spaces (IAM API Reference, CreateRole). That includes everything that shells act
/// on, so no path becomes part of a role's name in `jit`.
pub fn is_role_path(text: &str) -> bool {
    text.len() <= 512
        && text.starts_with('/')
        && text.ends_with('/')
        && text.bytes().all(|b| b.is_ascii_graphic())
}

/// Whether `text` is a valid name of an IAM SAML provider: 1 to 128 letters, digits and `._-` (IAM API
/// Reference, CreateSAMLProvider).
pub fn is_saml_provider(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// Whether `text` is the name of an S3 bucket: 3 to 63 small letters, digits, `-` and `.`, the first and the last
/// a letter or a digit (Amazon S3 User Guide, "General purpose bucket naming rules"). It becomes part of a host
/// name.
pub fn is_bucket(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    (3..=63).contains(&bytes.len())
        && bytes.iter().all(|byte| inner(*byte) || b"-.".contains(byte))
        && inner(bytes[0])
        && inner(bytes[bytes.len() - 1])
        && !text.contains("..")
}

/// The claim of an ID token that `text` stands for where a session name is expected: `{sub}`, `{email}`.
pub fn claim_of(text: &str) -> Option<&str> {
    let claim = text.strip_prefix('{')?.strip_suffix('}')?;
    let is_plain = claim.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (is_plain && (1..=64).contains(&claim.len())).then_some(claim)
}

/// Whether `text` is a valid `RoleSessionName` or `SourceIdentity`: 2 to 64 letters, digits and `_+=,.@-`
/// (STS API Reference, AssumeRole).
pub fn is_session_name(text: &str) -> bool {
    is_iam_word(text, 2, 64)
}

/// Whether `text` has only the characters that AWS accepts in most names.
fn is_iam_word(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.len()) && text.chars().all(is_iam_character)
}

/// Whether `character` is one of `[A-Za-z0-9_+=,.@-]`.
pub fn is_iam_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_+=,.@-".contains(character)
}

/// Whether `text` is accepted as the name of a profile in `~/.aws/config`. AWS documents letters, digits,
/// hyphens and underscores, but its tools accept any text, and people use spaces and their own letters. So
/// only control characters and invisible ones are refused.
pub fn is_profile(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= LONGEST_OWN && text.chars().all(is_visible)
}

/// Whether `character` is visible.
pub fn is_visible(character: char) -> bool {
    !is_unseen(character)
}

/// Why a text cannot be the name of a role or an IdP in `config.toml`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// It is empty, or too long.
    #[error("this name is empty or longer than {LONGEST_OWN} characters")]
    Length,
    /// It would be read as an option.
    #[error("this name starts with a hyphen")]
    Option,
    /// A character that some reader of `~/.aws/config`, or some shell, would interpret.
    #[error("this name contains `{}`", .0.escape_default())]
    Character(char),
}

impl BadName {
    /// The rule that this name breaks.
    pub fn allowed(&self) -> String {
        match self {
            Self::Length => format!("use 1 to {LONGEST_OWN} characters"),
            Self::Option => "begin it with a letter or a digit".to_owned(),
            Self::Character(_) => "use letters, digits and - _ . / % @ : +".to_owned(),
        }
    }
}

/// Checks the name of a role or an IdP in `config.toml` or in a shared file. Such names become profiles in
/// `~/.aws/config` and words of command lines, so they use only what every reader of those accepts.
///
/// # Errors
/// [`BadName`].
pub fn check_own(name: &str) -> Result<(), BadName> {
    let fits = |c: &char| c.is_ascii_alphanumeric() || OWN.contains(*c);
    match name.chars().find(|c| !fits(c)) {
        Some(character) => Err(BadName::Character(character)),
        None if name.starts_with('-') => Err(BadName::Option),
        None if name.is_empty() || name.len() > LONGEST_OWN => Err(BadName::Length),
        None => Ok(()),
    }
}

/// Whether `text` is a valid service id in `~/.aws/config`: lower-case letters, digits and underscores,
/// starting with a letter (AWS SDKs and Tools Reference Guide, "Identifiers for service-specific endpoints").
pub fn is_service(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// The name of an environment variable: `[A-Z_][A-Z0-9_]*`. Only these are written as names into shell
/// statements.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Variable(Cow<'static, str>);

impl Variable {
    /// A name in the source, checked at compile time if it is a constant.
    ///
    /// # Panics
    /// `name` is not the name of a variable.
    pub const fn known(name: &'static str) -> Self {
        assert!(is_variable(name), "not the name of a variable");
        Self(Cow::Borrowed(name))
    }

    /// The variable that gives AWS's tools the URL of `service` (AWS SDKs and Tools Reference Guide,
    /// "Service-specific endpoints"); `None` if that is not a service id.
    pub fn of_service_endpoint(service: &str) -> Option<Self> {
        let name = format!("AWS_ENDPOINT_URL_{}", service.to_ascii_uppercase());
        (is_service(service) && is_variable(&name)).then_some(Self(Cow::Owned(name)))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Variable {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        if is_variable(&name) { Ok(Self(Cow::Owned(name))) } else { Err("not the name of a variable") }
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<std::ffi::OsStr> for Variable {
    fn as_ref(&self) -> &std::ffi::OsStr {
        self.as_str().as_ref()
    }
}

const fn is_variable(name: &str) -> bool {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes[0].is_ascii_digit() {
        return false;
    }
    let mut index = 0;
    while index < bytes.len() {
        let fits = bytes[index].is_ascii_uppercase() || bytes[index].is_ascii_digit() || bytes[index] == b'_';
        if !fits {
            return false;
        }
        index += 1;
    }
    true
}

/// Whether bash, zsh, fish, elvish and `cmd.exe` read `text` as exactly this one word, without quotes,
/// wherever an argument is. PowerShell does too, except for the comma, which makes a list there. Everything
/// that IAM and `jit` allow in names passes, unless it comes first.
pub fn is_plain_word(text: &str) -> bool {
    // At the start, a hyphen makes an option; `=` (zsh), `%` (fish), `@` and `,` (PowerShell), `+` and `:`
    // have other meanings.
    let first = |c: char| is_letter(c) || "_./".contains(c);
    text.starts_with(first) && text.chars().count() <= LONGEST_WORD && text.chars().all(is_part_of_word)
}

/// `text` for a command that a person is told to type: unchanged, in double quotes if it has spaces and
/// nothing else that a shell interprets, and otherwise the placeholder `NAME`.
pub fn in_command(text: &str) -> Cow<'_, str> {
    if is_plain_word(text) {
        Cow::Borrowed(text)
    } else if text.trim() == text && is_plain_word(&text.replace(' ', "_")) {
        Cow::Owned(format!("\"{text}\""))
    } else {
        Cow::Borrowed("NAME")
    }
}

/// `text` as the name of a TOML table, as in `[role.NAME]`: unchanged, or in quotes.
pub fn in_header(text: &str) -> Cow<'_, str> {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !text.is_empty() && text.chars().all(is_bare) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
    }
}

/// `text` for a prompt: a shell may expand the result of its prompt (zsh with PROMPT_SUBST), and interprets
/// `%` there. Characters that it could act on become question marks.
pub fn in_prompt(text: &str) -> String {
    let fits = |c: char| c == ' ' || (c != '%' && is_part_of_word(c));
    text.chars().map(|c| if fits(c) { c } else { '?' }).collect()
}

/// Whether no shell acts on `character` within a word.
fn is_part_of_word(character: char) -> bool {
    is_letter(character) || "_./-=%@,+:".contains(character)
}

/// Whether `character` is just a letter to every shell. Beyond ASCII only PowerShell knows quotes, dashes and
/// spaces; U+FFFD replaces what was not text.
fn is_letter(character: char) -> bool {
    let beyond = !character.is_ascii()
        && is_visible(character)
        && !character.is_whitespace()
        && !matches!(character, '\u{2010}'..='\u{201f}' | char::REPLACEMENT_CHARACTER);
    character.is_ascii_alphanumeric() || beyond
}

#[cfg(test)]
mod tests;
