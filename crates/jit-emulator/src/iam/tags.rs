//! The tags of roles: `jit-freeze` among them.

use std::collections::BTreeMap;

use crate::authorize::{Keys, key};
use crate::faults::Refusal;
use crate::iam::call::IamCall;
use crate::iam::pages;
use crate::params::Params;
use crate::xml;

/// The tags of a call.
pub(crate) fn given(params: &Params) -> BTreeMap<String, String> {
    let pairs = params.list("Tags", ".Key").zip(params.list("Tags", ".Value"));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The condition keys for the tags of a call.
pub(crate) fn keys(given: &BTreeMap<String, String>) -> Keys {
    let mut keys: Keys =
        given.iter().map(|(name, value)| key(format!("aws:RequestTag/{name}"), value)).collect();
    keys.push(("aws:TagKeys".to_owned(), given.keys().cloned().collect()));
    keys
}

/// Tags as elements.
pub(crate) fn members(tags: &BTreeMap<String, String>) -> Vec<String> {
    tags.iter().map(|(name, value)| member(name, value)).collect()
}

fn member(name: &str, value: &str) -> String {
    xml::element("member", &[xml::text("Key", name), xml::text("Value", value)])
}

pub(crate) fn put(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    let given = given(call.params);
    let role = call.role(keys(&given))?;
    role.tags.extend(given);
    Ok(Vec::new())
}

pub(crate) fn delete(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    let names: Vec<String> = call.params.list("TagKeys", "").map(str::to_owned).collect();
    let role = call.role(vec![("aws:TagKeys".to_owned(), names.clone())])?;
    role.tags.retain(|name, _| !names.contains(name));
    Ok(Vec::new())
}

pub(crate) fn list(call: &mut IamCall<'_>) -> Result<Vec<String>, Refusal> {
    let tags = call.role(Vec::new())?.tags.clone();
    pages::page(call, "Tags", tags.iter().map(|(name, value)| (name.clone(), member(name, value))))
}
