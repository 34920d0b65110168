//! What customers are told about the book: fixed sentences around what the rows say. Never a word of a model, never a time that no row has.
//!
//! Pure. Every sentence exists in Spanish, English and Portuguese; times are told in the tenant's zone.

mod abroad;
mod coming;
mod doubts;
mod lists;
mod news;
mod outcomes;
mod questions;
mod waiting;

use crate::domain::booking::{Agenda, Appointment, ResourceKind, Seat, Shown};
use crate::domain::content::{Button, Content};
use crate::domain::ids::{AppointmentId, ResourceId, ServiceId};
use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use crate::domain::when::labels::{HourStyle, Labels};

pub use abroad::zone_told;
pub use doubts::Trouble;
pub use lists::Lead;
pub use news::reminds;
pub use questions::asked_again;

/// Longest title of a button, in characters: what the strictest channel shows.
const MAX_TITLE: usize = 20;

/// Tells a customer about the book.
#[derive(Clone, Copy)]
pub struct Voice<'a> {
    /// What the business offers.
    pub agenda: &'a Agenda,
    /// The language that the customer speaks.
    pub language: Language,
}

/// Returns a time of day with its half in two letters: "12:00 pm".
fn without_dots(time: String) -> String {
    ["a. m.", "p. m.", "a.m.", "p.m."].into_iter().zip(["am", "pm", "am", "pm"]).fold(time, |time, (long, short)| time.replace(long, short))
}

impl Voice<'_> {
    /// Chooses by language.
    pub(super) const fn by<'t>(&self, es: &'t str, en: &'t str, pt: &'t str) -> &'t str {
        match self.language {
            Language::Es => es,
            Language::En => en,
            Language::Pt => pt,
        }
    }

    /// Returns how times are written here.
    #[must_use]
    pub fn labels(&self) -> Labels {
        Labels { zone: self.agenda.zone, language: self.language, hours: HourStyle::of_locale(&self.agenda.locale) }
    }

    /// Returns a time as a customer reads it: weekday, day, month, hour.
    #[must_use]
    pub fn time(&self, at: Timestamp) -> String {
        self.labels().moment(at)
    }

    /// Returns a time as a button shows it: "jue 4 mar 17:00", "lun 30 nov 12:00 pm", at most twenty characters.
    #[must_use]
    pub fn short(&self, at: Timestamp) -> String {
        let labels = self.labels();
        let date = labels.date(at.to_chrono().with_timezone(&self.agenda.zone).date_naive());
        let words: Vec<&str> = date.split_whitespace().collect();
        let cut = |word: Option<&&str>| word.map(|word| word.chars().take(3).collect::<String>()).unwrap_or_default();
        let day: String = date.chars().filter(char::is_ascii_digit).collect();
        let text = format!("{} {day} {} {}", cut(words.first()), cut(words.last()), without_dots(labels.time(at)));
        text.chars().take(MAX_TITLE).collect()
    }

    /// Returns a service's name.
    #[must_use]
    pub fn service(&self, id: ServiceId) -> &str {
        self.agenda.any_service(id).map_or("", |service| service.name_in(self.language))
    }

    /// Returns " con Ana" where somebody gives it.
    pub(super) fn with(&self, resources: impl Iterator<Item = ResourceId>) -> String {
        let people = resources.filter_map(|id| self.agenda.any_resource(id)).filter(|resource| resource.kind == ResourceKind::Person);
        let names: Vec<&str> = people.map(|resource| resource.name.as_str()).collect();
        if names.is_empty() { String::new() } else { format!(" {} {}", self.by("con", "with", "com"), names.join(", ")) }
    }

    /// Returns what an appointment is: "Limpieza el jueves 4 de marzo a las 17:00 con Ana".
    #[must_use]
    pub fn appointment(&self, appointment: &Appointment) -> String {
        let with = self.with(appointment.seats.iter().map(|seat: &Seat| seat.resource));
        format!("{}, {}{with}", self.service(appointment.service), self.time(appointment.span.start))
    }

    /// Returns what a shown slot is.
    #[must_use]
    pub fn shown(&self, shown: &Shown) -> String {
        let with = self.with(shown.resource.into_iter());
        format!("{}{with}", self.time(shown.span.start))
    }

    pub(super) fn button(&self, id: String, title: &str) -> Button {
        Button { id, title: title.chars().take(MAX_TITLE).collect() }
    }
}

/// A fixed question, by language: es, en, pt.
type Question = [&'static str; 3];

const WHICH_SERVICE: Question =
    ["¿Para qué servicio es la cita?", "Which service is the appointment for?", "Para qual serviço é o agendamento?"];
const WHOSE_NAME: Question = ["¿A nombre de quién la confirmo?", "In whose name shall I confirm it?", "Em nome de quem confirmo?"];
const WHICH_ONE: Question = ["¿A cuál se refiere?", "Which one do you mean?", "Qual deles?"];
const OTHER_TIME: Question =
    ["¿Qué otro día u hora le acomoda?", "Which other day or time suits you?", "Que outro dia ou horário fica melhor?"];
const WHICH: Question = [
    "¿Cuál de las opciones prefiere? Puede responder con su número.",
    "Which of them would you like? You can answer with its number.",
    "Qual das opções prefere? Pode responder com o número.",
];
const NO_SUCH_ZONE: Question = ["No reconozco esa zona horaria.", "I do not know that time zone.", "Não reconheço esse fuso horário."];
const KEPT: Question = ["De acuerdo, la dejo como está.", "All right, I am leaving it as it is.", "Certo, deixo como está."];

/// What the assistant asked last about a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastAsked {
    /// Which service.
    Service,
    /// For whom.
    Name,
    /// Which of two readings of the words for a time.
    Reading,
    /// Another time.
    Time,
    /// Whether to wait for a time.
    Wait,
}

