//! A ledger that was read, and who is who in it: what a command about requests works with.

use std::collections::{BTreeMap, HashMap};

use jit_access::decide::{Missing, OnCall, Verdict, decide};
use jit_access::fold::{Case, State};
use jit_access::id::Id;
use jit_access::ledger::{Entry, Fact, FactKind, Key, Request, StoredPolicy, Vouch};
use jit_access::people::{Author, Nobody, People, UserId};
use jit_access::policy::{Access, Members, Right};
use jit_wire::timestamp::Timestamp;

use crate::broker::{AccessLedger, LedgerView};
use crate::error::CommandResult;
use crate::index;
use crate::world::World;

use super::own::OwnRecord;
use super::{failed, kept};

/// A ledger that was read, and who is who in it.
pub(crate) struct Desk<'d> {
    /// The ledger.
    pub(crate) ledger: &'d AccessLedger<'d>,
    /// What was read of it.
    pub(crate) view: &'d LedgerView,
    /// The policy in force.
    pub(crate) policy: &'d StoredPolicy,
    /// Who is who.
    pub(crate) people: People<'d>,
    /// The person's own user id, through the door that the ledger was opened with.
    pub(crate) user_id: &'d UserId,
    /// Who they are in the policy.
    pub(crate) me: Result<Author<'d>, Nobody>,
    /// The names of accounts, as far as they are known here.
    pub(crate) account_names: BTreeMap<String, String>,
    pub(crate) world: &'d World,
}

/// Who is missing for a request, of one group.
pub(crate) struct Wanted {
    /// The group.
    pub(crate) group: String,
    /// How many of it.
    pub(crate) count: u32,
    /// The people who can be it; `None` if the policy does not list them.
    pub(crate) people: Option<Vec<String>>,
}

