//! What an account calls itself: `iam:ListAccountAliases`, the one call that is not of STS. Best effort: the name is for
//! the eye, and most roles may not ask. Written by hand over the signature of AWS's own crate, since the SDK for IAM
//! would make the program half as large again for one request.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials as SdkCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::identity::Identity;

use crate::aws::client::bare;
use jit_wire::arn::Partition;
use jit_wire::credentials::Credentials;
use jit_wire::http::{Ask, Body, Http};
use jit_wire::name;
use jit_wire::secret::Secret;
use jit_wire::timestamp::Timestamp;
use jit_wire::trusted_url::{Purpose, TrustedUrl};

/// A name is not worth a longer wait.
const WITHIN: Duration = Duration::from_secs(2);
const QUESTION: [(&str, &str); 2] = [("Action", "ListAccountAliases"), ("Version", "2010-05-08")];

/// The alias of the account that `credentials` are in; `None` if it has none, does not tell, or not in time.
pub async fn account_alias(
    http: &Http,
    partition: Partition,
    url: Option<&TrustedUrl>,
    credentials: &Credentials,
    now: Timestamp,
) -> Option<String> {
    let (global, region) = endpoint(partition)?;
    let url = match url {
        Some(url) => url.clone(),
        None => TrustedUrl::parse(global, Purpose::AwsEndpoint).ok()?,
    };
    let (authorization, date, token) = signed(url.as_str(), region, credentials, now)?;
    let headers = [("x-amz-date", date), ("x-amz-security-token", token)];
    let body = Body::Form(&QUESTION);
    let ask = Ask {
        accept: "*/*",
        authorization: Some(&authorization),
        headers: &headers,
        ..Ask::post(&url, body)
    };
    let answer = tokio::time::timeout(WITHIN, http.ask(&ask)).await.ok()?.ok()?;
    let text = std::str::from_utf8(answer.body.expose()).ok().filter(|_| answer.status == 200)?;
    first_alias(text)
}

/// IAM is one endpoint a partition (AWS General Reference, "IAM endpoints"). Where it is not known it is not asked.
fn endpoint(partition: Partition) -> Option<(&'static str, &'static str)> {
    match partition {
        Partition::Aws => Some(("https://iam.amazonaws.com/", "us-east-1")),
        Partition::GovCloud => Some(("https://iam.us-gov.amazonaws.com/", "us-gov-west-1")),
        Partition::China => Some(("https://iam.cn-north-1.amazonaws.com.cn/", "cn-north-1")),
        _ => None,
    }
}

/// The headers that Signature Version 4 adds.
type SignedHeaders = (Secret<String>, Secret<String>, Secret<String>);

fn signed(url: &str, region: &str, credentials: &Credentials, now: Timestamp) -> Option<SignedHeaders> {
    let [secret, token] = bare(credentials);
    let identity: Identity =
        SdkCredentials::new(&credentials.access_key_id, secret, Some(token.to_owned()), None, "jit").into();
    let time = UNIX_EPOCH + Duration::from_secs(u64::try_from(now.0).ok()?);
    let params = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("iam")
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .ok()?;
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(QUESTION).finish();
    let content = std::iter::once(("content-type", "application/x-www-form-urlencoded"));
    let request = SignableRequest::new("POST", url, content, SignableBody::Bytes(body.as_bytes())).ok()?;
    let (instructions, _) = sign(request, &params.into()).ok()?.into_parts();
    let header = |wanted: &str| {
        let found = instructions.headers().find(|(name, _)| *name == wanted);
        found.map(|(_, value)| Secret::new(value.to_owned()))
    };
    Some((header("authorization")?, header("x-amz-date")?, header("x-amz-security-token")?))
}

/// The first alias of an answer, if it can be one.
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
    fn the_first_alias_is_the_name() {
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

    #[test]
    fn the_request_is_signed_for_iam() {
        let credentials = Credentials::new(
            "ASIAEXAMPLE".to_owned(),
            Secret::from("secret"),
            Secret::from("token"),
            Timestamp(0),
        )
        .expect("credentials");
        let url = "https://iam.amazonaws.com/";
        let (authorization, date, token) =
            signed(url, "us-east-1", &credentials, Timestamp(1_700_000_000)).unwrap();
        let expected = "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/20231114/us-east-1/iam/aws4_request, ";
        assert!(authorization.expose().starts_with(expected), "{}", authorization.expose());
        assert_eq!((date.expose().as_str(), token.expose().as_str()), ("20231114T221320Z", "token"));
    }
}
