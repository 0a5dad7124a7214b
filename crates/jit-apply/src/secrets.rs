//! Secrets that a program needs and that lie in AWS Secrets Manager.

use jit_wire::credentials::Credentials;
use jit_wire::secret::Secret;
use jit_wire::signed::{CallError, Caller, Endpoint};
use serde::Deserialize;
use serde_json::json;

use crate::calls::AwsCalls;

/// The answer, as far as it is used.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SecretValue {
    secret_string: Secret<String>,
}

/// The text of the secret with this ARN, in its current version, without white space around it.
///
/// # Errors
/// [`CallError`]. A secret of bytes is none that is used here.
pub fn secret_text(
    calls: &AwsCalls<'_>,
    endpoint: &Endpoint,
    credentials: &Credentials,
    arn: &str,
) -> Result<Secret<String>, CallError> {
    let input = json!({ "SecretId": arn });
    let answer = calls.wait(async |now| {
        let http = calls.http();
        Caller { http, endpoint, credentials, now }.send(endpoint.json("GetSecretValue", &input)?).await
    })?;
    let value: Result<SecretValue, _> = serde_json::from_slice(answer.body.expose());
    let why = "it has no text";
    let text =
        value.map_err(|_| CallError::Answer { action: "secretsmanager:GetSecretValue".to_owned(), why })?;
    Ok(Secret::from(text.secret_string.expose().trim()))
}

#[cfg(test)]
mod tests {
    use jit_wire::signed::Service;

    use super::*;
    use crate::testing::{Script, calls, credentials};

    #[test]
    fn a_secret_is_read_and_never_shown() {
        let (script, calls) = (Script::new(), calls());
        let endpoint = script.endpoint(Service::SecretsManager);
        let arn = "arn:aws:secretsmanager:eu-west-1:444444444444:secret:pagerduty-a1b2c3";
        script
            .then(200, r#"{"ARN":"x","SecretString":"hunter2\n"}"#)
            .then(200, r#"{"SecretBinary":"aHVudGVyMg=="}"#);
        let read = || secret_text(&calls, &endpoint, &credentials(), arn);
        let secret = read().unwrap();
        assert_eq!((secret.expose().as_str(), format!("{secret:?}").as_str()), ("hunter2", "***"));
        let error = read().unwrap_err().to_string();
        assert_eq!(error, "cannot read the response to secretsmanager:GetSecretValue: it has no text");
        let asked = script.asked();
        let (target, body) =
            ("x-amz-target: secretsmanager.GetSecretValue", json!({ "SecretId": arn }).to_string());
        assert!(asked[0].contains(target) && asked[0].ends_with(&body), "{}", asked[0]);
    }
}
