//! The inline policies of roles: grants among them.

use iam_evaluate::Kind;

use crate::faults::Refusal;
use crate::iam::call::IamCall;
use crate::iam::{pages, words};
use crate::percent;
use crate::xml;

/// The character limit of all inline policies of a role together.
const LIMIT: usize = 10_240;

pub(crate) fn put(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    let name = call.need_name("PolicyName", 128)?;
    let document = call.need("PolicyDocument")?;
    let role = call.role(Vec::new())?;
    words::check_document(Kind::Identity, document)?;
    let others = role.inline.iter().filter(|(other, _)| *other != name).map(|(_, text)| text.as_str());
    let total: usize = others.chain([document]).map(words::counted).sum();
    if total > LIMIT {
        return Err(words::too_long(LIMIT, &format!("role {}", role.name())));
    }
    role.inline.insert(name.to_owned(), document.to_owned());
    Ok(Vec::new())
}

pub(crate) fn get(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    let name = call.need_name("PolicyName", 128)?;
    let role = call.role(Vec::new())?;
    let document = role.inline.get(name).ok_or_else(|| words::no_inline(name))?;
    Ok(vec![
        xml::text("RoleName", role.name()),
        xml::text("PolicyName", name),
        xml::text("PolicyDocument", &percent::encoded(document, b"")),
    ])
}

pub(crate) fn delete(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    let name = call.need_name("PolicyName", 128)?;
    let role = call.role(Vec::new())?;
    role.inline.remove(name).ok_or_else(|| words::no_inline(name))?;
    Ok(Vec::new())
}

pub(crate) fn list(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    let names: Vec<String> = call.role(Vec::new())?.inline.keys().cloned().collect();
    pages::page(call, "PolicyNames", names.into_iter().map(|name| (name.clone(), xml::text("member", &name))))
}
