//! Primary authentication of Okta Classic Engine: from a name and a password, through whatever else the org
//! requires, to a session token (Okta developer documentation, "Authentication API").

use serde_json::{Value, json};

use super::OktaError;
use super::api::{Api, bounded};
use super::factors;
use super::person::Known;
use super::transaction::Transaction;
use crate::idp::{LoginOptions, Memory};
use crate::plan::OktaSettings;
use crate::world::Note;
use jit_wire::secret::Secret;

/// How often a password may be typed, so that the account is not locked.
const TRIES: usize = 3;
/// More steps than any sign-in has.
const MOST_STEPS: usize = 20;

/// Who signs in, how, and what is remembered about them.
pub(super) struct SignIn<'a> {
    pub(super) api: &'a Api<'a>,
    pub(super) settings: &'a OktaSettings,
    pub(super) options: &'a LoginOptions,
    pub(super) memory: &'a dyn Memory,
    pub(super) known: Known,
}

impl SignIn<'_> {
    /// Name, password, factor; returns a session token, valid for one use within five minutes.
    pub(super) async fn session_token(&mut self) -> Result<Secret<String>, OktaError> {
        let username = self.username()?;
        if self.known.username.as_deref() != Some(&username) {
            // What is remembered belongs to another person.
            self.known = Known {
                username: Some(username.clone()),
                factor: None,
                password: None,
                ..self.known.clone()
            };
        }
        let transaction = self.primary(&username).await?;
        let token = self.go_on(transaction).await?;
        // The org may have given the device another name.
        if let Some(device) = self.api.cookie("DT") {
            self.known.device_token = device;
        }
        self.known.keep(self.memory);
        Ok(token)
    }

    /// Continues if a page of an application requires more than was provided so far.
    pub(super) async fn step_up(
        &mut self,
        state_token: &Secret<String>,
    ) -> Result<Secret<String>, OktaError> {
        let url = format!("{}/api/v1/authn", self.api.org);
        let body = json!({ "stateToken": state_token.expose() });
        let transaction = self.api.post(&url, &body).await?;
        self.go_on(transaction).await
    }

    fn username(&self) -> Result<String, OktaError> {
        let configured = self.settings.username.as_ref().map(|name| name.value.clone());
        if let Some(name) = configured.or_else(|| self.known.username.clone()) {
            return Ok(name);
        }
        let person = &self.api.world.person;
        if !person.can_be_asked() {
            return Err(OktaError::NobodyToAsk("your user name"));
        }
        person.line(&format!("User name at {}", self.api.host())).ok_or(OktaError::Declined)
    }

    async fn primary(&mut self, username: &str) -> Result<Transaction, OktaError> {
        let url = format!("{}/api/v1/authn", self.api.org);
        let mut typed = 0;
        loop {
            let stored = self.known.password.take();
            let was_stored = stored.is_some();
            let password = match stored {
                Some(password) => password,
                None => self.password(username)?,
            };
            let options = json!({ "multiOptionalFactorEnroll": false, "warnBeforePasswordExpired": true });
            let mut body = json!({ "username": username, "password": password.expose(), "options": options });
            let answer = self.api.post::<Transaction>(&url, &body).await;
            wipe(&mut body);
            match answer {
                Ok(transaction) => {
                    self.known.password = Some(password).filter(|_| was_stored || self.options.keep_password);
                    return Ok(transaction);
                }
                Err(error) if error.is_wrong_password() && was_stored => {
                    // Forgotten before anything else is tried, so that it is never sent twice.
                    self.known.keep(self.memory);
                    self.warn("Okta refused the stored password, so jit deleted it");
                }
                Err(error) if error.is_wrong_password() => {
                    typed += 1;
                    if typed == TRIES {
                        return Err(error);
                    }
                    self.warn(
                        "Okta refused: the user name or the password is wrong, or the account is locked",
                    );
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn password(&self, username: &str) -> Result<Secret<String>, OktaError> {
        let person = &self.api.world.person;
        if !person.can_be_asked() {
            return Err(OktaError::NobodyToAsk("your password"));
        }
        let prompt = format!("Password of {username} at {}", self.api.host());
        person.password(&prompt).filter(|password| !password.expose().is_empty()).ok_or(OktaError::Declined)
    }

    /// Step by step, until the org is satisfied.
    async fn go_on(&mut self, mut transaction: Transaction) -> Result<Secret<String>, OktaError> {
        for _ in 0..MOST_STEPS {
            transaction = match transaction.status.as_str() {
                "SUCCESS" => {
                    return transaction.session_token.ok_or(OktaError::NotUnderstood(200));
                }
                "PASSWORD_WARN" => {
                    let days = transaction
                        .password_days()
                        .map(|days| format!(" in {days} days"))
                        .unwrap_or_default();
                    self.warn(&format!("your password expires{days}; change it at {}", self.api.org));
                    let skip = transaction.link("skip").ok_or(OktaError::NotUnderstood(200))?;
                    self.api.post(skip, &state(&transaction)?).await?
                }
                "MFA_REQUIRED" | "MFA_CHALLENGE" => factors::verify(self, &transaction).await?,
                "PASSWORD_EXPIRED" => return Err(OktaError::PasswordExpired(self.api.org.to_string())),
                "LOCKED_OUT" => return Err(OktaError::LockedOut(self.api.org.to_string())),
                "MFA_ENROLL" | "MFA_ENROLL_ACTIVATE" => {
                    return Err(OktaError::NoFactorYet(self.api.org.to_string()));
                }
                "PASSWORD_RESET" | "RECOVERY" | "RECOVERY_CHALLENGE" => {
                    return Err(OktaError::InRecovery(self.api.org.to_string()));
                }
                other => {
                    let status = bounded(other);
                    let org = self.api.org.to_string();
                    return Err(OktaError::UnknownState { status, org: org.to_string() });
                }
            };
        }
        Err(OktaError::NotUnderstood(200))
    }

    pub(super) fn warn(&self, text: &str) {
        self.api.world.person.tell(Note::Warning { text });
    }
}

/// The body that is sent with every link of a transaction.
pub(super) fn state(transaction: &Transaction) -> Result<Value, OktaError> {
    let token = transaction.state_token.as_ref().ok_or(OktaError::NotUnderstood(200))?;
    Ok(json!({ "stateToken": token.expose() }))
}

/// Wipes the texts of a body that held a password or a code.
pub(super) fn wipe(body: &mut Value) {
    use zeroize::Zeroize as _;
    match body {
        Value::String(text) => text.zeroize(),
        Value::Object(fields) => fields.values_mut().for_each(wipe),
        _ => {}
    }
}
