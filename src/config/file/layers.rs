//! Two configurations that are read as one: the person's own, and the machine's below it, which says what the
//! own one leaves out. What either says is read here; `File` is what they say together.
//!
//! Settings at the top count one by one. Tables count as a whole: a `[role.NAME]` of one's own replaces the
//! machine's of that name, and nothing of the machine's is added to it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;

use super::spokes::AccountLists;
use super::{AuditLog, File, KeyCache, audit_log, check_name, links, role};
use crate::config::access::{self, AccessSection};
use crate::config::idp;
use crate::config::shared;
use crate::config::shared::keys::{KeyPlace, elsewhere};
use jit_wire::section::{At, Lines, Mistake, Section, SourceText};

/// A configuration before it is read.
#[derive(Clone, Copy)]
pub struct LayerText<'a> {
    /// The path, for messages.
    pub path: &'a str,
    /// The whole text.
    pub text: &'a str,
    /// The accounts that it does not list itself.
    pub lists: &'a dyn AccountLists,
}

/// A configuration and its lines.
pub(super) struct NumberedText<'a> {
    layer: LayerText<'a>,
    lines: Lines,
    /// The text without what shared parts say above their tables, which would get into the table before them.
    plain: Option<zeroize::Zeroizing<String>>,
}

impl<'a> NumberedText<'a> {
    pub(super) fn new(layer: LayerText<'a>, before: usize) -> Self {
        let plain = shared::without_heads(layer.text);
        Self { layer, lines: Lines::after(layer.text, before), plain }
    }

    pub(super) fn last_line(&self) -> usize {
        self.lines.last()
    }

    pub(super) fn source(&self) -> SourceText<'_> {
        SourceText { path: self.layer.path, text: self.layer.text, lines: &self.lines }
    }

    pub(super) fn document(&self) -> Result<Spanned<DeTable<'_>>, Mistake> {
        let plain = self.plain.as_ref().map_or(self.layer.text, |plain| plain.as_str());
        self.source().document(plain)
    }

    pub(super) fn lists(&self) -> &'a dyn AccountLists {
        self.layer.lists
    }
}

/// The texts of both, to find the one with a line.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    pub(super) own: SourceText<'a>,
    pub(super) machine: Option<SourceText<'a>>,
}

impl Sources<'_> {
    /// A mistake in the value on `line` of one of them.
    pub(super) fn at_value(self, line: usize, what: String, suggestion: Option<String>) -> Mistake {
        let source = self.machine.filter(|_| line > self.own.lines.last()).unwrap_or(self.own);
        source.at_value(line, what, suggestion)
    }
}

/// The table that defines a role, for messages.
pub(super) struct Title<'a> {
    pub(super) text: String,
    pub(super) place: Range<usize>,
    pub(super) source: SourceText<'a>,
}

impl Title<'_> {
    /// Whether it is in the text of `source`.
    pub(super) fn is_in(&self, source: SourceText<'_>) -> bool {
        std::ptr::eq(self.source.lines, source.lines)
    }

    /// Whether it is in a text that comes before that of `source`.
    pub(super) fn is_before(&self, source: SourceText<'_>) -> bool {
        self.source.lines.last() < source.lines.last()
    }
}

/// The title of each role.
pub(super) type Titles<'a> = BTreeMap<String, Title<'a>>;

