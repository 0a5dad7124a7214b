//! `config.toml`: read, checked as a whole, and kept with the line of every value.

use std::collections::BTreeMap;
use std::time::Duration;

use toml::de::DeTable;

use jit_wire::name::{self, BadName, Variable};

use super::idp::{self, IdpSection};
use super::limits::{self, Proof, Refused};
use jit_wire::arn::RoleArn;
use jit_wire::section::{At, Lines, Mistake, Section, Source, closest};

/// How long the kernel keyring keeps the data key where nothing else is said (see SECURITY.md).
pub const DEFAULT_KEY_CACHE: Duration = Duration::from_secs(3600);

/// The whole file.
#[derive(Debug, Default)]
pub struct File {
    /// The path, as the user would write it.
    pub path: String,
    /// The role where none is named.
    pub default_role: Option<At<String>>,
    /// How long the kernel keyring may keep the data key; `None` keeps it out.
    pub key_cache: Option<Duration>,
    /// The command that opens the console: words, in some of which something is filled in.
    pub console_browser: Option<At<Vec<String>>>,
    /// `[idp.NAME]`.
    pub idps: BTreeMap<String, IdpSection>,
    /// `[role.NAME]`.
    pub roles: BTreeMap<String, RoleSection>,
    /// Addresses of services in place of AWS's own. Only profiles of `~/.aws/config` give such.
    pub endpoints: BTreeMap<&'static str, At<String>>,
    /// The same for whoever gets the session: every service that the profile names, by its variable.
    pub child_endpoints: BTreeMap<Variable, At<String>>,
    /// What the profile says of botocore's settings, by botocore's name for each (`aws::SETTINGS`).
    pub settings: BTreeMap<&'static str, At<String>>,
    /// Where two files were read as one: the lines of the first, and the path of the second, whose lines go on from there.
    pub seam: Option<(usize, String)>,
}

/// `[role.NAME]`.
#[derive(Debug)]
#[expect(missing_docs, reason = "named as in the file; `plan::Leg` says what they mean")]
pub struct RoleSection {
    pub line: usize,
    pub parent: Parent,
    pub target: Target,
    pub provider_arn: Option<At<String>>,
    pub duration: Option<At<u32>>,
    pub session_name: Option<At<String>>,
    pub source_identity: Option<At<String>>,
    pub external_id: Option<At<String>>,
    pub mfa_serial: Option<At<String>>,
    pub tags: Option<At<BTreeMap<String, String>>>,
    pub transitive_tags: Option<At<Vec<String>>>,
    pub policy: Option<At<String>>,
    pub policy_arns: Option<At<Vec<String>>>,
    pub region: Option<At<String>>,
    pub description: Option<String>,
    pub color: Option<String>,
    pub confirm: bool,
    pub auto_login: Option<At<bool>>,
    pub sign_in_age: Option<At<u32>>,
    pub acr: Option<At<Vec<String>>>,
    pub amr: Option<At<Vec<String>>>,
}

/// What a role is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A role of IAM: `role_arn`.
    Arn(At<RoleArn>),
    /// A permission set of Identity Center.
    Assigned {
        /// Twelve digits.
        account: At<String>,
        /// Its name.
        permission_set: At<String>,
    },
    /// What the credentials that it starts from are already.
    Itself {
        /// The line that gives them.
        line: usize,
    },
}

impl Target {
    /// The twelve digits of the account; empty where only AWS knows.
    pub fn account(&self) -> &str {
        match self {
            Self::Arn(arn) => arn.value.account(),
            Self::Assigned { account, .. } => &account.value,
            Self::Itself { .. } => "",
        }
    }

    /// The line where it is named.
    pub fn line(&self) -> usize {
        match self {
            Self::Arn(arn) => arn.line,
            Self::Assigned { permission_set, .. } => permission_set.line,
            Self::Itself { line } => *line,
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Arn(arn) => arn.value.fmt(f),
            Self::Assigned { account, permission_set } => {
                write!(f, "{}/{}", account.value, permission_set.value)
            }
            Self::Itself { .. } => f.write_str("its own credentials"),
        }
    }
}

