//! Roles: creating, reading, listing, changing and removing them.

use std::collections::BTreeMap;

use iam_evaluate::Kind;

use crate::authorize::key;
use crate::cloud::IamRole;
use crate::faults::Refusal;
use crate::iam::call::IamCall;
use crate::iam::{pages, tags, words};
use crate::percent;
use crate::validation::constraint;
use crate::xml;

/// The length limit of a trust policy.
const TRUST_LIMIT: usize = 2048;

pub(crate) fn get(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    Ok(vec![element("Role", call.role(Vec::new())?, true)])
}

/// IAM leaves the boundary and the tags out of lists.
pub(crate) fn list(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    let prefix = call.params.get("PathPrefix").unwrap_or("/");
    call.check(&format!("arn:aws:iam::{}:role{prefix}", call.caller.account), Vec::new())?;
    let roles: BTreeMap<String, IamRole> = call.account().roles.clone();
    let below = roles.values().filter(|role| role.path().starts_with(prefix));
    pages::page(call, "Roles", below.map(|role| (role.name().to_owned(), element("member", role, false))))
}

pub(crate) fn create(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    let name = call.need_name("RoleName", 64)?;
    let path = call.params.get("Path").unwrap_or("/");
    let trust = call.need("AssumeRolePolicyDocument")?;
    if !path.starts_with('/') || !path.ends_with('/') || path.bytes().any(|byte| !byte.is_ascii_graphic()) {
        let text = "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.";
        return Err(Refusal::new(400, "ValidationError", text));
    }
    let arn = format!("arn:aws:iam::{}:role{path}{name}", call.caller.account);
    let boundary = call.params.get("PermissionsBoundary");
    let given = tags::given(call.params);
    let mut keys = tags::keys(&given);
    keys.extend(boundary.map(|arn| key("iam:PermissionsBoundary", arn)));
    call.check(&arn, keys)?;
    check_trust(trust, name)?;
    if let Some(boundary) = boundary
        && call.cloud.policy(boundary).is_none()
    {
        return Err(words::not_attachable(boundary));
    }
    let now = call.gate.shared.sts_now();
    let seconds = max_session(call)?;
    let roles = &mut call.account().roles;
    if roles.keys().any(|known| known.eq_ignore_ascii_case(name)) {
        return Err(words::exists("Role", name));
    }
    let mut role = IamRole::new(&arn, trust).lasting(seconds.unwrap_or(3600));
    role.boundary = boundary.map(str::to_owned);
    role.tags = given;
    role.created = now;
    let element = element("Role", &role, true);
    roles.insert(name.to_owned(), role);
    Ok(vec![element])
}

pub(crate) fn delete(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    let role = call.role(Vec::new())?;
    if !role.inline.is_empty() {
        return Err(words::delete_conflict("Cannot delete entity, must delete policies first."));
    }
    if !role.attached.is_empty() {
        return Err(words::delete_conflict("Cannot delete entity, must detach all policies first."));
    }
    let name = role.name().to_owned();
    call.account().roles.remove(&name);
    Ok(Vec::new())
}

pub(crate) fn put_trust(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    let trust = call.need("PolicyDocument")?;
    let role = call.role(Vec::new())?;
    check_trust(trust, role.name())?;
    role.trust = trust.to_owned();
    Ok(Vec::new())
}

pub(crate) fn update(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    let seconds = max_session(call)?;
    let role = call.role(Vec::new())?;
    role.max_session = seconds.unwrap_or(role.max_session);
    Ok(Vec::new())
}

pub(crate) fn put_boundary(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    let boundary = call.need("PermissionsBoundary")?;
    // The key is the boundary of the new role.
    call.role(vec![key("iam:PermissionsBoundary", boundary)])?;
    if call.cloud.policy(boundary).is_none() {
        return Err(words::not_attachable(boundary));
    }
    let name = call.need("RoleName")?;
    if let Some(role) = call.account().roles.get_mut(name) {
        role.boundary = Some(boundary.to_owned());
    }
    Ok(Vec::new())
}

pub(crate) fn delete_boundary(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    call.role(Vec::new())?.boundary = None;
    Ok(Vec::new())
}

fn check_trust(trust: &str, name: &str) -> Result<(), Refusal> {
    words::check_document(Kind::Trust, trust)?;
    if words::counted(trust) > TRUST_LIMIT {
        let text = format!("Cannot exceed quota for ACLSizePerRole: {TRUST_LIMIT}");
        return Err(Refusal::new(409, "LimitExceeded", format!("{text} ({name})")));
    }
    Ok(())
}

fn max_session(call: &IamCall<'_>) -> Result<Option<u32>, Refusal> {
    let Some(text) = call.params.get("MaxSessionDuration") else { return Ok(None) };
    match text.parse() {
        Ok(seconds @ 3600..=43_200) => Ok(Some(seconds)),
        Ok(seconds) if seconds < 3600 => {
            Err(constraint(text, "maxSessionDuration", "have value greater than or equal to 3600"))
        }
        _ => Err(constraint(text, "maxSessionDuration", "have value less than or equal to 43200")),
    }
}

/// A role as IAM shows it: complete if it is requested alone, without boundary and tags in a list.
fn element(name: &str, role: &IamRole, alone: bool) -> String {
    let mut parts = vec![
        xml::text("Path", role.path()),
        xml::text("RoleName", role.name()),
        xml::text("RoleId", &role.id()),
        xml::text("Arn", &role.arn),
        xml::text("CreateDate", &role.created.to_rfc3339()),
        xml::text("AssumeRolePolicyDocument", &percent::encoded(&role.trust, b"")),
        xml::text("MaxSessionDuration", &role.max_session.to_string()),
    ];
    if let Some(boundary) = role.boundary.as_ref().filter(|_| alone) {
        let inner =
            [xml::text("PermissionsBoundaryType", "Policy"), xml::text("PermissionsBoundaryArn", boundary)];
        parts.push(xml::element("PermissionsBoundary", &inner));
    }
    if alone && !role.tags.is_empty() {
        parts.push(xml::element("Tags", &tags::members(&role.tags)));
    }
    xml::element(name, &parts)
}
