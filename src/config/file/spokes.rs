//! `[spokes.NAME]`: one role of the same name in many accounts. Each account becomes a role of its own, called
//! `ACCOUNT/NAME`, which is from then on like any `[role."ACCOUNT/NAME"]`.

use std::collections::BTreeSet;
use std::ops::Range;

use super::File;
use super::layers::{Title, Titles};
use super::role::{self, Parent, RoleSection};
use super::target::Target;
use crate::config::idp::IdpSection;
use crate::config::limits;
use crate::config::shared::keys::{KeyPlace, elsewhere};
use jit_wire::arn::{Partition, RoleArn};
use jit_wire::name;
use jit_wire::section::{At, Lines, Mistake, Section, SourceText, Value};

/// The word for all accounts that the organization lists.
pub const ORGANIZATION: &str = "organization";
/// What `accounts` may be, for messages.
const ACCOUNTS: &str = "{ payments-prod = \"222222222222\" }";

/// An account of a `[spokes.NAME]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpokeAccount {
    /// What the role is called by, before the slash.
    pub name: String,
    /// Twelve digits.
    pub number: String,
}

/// Reads the accounts that are not in `config.toml` itself.
pub trait AccountLists {
    /// The text of the file that `path` names; `None` where files are not read.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn file(&self, path: &str) -> Option<Result<String, String>>;

    /// The accounts that the organization listed to the role `via`, which is `target`.
    fn organization(&self, via: &str, target: &str) -> Vec<SpokeAccount>;
}

/// No lists: only the accounts in the text itself become roles.
pub struct NoLists;

impl AccountLists for NoLists {
    fn file(&self, _: &str) -> Option<Result<String, String>> {
        None
    }

    fn organization(&self, _: &str, _: &str) -> Vec<SpokeAccount> {
        Vec::new()
    }
}

/// Where the accounts of a table come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountSource {
    /// The table itself.
    Table,
    /// A file of its own.
    File,
    /// What the organization lists.
    Organization,
}

/// `[spokes.NAME]`, after its accounts have become roles.
#[derive(Clone, Debug)]
pub struct SpokesSection {
    /// The role that these start from.
    pub via: At<String>,
    /// What the role is called in each account.
    pub role_name: String,
    /// Where its accounts come from.
    pub source: AccountSource,
}

/// A table as it was read.
struct Table<'a> {
    name: String,
    title: String,
    span: Range<usize>,
    /// The role in no account yet.
    role: RoleSection,
    via: At<String>,
    role_name: At<String>,
    accounts: Value<'a>,
    source: SourceText<'a>,
    lists: &'a dyn AccountLists,
}

/// Adds the roles of `tables` to `file`, each with the accounts of its lists.
///
/// # Errors
/// The first [`Mistake`], with its place.
pub(super) fn add<'a>(
    tables: Vec<(String, Section<'a>, &'a dyn AccountLists)>,
    file: &mut File,
    titles: &mut Titles<'a>,
) -> Result<(), Mistake> {
    let read = |(name, section, lists)| read(name, section, lists);
    let mut left = tables.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    // A table may start from a role that another table makes, which tells the partition.
    while !left.is_empty() {
        let known = |table: &Table<'_>| file.roles.contains_key(&table.via.value);
        let next = left.iter().position(known).unwrap_or(0);
        expand(left.swap_remove(next), file, titles)?;
    }
    Ok(())
}

fn read<'a>(
    name: String,
    mut section: Section<'a>,
    lists: &'a dyn AccountLists,
) -> Result<Table<'a>, Mistake> {
    super::check_name(&section, &name)?;
    let via = section.required("via", "hub")?;
    let role_name = section.required("role_name", "admin")?;
    let Some(accounts) = section.value("accounts") else {
        let what = format!("{} has no `accounts`", section.title);
        return Err(section.missing(&["accounts"], what, format!("add accounts = {ACCOUNTS}")));
    };
    let last = role_name.value.rsplit('/').next().unwrap_or_default();
    if !name::is_role(last) || arn(Partition::Aws, "111111111111", &role_name.value).is_none() {
        let what = format!("`{}` is not the name of a role", role_name.value);
        let next = "1 to 64 letters, digits and _ + = , . @ -".to_owned();
        return Err(section.mistake_at(role_name.line, what, Some(next)));
    }
    let target = Target::Itself { line: role_name.line };
    let role = role::settings(&mut section, Parent::Via(via.clone()), target)?;
    limits::check(&section, &role, None)?;
    let title = section.title.clone();
    let span = section.span.clone();
    let source = section.source();
    section.finish_with(|key| elsewhere(KeyPlace::Spokes, key))?;
    Ok(Table { name, title, span, role, via, role_name, accounts, source, lists })
}

