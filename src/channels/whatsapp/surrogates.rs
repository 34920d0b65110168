//! Repairs escaped text that was cut in the middle of an emoji: a lone `\ud83d` is legal JSON but no character. Pure.
//!
//! Without it one clipped profile name or text would make a whole message unreadable. Never changes anything else.

use std::borrow::Cow;

/// Returns the JSON text with every lone surrogate escape replaced by `\ufffd`; linear, and without a copy where there is nothing to do.
pub fn mend(json: &str) -> Cow<'_, str> {
    if !json.contains("\\ud") && !json.contains("\\uD") {
        return Cow::Borrowed(json);
    }
    let mut mended = String::with_capacity(json.len());
    let mut rest = json;
    while let Some((before, after)) = rest.split_once('\\') {
        mended.push_str(before);
        let (length, lone) = escape(after);
        let (escape, next) = after.split_at_checked(length).unwrap_or((after, ""));
        if lone {
            mended.push_str("\\ufffd");
        } else {
            mended.push('\\');
            mended.push_str(escape);
        }
        rest = next;
    }
    mended.push_str(rest);
    Cow::Owned(mended)
}

/// Returns the length of the escape behind a backslash, a pair counting as one, and whether it is half of a pair.
fn escape(after: &str) -> (usize, bool) {
    let Some(unit) = code_unit(after) else {
        return (after.chars().next().map_or(0, char::len_utf8), false);
    };
    let second = || after.get(5..).and_then(|tail| tail.strip_prefix('\\')).and_then(code_unit);
    match unit {
        0xd800..=0xdbff if second().is_some_and(|low| (0xdc00..=0xdfff).contains(&low)) => (11, false),
        0xd800..=0xdfff => (5, true),
        _ => (5, false),
    }
}

fn code_unit(text: &str) -> Option<u16> {
    let hex = text.strip_prefix('u')?.get(..4)?;
    if !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u16::from_str_radix(hex, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_pairs_are_replaced_and_everything_else_stays() {
        for (json, expected) in [
            (r#""plain""#, r#""plain""#),
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""\uD83D\uDE00""#, r#""\uD83D\uDE00""#),
            (r#""a\ud83d""#, r#""a\ufffd""#),
            (r#""\ude00b""#, r#""\ufffdb""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ud83d\n\\ud83d""#, r#""\ufffd\n\\ud83d""#),
            (r#""\\\ud83dé""#, r#""\\\ufffdé""#),
            (r#""\u00e9\ud83dx""#, r#""\u00e9\ufffdx""#),
        ] {
            assert_eq!(mend(json), expected);
            assert!(serde_json::from_str::<String>(&mend(json)).is_ok(), "{json}");
        }
    }

    #[test]
    fn broken_escapes_do_not_break_the_repair() {
        for json in [r"\ud", r"\ud83d\", r"\ud83", r"\ud83d\u", r"\ud+12", r"\ud8é\ud83d"] {
            assert!(mend(json).len() >= json.len() - 1, "{json}");
        }
    }
}
