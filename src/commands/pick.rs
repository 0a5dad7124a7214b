//! Which role is meant where none was named: a list to type into, what is used often and lately at its head.

use std::collections::HashMap;
use std::time::Duration;

use super::{roles, terminals};
use crate::config::file::File;
use crate::error::{CommandError, CommandResult, Kind};
use crate::plan::{COLORS, EntryKind};
use crate::store::Store;
use crate::ui::text::{escape, shown};
use crate::ui::{self, Choice, Picked, Ui};
use crate::world::World;
use jit_wire::credentials::Session;
use jit_wire::timestamp::duration;

/// A line of the list.
#[derive(Clone, Debug, Default)]
pub(super) struct Candidate {
    /// What to call the role.
    pub(super) name: String,
    /// Twelve digits.
    pub(super) account: String,
    /// What the role is called in its account.
    pub(super) role: String,
    /// The description, the account's name, or how it is reached.
    pub(super) about: String,
    /// What else it may be searched by: the account's name, tags.
    pub(super) more: String,
    /// The colour of the configuration.
    pub(super) color: Option<String>,
}

impl Candidate {
    fn choice(&self, left: Option<Duration>) -> Choice {
        let left = left.map(|left| shown!("{} left", duration(left))).unwrap_or_default();
        // What an account id and an ARN come down to is a word of its own.
        let words: [&str; 9] =
            [&self.name, " ", &self.account, "/", &self.role, " ", &self.about, " ", &self.more];
        Choice {
            cells: vec![escape(&self.name), escape(&self.account), escape(&self.about), left],
            words: words.concat().to_lowercase(),
            color: Some(color(self.color.as_deref(), &self.account)),
        }
    }
}

/// The colour of the configuration, else one that stays with the account.
fn color(own: Option<&str>, account: &str) -> u8 {
    let own = own.and_then(|own| COLORS.iter().position(|color| *color == own));
    // White is no colour to tell accounts apart by.
    let sum = account.bytes().fold(0_usize, |sum, digit| sum.wrapping_mul(31).wrapping_add(digit.into()));
    31 + u8::try_from(own.unwrap_or(sum % (COLORS.len() - 1))).unwrap_or(0)
}

/// What an ARN comes down to, as far as it is typed: `account/role`. That of a session counts as its role's, and that of
/// a permission set's role as the permission set.
pub(super) fn of_arn(word: &str) -> Option<String> {
    let rest = word.strip_prefix("arn:")?;
    let mut parts = rest.splitn(5, ':').skip(3);
    let (account, resource) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let (kind, path) = resource.split_once('/').unwrap_or((resource, ""));
    let name = match kind {
        "assumed-role" => path.split('/').next().unwrap_or_default(),
        _ => path.rsplit('/').next().unwrap_or_default(),
    };
    let assigned = name.strip_prefix("AWSReservedSSO_").and_then(|name| name.rsplit_once('_'));
    let name = assigned.map_or(name, |(set, _)| set);
    Some(if name.is_empty() { account.to_owned() } else { format!("{account}/{name}") })
}

/// Lets the person pick one of every role that can be named.
///
/// # Errors
/// There is none, nothing was picked, or nobody can be asked.
pub(super) fn any(file: &File, store: &Store<'_>, world: &World) -> CommandResult<String> {
    let candidates = roles::named(file, world)?.into_iter().map(|role| role.candidate).collect();
    let name = one_of(candidates, None, store, world)?;
    terminals::note_use(world, &name);
    Ok(name)
}

/// Lets the person pick one of `candidates`; `first` stands before all others.
///
/// # Errors
/// Nothing was picked, or nobody can be asked.
pub(super) fn one_of(
    mut candidates: Vec<Candidate>,
    first: Option<&str>,
    store: &Store<'_>,
    world: &World,
) -> CommandResult<String> {
    let sessions = sessions(store, world);
    let used = terminals::used(world);
    candidates.sort_by_cached_key(|one| {
        let used = used.get(&one.name).copied().unwrap_or(usize::MAX);
        (Some(one.name.as_str()) != first, used, !sessions.contains_key(&one.name))
    });
    let choices: Vec<Choice> =
        candidates.iter().map(|one| one.choice(sessions.get(&one.name).copied())).collect();
    match ui::pick("Role", &choices, &of_arn, &Ui::new(&world.env, false, false)) {
        Picked::One(index) => Ok(candidates.swap_remove(index).name),
        Picked::Nothing => Err(CommandError::new(Kind::Failed, "no role was chosen")),
        Picked::Interrupted => Err(CommandError::new(Kind::Interrupted, "no role was chosen")),
    }
}

/// How long the session of each role still lives. A store that cannot be read is none: this is for the eye.
fn sessions(store: &Store<'_>, world: &World) -> HashMap<String, Duration> {
    let now = world.clock.now();
    let keys = store.keys().unwrap_or_default().into_iter().filter(|key| key.kind == EntryKind::Session);
    let alive = |key| {
        let session = Session::from_bytes(store.get(&key).ok()??.expose()).ok()?;
        let left = session.time_left(now);
        (!left.is_zero()).then_some((session.role, left))
    };
    keys.filter_map(alive).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partly_typed_arn_matches_its_account_and_role() {
        let cases = [
            ("arn:aws:iam::222222222222:role/admin", "222222222222/admin"),
            ("arn:aws:iam::222222222222:role/path/to/admin", "222222222222/admin"),
            ("arn:aws-cn:sts::222222222222:assumed-role/admin/me@example.com", "222222222222/admin"),
            (
                "arn:aws:sts::333333333333:assumed-role/AWSReservedSSO_Dev_eloper_0123456789abcdef/me",
                "333333333333/Dev_eloper",
            ),
            (
                "arn:aws:iam::333333333333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Read_0123",
                "333333333333/Read",
            ),
            ("arn:aws:iam::2222", "2222"),
            ("arn:aws:iam::222222222222:role", "222222222222"),
            ("arn:aws", ""),
        ];
        for (typed, meant) in cases {
            assert_eq!(of_arn(typed).as_deref(), Some(meant), "{typed}");
        }
        assert_eq!(of_arn("admin"), None);
    }

    #[test]
    fn an_account_keeps_its_colour_unless_configured() {
        assert_eq!(color(Some("red"), "111111111111"), 31);
        assert_eq!(color(Some("white"), "111111111111"), 37);
        assert_eq!(color(None, "111111111111"), color(None, "111111111111"));
        let colors: std::collections::HashSet<u8> =
            (0..100).map(|n| color(None, &format!("{n:012}"))).collect();
        assert!(colors.len() == 6 && !colors.contains(&37), "{colors:?}");
    }
}
