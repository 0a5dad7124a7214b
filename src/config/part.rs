//! Reads only the part of a file that one role needs.
//!
//! A company's `config.toml` has hundreds of roles, and `jit configure profiles` may have written thousands
//! of profiles: parsing them all takes longer than everything else on the warm path. This module only looks
//! at lines. So a part may lack something that the whole file has. But if
//! [`File::parse`](super::file::File::parse) or [`Document::parse`](super::aws::Document::parse) accepts the
//! whole file, then whatever is found in a part is the same as in the whole, line numbers included.

use zeroize::Zeroizing;

/// A table from its header to the next.
#[derive(Clone, Copy)]
struct Table<'t, N> {
    /// Only of a table that may be left out.
    name: Option<N>,
    text: &'t str,
}

/// A table of `config.toml` that makes roles.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RoleTable<'t> {
    /// `[role.NAME]`.
    Role(&'t str),
    /// `[spokes.NAME]`.
    Spokes(&'t str),
    /// `[access]`: no session is made of it, and the roles that it names may not be in the part.
    Access,
}

impl<'t> RoleTable<'t> {
    /// The tables that may make the role called `name`.
    fn making(name: &'t str) -> impl Iterator<Item = Self> {
        let of_account = name.split_once('/').map(|(_, spokes)| Self::Spokes(spokes));
        std::iter::once(Self::Role(name)).chain(of_account)
    }

    /// The table that a header begins: the whole of it, or one within it.
    fn begun_by(header: &'t str) -> Option<Self> {
        let of = |start| header.strip_prefix(start).and_then(name_in_header);
        let access = || is_access(header).then_some(Self::Access);
        of("[role.").map(Self::Role).or_else(|| of("[spokes.").map(Self::Spokes)).or_else(access)
    }
}

/// Whether this is the header of `[access]`.
fn is_access(header: &str) -> bool {
    header.strip_prefix("[access").is_some_and(|rest| rest.starts_with([']', '.']))
}

/// `config.toml` without the tables of roles that `role` has nothing to do with; `None` where lines do not tell what is a
/// table's header.
pub fn of_role(text: &str, role: &str) -> Option<Zeroizing<String>> {
    let Scanned { tables, mut roots } = Scanned::of(text)?;
    roots.push(role);
    let needed = needed_for_roles(&tables, roots)?;
    Some(without_the_rest(&tables, &needed))
}

/// The same for two files that are read as one, where a role of one may start from a role of the other.
pub fn of_role_in_both(own: &str, below: &str, role: &str) -> Option<[Zeroizing<String>; 2]> {
    let (own, below) = (Scanned::of(own)?, Scanned::of(below)?);
    let roots = [&own.roots[..], &below.roots, &[role]].concat();
    let needed = needed_for_roles(&[&own.tables[..], &below.tables].concat(), roots)?;
    Some([own, below].map(|scanned| without_the_rest(&scanned.tables, &needed)))
}

/// The tables of a `config.toml`, and the roles that a part of it must have besides the one that is asked for.
struct Scanned<'t> {
    tables: Vec<Table<'t, RoleTable<'t>>>,
    roots: Vec<&'t str>,
}

impl<'t> Scanned<'t> {
    /// `None` where lines do not tell what is a table's header.
    fn of(text: &'t str) -> Option<Self> {
        // Lines of a multi-line string may look like headers.
        if text.contains("\"\"\"") || text.contains("'''") {
            return None;
        }
        // `default_role` must name a role of the part.
        let top = text.split("\n[").next().unwrap_or_default();
        let mut roots: Vec<&str> = value_in_quotes(top, "default_role").into_iter().collect();
        fn begins(line: &str) -> Option<Option<RoleTable<'_>>> {
            match super::shared::is_marker(line) {
                // Both ends of a shared part stay, so that what is left of it is held to its rules.
                true => Some(None),
                false => header(line).map(RoleTable::begun_by),
            }
        }
        let all = tables(text, begins);
        let is_end =
            |table: &&Table<'_, RoleTable<'_>>| table.name.is_none() && super::shared::is_marker(table.text);
        if all.iter().any(|table| is_end(&table)) {
            // Keys behind such an end would get into another table, but for the default role of a part, which is read
            // separately.
            let plain = super::shared::without_heads(text);
            let is_bare = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
            let ends = tables(plain.as_ref().map_or(text, |plain| plain.as_str()), begins);
            if !ends.iter().filter(is_end).flat_map(|table| table.text.lines()).all(is_bare) {
                return None;
            }
            roots.extend(
                all.iter().filter(is_end).filter_map(|table| value_in_quotes(table.text, "default_role")),
            );
        }
        Some(Self { tables: all, roots })
    }
}

fn needed_for_roles<'t>(
    tables: &[Table<'t, RoleTable<'t>>],
    roots: Vec<&'t str>,
) -> Option<Vec<RoleTable<'t>>> {
    let roots = roots.into_iter().flat_map(RoleTable::making).collect();
    let via = |table| value_in_quotes(table, "via").into_iter().flat_map(RoleTable::making).collect();
    needed(tables, roots, via)
}

