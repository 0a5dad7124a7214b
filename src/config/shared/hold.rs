//! Enforces the rules of shared parts on the output of the TOML parser and its positions.
//!
//! Two things are checked. Every table, with all of its keys and values, belongs to one part or to none: so a
//! part cannot add to a table outside of it, and no multi-line string can hide the comment that ends the
//! part. And within a part there is only what [`keys`](super::keys) allows in a shared file.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::head::{self, SharedDefault};
use super::keys::{KeyPlace, Takes, rule_of};
use super::{BEGIN, END, HASH, Part};
use crate::config::file::ORGANIZATION;
use jit_wire::name::is_account_id;
use jit_wire::section::{At, Mistake, SourceText};
use jit_wire::trusted_url::{Purpose, TrustedUrl};

/// A key with its position.
type Key<'a> = Spanned<Cow<'a, str>>;

/// Enforces the rules for every shared part of a configuration. `document` is the parsed `source`, and `beside` what is
/// read together with it.
///
/// # Errors
/// The first mistake, with its place.
pub(in crate::config) fn hold(
    source: SourceText<'_>,
    document: &DeTable<'_>,
    beside: Option<&DeTable<'_>>,
) -> Result<Option<At<String>>, Mistake> {
    if !source.text.contains(BEGIN) && !source.text.contains(END) {
        return Ok(None);
    }
    let found = super::parts(source.text);
    each_marker_has_its_other(source, &found)?;
    let elsewhere = beside.map(names).unwrap_or_default();
    parts_beside(source, document, &found, elsewhere)
}

/// Tables of a part without an end would count as the user's own, to which no rules apply.
fn each_marker_has_its_other(source: SourceText<'_>, parts: &[Part]) -> Result<(), Mistake> {
    let mut at = 0;
    for line in source.text.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        let begins = line.starts_with(BEGIN) && line.contains(HASH);
        let known = |part: &Part| part.range.start == range.start || part.range.end == range.end;
        if (begins || line.starts_with(END)) && !parts.iter().any(known) {
            let other = if begins { "ends" } else { "begins" };
            let what = format!("the line that {other} this shared part is missing or has another URL");
            let next = "delete the rest of the part and fetch it again: jit configure add URL";
            return Err(source.mistake(range, what, Some(next.to_owned())));
        }
    }
    Ok(())
}

/// The position of each table's name, by its group and name.
type TableNames<'a> = BTreeMap<(&'a str, &'a str), Range<usize>>;

fn names<'a>(document: &'a DeTable<'_>) -> TableNames<'a> {
    let groups = document.iter().filter_map(|(group, tables)| Some((group, tables.get_ref().as_table()?)));
    let names = groups.flat_map(|(group, tables)| tables.iter().map(move |(name, _)| (group, name)));
    names.map(|(group, name)| ((&**group.get_ref(), &**name.get_ref()), name.span())).collect()
}

/// The same for parts that are known.
pub(super) fn parts(
    source: SourceText<'_>,
    document: &DeTable<'_>,
    parts: &[Part],
) -> Result<Option<At<String>>, Mistake> {
    parts_beside(source, document, parts, TableNames::new())
}

fn parts_beside(
    source: SourceText<'_>,
    document: &DeTable<'_>,
    parts: &[Part],
    elsewhere: TableNames<'_>,
) -> Result<Option<At<String>>, Mistake> {
    let held = Held { source, names: names(document), elsewhere, parts };
    for (key, value) in document {
        let place = held.owner(&key.span())?;
        let group = match key.get_ref().as_ref() {
            group @ ("idp" | "role" | "spokes") => group,
            "access" => {
                held.within(place, value)?;
                if let (Some(part), Some(settings)) = (place, value.get_ref().as_table()) {
                    held.settings(part, KeyPlace::Access, settings)?;
                }
                continue;
            }
            other => {
                held.within(place, value)?;
                match place {
                    None => continue,
                    // A whole shared file, where TOML finds it above the tables. It is read below.
                    Some(_)
                        if rule_of(KeyPlace::Top, other).is_some_and(|rule| rule.takes != Takes::Nothing) =>
                    {
                        continue;
                    }
                    Some(_) => return Err(refused(source, KeyPlace::Top, other, key.span())),
                }
            }
        };
        // The group itself has no owner: it contains both `[role.a]` of a part and `[role.b]` outside of it.
        held.owner(&value.span())?;
        for (name, table) in value.get_ref().as_table().into_iter().flatten() {
            let owner = held.owner(&name.span())?;
            held.within(owner, table)?;
            if let (Some(part), Some(settings)) = (owner, table.get_ref().as_table()) {
                held.rules(part, group, name, settings)?;
            }
        }
    }
    let mut first = None;
    for part in parts {
        if let Some(SharedDefault { role, span }) = head::default_role(source, part)? {
            held.is_of_the_same_part(part, "role", &role.value, span)?;
            first = first.or(Some(role));
        }
    }
    Ok(first)
}

