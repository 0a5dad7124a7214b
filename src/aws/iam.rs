//! An account's alias: `iam:ListAccountAliases`. Best effort: the alias is only for display, and most roles
//! may not read it.

use std::time::Duration;

use jit_wire::credentials::Credentials;
use jit_wire::http::Http;
use jit_wire::name;
use jit_wire::signed::{Caller, Endpoint};
use jit_wire::timestamp::Timestamp;

/// The alias is not worth a longer wait.
const WITHIN: Duration = Duration::from_secs(2);

/// The alias of the account that `credentials` are in; `None` if it has none, or does not report one in time.
pub async fn account_alias(
    http: &Http,
    endpoint: &Endpoint,
    credentials: &Credentials,
    now: Timestamp,
) -> Option<String> {
    let caller = Caller { http, endpoint, credentials, now };
    let answer = tokio::time::timeout(WITHIN, caller.query("ListAccountAliases", &[])).await.ok()?.ok()?;
    first_alias(std::str::from_utf8(answer.body.expose()).ok()?)
}

/// The first alias in an answer, if it is valid.
pub(super) fn first_alias(xml: &str) -> Option<String> {
    let document = roxmltree::Document::parse(xml).ok()?;
    let aliases = document.descendants().find(|node| node.tag_name().name() == "AccountAliases")?;
    let first = aliases.children().find(|node| node.tag_name().name() == "member")?.text()?.trim();
    name::is_account_alias(first).then(|| first.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(members: &str) -> String {
        format!(
            "<ListAccountAliasesResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListAccountAliasesResult>\
             <IsTruncated>false</IsTruncated><AccountAliases>{members}</AccountAliases></ListAccountAliasesResult>\
             </ListAccountAliasesResponse>"
        )
    }

    #[test]
    fn the_first_alias_is_used() {
        let cases = [
            ("<member>acme-prod</member>", Some("acme-prod")),
            ("", None),
            ("<member>\u{1b}[2J</member>", None),
            ("<member>ab</member>", None),
            ("<member>ACME</member>", None),
            ("<member>a$(b)</member>", None),
        ];
        for (members, expected) in cases {
            assert_eq!(first_alias(&answer(members)).as_deref(), expected, "{members:?}");
        }
        assert_eq!(first_alias("<!DOCTYPE a><a/>"), None);
        assert_eq!(first_alias("not XML"), None);
    }
}
