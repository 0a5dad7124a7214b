//! The accounts of an organization: `organizations:ListAccounts`, for `accounts = "organization"` in `[spokes.NAME]`.

use jit_wire::credentials::Credentials;
use jit_wire::http::Http;
use jit_wire::name;
use jit_wire::signed::{CallError, Caller, Endpoint};
use jit_wire::timestamp::Timestamp;
use serde_json::{Value, json};

/// No organization has as many pages; AWS gives at most 20 accounts on each.
const MOST_PAGES: usize = 1000;

/// The number and the name of each account that is in use.
///
/// # Errors
/// [`CallError`].
pub async fn accounts(
    http: &Http,
    endpoint: &Endpoint,
    credentials: &Credentials,
    now: Timestamp,
) -> Result<Vec<(String, String)>, CallError> {
    let caller = Caller { http, endpoint, credentials, now };
    let mut accounts = Vec::new();
    let mut input = json!({});
    for _ in 0..MOST_PAGES {
        let page = caller.json("ListAccounts", &input).await?;
        accounts.extend(of_page(&page));
        match page["NextToken"].as_str().filter(|token| !token.is_empty()) {
            Some(token) => input = json!({ "NextToken": token }),
            None => return Ok(accounts),
        }
    }
    Ok(accounts)
}

/// The accounts of a page. One that is suspended or being closed accepts no calls.
fn of_page(page: &Value) -> Vec<(String, String)> {
    let account = |account: &Value| {
        let number = account["Id"].as_str().filter(|id| name::is_account_id(id))?;
        // `Status` is what AWS replaces by `State`.
        let state = account["State"].as_str().or(account["Status"].as_str()).unwrap_or("ACTIVE");
        let called = account["Name"].as_str().and_then(name::account_name_of).unwrap_or_default();
        (state == "ACTIVE").then(|| (number.to_owned(), called))
    };
    page["Accounts"].as_array().into_iter().flatten().filter_map(account).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_in_use_are_listed() {
        let page = json!({ "Accounts": [
            { "Id": "222222222222", "Name": "acme prod", "Status": "ACTIVE" },
            { "Id": "333333333333", "Name": "old", "Status": "SUSPENDED" },
            { "Id": "444444444444", "Name": "closing", "Status": "ACTIVE", "State": "PENDING_CLOSURE" },
            { "Id": "5", "Name": "none" },
            { "Id": "666666666666", "Name": "\u{1b}x" },
            { "Id": "777777777777" },
            "no account",
        ] });
        let found = of_page(&page);
        let found: Vec<_> = found.iter().map(|(number, name)| (&**number, &**name)).collect();
        assert_eq!(found, [("222222222222", "acme prod"), ("666666666666", " x"), ("777777777777", "")]);
        assert!(of_page(&json!({})).is_empty());
    }
}
