//! Every key with many wrong values: applying the suggestion literally makes a good file of one with a single
//! mistake.
//!
//! `tests/it/hints/config.rs` does the same with the whole program, with edits chosen by hand. Here the edit
//! is derived from the text of the suggestion, so that many more values are covered. A suggestion in a form
//! that [`instead_of`] does not know fails the test.

use std::collections::BTreeSet;

use super::file::File;
use super::shared::keys::RULES;
use jit_wire::section::Mistake;

const ROLES: &str = "[role.hub]\nidp = \"x\"\nrole_arn = \"arn:aws:iam::111111111111:role/hub\"\n";
const SET: &str = "[role.hub]\nidp = \"x\"\naccount = \"111111111111\"\npermission_set = \"Developer\"\n";
const SPOKE: &str = "[role.far]\nvia = \"hub\"\nrole_arn = \"arn:aws-us-gov:iam::222222222222:role/far\"\n";

const ACCESS: &str = "[access]\nledger = \"s3://acme\"\nregion = \"eu-west-1\"\nentry = \"hub\"\n";

/// A good file for each type of IdP.
fn good() -> Vec<String> {
    let idps = [
        ("type = \"oidc\"\nissuer = \"https://acme.okta.com\"\nclient_id = \"0oa1\"\n", ROLES),
        (
            "type = \"oidc\"\nissuer = \"https://acme.okta.com\"\nclient_id = \"0oa1\"\nclient_secret = \"x\"\n",
            ROLES,
        ),
        ("type = \"saml\"\nsso_url = \"https://idp.acme.com/sso\"\n", ROLES),
        ("type = \"saml\"\nsso_url = \"https://idp.acme.com/sso\"\ncapture = \"browser\"\n", ROLES),
        ("type = \"saml\"\nstart_url = \"https://idp.acme.com/start\"\n", ROLES),
        (
            "type = \"okta\"\norg = \"https://acme.okta.com\"\napp_url = \"https://acme.okta.com/home/amazon_aws/1/272\"\n",
            ROLES,
        ),
        (
            "type = \"identity-center\"\nstart_url = \"https://acme.awsapps.com/start\"\nregion = \"eu-west-1\"\n",
            SET,
        ),
    ];
    idps.map(|(idp, roles)| format!("[idp.x]\n{idp}{roles}{SPOKE}{ACCESS}")).to_vec()
}

/// Add other values that people may write.
const VALUES: [&str; 25] = [
    "\"\"",
    "\"x\"",
    "\"a b\"",
    "\"hub\"",
    "\"far\"",
    "\"none\"",
    "\"13h\"",
    "\"1s\"",
    "\"8h\"",
    "\"111\"",
    "\"222222222222\"",
    "\"eu-west-1\"",
    "\"s3://acme/x\"",
    "\"s3://A\"",
    "\"~/jit-trial\"",
    "\"http://acme.okta.com\"",
    "\"acme.okta.com/x?y#z\"",
    "\"https://other.acme.com/saml\"",
    "\"arn:aws:iam::333333333333:role/x\"",
    "\"arn:aws:iam::333333333333:saml-provider/x\"",
    "[]",
    "[\"\"]",
    "[\"a b\"]",
    "{ \"aws:x\" = \"y\" }",
    "{ prompt = \"none\" }",
];

/// `text` with `key = value` in the table of `header`, replacing any other value of the key.
fn with(text: &str, header: &str, key: &str, value: &str) -> String {
    let mut inside = false;
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.starts_with('[') {
            inside = line == header;
        }
        if !(inside && line.split(" = ").next() == Some(key)) {
            lines.push(line.to_owned());
        }
        if line == header {
            lines.push(format!("{key} = {value}"));
        }
    }
    lines.join("\n") + "\n"
}

/// The edits that `mistake` suggests, one of which must be right; empty if it suggests none.
fn followed(text: &str, mistake: &Mistake) -> Option<Vec<String>> {
    let suggestion = mistake.suggestion.as_deref()?;
    let lines: Vec<&str> = text.lines().collect();
    // For these the mistake has the line of the table.
    let named = match suggestion {
        _ if mistake.what.contains("color") => &["color"][..],
        _ if mistake.what.contains("refers to [idp.") => &["idp"],
        _ if mistake.what.contains("refers to [role.") || suggestion.ends_with("instead of via") => &["via"],
        _ if suggestion.ends_with("delete role_arn") => &["role_arn"],
        // Either one may be the key to delete.
        _ if suggestion.ends_with("delete one") => &["idp", "via", "sso_url", "start_url"],
        _ => &[],
    };
    let header = lines[..mistake.line].iter().rposition(|line| line.starts_with('['))?;
    let table = lines[header + 1..].iter().take_while(|line| !line.starts_with('[')).count();
    let of_key = |line: &str| line.split_once(" = ").is_some_and(|(key, _)| named.contains(&key));
    let mut places: Vec<usize> = (header + 1..=header + table).filter(|at| of_key(lines[*at])).collect();
    if places.is_empty() {
        places.push(mistake.line - 1);
    }
    let edit = |at: usize, choice: usize| {
        let edited = instead_of(lines[at], mistake, choice);
        // An unknown form becomes invalid TOML, so that the test fails and shows the suggestion.
        let edited = edited.or_else(|| (choice == 0).then(|| vec!["?".to_owned()]))?;
        let before = &lines[..at];
        let after = &lines[at + 1..];
        let all = [before, &edited.iter().map(String::as_str).collect::<Vec<_>>(), after].concat();
        Some(all.join("\n") + "\n")
    };
    // One entry of the list must be right.
    let choices = if suggestion.starts_with("valid names: ") || suggestion.starts_with("valid values: ") {
        12
    } else {
        1
    };
    Some(
        places
            .iter()
            .flat_map(|at| (0..choices).filter_map(|choice| edit(*at, choice)).collect::<Vec<_>>())
            .collect(),
    )
}

