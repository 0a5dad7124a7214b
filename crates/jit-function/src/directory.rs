//! What the policy refers to and AWS knows: the accounts of units, and the groups of the people who matter in this run.

use std::collections::{BTreeMap, BTreeSet};

use jit_access::fold::Case;
use jit_access::ledger::{Fact, Finding, FindingKind, Records};
use jit_access::people::{Directory, PolicyIndex};
use jit_access::policy::{Access, AccountSet, Members, Policy};

/// A directory, and what of it could not be read.
#[derive(Debug, Default)]
pub(crate) struct KnownDirectory {
    pub(crate) directory: Directory,
    /// The units whose accounts are known, from this run or an earlier one.
    pub(crate) known_units: BTreeSet<String>,
    pub(crate) unread_units: BTreeMap<String, String>,
    pub(crate) unread_groups: BTreeMap<String, String>,
}

impl KnownDirectory {
    /// Whether a decision about `access` must wait. An unknown unit could make it a denial, and somebody in an unknown group
    /// could be a person whom the access excludes. Anywhere else nobody is in a group that cannot be read.
    pub(crate) fn must_wait(&self, policy: &Policy, access: &Access) -> bool {
        let is_unread = |set: &AccountSet| match set {
            AccountSet::Unit(unit) => !self.known_units.contains(unit),
            AccountSet::Account(_) => false,
        };
        let sides = policy.separation.values().flat_map(|separation| separation.sides.iter().flatten());
        let own = if access.role.account().is_some() {
            &[]
        } else if access.accounts.is_empty() {
            policy.deployment.accounts.as_slice()
        } else {
            access.accounts.as_slice()
        };
        let excluded = access.not.iter().filter_map(|group| policy.groups.get(group));
        own.iter().chain(sides).any(is_unread)
            || excluded.into_iter().any(|group| match &group.members {
                Members::IdentityCenter(id) => self.unread_groups.contains_key(id),
                Members::People(_) | Members::Door(_) => false,
            })
    }

    /// What security should know of it.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let of = |what: &str, unread: &BTreeMap<String, String>| -> Vec<Finding> {
            let finding = |(id, why): (&String, &String)| Finding {
                kind: FindingKind::Directory,
                subject: id.clone(),
                what: format!("the {what} cannot be read: {why}"),
            };
            unread.iter().map(finding).collect()
        };
        let mut findings = of("organizational unit", &self.unread_units);
        findings.extend(of("group of Identity Center", &self.unread_groups));
        findings
    }
}

/// The units that the policy names.
pub(crate) fn units(policy: &Policy) -> BTreeSet<String> {
    let own = policy.access.values().flat_map(|access| &access.accounts);
    let sides = policy.separation.values().flat_map(|separation| separation.sides.iter().flatten());
    let sets = policy.deployment.accounts.iter().chain(own).chain(sides);
    sets.filter_map(|set| match set {
        AccountSet::Unit(unit) => Some(unit.clone()),
        AccountSet::Account(_) => None,
    })
    .collect()
}

/// The groups of Identity Center that the policy names.
pub(crate) fn groups(policy: &Policy) -> BTreeSet<String> {
    let of = policy.groups.values().filter_map(|group| match &group.members {
        Members::IdentityCenter(id) => Some(id.clone()),
        Members::People(_) | Members::Door(_) => None,
    });
    of.collect()
}

/// The session names whose groups can matter in this run: those of everybody who asks or votes where nothing is decided yet,
/// or who ends what is granted.
pub(crate) fn names(records: &Records, index: &PolicyIndex<'_>) -> BTreeSet<String> {
    let policy = index.policy();
    let mut names = BTreeSet::new();
    for case in records.cases() {
        if !matters(&case) {
            continue;
        }
        names.insert(case.author.session_name().to_owned());
        names.extend(case.facts.iter().map(|fact| fact.author.session_name().to_owned()));
        let by_slack = case.slack.iter().flat_map(|(member, ..)| {
            policy.people.values().filter(move |entry| entry.slack.as_deref() == Some(*member))
        });
        names.extend(by_slack.flat_map(|entry| entry.names.clone()));
    }
    // An overdue review keeps its person from asking, so it matters who reviewed, too.
    for used in
        records.use_cases().filter(|used| names.contains(used.author.session_name())).collect::<Vec<_>>()
    {
        names.extend(used.reviews.iter().map(|(fact, _)| fact.author.session_name().to_owned()));
    }
    // A person is in a group by any of their names.
    let (nobody, known) = (Directory::default(), names.clone());
    let people = index.with(&nobody);
    for name in &known {
        names.extend(people.person(name).map(|person| people.session_names(person)).unwrap_or_default());
    }
    names
}

fn matters(case: &Case<'_>) -> bool {
    let ends = |fact: &Fact| matches!(fact, Fact::Drop(_) | Fact::Revoke(_));
    case.decision.is_none() || (case.ended.is_none() && case.facts.iter().any(|fact| ends(&fact.body)))
}
