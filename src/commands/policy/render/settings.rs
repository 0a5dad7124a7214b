//! What `jit policy render` is told beside the policy.

use std::collections::BTreeMap;

use clap::Args;

use super::RenderError;
use jit_access::policy::Policy;
use jit_access::render::{Arrival, CompanyCeiling, GrantFor, Level, RenderSettings, SessionName, Where};
use jit_wire::arn::{RoleArn, is_region};
use jit_wire::name::{is_account_id, is_saml_provider, is_session_name};
use jit_wire::timestamp::Timestamp;

/// What the documents need and no policy file says.
#[derive(Args, Debug)]
pub struct SettingsArgs {
    /// The bucket of the ledger
    #[arg(long, value_name = "BUCKET", value_parser = bucket)]
    pub ledger: Option<String>,
    /// The organization with the accounts of roles on request
    #[arg(long, value_name = "ID", value_parser = organization, conflicts_with = "account")]
    pub organization: Option<String>,
    /// Without an organization: an account with roles on request
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    pub account: Vec<String>,
    /// A role that deploys and is exempt from the guard rail; can be repeated
    #[arg(long, value_name = "ARN")]
    pub platform: Vec<RoleArn>,
    /// The role of the function that applies decisions
    #[arg(long, value_name = "ARN")]
    pub function_role: Option<RoleArn>,
    /// The Lambda function that alone may use that role
    #[arg(long, value_name = "ARN", requires = "function_role", value_parser = function)]
    pub function: Option<String>,
    /// A session tag that the IdP sends and roles keep; can be repeated
    #[arg(long, value_name = "KEY", value_parser = tag)]
    pub tag: Vec<String>,
    /// A role that ceilings allow to be passed to services; can be repeated
    #[arg(long, value_name = "ARN")]
    pub pass_role: Vec<RoleArn>,
    /// A ceiling of yours, made from read, operate or admin; can be repeated
    #[arg(long, value_name = "NAME=LEVEL,ACTION…", value_parser = ceiling)]
    pub ceiling: Vec<(String, CompanyCeiling)>,
    /// How people arrive at a door; can be repeated. HOW is one of
    /// oidc,ISSUER,CLIENT_ID (a person's name is the token's sub),
    /// oidc-source-identity,ISSUER,CLIENT_ID, saml,NAME and
    /// robot,ISSUER,AUDIENCE,SUB,NAME
    #[arg(long, value_name = "DOOR=HOW", value_parser = trust, verbatim_doc_comment)]
    pub trust: Vec<(String, Arrival)>,
    /// Render grants too, as this person would get them
    #[arg(long, value_name = "NAME", requires = "until", value_parser = person)]
    pub person: Option<String>,
    /// When these grants end, such as 2026-11-28T12:00:00Z
    #[arg(long, value_name = "TIME", requires = "person", value_parser = moment)]
    pub until: Option<Timestamp>,
}

impl SettingsArgs {
    /// The settings, for `policy`.
    ///
    /// # Errors
    /// A door that the policy does not have.
    pub(super) fn settings(&self, policy: &Policy) -> Result<RenderSettings, RenderError> {
        if let Some((door, _)) = self.trust.iter().find(|(door, _)| !policy.doors.contains_key(door)) {
            let known = policy.doors.keys().cloned().collect();
            return Err(RenderError::NoDoor { door: door.clone(), known });
        }
        let reach = match (&self.organization, self.account.is_empty()) {
            (Some(id), _) => Some(Where::Organization(id.clone())),
            (None, false) => Some(Where::Accounts(self.account.clone())),
            (None, true) => None,
        };
        let grant = self.person.clone().zip(self.until);
        Ok(RenderSettings {
            ledger: self.ledger.clone(),
            reach,
            platform: self.platform.clone(),
            function_role: self.function_role.clone(),
            function: self.function.clone(),
            tags: self.tag.clone(),
            passable: self.pass_role.iter().map(|role| role.as_str().to_owned()).collect(),
            ceilings: self.ceiling.iter().cloned().collect::<BTreeMap<_, _>>(),
            arrivals: self.trust.iter().cloned().collect(),
            grant: grant.map(|(person, until)| GrantFor { person, until }),
        })
    }
}

