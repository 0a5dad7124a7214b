//! What a profile sets besides its credentials: botocore's settings, and the URLs of services (from its
//! `services` section, or `endpoint_url` for all). `jit` uses some of them itself and passes all of them on
//! to the programs that get the session.

use super::Reader;
use crate::config::aws::settings::{self, SETTINGS};
use crate::config::aws::{REGION, SectionKind};
use crate::config::limits::RefusedSetting;
use jit_wire::name::Variable;
use jit_wire::section::{At, Mistake};
use jit_wire::trusted_url::{Purpose, TrustedUrl};

/// The services that `jit` calls, by their names in a `services` section.
const SERVICES: [&str; 4] = ["sts", "sso", "sso_oidc", "iam"];

impl Reader<'_> {
    /// Reads the settings of a profile that botocore knows.
    pub(super) fn settings(&mut self, profile: &str) -> Result<(), Mistake> {
        for setting in SETTINGS.iter().filter(|setting| setting.name != REGION) {
            let Some(at) = setting.of_profile(self.profiles, profile) else { continue };
            if let Some((what, next)) = setting.values.refuse(&at.value) {
                let what = format!("{}: {what}", setting.keys[0]);
                return Err(self.refused(profile, RefusedSetting::new(at.line, what, next)));
            }
            self.file.settings.insert(setting.name, at);
        }
        Ok(())
    }

    /// Reads the URLs that a profile sets for services.
    pub(super) fn endpoints(&mut self, profile: &str) -> Result<(), Mistake> {
        let profiles = self.profiles;
        let for_all = profiles.get(profile, "endpoint_url");
        let section = self.services_section(profile)?;
        let mut services = SERVICES.map(str::to_owned).to_vec();
        services.extend(section.iter().flat_map(|section| profiles.keys_of(section)));
        for service in services {
            let in_section = section.as_ref().and_then(|section| {
                let service = profiles.get_of(section, &service)?;
                settings::nested(&service, "endpoint_url")
            });
            let variable = Variable::of_service_endpoint(&service);
            // No program asks for a service of that name, and no variable could be named after it.
            if let (None, Some(at)) = (&variable, &in_section) {
                let why = format!(
                    "sets the endpoint of `{service}`, which is not a service id: \
                     use lower-case letters, digits and _"
                );
                return Err(self.unfit(profile, at.line, why));
            }
            if let Some(service) = SERVICES.into_iter().find(|own| *own == service)
                && let Some(at) = in_section.as_ref().or(for_all.as_ref())
            {
                self.own_endpoint(profile, service, at.clone())?;
            }
            if let (Some(variable), Some(at)) = (variable, in_section) {
                self.file.child_endpoints.insert(variable, at);
            }
        }
        if let Some(at) = for_all {
            self.file.child_endpoints.insert(const { Variable::known("AWS_ENDPOINT_URL") }, at);
        }
        Ok(())
    }

    fn services_section(&self, profile: &str) -> Result<Option<SectionKind>, Mistake> {
        let Some(named) = self.profiles.get(profile, "services") else { return Ok(None) };
        let section = SectionKind::Services(named.value.clone());
        if self.profiles.line_of(&section).is_none() {
            let why = format!("refers to [services {}], which does not exist", named.value);
            return Err(self.unfit(profile, named.line, why));
        }
        Ok(Some(section))
    }

    /// The URL of a service that `jit` itself calls.
    fn own_endpoint(&mut self, profile: &str, service: &'static str, at: At<String>) -> Result<(), Mistake> {
        // If a profile ignores its endpoints, their values do not matter. A variable may override that, so
        // `resolve` checks again.
        let ignored = self.file.settings.get("ignore_configured_endpoint_urls");
        let ignored = ignored.is_some_and(|at| at.value.eq_ignore_ascii_case("true"));
        if let Err(why) = TrustedUrl::parse(&at.value, Purpose::AwsEndpoint)
            && !ignored
        {
            let what =
                format!("the profile {profile} sets the endpoint of {service} to {}, which {why}", at.value);
            let next = "write an https URL, or http on this machine".to_owned();
            return Err(self.mistake(at.line, what, Some(next)));
        }
        self.file.endpoints.insert(service, at);
        Ok(())
    }
}
