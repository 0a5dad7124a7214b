//! Managed policies: ceilings among them. Each has the one version `v1`.

use iam_evaluate::Kind;

use crate::faults::Refusal;
use crate::iam::call::IamCall;
use crate::iam::words;
use crate::percent;
use crate::xml;
use jit_wire::timestamp::Timestamp;

/// The character limit of a managed policy.
const LIMIT: usize = 6_144;
/// The creation time of all of them.
const CREATED: Timestamp = Timestamp(1_700_000_000);

/// The document of the call's policy.
fn document(call: &IamCall<'_>, arn: &str) -> Result<String, Refusal> {
    call.check(arn, Vec::new())?;
    call.cloud.policy(arn).map(str::to_owned).ok_or_else(|| words::no_policy(arn))
}

fn policy(call: &IamCall<'_>, arn: &str) -> String {
    let account = call.cloud.accounts.get(call.caller.account.as_str());
    let roles = || account.into_iter().flat_map(|account| account.roles.values());
    let attached = roles().filter(|role| role.attached.contains(arn)).count();
    let bounding = roles().filter(|role| role.boundary.as_deref() == Some(arn)).count();
    let resource = arn.splitn(6, ':').nth(5).and_then(|resource| resource.strip_prefix("policy"));
    let (path, name) = resource.and_then(|resource| resource.rsplit_once('/')).unwrap_or_default();
    xml::element(
        "Policy",
        &[
            xml::text("PolicyName", name),
            xml::text("PolicyId", &crate::cloud::role_id(arn).replacen("AROA", "ANPA", 1)),
            xml::text("Arn", arn),
            xml::text("Path", &format!("{path}/")),
            xml::text("DefaultVersionId", "v1"),
            xml::text("AttachmentCount", &attached.to_string()),
            xml::text("PermissionsBoundaryUsageCount", &bounding.to_string()),
            xml::text("IsAttachable", "true"),
            xml::text("CreateDate", &CREATED.to_rfc3339()),
            xml::text("UpdateDate", &CREATED.to_rfc3339()),
        ],
    )
}

pub(crate) fn get(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    let arn = call.need("PolicyArn")?;
    document(call, arn)?;
    Ok(vec![policy(call, arn)])
}

pub(crate) fn get_version(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    let arn = call.need("PolicyArn")?;
    let version = call.need("VersionId")?;
    let text = document(call, arn)?;
    if version != "v1" {
        return Err(words::no_version(arn, version));
    }
    let encoded = percent::encoded(&text, b"");
    let mut parts = vec![xml::text("Document", &encoded)];
    parts.extend(version_parts());
    Ok(vec![xml::element("PolicyVersion", &parts)])
}

pub(crate) fn list_versions(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    let arn = call.need("PolicyArn")?;
    document(call, arn)?;
    let only = xml::element("member", &version_parts());
    Ok(vec![xml::text("IsTruncated", "false"), xml::element("Versions", &[only])])
}

fn version_parts() -> [String; 3] {
    [
        xml::text("VersionId", "v1"),
        xml::text("IsDefaultVersion", "true"),
        xml::text("CreateDate", &CREATED.to_rfc3339()),
    ]
}

pub(crate) fn create(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    let name = call.need_name("PolicyName", 128)?;
    let text = call.need("PolicyDocument")?;
    let path = call.params.get("Path").unwrap_or("/");
    let arn = format!("arn:aws:iam::{}:policy{path}{name}", call.caller.account);
    call.check(&arn, Vec::new())?;
    words::check_document(Kind::Identity, text)?;
    if words::counted(text) > LIMIT {
        return Err(Refusal::new(
            409,
            "LimitExceeded",
            format!("Cannot exceed quota for PolicySize: {LIMIT}"),
        ));
    }
    if call.cloud.policy(&arn).is_some() {
        return Err(words::exists("A policy called", name));
    }
    call.account().policies.insert(arn.clone(), text.to_owned());
    Ok(vec![policy(call, &arn)])
}

pub(crate) fn delete(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    let arn = call.need("PolicyArn")?;
    document(call, arn)?;
    let roles = &call.account().roles;
    let used =
        |role: &crate::cloud::IamRole| role.attached.contains(arn) || role.boundary.as_deref() == Some(arn);
    if roles.values().any(used) {
        return Err(words::delete_conflict("Cannot delete a policy attached to entities."));
    }
    call.account().policies.remove(arn);
    Ok(Vec::new())
}
