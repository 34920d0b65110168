//! What the offline assistant says, one file a language. Polite, brief; never a fact about the business.
//!
//! The texts that ask something end with a fixed question: the assistant keeps no memory and recognises its own question in the chat.

mod en;
mod es;
mod pt;

use crate::domain::language::Language;

/// The sentences of one language.
#[derive(Debug)]
pub struct Texts {
    /// Opens a first answer.
    pub hello: &'static str,
    /// Says what it can do, and asks.
    pub how_can_i_help: &'static str,
    /// Answers thanks.
    pub welcome: &'static str,
    /// Answers a good-bye.
    pub goodbye: &'static str,
    /// Answers "no" to an offer.
    pub declined: &'static str,
    /// No answer in the facts.
    pub unknown: &'static str,
    /// No such price in the facts.
    pub unknown_price: &'static str,
    /// A part of the question is not in the facts.
    pub unknown_rest: &'static str,
    /// A fragment after which it offers a person or a message.
    pub offer: &'static str,
    /// It is a machine.
    pub is_machine: &'static str,
    /// Offers a person.
    pub offer_person: &'static str,
    /// It cannot hear or see; asks for words.
    pub write_please: &'static str,
    /// It cannot book.
    pub no_booking: &'static str,
    /// It takes a message.
    pub message_gladly: &'static str,
    /// It did not understand the name.
    pub name_again: &'static str,
    /// Asks for the name.
    pub ask_name: &'static str,
    /// Asks for name and message.
    pub ask_name_and_reason: &'static str,
    /// Thanks by name; `{}` is the name.
    pub thanks_name: &'static str,
    /// Asks for the message.
    pub ask_reason: &'static str,
    /// Hands over because the customer asked.
    pub hand_asked: &'static str,
    /// Hands over because the customer is upset.
    pub hand_upset: &'static str,
    /// Hands over because it does not know.
    pub hand_unknown: &'static str,
    /// Hands over an emergency.
    pub hand_emergency: &'static str,
    /// Hands over what it cannot read.
    pub hand_unreadable: &'static str,
    /// Hands over after a message was taken; `{}` is the name.
    pub hand_message: &'static str,
    /// For people: the customer's last words follow.
    pub summary: &'static str,
    /// For people: why it was closed.
    pub settled_note: &'static str,
}

/// Returns the texts of a language.
pub const fn texts(language: Language) -> &'static Texts {
    match language {
        Language::Es => &es::TEXTS,
        Language::En => &en::TEXTS,
        Language::Pt => &pt::TEXTS,
    }
}

/// All texts, for recognising what was asked in whichever language.
pub const ALL: [&Texts; 3] = [&es::TEXTS, &en::TEXTS, &pt::TEXTS];
