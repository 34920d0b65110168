//! Prepared texts: a short code, and a text with placeholders from a closed list. Pure.
//!
//! A placeholder is `{{contact.name}}`, or `{{contact.name|amigo}}` with what stands there where nothing is known. What is filled in is never
//! read again: a customer who calls themselves `{{agent.name}}` is called so.

use crate::domain::placeholders;

/// Longest text, in characters.
pub const LONGEST_TEXT: usize = 4_000;
/// Longest text for what is not known, in characters.
const LONGEST_FALLBACK: usize = 100;

/// What can stand for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placeholder {
    /// The customer's name.
    ContactName,
    /// The name of whoever answers.
    AgentName,
    /// The name of the business.
    BusinessName,
    /// The number of the conversation.
    ConversationNumber,
}

impl Placeholder {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::ContactName, Self::AgentName, Self::BusinessName, Self::ConversationNumber];

    /// Returns how it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ContactName => "contact.name",
            Self::AgentName => "agent.name",
            Self::BusinessName => "business.name",
            Self::ConversationNumber => "conversation.number",
        }
    }
}

/// A text that cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// It is empty or too long.
    #[error("must be 1 to {LONGEST_TEXT} characters")]
    Length,
    /// It has a placeholder that is none.
    #[error("has the unknown placeholder {{{{{0}}}}}: use contact.name, agent.name, business.name or conversation.number")]
    Unknown(String),
    /// A placeholder has no end.
    #[error("has a placeholder without its end: write it as {{{{contact.name}}}}")]
    Open,
    /// What stands in for something is too long.
    #[error("has more than {LONGEST_FALLBACK} characters after the | of a placeholder")]
    Fallback,
}

/// A piece of a text, its placeholder known.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Words(&'a str),
    Value(Placeholder, Option<&'a str>),
}

/// Takes a text apart.
fn pieces(text: &str) -> Result<Vec<Piece<'_>>, BadText> {
    let found = placeholders::pieces(text).map_err(|placeholders::Unclosed| BadText::Open)?;
    found.into_iter().map(piece).collect()
}

fn piece(found: placeholders::Piece<'_>) -> Result<Piece<'_>, BadText> {
    let (name, fallback) = match found {
        placeholders::Piece::Words(words) => return Ok(Piece::Words(words)),
        placeholders::Piece::Named { name, fallback } => (name, fallback),
    };
    let known = Placeholder::ALL.into_iter().find(|one| one.as_str() == name);
    let named = known.ok_or_else(|| BadText::Unknown(name.chars().take(60).collect()))?;
    if fallback.is_some_and(|text| text.chars().count() > LONGEST_FALLBACK) {
        return Err(BadText::Fallback);
    }
    Ok(Piece::Value(named, fallback))
}

/// Reads a text to keep.
///
/// # Errors
/// [`BadText`] says what is wrong with it.
pub fn text(typed: &str) -> Result<String, BadText> {
    let typed = typed.trim();
    if !(1..=LONGEST_TEXT).contains(&typed.chars().count()) || typed.contains('\0') {
        return Err(BadText::Length);
    }
    pieces(typed)?;
    Ok(typed.to_owned())
}

/// Reads a short code: what one types to find the text.
#[must_use]
pub fn code(typed: &str) -> Option<String> {
    let code = typed.trim().trim_start_matches('/').to_lowercase();
    let fits = (1..=32).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    fits.then_some(code)
}

/// What is known where a text is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// The customer's name.
    pub contact: Option<String>,
    /// The name of whoever answers.
    pub agent: Option<String>,
    /// The name of the business.
    pub business: Option<String>,
    /// The number of the conversation.
    pub number: Option<i64>,
}

impl Values {
    fn of(&self, placeholder: Placeholder) -> Option<String> {
        let known = match placeholder {
            Placeholder::ContactName => self.contact.clone(),
            Placeholder::AgentName => self.agent.clone(),
            Placeholder::BusinessName => self.business.clone(),
            Placeholder::ConversationNumber => self.number.map(|number| number.to_string()),
        };
        known.filter(|text| !text.trim().is_empty())
    }
}

/// A text filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// What was not known and had nothing to stand in for it: each once.
    pub missing: Vec<&'static str>,
}

/// Fills a text in.
///
/// # Errors
/// [`BadText`] for a text that could not be kept.
pub fn render(text: &str, values: &Values) -> Result<Rendered, BadText> {
    let mut done = Rendered::default();
    for piece in pieces(text)? {
        match piece {
            Piece::Words(words) => done.text.push_str(words),
            Piece::Value(named, fallback) => match values.of(named).or_else(|| fallback.map(str::to_owned)) {
                Some(value) => done.text.push_str(&value),
                None if done.missing.contains(&named.as_str()) => {}
                None => done.missing.push(named.as_str()),
            },
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        Values { contact: Some("{{agent.name}}".to_owned()), agent: None, business: Some("Casa Azul".to_owned()), number: Some(17) }
    }

    #[test]
    fn a_text_is_filled_in_once_and_what_is_filled_in_is_not_read_again() {
        let text = "Hola {{ contact.name | amigo }}: soy {{agent.name|el equipo}} de {{business.name}} (#{{conversation.number}}).";
        let done = render(text, &values()).unwrap();
        assert_eq!(done.text, "Hola {{agent.name}}: soy el equipo de Casa Azul (#17).");
        assert!(done.missing.is_empty());
        let done = render("{{agent.name}} y {{agent.name}} y {{contact.name|amigo}}", &Values::default()).unwrap();
        assert_eq!((done.text.as_str(), done.missing.as_slice()), (" y  y amigo", ["agent.name"].as_slice()));
        assert_eq!(render("{ {a} }", &values()).unwrap().text, "{ {a} }", "single braces are words");
    }

    #[test]
    fn what_cannot_be_filled_in_is_not_kept() {
        assert_eq!(text("{{contact.phone}}"), Err(BadText::Unknown("contact.phone".to_owned())));
        assert_eq!(
            text("{{contact.phone}}").unwrap_err().to_string().split(':').next(),
            Some("has the unknown placeholder {{contact.phone}}")
        );
        assert_eq!((text("a {{contact.name"), text(" ")), (Err(BadText::Open), Err(BadText::Length)));
        assert_eq!(text(&format!("{{{{contact.name|{}}}}}", "x".repeat(101))), Err(BadText::Fallback));
        assert_eq!(text(&"x".repeat(LONGEST_TEXT + 1)), Err(BadText::Length));
        assert_eq!((code("/Hola-1"), code("a b"), code("")), (Some("hola-1".to_owned()), None, None));
    }
}
