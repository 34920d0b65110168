//! Booking without a model: tells what the customer wants of the book, and passes their own words to its tools. What is said comes from there.
//!
//! What was shown, held and asked stands in the brief and in the last answer: nothing is remembered here.

use super::dialogue::Dialogue;
use super::intent::Reading;
use super::lexicon;
use super::name;
use crate::domain::assent::{agrees, refuses};
use crate::domain::booking::Brief;
use crate::domain::booking::voice::{LastAsked, last_asked};
use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use crate::domain::topic::Topic;
use crate::domain::when::{Understood, WhenContext, understand};
use crate::domain::words::Words;
use serde_json::{Value, json};

/// Longest words passed on, in characters.
const MAX_WORDS: usize = 400;

/// Longest message that only says "let me know", in words.
const SHORT: usize = 8;

/// What to do about the book.
#[derive(Debug, PartialEq)]
pub enum Desire {
    /// Call this tool.
    Call(&'static str, Value),
    /// The customer declines what was asked: ask for another time.
    OtherTime,
    /// The customer agrees to a list of times: ask which of them.
    Which,
    /// The customer keeps an appointment.
    Kept,
    /// The customer's question cannot be settled by the book: people.
    People,
}

/// What is known of the customer's words.
pub struct Said<'a> {
    pub brief: &'a Brief,
    pub dialogue: &'a Dialogue,
    pub reading: &'a Reading,
    pub language: Language,
}

