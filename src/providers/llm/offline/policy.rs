//! Decides the next step: tool calls or a text. Deterministic; the order of the rules is the policy.
//!
//! People first (emergency, wish, anger), then what cannot be read, then the message that is being taken, then questions, then courtesy.

use super::MODEL;
use super::booking::{Desire, Said};
use super::dialogue::{Asked, Dialogue};
use super::intent::{Query, Reading};
use super::name::{self, Named};
use super::texts::{Texts, texts};
use crate::domain::booking::voice::{kept, other_time, which_of_them};
use crate::domain::content::truncate;
use crate::domain::language::Language;
use crate::domain::phrases::we_are_automatic;
use crate::domain::tool::ToolCall;
use crate::domain::topic::Topic;
use crate::ports::llm::{ChatReply, ChatRequest};
use serde_json::{Value, json};

/// Longest quotation of the customer in a summary or a message, in bytes.
const MAX_QUOTE: usize = 1_500;

/// Longest name handed to a tool, in bytes.
const MAX_NAME: usize = 100;

/// Answers one request.
#[must_use]
pub fn answer(request: &ChatRequest) -> ChatReply {
    let dialogue = Dialogue::read(&request.messages);
    let language = dialogue.language(request.language);
    let offered = matches!(dialogue.asked, Some(Asked::Offer | Asked::Person));
    let reading = Reading::of(&dialogue.burst, offered);
    Turn { request, dialogue: &dialogue, reading, language, texts: texts(language) }.decide()
}

struct Turn<'a> {
    request: &'a ChatRequest,
    dialogue: &'a Dialogue,
    reading: Reading,
    language: Language,
    texts: &'static Texts,
}