/// `~/.aws/config` and `~/.aws/credentials` without the profiles that `profile` has nothing to do with; `None` as above.
pub fn of_profile(config: &str, credentials: &str, profile: &str) -> Option<[Zeroizing<String>; 2]> {
    // Whether an indented line is a header depends on the lines before it. A lone carriage return also ends a
    // line.
    let unclear = |line: &str| {
        let line = line.strip_suffix('\n').unwrap_or(line);
        line.starts_with([' ', '\t']) && line.trim_start().starts_with('[')
            || line.strip_suffix('\r').unwrap_or(line).contains('\r')
    };
    if [config, credentials].iter().any(|text| text.split_inclusive('\n').any(unclear)) {
        return None;
    }
    let config = tables(config, |line| Some(plain_name(header(line)?, "[profile ")));
    let own = |line| Some(plain_name(header(line)?, "[").filter(|name| *name != "DEFAULT"));
    let credentials = tables(credentials, own);
    // A role in one file may refer to the other file.
    let both = [&config[..], &credentials].concat();
    let source = |section| value_of(section, "source_profile").into_iter().collect();
    let needed = needed(&both, vec![profile], source)?;
    Some([config, credentials].map(|tables| without_the_rest(&tables, &needed)))
}

/// The names of `roots` and of all that they lead to; `None` if they form a loop, which is reported when the whole is read.
fn needed<'t, N: Copy + PartialEq>(
    tables: &[Table<'t, N>],
    roots: Vec<N>,
    leads_to: impl Fn(&'t str) -> Vec<N>,
) -> Option<Vec<N>> {
    let mut needed = roots;
    let mut done = 0;
    while let Some(name) = needed.get(done).copied() {
        let own = tables.iter().filter(|table| table.name == Some(name));
        needed.extend(own.flat_map(|table| leads_to(table.text)));
        done += 1;
        // Two names lead through each table at most, and a name may be that of two tables.
        if done > 4 * tables.len() {
            return None;
        }
    }
    Some(needed)
}

/// The tables that are `needed` or have no name, and the line ends of the others.
fn without_the_rest<N: PartialEq>(tables: &[Table<'_, N>], needed: &[N]) -> Zeroizing<String> {
    // Made at once as large as it can become: what is in it may be secret, and a text that grows leaves copies behind.
    let most = tables.iter().map(|table| table.text.len()).sum::<usize>() + 1;
    let mut part = Zeroizing::new(String::with_capacity(most));
    for table in tables {
        if table.name.as_ref().is_none_or(|name| needed.contains(name)) {
            part.push_str(table.text);
        } else {
            // The last line counts as one, with or without a line ending.
            let lines = table.text.split_inclusive('\n').count();
            part.extend(std::iter::repeat_n('\n', lines));
        }
    }
    part
}

/// The header on this line.
fn header(line: &str) -> Option<&str> {
    // An unclosed bracket starts a key in AWS's files, and is invalid in `config.toml`.
    Some(line.trim_start()).filter(|header| header.starts_with('[') && header.contains(']'))
}

/// What stands before the first table, and the tables; `begins` says of a line whether it begins one, and of what name.
fn tables<'t, N>(text: &'t str, begins: impl Fn(&'t str) -> Option<Option<N>>) -> Vec<Table<'t, N>> {
    let mut tables = Vec::new();
    let mut name = None;
    let mut start = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if let Some(next) = begins(line) {
            tables.push(Table { name: std::mem::replace(&mut name, next), text: &text[start..at] });
            start = at;
        }
        at += line.len();
    }
    tables.push(Table { name, text: &text[start..] });
    tables
}

/// The name in a header after `[role.` or `[spokes.`, for the table of that name and for the tables within it.
fn name_in_header(name: &str) -> Option<&str> {
    let (name, rest) = match name.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => name.split_at(name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))?),
    };
    (rest.starts_with([']', '.']) && !name.contains('\\')).then_some(name)
}

/// The name after `start` in a header of AWS's files, if it can be read in one way only.
fn plain_name<'t>(header: &'t str, start: &str) -> Option<&'t str> {
    let name = header.trim_end().strip_prefix(start)?.strip_suffix(']')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/@+".contains(c);
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}

/// The value in the line that sets `key`.
fn value_of<'t>(table: &'t str, key: &str) -> Option<&'t str> {
    let value = |line: &'t str| line.trim_start().strip_prefix(key)?.trim_start().strip_prefix('=');
    table.lines().find_map(value).map(str::trim)
}

/// The same, for a value that must be a plain string in quotes.
fn value_in_quotes<'t>(table: &'t str, key: &str) -> Option<&'t str> {
    let value = value_of(table, key)?;
    let quote = value.chars().next().filter(|first| ['"', '\''].contains(first))?;
    value[1..].split_once(quote).map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"default_role = "b"
[idp.acme]
issuer = "https://idp.example"

[role.hub] # the hub
idp = "acme"
[role.a]
via = "hub"
[role.a.tags]
team = "core"
  [role."b"]
  via='hub'
