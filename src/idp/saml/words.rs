//! How an IdP error explains itself.

use super::SamlError;
use crate::idp::ASK_ADMINISTRATOR;
use jit_wire::explain::{Explain, Kind, Next};

impl Explain for SamlError {
    fn kind(&self) -> Kind {
        match self {
            Self::PortTaken(_)
            | Self::Listen { .. }
            | Self::NobodyCame(_)
            | Self::NoDeviceCode { .. }
            | Self::NeedsWindow
            | Self::NoRandom
            | Self::Address { .. }
            | Self::Contested(_) => Kind::Failed,
            // Only renewals return these.
            Self::NothingKept => Kind::LoginNeeded,
            Self::Capture(error) => error.kind(),
            // Somebody refused, or the answer cannot be trusted.
            _ => Kind::Refused,
        }
    }

    fn next(&self) -> Vec<Next> {
        let next: &[&'static str] = match self {
            Self::Address { .. } => return vec![Next::Explain("check `sso_url` or `start_url`".into())],
            Self::TooLong(_) => &["have the IdP send fewer groups and roles for AWS"],
            Self::Status(status) if status.is("NoPassive") => {
                return vec![Next::SignInAnew, Next::words(ASK_ADMINISTRATOR)];
            }
            Self::Status(status) if status.is("NoAuthnContext") => {
                return vec![
                    Next::SignInAnew,
                    Next::words("check `authn_context` of the IdP and `acr` of the role, where they are set"),
                    Next::words(ASK_ADMINISTRATOR),
                ];
            }
            Self::Status(status) if status.is("AuthnFailed") => {
                return vec![Next::SignInAnew, Next::words(ASK_ADMINISTRATOR)];
            }
            Self::Status(status) if status.is("RequestDenied") || status.is("UnknownPrincipal") => {
                &["ask to be assigned to the AWS application at the identity provider"]
            }
            Self::Status(_) => &[ASK_ADMINISTRATOR],
            Self::Unsolicited => &[
                "have the IdP answer the request (SP-initiated), and check `sso_url`",
                "or start the sign-in at the IdP: start_url and capture = \"browser\"",
            ],
            Self::OtherRequest | Self::Replayed => return vec![Next::SignInAgain],
            Self::Recipient(_) => {
                return vec![
                    Next::Explain(
                        "register jit's own URL at the IdP as ACS and Recipient: acs_host and acs_port say which"
                            .into(),
                    ),
                    Next::words("or capture the response on its way to AWS: capture = \"browser\""),
                ];
            }
            Self::Audience(_) => {
                &["have the IdP send the audience urn:amazon:webservices, or set `entity_id`"]
            }
            Self::Issuer { .. } => &["compare `issuer` with the IdP's entity id, letter by letter"],
            Self::Expired { .. } | Self::NotYet { .. } => return vec![Next::Clock, Next::SignInAgain],
            Self::JoinedRoles(_) => {
                &["have the IdP send one AttributeValue for each pair, instead of a list with separators"]
            }
            Self::NoRole { near: Some(_) } => &["have the attribute's name corrected: case matters"],
            Self::NoRole { near: None } => &[
                "ask to be assigned to a role of the AWS application",
                "have the IdP send the attribute https://aws.amazon.com/SAML/Attributes/Role",
            ],
            Self::NotBase64
            | Self::Encoding
            | Self::NotXml(_)
            | Self::Dtd
            | Self::NotAResponse(_)
            | Self::NoStatus
            | Self::NoAssertion
            | Self::SeveralAssertions(_)
            | Self::NoSubject
            | Self::NoBearer
            | Self::Instant { .. }
            | Self::BadRole(_)
            | Self::NoSessionName
            | Self::BadSessionName(_)
            | Self::Twice(_) => &[ASK_ADMINISTRATOR],
            Self::PortTaken(_) => &[
                "stop the program that uses it",
                "or set another `acs_port`, which must be registered at the IdP",
            ],
            Self::Listen { .. } => &["set `acs_port` to a free port above 1023"],
            Self::NobodyCame(_) => return vec![Next::SignInAgain],
            Self::NoDeviceCode { port: None } => &["leave out --device"],
            Self::NoDeviceCode { port: Some(port) } => {
                return vec![Next::words(format!(
                    "leave out --device; over SSH, forward the port: ssh -L {port}:127.0.0.1:{port}"
                ))];
            }
            Self::NeedsWindow => {
                &["leave out --no-browser", "or register a loopback ACS at the IdP: capture = \"loopback\""]
            }
            Self::Contested(error) => return error.next(),
            Self::Capture(error) => return error.next(),
            Self::NothingKept => return vec![Next::SignIn],
            Self::NoRandom => &[],
        };
        next.iter().map(|words| Next::words(*words)).collect()
    }
}
