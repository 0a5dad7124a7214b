//! What a role may demand of the sign-in: its maximum age, and how the person must have signed in. Not every
//! type of IdP reports enough about a sign-in to check that. Demands that no sign-in can meet are refused
//! here too.

use super::{RefusedSetting, refused};
use crate::config::file::RoleSection;
use crate::config::idp::IdpSection;
use jit_wire::section::At;

/// The shortest `sign_in_age`, in seconds: people need that long to get from the IdP's page back to the
/// command.
const SHORTEST_AGE: u32 = 60;

/// What is wrong with a role's demands on the sign-in at this IdP.
pub(in crate::config) fn of_sign_in(role: &RoleSection, idp: &IdpSection) -> Option<RefusedSetting> {
    unknown_to(idp, role).or_else(|| impossible(role))
}

/// A demand on the sign-in that this type of IdP does not report.
fn unknown_to(idp: &IdpSection, role: &RoleSection) -> Option<RefusedSetting> {
    let demands = [
        ("sign_in_age", role.sign_in_age.as_ref().map(|at| at.line)),
        ("acr", role.acr.as_ref().map(|at| at.line)),
        ("amr", role.amr.as_ref().map(|at| at.line)),
    ];
    let (unknown, because, next) = match idp {
        IdpSection::Oidc(_) => return None,
        IdpSection::Saml(_) | IdpSection::Okta(_) => (
            &demands[2..],
            "a SAML assertion does not list the sign-in methods",
            "use acr = [\"…\"] instead: the AuthnContextClassRef that the IdP writes",
        ),
        IdpSection::IdentityCenter(_) => (
            &demands[1..],
            "Identity Center does not say how you signed in",
            "use sign_in_age = \"15m\" instead, and set MFA in the settings of Identity Center",
        ),
        IdpSection::Source(_) => (&demands[..], "no sign-in is involved", "delete it"),
    };
    let (key, line) = unknown.iter().find_map(|(key, line)| Some((key, (*line)?)))?;
    refused(line, format!("`{key}` cannot be satisfied: {because}"), next)
}

/// A demand that no sign-in can meet.
fn impossible(role: &RoleSection) -> Option<RefusedSetting> {
    let age = role.sign_in_age.as_ref().filter(|age| age.value < SHORTEST_AGE);
    if let Some(At { value, line }) = age {
        let what = format!("{value} s is too short for a person to sign in and use the role");
        return refused(*line, what, "sign_in_age must be at least 1m, such as \"15m\"");
    }
    [("acr", &role.acr), ("amr", &role.amr)].into_iter().find_map(|(key, list)| contexts(key, list.as_ref()?))
}

/// What is wrong with a list of authentication contexts or methods.
pub(in crate::config) fn contexts(
    key: &str,
    At { value: list, line }: &At<Vec<String>>,
) -> Option<RefusedSetting> {
    if list.is_empty() {
        return refused(*line, format!("`{key}` is empty"), "add a value, or delete it");
    }
    let is_value =
        |one: &String| (1..=200).contains(&one.len()) && one.bytes().all(|byte| byte.is_ascii_graphic());
    if let Some(bad) = list.iter().find(|one| !is_value(one)) {
        let next = "1 to 200 letters, digits and symbols without spaces, as the IdP writes it";
        return refused(*line, format!("`{bad}` is not allowed in `{key}`"), next);
    }
    let count = Some(list.len()).filter(|count| *count > 20)?;
    refused(*line, format!("`{key}` has {count} values"), "the maximum is 20")
}

#[cfg(test)]
mod tests {
    use crate::config::file::File;

    const OIDC: &str = "[idp.x]\ntype = \"oidc\"\nissuer = \"https://acme.okta.com\"\nclient_id = \"jit\"\n";
    const SAML: &str = "[idp.x]\ntype = \"saml\"\nsso_url = \"https://idp.acme.com/sso\"\n";
    const OKTA: &str = "[idp.x]\ntype = \"okta\"\norg = \"https://acme.okta.com/\"\napp_url = \"https://acme.okta.com/home/amazon_aws/0oa1/272\"\n";

    /// The IdP, the role's demands, and what is wrong with them; nothing is wrong with the last ones.
    #[test]
    fn a_role_can_require_only_what_its_idp_reports() {
        let center = "[idp.x]\ntype = \"identity-center\"\nstart_url = \"https://acme.awsapps.com/start\"\nregion = \"eu-west-1\"\n";
        let arn = "role_arn = \"arn:aws:iam::111111111111:role/hub\"\n";
        let set = "account = \"111111111111\"\npermission_set = \"Dev\"\n";
        let cases = [
            (OIDC, arn, "sign_in_age = \"59s\"", "is too short for a person"),
            (OIDC, arn, "sign_in_age = \"soon\"", "is not a duration"),
            (OIDC, arn, "acr = []", "`acr` is empty"),
            (OIDC, arn, "amr = [\"\"]", "`` is not allowed in `amr`"),
            (OIDC, arn, "amr = \"mfa\"", "must be a list of strings"),
            (SAML, arn, "amr = [\"mfa\"]", "`amr` cannot be satisfied: a SAML assertion does not list"),
            (OKTA, arn, "amr = [\"mfa\"]", "`amr` cannot be satisfied: a SAML assertion does not list"),
            (center, set, "acr = [\"phr\"]", "`acr` cannot be satisfied: Identity Center does not say"),
            (center, set, "amr = [\"mfa\"]", "`amr` cannot be satisfied: Identity Center does not say"),
            (OIDC, arn, "sign_in_age = \"15m\"\nacr = [\"phr\", \"phrh\"]\namr = [\"hwk\"]", ""),
            (SAML, arn, "sign_in_age = \"15m\"\nacr = [\"urn:x\"]", ""),
            (OKTA, arn, "sign_in_age = \"15m\"\nacr = [\"urn:x\"]", ""),
            (center, set, "sign_in_age = \"15m\"", ""),
        ];
        for (idp, target, demand, what) in cases {
            let hub = format!("{idp}[role.hub]\nidp = \"x\"\n{target}");
            let spoke = "[role.far]\nvia = \"hub\"\nrole_arn = \"arn:aws:iam::222222222222:role/far\"\n";
            // On the hub, and on a spoke of it: both use the hub's sign-in.
            for text in [format!("{hub}{demand}\n{spoke}"), format!("{hub}{spoke}{demand}\n")] {
                let line = 1 + text.lines().position(|line| line == demand.lines().next().unwrap()).unwrap();
                match File::parse("c.toml", &text) {
                    Ok(_) => assert_eq!(what, "", "{text}"),
                    Err(mistake) => {
                        let shown = mistake.to_string();
                        assert!(shown.starts_with(&format!("c.toml:{line}:")), "{shown}");
                        assert!(!what.is_empty() && shown.contains(what), "{shown}");
                    }
                }
            }
        }
    }
}
