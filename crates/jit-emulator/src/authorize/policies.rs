//! The policies that apply to a call.

use iam_evaluate::{Kind, Policies, Policy};

use crate::authorize::question::Who;
use crate::cloud::{Cloud, account_of, read};

/// The policy that AWS attaches to every root, unit and account by default.
const FULL_ACCESS: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
/// `ReadOnlyAccess`, in short.
const READ_ONLY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["*:Describe*","*:Get*","*:List*"],"Resource":"*"}]}"#;
/// Replaces a document that cannot be read or found: it allows nothing and denies everything.
const NOTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;

/// The policies that apply to `who`, with that of the resource.
pub(crate) fn of(cloud: &Cloud, who: Who<'_>, resource: Option<Policy>) -> Policies {
    let Who::Session(session) = who else { return Policies { resource, ..Policies::default() } };
    let account = cloud.accounts.get(session.account.as_str());
    let role = cloud.role(&session.role_arn).filter(|_| session.is_of_role());
    let user = account.and_then(|account| account.users.get(&session.arn));
    let inline = role.map(|role| &role.inline).or(user).into_iter().flatten();
    let mut identity: Vec<Policy> =
        inline.flat_map(|(name, document)| parsed(name, Kind::Identity, document)).collect();
    for arn in role.into_iter().flat_map(|role| &role.attached) {
        identity.extend(managed(cloud, arn, Kind::Identity));
    }
    let boundary = role.and_then(|role| role.boundary.as_deref());
    let service_control = match account.map(|account| account.service_control.as_slice()) {
        None | Some([]) => Vec::new(),
        Some(attached) => {
            let full = parsed("FullAWSAccess", Kind::ServiceControl, FULL_ACCESS);
            let own = attached.iter().flat_map(|text| parsed("SCP", Kind::ServiceControl, text));
            vec![full.into_iter().chain(own).collect()]
        }
    };
    Policies {
        identity,
        boundary: boundary.and_then(|arn| managed(cloud, arn, Kind::Boundary)),
        session: session.proof.policies.clone(),
        resource,
        service_control,
        resource_control: Vec::new(),
    }
}

/// A managed policy. One that does not exist, or is AWS's own and unknown here, allows nothing.
pub(crate) fn managed(cloud: &Cloud, arn: &str, kind: Kind) -> Option<Policy> {
    let known = cloud.policy(arn).or_else(|| known_of_aws(arn));
    match (known, kind) {
        (Some(document), _) => parsed(arn, kind, document),
        // A boundary that is missing must not count as no boundary.
        (None, Kind::Boundary) => parsed(arn, kind, NOTHING),
        (None, _) => None,
    }
}

/// The text of a few policies that AWS manages.
pub(crate) fn known_of_aws(arn: &str) -> Option<&'static str> {
    if account_of(arn) != "aws" {
        return None;
    }
    match arn.rsplit('/').next() {
        Some("AdministratorAccess") => Some(FULL_ACCESS),
        Some("ReadOnlyAccess") => Some(READ_ONLY),
        _ => None,
    }
}

/// Documents are checked when they are added; if one cannot be parsed now, everything is denied.
fn parsed(name: &str, kind: Kind, document: &str) -> Option<Policy> {
    read(name, kind, document).or_else(|_| read(name, kind, NOTHING)).ok()
}