/// The ARN of a role; `None` if the name is none.
pub fn arn(partition: Partition, account: &str, role_name: &str) -> Option<RoleArn> {
    format!("arn:{}:iam::{account}:role/{role_name}", partition.name()).parse().ok()
}

fn expand<'a>(table: Table<'a>, file: &mut File, titles: &mut Titles<'a>) -> Result<(), Mistake> {
    let (partition, source) = (partition(file, &table.via.value), table.source);
    let (from, accounts) = accounts(&table, file, table.lists)?;
    for At { value: account, line } in accounts {
        let name = format!("{}/{}", account.name, table.name);
        match titles.get(&name) {
            None => {}
            // What the organization lists cannot be taken out of it, so a table for one account replaces it.
            Some(title) if title.is_in(source) && from == AccountSource::Organization => continue,
            Some(title) if title.is_in(source) => {
                let what = format!("[role.{name}] and {} both define {name}", table.title);
                return Err(source.mistake(table.span, what, Some("delete one of them".to_owned())));
            }
            // The person's own file comes before the machine's.
            Some(title) if title.is_before(source) => continue,
            Some(_) => {}
        }
        let Some(value) = arn(partition, &account.number, &table.role_name.value) else { continue };
        let role = RoleSection {
            line,
            target: Target::Arn(At { value, line }),
            account_name: Some(account.name),
            ..table.role.clone()
        };
        let title = Title { text: table.title.clone(), place: table.span.clone(), source };
        titles.insert(name.clone(), title);
        file.roles.insert(name, role);
    }
    let section = SpokesSection { via: table.via, role_name: table.role_name.value, source: from };
    file.spokes.insert(table.name, section);
    Ok(())
}

/// The partition of the role called `via`. That there is none is reported when the way to it is checked.
fn partition(file: &File, via: &str) -> Partition {
    let Some(role) = file.roles.get(via) else { return Partition::Aws };
    match (&role.target, &role.parent) {
        (Target::Arn(arn), _) => arn.value.partition(),
        (Target::Assigned { .. }, Parent::Idp(idp)) => match file.idps.get(&idp.value) {
            Some(IdpSection::IdentityCenter(center)) => Partition::of_region(&center.region.value),
            _ => Partition::Aws,
        },
        _ => Partition::Aws,
    }
}

/// The accounts, each with the line that names it.
type Accounts = Vec<At<SpokeAccount>>;

fn accounts(
    table: &Table<'_>,
    file: &File,
    lists: &dyn AccountLists,
) -> Result<(AccountSource, Accounts), Mistake> {
    let value = &table.accounts;
    if let Some(mut section) = value.table() {
        let accounts = in_table(section.names(), &table.name)?;
        if accounts.is_empty() {
            let what = format!("`accounts` in {} is empty", table.title);
            return Err(value.mistake(what, Some(format!("such as {ACCOUNTS}"))));
        }
        return Ok((AccountSource::Table, accounts));
    }
    let at = |account| At { value: account, line: value.line() };
    match value.as_text() {
        Some(ORGANIZATION) => {
            let target = file.roles.get(&table.via.value).map(|role| role.target.to_string());
            let listed = lists.organization(&table.via.value, &target.unwrap_or_default());
            let fits = |one: &SpokeAccount| name::check_own(&format!("{}/{}", one.name, table.name)).is_ok();
            let accounts = listed.into_iter().filter(fits).map(at).collect();
            Ok((AccountSource::Organization, accounts))
        }
        Some(path) if path.ends_with(".toml") => match lists.file(path) {
            None => Ok((AccountSource::File, Vec::new())),
            Some(Ok(text)) => {
                let accounts = of_file(path, &text, &table.name)?;
                Ok((AccountSource::File, accounts.into_iter().map(at).collect()))
            }
            Some(Err(why)) => Err(value.mistake(format!("cannot read {path}: {why}"), None)),
        },
        Some(other) => {
            let what = format!("`{other}` is no list of accounts");
            let next = format!(
                "write accounts = \"{ORGANIZATION}\", or the path of a file whose name ends in .toml"
            );
            Err(value.mistake(what, Some(next)))
        }
        None => Err(value.wrong_type(&format!("a table of accounts such as {ACCOUNTS}"))),
    }
}