/// Calls `then` with what `view` of `ledger` means.
///
/// # Errors
/// Nobody has published a policy, or no door of it lets people do what takes `right`; else what `then` says.
pub(crate) fn at_desk<T>(
    ledger: &AccessLedger<'_>,
    view: &LedgerView,
    right: Right,
    world: &World,
    then: impl FnOnce(&Desk<'_>) -> CommandResult<T>,
) -> CommandResult<T> {
    let policy = view.policy().map_err(|error| failed(&error, ledger))?;
    let user_id = ledger.user_id(&policy.policy, right).map_err(|error| failed(&error, ledger))?;
    let index = policy.index();
    let people = index.with(ledger.directory());
    let account_names = account_names(world);
    let me = people.author(&user_id);
    let desk = Desk { ledger, view, policy, people, user_id: &user_id, me, account_names, world };
    kept::note(&desk);
    then(&desk)
}

fn account_names(world: &World) -> BTreeMap<String, String> {
    let offered = index::all(&world.folders.state).into_iter();
    offered
        .filter_map(|role| Some((role.account, role.account_name.filter(|name| !name.is_empty())?)))
        .collect()
}

impl<'d> Desk<'d> {
    /// What the ledger's clock said.
    pub(crate) fn now(&self) -> Timestamp {
        self.view.now
    }

    /// The request `id`.
    pub(crate) fn case(&self, id: Id) -> Option<Case<'d>> {
        self.view.records.case(id)
    }

    /// Every request that was read, the oldest first.
    pub(crate) fn cases(&self) -> impl Iterator<Item = Case<'d>> {
        self.view.records.cases()
    }

    /// Its state now.
    pub(crate) fn state(&self, case: &Case<'_>) -> State {
        case.state(&self.people, self.now())
    }

    /// Says `fact` in the person's own name. What was kept of them is read again.
    ///
    /// # Errors
    /// It was not written.
    pub(crate) fn say(&self, fact: &Fact) -> CommandResult<Id> {
        let said = self.ledger.say(self.user_id, fact).map_err(|error| failed(&error, self.ledger));
        OwnRecord::forget(&self.world.folders.state);
        said
    }

    /// What can be asked for under this name.
    pub(crate) fn access(&self, name: &str) -> Option<&'d Access> {
        self.policy.policy.access.get(name)
    }

    /// Whether the person may ask for `access`, as far as that is known here: who is in a group of Identity Center is not.
    pub(crate) fn may_ask_for(&self, access: &Access) -> bool {
        if access.standing {
            return false;
        }
        let is_open = access.who.iter().any(|group| !self.lists(group));
        let Ok(me) = self.me else { return is_open };
        let is_in = |groups: &[String]| self.people.is_in_any(groups, me.person, Some(me.door));
        !is_in(&access.not) && (is_open || is_in(&access.who))
    }

    /// The short form of `id`, as it can be typed.
    pub(crate) fn short(&self, id: Id) -> String {
        id.short(self.view.records.ids())
    }

    /// The short form of each of `ids`: faster than one by one.
    pub(crate) fn shorts(&self, ids: impl IntoIterator<Item = Id>) -> HashMap<Id, String> {
        let all: Vec<Id> = self.view.records.ids().collect();
        ids.into_iter().map(|id| (id, id.short(all.iter().copied()))).collect()
    }

    /// The name of an author: that of the person in the policy, else that of the session.
    pub(crate) fn name_of(&self, author: &'d UserId) -> &'d str {
        self.people.author(author).map_or(author.session_name(), |author| author.person)
    }

    /// Whether the person asked for it.
    pub(crate) fn is_mine(&self, case: &Case<'_>) -> bool {
        case.is_requester(&self.people, self.user_id)
    }

    /// Whether the person's vote is wanted, and not given yet.
    pub(crate) fn is_for_me(&self, case: &Case<'d>) -> bool {
        let Ok(me) = self.me else { return false };
        if me.robot || self.is_mine(case) || self.state(case) != State::Pending {
            return false;
        }
        let is_in = |group: &str| self.people.is_member(group, me.person, Some(me.door));
        self.missing(case).iter().any(|missing| is_in(&missing.group)) && !self.has_voted(case, me.person)
    }

    fn has_voted(&self, case: &Case<'d>, person: &str) -> bool {
        let votes = case.facts.iter().filter(|fact| matches!(fact.body, Fact::Vote(_)));
        votes.filter_map(|fact| self.people.author(&fact.author).ok()).any(|author| author.person == person)
    }

    /// What would be decided about it now, as far as that is known here.
    pub(crate) fn verdict(&self, case: &Case<'_>) -> Verdict {
        let history = self.view.records.history(&self.people, case, self.now());
        decide(&self.people, case, &OnCall::Unknown, &history, self.now())
    }

    fn missing(&self, case: &Case<'_>) -> Vec<Missing> {
        match self.verdict(case) {
            Verdict::Wait { missing } => missing,
            Verdict::Grant(_) | Verdict::Deny { .. } => Vec::new(),
        }
    }

    /// Who is still missing for a request that waits.
    pub(crate) fn wanted(&self, case: &Case<'d>) -> Vec<Wanted> {
        self.missing(case).into_iter().map(|missing| self.wanted_of(case, missing)).collect()
    }

    /// Who could be the people who are missing of one group.
    pub(crate) fn wanted_of(&self, case: &Case<'d>, Missing { group, count }: Missing) -> Wanted {
        let approved = |person: &str| {
            case.facts.iter().any(|fact| {
                matches!(&fact.body, Fact::Vote(vote) if vote.vote == Vouch::Approve)
                    && self.name_of(&fact.author) == person
            })
        };
        let requester = self.name_of(case.author);
        let people = self.people.members(&group).map(|members| {
            let others = members
                .into_iter()
                .filter(|member| *member != requester && !approved(member) && !self.people.is_robot(member));
            others.map(str::to_owned).collect()
        });
        // A group of Identity Center is known to the function alone.
        let is_listed = self.lists(&group);
        Wanted { group, count, people: people.filter(|_| is_listed) }
    }

    /// Whether the policy itself lists who is in `group`.
    pub(crate) fn lists(&self, group: &str) -> bool {
        let group = self.policy.policy.groups.get(group);
        group.is_some_and(|group| matches!(group.members, Members::People(_)))
    }

    /// What would be decided about a request that the person has not made yet, if they made it now.
    pub(crate) fn advice_on(&self, request: &Request) -> Verdict {
        let id = Id::new(self.now(), [0; 10]);
        let key = Key::Fact { id, author: self.user_id.clone(), kind: FactKind::Request };
        let mut records = self.view.records.clone();
        let entry = Entry::new(key.to_string(), self.now());
        records.take(&entry, &Fact::Request(request.clone()).to_bytes());
        let Some(case) = records.case(id) else { return Verdict::Wait { missing: Vec::new() } };
        let history = records.history(&self.people, &case, self.now());
        decide(&self.people, &case, &OnCall::Unknown, &history, self.now())
    }

    /// The account as people know it: `acme-payments-prod (100000002222)`.
    pub(crate) fn account(&self, account: &str) -> String {
        match self.account_names.get(account) {
            Some(name) => format!("{name} ({account})"),
            None => account.to_owned(),
        }
    }
}
