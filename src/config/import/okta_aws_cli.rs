//! okta-aws-cli: `~/.okta/okta.yaml`, `.env`, environment variables, and the commands in profiles of
//! `~/.aws/config` (README of okta/okta-aws-cli, "Configuration").

use std::collections::BTreeMap;

use super::chain::{Base, Chain, Dialect, Outcome};
use super::profile::{Profile, options, with_duration};
use super::{ImportError, ImportPlace, Imported, ImportedAs, Text, document, name_of_host, utf8, yaml};
use crate::config::draft::Table;

mod settings;

use settings::{Label, OptionValue, Settings, leftovers};

/// Reads those that exist of okta.yaml, `.env`, the environment variables and `~/.aws/config`.
///
/// # Errors
/// One of the files cannot be parsed.
pub fn okta_aws_cli(
    labels: Option<Text<'_>>,
    dotenv: Option<Text<'_>>,
    environment: &[(String, String)],
    profiles: Option<Text<'_>>,
) -> Result<Imported, ImportError> {
    let common = settings::common(dotenv, environment)?;
    let mut reader = Reader { out: Imported::default(), common, labels: Vec::new(), done: BTreeMap::new() };
    if let Some(text) = labels {
        reader.yaml(text)?;
    }
    reader.common_settings();
    reader.labelled_roles();
    let Reader { mut out, common, done, labels } = reader;
    if let Some(text) = profiles {
        let document = document(text)?;
        let mut chain = Chain::new(&document, text.path, out);
        chain.done = done;
        let mut dialect = OktaAwsCli { common, labels };
        out = chain.walk(&mut dialect);
    }
    Ok(out.checked())
}

struct Reader {
    out: Imported,
    common: Settings,
    /// `awscli.roles` of okta.yaml.
    labels: Vec<Label>,
    /// The roles of profiles for which okta-aws-cli writes credentials.
    done: BTreeMap<String, Outcome>,
}

impl Reader {
    fn yaml(&mut self, text: Text<'_>) -> Result<(), ImportError> {
        let place = |line| ImportPlace { path: text.path.to_owned(), line: Some(line) };
        let leaves = yaml::below("awscli", utf8(text)?).map_err(|(line, why)| ImportError::Unread {
            place: place(line),
            what: format!("{why}; jit reads only the format that okta-aws-cli documents"),
        })?;
        let mut profiles: Vec<(String, usize, Settings)> = Vec::new();
        for leaf in leaves {
            let at = place(leaf.line);
            match leaf.way.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                ["roles", arn] => {
                    self.labels.push(Label { arn: arn.to_owned(), label: leaf.value, place: at });
                }
                // Names for a list that jit does not show.
                ["idps", _] | ["idps" | "roles" | "profiles"] => {}
                ["profiles", profile, key] => {
                    let there = profiles.iter().position(|(name, ..)| name == profile);
                    let index = there.unwrap_or_else(|| {
                        profiles.push((profile.to_owned(), leaf.line, Settings::new()));
                        profiles.len() - 1
                    });
                    if !leaf.value.is_empty() {
                        profiles[index]
                            .2
                            .insert(key.to_owned(), OptionValue { value: leaf.value, place: at });
                    }
                }
                _ => self.out.no_equal(at, format!("`{}`", leaf.way.join(".")), "jit has no such setting"),
            }
        }
        for (name, line, own) in profiles {
            let mut settings = self.common.clone();
            settings.extend(own.clone());
            // Settings that apply to all profiles are reported once.
            leftovers(&own, &mut self.out);
            if let Some(table) = role(&settings, &name, &place(line), &self.labels, &mut self.out) {
                let role = self.out.role(place(line), format!("profile {name}"), table);
                self.done.insert(name, Outcome::Role(role));
            }
        }
        Ok(())
    }

    /// The role from the environment and `.env` alone.
    fn common_settings(&mut self) {
        leftovers(&self.common, &mut self.out);
        let Some(org) = self.common.get("org-domain") else { return };
        let place = org.place.clone();
        let name = self.common.get("profile").map_or("default", |profile| profile.value.as_str()).to_owned();
        if self.done.contains_key(&name) {
            return;
        }
        if let Some(table) = role(&self.common, &name, &place, &self.labels, &mut self.out) {
            let role = self.out.role(place, format!("profile {name}"), table);
            self.done.insert(name, Outcome::Role(role));
        }
    }

    /// Roles that have a name and no profile, if it is clear which IdP offers them.
    fn labelled_roles(&mut self) {
        for label in &self.labels {
            let used = |role: &Table| role.text("role_arn").is_some_and(|arn| label.means(arn));
            if !label.exact() && !self.out.draft.roles.iter().any(used) {
                let why = "this is a pattern; `jit roles --refresh` lists what the IdP offers";
                self.out.no_equal(label.place.clone(), format!("role {}", label.label), why);
                continue;
            }
            if self.out.draft.roles.iter().any(used) {
                continue;
            }
            let [idp] = self.out.draft.idps.as_slice() else {
                let why = "the file does not say which org offers it; `jit roles --refresh` lists what the IdP offers";
                self.out.no_equal(label.place.clone(), format!("role {}", label.label), why);
                continue;
            };
            let table = Table::new(label.label.as_str())
                .with("idp", idp.name.as_str())
                .with("role_arn", label.arn.as_str())
                .with("description", label.label.as_str());
            self.out.role(label.place.clone(), format!("role {}", label.label), table);
        }
    }
}