/// `text`, if it `fits`.
fn checked(text: &str, fits: bool, what: &str) -> Result<String, String> {
    if fits { Ok(text.to_owned()) } else { Err(what.to_owned()) }
}

/// S3's rules for names of buckets, as far as they decide which characters a document gets.
fn bucket(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    checked(text, (3..=63).contains(&text.len()) && text.bytes().all(plain), "not the name of a bucket")
}

fn organization(text: &str) -> Result<String, String> {
    let id = text.strip_prefix("o-").unwrap_or_default();
    let plain = id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    checked(
        text,
        (10..=32).contains(&id.len()) && plain,
        "not the id of an organization, such as o-a1b2c3d4e5",
    )
}

fn account(text: &str) -> Result<String, String> {
    checked(text, is_account_id(text), "not an account of twelve digits")
}

fn function(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let fits = matches!(parts[..], ["arn", partition, "lambda", region, account, "function", name]
        if !partition.is_empty() && is_region(region) && is_account_id(account) && is_plain(name));
    checked(text, fits, "not the ARN of a function: arn:aws:lambda:REGION:ACCOUNT:function:NAME")
}

fn tag(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.:/=+-@".contains(c);
    checked(text, (1..=128).contains(&text.len()) && text.chars().all(plain), "not the key of a session tag")
}

fn person(text: &str) -> Result<String, String> {
    checked(text, is_session_name(text), "not the name of a person")
}

fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_rfc3339(text).ok_or_else(|| "not a time such as 2026-11-28T12:00:00Z".to_owned())
}

fn ceiling(text: &str) -> Result<(String, CompanyCeiling), String> {
    let shape = || "write NAME=LEVEL,ACTION…, as in operate-ml=operate,bedrock:*".to_owned();
    let (name, rest) = text.split_once('=').ok_or_else(shape)?;
    let mut parts = rest.split(',');
    let level = parts.next().and_then(Level::named).ok_or_else(shape)?;
    if Level::named(name).is_some() {
        return Err(format!("{name} is a ceiling that ships; give yours another name"));
    }
    let is_action = |action: &str| {
        action.split_once(':').is_some_and(|(service, name)| {
            let wild = |c: char| c.is_ascii_alphanumeric() || "*?".contains(c);
            is_plain(service) && !name.is_empty() && name.chars().all(wild)
        })
    };
    let more: Vec<String> = parts.map(str::to_owned).collect();
    match more.iter().find(|action| !is_action(action)) {
        Some(action) => Err(format!("`{}` is not an action such as bedrock:*", action.escape_default())),
        None if is_plain(name) => Ok((name.to_owned(), CompanyCeiling { level, more })),
        None => Err(shape()),
    }
}

fn trust(text: &str) -> Result<(String, Arrival), String> {
    let shape = || {
        "write DOOR=oidc,ISSUER,CLIENT_ID, DOOR=oidc-source-identity,ISSUER,CLIENT_ID, \
         DOOR=saml,NAME or DOOR=robot,ISSUER,AUDIENCE,SUB,NAME"
            .to_owned()
    };
    let (door, how) = text.split_once('=').ok_or_else(shape)?;
    let parts: Vec<&str> = how.split(',').collect();
    let owned = |text: &str| text.to_owned();
    let oidc = |text: &str, audience: &str, session_name| {
        Ok(Arrival::Oidc { issuer: issuer(text)?, audience: said(audience)?, session_name })
    };
    let arrival = match parts[..] {
        ["oidc", text, audience] => oidc(text, audience, SessionName::Subject),
        ["oidc-source-identity", text, audience] => oidc(text, audience, SessionName::SourceIdentity),
        ["saml", provider, ref regions @ ..] => {
            if !is_saml_provider(provider) {
                return Err(format!(
                    "`{}` is not the name of a SAML provider in IAM",
                    provider.escape_default()
                ));
            }
            if let Some(region) = regions.iter().find(|region| !is_region(region)) {
                return Err(format!("`{}` is not a region", region.escape_default()));
            }
            Ok(Arrival::Saml {
                provider: owned(provider),
                regions: regions.iter().map(|region| owned(region)).collect(),
            })
        }
        ["robot", text, audience, subject, name] => Ok(Arrival::Robot {
            issuer: issuer(text)?,
            audience: said(audience)?,
            subject: said(subject)?,
            session_name: person(name)?,
        }),
        _ => Err(shape()),
    }?;
    Ok((owned(door), arrival))
}

