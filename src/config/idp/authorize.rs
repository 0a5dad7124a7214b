//! The key `authorize` of `type = "oidc"`: further parameters of the authorization request, such as `domain_hint`. It may
//! add to the request that `jit` makes and replace nothing in it, because a replaced `redirect_uri` or `nonce` would undo
//! the protection of the sign-in.

use std::collections::BTreeMap;

use jit_wire::section::{At, Mistake, Section};
use jit_wire::unseen::is_unseen;

/// The parameters that `authorize` may not set, with what to do instead. Some servers ignore the case of a name, so the
/// check does too.
const OWN_PARAMETERS: [(&str, &str); 27] = [
    ("access_token", "delete it: jit sends no token to a sign-in page"),
    ("access_type", "delete it: jit sends it if the IdP needs it"),
    ("acr_values", "write acr_values = [\"…\"] beside authorize"),
    ("audience", "write audience = \"…\" beside authorize"),
    ("claims", "write acr_values and acr_request = \"claims\" beside authorize"),
    ("client_assertion", "delete it: a client shows itself to the token endpoint only"),
    ("client_assertion_type", "delete it: a client shows itself to the token endpoint only"),
    ("client_id", "write client_id = \"…\" beside authorize"),
    ("client_secret", "write client_secret = \"…\" beside authorize"),
    ("code", "delete it: the IdP makes the code"),
    ("code_challenge", "delete it: jit makes one for each sign-in"),
    ("code_challenge_method", "delete it: jit always uses S256"),
    ("code_verifier", "delete it: jit makes one for each sign-in"),
    ("dpop_jkt", "delete it: jit has no key for that"),
    ("error", "delete it: it belongs to a response"),
    ("grant_type", "delete it: it belongs to the token endpoint"),
    ("id_token_hint", "delete it: jit sends no token to a sign-in page"),
    ("max_age", "write max_age = \"…\" beside authorize"),
    ("nonce", "delete it: jit makes one for each sign-in"),
    ("redirect_uri", "write redirect_port = … beside authorize"),
    ("registration", "delete it: the client is registered at the IdP"),
    ("request", "delete it: it would replace the request that jit makes"),
    ("request_uri", "delete it: it would replace the request that jit makes"),
    ("response_mode", "delete it: jit takes the code from the URL"),
    ("response_type", "delete it: jit always asks for a code"),
    ("scope", "write scopes = [\"…\"] beside authorize"),
    ("state", "delete it: jit makes one for each sign-in"),
];

/// The longest name and the longest value, in bytes.
const NAME_LIMIT: usize = 64;
const VALUE_LIMIT: usize = 1000;

/// Reads `authorize`, if it is there.
pub(super) fn authorize(section: &mut Section<'_>) -> Result<Option<At<BTreeMap<String, String>>>, Mistake> {
    let Some(found) = section.map("authorize")? else { return Ok(None) };
    for (name, value) in &found.value {
        if let Err((what, next)) = check(name, value) {
            return Err(section.mistake_at(found.line, what, Some(next.to_owned())));
        }
    }
    Ok(Some(found))
}

/// Refuses a parameter, with what is wrong and what to do instead.
fn check(name: &str, value: &str) -> Result<(), (String, &'static str)> {
    if let Some((_, next)) = OWN_PARAMETERS.iter().find(|(own, _)| name.eq_ignore_ascii_case(own)) {
        return Err((format!("`{name}` in `authorize` is jit's own parameter"), next));
    }
    if name.eq_ignore_ascii_case("prompt") && value.split(' ').any(|word| word == "none") {
        let what = "with `prompt = \"none\"` nobody can sign in".to_owned();
        return Err((what, "such as prompt = \"select_account\""));
    }
    let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if !fits(name, NAME_LIMIT) || !name.chars().all(is_of_a_name) {
        let what = format!("`{name}` cannot be the name of a parameter");
        return Err((what, "1 to 64 letters, digits and _ - ."));
    }
    if !fits(value, VALUE_LIMIT) {
        let what = format!("the value of `{name}` in `authorize` cannot be sent");
        return Err((what, "1 to 1000 visible characters"));
    }
    Ok(())
}

/// Whether `text` is there, is no longer than `limit`, and has no characters that a person would not see.
fn fits(text: &str, limit: usize) -> bool {
    (1..=limit).contains(&text.len()) && !text.chars().any(is_unseen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file::File;
    use crate::config::idp::IdpSection;

    const OIDC: &str = "[idp.x]\ntype = \"oidc\"\nissuer = \"https://acme.okta.com\"\nclient_id = \"jit\"\n";

    /// Add a row for anything else that a sign-in page must not be sent, and one for what it may.
    #[test]
    fn authorize_adds_to_the_request_and_replaces_nothing_in_it() {
        let other_case = ["State", "CLIENT_ID", "Redirect_Uri"];
        let own = OWN_PARAMETERS.iter().map(|(name, _)| *name).chain(other_case);
        let own = own.map(|name| (name.to_owned(), "x".to_owned(), "is jit's own parameter"));
        let text = |name: &str, value: &str, what| (name.to_owned(), value.to_owned(), what);
        let others = [
            text("prompt", "none", "nobody can sign in"),
            text("prompt", "login none", "nobody can sign in"),
            text("", "x", "cannot be the name of a parameter"),
            text("a b", "x", "cannot be the name of a parameter"),
            text("a&client_id", "x", "cannot be the name of a parameter"),
            text("hd", "", "cannot be sent"),
            text("hd", "a\\u202Eb", "cannot be sent"),
            text("hd", "a\\nb", "cannot be sent"),
        ];
        for (name, value, what) in own.chain(others) {
            let line = format!("{OIDC}authorize = {{ \"{name}\" = \"{value}\" }}\n");
            let mistake = File::parse("c.toml", &line).unwrap_err();
            let shown = mistake.to_string();
            assert!(shown.starts_with("c.toml:5:13") && shown.contains(what), "{name}: {shown}");
            assert!(mistake.suggestion.is_some(), "{name}");
        }
        for (name, value) in [
            ("prompt", "select_account"),
            ("domain_hint", "acme.com"),
            ("login_hint", "alice@acme.com"),
            ("kc_idp_hint", "corp"),
            ("organization", "org_1 €"),
        ] {
            let file =
                File::parse("c.toml", &format!("{OIDC}authorize = {{ {name} = \"{value}\" }}\n")).unwrap();
            let IdpSection::Oidc(oidc) = &file.idps["x"] else { panic!("{file:?}") };
            assert_eq!(oidc.authorize.as_ref().unwrap().value[name], value);
        }
    }
}
