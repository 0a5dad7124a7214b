//! A name that means no role: what may have been meant, looked for in everything that can be named. Never another
//! account than the one that was named: `acme-prod/Admn` does not lead to `acme-dev/Admin`.

use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::name;

use crate::plan::{Origin, Valued};
use crate::ui::{Likeness, likeness};

use super::nameable::{Nameable, of_arn};

/// So many names are suggested at a time.
const MOST: usize = 5;
/// So many names are listed where none is like what was typed.
const MOST_LISTED: usize = 10;

/// No role has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no role matches `{name}`{}", named_by.as_ref().map(|by| format!(" (from {by})")).unwrap_or_default())]
pub(super) struct UnknownRole {
    name: String,
    /// What named it, unless it was typed.
    named_by: Option<Origin>,
    suggestion: Suggestion,
}

/// What may have been meant.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Suggestion {
    /// One of these was mistyped.
    Misspelled(Vec<String>),
    /// One of these was typed in part; there may be more.
    Shortened(Vec<String>, usize),
    /// The account was named, and has these roles.
    InAccount(String, Vec<String>, usize),
    /// Nothing that is known: all names, or how many there are.
    Nothing(Vec<String>, usize),
}

impl UnknownRole {
    /// That none of `known` has this `name`.
    pub(super) fn new(name: &str, named_by: Option<&Origin>, known: &[Nameable]) -> Self {
        let named_by = named_by.filter(|by| !matches!(by, Origin::Flag(_))).cloned();
        Self { name: name.to_owned(), named_by, suggestion: Suggestion::of(name, known) }
    }

    /// What to type into the list of all roles for the person, so that what they may have meant comes first; `None` if
    /// nothing in the list is like it.
    pub(super) fn typed(&self) -> Option<String> {
        match &self.suggestion {
            Suggestion::Misspelled(_) | Suggestion::Shortened(..) => Some(self.name.clone()),
            Suggestion::InAccount(account, ..) => Some(format!("{account}/")),
            Suggestion::Nothing(..) => None,
        }
    }

    /// The same error for a name that something else than the command line gave.
    pub(super) fn named_by(self, name: &Valued<String>) -> Self {
        let named_by = Some(name.origin.clone()).filter(|by| !matches!(by, Origin::Flag(_)));
        Self { named_by, ..self }
    }
}

impl Suggestion {
    fn of(name: &str, known: &[Nameable]) -> Self {
        let meant = of_arn(name).unwrap_or_else(|| name.to_owned());
        let names = |one: &Nameable| {
            let by_account_name = one.account_name.as_ref().map(|account| format!("{account}/{}", one.role));
            [Some(one.name.clone()), Some(one.number_name()), by_account_name].into_iter().flatten()
        };
        let named = accounts_in(&meant, known);
        let fits = |one: &&Nameable| named.is_empty() || named.contains(&one.account.as_str());
        let in_account: Vec<&Nameable> = known.iter().filter(fits).collect();
        let alike = |wanted: Likeness| -> Vec<String> {
            let is_alike = |one: &&&Nameable| names(one).any(|own| likeness(&meant, &own) == Some(wanted));
            in_account.iter().filter(is_alike).map(|one| one.name.clone()).collect()
        };
        let misspelled = alike(Likeness::Misspelled);
        let shortened = alike(Likeness::Shortened);
        if !misspelled.is_empty() {
            return Self::Misspelled(misspelled.into_iter().take(MOST).collect());
        }
        if !shortened.is_empty() {
            let count = shortened.len();
            return Self::Shortened(shortened.into_iter().take(MOST).collect(), count);
        }
        let some = |most: usize| in_account.iter().take(most).map(|one| one.name.clone()).collect();
        if !named.is_empty() {
            return Self::InAccount(account_part(&meant).to_owned(), some(MOST), in_account.len());
        }
        let listed = if known.len() <= MOST_LISTED { some(MOST_LISTED) } else { Vec::new() };
        Self::Nothing(listed, known.len())
    }
}

/// The account in `name`: the part before the last slash, or all of a name without one.
fn account_part(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(account, _)| account)
}

/// The numbers of the accounts that `name` names, as far as one of the `known` roles is in them: by their number, or by
/// their name, which several may have.
fn accounts_in<'k>(name: &str, known: &'k [Nameable]) -> Vec<&'k str> {
    let account = account_part(name);
    let is_named = |one: &&Nameable| one.account == account || one.account_name.as_deref() == Some(account);
    known.iter().filter(is_named).map(|one| one.account.as_str()).collect()
}

