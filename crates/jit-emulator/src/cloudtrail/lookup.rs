//! `LookupEvents`: one attribute, a time range, fifty events a page.

use serde_json::{Value, json};

use crate::cloudtrail::trail::Written;
use crate::faults::Refusal;

const A_PAGE: usize = 50;

/// The answer to `input`, from `events`, the newest first.
pub(crate) fn answer(events: &[Written], input: &Value) -> Result<Value, Refusal> {
    let invalid = |code: &str, text: &str| Refusal::new(400, code, text);
    let attributes = input["LookupAttributes"].as_array().map(Vec::as_slice).unwrap_or_default();
    if attributes.len() > 1 {
        let text = "You can only specify one lookup attribute.";
        return Err(invalid("InvalidLookupAttributesException", text));
    }
    let attribute = attributes.first().map(|attribute| {
        (
            attribute["AttributeKey"].as_str().unwrap_or_default(),
            attribute["AttributeValue"].as_str().unwrap_or_default(),
        )
    });
    if attribute.is_some_and(|(name, _)| !KEYS.contains(&name)) {
        return Err(invalid("InvalidLookupAttributesException", "The lookup attribute is not valid."));
    }
    let size = match &input["MaxResults"] {
        Value::Null => A_PAGE,
        size => size
            .as_u64()
            .and_then(|size| usize::try_from(size).ok())
            .filter(|size| (1..=A_PAGE).contains(size))
            .ok_or_else(|| invalid("InvalidMaxResultsException", "MaxResults must be between 1 and 50."))?,
    };
    let from = input["StartTime"].as_f64();
    let until = input["EndTime"].as_f64();
    if from.zip(until).is_some_and(|(from, until)| from > until) {
        return Err(invalid("InvalidTimeRangeException", "The start time must be before the end time."));
    }
    #[expect(clippy::cast_precision_loss, reason = "AWS's times are numbers with a point")]
    let in_range = |written: &Written| {
        let at = written.at.0 as f64;
        from.is_none_or(|from| at >= from) && until.is_none_or(|until| at <= until)
    };
    let found = events.iter().filter(|written| in_range(written));
    let found = found.filter(|written| attribute.is_none_or(|(name, value)| has(written, name, value)));
    let mut found = found.skip_while(|written| match input["NextToken"].as_str() {
        Some(next) => written.id != next,
        None => false,
    });
    let shown: Vec<Value> = found.by_ref().take(size).map(element).collect();
    let mut answer = json!({ "Events": shown });
    if let Some(next) = found.next() {
        answer["NextToken"] = json!(next.id);
    }
    Ok(answer)
}

const KEYS: [&str; 8] = [
    "AccessKeyId",
    "EventId",
    "EventName",
    "EventSource",
    "ReadOnly",
    "ResourceName",
    "ResourceType",
    "Username",
];

fn has(written: &Written, name: &str, value: &str) -> bool {
    let event = &written.event;
    match name {
        "AccessKeyId" => written.key_id.as_deref() == Some(value),
        "EventId" => written.id == value,
        "EventName" => event.name == value,
        "EventSource" => event.source == value,
        "ReadOnly" => event.read_only.to_string() == value,
        "Username" => written.user == value,
        "ResourceType" => event.resources.iter().any(|(kind, _)| *kind == value),
        _ => event.resources.iter().any(|(_, name)| name == value),
    }
}

fn element(written: &Written) -> Value {
    let event = &written.event;
    let resources: Vec<Value> = event
        .resources
        .iter()
        .map(|(kind, name)| json!({ "ResourceType": kind, "ResourceName": name }))
        .collect();
    json!({
        "EventId": written.id,
        "EventName": event.name,
        "ReadOnly": event.read_only.to_string(),
        "AccessKeyId": written.key_id,
        "EventTime": written.at.0,
        "EventSource": event.source,
        "Username": written.user,
        "Resources": resources,
        "CloudTrailEvent": written.record.to_string(),
    })
}