/// One of the two, taken apart.
pub(super) struct Layer<'a> {
    source: SourceText<'a>,
    lists: &'a dyn AccountLists,
    document: &'a DeTable<'a>,
    top: Section<'a>,
    default_role: Option<At<String>>,
    key_cache: Option<At<KeyCache>>,
    auto_login: Option<At<bool>>,
    console_browser: Option<At<Vec<String>>>,
    audit_log: Option<At<AuditLog>>,
    access: Option<AccessSection>,
    idps: Vec<(String, Section<'a>)>,
    roles: Vec<(String, Section<'a>)>,
    spokes: Vec<(String, Section<'a>)>,
}

impl<'a> Layer<'a> {
    pub(super) fn read(text: &'a NumberedText<'_>, document: &'a DeTable<'a>) -> Result<Self, Mistake> {
        let source = text.source();
        let mut top = Section::new(source, "the file".to_owned(), 0..0, document);
        Ok(Self {
            source,
            lists: text.lists(),
            document,
            default_role: top.text("default_role")?,
            key_cache: super::key_cache(&mut top)?,
            auto_login: top.boolean("auto_login")?,
            console_browser: super::console_browser(&mut top)?,
            access: super::access(&mut top)?,
            audit_log: audit_log::read(&mut top)?,
            idps: top.tables("idp")?,
            roles: top.tables("role")?,
            spokes: top.tables("spokes")?,
            top,
        })
    }
}

/// What both say together: `own` before `machine`.
///
/// # Errors
/// The first [`Mistake`], with its place in its own file.
pub(super) fn together(path: &str, own: Layer<'_>, machine: Option<Layer<'_>>) -> Result<File, Mistake> {
    let sources = Sources { own: own.source, machine: machine.as_ref().map(|layer| layer.source) };
    let mut file = File {
        path: path.to_owned(),
        seam: machine.as_ref().map(|layer| (own.source.lines.last(), layer.source.path.to_owned())),
        ..File::default()
    };
    let mut layers: Vec<Layer<'_>> = vec![own];
    layers.extend(machine);
    for layer in &mut layers {
        file.key_cache = file.key_cache.take().or_else(|| layer.key_cache.take());
        file.console_browser = file.console_browser.take().or_else(|| layer.console_browser.take());
        file.audit_log = file.audit_log.take().or_else(|| layer.audit_log.take());
        file.access = file.access.take().or_else(|| layer.access.take());
    }
    let auto_login = layers.iter().find_map(|layer| layer.auto_login.clone());
    for layer in &mut layers {
        for (name, section) in std::mem::take(&mut layer.idps) {
            check_name(&section, &name)?;
            if let Entry::Vacant(entry) = file.idps.entry(name) {
                entry.insert(idp::read(section, auto_login.as_ref())?);
            }
        }
    }
    let mut titles = Titles::new();
    for layer in &mut layers {
        for (name, section) in std::mem::take(&mut layer.roles) {
            check_name(&section, &name)?;
            if !file.roles.contains_key(&name) {
                let (text, place) = (section.title.clone(), section.span.clone());
                titles.insert(name.clone(), Title { text, place, source: layer.source });
                file.roles.insert(name, role::read(section, &file.idps)?);
            }
        }
    }
    let mut spokes: Vec<(String, Section<'_>, &dyn AccountLists)> = Vec::new();
    for layer in &mut layers {
        for (name, section) in std::mem::take(&mut layer.spokes) {
            if !spokes.iter().any(|(known, ..)| *known == name) {
                spokes.push((name, section, layer.lists));
            }
        }
    }
    super::spokes::add(spokes, &mut file, &mut titles)?;
    links::check(&file, sources, &titles)?;
    if let Some(access) = &file.access {
        access::check_roles(access, &file.roles, |line, what, typed| {
            sources.at_value(line, what, links::suggest(typed, file.roles.keys()))
        })?;
    }
    file.default_role = default_role(layers, &file, sources)?;
    Ok(file)
}

/// The default role: what a layer says itself, else what a shared part of it says, else the next layer's.
fn default_role(
    layers: Vec<Layer<'_>>,
    file: &File,
    sources: Sources<'_>,
) -> Result<Option<At<String>>, Mistake> {
    let documents: Vec<_> = layers.iter().map(|layer| layer.document).collect();
    let mut found = None;
    for (index, layer) in layers.into_iter().enumerate() {
        let missing = |role: &At<String>| {
            let suggestion = links::suggest(&role.value, file.roles.keys());
            sources.at_value(role.line, format!("there is no [role.{}]", role.value), suggestion)
        };
        let own = layer.default_role;
        if let Some(role) = &own
            && !file.roles.contains_key(&role.value)
            && !file.may_be_listed(&role.value)
        {
            return Err(missing(role));
        }
        layer.top.finish_with(|key| elsewhere(KeyPlace::Top, key))?;
        let other = documents.get(1 - index.min(1)).copied();
        let shared = shared::hold(layer.source, layer.document, other)?;
        if let Some(role) = shared.as_ref().filter(|role| !file.roles.contains_key(&role.value)) {
            return Err(missing(role));
        }
        found = found.or(own).or(shared);
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