/// The role for some settings; also adds its IdP. `None` if the user picks the role at each sign-in, or if
/// something is missing, which is reported.
fn role(
    settings: &Settings,
    name: &str,
    place: &ImportPlace,
    labels: &[Label],
    out: &mut Imported,
) -> Option<Table> {
    let value = |key: &str| settings.get(key).map(|found| found.value.as_str());
    let what = format!("profile {name}");
    let Some(org) = value("org-domain") else {
        out.no_equal(place.clone(), what, "it does not say which org to use (org-domain)");
        return None;
    };
    let Some(app) = value("aws-acct-fed-app-id") else {
        let why = "it does not say which application of the org is the AWS application, which jit needs for \
                   app_url; set OKTA_AWSCLI_AWS_ACCOUNT_FEDERATION_APP_ID and import again";
        out.no_equal(place.clone(), what, why);
        return None;
    };
    let org = org.trim_start_matches("https://").trim_end_matches('/');
    let idp = Table::new(name_of_host(org))
        .with("type", "okta")
        .with("org", format!("https://{org}"))
        // The path of an embed link of AWS Account Federation; 272 is the type of the application.
        .with("app_url", format!("https://{org}/home/amazon_aws/{app}/272"))
        .with_some("username", value("username"))
        .with_some("client_id", value("oidc-client-id"));
    let idp = out.idp(place.clone(), format!("the org {org}"), idp);
    let Some(arn) = value("aws-iam-role") else {
        let remark = format!("{what} has no role; `jit login --idp {idp}` lets you pick one");
        out.remark(&ImportedAs::Idp(idp), remark);
        return None;
    };
    let label = labels.iter().find(|label| label.means(arn)).map(|label| label.label.as_str());
    let mut table = Table::new(name)
        .with("idp", idp)
        .with("role_arn", arn)
        .with_some("provider_arn", value("aws-iam-idp"));
    if let Some(found) = settings.get("aws-session-duration") {
        table = with_duration(table, "aws-session-duration", &found.value, found.place.clone(), out);
    }
    Some(table.with_some("region", value("aws-region")).with_some("description", label))
}

/// Profiles of `~/.aws/config` that get their credentials from okta-aws-cli.
struct OktaAwsCli {
    common: Settings,
    labels: Vec<Label>,
}

impl Dialect for OktaAwsCli {
    fn program(&self) -> &'static str {
        "okta-aws-cli"
    }

    fn missing(&self) -> Outcome {
        Outcome::NotMine
    }

    /// `credential_process = okta-aws-cli web --org-domain … --aws-iam-role …`.
    fn base(
        &mut self,
        profile: &mut Profile,
        out: &mut Imported,
        place: &dyn Fn(usize) -> ImportPlace,
    ) -> Base {
        let Some(command) = profile.take("credential_process") else { return Base::NotMine };
        if command.value.split_whitespace().any(|word| word == "m2m" || word == "direct") {
            let why =
                "signs in a machine, or uses the direct grant; jit signs in people with the device grant";
            return Base::Refused(Some((command.line, why.to_owned())));
        }
        let at = place(command.line);
        let own = options(&command.value).into_iter();
        let own: Settings =
            own.map(|(name, value)| (name, OptionValue { value, place: at.clone() })).collect();
        leftovers(&own, out);
        let mut settings = self.common.clone();
        settings.extend(own);
        match role(&settings, &profile.name, &at, &self.labels, out) {
            Some(table) => Base::Hub(table),
            None => Base::Refused(None),
        }
    }
}
