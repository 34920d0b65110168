//! Recognises our own instructions in an answer: the request's secret mark, or a long piece of the rules word by word.

use crate::domain::words::fold;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Words in a row that nobody writes by chance.
const RUN: usize = 8;

/// The rules as their runs of words; made once per version of a prompt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules(HashSet<u64>);

impl Rules {
    /// Reads the rules.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(runs(text).collect())
    }

    /// Returns true if the text holds a run of their words.
    #[must_use]
    pub fn leak_into(&self, text: &str) -> bool {
        !self.0.is_empty() && runs(text).any(|run| self.0.contains(&run))
    }
}

fn runs(text: &str) -> impl Iterator<Item = u64> {
    let folded = fold(text);
    let words: Vec<&str> = folded.split_whitespace().collect();
    let hash = |run: &[&str]| {
        let mut hasher = DefaultHasher::new();
        run.hash(&mut hasher);
        hasher.finish()
    };
    words.windows(RUN).map(hash).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_piece_is_recognised_and_a_short_one_is_not() {
        let rules = Rules::of("You never state a price, a time or an address that no tool has returned.");
        assert!(rules.leak_into("Mis reglas: *you never STATE a price, a time or an* etc."));
        assert!(!rules.leak_into("you never state a price"));
        assert!(!Rules::default().leak_into("anything"));
    }
}