/// The accounts in a file of lines such as `payments-prod = "222222222222"`.
fn of_file(path: &str, text: &str, of: &str) -> Result<Vec<SpokeAccount>, Mistake> {
    let lines = Lines::of(text);
    let source = SourceText { path, text, lines: &lines };
    let document = source.document(text)?;
    let mut section = Section::new(source, "the file".to_owned(), 0..0, document.get_ref());
    let accounts = in_table(section.names(), of)?;
    Ok(accounts.into_iter().map(|at| at.value).collect())
}

/// Reads each name and number of a table. `of` is the name of the `[spokes.NAME]`.
fn in_table(names: Vec<(&str, Value<'_>)>, of: &str) -> Result<Accounts, Mistake> {
    let mut accounts = Vec::with_capacity(names.len());
    for (key, value) in names {
        let number = value.text()?;
        if !name::is_account_id(number) {
            let next = "such as \"111111111111\", with leading zeros".to_owned();
            return Err(value.mistake(format!("`{number}` is not an account id (12 digits)"), Some(next)));
        }
        if key.contains('/') {
            let what = format!("the name of an account cannot contain a slash: `{key}`");
            return Err(value.mistake(what, Some("write - instead of /".to_owned())));
        }
        if let Err(why) = name::check_own(&format!("{key}/{of}")) {
            return Err(value.mistake(format!("`{key}`: {why}"), Some(why.allowed())));
        }
        // Somebody who reads it would take it for that account.
        if name::is_account_id(key) && key != number || is_like_an_arn(key) {
            let what = format!("`{key}` reads like another account than {number}");
            return Err(value.mistake(what, Some("give the account another name".to_owned())));
        }
        let account = SpokeAccount { name: key.to_owned(), number: number.to_owned() };
        accounts.push(At { value: account, line: value.line() });
    }
    Ok(accounts)
}

fn is_like_an_arn(name: &str) -> bool {
    name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("arn:"))
}

/// Accounts as an organization lists them, by names that roles may have. Where a name is none, or two accounts have the
/// same one, the number is the name.
pub fn named(listed: &[(String, String)]) -> Vec<SpokeAccount> {
    let portable = |c: char| if c.is_ascii_alphanumeric() || "-_.%@:+".contains(c) { c } else { '-' };
    let word = |name: &str| name.trim().chars().map(portable).collect::<String>();
    let mut seen = BTreeSet::new();
    let mut twice = BTreeSet::new();
    for (_, name) in listed {
        let word = word(name).to_lowercase();
        if !seen.insert(word.clone()) {
            twice.insert(word);
        }
    }
    let fits = |word: &str| {
        let says_something = word.chars().any(|c| c.is_ascii_alphanumeric());
        says_something
            && !twice.contains(&word.to_lowercase())
            && !name::is_account_id(word)
            && !is_like_an_arn(word)
            && name::check_own(word).is_ok()
    };
    let account = |(number, name): &(String, String)| {
        let word = Some(word(name)).filter(|word| fits(word));
        SpokeAccount { name: word.unwrap_or_else(|| number.clone()), number: number.clone() }
    };
    listed.iter().map(account).collect()
}

impl File {
    /// Whether `name` may be a role of a table whose accounts are not all known here.
    pub fn may_be_listed(&self, name: &str) -> bool {
        let Some((_, of)) = name.split_once('/') else { return false };
        self.spokes.get(of).is_some_and(|spokes| spokes.source != AccountSource::Table)
    }
}

#[cfg(test)]
mod tests;
