//! An identity provider (OpenID Connect and SAML), an Identity Center and an STS on 127.0.0.1 that speak the
//! real protocols: for `jit demo` and for the tests.
//!
//! The IdP supports discovery, the authorization code flow with PKCE and a sign-in page, the device flow,
//! refresh tokens with rotation, revocation and logout, and signs its ID tokens. The STS verifies them,
//! checks Signature Version 4, and refuses what AWS refuses in AWS's words. The tested program shares no code
//! with it except `jit-wire`, and everything issued opens nothing but these servers.
//!
//! # Map
//!
//! Each line uses only those below it. A new service is a folder next to the others that implements
//! `Service`, and one line in `server`.
//!
//! ```text
//! server                      the listeners and their thread
//! aws                         who answers on the port of STS: sts, or the console's sign-in
//! idp                         who answers on the port of the IdP: idp/oidc or idp/saml
//!   idp/oidc                  routes → authorize, device, session_end → token → state
//!   idp/saml                  routes and pages → response
//!   idp/step_up               how the person signed in
//! identity_center             routes → pages, token, portal → state
//! sts                         routes → web_identity, with_saml, assume_role → assertion, sigv4, limits, answer
//! console                     the console's sign-in page (`/federation`)
//! service                     the layer around each of them: counts, arranged trouble, `Date`
//! sessions                    the AWS sessions that were issued, by any service
//! shared                      settings, keys, clocks, journal, faults
//! signing                     JSON Web Tokens and XML signatures
//! page · params · xml · faults · journal · settings · clock
//! ```

mod aws;
mod clock;
mod console;
mod faults;
mod identity_center;
mod idp;
mod journal;
mod page;
mod params;
mod server;
mod service;
mod sessions;
mod settings;
mod shared;
mod signing;
mod sts;
#[cfg(test)]
mod tests;
mod xml;

pub use self::clock::{Clock, ManualClock, SystemClock};
pub use self::faults::{Edit, Faults, Flaw, Refusal, Trouble};
pub use self::journal::{Call, Issued, Journal};
pub use self::server::Servers;
pub use self::settings::{
    ADMIN, Account, Approval, CLIENT_ID, DEVELOPER, HUB, KeyUser, Role, Settings, Trust, User,
};
