//! The templates and patterns of `jit configure profiles`, and what is typed into the picker, as a function
//! of bytes.

use super::choose::{like, pieces};
use crate::commands::nameable::of_arn;

/// A template; after a zero byte a pattern, and after another one the text to match.
pub fn profile_names(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut parts = text.splitn(3, '\0');
    let mut next = || parts.next().unwrap_or_default();
    let (template, pattern, name) = (next(), next(), next());
    if pieces(template).is_err() {
        assert!(template.contains('{'), "nothing is asked for");
    }
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().take(40).collect(), name.chars().take(40).collect());
    let shown = |text: &[char]| text.iter().collect::<String>();
    assert_eq!(like(&shown(&pattern), &shown(&name)), slowly_like(&pattern, &name));
    if let Some(meant) = of_arn(&text) {
        assert!(text.starts_with("arn:") && meant.len() <= text.len());
    }
}

/// A slow reference implementation: for each prefix of the pattern, which prefixes of the name it matches.
fn slowly_like(pattern: &[char], name: &[char]) -> bool {
    let mut fits = vec![false; name.len() + 1];
    fits[0] = true;
    for part in pattern {
        let mut next = vec![false; name.len() + 1];
        for at in 0..=name.len() {
            next[at] = match part {
                '*' => fits[at] || (at > 0 && next[at - 1]),
                _ => at > 0 && fits[at - 1] && name[at - 1] == *part,
            };
        }
        fits = next;
    }
    fits[name.len()]
}
