//! Checks roles, doors, and what `apply = "approver"` cannot do.

use std::collections::BTreeSet;

use super::{Checker, LONGEST_SESSION, MOST_VOTERS};
use crate::fold::approver_groups;
use crate::policy::{Access, Apply, Members, Place, Right};

impl Checker<'_> {
    pub(super) fn deployment(&mut self) {
        let deployment = &self.policy.deployment;
        let place = deployment.place.clone();
        if deployment.security.is_empty() {
            let what = "no group is notified of findings".to_owned();
            self.warning(place.clone(), "no-security", what, "add security = [\"GROUP\"] to [deployment]");
        }
        if deployment.accounts.is_empty() {
            let what = "the deployment has no accounts, so no role is reconciled or audited".to_owned();
            self.error(place, "no-accounts", what, "add accounts = [\"ou-root\"] to [deployment]");
        }
    }

    pub(super) fn doors(&mut self) {
        for (name, door) in &self.policy.doors {
            if door.ids.is_empty() {
                let what =
                    format!("[door.{name}] has no `ids`, so jit cannot recognize people who come through it");
                let advice = "add the role's RoleId, which `aws iam get-role` shows";
                self.error(door.place.clone(), "door-without-ids", what, advice);
            }
            if door.may.is_empty() {
                let what = format!("[door.{name}] has no rights");
                self.warning(door.place.clone(), "idle-door", what, "add what it may do, or remove the door");
            }
        }
        let rights = [(Right::Request, "request"), (Right::Publish, "publish")];
        for (right, verb) in rights {
            if !self.policy.doors.values().any(|door| door.may.contains(&right)) {
                let what = format!("no door may {verb}");
                let advice = "add it to `may` of a door";
                self.error(self.policy.deployment.place.clone(), "no-door", what, advice);
            }
        }
        let needs_glass =
            self.policy.access.values().find(|access| access.standing).map(|access| access.place.clone());
        if let Some(place) = needs_glass
            && !self.policy.doors.values().any(|door| door.may.contains(&Right::Glass))
        {
            let what = "there is break-glass, and no door may `glass`".to_owned();
            self.error(place, "no-glass-door", what, "add a door of its own with may = [\"glass\"]");
        }
    }

    pub(super) fn role(&mut self, name: &str, access: &Access) {
        if access.ceiling.is_none() {
            let what =
                format!("the role of [access.{name}] has no ceiling, so a grant on it could allow anything");
            self.error(
                access.place.clone(),
                "no-ceiling",
                what,
                "add ceiling = \"operate\", \"read\" or \"admin\"",
            );
        }
        let other = self.policy.access.iter().find(|(_, other)| {
            other.role == access.role && other.ceiling != access.ceiling && other.ceiling.is_some()
        });
        if let Some((other, _)) = other.filter(|_| access.ceiling.is_some()) {
            let what = format!("[access.{name}] and [access.{other}] give one role different ceilings");
            self.error(
                access.place_of("ceiling"),
                "two-ceilings",
                what,
                "a role has one boundary; use two roles",
            );
        }
        let session =
            self.surroundings.sessions.get(&access.role.to_string()).copied().unwrap_or(LONGEST_SESSION);
        if access.max > session {
            let what = format!("`max` of [access.{name}] is longer than a session of its role can be");
            let advice = "shorten `max`, or raise MaxSessionDuration of the role (at most 12 h)";
            self.error(access.place_of("max"), "max-above-session", what, advice);
        }
        if access.total.is_some_and(|total| total < access.max) {
            let what =
                format!("`total` of [access.{name}] is shorter than `max`, so `max` can never be granted");
            self.warning(access.place_of("total"), "total-below-max", what, "raise `total` or shorten `max`");
        }
        let ttl = self.policy.limits.request_ttl;
        if let Some(escalate) = &access.escalate
            && escalate.after >= ttl
        {
            let what = format!("requests for [access.{name}] lapse before they are escalated");
            self.error(
                access.place_of("escalate"),
                "escalates-too-late",
                what,
                "shorten `after`, or raise request_ttl",
            );
        }
    }

    /// What is impossible if the voter's own command line applies grants.
    pub(super) fn by_approver(&mut self, name: &str, access: &Access) {
        if self.policy.deployment.apply != Apply::Approver || access.standing {
            return;
        }
        if access.approve.is_empty() {
            let what = format!(
                "[access.{name}] needs no approval, and with apply = \"approver\" nobody could apply it"
            );
            self.error(
                access.place_of("approve"),
                "approver-needed",
                what,
                "name who approves, or use apply = \"function\"",
            );
        }
        if access.oncall.is_some() {
            let what =
                format!("[access.{name}] depends on who is on call, which only the function can find out");
            self.error(
                access.place_of("oncall"),
                "function-needed",
                what,
                "leave `oncall` out, or use apply = \"function\"",
            );
        }
        let named: BTreeSet<&str> =
            access.who.iter().chain(&access.not).map(String::as_str).chain(approver_groups(access)).collect();
        for group in named {
            let found = self.policy.groups.get(group);
            if let Some(place) = found
                .filter(|group| matches!(group.members, Members::IdentityCenter(_)))
                .map(|g| g.place.clone())
            {
                let what = format!(
                    "the group {group} is one of Identity Center, which only the function can resolve"
                );
                self.error(place, "function-needed", what, "list its people, or use apply = \"function\"");
            }
        }
        let voters: BTreeSet<String> = approver_groups(access)
            .filter_map(|group| self.people.members(group))
            .flatten()
            .flat_map(|person| self.people.session_names(person))
            .collect();
        if voters.len() > MOST_VOTERS {
            let what = format!(
                "[access.{name}] has {} names of voters; the trust policy of its role can exclude about {MOST_VOTERS}",
                voters.len()
            );
            self.error(
                access.place_of("approve"),
                "too-many-voters",
                what,
                "use smaller groups, or apply = \"function\"",
            );
        }
        let place: Place = self.policy.deployment.place.clone();
        let what =
            "with apply = \"approver\" the quorum is only advice: one person who can apply grants could apply any".to_owned();
        self.warning(place, "quorum-is-advice", what, "use apply = \"function\" after the trial");
    }
}