/// A key that a shared file may not have.
pub(super) fn refused(source: SourceText<'_>, place: KeyPlace, key: &str, span: Range<usize>) -> Mistake {
    let why = rule_of(place, key).map_or("it is not on the list of allowed keys", |rule| rule.why);
    let what = format!("a shared file may not set `{key}` ({why})");
    let next = "delete it there; each person may set it in their own config.toml".to_owned();
    source.mistake_without_value(span, what, Some(next))
}

struct Held<'a> {
    source: SourceText<'a>,
    names: TableNames<'a>,
    /// The tables of a file that is read together with this one.
    elsewhere: TableNames<'a>,
    parts: &'a [Part],
}

impl<'a> Held<'a> {
    /// The part that contains `span`; `None` outside of all. An error if it overlaps two.
    fn owner(&self, span: &Range<usize>) -> Result<Option<&'a Part>, Mistake> {
        let touched = |part: &&Part| span.start < part.range.end && part.range.start < span.end;
        let Some(part) = self.parts.iter().find(touched) else { return Ok(None) };
        if part.content.start <= span.start && span.end <= part.content.end {
            return Ok(Some(part));
        }
        let what = "this text crosses the border of a shared part".to_owned();
        let next = "a shared part ends at its own comment; delete the part and add it again";
        Err(self.source.mistake(span.clone(), what, Some(next.to_owned())))
    }

    /// Checks that all of `value` is in the same part as its table.
    fn within(&self, owner: Option<&Part>, value: &Spanned<DeValue<'_>>) -> Result<(), Mistake> {
        self.same(owner, value.span())?;
        match value.get_ref() {
            DeValue::Table(table) => table.iter().try_for_each(|(key, value)| {
                self.same(owner, key.span())?;
                self.within(owner, value)
            }),
            DeValue::Array(list) => list.iter().try_for_each(|item| self.within(owner, item)),
            _ => Ok(()),
        }
    }

    fn same(&self, owner: Option<&Part>, span: Range<usize>) -> Result<(), Mistake> {
        if self.owner(&span)?.map(|part| part.range.start) == owner.map(|part| part.range.start) {
            return Ok(());
        }
        let (what, next) = match owner {
            Some(_) => (
                "this changes a table of a shared part from outside the part",
                "only the publisher of a shared file can change its tables; put this into another table",
            ),
            None => (
                "this shared part changes a table outside the part",
                "delete the part and fetch it again: jit configure add URL",
            ),
        };
        Err(self.source.mistake(span, what.to_owned(), Some(next.to_owned())))
    }

    /// Checks each key of a table in a part.
    fn rules(&self, part: &Part, group: &str, name: &Key<'_>, table: &DeTable<'_>) -> Result<(), Mistake> {
        let text = |key: &str| {
            let (_, value) = table.iter().find(|(one, _)| one.get_ref() == key)?;
            Some((value.get_ref().as_str()?, value.span()))
        };
        let place = match (group, text("type").map(|(kind, _)| kind)) {
            ("role", _) => KeyPlace::Role,
            ("spokes", _) => KeyPlace::Spokes,
            (_, kind) => KeyPlace::of_idp(kind.unwrap_or_default()),
        };
        self.settings(part, place, table)?;
        if place == KeyPlace::Role {
            self.is_what_it_is_called(name, text("role_arn").or_else(|| text("account")))?;
        }
        Ok(())
    }

    /// What the keys of a table of a part are set to.
    fn settings(&self, part: &Part, place: KeyPlace, table: &DeTable<'_>) -> Result<(), Mistake> {
        let text = |key: &str| {
            let (_, value) = table.iter().find(|(one, _)| one.get_ref() == key)?;
            Some((value.get_ref().as_str()?, value.span()))
        };
        for (key, value) in table {
            let takes = rule_of(place, key.get_ref()).map_or(Takes::Nothing, |rule| rule.takes);
            match takes {
                Takes::Anything => {}
                Takes::Nothing => return Err(refused(self.source, place, key.get_ref(), key.span())),
                Takes::Url => self.url(part, value)?,
                Takes::Bucket => self.bucket(part, value)?,
                Takes::Accounts => self.accounts(value)?,
                Takes::OneOf(words) => {
                    if !value.get_ref().as_str().is_some_and(|word| words.contains(&word)) {
                        let what = format!(
                            "a shared file cannot name a program, so `{}` must be one of the known names",
                            key.get_ref()
                        );
                        let next = format!("one of {}", words.join(", "));
                        return Err(self.source.mistake(value.span(), what, Some(next)));
                    }
                }
            }
        }
        let links: &[(&str, &str)] = match place {
            KeyPlace::Role => &[("idp", "idp"), ("via", "role")],
            KeyPlace::Spokes => &[("via", "role")],
            KeyPlace::Access => &[("entry", "role"), ("voter", "role"), ("publisher", "role")],
            KeyPlace::Top | KeyPlace::Idp(_) => &[],
        };
        for (key, group) in links {
            if let Some((other, span)) = text(key) {
                self.is_of_the_same_part(part, group, other, span)?;
            }
        }
        Ok(())
    }

    /// A file would be one on each person's machine, which the publisher of the shared file does not know.
    fn accounts(&self, value: &Spanned<DeValue<'_>>) -> Result<(), Mistake> {
        match value.get_ref().as_str() {
            None | Some(ORGANIZATION) => Ok(()),
            Some(_) => {
                let what = "a shared file cannot name a file on your machine".to_owned();
                let next = format!("write the accounts into the table, or accounts = \"{ORGANIZATION}\"");
                Err(self.source.mistake(value.span(), what, Some(next)))
            }
        }
    }

    /// Checks a URL. Only a shared file that is itself on this machine (for demonstrations and tests) may
    /// have a URL on this machine.
    fn url(&self, part: &Part, value: &Spanned<DeValue<'_>>) -> Result<(), Mistake> {
        // A value that is no string is a mistake in any file, and reported there.
        let Some(url) = value.get_ref().as_str() else { return Ok(()) };
        let from = match part.from.contains("://") {
            true => TrustedUrl::parse(&part.from, Purpose::SharedFile),
            false => Ok(TrustedUrl::of_this_machine(80, "/")),
        };
        let (what, why) = match from.as_ref().map(|from| TrustedUrl::parse(url, Purpose::PageOf(from))) {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(why)) => (url, why),
            Err(why) => (part.from.as_str(), why.clone()),
        };
        let next = "a shared file can use only https URLs".to_owned();
        Err(self.source.mistake(value.span(), format!("`{what}` {why}"), Some(next)))
    }

    /// A folder is somebody's own: only a file of this machine may say that a ledger is there.
    fn bucket(&self, part: &Part, value: &Spanned<DeValue<'_>>) -> Result<(), Mistake> {
        let is_folder = value.get_ref().as_str().is_some_and(|text| !text.starts_with("s3://"));
        if !is_folder || !part.from.contains("://") {
            return Ok(());
        }
        let what = "a shared file cannot choose a folder of your machine".to_owned();
        Err(self.source.mistake(value.span(), what, Some("such as s3://acme-jit-ledger".to_owned())))
    }

    /// A role whose name is another account or an ARN would be mistaken for that.
    fn is_what_it_is_called(
        &self,
        name: &Key<'_>,
        target: Option<(&str, Range<usize>)>,
    ) -> Result<(), Mistake> {
        let account = target.map_or("", |(target, _)| target.split(':').nth(4).unwrap_or(target));
        let called: &str = name.get_ref();
        let digits = called.split('/').next().filter(|first| is_account_id(first));
        let what = match digits {
            _ if called.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("arn:")) => {
                "in a shared file a role cannot be named like an ARN".to_owned()
            }
            Some(digits) if digits != account => {
                format!("this role's name suggests account {digits}, but it is in account {account}")
            }
            _ => return Ok(()),
        };
        Err(self.source.mistake(name.span(), what, Some("give it another name".to_owned())))
    }

    fn is_elsewhere(&self, group: &str, name: &str) -> bool {
        let of_spokes = name.split_once('/').filter(|_| group == "role");
        self.elsewhere.contains_key(&(group, name))
            || of_spokes.is_some_and(|(_, spokes)| self.elsewhere.contains_key(&("spokes", spokes)))
    }

    fn is_of_the_same_part(
        &self,
        part: &Part,
        group: &str,
        name: &str,
        span: Range<usize>,
    ) -> Result<(), Mistake> {
        // One that is not there at all is a mistake of every file.
        let of_spokes = || match name.split_once('/') {
            Some((_, spokes)) if group == "role" => self.names.get(&("spokes", spokes)),
            _ => None,
        };
        match self.names.get(&(group, name)).or_else(of_spokes) {
            Some(place) if self.owner(place)?.is_some_and(|owner| owner.range == part.range) => return Ok(()),
            Some(_) => {}
            None if self.is_elsewhere(group, name) => {}
            None => return Ok(()),
        }
        let what = format!("a shared file can use only its own tables, and [{group}.{name}] is not in it");
        Err(self.source.mistake(
            span,
            what,
            Some("delete the part and fetch it again: jit configure add URL".to_owned()),
        ))
    }
}