/// How a role is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parent {
    /// A hub: straight from this IdP.
    Idp(At<String>),
    /// A spoke: with the session of this role.
    Via(At<String>),
}

impl File {
    /// Whether it is a profile of AWS's files, for which a variable counts before what the file says.
    pub fn is_of_profiles(&self) -> bool {
        self.seam.is_some()
    }

    /// Reads and checks `text`. `path` is only for messages.
    ///
    /// # Errors
    /// The first [`Mistake`], with its place.
    pub fn parse(path: &str, text: &str) -> Result<Self, Mistake> {
        let lines = Lines::of(text);
        let source = Source { path, text, lines: &lines };
        let document = DeTable::parse(text).map_err(|error| {
            let what = error.message().lines().next().unwrap_or("not TOML").to_owned();
            source.mistake_without_value(error.span().unwrap_or(0..0), what, None)
        })?;
        let mut top = Section::new(source, "the file".to_owned(), 0..0, document.get_ref());
        let default_role = top.text("default_role")?;
        let key_cache = key_cache(&mut top)?;
        let auto_login = top.boolean("auto_login")?;
        let console_browser = console_browser(&mut top)?;
        let (idp_tables, role_tables) = (top.tables("idp")?, top.tables("role")?);
        let mut file =
            Self { path: path.to_owned(), default_role, key_cache, console_browser, ..Self::default() };
        let mut titles = BTreeMap::new();
        for (name, section) in idp_tables {
            check_name(&section, &name)?;
            file.idps.insert(name, idp::read(section, auto_login.as_ref())?);
        }
        for (name, section) in role_tables {
            check_name(&section, &name)?;
            titles.insert(name.clone(), section.span.clone());
            file.roles.insert(name, role(section, &file.idps)?);
        }
        file.check_links(source, &titles)?;
        if let Some(role) = file.default_role.as_ref().filter(|role| !file.roles.contains_key(&role.value)) {
            let suggestion = suggest(&role.value, file.roles.keys());
            return Err(top.mistake_at(role.line, format!("there is no [role.{}]", role.value), suggestion));
        }
        top.finish()?;
        super::shared::hold(source, document.get_ref())?;
        Ok(file)
    }

    /// Whether the way to `role` goes through `other`, or `role` is `other`.
    fn leads_through(&self, role: &str, other: &str) -> bool {
        let mut at = role;
        // No way without a loop is longer than the number of roles.
        for _ in 0..=self.roles.len() {
            if at == other {
                return true;
            }
            match self.roles.get(at).map(|role| &role.parent) {
                Some(Parent::Via(next)) => at = &next.value,
                _ => return false,
            }
        }
        false
    }

