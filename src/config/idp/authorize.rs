//! The key `authorize` of `type = "oidc"`: extra parameters of the authorization request, such as
//! `domain_hint`. It can add parameters but not replace those of `jit`: a replaced `redirect_uri` or `nonce`
//! would undo the protection of the sign-in.

use std::collections::BTreeMap;

use jit_wire::section::{At, Mistake, Section};
use jit_wire::unseen::is_unseen;

/// What to do with a parameter that `authorize` must not set.
enum Instead {
    /// Delete it, for this reason.
    Delete(&'static str),
    /// Set this key of the section instead, in this form. If the key is already set, delete the parameter.
    Beside(&'static str, &'static str),
}

use Instead::{Beside, Delete};

/// The parameters that `authorize` must not set. Some servers ignore the case of a name, so the check does
/// too.
const OWN_PARAMETERS: [(&str, Instead); 27] = [
    ("access_token", Delete("delete it: jit sends no token to a sign-in page")),
    ("access_type", Delete("delete it: jit sends it if the IdP needs it")),
    ("acr_values", Beside("acr_values", "acr_values = [\"…\"]")),
    ("audience", Beside("audience", "audience = \"…\"")),
    ("claims", Beside("acr_request", "acr_values = [\"…\"] and acr_request = \"claims\"")),
    ("client_assertion", Delete("delete it: clients authenticate only to the token endpoint")),
    ("client_assertion_type", Delete("delete it: clients authenticate only to the token endpoint")),
    ("client_id", Delete("delete it: client_id beside authorize sets it")),
    ("client_secret", Beside("client_secret", "client_secret = \"…\"")),
    ("code", Delete("delete it: the IdP creates the code")),
    ("code_challenge", Delete("delete it: jit creates one for each sign-in")),
    ("code_challenge_method", Delete("delete it: jit always uses S256")),
    ("code_verifier", Delete("delete it: jit creates one for each sign-in")),
    ("dpop_jkt", Delete("delete it: jit has no key for that")),
    ("error", Delete("delete it: it belongs to a response")),
    ("grant_type", Delete("delete it: it belongs in a request to the token endpoint")),
    ("id_token_hint", Delete("delete it: jit sends no token to a sign-in page")),
    ("max_age", Beside("max_age", "max_age = \"…\"")),
    ("nonce", Delete("delete it: jit creates one for each sign-in")),
    ("redirect_uri", Beside("redirect_port", "redirect_port = …")),
    ("registration", Delete("delete it: the client is registered at the IdP")),
    ("request", Delete("delete it: it would replace jit's request")),
    ("request_uri", Delete("delete it: it would replace jit's request")),
    ("response_mode", Delete("delete it: jit takes the code from the URL")),
    ("response_type", Delete("delete it: jit always requests a code")),
    ("scope", Beside("scopes", "scopes = [\"…\"]")),
    ("state", Delete("delete it: jit creates one for each sign-in")),
];

/// The longest name and the longest value, in bytes.
const NAME_LIMIT: usize = 64;
const VALUE_LIMIT: usize = 1000;

/// Reads `authorize`, if it is set.
pub(super) fn authorize(section: &mut Section<'_>) -> Result<Option<At<BTreeMap<String, String>>>, Mistake> {
    let Some(found) = section.map("authorize")? else { return Ok(None) };
    for (name, value) in &found.value {
        if let Err((what, next)) = own(section, name).and_then(|()| check(name, value)) {
            return Err(section.mistake_at(found.line, what, Some(next)));
        }
    }
    Ok(Some(found))
}

/// The error for a parameter that `jit` sets itself: what is wrong and what to do instead.
fn own(section: &Section<'_>, name: &str) -> Result<(), (String, String)> {
    let own = OWN_PARAMETERS.iter().find(|(own, _)| name.eq_ignore_ascii_case(own));
    let next = match own.map(|(_, instead)| instead) {
        None => return Ok(()),
        Some(Delete(next)) => (*next).to_owned(),
        Some(Beside(key, _)) if section.has(key) => format!("delete it: {key} beside authorize sets it"),
        Some(Beside(_, like)) => format!("write {like} beside authorize"),
    };
    Err((format!("jit sets the parameter `{name}` itself, so `authorize` cannot"), next))
}

/// The error for a parameter that cannot be sent: what is wrong and what to do instead.
fn check(name: &str, value: &str) -> Result<(), (String, String)> {
    if name.eq_ignore_ascii_case("prompt") && value.split(' ').any(|word| word == "none") {
        let what = "with `prompt = \"none\"` nobody can sign in".to_owned();
        return Err((what, "such as prompt = \"select_account\"".to_owned()));
    }
    let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if !fits(name, NAME_LIMIT) || !name.chars().all(is_of_a_name) {
        let what = format!("`{name}` is not a valid parameter name");
        return Err((what, "1 to 64 letters, digits and _ - .".to_owned()));
    }
    if !fits(value, VALUE_LIMIT) {
        let what = format!("the value of `{name}` in `authorize` is not valid");
        return Err((what, "1 to 1000 visible characters".to_owned()));
    }
    Ok(())
}

/// Whether `text` is not empty, is no longer than `limit`, and has no invisible characters.
fn fits(text: &str, limit: usize) -> bool {
    (1..=limit).contains(&text.len()) && !text.chars().any(is_unseen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file::File;
    use crate::config::idp::IdpSection;

    const OIDC: &str = "[idp.x]\ntype = \"oidc\"\nissuer = \"https://acme.okta.com\"\nclient_id = \"jit\"\n";

    /// Add a row for any other parameter that must not be sent, and one for those that may.
    #[test]
    fn authorize_adds_to_the_request_and_replaces_nothing_in_it() {
        let other_case = ["State", "CLIENT_ID", "Redirect_Uri"];
        let own = OWN_PARAMETERS.iter().map(|(name, _)| *name).chain(other_case);
        let own = own.map(|name| (name.to_owned(), "x".to_owned(), "itself, so `authorize` cannot"));
        let text = |name: &str, value: &str, what| (name.to_owned(), value.to_owned(), what);
        let others = [
            text("prompt", "none", "nobody can sign in"),
            text("prompt", "login none", "nobody can sign in"),
            text("", "x", "is not a valid parameter name"),
            text("a b", "x", "is not a valid parameter name"),
            text("a&client_id", "x", "is not a valid parameter name"),
            text("hd", "", "is not valid"),
            text("hd", "a\\u202Eb", "is not valid"),
            text("hd", "a\\nb", "is not valid"),
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
