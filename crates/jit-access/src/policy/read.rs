//! Reads a policy from its files: each key from its table, each mistake with its line and column.

mod access;
mod links;
mod people;

use std::collections::{BTreeMap, BTreeSet};

use jit_wire::name::{is_iam_character, is_session_name};
use jit_wire::section::{Lines, Mistake, Section, SourceText, Value, closest};

use people::{members, person};

use super::{AccountSet, Apply, Deployment, Door, Group, Limits, Place, Policy, Right, Separation};

/// One file of a policy.
#[derive(Clone, Debug)]
pub struct PolicyFile {
    /// Its name, as the person would write it.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Fetches the text of a document that a policy names: given the policy file's path and the document's path
/// as written. The error is a sentence.
pub type Documents<'a> = &'a dyn Fn(&str, &str) -> Result<String, String>;

/// The largest policy, in bytes, all files together.
pub const LARGEST_POLICY: usize = 1024 * 1024;

impl Policy {
    /// Reads `files` as one policy. A table or a name that is in two of them is a mistake, whatever their
    /// order.
    ///
    /// # Errors
    /// The first [`Mistake`].
    pub fn read(files: &[PolicyFile], documents: Documents<'_>) -> Result<Self, Mistake> {
        let lines: Vec<Lines> = files.iter().map(|file| Lines::of(&file.text)).collect();
        let sources: Vec<SourceText<'_>> = files
            .iter()
            .zip(&lines)
            .map(|(file, lines)| SourceText { path: &file.path, text: &file.text, lines })
            .collect();
        let mut size = 0;
        let mut reader = Reader { policy: Self::default(), documents, singles: BTreeMap::new() };
        for source in &sources {
            size += source.text.len();
            if size > LARGEST_POLICY {
                return Err(source.mistake(0..0, "the policy is larger than 1 MiB".into(), None));
            }
            reader.file(*source)?;
        }
        links::check(&reader.policy, &sources)?;
        Ok(reader.policy)
    }

    /// Reads a published policy: one file that names no other.
    ///
    /// # Errors
    /// The first [`Mistake`].
    pub fn read_published(path: &str, text: &str) -> Result<Self, Mistake> {
        let file = PolicyFile { path: path.to_owned(), text: text.to_owned() };
        Self::read(&[file], &|_, _| Err("a published policy must contain its documents".to_owned()))
    }
}

struct Reader<'d> {
    policy: Policy,
    documents: Documents<'d>,
    /// The place of each table that may occur only once.
    singles: BTreeMap<&'static str, Place>,
}

impl Reader<'_> {
    fn file(&mut self, source: SourceText<'_>) -> Result<(), Mistake> {
        let document = source.document(source.text)?;
        let mut top = Section::new(source, "the policy".to_owned(), 0..0, document.get_ref());
        if let Some(section) = header(&mut top, "deployment")? {
            self.once("deployment", source, &section)?;
            self.policy.deployment = deployment(source, section)?;
        }
        for (name, section) in top.tables("door")? {
            let place = self.fresh("door", &name, source, section.line(), |policy| {
                policy.doors.get(&name).map(|door| &door.place)
            })?;
            check_word("door", &name, |what, next| section.mistake(what, next))?;
            self.policy.doors.insert(name, door(section, place)?);
        }
        if let Some(mut section) = header(&mut top, "group")? {
            for (name, value) in section.names() {
                let place = self.fresh("group", name, source, value.line(), |policy| {
                    policy.groups.get(name).map(|group| &group.place)
                })?;
                check_word("group", name, |what, next| value.mistake(what, next))?;
                let group = Group { members: members(&value)?, place };
                self.policy.groups.insert(name.to_owned(), group);
            }
        }
        if let Some(mut section) = header(&mut top, "person")? {
            if let Some(value) = section.value("retired") {
                self.retired(source, &value)?;
            }
            for (name, value) in section.names() {
                let place = self.fresh("person", name, source, value.line(), |policy| {
                    policy.people.get(name).map(|person| &person.place)
                })?;
                check_person(name, |what, next| value.mistake(what, next))?;
                self.policy.people.insert(name.to_owned(), person(name, &value, place)?);
            }
        }
        for (name, section) in top.tables("access")? {
            let place = self.fresh("access", &name, source, section.line(), |policy| {
                policy.access.get(&name).map(|access| &access.place)
            })?;
            check_word("access", &name, |what, next| section.mistake(what, next))?;
            self.policy.access.insert(name, access::read(section, place, self.documents)?);
        }
        if let Some(section) = header(&mut top, "limits")? {
            self.once("limits", source, &section)?;
            self.policy.limits = limits(section)?;
        }
        if let Some(mut section) = header(&mut top, "separation")? {
            for (name, value) in section.names() {
                let place = self.fresh("separation", name, source, value.line(), |policy| {
                    policy.separation.get(name).map(|separation| &separation.place)
                })?;
                check_word("separation", name, |what, next| value.mistake(what, next))?;
                self.policy.separation.insert(name.to_owned(), separation(&value, place)?);
            }
        }
        top.finish()
    }

    /// The place of a name that does not exist yet.
    fn fresh<'p>(
        &'p self,
        kind: &str,
        name: &str,
        source: SourceText<'_>,
        line: usize,
        seen: impl Fn(&'p Policy) -> Option<&'p Place>,
    ) -> Result<Place, Mistake> {
        match seen(&self.policy) {
            None => Ok(Place { path: source.path.to_owned(), line }),
            Some(first) => Err(source.at_value(
                line,
                format!("[{kind}] `{}` is also in {}:{}", name.escape_default(), first.path, first.line),
                Some("keep one of them".into()),
            )),
        }
    }

    fn once(
        &mut self,
        name: &'static str,
        source: SourceText<'_>,
        section: &Section<'_>,
    ) -> Result<(), Mistake> {
        let place = Place { path: source.path.to_owned(), line: section.line() };
        match self.singles.get(name) {
            Some(first) => Err(section.mistake(
                format!("[{name}] is also in {}:{}", first.path, first.line),
                Some("keep one of them".into()),
            )),
            None => {
                self.singles.insert(name, place);
                Ok(())
            }
        }
    }

    fn retired(&mut self, source: SourceText<'_>, value: &Value<'_>) -> Result<(), Mistake> {
        let wrong = || value.wrong_type("a list of session names");
        for item in value.items().ok_or_else(wrong)? {
            let name = item.as_text().ok_or_else(wrong)?;
            check_person(name, |what, next| item.mistake(what, next))?;
            let place = Place { path: source.path.to_owned(), line: item.line() };
            self.policy.retired.insert(name.to_owned(), place);
        }
        Ok(())
    }
}

