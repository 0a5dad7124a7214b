//! The documents of entry roles: how people arrive, and what they can do there.

use super::super::{EntryPolicy, EntryRole, EntryTrust, Limit, OidcProvider, Reach, Writes};
use super::{Arrival, MissingSetting, Writer};
use crate::policy::{Apply, Door, Right};

impl Writer<'_> {
    pub(super) fn doors(&mut self) {
        for (name, door) in &self.policy.doors {
            self.entry_policies(name, door);
            self.entry_trust(name, door);
        }
    }

    /// A door with several rights has a policy for each.
    fn entry_policies(&mut self, name: &str, door: &Door) {
        let may = |right| door.may.contains(&right);
        let is_permission_set = EntryRole::new(&door.role).is_permission_set();
        let limit = if is_permission_set { Limit::PermissionSet } else { Limit::Inline };
        let applies = may(Right::Vote) && self.policy.deployment.apply == Apply::Approver;
        let kinds = [
            ("apply", applies, true, Writes::Acts),
            ("entry", may(Right::Request) || may(Right::Vote), may(Right::Request), Writes::Facts),
            ("glass", may(Right::Glass), true, Writes::Facts),
            ("publish", may(Right::Publish), false, Writes::Policy),
        ];
        let mut together = Vec::new();
        for (kind, is_wanted, reaches, writes) in kinds {
            if !is_wanted {
                continue;
            }
            let key = format!("door/{name}.{kind}");
            let Some(ledger) = self.settings.ledger.clone() else {
                self.lacks(key, MissingSetting::Ledger);
                continue;
            };
            let reach = match &self.settings.reach {
                _ if !reaches => Reach::Nothing,
                Some(accounts) if kind == "apply" => Reach::Grantors(accounts.clone()),
                Some(accounts) if kind == "glass" => Reach::Glass(accounts.clone()),
                Some(accounts) => Reach::OnRequest(accounts.clone()),
                None => {
                    self.lacks(key, MissingSetting::Reach);
                    continue;
                }
            };
            let policy = EntryPolicy { partition: door.role.partition(), ledger, reach, writes };
            self.put(key, limit, policy.render());
            together.push((prefix(kind), policy));
        }
        // A permission set has one inline policy, whatever its rights.
        if is_permission_set && !together.is_empty() {
            self.put(format!("door/{name}.permission-set"), limit, EntryPolicy::together(&together));
        }
    }

    fn entry_trust(&mut self, name: &str, door: &Door) {
        // AWS writes the trust of the role of a permission set.
        if EntryRole::new(&door.role).is_permission_set() {
            return;
        }
        let key = format!("door/{name}.trust");
        let Some(arrival) = self.settings.arrivals.get(name) else {
            return self.lacks(key, MissingSetting::Arrival(name.to_owned()));
        };
        let provider = |issuer: &str, audience: &str| OidcProvider {
            partition: door.role.partition(),
            account: door.role.account().to_owned(),
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
        };
        let trust = match arrival {
            Arrival::Oidc { issuer, audience, session_name } => EntryTrust::Oidc {
                provider: provider(issuer, audience),
                session_name: *session_name,
                tags: self.settings.tags.clone(),
            },
            Arrival::Saml { provider, regions } => EntryTrust::Saml {
                partition: door.role.partition(),
                account: door.role.account().to_owned(),
                provider: provider.clone(),
                regions: regions.clone(),
                tags: self.settings.tags.clone(),
            },
            Arrival::Robot { issuer, audience, subject, session_name } => EntryTrust::Robot {
                provider: provider(issuer, audience),
                subject: subject.clone(),
                session_name: session_name.clone(),
            },
        };
        if let Some(document) = trust.render() {
            self.put(key, Limit::Trust, document);
        }
    }
}

/// What tells the statements of one kind of policy apart from those of the others.
fn prefix(kind: &str) -> &'static str {
    match kind {
        "apply" => "Apply",
        "glass" => "Glass",
        "publish" => "Publish",
        _ => "Entry",
    }
}