    /// Every role leads to an IdP, without a loop.
    fn check_links(
        &self,
        source: Source<'_>,
        titles: &BTreeMap<String, std::ops::Range<usize>>,
    ) -> Result<(), Mistake> {
        for (name, role) in &self.roles {
            let place = titles.get(name).cloned().unwrap_or(0..0);
            let missing = |kind: &str, wanted: &str, suggestion| {
                Err(source.mistake(
                    place.clone(),
                    format!("[role.{name}] names [{kind}.{wanted}], which is not there"),
                    suggestion,
                ))
            };
            match &role.parent {
                Parent::Idp(idp) if !self.idps.contains_key(&idp.value) => {
                    let suggestion =
                        if self.roles.contains_key(&idp.value) && !self.leads_through(&idp.value, name) {
                            Some(format!("that is a role: write via = \"{}\" instead of idp", idp.value))
                        } else {
                            suggest(&idp.value, self.idps.keys())
                        };
                    return missing("idp", &idp.value, suggestion);
                }
                Parent::Via(via) if !self.roles.contains_key(&via.value) => {
                    let suggestion = if self.idps.contains_key(&via.value) {
                        Some(format!("that is an IdP: write idp = \"{}\" instead of via", via.value))
                    } else {
                        // A role that starts from this one would close a circle.
                        suggest(&via.value, self.roles.keys().filter(|role| !self.leads_through(role, name)))
                    };
                    return missing("role", &via.value, suggestion);
                }
                Parent::Idp(_) | Parent::Via(_) => {}
            }
            let mut way = vec![name.as_str()];
            while let Some(Parent::Via(next)) =
                way.last().and_then(|last| self.roles.get(*last)).map(|role| &role.parent)
            {
                let seen = way.contains(&next.value.as_str());
                way.push(&next.value);
                if seen {
                    let what = format!("the roles go in a circle: {}", way.join(" → "));
                    let suggestion =
                        "let one of them start at an IdP: idp = \"NAME\" instead of via".to_owned();
                    return Err(source.mistake(place, what, Some(suggestion)));
                }
            }
            let first = way.last().and_then(|last| self.roles.get(*last)).map(|role| &role.parent);
            if let Some(Parent::Idp(idp)) = first
                && let Some(section) = self.idps.get(&idp.value)
                && let Some(Refused { line, what, next }) = limits::of_sign_in(role, section)
            {
                return Err(source.at_value(line, what, Some(next)));
            }
        }
        Ok(())
    }
}

fn suggest<'a>(typed: &str, names: impl Iterator<Item = &'a String> + Clone) -> Option<String> {
    closest(typed, names.clone().map(String::as_str)).map(|meant| format!("did you mean `{meant}`?")).or_else(
        || {
            let known: Vec<&str> = names.take(12).map(String::as_str).collect();
            (!known.is_empty()).then(|| format!("there are: {}", known.join(", ")))
        },
    )
}

fn check_name(section: &Section<'_>, name: &str) -> Result<(), Mistake> {
    let refused = |why: BadName| section.mistake(why.to_string(), Some(why.allowed()));
    name::check_own(name).map_err(refused)
}

fn console_browser(top: &mut Section<'_>) -> Result<Option<At<Vec<String>>>, Mistake> {
    let found = top.list("console_browser")?;
    if let Some(At { value: words, line }) = &found
        && (words.len() < 2
            || !words[1..].iter().any(|word| word.contains("{url}") || word.contains("{url_encoded}")))
    {
        let what = "console_browser does not say where the address goes".to_owned();
        let suggestion = "such as [\"firefox\", \"--new-tab\", \"{url}\"]".to_owned();
        return Err(top.mistake_at(*line, what, Some(suggestion)));
    }
    Ok(found)
}

fn key_cache(top: &mut Section<'_>) -> Result<Option<Duration>, Mistake> {
    match top.text("key_cache")? {
        None => Ok(Some(DEFAULT_KEY_CACHE)),
        Some(off) if off.value == "off" => Ok(None),
        Some(set) => jit_wire::section::parse_duration(&set.value)
            .ok()
            .filter(|seconds| *seconds > 0)
            .map(|seconds| Some(Duration::from_secs(seconds.into())))
            .ok_or_else(|| {
                top.mistake_at(
                    set.line,
                    format!("`{}` is neither \"off\" nor a length of time such as \"1h\"", set.value),
                    None,
                )
            }),
    }
}

/// How a role is named, which depends on what it is reached by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// By its ARN.
    Arn,
    /// By account and permission set.
    Assigned,
    /// In either way: the IdP is not in the file, which is reported later.
    Either,
}

impl Takes {
    fn of(parent: &Parent, idps: &BTreeMap<String, IdpSection>) -> Self {
        match parent {
            Parent::Via(_) => Self::Arn,
            Parent::Idp(idp) => match idps.get(&idp.value).map(Proof::of) {
                Some(Proof::PortalToken) => Self::Assigned,
                Some(Proof::IdToken | Proof::Assertion) => Self::Arn,
                None => Self::Either,
            },
        }
    }
}

