//! `[access]`: where the ledger of access on request is, and the roles under whose sessions people write to it.

use std::collections::BTreeMap;

use super::file::RoleSection;
use super::limits::{self, RefusedSetting};
use super::shared::keys::{KeyPlace, elsewhere};
use crate::plan::LedgerPlace;
use jit_wire::name::is_bucket;
use jit_wire::section::{At, Mistake, Section};

/// `[access]`.
#[derive(Debug)]
pub struct AccessSection {
    /// The line of its header.
    pub line: usize,
    /// Where the ledger is.
    pub ledger: At<LedgerPlace>,
    /// The region of the bucket.
    pub region: Option<At<String>>,
    /// The role that people request under; `None` takes the only one that starts at an IdP.
    pub entry: Option<At<String>>,
    /// The role to vote under; `None` takes the entry role.
    pub voter: Option<At<String>>,
    /// The role to publish a policy under; `None` takes the entry role.
    pub publisher: Option<At<String>>,
}

impl AccessSection {
    /// The roles that it names, each with its key.
    fn roles(&self) -> [(&'static str, Option<&At<String>>); 3] {
        [
            ("entry", self.entry.as_ref()),
            ("voter", self.voter.as_ref()),
            ("publisher", self.publisher.as_ref()),
        ]
    }
}

/// Reads the section. Whether its roles are there is checked later, when all sections are.
///
/// # Errors
/// The first [`Mistake`], with its place.
pub(super) fn read(mut section: Section<'_>) -> Result<AccessSection, Mistake> {
    let line = section.line();
    let ledger = section.required("ledger", "s3://acme-jit-ledger")?;
    let place =
        place(&ledger.value).map_err(|(what, next)| section.mistake_at(ledger.line, what, Some(next)))?;
    let region = match place {
        LedgerPlace::Bucket(_) => Some(section.required("region", "eu-west-1")?),
        LedgerPlace::Folder(_) => section.text("region")?,
    };
    if let Some(RefusedSetting { line, what, next, .. }) = region.as_ref().and_then(limits::of_ledger_region)
    {
        return Err(section.mistake_at(line, what, Some(next)));
    }
    let access = AccessSection {
        line,
        ledger: At { value: place, line: ledger.line },
        region,
        entry: section.text("entry")?,
        voter: section.text("voter")?,
        publisher: section.text("publisher")?,
    };
    section.finish_with(|key| elsewhere(KeyPlace::Access, key))?;
    Ok(access)
}

/// Checks that the roles of `[access]` are among `roles`. `mistake` makes one of a line, what is wrong there, and the name
/// that was written.
///
/// # Errors
/// The first [`Mistake`], with its place.
pub(super) fn check_roles(
    access: &AccessSection,
    roles: &BTreeMap<String, RoleSection>,
    mistake: impl Fn(usize, String, &str) -> Mistake,
) -> Result<(), Mistake> {
    for (key, named) in access.roles() {
        if let Some(At { value, line }) = named.filter(|named| !roles.contains_key(&named.value)) {
            let what = format!("`{key}` in [access] refers to [role.{value}], which does not exist");
            return Err(mistake(*line, what, value));
        }
    }
    Ok(())
}

/// What is wrong, and what to write instead.
type Wrong = (String, String);

fn place(text: &str) -> Result<LedgerPlace, Wrong> {
    if let Some(rest) = text.strip_prefix("s3://") {
        let bucket = rest.split('/').next().unwrap_or_default();
        return match is_bucket(bucket) {
            true if bucket == rest => Ok(LedgerPlace::Bucket(bucket.to_owned())),
            true => {
                Err((format!("`{text}`: a ledger has a bucket of its own"), format!("write s3://{bucket}")))
            }
            false => Err((
                format!("`{text}` is not the name of a bucket"),
                "such as s3://acme-jit-ledger".to_owned(),
            )),
        };
    }
    let is_absolute = text.starts_with('/') || is_drive(text);
    if is_absolute || text.starts_with("~/") {
        return Ok(LedgerPlace::Folder(text.to_owned()));
    }
    if text.contains("://") {
        return Err((
            format!("`{text}` is neither a bucket nor a folder"),
            "such as s3://acme-jit-ledger".to_owned(),
        ));
    }
    Err((format!("`{text}` depends on the current folder"), "such as ~/jit-trial".to_owned()))
}

/// `C:\…`, `C:/…`
fn is_drive(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!(bytes, [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file::File;

    const ROLES: &str = "[idp.a]\ntype = \"oidc\"\nissuer = \"https://a.example\"\nclient_id = \"x\"\n[role.hub]\nidp = \"a\"\nrole_arn = \"arn:aws:iam::111111111111:role/hub\"\n";

    fn parse(section: &str) -> Result<File, Mistake> {
        File::parse("c.toml", &format!("{ROLES}[access]\n{section}\n"))
    }

    #[test]
    fn ledgers_are_buckets_or_folders() {
        let bucket = |name: &str| LedgerPlace::Bucket(name.to_owned());
        let folder = |path: &str| LedgerPlace::Folder(path.to_owned());
        for (text, wanted) in [
            ("s3://acme-jit-ledger", Some(bucket("acme-jit-ledger"))),
            ("s3://a.b.c", Some(bucket("a.b.c"))),
            ("~/jit-trial", Some(folder("~/jit-trial"))),
            ("/srv/jit-trial", Some(folder("/srv/jit-trial"))),
            ("C:\\jit", Some(folder("C:\\jit"))),
            ("C:/jit", Some(folder("C:/jit"))),
            ("s3://", None),
            ("s3://ab", None),
            ("s3://Acme", None),
            ("s3://acme/", None),
            ("s3://acme/x", None),
            ("s3://evil.example/..", None),
            ("S3://acme", None),
            ("https://acme.s3.amazonaws.com", None),
            ("arn:aws:s3:::acme", None),
            ("trial", None),
            ("./trial", None),
            ("../trial", None),
            ("~", None),
            ("~bob/x", None),
            ("C:jit", None),
        ] {
            assert_eq!(place(text).ok(), wanted, "{text}");
        }
    }

    #[test]
    fn the_section_is_strict() {
        let good = parse(
            "ledger = \"s3://acme\"\nregion = \"eu-west-1\"\nentry = \"hub\"\nvoter = \"hub\"\npublisher = \"hub\"",
        );
        let access = good.unwrap().access.unwrap();
        assert_eq!((access.line, access.ledger.line), (8, 9));
        assert_eq!(access.ledger.value, LedgerPlace::Bucket("acme".to_owned()));
        assert!(parse("ledger = \"~/x\"").is_ok(), "a folder has no region");
        for (section, words) in [
            ("", "c.toml:8:1: [access] has no `ledger`"),
            ("ledger = \"\"", "`ledger` in [access] is empty"),
            ("ledgre = \"~/x\"", "unknown key `ledgre` in [access]"),
            ("ledger = 1", "`ledger` in [access] must be a string in quotes"),
            ("ledger = \"s3://acme\"", "[access] has no `region`"),
            ("ledger = \"s3://acme\"\nregion = \"evil.example/\"", "`evil.example/` is not a region"),
            ("ledger = \"~/x\"\nregion = \"Frankfurt\"", "`Frankfurt` is not a region"),
            (
                "ledger = \"~/x\"\nentry = \"hubb\"",
                "`entry` in [access] refers to [role.hubb], which does not exist",
            ),
            ("ledger = \"~/x\"\nvoter = \"a\"", "`voter` in [access] refers to [role.a]"),
            ("ledger = \"~/x\"\npublisher = \"\"", "`publisher` in [access] refers to [role.]"),
            ("ledger = \"~/x\"\n[access.x]\ny = 1", "unknown key `x` in [access]"),
            ("ledger = \"~/x\"\nissuer = \"x\"", "unknown key `issuer` in [access]"),
        ] {
            let text = parse(section).map_or_else(|mistake| mistake.to_string(), |_| "taken".to_owned());
            assert!(text.contains(words), "{section}\n{text}");
        }
        assert!(File::parse("c.toml", "access = 1").unwrap_err().to_string().contains("must be a table"));
    }
}
