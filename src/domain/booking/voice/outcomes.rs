//! What came of an act, told from the row that stands.

use super::{Lead, OTHER_BUTTON, Voice, WHOSE_NAME, content, in_language, yes_button};
use crate::domain::booking::{Appointment, Refusal, Span, Status};
use crate::domain::content::Content;
use crate::domain::language::Language;

impl Voice<'_> {
    /// Asks whether a hold is agreed; `from`: the time that it would move away from.
    #[must_use]
    pub fn held(&self, hold: &Appointment, from: Option<Span>) -> Content {
        let what = self.appointment(hold);
        let agreed = self.button(yes_button(hold.id), self.by("Sí, confirmar", "Yes, confirm", "Sim, confirmar"));
        let other = self.button(OTHER_BUTTON.to_owned(), self.by("Otro horario", "Another time", "Outro horário"));
        if let Some(from) = from {
            let (old, new) = (self.time(from.start), self.time(hold.span.start));
            let text = match self.language {
                Language::Es => format!("¿Muevo su cita del {old} al {new}?"),
                Language::En => format!("Shall I move your appointment from {old} to {new}?"),
                Language::Pt => format!("Posso mudar seu agendamento de {old} para {new}?"),
            };
            return content(text, vec![agreed, other]);
        }
        let free = match self.language {
            Language::Es => format!("Tengo libre: {what}."),
            Language::En => format!("I have this free: {what}."),
            Language::Pt => format!("Tenho livre: {what}."),
        };
        let answers = self.answers(hold);
        if let Some(question) = self.pending(hold) {
            // What is free was said when the hold was made.
            let new = hold.answers.is_empty() || hold.version == 1;
            return self.ask(if new { &free } else { "" }, question);
        }
        let gap = if answers.is_empty() { " " } else { "\n" };
        if hold.name.is_none() {
            let question = self.ask_name();
            return content(format!("{free}{answers}{gap}{question}"), vec![other]);
        }
        let question = self.by("¿La confirmo?", "Shall I confirm it?", "Posso confirmar?");
        content(format!("{free}{answers}{gap}{question}"), vec![agreed, other])
    }

    /// Asks for whom a hold is.
    #[must_use]
    pub const fn ask_name(&self) -> &'static str {
        in_language(&WHOSE_NAME, self.language)
    }

    /// Tells what an appointment has become. `moved_from`: its time before; `changed`: false for a repeat.
    #[must_use]
    pub fn done(&self, appointment: &Appointment, moved_from: Option<Span>, changed: bool) -> Content {
        let what = self.appointment(appointment);
        let name = appointment.name.as_deref().map(|name| self.for_whom(name)).unwrap_or_default();
        let zone = self.zone_note();
        let answers = self.answers(appointment);
        let text = match appointment.status {
            Status::Held => return self.held(appointment, moved_from),
            Status::Confirmed if moved_from.is_some() => match self.language {
                Language::Es => format!("Listo, su cita quedó movida: {what}{name} ({zone})."),
                Language::En => format!("Done, your appointment is moved: {what}{name} ({zone})."),
                Language::Pt => format!("Pronto, seu agendamento foi remarcado: {what}{name} ({zone})."),
            },
            Status::Confirmed => match self.language {
                Language::Es => {
                    format!(
                        "Listo, su cita quedó confirmada: {what}{name} ({zone}). Si necesita cambiarla o cancelarla, escríbame por aquí.{answers}"
                    )
                }
                Language::En => {
                    format!(
                        "Done, your appointment is confirmed: {what}{name} ({zone}). To change or cancel it, write to me here.{answers}"
                    )
                }
                Language::Pt => {
                    format!(
                        "Pronto, seu agendamento está confirmado: {what}{name} ({zone}). Para mudar ou cancelar, escreva por aqui.{answers}"
                    )
                }
            },
            Status::Confirming => match self.language {
                Language::Es => format!("Estoy verificando la agenda para {what}. Le aviso por aquí en un momento."),
                Language::En => format!("I am checking the calendar for {what}. I will tell you here in a moment."),
                Language::Pt => format!("Estou verificando a agenda para {what}. Aviso por aqui em um momento."),
            },
            Status::PendingOwner => match self.language {
                Language::Es => {
                    format!("Su solicitud quedó apartada: {what}{name}. Falta que el equipo la apruebe; le avisaremos por aquí.")
                }
                Language::En => format!("Your request is kept: {what}{name}. The team still has to approve it; we will tell you here."),
                Language::Pt => format!("Seu pedido ficou reservado: {what}{name}. Falta a equipe aprovar; avisaremos por aqui."),
            },
            Status::Cancelled if changed => match self.language {
                Language::Es => format!("Listo, su cita quedó cancelada: {what}."),
                Language::En => format!("Done, your appointment is cancelled: {what}."),
                Language::Pt => format!("Pronto, seu agendamento foi cancelado: {what}."),
            },
            Status::Cancelled => match self.language {
                Language::Es => format!("Esa cita ya estaba cancelada: {what}."),
                Language::En => format!("That appointment was already cancelled: {what}."),
                Language::Pt => format!("Esse agendamento já estava cancelado: {what}."),
            },
            Status::Released | Status::Expired | Status::Failed | Status::Completed | Status::NoShow => self.over(appointment, &what),
        };
        Content::text(text)
    }

    /// Tells that nothing came of an appointment, or that it is past.
    fn over(&self, row: &Appointment, what: &str) -> String {
        match row.status {
            Status::Released | Status::Expired => self
                .by(
                    "De acuerdo, no la aparto. ¿Qué otro día u hora le acomoda?",
                    "All right, I am not keeping it. Which other day or time suits you?",
                    "Certo, não vou reservar. Que outro dia ou horário fica melhor?",
                )
                .to_owned(),
            Status::Failed if row.moves.is_some() => match self.language {
                Language::Es => format!("No pude mover su cita: {what}. Sigue en pie como estaba. ¿Qué otro día u hora le acomoda?"),
                Language::En => {
                    format!("I could not move your appointment: {what}. It stands as it was. Which other day or time suits you?")
                }
                Language::Pt => {
                    format!("Não consegui mudar seu agendamento: {what}. Ele continua como estava. Que outro dia ou horário fica melhor?")
                }
            },
            Status::Failed => match self.language {
                Language::Es => format!("No pude confirmar su cita: {what}. ¿Qué otro día u hora le acomoda?"),
                Language::En => format!("I could not confirm your appointment: {what}. Which other day or time suits you?"),
                Language::Pt => format!("Não consegui confirmar seu agendamento: {what}. Que outro dia ou horário fica melhor?"),
            },
            Status::Completed
            | Status::NoShow
            | Status::Held
            | Status::Confirming
            | Status::PendingOwner
            | Status::Confirmed
            | Status::Cancelled => match self.language {
                Language::Es => format!("Esa cita ya pasó: {what}."),
                Language::En => format!("That appointment has passed: {what}."),
                Language::Pt => format!("Esse agendamento já passou: {what}."),
            },
        }
    }

    fn for_whom(&self, name: &str) -> String {
        match self.language {
            Language::Es => format!(", a nombre de {name}"),
            Language::En => format!(", for {name}"),
            Language::Pt => format!(", em nome de {name}"),
        }
    }

    /// Says where the calendar file is.
    #[must_use]
    pub fn calendar_file(&self, url: &str) -> String {
        let lead = self.by("Para agregarla a su calendario", "To add it to your calendar", "Para adicionar ao seu calendário");
        format!("{lead}: {url}")
    }

    /// Names the zone, since the customer may be elsewhere.
    fn zone_note(&self) -> String {
        self.labels().zone_name()
    }

    /// Says why something cannot be done, where no other time can be offered.
    #[must_use]
    pub fn refused(&self, why: Refusal) -> Content {
        let text = match why {
            Refusal::Taken | Refusal::HoldGone => self.by(
                "Ese horario ya no está disponible. ¿Qué otro día u hora le acomoda?",
                "That time is not available any more. Which other day or time suits you?",
                "Esse horário não está mais disponível. Que outro dia ou horário fica melhor?",
            ),
            Refusal::Past | Refusal::TooSoon => self.by(
                "Ese horario ya no lo alcanzo a apartar. ¿Qué otro día u hora le acomoda?",
                "That time is too soon to book. Which other day or time suits you?",
                "Esse horário já não dá para marcar. Que outro dia ou horário fica melhor?",
            ),
            Refusal::TooFar => self.by(
                "Todavía no abrimos la agenda para esa fecha. ¿Le acomoda un día más cercano?",
                "We do not book that far ahead yet. Would an earlier day suit you?",
                "Ainda não abrimos a agenda para essa data. Serve um dia mais próximo?",
            ),
            Refusal::Closed => self.by(
                "En ese horario no atendemos. ¿Qué otro día u hora le acomoda?",
                "We are closed at that time. Which other day or time suits you?",
                "Nesse horário não atendemos. Que outro dia ou horário fica melhor?",
            ),
            Refusal::CalendarUnknown => self.by(
                "Ahora no puedo ver la agenda. Le paso con una persona del equipo.",
                "I cannot see the calendar right now. I am passing you to a person of the team.",
                "Agora não consigo ver a agenda. Vou passar para uma pessoa da equipe.",
            ),
            Refusal::TooLate => self.by(
                "Esa cita ya no la puedo cambiar yo. Le paso con una persona del equipo.",
                "I cannot change that appointment myself. I am passing you to a person of the team.",
                "Esse agendamento eu já não posso mudar. Vou passar para uma pessoa da equipe.",
            ),
            Refusal::LimitReached | Refusal::TooMany => self.by(
                "No puedo apartar más citas por ahora. Le paso con una persona del equipo.",
                "I cannot book more appointments for now. I am passing you to a person of the team.",
                "Não posso marcar mais agendamentos por enquanto. Vou passar para uma pessoa da equipe.",
            ),
            Refusal::QuestionOpen => self.by(
                "Antes de confirmar me falta un dato.",
                "I need one more thing before I can confirm.",
                "Antes de confirmar falta um dado.",
            ),
            Refusal::NotFound => return Content::text(self.none_here()),
            Refusal::WrongState
            | Refusal::Stale
            | Refusal::UnknownService
            | Refusal::UnknownResource
            | Refusal::KeyReused
            | Refusal::OutOfSight => self.by(
                "Esa cita ha cambiado mientras tanto. ¿Qué desea hacer?",
                "That appointment has changed meanwhile. What would you like to do?",
                "Esse agendamento mudou nesse meio-tempo. O que deseja fazer?",
            ),
        };
        Content::text(text)
    }

    /// Tells how free times are introduced after a refusal.
    #[must_use]
    pub const fn lead_after(why: Refusal) -> Lead {
        match why {
            Refusal::HoldGone => Lead::HoldGone,
            Refusal::Past | Refusal::TooSoon => Lead::TooSoon,
            Refusal::Taken => Lead::Taken,
            Refusal::Closed
            | Refusal::TooFar
            | Refusal::LimitReached
            | Refusal::CalendarUnknown
            | Refusal::NotFound
            | Refusal::UnknownService
            | Refusal::UnknownResource
            | Refusal::WrongState
            | Refusal::Stale
            | Refusal::TooLate
            | Refusal::TooMany
            | Refusal::KeyReused
            | Refusal::QuestionOpen
            | Refusal::OutOfSight => Lead::Near,
        }
    }
}