/// An ARN, or an account and a permission set.
fn target(section: &mut Section<'_>, takes: Takes) -> Result<Target, Mistake> {
    const ARN: &str = "arn:aws:iam::111111111111:role/NAME";
    const ASSIGNED: &str = "account = \"111111111111\" and permission_set = \"Developer\"";
    let (account, permission_set) = (section.text("account")?, section.text("permission_set")?);
    if let (Takes::Arn, Some(at)) = (takes, permission_set.as_ref().or(account.as_ref())) {
        let what = "only an IdP of type \"identity-center\" has permission sets".to_owned();
        let next = match section.text("role_arn")? {
            Some(_) => "delete account and permission_set: role_arn alone names the role".to_owned(),
            None => format!("write role_arn = \"{ARN}\" instead of account and permission_set"),
        };
        return Err(section.mistake_at(at.line, what, Some(next)));
    }
    match (account, permission_set) {
        (None, None) if takes == Takes::Assigned => match section.text("role_arn")? {
            Some(arn) => {
                let what = "Identity Center knows no role by its ARN".to_owned();
                Err(section.mistake_at(arn.line, what, Some(format!("write {ASSIGNED} instead of role_arn"))))
            }
            None => {
                let what = format!("{} has neither `account` nor `permission_set`", section.title);
                Err(section.missing(&["account", "permission_set"], what, format!("add {ASSIGNED}")))
            }
        },
        (None, None) => match section.text("role_arn")?.filter(|arn| !arn.value.is_empty()) {
            Some(arn) => match arn.value.parse() {
                Ok(value) => Ok(Target::Arn(At { value, line: arn.line })),
                Err(why) => Err(section.mistake_at(arn.line, format!("`{}`: {why}", arn.value), None)),
            },
            None => {
                let what = format!("{} has no `role_arn`", section.title);
                let next = match takes {
                    Takes::Either => format!("add role_arn = \"{ARN}\", or at Identity Center {ASSIGNED}"),
                    Takes::Arn | Takes::Assigned => format!("add role_arn = \"{ARN}\""),
                };
                Err(section.missing(&["role_arn"], what, next))
            }
        },
        (Some(account), Some(permission_set)) => {
            if section.text("role_arn")?.is_some() {
                let what = format!("{} has both `role_arn` and `permission_set`", section.title);
                let suggestion =
                    "a permission set is named by account and permission_set alone; delete role_arn";
                return Err(section.mistake_at(permission_set.line, what, Some(suggestion.to_owned())));
            }
            Ok(Target::Assigned { account, permission_set })
        }
        (account, _) => {
            let (is, misses, like) = match account {
                Some(_) => ("account", "permission_set", "\"Developer\""),
                None => ("permission_set", "account", "\"111111111111\""),
            };
            let what = format!("{} has `{is}` without `{misses}`", section.title);
            Err(section.missing(&["account", "permission_set"], what, format!("add {misses} = {like}")))
        }
    }
}

