//! The suggestion beside a mistake in a file is true: each row makes one mistake, reads what is suggested, makes that edit
//! and nothing else, and that mistake is gone. And every sentence with which `src/config` refuses something is said by a
//! row ([`sentences`]), so that a new suggestion needs one.

use std::fs;

use super::hints;
use crate::support::{Output, Room};

mod idps;
mod imports;
mod profiles;
mod roles;
mod sentences;
mod shared;
mod typed;

/// One mistake in a good file.
struct Row {
    /// What is replaced, and with what, to make it.
    mistake: (String, String),
    /// What is suggested, as far as it is followed; or what is said, where nothing is suggested.
    says: String,
    /// Whether something is suggested.
    suggests: bool,
    /// What is replaced, and with what, to follow the suggestion.
    follow: (String, String),
    /// What is refused next; nothing where the file is taken then.
    then: Option<&'static str>,
}

/// A mistake, what is suggested, and the edit that follows it.
fn row(
    mistake: (impl Into<String>, impl Into<String>),
    says: impl Into<String>,
    follow: (impl Into<String>, impl Into<String>),
) -> Row {
    Row {
        mistake: (mistake.0.into(), mistake.1.into()),
        says: says.into(),
        suggests: true,
        follow: (follow.0.into(), follow.1.into()),
        then: None,
    }
}

/// A mistake whose message says by itself what to write.
fn told(
    mistake: (impl Into<String>, impl Into<String>),
    says: impl Into<String>,
    follow: (impl Into<String>, impl Into<String>),
) -> Row {
    Row { suggests: false, ..row(mistake, says, follow) }
}

impl Row {
    /// Where the next mistake is one that the row has made as well, to come to this one.
    fn then(self, refused: &'static str) -> Self {
        Self { then: Some(refused), ..self }
    }
}

/// What came of rows.
#[derive(Default)]
struct Tried {
    /// Advice that leads nowhere, or was not given.
    faults: Vec<String>,
    /// All that was said.
    said: String,
}

/// A good file, a command that reads it, and mistakes in it.
struct Bench {
    room: Room,
    /// Where the file is, below the home.
    path: &'static str,
    good: String,
    typed: &'static [&'static str],
    rows: Vec<Row>,
}

fn replaced(text: &str, (from, to): &(String, String)) -> String {
    assert!(text.contains(from.as_str()), "{from:?} is not in\n{text}");
    text.replacen(from.as_str(), to, 1)
}

impl Bench {
    /// Tries every row.
    fn tried(self) -> Tried {
        let mut tried = Tried::default();
        let good = self.run(&self.good);
        if good.code() != 0 {
            tried.faults.push(format!("{:?} does not take the good file: {good}", self.typed));
        }
        for row in &self.rows {
            tried.faults.extend(self.fault(row, &mut tried.said));
        }
        tried
    }

    fn run(&self, text: &str) -> Output {
        fs::write(self.room.path(self.path), text).unwrap();
        self.room.jit(self.typed).run()
    }

    /// What is wrong with the advice of `row`; what was said goes behind `said`.
    fn fault(&self, row: &Row, said: &mut String) -> Option<String> {
        let bad = replaced(&self.good, &row.mistake);
        let refused = self.run(&bad);
        said.push_str(&refused.stderr);
        let told = hints(&refused);
        let is_said = match told.as_slice() {
            [] => !row.suggests && refused.stderr.contains(&row.says),
            [hint] => row.suggests && hint.contains(&row.says),
            _ => false,
        };
        if refused.code() == 0 || !is_said {
            return Some(format!("{:?} should say {:?}: {refused}", row.mistake, row.says));
        }
        let fixed = replaced(&bad, &row.follow);
        if let Some(word) = told.iter().flat_map(|hint| dictated(hint)).find(|word| !fixed.contains(word)) {
            return Some(format!("{told:?} says to write {word:?}, and the row does not:\n{fixed}"));
        }
        let next = self.run(&fixed);
        said.push_str(&next.stderr);
        said.push_str(&next.stdout);
        let is_gone = match row.then {
            None => next.code() == 0,
            Some(then) => next.stderr.contains(then) && what(&next) != what(&refused),
        };
        (!is_gone).then(|| format!("{:?} leads nowhere: {next}", row.says))
    }
}

/// The sentence that says what is wrong.
fn what(output: &Output) -> &str {
    output.stderr.lines().find(|line| line.contains("error: ")).unwrap_or_default()
}

/// The values that a suggestion dictates, as they are to be written.
fn dictated(hint: &str) -> Vec<&str> {
    // Of two ways the row takes one, and a value that is right but for its quotes stays what it is.
    if hint.contains(", or ") || hint.contains("AWS's files") {
        return Vec::new();
    }
    let starts = ["did you mean `", "add a line such as ", "such as ", "write ", "add "];
    let Some(rest) = starts.iter().find_map(|start| Some(hint.split_once(start)?.1)) else {
        return Vec::new();
    };
    let ends = ["`?", " instead", " beside", ", with", ", the ", ", and "];
    let end = ends.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
    // What has none of these is prose, and … stands for what only the person knows.
    let is_value = |word: &&str| word.contains(['=', '"', '/', '-', ':']) && !word.contains('…');
    rest[..end].split(" and ").filter(is_value).collect()
}

#[test]
fn what_a_suggestion_dictates() {
    for (hint, values) in [
        ("did you mean `role-arn`?", &["role-arn"][..]),
        ("add a line such as type = \"oidc\"", &["type = \"oidc\""]),
        ("write a = \"1\" and b = \"2\" instead of c", &["a = \"1\"", "b = \"2\""]),
        ("such as \"111111111111\", with leading zeros", &["\"111111111111\""]),
        ("write scopes = [\"…\"] beside authorize", &[]),
        ("write true or false, without quotes", &[]),
        ("write capture = \"browser\", or an sso_url instead of start_url", &[]),
        ("delete it", &[]),
    ] {
        assert_eq!(dictated(hint), values, "{hint}");
    }
}

#[test]
fn following_a_suggestion_leads_on_and_every_sentence_is_said() {
    let benches =
        [idps::benches(), profiles::benches(), shared::benches(), imports::benches()].into_iter().flatten();
    let tried: Vec<Tried> = std::thread::scope(|scope| {
        let mut running: Vec<_> = benches.map(|bench| scope.spawn(move || bench.tried())).collect();
        running.extend([scope.spawn(imports::tried), scope.spawn(typed::tried)]);
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let faults: Vec<&str> = tried.iter().flat_map(|tried| &tried.faults).map(String::as_str).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let said: String = tried.iter().map(|tried| tried.said.as_str()).collect();
    let unsaid = sentences::unsaid(&said);
    assert!(unsaid.is_empty(), "no row comes to these sentences:\n{}", unsaid.join("\n"));
}
