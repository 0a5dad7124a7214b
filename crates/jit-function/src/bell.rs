//! What an event means. Anybody who may write into the ledger can cause one, and events are lost, repeated and reordered. So
//! nothing in an event is believed: it only rings.

use serde_json::Value;

/// Why a run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bell {
    /// Something may be new in the ledger.
    Ledger,
    /// It is time to compare every role with the decisions.
    Tick,
}

impl Bell {
    /// What `event` means. An event that S3 did not send is a tick, whatever it is, because a run that does more than needed
    /// is only slower.
    pub fn of(event: &Value) -> Self {
        let by_notification = event.pointer("/Records/0/eventSource").and_then(Value::as_str);
        let by_bridge = event.get("source").and_then(Value::as_str);
        match by_notification.or(by_bridge) {
            Some("aws:s3" | "aws.s3") => Self::Ledger,
            _ => Self::Tick,
        }
    }

    /// As it is logged.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ledger => "ledger",
            Self::Tick => "tick",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_who_rang_is_read() {
        let of_s3 =
            json!({ "Records": [{ "eventSource": "aws:s3", "s3": { "object": { "key": "../../x" } } }] });
        for (event, bell) in [
            (of_s3, Bell::Ledger),
            (json!({ "source": "aws.s3", "detail-type": "Object Created" }), Bell::Ledger),
            (json!({ "source": "aws.scheduler" }), Bell::Tick),
            (json!({ "Records": [] }), Bell::Tick),
            (json!({ "Records": { "eventSource": "aws:s3" } }), Bell::Tick),
            (json!([]), Bell::Tick),
            (json!(null), Bell::Tick),
            (json!("aws:s3"), Bell::Tick),
            (json!({ "approve": "everything", "role": "arn:aws:iam::1:role/jit/x" }), Bell::Tick),
        ] {
            assert_eq!(Bell::of(&event), bell, "{event}");
        }
    }
}
