//! Lists: free times, services, the customer's appointments.

use super::{KEEP_BUTTON, Voice, WHICH_SERVICE, content, in_language, pick_button};
use crate::domain::booking::{Appointment, Purpose, Service, Shown, Status};
use crate::domain::content::{Button, Content};
use crate::domain::ids::ServiceId;
use crate::domain::language::Language;

/// Most services that become buttons; more are told in words.
const MAX_SERVICES: usize = 10;

/// Why these times are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lead {
    /// They were asked for.
    Free,
    /// The wanted time is taken or closed: these are near it.
    Near,
    /// Somebody was faster.
    Taken,
    /// The hold ran out.
    HoldGone,
    /// The wanted time has passed, or is too soon.
    TooSoon,
    /// The wanted time does not exist: the clock is set forward.
    NoSuchTime,
    /// Two readings of an hour are both free.
    WhichHour,
    /// The wanted person is not free then.
    OtherTimes,
}

impl Voice<'_> {
    /// Shows free times to choose from.
    #[must_use]
    pub fn times(&self, lead: Lead, service: ServiceId, shown: &[Shown]) -> Content {
        let name = self.service(service);
        let moves = shown.iter().any(|slot| slot.moves.is_some());
        let opening = match lead {
            Lead::Free if moves => {
                self.by("Para mover su cita tengo:", "To move your appointment I have:", "Para remarcar tenho:").to_owned()
            }
            Lead::Free => match self.language {
                Language::Es => format!("Para {name} tengo:"),
                Language::En => format!("For {name} I have:"),
                Language::Pt => format!("Para {name} tenho:"),
            },
            Lead::Near => self
                .by(
                    "En ese horario no tengo lugar. Lo más cercano:",
                    "I have nothing at that time. The nearest I have:",
                    "Nesse horário não tenho vaga. O mais próximo:",
                )
                .to_owned(),
            Lead::Taken => self
                .by(
                    "Ese horario se acaba de ocupar. Tengo:",
                    "That time has just been taken. I have:",
                    "Esse horário acabou de ser ocupado. Tenho:",
                )
                .to_owned(),
            Lead::HoldGone => self
                .by(
                    "El horario que le aparté ya venció y se ocupó. Tengo:",
                    "The time that I kept for you has run out and is taken. I have:",
                    "O horário que reservei venceu e foi ocupado. Tenho:",
                )
                .to_owned(),
            Lead::TooSoon => self
                .by(
                    "Ese horario ya no lo alcanzo a apartar. Tengo:",
                    "That time is too soon to book. I have:",
                    "Esse horário já não dá para marcar. Tenho:",
                )
                .to_owned(),
            Lead::NoSuchTime => self
                .by(
                    "Esa hora no existe ese día, porque se adelanta el reloj. Tengo:",
                    "That time does not exist on that day, because the clocks go forward. I have:",
                    "Esse horário não existe nesse dia, porque o relógio adianta. Tenho:",
                )
                .to_owned(),
            Lead::WhichHour => self.by("¿Cuál de estas?", "Which of these?", "Qual destes?").to_owned(),
            Lead::OtherTimes => self.by("También tengo:", "I also have:", "Também tenho:").to_owned(),
        };
        let question = self.by(
            "¿Cuál le acomoda? También puede decirme otro día u hora.",
            "Which one suits you? You can also tell me another day or time.",
            "Qual fica melhor? Também pode me dizer outro dia ou horário.",
        );
        let (waits, takes): (Vec<Shown>, Vec<Shown>) = shown.iter().cloned().partition(|one| matches!(one.purpose, Purpose::Wait { .. }));
        let mut buttons: Vec<Button> =
            takes.iter().map(|slot| self.button(pick_button(&slot.handle), &self.short(slot.span.start))).collect();
        buttons.extend(waits.iter().map(|one| self.wait_button(one)));
        let or_wait = if waits.is_empty() { "" } else { self.or_wait() };
        content(format!("{opening}\n{}\n{question}{or_wait}", self.numbered(&takes)), buttons)
    }

    fn numbered(&self, shown: &[Shown]) -> String {
        let lines = shown.iter().enumerate().map(|(at, slot)| format!("{}. {}", at + 1, self.shown(slot)));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Says that nothing is free.
    #[must_use]
    pub fn nothing_free(&self, service: ServiceId) -> Content {
        let name = self.service(service);
        Content::text(match self.language {
            Language::Es => {
                format!("No encuentro lugar para {name} en esas fechas. ¿Qué otro día u hora le acomoda?")
            }
            Language::En => {
                format!("I find nothing free for {name} on those dates. Which other day or time suits you?")
            }
            Language::Pt => {
                format!("Não encontro vaga para {name} nessas datas. Que outro dia ou horário fica melhor?")
            }
        })
    }

    /// Asks which service is meant.
    #[must_use]
    pub fn which_service(&self) -> Content {
        let question = in_language(&WHICH_SERVICE, self.language);
        let names: Vec<&str> = self.agenda.services.iter().map(|service: &Service| service.name_in(self.language)).collect();
        let buttons = if names.len() <= MAX_SERVICES {
            self.agenda
                .services
                .iter()
                .map(|service| self.button(format!("book:service:{}", service.id), service.name_in(self.language)))
                .collect()
        } else {
            Vec::new()
        };
        content(format!("{question}\n{}", names.iter().map(|name| format!("- {name}")).collect::<Vec<_>>().join("\n")), buttons)
    }

    /// Lists the customer's appointments.
    #[must_use]
    pub fn my_appointments(&self, appointments: &[Appointment]) -> Content {
        if appointments.is_empty() {
            return Content::text(self.none_here());
        }
        let opening = self.by("Sus citas:", "Your appointments:", "Seus agendamentos:");
        let lines = appointments.iter().map(|one| {
            let waits = matches!(one.status, Status::PendingOwner | Status::Confirming);
            let state = if waits { self.by(" (por confirmar)", " (to be confirmed)", " (a confirmar)") } else { "" };
            format!("- {}{state}", self.appointment(one))
        });
        Content::text(format!("{opening}\n{}", lines.collect::<Vec<_>>().join("\n")))
    }

    /// Says that this address has no appointment, and nothing about anybody else's.
    #[must_use]
    pub fn none_here(&self) -> &'static str {
        match self.language {
            Language::Es => {
                "No encuentro citas a su nombre desde este contacto. Si la hizo desde otro número, escríbanos desde ahí o le paso con una persona."
            }
            Language::En => {
                "I find no appointment of yours from this contact. If it was made from another number, write to us from there, or I can pass you to a person."
            }
            Language::Pt => {
                "Não encontro agendamentos seus a partir deste contato. Se foi feito de outro número, escreva de lá ou passo para uma pessoa."
            }
        }
    }

    /// Asks before an appointment is cancelled, or which one is meant.
    #[must_use]
    pub fn which_appointment(&self, shown: &[Shown]) -> Content {
        let cancels = shown.iter().any(|one| one.purpose == Purpose::Cancel);
        if let ([one], true) = (shown, cancels) {
            let what = format!("{}, {}", self.service(one.service), self.shown(one));
            let text = match self.language {
                Language::Es => format!("{what}. ¿La cancelo?"),
                Language::En => format!("{what}. Shall I cancel it?"),
                Language::Pt => format!("{what}. Devo cancelar?"),
            };
            let yes = self.button(pick_button(&one.handle), self.by("Sí, cancelar", "Yes, cancel", "Sim, cancelar"));
            let keep = self.button(KEEP_BUTTON.to_owned(), self.by("No, dejarla", "No, keep it", "Não, manter"));
            return content(text, vec![yes, keep]);
        }
        let question = if cancels {
            self.by("¿Cuál cita cancelo?", "Which appointment shall I cancel?", "Qual agendamento devo cancelar?")
        } else {
            self.by("¿Cuál cita muevo?", "Which appointment shall I move?", "Qual agendamento devo remarcar?")
        };
        let lines = shown.iter().enumerate().map(|(at, one)| format!("{}. {}, {}", at + 1, self.service(one.service), self.shown(one)));
        let buttons = shown.iter().map(|one| self.button(pick_button(&one.handle), &self.short(one.span.start))).collect();
        content(format!("{question}\n{}", lines.collect::<Vec<_>>().join("\n")), buttons)
    }
}