/// Recognises the question in an answer of the assistant's.
#[must_use]
pub fn last_asked(answer: &str) -> Option<LastAsked> {
    let all = [
        (WHICH_SERVICE, LastAsked::Service),
        (WHOSE_NAME, LastAsked::Name),
        (WHICH_ONE, LastAsked::Reading),
        (OTHER_TIME, LastAsked::Time),
        (NO_SUCH_ZONE, LastAsked::Time),
        (waiting::WAIT, LastAsked::Wait),
    ];
    all.into_iter().find(|(question, _)| question.iter().any(|question| answer.contains(question))).map(|(_, asked)| asked)
}

const fn in_language(question: &Question, language: Language) -> &'static str {
    let [es, en, pt] = *question;
    match language {
        Language::Es => es,
        Language::En => en,
        Language::Pt => pt,
    }
}

/// Asks for another time.
#[must_use]
pub const fn other_time(language: Language) -> &'static str {
    in_language(&OTHER_TIME, language)
}

/// Asks which of the times that were listed is meant.
#[must_use]
pub const fn which_of_them(language: Language) -> &'static str {
    in_language(&WHICH, language)
}

/// Says that an appointment stays as it is.
#[must_use]
pub const fn kept(language: Language) -> &'static str {
    in_language(&KEPT, language)
}

/// The id of the button that agrees to a hold.
#[must_use]
pub fn yes_button(hold: AppointmentId) -> String {
    format!("book:yes:{hold}")
}

/// The id of the button that asks for another time.
pub const OTHER_BUTTON: &str = "book:other";
/// The id of the button that leaves an appointment as it is.
pub const KEEP_BUTTON: &str = "book:keep";

/// The id of the button that picks what was shown.
#[must_use]
pub fn pick_button(handle: &str) -> String {
    format!("book:pick:{handle}")
}

/// What a tapped button of the book asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tapped<'a> {
    /// Agrees to this hold.
    Yes(AppointmentId),
    /// Wants another time.
    Other,
    /// Leaves all as it is.
    Keep,
    /// Picks this.
    Pick(&'a str),
    /// Means this service.
    Service(ServiceId),
    /// Answers a question of the service; an empty value: would rather not say.
    Answer {
        /// Which question.
        key: &'a str,
        /// The answer as it is stored.
        value: &'a str,
    },
    /// Confirms, cancels or moves an appointment as it stood at this version.
    Reminded {
        /// Which.
        id: AppointmentId,
        /// The version that the reminder spoke of.
        version: i64,
        /// What.
        wish: Wish,
    },
}

/// What a reminder's button wishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Will come.
    Come,
    /// Wants another time.
    Move,
    /// Will not come.
    Cancel,
}

impl Wish {
    const ALL: [(Self, &'static str); 3] = [(Self::Come, "come"), (Self::Move, "move"), (Self::Cancel, "cancel")];
}

/// The id of a reminder's button.
#[must_use]
pub fn reminder_button(id: AppointmentId, version: i64, wish: Wish) -> String {
    let word = Wish::ALL.iter().find(|(other, _)| *other == wish).map_or("", |(_, word)| word);
    format!("book:{word}:{id}:{version}")
}

/// Reads the id of a tapped button; `None`: it is none of the book's.
#[must_use]
pub fn tapped(button: &str) -> Option<Tapped<'_>> {
    match button {
        OTHER_BUTTON => return Some(Tapped::Other),
        KEEP_BUTTON => return Some(Tapped::Keep),
        _ => {}
    }
    let (kind, rest) = button.strip_prefix("book:")?.split_once(':')?;
    match kind {
        "yes" => rest.parse().ok().map(Tapped::Yes),
        "answer" => rest.split_once(':').map(|(key, value)| Tapped::Answer { key, value }),
        "pick" => Some(Tapped::Pick(rest)),
        "service" => rest.parse().ok().map(Tapped::Service),
        kind => {
            let (_, wish) = Wish::ALL.into_iter().map(|(wish, word)| (word, wish)).find(|(word, _)| *word == kind)?;
            let (id, version) = rest.split_once(':')?;
            Some(Tapped::Reminded { id: id.parse().ok()?, version: version.parse().ok()?, wish })
        }
    }
}

/// Makes a text with buttons.
pub(super) fn content(text: String, buttons: Vec<Button>) -> Content {
    Content { buttons, ..Content::text(text) }
}

#[cfg(test)]
mod tests;
