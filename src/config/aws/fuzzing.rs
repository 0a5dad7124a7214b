//! Fuzz targets for AWS's files.

use super::shadow::{self, AwsFile, Scene};
use super::takeover::{meaning, put_back, take_over};
use super::{
    AwsProfiles, Document, Profile, Program, SectionKind, System, as_roles, managed_profiles, plan_profiles,
    split_command,
};
use crate::config::file::File;
use crate::config::part;
use jit_wire::env::Env;

/// A file is accepted or rejected, and reproduced unchanged if accepted.
pub fn aws_reader(data: &[u8]) {
    let document = match Document::parse(data) {
        Ok(document) => document,
        Err(broken) => {
            assert!(broken.line > 0 && broken.column > 0 && broken.to_string().len() < 1024, "{broken}");
            return;
        }
    };
    assert_eq!(document.text().as_bytes(), data);
    for section in document.sections() {
        for entry in &section.entries {
            assert!(section.line() < entry.line());
            let _ = document.value(entry);
        }
    }
    let Ok(program) = Program::new("/bin/jit", System::Unix) else { return };
    let source = AwsFile { path: "~/.aws/config", document: &document };
    let env = Env::default();
    let _ = shadow::findings(&Scene {
        config: source,
        credentials: Some(source),
        env: &env,
        program: &program,
        exists: &|_| true,
    });
}

/// Profiles are written into a file and removed from it; everything that jit did not write stays byte for
/// byte.
pub fn aws_editor(data: &[u8]) {
    let Ok(document) = Document::parse(data) else { return };
    let text = document.text();
    let Ok(program) = Program::new("/bin/jit", System::Unix) else { return };
    let wanted: Vec<Profile> = [("x", None), ("y.z", Some("eu-west-1")), ("default", None)]
        .into_iter()
        .filter_map(|(name, region)| program.profile(name, region).ok())
        .collect();
    let changes = plan_profiles(&document, &wanted, &|_| true);
    let foreign = |document: &Document| -> Vec<String> {
        let ours: Vec<usize> = managed_profiles(document).map(|(_, section)| section.line()).collect();
        let sections = document.sections().iter().filter(|section| !ours.contains(&section.line()));
        sections
            .map(|section| document.raw(section.lines()).trim_end_matches(['\r', '\n']).to_owned())
            .collect()
    };
    if let Ok(after) = changes.apply(&document, false) {
        assert_eq!(foreign(&document), foreign(&after), "somebody else's section is another now");
        let again = plan_profiles(&after, &wanted, &|_| true);
        assert!(again.added.is_empty() && again.updated.is_empty(), "a second run changes more: {again:?}");
        if changes.updated.is_empty() {
            assert!(after.text().starts_with(text), "what was there stays");
        } else {
            only_ours_differ(&document, &after, &wanted);
        }
        // Removing the new profiles leaves nothing behind. Those that already existed are wanted, and so are
        // not stale.
        if changes.updated.is_empty() {
            let new: Vec<&String> = changes.added.iter().collect();
            let kept: Vec<Profile> = managed_profiles(&after)
                .filter(|(name, _)| !new.iter().any(|one| one == name))
                .filter_map(|(name, section)| {
                    let get =
                        |key| after.get(&SectionKind::Profile(name.to_owned()), key).map(|(value, _)| value);
                    let command = section.entry("credential_process").map(|entry| after.value(entry))?;
                    Some(Profile {
                        name: name.to_owned(),
                        role: name.to_owned(),
                        command,
                        region: get("region"),
                    })
                })
                .collect();
            let back = plan_profiles(&after, &kept, &|role| !["x", "y.z", "default"].contains(&role));
            let all_new = back.stale.iter().all(|place| new.contains(&&place.name));
            if let (true, true, Ok(back)) = (all_new, back.updated.is_empty(), back.apply(&after, true)) {
                let end = back.text().strip_prefix(text);
                assert!(
                    end.is_some_and(|end| ["", "\n", "\r\n"].contains(&end)),
                    "pruned, it is another file"
                );
            }
        }
    }
    // Nothing is wanted: only sections of jit may disappear.
    let changes = plan_profiles(&document, &[], &|_| false);
    if let Ok(after) = changes.apply(&document, true) {
        assert_eq!(foreign(&document), foreign(&after), "somebody else's section is gone");
        assert!(is_subsequence(after.text(), text), "lines that were not there");
    }
}

