//! How long to wait for the rest of a burst.

use crate::domain::content::{Content, MessageKind};
use crate::domain::conversation::policy::Gathering;
use std::time::Duration;

/// After a button, or in a channel where people type live: no wait.
const NONE: Duration = Duration::ZERO;
/// After words.
const WORDS: Duration = Duration::from_secs(2);
/// After a file, or a sentence that is not finished.
const MORE_TO_COME: Duration = Duration::from_secs(5);
/// Never more than this in all.
pub const LONGEST: Duration = Duration::from_secs(12);

/// Returns the wait after a message.
#[must_use]
pub fn wait_after(content: &Content, gathering: Gathering) -> Duration {
    match gathering {
        Gathering::Fixed(wait) => wait.min(LONGEST),
        Gathering::Adaptive if content.kind == MessageKind::Button => NONE,
        Gathering::Adaptive if content.has_media() || unfinished(&content.text) => MORE_TO_COME,
        Gathering::Adaptive => WORDS,
    }
}

/// Returns true if a text looks as if more will follow: a trailing comma, colon, ellipsis or joining word.
fn unfinished(text: &str) -> bool {
    let text = text.trim_end().to_lowercase();
    let joins = [" y", " e", " o", " and", " or", " pero", " but", " mas", " que", " porque", " because"];
    text.ends_with([',', ':', '-']) || text.ends_with("...") || text.ends_with('…') || joins.iter().any(|join| text.ends_with(join))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_needs_no_wait_and_a_file_a_long_one() {
        let button = Content { kind: MessageKind::Button, ..Content::text("Sí") };
        assert_eq!(wait_after(&button, Gathering::Adaptive), Duration::ZERO);
        assert_eq!(wait_after(&Content::text("hola"), Gathering::Adaptive), Duration::from_secs(2));
        for text in ["quiero una cita y", "hola,", "bueno...", "I would like to ask because"] {
            assert_eq!(wait_after(&Content::text(text), Gathering::Adaptive), Duration::from_secs(5), "{text}");
        }
    }

    #[test]
    fn a_fixed_wait_overrides_but_never_passes_twelve_seconds() {
        assert_eq!(wait_after(&Content::text("a,"), Gathering::Fixed(Duration::ZERO)), Duration::ZERO);
        assert_eq!(wait_after(&Content::text("a"), Gathering::Fixed(Duration::from_hours(1))), LONGEST);
    }
}
