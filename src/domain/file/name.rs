//! Names of files: what is left of one that a stranger chose.

use crate::domain::content::truncate;

/// Longest name, in bytes: what every file system takes.
const LONGEST: usize = 255;
/// Longest ending that survives when a name is cut, in bytes.
const LONGEST_ENDING: usize = 16;
/// What a file is called whose name leaves nothing.
const NAMELESS: &str = "file";

/// Cleans a name: no folder, no control characters, nothing that turns the direction of writing or is not seen (`photo<RLO>gpj.exe` reads as
/// a picture), nothing that file systems refuse, at most 255 bytes with its ending kept.
#[must_use]
pub fn clean_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let seen: String = last.chars().filter(|char| !char.is_control() && !unseen(*char)).collect();
    let plain: String = seen.chars().map(|char| if matches!(char, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { char }).collect();
    let name = plain.trim_matches(|char: char| char.is_whitespace() || char == '.');
    if name.is_empty() { NAMELESS.to_owned() } else { shortened(name) }
}

/// Characters that have no width or turn the direction: Unicode's format characters as far as names have no use for them.
const fn unseen(char: char) -> bool {
    matches!(char,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn shortened(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    match name.rsplit_once('.') {
        Some((stem, ending)) if !ending.is_empty() && ending.len() <= LONGEST_ENDING => {
            format!("{}.{ending}", truncate(stem, LONGEST - 1 - ending.len()))
        }
        Some(_) | None => truncate(name, LONGEST).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folders_control_characters_and_turned_writing_are_taken_out() {
        for (given, left) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\ana\\photo.jpg", "photo.jpg"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("a\r\nSet-Cookie: x\".txt", "aSet-Cookie_ x_.txt"),
            ("men\u{fa}\u{200b} del día.pdf", "menú del día.pdf"),
            ("..", "file"),
            ("", "file"),
            (" .hidden ", "hidden"),
            ("\0", "file"),
        ] {
            assert_eq!(clean_name(given), left, "{given:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let name = clean_name(&format!("{}.pdf", "ñ".repeat(300)));
        assert!(name.len() <= 255 && name.ends_with("ñ.pdf"), "{name}");
        assert_eq!(clean_name(&"x".repeat(300)).len(), 255);
    }

    proptest! {
        #[test]
        fn whatever_is_given_a_name_is_left_that_is_clean_already(given in any::<String>()) {
            let name = clean_name(&given);
            prop_assert!((1..=255).contains(&name.len()));
            prop_assert!(!name.contains(['/', '\\', '"', '\0', '\r', '\n']) && !name.chars().any(unseen));
            prop_assert_eq!(clean_name(&name), name);
        }
    }
}