impl Explain for UnknownRole {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn next(&self) -> Vec<Next> {
        let listed = |names: &[String]| -> Vec<String> {
            names.iter().map(|one| name::in_command(one).into_owned()).collect()
        };
        let more = |shown: usize, count: usize, text: &str| {
            (count > shown).then(|| Next::Run {
                command: format!("roles {}", name::in_command(text)).trim().to_owned().into(),
                does: format!("lists all {count}").into(),
            })
        };
        match &self.suggestion {
            Suggestion::Misspelled(names) => {
                let quoted: Vec<String> = listed(names).iter().map(|one| format!("`{one}`")).collect();
                vec![Next::words(format!("did you mean {}?", quoted.join(" or ")))]
            }
            Suggestion::Shortened(names, count) => {
                let words = Next::words(format!("roles like that: {}", listed(names).join(", ")));
                std::iter::once(words).chain(more(names.len(), *count, "")).collect()
            }
            Suggestion::InAccount(account, names, count) => {
                let words = Next::words(format!("your roles in {account}: {}", listed(names).join(", ")));
                std::iter::once(words).chain(more(names.len(), *count, account)).collect()
            }
            Suggestion::Nothing(_, 0) => Next::list(["add a [role.NAME] to the configuration"]),
            Suggestion::Nothing(names, count) if names.is_empty() => {
                vec![Next::Run { command: "roles".into(), does: format!("lists all {count}").into() }]
            }
            Suggestion::Nothing(names, _) => {
                vec![Next::words(format!("the roles are: {}", listed(names).join(", ")))]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{AccountNames, DiscoveredRole};

    fn known() -> Vec<Nameable> {
        let offered = [
            ("111111111111", "acme-payments-prod", "ReadOnly"),
            ("111111111111", "acme-payments-prod", "Operator"),
            ("222222222222", "acme-payments-dev", "ReadOnly"),
            ("222222222222", "acme-payments-dev", "Admin"),
            ("333333333333", "Acme Sandbox", "Admin"),
            ("444444444444", "team-1", "Admin"),
            ("555555555555", "team-12", "Ops"),
        ];
        let roles = offered.map(|(account, called, role)| DiscoveredRole {
            idp: "acme".to_owned(),
            account: account.to_owned(),
            role: role.to_owned(),
            saml: None,
            account_name: Some(called.to_owned()),
        });
        let names = AccountNames::of(&roles);
        roles.into_iter().map(|role| Nameable::offered(role, &names)).collect()
    }

    #[test]
    fn what_was_meant_is_found_and_never_in_another_account() {
        let set = |account: &str, set: &str| {
            format!("arn:aws:sts::{account}:assumed-role/AWSReservedSSO_{set}_0123456789abcdef/me")
        };
        let cases: Vec<(String, &str)> = [
            // Typos, whatever the account is called.
            ("acme-payments-prod/ReadOnyl", "did you mean `acme-payments-prod/ReadOnly`?"),
            ("acme-paymnets-prod/ReadOnly", "did you mean `acme-payments-prod/ReadOnly`?"),
            ("ACME-payments-prod/readonly", "did you mean `acme-payments-prod/ReadOnly`?"),
            ("111111111111/Oprator", "did you mean `acme-payments-prod/Operator`?"),
            ("acme-payments-prod/Operatr", "did you mean `acme-payments-prod/Operator`?"),
            ("Acme Sandbox/Admni", "did you mean `333333333333/Admin`?"),
            // The account is there and has no role like that, however like another account's it is.
            (
                "acme-payments-prod/Admin",
                "your roles in acme-payments-prod: acme-payments-prod/ReadOnly, acme-payments-prod/Operator",
            ),
            (
                "111111111111/Admin",
                "your roles in 111111111111: acme-payments-prod/ReadOnly, acme-payments-prod/Operator",
            ),
            ("team-1/Ops", "your roles in team-1: team-1/Admin"),
            ("team-12/Admin", "your roles in team-12: team-12/Ops"),
            // There is no such account.
            ("acme-payments-stage/ReadOnly", "NONE"),
            ("666666666666/ReadOnly", "NONE"),
            ("111111111112/ReadOnly", "NONE"),
            ("team-2/Admin", "NONE"),
            ("zzz", "NONE"),
            // In part.
            ("acme-pay-dev/Adm", "roles like that: acme-payments-dev/Admin"),
            ("operator", "roles like that: acme-payments-prod/Operator"),
            (
                "acme-payments-prod",
                "roles like that: acme-payments-prod/ReadOnly, acme-payments-prod/Operator",
            ),
        ]
        .map(|(typed, said)| (typed.to_owned(), said))
        .into_iter()
        .chain([
            (set("222222222222", "Admn"), "did you mean `acme-payments-dev/Admin`?"),
            (
                set("111111111111", "Admin"),
                "your roles in 111111111111: acme-payments-prod/ReadOnly, acme-payments-prod/Operator",
            ),
            (set("666666666666", "Admin"), "NONE"),
        ])
        .collect();
        let none =
            format!("the roles are: {}", known().iter().map(|one| &*one.name).collect::<Vec<_>>().join(", "));
        for (typed, said) in cases {
            let error = UnknownRole::new(&typed, None, &known());
            let next: Vec<String> = error.next().iter().map(super::super::advice::in_words).collect();
            assert_eq!(next, [said.replace("NONE", &none)], "{typed}");
            assert_eq!(error.typed().is_some(), said != "NONE", "{typed}");
        }
    }

    #[test]
    fn long_lists_are_counted() {
        let many: Vec<Nameable> = known().into_iter().cycle().take(100).collect();
        let next = |typed: &str| {
            UnknownRole::new(typed, None, &many)
                .next()
                .iter()
                .map(super::super::advice::in_words)
                .collect::<Vec<_>>()
        };
        assert_eq!(next("zzz"), ["jit roles  lists all 100"]);
        assert_eq!(next("team-1/Ops")[1], "jit roles team-1  lists all 14");
        assert_eq!(
            UnknownRole::new("x", None, &[]).next(),
            Next::list(["add a [role.NAME] to the configuration"])
        );
    }
}
