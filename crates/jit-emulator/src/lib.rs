//! An identity provider (OpenID Connect and SAML), an Identity Center and an AWS on 127.0.0.1 that speak the
//! real protocols: for `jit demo` and for the tests.
//!
//! The IdP supports discovery, the authorization code flow with PKCE and a sign-in page, the device flow,
//! refresh tokens with rotation, revocation and logout, and signs its ID tokens. AWS is STS, IAM, S3, CloudTrail,
//! Organizations, the identity store and a few harmless calls: it verifies tokens and signatures (Signature Version 4), **evaluates the policies
//! of every call** with `iam-evaluate`, and refuses what AWS refuses in AWS's words. The tested program shares no
//! code with it except `jit-wire`, `iam-evaluate` and the rendered documents of `jit-access`, and everything
//! issued opens nothing but these servers.
//!
//! # Map
//!
//! Each line uses only those below it. A new service is a folder next to the others that implements
//! `Service`, and one line in `server`, or in `aws` if it is a service of AWS.
//!
//! ```text
//! deployment                  access on request, set up from a policy file: roles, ceilings, ledger, grantors
//! server                      the listeners and their thread
//! aws                         which service of AWS a request is for
//! idp                         who answers on the port of the IdP: idp/oidc or idp/saml
//!   idp/oidc                  routes → authorize, device, session_end → token → state
//!   idp/saml                  routes and pages → response
//!   idp/step_up               how the person signed in
//! identity_center             routes → pages, token, portal → state
//! sts                         routes → web_identity, with_saml, assume_role → state → assertion, limits
//! iam                         operations → roles, inline, attached, managed, tags, account → call → words
//! s3                          operations → objects, list, multipart, buckets, settings → call → answer
//! cloudtrail                  routes → lookup → trail
//! ec2                         one harmless call
//! directory                   Organizations' units and accounts, Identity Center's users and groups
//! secrets                     Secrets Manager
//! lambda · pagerduty          Lambda's Runtime API, and PagerDuty's on-calls: each beside the others, on a port of its own
//! side                        such a port, and its thread
//! console                     the console's sign-in page (`/federation`)
//! recorded                    what a service tells CloudTrail
//! service                     the layer around each of them: counts, arranged trouble, `Date`
//! pending                     sign-in requests that wait for the person's decision
//! authorize                   the one road to yes or no: who signed → policies, context → decision, AWS's words
//! sessions                    the AWS sessions that were issued, by any service
//! shared                      settings, keys, clocks, journal, faults, and what exists in AWS
//! arranged                    the roles of the settings, as IAM has them
//! cloud                       what exists in AWS: accounts, roles, policies, buckets
//! signing                     JSON Web Tokens, XML signatures, signatures of AWS calls
//! query · json_service · page · params · validation · percent · http_date · xml · faults · journal · settings · clock
//! ```

mod arranged;
mod authorize;
mod aws;
mod clock;
mod cloud;
mod cloudtrail;
mod console;
mod deployment;
mod directory;
mod ec2;
mod faults;
mod http_date;
mod iam;
mod identity_center;
mod idp;
mod journal;
mod json_service;
mod lambda;
mod page;
mod pagerduty;
mod params;
mod pending;
mod percent;
mod query;
mod recorded;
mod s3;
mod secrets;
mod server;
mod service;
mod sessions;
mod settings;
mod shared;
mod side;
mod signing;
mod sts;
#[cfg(test)]
mod tests;
mod thread;
mod validation;
mod xml;

pub use self::clock::{Clock, ManualClock, SystemClock};
pub use self::cloud::{Cloud, CloudBucket, CloudDirectory, CloudUnit, IamRole, StoredVersion, role_id};
pub use self::deployment::{Deployment, DeploymentError, DoorArrival, Layout};
pub use self::faults::{CallerNetwork, Edit, Faults, Flaw, Refusal, Trouble};
pub use self::journal::{Call, Decided, Issued, Journal};
pub use self::lambda::{LambdaOutcome, LambdaRuntime};
pub use self::pagerduty::{OnCallShift, PagerDutyServer};
pub use self::server::Servers;
pub use self::settings::{
    ADMIN, Account, Approval, CLIENT_ID, DEVELOPER, HUB, KeyUser, Role, Settings, Trust, User,
};
