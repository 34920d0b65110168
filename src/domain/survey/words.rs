//! The words by which customers are asked, in Spanish, English and Portuguese, and the mark that keeps the place of the address in them.
//!
//! Whoever has the address may answer, so only the customer gets it: what is stored, and shown to people and programs of the business, holds
//! the mark, and the address takes its place as the message leaves.

use crate::domain::language::Language;

/// Where the link goes in a business's own words; without it the link stands on a line of its own at the end.
pub const LINK: &str = "{link}";
/// Where the name of the business goes.
pub const BUSINESS: &str = "{business}";

/// Returns the product's words.
const fn ours(language: Language) -> &'static str {
    match language {
        Language::Es => "¿Qué le pareció la atención de {business}? Califíquela aquí, es un momento: {link}",
        Language::En => "How was your experience with {business}? Rate it here, it only takes a moment: {link}",
        Language::Pt => "O que achou do atendimento de {business}? Avalie aqui, é rapidinho: {link}",
    }
}

/// Returns what stands in the place of the address wherever somebody else than the customer may read it.
#[must_use]
pub const fn mark(language: Language) -> &'static str {
    match language {
        Language::Es => "[enlace personal de la encuesta]",
        Language::En => "[personal link of the survey]",
        Language::Pt => "[link pessoal da pesquisa]",
    }
}

/// Puts the address in the place of every mark, whatever its language.
#[must_use]
pub fn addressed(text: &str, address: &str) -> String {
    Language::ALL.into_iter().fold(text.to_owned(), |text, language| text.replace(mark(language), address))
}

/// Counts the characters of a text once an address of so many has taken the place of its marks.
#[must_use]
pub fn length_addressed(text: &str, address: usize) -> usize {
    let marks = Language::ALL.into_iter().map(|language| (text.matches(mark(language)).count(), mark(language).chars().count()));
    let (count, taken) = marks.fold((0, 0), |(count, taken), (found, chars)| (count + found, taken + found * chars));
    text.chars().count() - taken + count * address
}

/// Puts name and mark into the words. What comes out of a name is never read as a place for the link.
pub(super) fn question(own: Option<&str>, language: Language, business: &str) -> String {
    let words = own.unwrap_or(ours(language)).trim();
    let named = |part: &str| part.replace(BUSINESS, business);
    let mark = mark(language);
    match words.split_once(LINK) {
        Some((before, after)) => format!("{}{mark}{}", named(before), named(after)),
        None => format!("{}\n{mark}", named(words)),
    }
}
