//! What is told of the waiting list: the question, what was written down, and a time that has become free.

use super::{OTHER_BUTTON, Voice, content, in_language, pick_button};
use crate::domain::booking::waiting::{DAY_END, Entry, WaitState, WaitWish};
use crate::domain::booking::{Appointment, Shown, Span};
use crate::domain::content::{Button, Content};
use crate::domain::language::Language;

/// Asks whether the customer wants to wait.
pub(super) const WAIT: super::Question = [
    "¿Quiere que le avise si se libera un lugar?",
    "Shall I let you know if a time becomes free?",
    "Quer que eu avise se abrir um horário?",
];

impl Voice<'_> {
    /// Says that nothing is free, and asks whether the customer wants to wait for a time.
    #[must_use]
    pub fn ask_to_wait(&self, shown: &Shown) -> Content {
        let name = self.service(shown.service);
        let nothing = match self.language {
            Language::Es => format!("No encuentro lugar para {name} en esas fechas."),
            Language::En => format!("I find nothing free for {name} on those dates."),
            Language::Pt => format!("Não encontro vaga para {name} nessas datas."),
        };
        let yes = self.button(pick_button(&shown.handle), self.by("Sí, avíseme", "Yes, let me know", "Sim, me avise"));
        let other = self.button(OTHER_BUTTON.to_owned(), self.by("Otro horario", "Another time", "Outro horário"));
        content(format!("{nothing} {}", in_language(&WAIT, self.language)), vec![yes, other])
    }

    /// Adds to other times that the customer may also wait for the one that was asked for.
    pub(super) const fn or_wait(&self) -> &'static str {
        self.by(
            " Si prefiere esperar lo que pidió, diga «avíseme».",
            " If you would rather wait for what you asked for, say \"let me know\".",
            " Se preferir esperar o que pediu, diga «me avise».",
        )
    }

    /// The button that waits for what was asked for.
    pub(super) fn wait_button(&self, shown: &Shown) -> Button {
        self.button(pick_button(&shown.handle), self.by("Avíseme si se libera", "Let me know", "Avise se abrir"))
    }

    /// Tells what stands on the list after a customer has joined or left it.
    #[must_use]
    pub fn on_the_list(&self, entry: &Entry, changed: bool) -> Content {
        let (name, when) = (self.service(entry.service), self.wish(&entry.wish));
        Content::text(match (entry.state, self.language) {
            (WaitState::Waiting, Language::Es) if changed => {
                format!("Listo, queda en la lista de espera para {name}: {when}. Si se libera un lugar, se lo aparto y le aviso por aquí.")
            }
            (WaitState::Waiting, Language::En) if changed => {
                format!(
                    "Done, you are on the waiting list for {name}: {when}. If a time becomes free, I will keep it for you and tell you here."
                )
            }
            (WaitState::Waiting, Language::Pt) if changed => {
                format!("Pronto, você está na lista de espera para {name}: {when}. Se abrir um horário, eu o reservo e aviso por aqui.")
            }
            (WaitState::Waiting | WaitState::Offered, Language::Es) => format!("Ya está en la lista de espera para {name}: {when}."),
            (WaitState::Waiting | WaitState::Offered, Language::En) => format!("You are already on the waiting list for {name}: {when}."),
            (WaitState::Waiting | WaitState::Offered, Language::Pt) => format!("Você já está na lista de espera para {name}: {when}."),
            (_, Language::Es) => format!("Listo, ya no está en la lista de espera para {name}."),
            (_, Language::En) => format!("Done, you are no longer on the waiting list for {name}."),
            (_, Language::Pt) => format!("Pronto, você não está mais na lista de espera para {name}."),
        })
    }

    /// Says that the customer waits for nothing.
    #[must_use]
    pub fn waits_for_nothing(&self) -> Content {
        Content::text(self.by(
            "No tengo nada anotado en la lista de espera para usted.",
            "I have nothing on the waiting list for you.",
            "Não tenho nada na lista de espera para você.",
        ))
    }

    /// Asks which of several waits is meant.
    #[must_use]
    pub fn which_wait(&self, waiting: &[Entry]) -> Content {
        let question = self.by("¿Para qué servicio ya no quiere esperar?", "For which service?", "Para qual serviço?");
        Content::text(format!("{question}\n{}", self.waits(waiting)))
    }

    /// Lists a customer's appointments, and what they wait for.
    #[must_use]
    pub fn mine(&self, appointments: &[Appointment], waiting: &[Entry]) -> Content {
        if waiting.is_empty() {
            return self.my_appointments(appointments);
        }
        let waits = self.waits(waiting);
        let own = (!appointments.is_empty()).then(|| self.my_appointments(appointments).text);
        Content::text(own.into_iter().chain([waits]).collect::<Vec<_>>().join("\n"))
    }

    /// Lists what a customer waits for.
    #[must_use]
    pub fn waits(&self, waiting: &[Entry]) -> String {
        let word = self.by("En lista de espera", "On the waiting list", "Na lista de espera");
        let line = |entry: &Entry| format!("- {word}: {}, {}", self.service(entry.service), self.wish(&entry.wish));
        waiting.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Offers a time that has become free and is held: the question is the one that every hold asks.
    #[must_use]
    pub fn became_free(&self, hold: &Appointment, from: Option<Span>) -> Content {
        let held = self.held(hold, from);
        let until = hold.hold_expires_at.map(|end| self.labels().time(end)).unwrap_or_default();
        let lead = match self.language {
            Language::Es => format!("Se liberó un lugar de los que espera, y se lo aparto hasta las {until}."),
            Language::En => format!("A time that you are waiting for has become free, and I am keeping it for you until {until}."),
            Language::Pt => format!("Abriu um horário que você esperava, e eu o reservo até as {until}."),
        };
        Content { text: format!("{lead}\n{}", held.text), ..held }
    }

    /// Returns a wish as a customer reads it.
    fn wish(&self, wish: &WaitWish) -> String {
        let labels = self.labels();
        let (first, last) = (labels.date(wish.first), labels.date(wish.last));
        let mut text = match (wish.first == wish.last, self.language) {
            (true, _) => first,
            (false, Language::Es) => format!("del {first} al {last}"),
            (false, Language::En) => format!("from {first} to {last}"),
            (false, Language::Pt) => format!("de {first} a {last}"),
        };
        let clock = |minute: u16| format!("{}:{:02}", minute / 60, minute % 60);
        if wish.to == wish.from + 1 {
            text.push_str(&format!(", {}", clock(wish.from)));
        } else if (wish.from, wish.to) != (0, DAY_END) {
            text.push_str(&format!(", {}–{}", clock(wish.from), clock(wish.to)));
        }
        if let Some(before) = wish.before {
            text.push_str(&format!(", {} {}", self.by("antes del", "before", "antes de"), self.time(before)));
        }
        text
    }
}
