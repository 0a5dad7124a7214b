//! Entry trust policies: the name under which a person arrives is set by the IdP and not by the caller.

use super::ROLE;
use crate::case::{Case, Cases};
use crate::world::{HUB, ISSUER};

const PROVIDER: &str = "arn:aws:iam::111111111111:oidc-provider/acme.okta.com/oauth2/default";
const SAML: &str = "arn:aws:iam::111111111111:saml-provider/okta";

fn arrive(name: &str, provider: &str, trust: &'static str, action: &str) -> Case {
    let mut case = Case::new(name, provider, "", action, HUB).on(trust, true);
    case.federated = true;
    case
}

/// Refused with another value of a key, in another case, with a pattern, and without it.
fn exactly(cases: &mut Cases, base: &Case, key: &str, own: &str) {
    for other in ["other", "*", &own.to_uppercase(), &format!("{own}x")] {
        cases.twin(base, &format!("{key} = {other}"), |case| case.with(key, other));
    }
    cases.twin(base, &format!("no {key}"), |case| case.without(key));
}

fn providers(cases: &mut Cases, base: &Case) {
    for arn in crate::case::almost(&base.role) {
        cases.twin(base, &format!("by {arn}"), |case| case.by(&arn));
    }
    cases.twin(base, "another action", |case| case.does("sts:AssumeRole"));
    cases.twin(base, "of another service", |case| case.does("iam:GetRole"));
}

fn tags(cases: &mut Cases, base: &Case) {
    let base = Case { name: format!("{}, tags", base.name), ..base.clone() }
        .does("sts:TagSession")
        .with("aws:TagKeys", "team");
    providers(cases, &base);
    cases.twin(&base, "another tag", |case| case.with("aws:TagKeys", "admin"));
    cases.twin(&base, "in capitals", |case| case.with("aws:TagKeys", "TEAM"));
    cases.twin(&base, "one tag more", |case| case.with_all("aws:TagKeys", &["team", "admin"]));
    cases.allowed(Case { name: format!("{}: none", base.name), ..base.clone() }.without("aws:TagKeys"));
}

pub(crate) fn cases(cases: &mut Cases) {
    let (aud, sub) = (format!("{ISSUER}:aud"), format!("{ISSUER}:sub"));
    let oidc = |name: &str, trust, subject: &str| {
        arrive(name, PROVIDER, trust, "sts:AssumeRoleWithWebIdentity")
            .with(&aud, "client")
            .with(&sub, subject)
    };
    let own = oidc("by OIDC under the subject", "arrive-sub", "00u1x9").with("sts:RoleSessionName", "00u1x9");
    providers(cases, &own);
    exactly(cases, &own, &aud, "client");
    exactly(cases, &own, "sts:RoleSessionName", "00u1x9");
    cases.twin(&own, "no sub", |case| case.without(&sub));
    let with_tags = |case: &Case, cases: &mut Cases| {
        tags(cases, case);
        let tagged = Case { name: format!("{}, tags", case.name), ..case.clone() }
            .does("sts:TagSession")
            .with("aws:TagKeys", "team");
        exactly(cases, &tagged, &aud, "client");
    };
    with_tags(&own, cases);

    let source = oidc("by OIDC under the source identity", "arrive-source", "00u1x9")
        .with("sts:SourceIdentity", "alice@corp.com")
        .with("sts:RoleSessionName", "alice@corp.com");
    providers(cases, &source);
    exactly(cases, &source, &aud, "client");
    exactly(cases, &source, "sts:RoleSessionName", "alice@corp.com");
    cases.twin(&source, "no source identity", |case| case.without("sts:SourceIdentity"));
    let set = Case { name: "by OIDC, set the source identity".into(), ..source.clone() }
        .does("sts:SetSourceIdentity");
    providers(cases, &set);
    exactly(cases, &set, &aud, "client");
    with_tags(&source, cases);

    let main = "repo:acme/deploy:ref:refs/heads/main";
    let robot = oidc("a robot", "arrive-robot", main).with("sts:RoleSessionName", "repo-acme-deploy");
    providers(cases, &robot);
    exactly(cases, &robot, &aud, "client");
    exactly(cases, &robot, &sub, main);
    exactly(cases, &robot, "sts:RoleSessionName", "repo-acme-deploy");

    let page = "https://signin.aws.amazon.com/saml";
    let near = "https://eu-west-1.signin.aws.amazon.com/saml";
    let saml = arrive("by SAML", SAML, "arrive-saml", "sts:AssumeRoleWithSAML").with("SAML:aud", page);
    providers(cases, &saml);
    exactly(cases, &saml, "SAML:aud", page);
    let regional = Case { name: "by SAML, regional".into(), ..saml.clone() }.with("SAML:aud", near);
    exactly(cases, &regional, "SAML:aud", near);
    tags(cases, &saml);
    for (name, page) in [("by SAML, tags", page), ("by SAML, tags, regional", near)] {
        let tagged =
            Case { name: name.into(), ..saml.clone() }.does("sts:TagSession").with("aws:TagKeys", "team");
        exactly(cases, &tagged.with("SAML:aud", page), "SAML:aud", page);
    }
    // A session is not admitted in this way, whatever it may do.
    cases.twin(&own, "with a session", |mut case| {
        case.federated = false;
        case.by(ROLE).everything()
    });
}
