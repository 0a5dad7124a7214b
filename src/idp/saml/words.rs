//! What to try next after an error of the provider's.

use super::SamlError;
use crate::idp::hand_over::Contested;

const ASK_ADMINISTRATOR: &str = "show this to whoever manages the identity provider";
const CLOCK: &str = "check this machine's clock: `jit doctor`";
const AGAIN: &str = "run `jit login` again";

impl SamlError {
    /// What to try next, in the order to try it; each a clause without a full stop.
    pub fn next(&self) -> Vec<String> {
        let next: &[&str] = match self {
            Self::Address { .. } => &["check `sso_url` or `start_url`: `jit explain`"],
            Self::TooLong(_) => &["have the IdP send fewer groups and roles for AWS"],
            Self::Status(status) if status.is("NoPassive") || status.is("NoAuthnContext") => {
                &[crate::idp::START_OVER, ASK_ADMINISTRATOR]
            }
            Self::Status(status) if status.is("RequestDenied") || status.is("UnknownPrincipal") => {
                &["ask to be assigned to the AWS application at the identity provider"]
            }
            Self::Status(_) => &[ASK_ADMINISTRATOR],
            Self::Unsolicited => &[
                "have the IdP answer the request (SP-initiated), and check `sso_url`",
                "or let the IdP begin: start_url and capture = \"browser\"",
            ],
            Self::OtherRequest | Self::Replayed => &[AGAIN],
            Self::Recipient(_) => &[
                "register jit's own address at the IdP as ACS and Recipient (`jit explain` shows acs_host and acs_port)",
                "or catch the response on its way to AWS: capture = \"browser\"",
            ],
            Self::Audience(_) => {
                &["have the IdP send the audience urn:amazon:webservices, or set `entity_id`"]
            }
            Self::Issuer { .. } => &["compare `issuer` with the IdP's entity id, letter by letter"],
            Self::Expired { .. } | Self::NotYet { .. } => &[CLOCK, AGAIN],
            Self::JoinedRoles(_) => &[
                "have the IdP send one AttributeValue for each pair, instead of a list joined by a character",
            ],
            Self::NoRole { near: Some(_) } => {
                &["have the attribute's name corrected: upper and lower case count"]
            }
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
                "end the program that uses it",
                "or set another `acs_port`, which the provider has to have registered",
            ],
            Self::Listen { .. } => &["set `acs_port` to a free one above 1023"],
            Self::NobodyCame(_) => &[AGAIN],
            Self::NoDeviceCode => {
                &["leave out --device; over SSH, forward the port: ssh -L PORT:127.0.0.1:PORT"]
            }
            Self::NeedsWindow => {
                &["leave out --no-browser", "or register a loopback ACS at the IdP: capture = \"loopback\""]
            }
            Self::Contested(_) => Contested::NEXT,
            Self::Capture(error) => return error.next(),
            Self::NoRandom | Self::NothingKept => &[],
        };
        next.iter().map(|clause| (*clause).to_owned()).collect()
    }
}
