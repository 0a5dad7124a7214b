//! The recorded events, by account and region, and when they become visible.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::authorize::Authorizer;
use crate::cloud::role_id;
use crate::faults::Refusal;
use crate::recorded::Event;
use crate::sessions::Session;
use crate::shared::Shared;
use crate::signing::sigv4::Signed;
use jit_wire::loopback::Request;
use jit_wire::timestamp::Timestamp;

/// The history of all accounts.
#[derive(Clone)]
pub(crate) struct Trail {
    delay: Duration,
    written: Rc<RefCell<Vec<Written>>>,
}

/// One event in one account.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) user: String,
    pub(crate) key_id: Option<String>,
    pub(crate) event: Event,
    /// The whole record, as CloudTrail writes it into files.
    pub(crate) record: Value,
}

impl Trail {
    pub(crate) fn new(shared: &Arc<Shared>) -> Self {
        Self { delay: shared.settings.trail_delay, written: Rc::default() }
    }

    /// Records a call. A call about another account's role is recorded in both accounts with a shared id; in
    /// the other account, the caller is only an account.
    pub(crate) fn note(&self, gate: &Authorizer, request: &Request, event: Event, refused: Option<&Refusal>) {
        let signed = Signed::read(&request.headers).ok();
        let session = signed.as_ref().and_then(|signed| gate.sessions.get(signed.key_id));
        let shared = &gate.shared;
        let owner = event.owner.clone();
        let own = match (&session, &owner) {
            (Some(session), _) => session.account.clone(),
            // Without a session the event is the role's account's.
            (None, Some(owner)) => owner.clone(),
            (None, None) => return,
        };
        let region = signed.as_ref().map_or("us-east-1", |signed| signed.region()).to_owned();
        let shared_id = shared.request_id();
        let at = shared.sts_now();
        let source = shared.network().address;
        let agent = request.headers.get(http::header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let write = |account: &str, identity: Value| {
            let id = shared.request_id();
            let mut record = json!({
                "eventVersion": "1.11",
                "userIdentity": identity,
                "eventTime": at.to_rfc3339(),
                "eventSource": event.source,
                "eventName": event.name,
                "awsRegion": region,
                "sourceIPAddress": source,
                "userAgent": agent.unwrap_or_default(),
                "requestParameters": event.parameters,
                "responseElements": Value::Null,
                "eventID": id,
                "readOnly": event.read_only,
                "eventType": "AwsApiCall",
                "managementEvent": true,
                "recipientAccountId": account,
                "eventCategory": "Management",
            });
            if owner.is_some() {
                record["sharedEventID"] = json!(shared_id);
            }
            match refused {
                Some(refusal) => {
                    record["errorCode"] = json!(refusal.code);
                    record["errorMessage"] = json!(refusal.message);
                }
                None => record["responseElements"] = response(&event),
            }
            let user = match &session {
                Some(session) if session.is_of_role() => session.name().to_owned(),
                Some(session) => session.arn.rsplit('/').next().unwrap_or_default().to_owned(),
                None => event.unsigned_user.clone().unwrap_or_default(),
            };
            let key_id = session.as_ref().map(|session| session.key_id.clone());
            let account = account.to_owned();
            let region = region.clone();
            let event = event.clone();
            self.written.borrow_mut().push(Written { id, at, account, region, user, key_id, event, record });
        };
        write(&own, identity(session.as_deref(), &event));
        if let (Some(session), Some(owner)) = (&session, &owner)
            && *owner != session.account
        {
            let stranger = json!({
                "type": "AWSAccount", "principalId": session.user_id, "accountId": session.account,
            });
            write(owner, stranger);
        }
    }

    /// The visible events, the newest first.
    pub(crate) fn visible(&self, account: &str, region: &str, now: Timestamp) -> Vec<Written> {
        let written = self.written.borrow();
        let own = written.iter().rev().filter(|one| one.account == account && one.region == region);
        own.filter(|one| one.at + self.delay <= now).cloned().collect()
    }
}

fn identity(session: Option<&Session>, event: &Event) -> Value {
    let Some(session) = session else {
        let kind = if event.name.ends_with("SAML") { "SAMLUser" } else { "WebIdentityUser" };
        return json!({ "type": kind, "userName": event.unsigned_user });
    };
    if !session.is_of_role() {
        return json!({
            "type": "IAMUser", "principalId": session.user_id, "arn": session.arn,
            "accountId": session.account, "accessKeyId": session.key_id,
            "userName": session.arn.rsplit('/').next(),
        });
    }
    let mut context = json!({
        "sessionIssuer": {
            "type": "Role", "principalId": role_id(&session.role_arn), "arn": session.role_arn,
            "accountId": session.account, "userName": session.role_arn.rsplit('/').next(),
        },
        "attributes": { "creationDate": session.issued.to_rfc3339(), "mfaAuthenticated": "false" },
    });
    if let Some(name) = &session.proof.source_identity {
        context["sourceIdentity"] = json!(name);
    }
    json!({
        "type": "AssumedRole", "principalId": session.user_id, "arn": session.arn,
        "accountId": session.account, "accessKeyId": session.key_id, "sessionContext": context,
    })
}

/// What an answer contains about a new session, without its secrets.
fn response(event: &Event) -> Value {
    let parameter = |name: &str| event.parameters[name].as_str();
    match (parameter("roleArn"), parameter("roleSessionName").or(event.unsigned_user.as_deref())) {
        (Some(role), Some(name)) => {
            let account = event.owner.as_deref().unwrap_or_default();
            let role_name = role.rsplit('/').next().unwrap_or_default();
            json!({ "assumedRoleUser": {
                "assumedRoleId": format!("{}:{name}", role_id(role)),
                "arn": format!("arn:aws:sts::{account}:assumed-role/{role_name}/{name}"),
            } })
        }
        _ => Value::Null,
    }
}