[role.c]
via = "a"
"#;

    #[test]
    fn a_part_has_a_role_and_its_chain_with_the_original_line_numbers() {
        let without = |lines: &[usize]| -> String {
            let line = |(at, line): (usize, &str)| {
                if lines.contains(&(at + 1)) { "\n".to_owned() } else { format!("{line}\n") }
            };
            WHOLE.lines().enumerate().map(line).collect()
        };
        let cases = [
            ("hub", &[7, 8, 9, 10, 13, 14][..]),
            ("a", &[13, 14]),
            ("b", &[7, 8, 9, 10, 13, 14]),
            ("c", &[]),
            ("unknown", &[7, 8, 9, 10, 13, 14]),
        ];
        for (role, gone) in cases {
            assert_eq!(*of_role(WHOLE, role).unwrap(), without(gone), "{role}");
        }
        let with_access = format!("{WHOLE}[access]\nledger = \"~/x\"\nentry = \"other\"\n");
        let (part, rest) = (of_role(&with_access, "hub").unwrap(), of_role(WHOLE, "hub").unwrap());
        assert_eq!(*part, format!("{}\n\n\n", *rest), "it names roles that the part does not have");
    }

    #[test]
    fn a_role_may_lead_from_one_file_into_the_other() {
        let own = "default_role = \"x\"\n[role.x]\nvia = \"low\"\n[role.y]\n";
        let below =
            "[role.hub]\n[role.low]\nvia = \"hub\"\n[role.wanted]\nvia = \"high\"\n[role.other]\n[role.y]\n";
        let [own_part, below_part] =
            of_role_in_both(&format!("{own}[role.high]\n"), below, "wanted").unwrap();
        assert_eq!(*own_part, "default_role = \"x\"\n[role.x]\nvia = \"low\"\n\n[role.high]\n");
        let wanted = "[role.hub]\n[role.low]\nvia = \"hub\"\n[role.wanted]\nvia = \"high\"\n\n\n";
        assert_eq!(*below_part, wanted);
        assert_eq!(of_role_in_both(own, "x = '''\n[role.a]\n'''", "a"), None);
    }

    #[test]
    fn a_table_of_spokes_is_needed_for_its_roles_alone() {
        let text = "default_role = \"x/two\"\n[role.hub]\nidp = \"a\"\n[role.other]\nvia = \"hub\"\n\
                    [spokes.one]\nvia = \"hub\"\n[spokes.one.accounts]\nx = \"1\"\n[spokes.\"a/b\"]\nvia = \"x/one\"\n\
                    [spokes.two]\nvia = \"hub\"\n";
        let gone = |role: &str| {
            let part = of_role(text, role).unwrap();
            assert_eq!(part.lines().count(), text.lines().count());
            ["[role.hub]", "[role.other]", "[spokes.one]", "[spokes.one.accounts]", "a/b", "[spokes.two]"]
                .into_iter()
                .filter(|header| !part.contains(header))
                .collect::<Vec<_>>()
        };
        assert_eq!(gone("x/one"), ["[role.other]", "a/b"]);
        assert_eq!(gone("y/a/b"), ["[role.other]"]);
        assert_eq!(gone("hub"), ["[role.other]", "[spokes.one]", "[spokes.one.accounts]", "a/b"]);
    }

    #[test]
    fn profiles_are_found_with_their_sources() {
        let config = "[DEFAULT]\nregion = x\n[profile a]\nsource_profile = b\n[sso-session s]\n[profile \"c d\"]\n[profile \
                      b]\nregion = y\n[profile c]\nregion = z\n";
        let part = "[DEFAULT]\nregion = x\n[profile a]\nsource_profile = b\n[sso-session s]\n[profile \"c d\"]\n[profile \
                    b]\nregion = y\n\n\n";
        let keys = "[DEFAULT]\n[a]\nx = 1\n[b]\nsource_profile = d\n[c]\n[d]\n";
        let both = of_profile(config, keys, "a").unwrap();
        assert_eq!(both[0].as_str(), part);
        assert_eq!(both[1].as_str(), "[DEFAULT]\n[a]\nx = 1\n[b]\nsource_profile = d\n\n[d]\n");
        for unclear in
            ["[profile a]\nx =\n  [profile b]\n", "[profile a]\r[profile b]\n", "[profile a]\r\r\n"]
        {
            assert_eq!(of_profile(unclear, "", "a"), None, "{unclear:?}");
            assert_eq!(of_profile("", unclear, "a"), None, "{unclear:?}");
        }
        let key = "[profile a]\n[profile b]\n[c = d";
        assert_eq!(of_profile(key, "", "a").unwrap()[0].as_str(), "[profile a]\n\n\n");
        let windows = "[profile a]\r\n[profile b]\r\n";
        assert_eq!(of_profile(windows, "", "b").unwrap()[0].as_str(), "\n[profile b]\r\n");
    }

    #[test]
    fn ambiguous_files_and_loops_are_read_as_a_whole() {
        for text in
            ["[role.a]\npolicy = '''\n[role.b]\n'''\n", "[role.a]\nvia = \"b\"\n[role.b]\nvia = \"a\"\n"]
        {
            assert_eq!(of_role(text, "a"), None, "{text}");
        }
    }
}