impl Said<'_> {
    /// Returns what the customer wants of the book; `None`: it is about something else.
    pub fn desire(&self) -> Option<Desire> {
        if let Some(failed) = self.dialogue.results.iter().find(|done| TOOLS.contains(&done.tool.as_str())) {
            return Some(self.after_error(&failed.result));
        }
        let said = self.dialogue.said();
        let words = Words::of(&said);
        let asked = last_asked(&self.dialogue.last);
        if words.any(lexicon::LEAVE_LIST) && (!self.brief.waiting.is_empty() || words.any(lexicon::LIST)) {
            return Some(Desire::Call("leave_waitlist", json!({})));
        }
        if let Some(desire) = self.cannot_come_but_then(&words, &said) {
            return Some(desire);
        }
        if let Some(desire) = self.cancels_what_stands(&words) {
            return Some(desire);
        }
        if let Some(desire) = self.answer_to(asked, &said) {
            return Some(desire);
        }
        if self.agrees_to_a_list(&words, &said) {
            return Some(Desire::Which);
        }
        // "1" after a list of answers is one of them, not one o'clock.
        if is_number(&said)
            && let Some(desire) = self.question_open()
        {
            return Some(desire);
        }
        if self.wants_to_wait(&words) {
            return Some(Desire::Call("join_waitlist", json!({})));
        }
        if self.asks_of_the_business() {
            return None;
        }
        if words.any(lexicon::LIST_BOOKINGS) && !words.any(lexicon::CHANGE_BOOKING) && !words.any(lexicon::CANCEL_BOOKING) {
            return Some(Desire::Call("list_my_bookings", json!({})));
        }
        if words.any(lexicon::CANCEL_BOOKING) && (self.speaks_of_a_booking(&words) || !self.brief.appointments.is_empty()) {
            return Some(Desire::Call("cancel_booking", json!({})));
        }
        if words.any(lexicon::CHANGE_BOOKING)
            && (self.speaks_of_a_booking(&words) || !self.brief.appointments.is_empty())
            && !self.choosing()
        {
            return Some(Desire::Call("reschedule_booking", json!({"when": cut(&said)})));
        }
        let timed = self.names_a_time(&said) && !words.any(lexicon::SMALL_TALK);
        let wants =
            self.reading.booking || (timed && (self.choosing() || self.names_a_service(&words) || self.speaks_of_a_booking(&words)));
        let answers =
            matches!(asked, Some(LastAsked::Service | LastAsked::Reading | LastAsked::Time)) && (timed || self.names_a_service(&words));
        (wants || answers || (self.choosing() && words.any(lexicon::ANOTHER_TIME)))
            .then(|| self.find(asked))
            .or_else(|| self.question_open())
    }

    /// A bare yes to several times names none of them.
    fn agrees_to_a_list(&self, words: &Words, said: &str) -> bool {
        let listed = !self.brief.shown.is_empty() && self.brief.hold.is_none() && self.dialogue.last.contains("\n1. ");
        listed && words.len() <= 2 && agrees(said) && !self.names_a_time(said)
    }

    /// "I can't come on Thursday, can it be Friday?": who cannot come and names another time wants to move. The day that is refused is no
    /// time that is named.
    fn cannot_come_but_then(&self, words: &Words, said: &str) -> Option<Desire> {
        let stands = !self.brief.appointments.is_empty() && self.brief.hold.is_none();
        let cannot = words.any(lexicon::CANNOT_COME) && !words.any(lexicon::CALL_OFF);
        let wishes = said.contains('?') || words.any(lexicon::RATHER);
        (stands && cannot && wishes && self.names_a_time(said)).then(|| Desire::Call("reschedule_booking", json!({"when": cut(said)})))
    }

    /// Calls off an appointment that stands, where nothing else is under way that a no could mean.
    fn cancels_what_stands(&self, words: &Words) -> Option<Desire> {
        let brief = self.brief;
        let stands = !brief.appointments.is_empty() && brief.hold.is_none() && !brief.asks_to_cancel;
        (stands && words.any(lexicon::CANCEL_BOOKING) && !words.any(lexicon::CHANGE_BOOKING))
            .then(|| Desire::Call("cancel_booking", json!({})))
    }

    /// A question of the service is open: its tool reads the words, or asks again.
    fn question_open(&self) -> Option<Desire> {
        let open = self.brief.hold.as_ref().is_some_and(|hold| {
            let asked = |question: &String| hold.live || self.dialogue.last.contains(question.as_str());
            hold.asks.as_ref().is_some_and(asked)
        });
        open.then(|| Desire::Call("answer_question", json!({})))
    }

    /// Wants to hear when a time becomes free.
    fn wants_to_wait(&self, words: &Words) -> bool {
        let bare = self.brief.may_wait && words.any(lexicon::TELL_ME) && words.len() <= SHORT;
        bare || words.any(lexicon::JOIN_LIST)
    }

    fn find(&self, asked: Option<LastAsked>) -> Desire {
        let before = self.dialogue.earlier.last().map(String::as_str).unwrap_or_default();
        let (service, when) = match asked {
            Some(LastAsked::Service) => ("", before),
            Some(LastAsked::Reading) => (before, before),
            Some(LastAsked::Time) => (before, ""),
            Some(LastAsked::Name | LastAsked::Wait) | None => ("", ""),
        };
        Desire::Call("find_slots", json!({"service": cut(service), "when": cut(when)}))
    }

    /// A name that was asked for, or a no to what was asked.
    fn answer_to(&self, asked: Option<LastAsked>, said: &str) -> Option<Desire> {
        let declines = refuses(said) && !self.names_a_time(said);
        if declines && self.brief.asks_to_cancel {
            return Some(Desire::Kept);
        }
        if declines && (self.brief.hold.is_some() || self.choosing() || asked == Some(LastAsked::Wait)) {
            return Some(Desire::OtherTime);
        }
        let asks_name = asked == Some(LastAsked::Name) && self.brief.hold.as_ref().is_some_and(|hold| hold.asks_name);
        if !asks_name || self.names_a_time(said) {
            return None;
        }
        let named = name::answered(said)?;
        Some(Desire::Call("confirm_booking", json!({"name": named.name})))
    }

    fn after_error(&self, result: &Value) -> Desire {
        match result.get("error").and_then(Value::as_str) {
            Some("unknown_slot" | "nothing_held" | "nothing_asked") => Desire::OtherTime,
            Some("not_agreed") => Desire::OtherTime,
            Some(_) | None => Desire::People,
        }
    }

    /// A question about hours, prices or the like is answered first.
    fn asks_of_the_business(&self) -> bool {
        self.reading.queries.iter().any(|query| !matches!(query.topic, Topic::Auto | Topic::Faq) && query.text.ends_with('?'))
            && !self.reading.booking
            && !(self.choosing() && Words::of(&self.dialogue.said()).any(lexicon::ANOTHER_TIME))
    }

    /// Times were shown, or one is held.
    fn choosing(&self) -> bool {
        !self.brief.shown.is_empty() || self.brief.hold.is_some()
    }

    fn speaks_of_a_booking(&self, words: &Words) -> bool {
        words.any(lexicon::A_BOOKING)
    }

    fn names_a_service(&self, words: &Words) -> bool {
        let named = |spelled: &String| {
            let name = Words::of(spelled);
            !name.is_empty() && name.iter().all(|word| words.has(word))
        };
        self.brief.services.iter().any(|service| service.words.iter().any(named))
    }

    /// Only whether: which time is meant is for the tools, which know now and here.
    fn names_a_time(&self, text: &str) -> bool {
        let open = |_| Vec::new();
        let now = Timestamp::from_secs(1_800_000_000);
        let context = WhenContext { now, zone: chrono_tz::UTC, language: self.language, hours: &open, selected: None };
        understand(text, &context) != Understood::Nothing
    }
}

/// The tools of the book: a result of theirs in this turn is an error, since all else ends the turn.
const TOOLS: &[&str] = &[
    "find_slots",
    "hold_slot",
    "answer_question",
    "confirm_booking",
    "reschedule_booking",
    "cancel_booking",
    "list_my_bookings",
    "join_waitlist",
    "leave_waitlist",
];

fn is_number(text: &str) -> bool {
    let bare: String = text.chars().filter(|char| char.is_alphanumeric()).collect();
    (1..=2).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_digit())
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_WORDS).collect()
}