impl Turn<'_> {
    fn decide(&self) -> ChatReply {
        if let Some(taken) = self.dialogue.results.iter().rfind(|answered| answered.tool == "take_message") {
            return self.after_message(&taken.result);
        }
        if self.dialogue.burst.is_empty() {
            return self.say("nothing to answer", self.texts.how_can_i_help.to_owned());
        }
        self.to_people()
            .or_else(|| self.unreadable())
            .or_else(|| self.book())
            .or_else(|| self.taking_message())
            .or_else(|| self.reply_to_offer())
            .or_else(|| self.questions())
            .unwrap_or_else(|| self.courtesy())
    }

    /// Emergencies, wishes and anger: before everything else.
    fn to_people(&self) -> Option<ChatReply> {
        let reading = &self.reading;
        if reading.too_long {
            return Some(self.hand_off("needs_person", self.texts.hand_unreadable));
        }
        if reading.emergency {
            return Some(self.hand_off("needs_person", self.texts.hand_emergency));
        }
        if reading.wish {
            return Some(self.hand_off("customer_asked", self.texts.hand_asked));
        }
        reading.upset.then(|| self.hand_off("customer_upset", self.texts.hand_upset))
    }

    /// What the customer wants of the book, where there is one.
    fn book(&self) -> Option<ChatReply> {
        let brief = self.request.booking.as_deref()?;
        let said = Said { brief, dialogue: self.dialogue, reading: &self.reading, language: self.language };
        Some(match said.desire()? {
            Desire::Call(tool, arguments) => {
                self.reply(tool, None, vec![ToolCall { id: tool.to_owned(), name: tool.to_owned(), arguments, extra: None }])
            }
            Desire::OtherTime => self.say("another time", other_time(self.language).to_owned()),
            Desire::Which => self.say("which of them", which_of_them(self.language).to_owned()),
            Desire::Kept => self.say("kept", kept(self.language).to_owned()),
            Desire::People => self.hand_off("needs_person", self.texts.hand_asked),
        })
    }

    fn unreadable(&self) -> Option<ChatReply> {
        if !self.reading.unreadable {
            return None;
        }
        if self.dialogue.asked == Some(Asked::Write) {
            return Some(self.hand_off("needs_person", self.texts.hand_unreadable));
        }
        Some(self.say("unreadable", self.texts.write_please.to_owned()))
    }

    /// Fills the slots of a message: name, reason.
    fn taking_message(&self) -> Option<ChatReply> {
        let asked = self.dialogue.asked;
        let asks_topic = self.reading.queries.iter().any(|query| query.topic != Topic::Auto);
        match asked {
            Some(Asked::Reason) => {
                let name = self.dialogue.name.clone().unwrap_or_else(|| "-".to_owned());
                Some(self.take_message(&name, &self.dialogue.said(), self.dialogue.contact.as_deref()))
            }
            Some(Asked::Name | Asked::NameAndReason) if self.reading.no => Some(self.say("declined", self.texts.declined.to_owned())),
            Some(Asked::Name | Asked::NameAndReason) => match self.dialogue.name_in_burst() {
                Some(named) if !self.is_question() || !asks_topic => Some(self.named(&named)),
                Some(_) | None if asks_topic => None,
                Some(_) | None => Some(self.no_name()),
            },
            Some(Asked::Offer | Asked::Person | Asked::Write | Asked::More) | None
                if asks_topic && (self.is_question() || !(self.reading.message || self.reading.booking)) =>
            {
                None
            }
            Some(Asked::Offer | Asked::Person | Asked::Write | Asked::More) | None => self.wanted_message(),
        }
    }

    fn is_question(&self) -> bool {
        self.reading.queries.iter().any(|query| query.text.ends_with('?'))
    }

    /// The name has come: asks for the message if it is not known, else takes it.
    fn named(&self, named: &Named) -> ChatReply {
        let contact = name::contact_in(&self.dialogue.said());
        let spoken = named.rest.chars().filter(|letter| letter.is_alphabetic()).count() > 3;
        let whole = self.dialogue.asked == Some(Asked::Name);
        match (whole, spoken) {
            (true, true) => self.take_message(&named.name, &format!("{}\n{}", self.dialogue.matter, named.rest), contact.as_deref()),
            (true, false) => self.take_message(&named.name, &self.dialogue.matter, contact.as_deref()),
            (false, true) => self.take_message(&named.name, &named.rest, contact.as_deref()),
            (false, false) => {
                let thanks = self.texts.thanks_name.replace("{}", &named.name);
                self.say("message: asks for it", format!("{thanks} {}", self.texts.ask_reason))
            }
        }
    }

    fn no_name(&self) -> ChatReply {
        if self.dialogue.repeated >= 2 {
            return self.hand_off("needs_person", self.texts.hand_asked);
        }
        let question = if self.dialogue.asked == Some(Asked::Name) { self.texts.ask_name } else { self.texts.ask_name_and_reason };
        self.say("message: name again", format!("{} {question}", self.texts.name_again))
    }

    /// A message or a booking is wanted, without a question that facts may answer.
    fn wanted_message(&self) -> Option<ChatReply> {
        let reading = &self.reading;
        if !reading.message && !reading.booking {
            return None;
        }
        if let Some(named) = self.dialogue.name_in_burst().filter(|_| !reading.bare && !self.is_question()) {
            return Some(self.take_message(&named.name, &self.dialogue.said(), name::contact_in(&self.dialogue.said()).as_deref()));
        }
        if self.may_look_up() {
            return None;
        }
        Some(self.say("message: asks for the name", self.ask_name()))
    }

    fn ask_name(&self) -> String {
        let known = !self.reading.bare || self.reading.booking || !self.dialogue.matter.is_empty();
        let opening = if self.reading.booking { self.texts.no_booking } else { self.texts.message_gladly };
        format!("{opening} {}", if known { self.texts.ask_name } else { self.texts.ask_name_and_reason })
    }

    /// A yes or no to "shall a person help you?" or "anything else?".
    fn reply_to_offer(&self) -> Option<ChatReply> {
        let (yes, no) = (self.reading.yes, self.reading.no);
        match self.dialogue.asked? {
            Asked::Offer | Asked::Person if yes => Some(self.hand_off("customer_asked", self.texts.hand_asked)),
            Asked::Offer | Asked::Person if no => Some(self.say("declined", self.texts.declined.to_owned())),
            Asked::More if no => Some(self.say("goodbye", self.texts.goodbye.to_owned())),
            Asked::More if yes => Some(self.say("what else", self.texts.how_can_i_help.to_owned())),
            Asked::Offer | Asked::Person | Asked::Name | Asked::NameAndReason | Asked::Reason | Asked::Write | Asked::More => None,
        }
    }

    fn may_look_up(&self) -> bool {
        self.reading.queries.iter().any(|query| query.topic != Topic::Auto)
    }

    /// Looks up what was asked; with the results, answers.
    fn questions(&self) -> Option<ChatReply> {
        let reading = &self.reading;
        if reading.machine {
            let text = format!("{} {}", self.texts.is_machine, self.texts.offer_person);
            return Some(self.say("is a machine", format!("{} {text}", self.disclosure_unless_first())));
        }
        if reading.queries.is_empty() || reading.settled || reading.farewell {
            return None;
        }
        let results = &self.dialogue.results;
        if results.is_empty() {
            return Some(self.look_up());
        }
        Some(self.answer_queries())
    }

    fn disclosure_unless_first(&self) -> String {
        if self.request.first_answer { String::new() } else { we_are_automatic(self.language, &self.request.business) }
    }

    fn look_up(&self) -> ChatReply {
        let arguments = |query: &Query| json!({"question": query.text, "topic": query.topic, "language": self.language});
        let calls = self.reading.queries.iter().enumerate();
        let calls = calls.map(|(at, query)| ToolCall {
            id: format!("faq-{at}"),
            name: "answer_from_faq".to_owned(),
            arguments: arguments(query),
            extra: None,
        });
        self.reply("looks up", None, calls.collect())
    }

    /// Says what was found, word for word, and what was not.
    fn answer_queries(&self) -> ChatReply {
        let mut found: Vec<&str> = Vec::new();
        let mut missing: Vec<&Query> = Vec::new();
        let mut answered: Vec<usize> = Vec::new();
        for (at, query) in self.reading.queries.iter().enumerate() {
            match self.dialogue.results.get(at).and_then(|result| fact_of(&result.result)) {
                Some(fact) => {
                    answered.push(query.sentence);
                    if !found.contains(&fact) {
                        found.push(fact);
                    }
                }
                None if query.asks && query.topic != Topic::Faq => missing.push(query),
                None => {}
            }
        }
        missing.retain(|query| query.topic != Topic::Auto || !answered.contains(&query.sentence));
        let wants_message = self.reading.booking || self.reading.message;
        if found.is_empty() && !wants_message {
            return self.not_found(&missing);
        }
        let mut lines: Vec<String> = found.iter().map(|fact| (*fact).to_owned()).collect();
        let question = self.next_question();
        if (!missing.is_empty() || self.reading.dropped) && !wants_message {
            lines.push(format!("{} {}", self.texts.unknown_rest, question.unwrap_or_else(|| self.texts.offer.to_owned())));
        } else if let Some(question) = question {
            lines.push(question);
        }
        let text = lines.join("\n");
        let text = if self.request.first_answer { format!("{}\n{text}", self.with_opening("").trim_end()) } else { text };
        self.reply("answers", Some(text), Vec::new())
    }

    /// What is still to be asked after an answer.
    fn next_question(&self) -> Option<String> {
        match self.dialogue.asked {
            Some(Asked::Name) => Some(self.texts.ask_name.to_owned()),
            Some(Asked::NameAndReason) => Some(self.texts.ask_name_and_reason.to_owned()),
            Some(Asked::Offer | Asked::Person | Asked::Reason | Asked::Write | Asked::More) | None => {
                (self.reading.booking || self.reading.message).then(|| self.ask_name())
            }
        }
    }

    fn not_found(&self, missing: &[&Query]) -> ChatReply {
        if self.dialogue.lost() {
            return self.hand_off("unknown", self.texts.hand_unknown);
        }
        let price = missing.iter().any(|query| query.topic == Topic::Price);
        let sorry = if price { self.texts.unknown_price } else { self.texts.unknown };
        let question = self.next_question().unwrap_or_else(|| self.texts.offer.to_owned());
        self.say("does not know", format!("{sorry} {question}"))
    }

    /// Greeting, thanks, good-bye.
    fn courtesy(&self) -> ChatReply {
        let resolvable = self.request.tools.iter().any(|tool| tool.name == "resolve");
        if self.reading.settled && self.dialogue.answered && resolvable {
            let arguments = json!({"note": self.texts.settled_note, "text": self.with_opening(self.texts.goodbye)});
            return self.reply(
                "settled",
                None,
                vec![ToolCall { id: "resolve".to_owned(), name: "resolve".to_owned(), arguments, extra: None }],
            );
        }
        if self.reading.settled {
            return self.say("goodbye", self.texts.goodbye.to_owned());
        }
        if self.dialogue.answered && !self.reading.greets {
            return self.say("thanks", self.texts.welcome.to_owned());
        }
        let hello = if self.request.first_answer || !self.reading.greets { String::new() } else { format!("{} ", self.texts.hello) };
        self.say("greets", format!("{hello}{}", self.texts.how_can_i_help))
    }

    fn after_message(&self, result: &Value) -> ChatReply {
        if result.get("saved") != Some(&Value::Bool(true)) {
            return self.hand_off("needs_person", self.texts.hand_asked);
        }
        let name = self.dialogue.name.clone().or_else(|| self.dialogue.name_in_burst().map(|named| named.name)).unwrap_or_default();
        let text = if name.is_empty() {
            self.texts.hand_message.replace(", {}", "")
        } else {
            self.texts.hand_message.replace("{}", truncate(&name, MAX_NAME))
        };
        self.hand_off("message_taken", &text)
    }

    fn take_message(&self, name: &str, reason: &str, contact: Option<&str>) -> ChatReply {
        let (name, reason) = (truncate(name.trim(), MAX_NAME), truncate(reason.trim(), MAX_QUOTE));
        let mut arguments = json!({"name": name, "reason": if reason.is_empty() { "-" } else { reason }});
        if let (Some(contact), Some(object)) = (contact, arguments.as_object_mut()) {
            object.insert("contact".to_owned(), json!(truncate(contact, MAX_NAME)));
        }
        self.reply(
            "takes a message",
            None,
            vec![ToolCall { id: "message".to_owned(), name: "take_message".to_owned(), arguments, extra: None }],
        )
    }

    /// Hands over. Asked for even if the tool is not offered now: the core then hands over for a tool that failed, and nobody is stranded.
    fn hand_off(&self, reason: &str, text: &str) -> ChatReply {
        let said = self.dialogue.said();
        let summary = format!("{} {}", self.texts.summary, truncate(said.trim(), MAX_QUOTE));
        let arguments = json!({"reason": reason, "text": self.with_opening(text), "summary": summary});
        self.reply(reason, None, vec![ToolCall { id: "hand-off".to_owned(), name: "hand_off".to_owned(), arguments, extra: None }])
    }

    fn say(&self, note: &str, text: String) -> ChatReply {
        self.reply(note, Some(self.with_opening(text.trim())), Vec::new())
    }

    /// The first answer of a cycle greets, and says that it is automatic unless the business does not want that.
    fn with_opening(&self, text: &str) -> String {
        match (self.request.first_answer, self.request.disclose) {
            (true, true) => format!("{} {} {text}", self.texts.hello, we_are_automatic(self.language, &self.request.business)),
            (true, false) => format!("{} {text}", self.texts.hello),
            (false, _) => text.to_owned(),
        }
    }

    fn reply(&self, note: &str, text: Option<String>, calls: Vec<ToolCall>) -> ChatReply {
        ChatReply { text, calls, model: MODEL.to_owned(), note: Some(format!("{note} ({})", self.language.code())), ..ChatReply::default() }
    }
}

/// Returns the fact in a tool's result, if it found one.
fn fact_of(result: &Value) -> Option<&str> {
    let found = result.get("found").and_then(Value::as_bool).unwrap_or_default();
    result.get("answer").and_then(Value::as_str).filter(|answer| found && !answer.trim().is_empty())
}
