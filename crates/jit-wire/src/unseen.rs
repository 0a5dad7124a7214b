//! Characters that are invisible or affect the text around them: control characters that a terminal
//! interprets, characters that change the direction of text, and characters that have no width or look like
//! an ordinary space.
//!
//! Code that shows text from outside, or writes it into a file that people read, shows these as numbers
//! instead.

use std::ops::RangeInclusive;

/// In addition to the control characters (`Cc`): the format characters (`Cf`), the separators of lines and
/// paragraphs (`Zl`, `Zp`), what `Default_Ignorable_Code_Point` covers (variation selectors, fillers, tags),
/// private use (`Co`), unassigned code points, and blank glyphs. From the Unicode Character Database, version
/// 16; sorted.
const RANGES: [RangeInclusive<char>; 42] = [
    '\u{ad}'..='\u{ad}',       // soft hyphen
    '\u{34f}'..='\u{34f}',     // combining grapheme joiner
    '\u{600}'..='\u{605}',     // Arabic number signs
    '\u{61c}'..='\u{61c}',     // Arabic letter mark
    '\u{6dd}'..='\u{6dd}',     // Arabic end of ayah
    '\u{70f}'..='\u{70f}',     // Syriac abbreviation mark
    '\u{890}'..='\u{891}',     // Arabic currency marks above
    '\u{8e2}'..='\u{8e2}',     // Arabic disputed end of ayah
    '\u{115f}'..='\u{1160}',   // Hangul fillers
    '\u{17b4}'..='\u{17b5}',   // Khmer inherent vowels
    '\u{180b}'..='\u{180f}',   // Mongolian variation selectors, vowel separator
    '\u{2000}'..='\u{200f}',   // spaces of other widths, zero-width characters, direction marks
    '\u{2028}'..='\u{202e}',   // line and paragraph separator, direction embeddings and overrides
    '\u{205f}'..='\u{206f}',   // mathematical space, word joiner, invisible operators, direction isolates
    '\u{2800}'..='\u{2800}',   // blank Braille pattern
    '\u{3164}'..='\u{3164}',   // Hangul filler
    '\u{e000}'..='\u{f8ff}',   // private use
    '\u{fdd0}'..='\u{fdef}',   // not characters
    '\u{fe00}'..='\u{fe0f}',   // variation selectors
    '\u{feff}'..='\u{feff}',   // byte order mark
    '\u{ffa0}'..='\u{ffa0}',   // halfwidth Hangul filler
    '\u{fff0}'..='\u{fffc}',   // reserved, interlinear annotation, object replacement
    '\u{fffe}'..='\u{ffff}',   // not characters
    '\u{110bd}'..='\u{110bd}', // Kaithi number sign
    '\u{110cd}'..='\u{110cd}', // Kaithi number sign above
    '\u{13430}'..='\u{1343f}', // Egyptian hieroglyph format controls
    '\u{13441}'..='\u{13442}', // Egyptian hieroglyph blanks
    '\u{16fe4}'..='\u{16fe4}', // Khitan small script filler
    '\u{1bca0}'..='\u{1bca3}', // shorthand format controls
    '\u{1d159}'..='\u{1d159}', // musical symbol null notehead
    '\u{1d173}'..='\u{1d17a}', // musical symbol format controls
    '\u{1fffe}'..='\u{1ffff}', // not characters, as at the end of each plane
    '\u{2fffe}'..='\u{2ffff}',
    '\u{3fffe}'..='\u{3ffff}',
    '\u{4fffe}'..='\u{4ffff}',
    '\u{5fffe}'..='\u{5ffff}',
    '\u{6fffe}'..='\u{6ffff}',
    '\u{7fffe}'..='\u{7ffff}',
    '\u{8fffe}'..='\u{8ffff}',
    '\u{9fffe}'..='\u{9ffff}',
    '\u{afffe}'..='\u{affff}',
    // Tags, variation selectors, private use, not characters.
    '\u{bfffe}'..='\u{10ffff}',
];

/// Whether `character` is one of them.
pub fn is_unseen(character: char) -> bool {
    if character < '\u{ad}' {
        return character.is_control();
    }
    let after = RANGES.partition_point(|range| *range.start() <= character);
    after > 0 && RANGES[after - 1].contains(&character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranges_are_sorted_and_disjoint() {
        assert!(RANGES.iter().all(|range| !range.is_empty()));
        assert!(RANGES.windows(2).all(|pair| pair[0].end() < pair[1].start()));
    }

    /// Add characters that should have been caught, or that should not.
    #[test]
    fn invisible_and_ordinary_characters() {
        let unseen = "\0\t\n\r\u{7}\u{8}\u{b}\u{c}\u{1b}\u{7f}\u{80}\u{85}\u{90}\u{9b}\u{9d}\u{9f}\
                      \u{ad}\u{34f}\u{600}\u{61c}\u{6dd}\u{70f}\u{115f}\u{1160}\u{17b4}\u{180b}\u{180e}\u{180f}\
                      \u{2000}\u{2007}\u{200a}\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\
                      \u{202e}\u{205f}\u{2060}\u{2063}\u{2064}\u{2065}\u{2066}\u{2069}\u{206f}\u{2800}\u{3164}\
                      \u{e000}\u{f8ff}\u{fdd0}\u{fe00}\u{fe0f}\u{feff}\u{ffa0}\u{fff9}\u{fffb}\u{ffff}\u{110bd}\
                      \u{13430}\u{1bca0}\u{1d159}\u{1d173}\u{e0001}\u{e0041}\u{e007f}\u{e0100}\u{e01ef}\u{f0000}\
                      \u{10fffd}\u{10ffff}";
        for character in unseen.chars() {
            assert!(is_unseen(character), "{character:?}");
        }
        let ordinary = " ~aZ09\u{a0}éÅßñøŁěđÿ\u{300}\u{301}日本語中文한국어東京\u{3000}ไทยעבריתالعربيةहिन्दी\
                        ΑΒΓдЖ…–—’“”€→✓❯█▀▄·•🚀🎉🦀☕\u{202f}\u{fffd}";
        for character in ordinary.chars() {
            assert!(!is_unseen(character), "{character:?} {:x}", u32::from(character));
        }
    }
}
