//! The accounts of units (AWS Organizations API Reference).

use serde_json::{Value, json};

use crate::cloud::CloudDirectory;
use crate::faults::Refusal;
use crate::json_service::{page, required};
use crate::sessions::Session;

pub(super) fn answer(
    directory: &CloudDirectory,
    action: &str,
    caller: &Session,
    input: &Value,
    page_size: usize,
) -> Result<Value, Refusal> {
    if caller.account != directory.management {
        let text = "You don't have permissions to access this resource.";
        return Err(Refusal::new(400, "AccessDeniedException", text));
    }
    let parent = required(input, "ParentId")?;
    let unit = directory.units.get(parent).ok_or_else(|| {
        let text = format!("You specified a parent that doesn't exist: {parent}");
        Refusal::new(400, "ParentNotFoundException", text)
    })?;
    if action.ends_with("ListAccountsForParent") {
        let about = |id: &String| {
            let state = if directory.suspended.contains(id) { "SUSPENDED" } else { "ACTIVE" };
            let arn = format!("arn:aws:organizations::{}:account/o-acmedemo00/{id}", directory.management);
            json!({ "Id": id, "Arn": arn, "Name": id, "State": state, "Status": state })
        };
        return page("Accounts", unit.accounts.iter().map(about).collect(), input, page_size);
    }
    let about = |id: &String| json!({ "Id": id, "Name": id });
    page("OrganizationalUnits", unit.units.iter().map(about).collect(), input, page_size)
}
