//! What a role may set depends on how it is reached: some calls have no parameter for a setting, and some
//! settings are up to the IdP.

use super::{RefusedSetting, refused};
use crate::config::file::{Parent, RoleSection};
use crate::config::idp::IdpSection;
use jit_wire::section::At;

/// What an IdP provides as proof of the sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) enum ProofKind {
    /// OpenID Connect, or the source credentials of a profile.
    IdToken,
    /// SAML and Okta.
    Assertion,
    /// Identity Center.
    PortalToken,
}

impl ProofKind {
    /// What this type of IdP provides.
    pub(in crate::config) fn of(idp: &IdpSection) -> Self {
        match idp {
            IdpSection::Oidc(_) | IdpSection::Source(_) => Self::IdToken,
            IdpSection::Saml(_) | IdpSection::Okta(_) => Self::Assertion,
            IdpSection::IdentityCenter(_) => Self::PortalToken,
        }
    }
}

/// A setting that the role cannot have because of how it is reached. `proof` is `None` if its IdP is not in
/// the file, which is reported later.
pub(super) fn misplaced(role: &RoleSection, proof: Option<ProofKind>) -> Option<RefusedSetting> {
    match role.parent {
        Parent::Via(_) => hubs_only(role),
        Parent::Idp(_) => {
            proof.and_then(|proof| decided_by(proof, role)).or_else(|| spokes_only(role, proof))
        }
    }
}

/// Settings that only a hub role can have.
fn hubs_only(role: &RoleSection) -> Option<RefusedSetting> {
    let At { line, .. } = role.provider_arn.as_ref()?;
    let what = "a spoke role cannot have a `provider_arn`".to_owned();
    refused(*line, what, "delete it: it belongs to the hub role, which the assertion is for")
}

/// Settings that only a spoke role can have.
fn spokes_only(role: &RoleSection, proof: Option<ProofKind>) -> Option<RefusedSetting> {
    let (key, line) = first_set(&[
        ("source_identity", role.source_identity.as_ref().map(|at| at.line)),
        ("external_id", role.external_id.as_ref().map(|at| at.line)),
        ("tags", role.tags.as_ref().map(|at| at.line)),
        ("transitive_tags", role.transitive_tags.as_ref().map(|at| at.line)),
    ])?;
    let by_idp = match (key, proof) {
        // AWS accepts these from no IdP.
        ("external_id", _) | (_, Some(ProofKind::PortalToken)) => None,
        (_, Some(ProofKind::IdToken)) => Some("the ID token's https://aws.amazon.com/ claims"),
        (_, Some(ProofKind::Assertion)) => Some("the assertion's attributes"),
        (_, None) => Some("the ID token's https://aws.amazon.com/ claims or the assertion's attributes"),
    };
    let next = match by_idp {
        Some(place) => format!("delete it, and let the IdP put it into {place}, or set it on a spoke"),
        None => "delete it, or set it on a spoke".to_owned(),
    };
    let what = format!(
        "a hub role cannot have `{key}`: the STS call for a token or an assertion has no such parameter"
    );
    refused(line, what, next)
}

/// Settings of a hub role that its IdP decides.
fn decided_by(proof: ProofKind, role: &RoleSection) -> Option<RefusedSetting> {
    match proof {
        ProofKind::IdToken => {
            let line = role.provider_arn.as_ref()?.line;
            let what = "only a role that is reached by SAML can have a `provider_arn`".to_owned();
            refused(line, what, "delete it: an ID token identifies its provider itself")
        }
        ProofKind::Assertion => {
            let line = role.session_name.as_ref()?.line;
            let what =
                "a hub role that is reached by SAML cannot have a `session_name`: the assertion sets it"
                    .to_owned();
            let next = "delete it, and let the IdP set the attribute RoleSessionName, or set it on a spoke";
            refused(line, what, next)
        }
        ProofKind::PortalToken => {
            let (key, line) = first_set(&[
                ("duration", role.duration.as_ref().map(|at| at.line)),
                ("session_name", role.session_name.as_ref().map(|at| at.line)),
                ("policy", role.policy.as_ref().map(|at| at.line)),
                ("policy_arns", role.policy_arns.as_ref().map(|at| at.line)),
                ("provider_arn", role.provider_arn.as_ref().map(|at| at.line)),
            ])?;
            let what = format!("a permission set cannot have `{key}`: Identity Center decides that");
            let next = match key {
                "provider_arn" => "delete it: only a hub role that is reached by SAML has one",
                _ => "delete it, or set it on a spoke",
            };
            refused(line, what, next)
        }
    }
}

/// The first of `keys` that is set, with its line.
fn first_set(keys: &[(&'static str, Option<usize>)]) -> Option<(&'static str, usize)> {
    keys.iter().find_map(|(key, line)| Some((*key, (*line)?)))
}

#[cfg(test)]
mod tests {
    use crate::config::file::File;

    const OIDC: &str = "[idp.x]\ntype = \"oidc\"\nissuer = \"https://acme.okta.com\"\nclient_id = \"jit\"\n";
    const SAML: &str = "[idp.x]\ntype = \"saml\"\nsso_url = \"https://idp.acme.com/sso\"\n";

    #[test]
    fn settings_from_the_proof_cannot_be_set_on_a_hub() {
        let role = "[role.hub]\nidp = \"x\"\nrole_arn = \"arn:aws:iam::111111111111:role/hub\"\n";
        let provider = |account| format!("provider_arn = \"arn:aws:iam::{account}:saml-provider/acme\"\n");
        let good = format!("{SAML}{role}{}", provider("111111111111"));
        assert!(File::parse("c.toml", &good).is_ok());
        let spoke = format!(
            "{SAML}{role}[role.far]\nvia = \"hub\"\nrole_arn = \"arn:aws:iam::222222222222:role/far\"\n"
        );
        let cases = [
            (format!("{SAML}{role}session_name = \"alice\"\n"), "cannot have a `session_name`"),
            (
                format!("{OIDC}{role}{}", provider("111111111111")),
                "reached by SAML can have a `provider_arn`",
            ),
            (
                format!("{SAML}{role}{}", provider("222222222222")),
                "in account 222222222222, the role in 111111111111",
            ),
            (format!("{SAML}{role}provider_arn = \"acme\"\n"), "not the ARN of a SAML provider"),
            (format!("{spoke}{}", provider("222222222222")), "a spoke role cannot have a `provider_arn`"),
        ];
        for (text, what) in cases {
            let mistake = File::parse("c.toml", &text).unwrap_err();
            assert!(mistake.to_string().contains(what), "{mistake}");
        }
    }
}
