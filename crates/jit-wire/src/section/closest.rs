//! The name that a person who mistyped one probably meant.

/// The candidate that `typed` was probably meant to be; `None` if none is similar enough.
pub fn closest<'a>(typed: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // The first measure works well for long names with the same beginning, the second for swapped letters in
    // short ones.
    let score = |candidate| {
        strsim::jaro_winkler(typed, candidate)
            .max(strsim::normalized_damerau_levenshtein(typed, candidate) + 0.2)
    };
    let scored = candidates.map(|candidate| (score(candidate), candidate));
    scored
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggestions_are_close_or_absent() {
        let keys = ["role_arn", "region", "duration"];
        assert_eq!(closest("rol_arn", keys.into_iter()), Some("role_arn"));
        assert_eq!(closest("regoin", keys.into_iter()), Some("region"));
        assert_eq!(closest("zzz", keys.into_iter()), None);
    }
}
