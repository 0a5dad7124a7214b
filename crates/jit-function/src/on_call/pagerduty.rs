//! PagerDuty: `GET /oncalls` of its REST API, version 2 (PagerDuty Developer Documentation, "List all of the on-calls").

use std::collections::BTreeSet;

use jit_access::decide::Shift;
use jit_apply::calls::AwsCalls;
use jit_wire::http::{Ask, HttpAnswer};
use jit_wire::secret::Secret;
use jit_wire::timestamp::Timestamp;
use jit_wire::trusted_url::TrustedUrl;
use serde_json::Value;

use super::OnCallService;

/// Entries of one page; PagerDuty gives no more.
const PAGE: usize = 100;
/// Pages of one list, far above what a few schedules have.
const MOST_PAGES: usize = 20;

/// PagerDuty, with a token that may read.
pub(crate) struct PagerDuty {
    /// Its REST API.
    pub(crate) url: TrustedUrl,
    /// The token.
    pub(crate) token: Secret<String>,
}

impl OnCallService for PagerDuty {
    fn shifts(
        &self,
        calls: &AwsCalls<'_>,
        schedules: &BTreeSet<String>,
        now: Timestamp,
    ) -> Result<Vec<Shift>, String> {
        let mut shifts = Vec::new();
        for page in 0..MOST_PAGES {
            let answer = self.page(calls, schedules, page * PAGE)?;
            let answer: Value = match answer.status {
                200 => serde_json::from_slice(answer.body.expose())
                    .map_err(|_| "PagerDuty's answer is not JSON")?,
                status => return Err(refused(status)),
            };
            let entries = answer.get("oncalls").and_then(Value::as_array);
            let entries = entries.ok_or("PagerDuty's answer has no on-calls")?;
            let found = entries.iter().filter_map(|entry| shift(entry, now));
            shifts.extend(found.filter(|shift| schedules.contains(&shift.schedule)));
            if answer.get("more") != Some(&Value::Bool(true)) {
                // Somebody is listed once for each escalation policy.
                shifts.sort_by(|one: &Shift, other| {
                    (&one.schedule, &one.user, one.until).cmp(&(&other.schedule, &other.user, other.until))
                });
                shifts.dedup();
                return Ok(shifts);
            }
        }
        Err("PagerDuty's list does not end".to_owned())
    }
}

impl PagerDuty {
    fn page(
        &self,
        calls: &AwsCalls<'_>,
        schedules: &BTreeSet<String>,
        offset: usize,
    ) -> Result<HttpAnswer, String> {
        let (limit, offset) = (PAGE.to_string(), offset.to_string());
        let mut query = vec![("time_zone", "UTC"), ("limit", &limit), ("offset", &offset)];
        query.extend(schedules.iter().map(|schedule| ("schedule_ids[]", schedule.as_str())));
        let url = self.url.below("oncalls").map_err(|error| format!("PagerDuty's URL {error}"))?;
        let url = url.with_query(&query);
        let token = Secret::new(format!("Token token={}", self.token.expose()));
        let ask = Ask {
            accept: "application/vnd.pagerduty+json;version=2",
            authorization: Some(&token),
            ..Ask::get(&url)
        };
        calls.run(async |http| http.ask(&ask).await).map_err(|error| error.to_string())
    }
}

fn refused(status: u16) -> String {
    match status {
        401 | 403 => format!("PagerDuty refused the token (status {status})"),
        429 => "PagerDuty had too many requests (status 429)".to_owned(),
        status => format!("PagerDuty answered with status {status}"),
    }
}

/// An entry, if it is on at `now` and has an end. One without a schedule is of an escalation policy, and has none.
fn shift(entry: &Value, now: Timestamp) -> Option<Shift> {
    let id = |of: &str| entry.get(of)?.get("id")?.as_str().map(str::to_owned);
    let time = |key: &str| Timestamp::parse_rfc3339(entry.get(key)?.as_str()?);
    let (start, until) = (time("start")?, time("end")?);
    (start <= now && now < until).then_some(Shift { schedule: id("schedule")?, user: id("user")?, until })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_shift_that_is_on_and_ends_counts() {
        let now = Timestamp::parse_rfc3339("2026-11-27T12:00:00Z").unwrap();
        let entry = |start: &str, end: &str| {
            json!({
                "user": { "id": "PALICE", "type": "user_reference" }, "schedule": { "id": "PSCHED1" },
                "escalation_policy": { "id": "PE" }, "escalation_level": 1, "start": start, "end": end,
            })
        };
        let until = |entry: Value| shift(&entry, now).map(|shift| shift.until.0 - now.0);
        // Another time zone, as PagerDuty may send one.
        assert_eq!(until(entry("2026-11-27T06:00:00-05:00", "2026-11-27T08:00:00-05:00")), Some(3600));
        assert_eq!(until(entry("2026-11-27T12:00:00Z", "2026-11-27T12:00:01Z")), Some(1));
        for wrong in [
            entry("2026-11-27T12:00:01Z", "2026-11-27T13:00:00Z"),
            entry("2026-11-27T11:00:00Z", "2026-11-27T12:00:00Z"),
            json!({ "user": { "id": "PALICE" }, "schedule": null, "start": null, "end": null }),
            json!({ "user": { "id": "PALICE" }, "schedule": { "id": "P" }, "start": "2026-11-27T11:00:00Z", "end": null }),
            json!({ "schedule": { "id": "P" }, "start": "2026-11-27T11:00:00Z", "end": "2026-11-27T13:00:00Z" }),
            json!("x"),
        ] {
            assert_eq!(until(wrong.clone()), None, "{wrong}");
        }
    }
}