/// The table `[key]`.
fn header<'a>(top: &mut Section<'a>, key: &'static str) -> Result<Option<Section<'a>>, Mistake> {
    let title = format!("[{key}]");
    let mut found = top.table(key, &title)?;
    if let Some(section) = &mut found {
        section.title = title;
    }
    Ok(found)
}

/// Checks the name of a door, group, access or separation.
fn check_word(
    kind: &str,
    name: &str,
    mistake: impl Fn(String, Option<String>) -> Mistake,
) -> Result<(), Mistake> {
    let fits = (1..=64).contains(&name.len()) && name.chars().all(is_iam_character) && !name.starts_with('-');
    if fits {
        return Ok(());
    }
    let what = format!("`{}` cannot be a name in [{kind}]", name.escape_default());
    Err(mistake(
        what,
        Some("use up to 64 letters, digits and _ + = , . @ -, and no hyphen at the start".into()),
    ))
}

/// Checks the name of a person, or a session name.
fn check_person(name: &str, mistake: impl Fn(String, Option<String>) -> Mistake) -> Result<(), Mistake> {
    if is_session_name(name) {
        return Ok(());
    }
    let what = if name.contains(['*', '?']) {
        format!("`{}` is a pattern; name people one by one", name.escape_default())
    } else {
        format!("`{}` cannot be a session name, so it cannot be the name of a person", name.escape_default())
    };
    Err(mistake(what, Some("use 2 to 64 letters, digits and _ + = , . @ -".into())))
}

fn deployment(source: SourceText<'_>, mut section: Section<'_>) -> Result<Deployment, Mistake> {
    let apply = match section.value("apply") {
        None => Apply::Function,
        Some(value) => match value.text()? {
            "function" => Apply::Function,
            "approver" => Apply::Approver,
            other => return Err(one_of(&value, "apply", other, &["function", "approver"])),
        },
    };
    let security = texts(&mut section, "security")?;
    let accounts = account_sets(&mut section, "accounts")?;
    let place = Place { path: source.path.to_owned(), line: section.line() };
    section.finish()?;
    Ok(Deployment { apply, security, accounts, place })
}