/// An issuer as IAM writes it: without its scheme.
fn issuer(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_/:".contains(c);
    let text = text.strip_prefix("https://").unwrap_or(text).trim_end_matches('/');
    let fits = text.chars().all(plain) && text.contains('.') && !text.contains("://");
    checked(text, fits, "not the URL of an issuer, such as https://acme.okta.com")
}

fn said(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic());
    checked(text, fits, "a part is empty, or has characters that no token has")
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_checked() {
        type Parse = fn(&str) -> bool;
        let rows: &[(&str, Parse, &[&str], &[&str])] = &[
            (
                "bucket",
                |text| bucket(text).is_ok(),
                &["acme-jit-ledger", "a.b"],
                &["", "a/b", "A-b", "a*b", "${x}"],
            ),
            (
                "organization",
                |text| organization(text).is_ok(),
                &["o-a1b2c3d4e5"],
                &["o-", "o-*", "a1b2c3d4e5", "o-A1B2C3D4E5"],
            ),
            ("account", |text| account(text).is_ok(), &["111122223333"], &["*", "1111"]),
            (
                "function",
                |text| function(text).is_ok(),
                &["arn:aws:lambda:eu-west-1:444444444444:function:jit"],
                &[
                    "jit",
                    "arn:aws:lambda:eu-west-1:444444444444:function:*",
                    "arn:aws:lambda:*:444444444444:function:jit",
                ],
            ),
            ("tag", |text| tag(text).is_ok(), &["team", "cost:center"], &["", "a b", "${x}", "a*"]),
            (
                "ceiling",
                |text| ceiling(text).is_ok(),
                &["operate-ml=operate,bedrock:*,sagemaker:Describe*", "less=read"],
                &[
                    "operate",
                    "operate=operate",
                    "x=all,a:*",
                    "x=read,*",
                    "x=read,*:*",
                    "x=read,",
                    "=read",
                    "x/y=read",
                ],
            ),
            (
                "trust",
                |text| trust(text).is_ok(),
                &[
                    "hub=oidc,https://acme.okta.com/oauth2/default,0oa1b2",
                    "hub=oidc-source-identity,accounts.google.com,123.apps.googleusercontent.com",
                    "hub=saml,okta",
                    "hub=saml,okta,eu-west-1",
                    "ci=robot,token.actions.githubusercontent.com,sts.amazonaws.com,repo:acme/deploy:ref:refs/heads/main,ci",
                ],
                &[
                    "hub",
                    "hub=",
                    "hub=oidc",
                    "hub=oidc,a,b",
                    "hub=oidc,acme.okta.com,",
                    "hub=saml,",
                    "hub=saml,a/b",
                    "hub=saml,okta,*",
                    "ci=robot,a.b,c,d",
                    "ci=robot,a.b,c,d,*",
                ],
            ),
        ];
        for (what, parse, right, wrong) in rows {
            for text in *right {
                assert!(parse(text), "{what}: {text}");
            }
            for text in *wrong {
                assert!(!parse(text), "{what}: {text}");
            }
        }
    }
}
