//! Managed policies that are attached to roles.

use crate::authorize::{Keys, key, known_of_aws};
use crate::faults::Refusal;
use crate::iam::call::IamCall;
use crate::iam::{pages, words};
use crate::xml;

fn about(arn: &str) -> Keys {
    vec![key("iam:PolicyARN", arn)]
}

pub(crate) fn attach(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    let arn = call.need("PolicyArn")?;
    let name = call.role(about(arn))?.name().to_owned();
    if call.cloud.policy(arn).is_none() && known_of_aws(arn).is_none() {
        return Err(words::not_attachable(arn));
    }
    if let Some(role) = call.account().roles.get_mut(&name) {
        role.attached.insert(arn.to_owned());
    }
    Ok(Vec::new())
}

pub(crate) fn detach(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    let arn = call.need("PolicyArn")?;
    let was = call.role(about(arn))?.attached.remove(arn);
    if was { Ok(Vec::new()) } else { Err(words::not_attached(arn)) }
}

pub(crate) fn list(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    let arns: Vec<String> = call.role(Vec::new())?.attached.iter().cloned().collect();
    let entry = |arn: String| {
        let name = arn.rsplit('/').next().unwrap_or_default();
        let parts = [xml::text("PolicyName", name), xml::text("PolicyArn", &arn)];
        let element = xml::element("member", &parts);
        (arn, element)
    };
    pages::page(call, "AttachedPolicies", arns.into_iter().map(entry))
}
