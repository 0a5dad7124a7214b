//! The list to pick a role from: roles that were used often and recently come first.

use std::collections::HashMap;
use std::time::Duration;

use crate::commands::nameable::Nameable;
use crate::plan::COLORS;
use crate::ui::Choice;
use crate::ui::text::{escape, shown};
use jit_wire::timestamp::duration;

/// The lines of the list.
pub(super) struct RoleList {
    /// The index of each line's role.
    pub(super) order: Vec<usize>,
    pub(super) choices: Vec<Choice>,
}

impl RoleList {
    /// A line for each of `candidates`, `first` at the top. `left` and `used` are by the names of roles.
    pub(super) fn of(
        candidates: &[Nameable],
        first: Option<&str>,
        left: &HashMap<String, Duration>,
        used: &HashMap<String, usize>,
    ) -> Self {
        // Sessions and uses from before an account had a name are noted with its number.
        let by_either_name = |one: &Nameable| [one.name.clone(), one.number_name()];
        let mut order: Vec<usize> = (0..candidates.len()).collect();
        order.sort_by_cached_key(|index| {
            let one = &candidates[*index];
            let names = by_either_name(one);
            let used = names.iter().filter_map(|name| used.get(name)).min().copied().unwrap_or(usize::MAX);
            (Some(one.name.as_str()) != first, used, !names.iter().any(|name| left.contains_key(name)))
        });
        let line = |index: &usize| {
            let one = &candidates[*index];
            choice(one, by_either_name(one).iter().find_map(|name| left.get(name)).copied())
        };
        let choices = order.iter().map(line).collect();
        Self { order, choices }
    }
}

/// The line of the list for `role`.
fn choice(role: &Nameable, left: Option<Duration>) -> Choice {
    let left = left.map(|left| shown!("{} left", duration(left))).unwrap_or_default();
    // `account/role` is a word of its own, so that an ARN finds it.
    let account_name = role.account_name.as_deref().unwrap_or_default();
    let words: [&str; 11] = [
        &role.name,
        " ",
        &role.account,
        "/",
        &role.role,
        " ",
        account_name,
        " ",
        &role.about,
        " ",
        &role.tags,
    ];
    Choice {
        cells: vec![escape(&role.name), escape(&role.account_shown()), escape(&role.about), left],
        words: words.concat().to_lowercase(),
        color: Some(color(role.color.as_deref(), &role.account)),
    }
}

/// The configured colour, else one that depends on the account.
fn color(own: Option<&str>, account: &str) -> u8 {
    let own = own.and_then(|own| COLORS.iter().position(|color| *color == own));
    // White is left out, because it does not distinguish accounts.
    let sum = account.bytes().fold(0_usize, |sum, digit| sum.wrapping_mul(31).wrapping_add(digit.into()));
    31 + u8::try_from(own.unwrap_or(sum % (COLORS.len() - 1))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_keeps_its_colour_and_the_configuration_has_the_last_word() {
        assert_eq!(color(Some("red"), "111111111111"), 31);
        assert_eq!(color(Some("white"), "111111111111"), 37);
        assert_eq!(color(None, "111111111111"), color(None, "111111111111"));
        let colors: std::collections::HashSet<u8> =
            (0..100).map(|n| color(None, &format!("{n:012}"))).collect();
        assert!(colors.len() == 6 && !colors.contains(&37), "{colors:?}");
    }
}
