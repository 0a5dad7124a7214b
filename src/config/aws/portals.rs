//! The access portals of IAM Identity Center that AWS's files name: with one of them, a person who uses `aws sso login` has an
//! IdP already, whether a profile uses it or not.

use super::SectionKind;
use super::profiles::AwsProfiles;
use super::roles::file_of;
use crate::config::file::File;
use crate::config::idp::{CenterSection, IdpSection, remove_page};
use crate::config::limits::{self, Dialect};
use jit_wire::section::At;

/// A file with an IdP for each portal, under the name that a profile's sign-in there has: that of its `[sso-session]`, else
/// its URL. A portal that lacks a value, or has one that AWS would refuse, is left out: the person who uses it is told what is
/// wrong.
pub fn portals(profiles: &AwsProfiles) -> File {
    let mut file = file_of(profiles);
    for name in profiles.sso_sessions() {
        let of_session = |key: &str| profiles.get_of(&SectionKind::SsoSession(name.to_owned()), key);
        add(&mut file, Some(name), of_session("sso_start_url"), of_session("sso_region"));
    }
    for name in profiles.names().iter().filter(|name| profiles.get(name, "sso_session").is_none()) {
        add(&mut file, None, profiles.get(name, "sso_start_url"), profiles.get(name, "sso_region"));
    }
    file
}

fn add(file: &mut File, name: Option<&str>, start_url: Option<At<String>>, region: Option<At<String>>) {
    let (Some(mut start_url), Some(region)) = (start_url, region) else { return };
    remove_page(&mut start_url.value);
    let is_known = portal_at(file, &start_url.value).is_some();
    let center = CenterSection { start_url, region, flow: None, redirect_port: None, auto_login: None };
    if is_known || limits::of_center(&center, Dialect::Aws).is_some() {
        return;
    }
    let name = name.map_or_else(|| center.start_url.value.clone(), str::to_owned);
    file.idps.entry(name).or_insert(IdpSection::IdentityCenter(center));
}

/// The portal of `file` at `start_url`, and its name.
pub fn portal_at<'f>(file: &'f File, start_url: &str) -> Option<(&'f str, &'f CenterSection)> {
    file.idps.iter().find_map(|(name, idp)| match idp {
        IdpSection::IdentityCenter(center) if is_same_portal(&center.start_url.value, start_url) => {
            Some((name.as_str(), center))
        }
        _ => None,
    })
}

/// Whether two URLs are the same portal: its own pages stand behind a `#`, and a slash at the end means nothing.
pub fn is_same_portal(one: &str, other: &str) -> bool {
    let [one, other] = [one, other].map(|url| {
        let mut url = url.to_owned();
        remove_page(&mut url);
        url
    });
    one == other
}

#[cfg(test)]
mod tests {
    use super::super::{Document, as_roles};
    use super::*;

    fn names(config: &str) -> Vec<(String, String)> {
        let parse = |text: &str| (Document::parse(text.as_bytes()).unwrap(), String::new());
        let file = portals(&AwsProfiles::new(parse(config), parse("")));
        let pair = |(name, idp): (&String, &IdpSection)| match idp {
            IdpSection::IdentityCenter(center) => (name.clone(), center.start_url.value.clone()),
            other => panic!("{other:?}"),
        };
        file.idps.iter().map(pair).collect()
    }

    #[test]
    fn a_portal_is_found_once_and_only_where_it_is_complete() {
        const URL: &str = "https://acme.awsapps.com/start";
        let session = format!("[sso-session acme]\nsso_start_url = {URL}/#/\nsso_region = eu-west-1\n");
        let old = format!("[profile a]\nsso_start_url = {URL}\nsso_region = eu-west-1\n");
        let both = format!("{session}{old}[profile b]\nsso_session = acme\n");
        for (config, found) in [
            ("", None),
            ("[profile a]\nregion = eu-west-1\n", None),
            (session.as_str(), Some("acme")),
            (&old, Some(URL)),
            (&both, Some("acme")),
            (&session.replace("eu-west-1", "eu west"), None),
            (&session.replace("https", "http"), None),
            ("[sso-session acme]\nsso_start_url = https://acme.awsapps.com/start\n", None),
        ] {
            let names: Vec<String> = names(config).into_iter().map(|(name, _)| name).collect();
            assert_eq!(names, found.into_iter().collect::<Vec<_>>(), "{config}");
        }
        // What a profile's own sign-in there is called.
        let profile = format!(
            "{session}[profile x]\nsso_session = acme\nsso_account_id = 111111111111\nsso_role_name = A\n"
        );
        let parse = |text: &str| (Document::parse(text.as_bytes()).unwrap(), String::new());
        let profiles = AwsProfiles::new(parse(&profile), parse(""));
        let of_profile = as_roles(&profiles, "x", &[]).unwrap().unwrap();
        assert!(of_profile.idps.keys().eq(portals(&profiles).idps.keys()));
    }
}
