//! `type = "identity-center"`: the access portal of IAM Identity Center, and how the browser gets there. The
//! checks of the URL and the region are shared with the `[sso-session]` of AWS's files (`limits::of_center`).

use super::values::choice;
use crate::config::limits::{self, Dialect, RefusedSetting};
use crate::plan::Flow;
use jit_wire::section::{At, Mistake, Section};

/// An example of a start URL, for messages.
pub(in crate::config) const CENTER_START_URL: &str = "https://acme.awsapps.com/start";

/// The keys of an Identity Center.
#[derive(Debug)]
#[expect(missing_docs, reason = "named as in the file; `plan::CenterSettings` says what they mean")]
pub struct CenterSection {
    pub start_url: At<String>,
    pub region: At<String>,
    pub flow: Option<At<Flow>>,
    pub redirect_port: Option<At<u16>>,
    pub auto_login: Option<At<bool>>,
}

pub(super) fn read(
    section: &mut Section<'_>,
    auto_login: Option<At<bool>>,
) -> Result<CenterSection, Mistake> {
    let mut start_url = section.required("start_url", CENTER_START_URL)?;
    remove_page(&mut start_url.value);
    let region = section.required("region", "eu-west-1")?;
    let flows = [("auto", Flow::Auto), ("browser", Flow::Browser), ("device", Flow::Device)];
    let center = CenterSection {
        start_url,
        region,
        flow: choice(section, "flow", &flows)?,
        redirect_port: section.port("redirect_port")?,
        auto_login,
    };
    match limits::of_center(&center, Dialect::Ours) {
        Some(RefusedSetting { line, what, next, .. }) => Err(section.mistake_at(line, what, Some(next))),
        None => Ok(center),
    }
}

/// Shortens a start URL that was copied from the browser to the part that names the portal. The portal puts
/// its own pages behind a `#`, and with a trailing slash it would be another URL.
pub(in crate::config) fn remove_page(start_url: &mut String) {
    let end = start_url.find('#').unwrap_or(start_url.len());
    start_url.truncate(start_url[..end].trim_end_matches('/').len());
}
