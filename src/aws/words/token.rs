//! Why STS does not accept the IdP's token or assertion.

use crate::aws::errors::{Action, StsError};

/// Parts of AWS's texts for `InvalidIdentityToken`, what each means, and what to do.
const TOKEN_TEXTS: [(&str, &str, &str); 10] = [
    (
        "No OpenIDConnect provider found",
        "the role's account has no IAM OIDC provider for this issuer",
        "compare `issuer` with the provider's URL in IAM: the account and a trailing slash matter",
    ),
    (
        "Incorrect token audience",
        "the IAM OIDC provider does not list this client",
        "ask for `client_id` to be added to the audiences of the IAM OIDC provider",
    ),
    (
        "Couldn't retrieve verification key",
        "AWS could not get the IdP's signing keys",
        "check that the issuer's discovery document and keys can be read from the public internet",
    ),
    (
        "Response signature invalid",
        "it is not signed with a certificate that the account's SAML provider knows",
        "have the IdP's current metadata uploaded to the SAML provider in IAM",
    ),
    (
        "Issuer not present in specified provider",
        "the account's SAML provider belongs to another IdP",
        "compare `provider_arn` and the IdP's entity id with the metadata of the SAML provider in IAM",
    ),
    (
        "Specified provider doesn't exist",
        "the account has no such SAML provider",
        "compare the provider ARN that the IdP sends with the SAML providers in IAM",
    ),
    (
        "does not contain the required audience",
        "its audience is not AWS",
        "have the IdP send the audience urn:amazon:webservices, and the role's trust policy list its Recipient in SAML:aud",
    ),
    (
        "RoleSessionName",
        "its attribute RoleSessionName is missing or has characters that AWS does not accept",
        "have the IdP send https://aws.amazon.com/SAML/Attributes/RoleSessionName: 2 to 64 of letters, digits and _ + = , . @ -",
    ),
    (
        "Source Identity",
        "its attribute SourceIdentity has a format that AWS does not accept",
        "have the IdP send 2 to 64 letters, digits and _ + = , . @ - as SourceIdentity",
    ),
    ("Invalid base64 SAMLResponse", "AWS cannot read it", "sign in again"),
];

impl StsError {
    /// The row of [`TOKEN_TEXTS`] for AWS's text.
    pub(super) fn token_text(&self) -> Option<(&'static str, &'static str, &'static str)> {
        TOKEN_TEXTS.into_iter().find(|row| self.message.contains(row.0))
    }

    pub(super) fn token_refusal(&self) -> String {
        let why = match (self.code.as_str(), self.token_text()) {
            ("ExpiredTokenException" | "ExpiredToken", _) if self.action == Action::AssumeRoleWithSaml => {
                "AWS received it more than 5 min after it was issued"
            }
            ("ExpiredTokenException" | "ExpiredToken", _) => "it had expired when AWS received it",
            ("IDPRejectedClaim", _) => "the IdP or AWS rejects its claims, or it was revoked",
            (_, Some((_, why, _))) => why,
            _ => "it does not match the IdP's configuration in IAM",
        };
        let proof = if self.action == Action::AssumeRoleWithSaml { "assertion" } else { "token" };
        format!("AWS does not accept the IdP's {proof} for {}: {why}{}", self.role(), self.quote())
    }
}