/// The lines that replace `line`; `choice` selects one if the suggestion names several.
fn instead_of(line: &str, mistake: &Mistake, choice: usize) -> Option<Vec<String>> {
    let suggestion = mistake.suggestion.as_deref()?;
    let (key, old) = line.split_once(" = ").unwrap_or(("", ""));
    let after = |start: &str| suggestion.split_once(start).map(|(_, rest)| rest);
    let value = |new: &str| {
        let new = match () {
            () if old.starts_with('{') && new.contains(" = ") => format!("{{ {new} }}"),
            () if new.starts_with(['"', '[', '{']) => new.to_owned(),
            () if old.starts_with('[') => format!("[\"{new}\"]"),
            () => format!("\"{new}\""),
        };
        Some(vec![format!("{key} = {new}")])
    };
    let lines = |words: &str| Some(words.split(" and ").map(str::to_owned).collect::<Vec<_>>());
    let deletes = ["delete ", "valid keys are "].iter().any(|start| suggestion.starts_with(start));
    if deletes
        || ["delete it", "delete one", "delete role_arn"].iter().any(|end| suggestion.ends_with(end))
        || suggestion.contains("already set; delete `")
    {
        return Some(Vec::new());
    }
    if let Some(rest) = after("did you mean `") {
        let meant = rest.trim_end_matches("`?");
        return match mistake.what.contains("unknown key") {
            true => Some(vec![format!("{meant} = {old}")]),
            false => value(meant),
        };
    }
    if let Some(rest) = after("write ") {
        let words = rest.split(" instead of ").next()?.split(" beside ").next()?;
        return if words.contains(" = ") { lines(words) } else { value(words) };
    }
    if let Some(rest) = after("valid names: ") {
        return value(rest.split(", ").nth(choice)?);
    }
    if let Some(rest) = after("such as ") {
        return value(rest.split([',', ';']).next()?);
    }
    if let Some(rest) = after("valid values: ") {
        return value(rest.split('"').nth(1 + 2 * choice)?);
    }
    if let Some(rest) = after("durations are from ") {
        return value(rest.split(' ').next()?);
    }
    if let Some(rest) = after("start one of them at an IdP: ") {
        let words = rest.split(" instead").next()?;
        return Some(vec![words.replace("NAME", "x")]);
    }
    if let Some(rest) = suggestion.strip_prefix("use ").filter(|rest| rest.contains(" = ")) {
        // A value that only the IdP knows.
        return lines(&rest.split(" instead").next()?.replace('…', "urn:x"));
    }
    if let Some(rest) = after("add it to ") {
        let name = mistake.what.split('`').nth(1)?;
        return rest
            .starts_with("tags")
            .then(|| vec![line.to_owned(), format!("tags = {{ \"{name}\" = \"x\" }}")]);
    }
    if suggestion.ends_with("in the role's own account") {
        return Some(vec![line.replace("333333333333", "111111111111")]);
    }
    match suggestion {
        "an IAM policy document, as a string" => Some(vec![format!("{key} = \"{{}}\"")]),
        // Two letters are within all limits.
        _ if suggestion.starts_with("1 to ") && old.starts_with('{') => value("ab = \"ab\""),
        _ if suggestion.starts_with("1 to ") || suggestion.starts_with("2 to ") => value("ab"),
        _ if suggestion.starts_with("a name of 1 to ") => value("ab = \"ab\""),
        _ => None,
    }
}

/// The next mistake in cases where a second value must change too: the application of another org, and the
/// ARN of a role that should be reached through Identity Center.
const NEXT: [&str; 2] =
    ["the URL of the application is not on", "Identity Center does not offer roles by ARN"];

#[test]
fn a_suggestion_followed_by_its_words_leaves_a_good_file() {
    let keys: BTreeSet<&str> = RULES.iter().map(|rule| rule.key).collect();
    let mut wrong = Vec::new();
    let mut count = 0;
    for good in good() {
        assert!(File::parse("c.toml", &good).is_ok(), "{good}");
        for header in ["[idp.x]", "[role.hub]", "[role.far]", "[access]"] {
            for (key, value) in keys.iter().flat_map(|key| VALUES.map(|value| (*key, value))) {
                let bad = with(&good, header, key, value);
                let Err(mistake) = File::parse("c.toml", &bad) else { continue };
                let Some(edits) = followed(&bad, &mistake) else { continue };
                count += 1;
                let again = edits.iter().map(|next| File::parse("c.toml", next).map(drop));
                if let Some(again) = again.reduce(|one, other| one.or(other)).and_then(Result::err)
                    && !NEXT.iter().any(|next| again.what.contains(next))
                {
                    let next = mistake.suggestion.unwrap_or_default();
                    wrong.push(format!("{header} {key} = {value}: {} ({next}) → {again}", mistake.what));
                }
            }
        }
    }
    assert!(count > 3000, "only {count} suggestions were made");
    assert!(wrong.is_empty(), "{} of {count} lead to another mistake:\n{}", wrong.len(), wrong.join("\n"));
}
