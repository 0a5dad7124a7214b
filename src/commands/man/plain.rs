//! A page as plain text, for systems without `man`. It understands what `page` writes, and nothing else of roff.

/// The lines of a page: headings at the margin, everything else below them, one line for each paragraph.
pub(super) fn text(page: &str) -> Vec<String> {
    const INDENT: &str = "    ";
    let mut lines: Vec<String> = Vec::new();
    let mut paragraph = String::new();
    let mut indent = INDENT.to_owned();
    // After `.TP`, the next line is the term.
    let mut term_follows = false;
    let close = |paragraph: &mut String, indent: &str, lines: &mut Vec<String>| {
        if !paragraph.is_empty() {
            lines.push(format!("{indent}{}", std::mem::take(paragraph)));
        }
    };
    for line in page.lines() {
        if let Some(heading) = line.strip_prefix(".SH ") {
            close(&mut paragraph, &indent, &mut lines);
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.push(unescaped(heading.trim_matches('"')));
            indent = INDENT.to_owned();
        } else if line == ".TP" {
            close(&mut paragraph, &indent, &mut lines);
            term_follows = true;
        } else if line == ".PP" || line == ".br" || line == ".sp" {
            close(&mut paragraph, &indent, &mut lines);
        } else if line.starts_with('.') {
            // The title, and definitions that only roff needs.
        } else if term_follows {
            lines.push(format!("{INDENT}{}", unescaped(line)));
            indent = INDENT.repeat(2);
            term_follows = false;
        } else {
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(unescaped(line).trim());
        }
    }
    close(&mut paragraph, &indent, &mut lines);
    lines
}

/// A line without the escapes of roff.
fn unescaped(line: &str) -> String {
    line.replace("\\*(Aq", "'")
        .replace("\\fB", "")
        .replace("\\fI", "")
        .replace("\\fR", "")
        .replace("\\&", "")
        .replace("\\-", "-")
        .replace("\\\\", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_readable_without_man() {
        let page = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n.TH JIT 1\n.SH NAME\njit \\- a role\\*(Aqs\n.SH OPTIONS\n.TP\n\
                    \\fB\\-\\-all\\fR\nEvery role,\nat once\n.TP\n\\fB\\-q\\fR\nQuiet\n.SH \"SEE ALSO\"\n\\fBjit\\fR(1)\n";
        let expected = "NAME\n    jit - a role's\n\nOPTIONS\n    --all\n        Every role, at once\n    -q\n        Quiet\n\n\
                        SEE ALSO\n    jit(1)";
        assert_eq!(text(page).join("\n"), expected);
    }
}
