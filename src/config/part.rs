//! The part of `config.toml` that one role is made of.
//!
//! A company's file has hundreds of roles, and to read them all takes longer than everything else that a warm answer does.

use zeroize::Zeroizing;

/// `text` without the tables of roles that `role` has nothing to do with; the lines keep their numbers. Where
/// [`File::parse`](super::file::File::parse) takes the whole and finds `role` in the part, it is the same in both. Only lines are
/// looked at, so a part may lack what it needs, which the whole has. `None` where lines do not tell what is a table's header.
pub fn of_role(text: &str, role: &str) -> Option<Zeroizing<String>> {
    // In a text of several lines anything may look like one.
    if text.contains("\"\"\"") || text.contains("'''") {
        return None;
    }
    let tables = tables(text);
    let mut needed = vec![role];
    // It has to be there, whoever is asked for.
    needed.extend(tables.first().and_then(|first| value_of("default_role", first.text)));
    let mut done = 0;
    while let Some(role) = needed.get(done).copied() {
        let via = tables.iter().filter(|table| table.role == Some(role));
        needed.extend(via.filter_map(|table| value_of("via", table.text)));
        done += 1;
        // A circle is reported by who reads the whole.
        if done > tables.len() {
            return None;
        }
    }
    // Made at once as large as it can become: what is in it may be secret, and a copy that grows leaves others behind.
    let mut part = Zeroizing::new(String::with_capacity(text.len()));
    for table in tables {
        if table.role.is_none_or(|role| needed.contains(&role)) {
            part.push_str(table.text);
        } else {
            part.extend(table.text.bytes().filter(|byte| *byte == b'\n').map(char::from));
        }
    }
    Some(part)
}

struct Table<'t> {
    /// The role that it is about; `None` for every other table, and for what stands before the first.
    role: Option<&'t str>,
    /// From its header to the next.
    text: &'t str,
}

fn tables(text: &str) -> Vec<Table<'_>> {
    let mut tables = Vec::new();
    let (mut start, mut at, mut role) = (0, 0, None);
    for line in text.split_inclusive('\n') {
        let header = line.trim_start();
        if header.starts_with('[') {
            tables.push(Table { role, text: &text[start..at] });
            (start, role) = (at, role_of(header));
        }
        at += line.len();
    }
    tables.push(Table { role, text: &text[start..] });
    tables
}

/// The role of `[role.NAME]` and of tables within that.
fn role_of(header: &str) -> Option<&str> {
    let name = header.strip_prefix("[role.")?;
    let (name, rest) = match name.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => name.split_at(name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))?),
    };
    (rest.starts_with([']', '.']) && !name.contains('\\')).then_some(name)
}

/// What the line that sets `key` sets it to, if that is a plain text.
fn value_of<'t>(key: &str, table: &'t str) -> Option<&'t str> {
    table.lines().find_map(|line| {
        let value = line.trim_start().strip_prefix(key)?.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|first| ['"', '\''].contains(first))?;
        value[1..].split_once(quote).map(|(value, _)| value)
    })
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
    fn a_part_is_a_role_and_what_it_goes_via_and_the_lines_stay_where_they_are() {
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
    }

    #[test]
    fn where_lines_do_not_tell_or_roles_go_in_a_circle_there_is_no_part() {
        for text in
            ["[role.a]\npolicy = '''\n[role.b]\n'''\n", "[role.a]\nvia = \"b\"\n[role.b]\nvia = \"a\"\n"]
        {
            assert_eq!(of_role(text, "a"), None, "{text}");
        }
    }
}