/// Profiles are taken over and put back: other sections stay byte for byte, and what nobody has edited comes back as it was.
/// After a zero byte, the input has the file of originals that somebody else may have written.
pub fn aws_takeover(data: &[u8]) {
    let (file, planted) = match data.iter().position(|byte| *byte == 0) {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, &[][..]),
    };
    let Ok(document) = Document::parse(file) else { return };
    let Ok(program) = Program::new("/bin/jit", System::Unix) else { return };
    let names: Vec<String> = document
        .sections()
        .iter()
        .filter_map(|section| match &section.kind {
            SectionKind::Profile(name) => Some(name.clone()),
            _ => None,
        })
        .collect();
    let Ok(copy) = Document::parse(file) else { return };
    let profiles = AwsProfiles::new((copy, "c".to_owned()), Default::default());
    let wanted: Vec<Profile> = names.iter().filter_map(|name| program.profile(name, None).ok()).collect();
    for name in &names {
        let meaning = meaning(&profiles, name);
        assert!(meaning.is_role() || meaning.account().is_none(), "only a role has an account");
    }
    if let Ok(taken) = take_over(&document, &wanted) {
        let others = |document: &Document| -> Vec<String> {
            let sections = document.sections().iter().filter(|section| match &section.kind {
                SectionKind::Profile(name) => !taken.names.contains(name),
                _ => true,
            });
            sections
                .map(|section| document.raw(section.lines()).trim_end_matches(['\r', '\n']).to_owned())
                .collect()
        };
        assert_eq!(others(&document), others(&taken.document), "somebody else's section is another now");
        let again = take_over(&taken.document, &wanted);
        assert!(again.is_ok_and(|again| again.names.is_empty()), "a second run takes over more");
        let originals = taken.originals(&Document::default(), &document);
        let originals = Document::parse(originals.as_bytes()).expect("the originals are such a file");
        let back = put_back(&taken.document, &originals, &taken.names);
        if let Ok(back) = back
            && back.names.len() == taken.names.len()
        {
            assert_eq!(back.document.text(), document.text(), "put back, it is another file");
        }
    }
    // Originals that somebody else wrote change only profiles of jit.
    if let Ok(planted) = Document::parse(planted)
        && let Ok(back) = put_back(&document, &planted, &[])
    {
        let foreign = |document: &Document| document.sections().len();
        assert!(back.names.iter().all(|name| names.contains(name)), "a profile that was not there");
        assert!(foreign(&back.document) <= foreign(&document) + back.names.len());
    }
}

/// No line differs except in the wanted sections of jit and what was appended.
fn only_ours_differ(before: &Document, after: &Document, wanted: &[Profile]) {
    let rest = |document: &Document| -> Vec<String> {
        let ours = |line: usize| {
            managed_profiles(document).any(|(name, section)| {
                wanted.iter().any(|one| one.name == name) && section.lines().contains(&line)
            })
        };
        let lines = 0..document.line_count();
        lines.filter(|line| !ours(*line)).map(|line| document.line(line).to_owned()).collect()
    };
    let (before, after) = (rest(before), rest(after));
    assert!(after.starts_with(&before[..]), "a line beside ours is another now");
}

fn is_subsequence(part: &str, whole: &str) -> bool {
    let mut lines = whole.split_inclusive(['\n', '\r']);
    part.split_inclusive(['\n', '\r']).all(|line| lines.any(|one| one == line))
}

/// A configuration file and, after a zero byte, a credentials file: every profile as a role, and its plan.
pub fn aws_profiles(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == 0);
    let mut next = || Document::parse(parts.next().unwrap_or_default());
    let (Ok(config), Ok(credentials)) = (next(), next()) else { return };
    let profiles = AwsProfiles::new((config, "config".to_owned()), (credentials, "credentials".to_owned()));
    let _ = (profiles.not_ours(), profiles.static_keys().count());
    for name in profiles.names() {
        for within in [&[][..], &["x"], &["a", "b", "c", "d"]] {
            match as_roles(&profiles, name, within) {
                Ok(Some(file)) => {
                    crate::config::fuzzing::plans(&file);
                    if within.is_empty() {
                        is_the_same_in_part(data, name, &file);
                    }
                }
                Ok(None) => {}
                Err(unfit) => assert!(unfit.line > 0, "{unfit}"),
            }
        }
    }
}

/// A profile reads the same from its part of the files as from the whole, unless the part lacks something.
fn is_the_same_in_part(data: &[u8], name: &str, whole: &File) {
    let mut texts =
        data.splitn(2, |byte| *byte == 0).map(|text| std::str::from_utf8(text).unwrap_or_default());
    let (config, credentials) = (texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
    let Some(parts) = part::of_profile(config, credentials, name) else { return };
    let [Ok(config), Ok(credentials)] = parts.map(|part| Document::parse(part.as_bytes())) else {
        panic!("a part of what is well is broken");
    };
    let profiles = AwsProfiles::new((config, "config".to_owned()), (credentials, "credentials".to_owned()));
    if let Ok(file) = as_roles(&profiles, name, &[]) {
        assert_eq!(format!("{file:?}"), format!("Some({whole:?})"), "{name}");
    }
}

/// A command: quoting its words and splitting again gives the same words.
pub fn command_words(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = split_command(text, System::Windows);
    let Some(words) = split_command(text, System::Unix) else { return };
    let quoted: Vec<String> = words.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
    assert_eq!(split_command(&quoted.join(" "), System::Unix), Some(words));
}
