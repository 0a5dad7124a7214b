//! Harmless calls about the account as a whole.

use crate::faults::Refusal;
use crate::iam::call::IamCall;
use crate::xml;

pub(crate) fn aliases(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    call.check("*", Vec::new())?;
    let alias: Vec<String> = call.account().alias.iter().map(|alias| xml::text("member", alias)).collect();
    Ok(vec![xml::text("IsTruncated", "false"), xml::element("AccountAliases", &alias)])
}

pub(crate) fn summary(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    call.check("*", Vec::new())?;
    let account = call.account();
    let counts = [
        ("Policies", account.policies.len()),
        ("Roles", account.roles.len()),
        ("Users", account.users.len()),
        ("RolePolicySizeQuota", 10_240),
    ];
    let entry = |(name, count): (&str, usize)| {
        xml::element("entry", &[xml::text("key", name), xml::text("value", &count.to_string())])
    };
    let entries: Vec<String> = counts.into_iter().map(entry).collect();
    Ok(vec![xml::element("SummaryMap", &entries)])
}
