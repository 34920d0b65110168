//! The words by which customers are asked, in Spanish, English and Portuguese.

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

/// Puts name and link into the words. What comes out of a name is never read as a place for the link.
pub(super) fn question(own: Option<&str>, language: Language, business: &str, link: &str) -> String {
    let words = own.filter(|words| !words.trim().is_empty()).unwrap_or(ours(language)).trim();
    let named = |part: &str| part.replace(BUSINESS, business);
    match words.split_once(LINK) {
        Some((before, after)) => format!("{}{link}{}", named(before), named(after)),
        None => format!("{}\n{link}", named(words)),
    }
}
