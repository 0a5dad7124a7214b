//! PagerDuty's REST API, as far as who is on call ("List all of the on-calls", with the refusals that its documentation
//! lists): a token and a version in headers, schedules in the query, pages by `limit` and `offset`.

use std::io;
use std::sync::{Arc, Mutex};

use http::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::service::json_reply;
use crate::shared::lock;
use crate::side::SideServer;
use jit_wire::loopback::{Reply, Request};
use jit_wire::timestamp::Timestamp;

/// A PagerDuty, on a port of its own. It stops when this is dropped.
pub struct PagerDutyServer {
    shared: Arc<Mutex<PagerDutyState>>,
    server: SideServer,
}

/// Somebody's shift.
#[derive(Clone, Debug)]
pub struct OnCallShift {
    /// The schedule's id.
    pub schedule: String,
    /// The user's id.
    pub user: String,
    /// When it starts.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
}

#[derive(Default)]
struct PagerDutyState {
    token: String,
    shifts: Vec<OnCallShift>,
    failing: Option<u16>,
    asked: usize,
}

impl PagerDutyServer {
    /// Starts it with a token that may read.
    ///
    /// # Errors
    /// Whatever the system reports about ports or threads.
    pub fn start(token: &str) -> io::Result<Self> {
        let state = PagerDutyState { token: token.to_owned(), ..PagerDutyState::default() };
        let shared = Arc::new(Mutex::new(state));
        let served = Arc::clone(&shared);
        let server = SideServer::start("PagerDuty", 64 * 1024, move |request| {
            let reply = lock(&served).answer(&request);
            async move { reply }
        })?;
        Ok(Self { shared, server })
    }

    /// The URL of the REST API.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// From now on exactly these shifts exist.
    pub fn set_shifts(&self, shifts: Vec<OnCallShift>) {
        lock(&self.shared).shifts = shifts;
    }

    /// From now on every answer has this status; with `None` they are right again.
    pub fn fail(&self, status: Option<u16>) {
        lock(&self.shared).failing = status;
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        lock(&self.shared).asked
    }
}

impl PagerDutyState {
    fn answer(&mut self, request: &Request) -> Reply {
        self.asked += 1;
        let refuse = |status: StatusCode, code: u32, message: &str| {
            json_reply(status, &json!({ "error": { "code": code, "message": message, "errors": [] } }))
        };
        let header =
            |name| request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if let Some(status) = self.failing {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return refuse(status, 2000, "Internal Server Error");
        }
        if header(header::AUTHORIZATION) != format!("Token token={}", self.token) {
            return refuse(StatusCode::UNAUTHORIZED, 2006, "Unauthorized");
        }
        if header(header::ACCEPT) != "application/vnd.pagerduty+json;version=2" {
            return refuse(StatusCode::NOT_ACCEPTABLE, 2013, "Not Acceptable");
        }
        if request.method != Method::GET || request.path != "/oncalls" {
            return refuse(StatusCode::NOT_FOUND, 2100, "Not Found");
        }
        let number = |name: &str, usual: usize| {
            let given = request.query.iter().find(|(own, _)| own == name);
            given.map_or(Some(usual), |(_, value)| value.parse().ok())
        };
        let (limit, offset) = match (number("limit", 25), number("offset", 0)) {
            (Some(limit @ 1..=100), Some(offset)) => (limit, offset),
            _ => return refuse(StatusCode::BAD_REQUEST, 2001, "Invalid Input Provided"),
        };
        let named = |shift: &&OnCallShift| {
            request.query.iter().any(|(name, id)| name == "schedule_ids[]" && *id == shift.schedule)
        };
        let all: Vec<Value> = self.shifts.iter().filter(named).map(entry).collect();
        let page: Vec<&Value> = all.iter().skip(offset).take(limit).collect();
        let more = offset + page.len() < all.len();
        let body = json!({ "oncalls": page, "limit": limit, "offset": offset, "more": more, "total": null });
        json_reply(StatusCode::OK, &body)
    }
}

fn entry(shift: &OnCallShift) -> Value {
    json!({
        "escalation_policy": { "id": "PEPOLICY", "type": "escalation_policy_reference" },
        "escalation_level": 1,
        "schedule": { "id": shift.schedule, "type": "schedule_reference" },
        "user": { "id": shift.user, "type": "user_reference" },
        "start": shift.start.to_rfc3339(),
        "end": shift.end.to_rfc3339(),
    })
}