fn role(mut section: Section<'_>, idps: &BTreeMap<String, IdpSection>) -> Result<RoleSection, Mistake> {
    let parent = match (section.text("idp")?, section.text("via")?) {
        (Some(idp), None) => Parent::Idp(idp),
        (None, Some(via)) => Parent::Via(via),
        (Some(_), Some(via)) => {
            let what = format!("{} has both `idp` and `via`", section.title);
            let suggestion = "a hub role has idp, a spoke role has via; delete one".to_owned();
            return Err(section.mistake_at(via.line, what, Some(suggestion)));
        }
        (None, None) => {
            let what = format!("{} has neither `idp` nor `via`", section.title);
            let suggestion = "a hub role has idp = \"NAME\", a spoke role has via = \"HUB\"".to_owned();
            return Err(section.missing(&["idp", "via"], what, suggestion));
        }
    };
    let target = target(&mut section, Takes::of(&parent, idps))?;
    let role = RoleSection {
        line: target.line(),
        parent,
        target,
        provider_arn: section.text("provider_arn")?,
        duration: section.duration("duration")?,
        session_name: section.text("session_name")?,
        source_identity: section.text("source_identity")?,
        external_id: section.text("external_id")?,
        mfa_serial: None,
        tags: section.map("tags")?,
        transitive_tags: section.list("transitive_tags")?,
        policy: section.text("policy")?,
        policy_arns: section.list("policy_arns")?,
        region: section.text("region")?,
        description: section.text("description")?.map(|text| text.value),
        color: section.text("color")?.map(|text| text.value),
        confirm: section.boolean("confirm")?.is_some_and(|confirm| confirm.value),
        auto_login: section.boolean("auto_login")?,
        sign_in_age: section.duration("sign_in_age")?,
        acr: section.list("acr")?,
        amr: section.list("amr")?,
    };
    let proof = match &role.parent {
        Parent::Idp(idp) => idps.get(&idp.value).map(Proof::of),
        Parent::Via(_) => None,
    };
    limits::check(&section, &role, proof)?;
    section.finish()?;
    Ok(role)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
default_role = "prod-admin"
[idp.acme]
type = "oidc"
issuer = "https://acme.okta.com"
client_id = "0oa1"
[role.hub]
idp = "acme"
role_arn = "arn:aws:iam::111111111111:role/jit-hub"
duration = "8h"
[role.prod-admin]
via = "hub"
role_arn = "arn:aws:iam::222222222222:role/admin"
region = "eu-west-1"
tags = { team = "core" }
transitive_tags = ["team"]
"#;

    #[test]
    fn reads_the_contract() {
        let file = File::parse("config.toml", GOOD).unwrap();
        let prod = &file.roles["prod-admin"];
        assert_eq!(prod.parent, Parent::Via(At { value: "hub".into(), line: 12 }));
        assert_eq!((prod.target.line(), prod.target.account()), (13, "222222222222"));
        assert_eq!(file.roles["hub"].duration, Some(At { value: 28_800, line: 10 }));
        assert_eq!(file.key_cache, Some(DEFAULT_KEY_CACHE));
    }

    /// Each mistake: what is changed in a good file, the place, words of the message, words of the suggestion.
    #[test]
    fn every_mistake_says_where_what_and_what_instead() {
        let cases = [
            (
                "role_arn = \"arn:aws:iam::222222222222:role/admin\"",
                "rol_arn = \"x\"",
                "13:1",
                "unknown key `rol_arn` in [role.prod-admin]",
                "did you mean `role_arn`?",
            ),
            (
                "region = \"eu-west-1\"",
                "regoin = \"eu-west-1\"",
                "14:1",
                "unknown key `regoin` in [role.prod-admin]",
                "did you mean `region`?",
            ),
            (
                "region = \"eu-west-1\"",
                "region = \"Ireland\"",
                "14:10",
                "`Ireland` is not a region",
                "eu-west-1",
            ),
            ("region = \"eu-west-1\"", "region = 1", "14:10", "must be a text in quotes, not a number", ""),
            ("region = \"eu-west-1\"", "region = \"eu-west-1", "14:", "", ""),
            (
                "via = \"hub\"",
                "via = \"hubb\"",
                "11:7",
                "[role.hubb], which is not there",
                "did you mean `hub`?",
            ),
            (
                "via = \"hub\"",
                "via = \"prod-admin\"",
                "11:7",
                "circle: prod-admin → prod-admin",
                "start at an IdP",
            ),
            ("via = \"hub\"", "via = \"hub\"\nidp = \"acme\"", "12:7", "both `idp` and `via`", "delete one"),
            ("via = \"hub\"\n", "", "11:7", "neither `idp` nor `via`", "a hub role has idp"),
            (
                "idp = \"acme\"",
                "idp = \"acne\"",
                "7:7",
                "[idp.acne], which is not there",
                "did you mean `acme`?",
            ),
            ("type = \"oidc\"", "type = \"odic\"", "4:8", "no IdP type `odic`", "oidc"),
            ("https://acme", "http://acme", "5:10", "is not https", "https://acme.okta.com"),
            (
                "okta.com\"",
                "okta.com/.well-known/openid-configuration\"",
                "5:10",
                "more than the issuer",
                "write https://acme.okta.com",
            ),
            (
                "duration = \"8h\"",
                "duration = \"13h\"",
                "10:12",
                "46800 seconds is not a duration",
                "15m to 12h",
            ),
            ("duration = \"8h\"", "duration = \"soon\"", "10:12", "not a length of time", ""),
            ("duration = \"8h\"", "tags = { a = \"b\" }", "10:8", "a hub role takes no `tags`", "claims"),
            (
                "duration = \"8h\"",
                "session_name = \"a b\"",
                "10:16",
                "`a b` cannot be a session_name",
                "2 to 64",
            ),
            ("duration = \"8h\"", "policy = \"{\"", "10:10", "the policy is not JSON", ""),
            ("duration = \"8h\"", "policy_arns = [\"x\"]", "10:15", "`x` is not the ARN of a policy", ""),
            ("[\"team\"]", "[\"tema\"]", "16:19", "`tema` is to be transitive", "tags"),
            (
                "default_role = \"prod-admin\"",
                "default_role = \"prod\"",
                "2:16",
                "there is no [role.prod]",
                "prod-admin",
            ),
            ("default_role", "defualt_role", "2:1", "unknown key `defualt_role` in the file", "default_role"),
            ("[role.hub]", "[role.\"h u b\"]", "7:7", "holds ` `", "letters"),
            ("[role.hub]", "[role.\"h\\nub\"]", "7:7", "holds `\\n`", "letters"),
            ("[role.hub]", "[role.\"$(x)\"]", "7:7", "holds `$`", "letters"),
            (
                "arn:aws:iam::111111111111:role/jit-hub",
                "arn:aws:iam::111:role/jit-hub",
                "9:12",
                "`111` is not twelve digits",
                "",
            ),
        ];
        for (from, to, place, what, next) in cases {
            assert!(GOOD.contains(from), "{from}");
            let mistake = File::parse("c.toml", &GOOD.replacen(from, to, 1)).unwrap_err();
            let text = mistake.to_string();
            assert!(text.starts_with(&format!("c.toml:{place}")), "{to}: {text}");
            assert!(text.contains(what), "{to}: {text}");
            assert!(mistake.suggestion.clone().unwrap_or_default().contains(next), "{to}: {mistake:?}");
        }
    }

    #[test]
    fn a_client_secret_is_never_quoted() {
        for line in [
            "client_secret = \"s3cr3t",
            "client_secret = 5 # s3cr3t",
            "client_secrett = \"s3cr3t\"",
            "client_secert = \"s3cr3t\"",
            "clientsecert = \"s3cr3t",
            "CLIENT_SECRET = \"s3cr3t\"",
            "password = \"s3cr3t\"",
            "client_secert \"s3cr3t\"",
            "client_secret = \n\"s3cr3t\"",
            "client_secret = \"\"\"\ns3cr3t\\q\n\"\"\"",
            "client_secret = '''\na = s3cr3t\n\u{1}'''",
        ] {
            let text = GOOD.replacen("client_id = \"0oa1\"", &format!("client_id = \"0oa1\"\n{line}"), 1);
            let mistake = File::parse("c.toml", &text).unwrap_err();
            assert!(!format!("{mistake} {mistake:?}").contains("s3cr3t"), "{mistake}");
        }
    }

    #[test]
    fn longer_circles_are_found() {
        let text = GOOD.replace("idp = \"acme\"", "via = \"prod-admin\"");
        assert!(File::parse("c.toml", &text).unwrap_err().what.contains("hub → prod-admin → hub"));
    }
}
