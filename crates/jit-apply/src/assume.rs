//! Sessions of roles that a program assumes with its own session: one for each role, kept until shortly before it ends.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jit_wire::credentials::Credentials;
use jit_wire::secret::Secret;
use jit_wire::signed::{CallError, Caller, Endpoint};
use jit_wire::timestamp::Timestamp;
use roxmltree::{Document, Node};

use crate::calls::AwsCalls;

/// What is asked for: a session from another role's session lasts one hour at most.
const LIFETIME: &str = "3600";
/// A session with less time left, in seconds, is replaced.
const SHORTEST: i64 = 5 * 60;

/// The sessions of roles, shared by threads.
#[derive(Debug)]
pub struct AssumedRoles {
    own: Credentials,
    sts: Endpoint,
    session_name: String,
    sessions: Mutex<BTreeMap<String, Credentials>>,
}

impl AssumedRoles {
    /// Roles are assumed with the session `own` at the endpoint `sts`, under the name `session_name`.
    pub fn new(own: Credentials, sts: Endpoint, session_name: &str) -> Self {
        Self { own, sts, session_name: session_name.to_owned(), sessions: Mutex::default() }
    }

    /// The session that assumes.
    pub fn own(&self) -> &Credentials {
        &self.own
    }

    /// The session of the role with this ARN.
    ///
    /// # Errors
    /// [`CallError`] of `AssumeRole`.
    pub fn session(&self, calls: &AwsCalls<'_>, role: &str) -> Result<Credentials, CallError> {
        let known = self.sessions.lock().unwrap_or_else(PoisonError::into_inner).get(role).cloned();
        let is_fresh = |known: &Credentials| known.expires_at.0 - calls.now().0 >= SHORTEST;
        if let Some(known) = known.filter(is_fresh) {
            return Ok(known);
        }
        // Two threads may ask for the same role at once, and then both get one.
        let parameters =
            [("RoleArn", role), ("RoleSessionName", &self.session_name), ("DurationSeconds", LIFETIME)];
        let answer = calls.wait(async |now| {
            let (http, endpoint, credentials) = (calls.http(), &self.sts, &self.own);
            Caller { http, endpoint, credentials, now }.query("AssumeRole", &parameters).await
        })?;
        let why = "it has no usable credentials";
        let unusable = || CallError::Answer { action: "sts:AssumeRole".to_owned(), why };
        let text = std::str::from_utf8(answer.body.expose()).map_err(|_| unusable())?;
        let session = credentials(text).ok_or_else(unusable)?;
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.insert(role.to_owned(), session.clone());
        Ok(session)
    }
}

fn credentials(answer: &str) -> Option<Credentials> {
    let document = Document::parse(answer).ok()?;
    let all = document.descendants().find(|node| node.has_tag_name_of("Credentials"))?;
    let text = |name: &str| all.children().find(|node| node.has_tag_name_of(name))?.text().map(str::to_owned);
    let ends = Timestamp::parse_rfc3339(&text("Expiration")?)?;
    let (key, token) = (Secret::new(text("SecretAccessKey")?), Secret::new(text("SessionToken")?));
    Credentials::new(text("AccessKeyId")?, key, token, ends).ok()
}

trait LocalName {
    fn has_tag_name_of(&self, name: &str) -> bool;
}

impl LocalName for Node<'_, '_> {
    /// Whether it has this name, in any namespace.
    fn has_tag_name_of(&self, name: &str) -> bool {
        self.tag_name().name() == name
    }
}

#[cfg(test)]
mod tests {
    use jit_wire::signed::Service;

    use super::*;
    use crate::testing::{NOW, Script, calls, credentials as own};

    const ROLE: &str = "arn:aws:iam::111122223333:role/jit-grantor";

    fn answer(ends: &str) -> String {
        format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
             <AccessKeyId>ASIAY</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
             <Expiration>{ends}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
        )
    }

    #[test]
    fn a_session_is_asked_for_once_until_it_nears_its_end() {
        let (script, calls) = (Script::new(), calls());
        let roles = AssumedRoles::new(own(), script.endpoint(Service::Sts), "jit-function");
        script.then(200, answer("2026-11-28T13:00:00Z"));
        assert_eq!(roles.session(&calls, ROLE).unwrap().access_key_id, "ASIAY");
        assert_eq!(roles.session(&calls, ROLE).unwrap().expires_at, Timestamp(NOW.0 + 3600));
        let asked = script.asked();
        assert_eq!(asked.len(), 1);
        let role = "RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fjit-grantor";
        assert!(asked[0].contains(role) && asked[0].contains("RoleSessionName=jit-function"), "{asked:?}");
        // Four minutes left, and five are the least.
        let other = "arn:aws:iam::444455556666:role/jit-grantor";
        script.then(200, answer("2026-11-28T12:04:00Z")).then(200, answer("2026-11-28T13:00:00Z"));
        assert_eq!(roles.session(&calls, other).unwrap().expires_at, Timestamp(NOW.0 + 240));
        assert_eq!(roles.session(&calls, other).unwrap().expires_at, Timestamp(NOW.0 + 3600));
        assert_eq!(script.asked().len(), 2);
    }

    #[test]
    fn an_answer_without_credentials_is_an_error_and_not_a_session() {
        let (script, calls) = (Script::new(), calls());
        let roles = AssumedRoles::new(own(), script.endpoint(Service::Sts), "jit-function");
        let whole = answer("2026-11-28T13:00:00Z");
        for wrong in [
            String::new(),
            "<html>".to_owned(),
            whole.replace("2026-11-28T13:00:00Z", "soon"),
            whole.replace("ASIAY", ""),
            whole.replace("<SessionToken>t</SessionToken>", ""),
            whole.replace(">s<", ">s\ns<"),
        ] {
            script.then(200, wrong.clone());
            assert!(matches!(roles.session(&calls, ROLE), Err(CallError::Answer { .. })), "{wrong}");
        }
        let refused =
            "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
        script.then(403, refused);
        assert!(matches!(roles.session(&calls, ROLE), Err(CallError::Refused(_))));
        script.asked();
    }
}