fn door(mut section: Section<'_>, place: Place) -> Result<Door, Mistake> {
    let role = section.required("role", "arn:aws:iam::111111111111:role/jit-hub")?;
    let role = role.value.parse().map_err(|error| {
        section.mistake_at(role.line, format!("`role` in {}: {error}", section.title), None)
    })?;
    let mut ids = BTreeSet::new();
    if let Some(value) = section.value("ids") {
        let wrong = || value.wrong_type("a list of role ids such as \"AROA1234567890EXAMPLE\"");
        for item in value.items().ok_or_else(wrong)? {
            let id = item.as_text().ok_or_else(wrong)?;
            if !is_role_id(id) {
                let what = format!("`{}` is not the unique id of a role", id.escape_default());
                let next = "write RoleId from `aws iam get-role`, which begins with AROA";
                return Err(item.mistake(what, Some(next.into())));
            }
            ids.insert(id.to_owned());
        }
    }
    let mut may = BTreeSet::new();
    match section.value("may") {
        None => {
            let what = format!("{} has no `may`", section.title);
            return Err(section.missing(&["may"], what, "add may = [\"request\", \"vote\"]".into()));
        }
        Some(value) => {
            let names = Right::ALL.map(Right::name);
            let wrong = || value.wrong_type("a list of request, vote, publish, glass");
            for item in value.items().ok_or_else(wrong)? {
                let name = item.as_text().ok_or_else(wrong)?;
                let right = Right::ALL.into_iter().find(|right| right.name() == name);
                may.insert(right.ok_or_else(|| one_of(&item, "may", name, &names))?);
            }
        }
    }
    section.finish()?;
    Ok(Door { role, ids, may, place })
}

/// Whether `text` is the unique id of a role (IAM User Guide, "IAM identifiers").
pub(crate) fn is_role_id(text: &str) -> bool {
    (16..=128).contains(&text.len())
        && text.starts_with("AROA")
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn limits(mut section: Section<'_>) -> Result<Limits, Mistake> {
    let default = Limits::default();
    let open_requests = section.number("open_requests", 1, 1000)?.map_or(default.open_requests, |n| n.value);
    let request_ttl =
        positive(&mut section, "request_ttl")?.map_or(default.request_ttl, |(seconds, _)| seconds);
    section.finish()?;
    Ok(Limits { open_requests, request_ttl })
}

fn separation(value: &Value<'_>, place: Place) -> Result<Separation, Mistake> {
    let wrong =
        || value.wrong_type("a list of two or more sides, each an account, an OU, or a list of these");
    let set = |item: &Value<'_>| -> Result<AccountSet, Mistake> {
        let text = item.as_text().ok_or_else(wrong)?;
        text.parse().map_err(|error| item.mistake(error, None))
    };
    let mut sides = Vec::new();
    for side in value.items().ok_or_else(wrong)? {
        sides.push(match side.items() {
            Some(items) if items.is_empty() => {
                return Err(side.mistake("a side without accounts".into(), None));
            }
            Some(items) => items.iter().map(set).collect::<Result<_, _>>()?,
            None => vec![set(&side)?],
        });
    }
    if sides.len() < 2 {
        return Err(value.mistake("a separation needs two sides or more".into(), None));
    }
    Ok(Separation { sides, place })
}

/// A duration that is not zero, with its line.
fn positive(section: &mut Section<'_>, key: &'static str) -> Result<Option<(u32, usize)>, Mistake> {
    let Some(found) = section.duration(key)? else { return Ok(None) };
    if found.value == 0 {
        let what = format!("`{key}` in {} must not be zero", section.title);
        return Err(section.mistake_at(found.line, what, None));
    }
    Ok(Some((found.value, found.line)))
}

/// A list of strings without duplicates; empty if it is missing.
fn texts(section: &mut Section<'_>, key: &'static str) -> Result<Vec<String>, Mistake> {
    let Some(found) = section.list(key)? else { return Ok(Vec::new()) };
    let mut seen = BTreeSet::new();
    if let Some(twice) = found.value.iter().find(|text| !seen.insert(text.as_str())) {
        let what = format!("`{}` is in `{key}` twice", twice.escape_default());
        return Err(section.mistake_at(found.line, what, None));
    }
    Ok(found.value)
}

fn account_sets(section: &mut Section<'_>, key: &'static str) -> Result<Vec<AccountSet>, Mistake> {
    let Some(value) = section.value(key) else { return Ok(Vec::new()) };
    let wrong = || value.wrong_type("a list of accounts (12 digits) and organizational units (ou-…)");
    let mut found = Vec::new();
    for item in value.items().ok_or_else(wrong)? {
        let set: AccountSet =
            item.as_text().ok_or_else(wrong)?.parse().map_err(|error| item.mistake(error, None))?;
        if found.contains(&set) {
            return Err(item.mistake(format!("`{}` is in `{key}` twice", set.as_str()), None));
        }
        found.push(set);
    }
    Ok(found)
}

fn one_of(value: &Value<'_>, key: &str, found: &str, known: &[&str]) -> Mistake {
    let what = format!("`{key}` cannot be `{}`; it can be {}", found.escape_default(), known.join(", "));
    value.mistake(what, closest(found, known.iter().copied()).map(|meant| format!("did you mean `{meant}`?")))
}

#[cfg(test)]
mod tests;
