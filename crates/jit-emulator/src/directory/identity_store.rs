//! Users and groups (Identity Store API Reference).

use serde_json::{Value, json};

use crate::cloud::CloudDirectory;
use crate::faults::Refusal;
use crate::json_service::required;

pub(super) fn answer(directory: &CloudDirectory, action: &str, input: &Value) -> Result<Value, Refusal> {
    let store = required(input, "IdentityStoreId")?;
    if store != directory.store {
        return Err(absent("IDENTITY_STORE"));
    }
    match action {
        "identitystore:GetUserId" => {
            let name = input.pointer("/AlternateIdentifier/UniqueAttribute/AttributeValue");
            let user = name.and_then(Value::as_str).and_then(|name| directory.named(name));
            let user = user.ok_or_else(|| absent("USER"))?;
            Ok(json!({ "IdentityStoreId": store, "UserId": CloudDirectory::user_id(user) }))
        }
        "identitystore:DescribeUser" => {
            let id = required(input, "UserId")?;
            let user = directory.user(id).ok_or_else(|| absent("USER"))?;
            Ok(json!({ "IdentityStoreId": store, "UserId": id, "UserName": user }))
        }
        "identitystore:DescribeGroup" => {
            let id = required(input, "GroupId")?;
            directory.groups.get(id).ok_or_else(|| absent("GROUP"))?;
            Ok(json!({ "IdentityStoreId": store, "GroupId": id, "DisplayName": id }))
        }
        _ => {
            let id = input.pointer("/MemberId/UserId").and_then(Value::as_str).unwrap_or_default();
            let user = directory.user(id).ok_or_else(|| absent("USER"))?;
            let groups: Vec<&str> = input
                .get("GroupIds")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            if groups.is_empty() || groups.len() > 100 {
                let text = "Member must have length between 1 and 100, inclusive";
                return Err(Refusal::new(400, "ValidationException", text));
            }
            let results = groups.into_iter().map(|group| {
                let members = directory.groups.get(group).ok_or_else(|| absent("GROUP"))?;
                let is_in = members.contains(user);
                Ok(json!({ "GroupId": group, "MemberId": { "UserId": id }, "MembershipExists": is_in }))
            });
            Ok(json!({ "Results": results.collect::<Result<Vec<_>, Refusal>>()? }))
        }
    }
}

fn absent(what: &str) -> Refusal {
    Refusal::new(400, "ResourceNotFoundException", format!("{what} not found."))
}
