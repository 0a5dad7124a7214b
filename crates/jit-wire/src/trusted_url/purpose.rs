//! The purpose of a URL, and the rules for it.

use super::host::Place;
use super::{TrustedUrl, UrlError};

/// The purpose of a URL.
#[derive(Clone, Copy, Debug)]
pub enum Purpose<'a> {
    /// The issuer of an OpenID provider, named by the configuration or a person.
    Issuer,
    /// A URL of an IdP, named by the configuration or a person.
    Idp,
    /// The endpoint of a service, announced by an IdP; the value is the URL of the announcement.
    EndpointOf(&'a TrustedUrl),
    /// A page that an IdP wants the person to open; the value is the URL that named it.
    PageOf(&'a TrustedUrl),
    /// A page for the browser.
    Page,
    /// An AWS endpoint set by a profile or a variable.
    AwsEndpoint,
    /// The source of a container's credentials.
    Container,
    /// The metadata service of an instance.
    Instance,
    /// A shared file.
    SharedFile,
    /// A proxy.
    Proxy,
}

/// Hosts that are accepted.
#[derive(Clone, Copy)]
enum Hosts {
    Any,
    /// Any, but this machine or its link only if the source is there too, or on the same host.
    Outwards,
    ThisMachine,
    /// This machine, if the source is there too.
    ThisMachineFromThere,
    /// This machine, all of 127.0.0.0/8 and these.
    LoopbackAnd(&'static [&'static str]),
}

/// One row of the table.
struct Rule {
    what: &'static str,
    https: Hosts,
    http: Hosts,
    query: bool,
    fragment: bool,
    user: bool,
}

/// The most common rule.
const USUAL: Rule =
    Rule { what: "", https: Hosts::Any, http: Hosts::ThisMachine, query: true, fragment: false, user: false };
/// Addresses to which no packet leaves the machine: those of ECS, and of EKS over IPv4 and IPv6.
const OF_CONTAINERS: &[&str] = &["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"];
const OF_INSTANCES: &[&str] = &["169.254.169.254", "[fd00:ec2::254]"];

impl Purpose<'_> {
    fn rule(self) -> Rule {
        let announced = Rule { https: Hosts::Outwards, http: Hosts::ThisMachineFromThere, ..USUAL };
        match self {
            Self::Issuer => Rule { what: "`issuer`", query: false, ..USUAL },
            Self::Idp => {
                let what = "`sso_url`, `start_url`, `org`, `app_url`, `acs_url`, and what you type in `jit configure`";
                Rule { what, fragment: true, ..USUAL }
            }
            Self::EndpointOf(_) => {
                let what = "endpoints and key lists that an IdP announces, links of an Okta org";
                Rule { what, ..announced }
            }
            Self::PageOf(_) => {
                let what =
                    "pages that an IdP announces: to sign in, for a device code, to sign out; SAML metadata";
                Rule { what, fragment: true, ..announced }
            }
            Self::Page => Rule { what: "any URL that a browser opens", fragment: true, ..USUAL },
            Self::AwsEndpoint => Rule { what: "`AWS_ENDPOINT_URL…` and `endpoint_url`", ..USUAL },
            Self::Container => {
                let what = "`AWS_CONTAINER_CREDENTIALS_…_URI`";
                Rule { what, http: Hosts::LoopbackAnd(OF_CONTAINERS), ..USUAL }
            }
            Self::Instance => {
                let what = "`AWS_EC2_METADATA_SERVICE_ENDPOINT` and `ec2_metadata_service_endpoint`";
                Rule { what, http: Hosts::LoopbackAnd(OF_INSTANCES), query: false, ..USUAL }
            }
            Self::SharedFile => Rule { what: "a shared file (`jit configure add`)", ..USUAL },
            Self::Proxy => Rule {
                what: "`HTTPS_PROXY`, `ALL_PROXY`",
                http: Hosts::Any,
                query: false,
                user: true,
                ..USUAL
            },
        }
    }

    /// The URL that names this one, if it is remote.
    fn named_by(&self) -> Option<&TrustedUrl> {
        match self {
            Self::EndpointOf(by) | Self::PageOf(by) => Some(by),
            _ => None,
        }
    }

    /// Checks a URL against the rules; `user` if there was a user name before the host.
    pub(super) fn check(self, url: &TrustedUrl, user: bool) -> Result<(), UrlError> {
        let rule = self.rule();
        let hosts = if url.secure { rule.https } else { rule.http };
        let by = self.named_by();
        let from_there = by.is_some_and(|by| {
            matches!(by.place, Place::ThisMachine | Place::Loopback | Place::BelowLocalhost)
        });
        let inwards = || UrlError::Inwards(by.map(|by| by.origin().to_owned()).unwrap_or_default());
        match hosts {
            Hosts::Any => {}
            Hosts::Outwards => {
                let neighbour = by.is_some_and(|by| by.secure && by.host() == url.host());
                if url.place != Place::Elsewhere && !from_there && !neighbour {
                    return Err(inwards());
                }
            }
            Hosts::LoopbackAnd(also) if url.place == Place::Loopback || also.contains(&url.host()) => {}
            _ if url.place != Place::ThisMachine => return Err(UrlError::Scheme),
            Hosts::ThisMachineFromThere if !from_there => return Err(inwards()),
            Hosts::ThisMachine | Hosts::ThisMachineFromThere | Hosts::LoopbackAnd(_) => {}
        }
        let behind = &url.text[url.path..];
        let more = [
            (user && !rule.user, "a name before the host"),
            (behind.contains('#') && !rule.fragment, "a fragment (#)"),
            (behind.contains('?') && !rule.query, "a query (?)"),
        ];
        more.into_iter().find(|(has, _)| *has).map_or(Ok(()), |(_, what)| Err(UrlError::More(what)))
    }
}

/// The rules as a table in Markdown, which SECURITY.md contains verbatim.
pub fn table() -> String {
    let somebody = TrustedUrl::of_this_machine(1, "/");
    let all = [
        Purpose::Issuer,
        Purpose::Idp,
        Purpose::EndpointOf(&somebody),
        Purpose::PageOf(&somebody),
        Purpose::Page,
        Purpose::AwsEndpoint,
        Purpose::Container,
        Purpose::Instance,
        Purpose::SharedFile,
        Purpose::Proxy,
    ];
    let hosts = |hosts| match hosts {
        Hosts::Any => "any host".to_owned(),
        Hosts::Outwards => {
            "any host; this machine and its link only if the IdP is on this machine, or has the same host"
                .to_owned()
        }
        Hosts::ThisMachine => "this machine".to_owned(),
        Hosts::ThisMachineFromThere => "this machine, if the IdP is on this machine".to_owned(),
        Hosts::LoopbackAnd(also) => format!("this machine, 127.0.0.0/8, `{}`", also.join("`, `")),
    };
    let mut table =
        "| what | over https | over plain http | may also have |\n| --- | --- | --- | --- |\n".to_owned();
    for rule in all.map(Purpose::rule) {
        let more = [(rule.query, "query"), (rule.fragment, "fragment"), (rule.user, "user name")];
        let more: Vec<_> = more.into_iter().filter(|(may, _)| *may).map(|(_, what)| what).collect();
        let more = if more.is_empty() { "nothing".to_owned() } else { more.join(", ") };
        table.push_str(&format!(
            "| {} | {} | {} | {more} |\n",
            rule.what,
            hosts(rule.https),
            hosts(rule.http)
        ));
    }
    table
}
