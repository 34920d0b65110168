//! What is told of an appointment without having been asked.

use super::{Voice, Wish, content, reminder_button};
use crate::domain::booking::{Appointment, Flag};
use crate::domain::content::Content;
use crate::domain::language::Language;

/// What every reminder says, by language: es, en, pt.
const REMINDS: [&str; 3] = ["le recuerdo su cita:", "a reminder of your appointment:", "lembrando do seu agendamento:"];

/// Returns true for the text of a reminder.
#[must_use]
pub fn reminds(text: &str) -> bool {
    REMINDS.iter().any(|words| text.contains(words))
}

impl Voice<'_> {
    /// Reminds of an appointment; its buttons speak of this version only.
    #[must_use]
    pub fn reminder(&self, row: &Appointment) -> Content {
        let what = self.appointment(row);
        let hello = row.name.as_deref().map(|name| format!(" {name},")).unwrap_or_default();
        let [es, en, pt] = REMINDS;
        let zone = self.labels().zone_name();
        let text = match self.language {
            Language::Es => format!("Hola{hello} {es} {what} ({zone}). ¿Nos acompaña?"),
            Language::En => format!("Hello{hello} {en} {what} ({zone}). Will you be there?"),
            Language::Pt => format!("Olá{hello} {pt} {what} ({zone}). Você vem?"),
        };
        let button = |wish, title| self.button(reminder_button(row.id, row.version, wish), title);
        content(
            text,
            vec![
                button(Wish::Come, self.by("Confirmar", "Confirm", "Confirmar")),
                button(Wish::Move, self.by("Cambiar", "Change", "Mudar")),
                button(Wish::Cancel, self.by("Cancelar", "Cancel", "Cancelar")),
            ],
        )
    }

    /// Tells people what is the matter with an appointment and the outside calendar.
    #[must_use]
    pub fn flagged(&self, row: &Appointment, flag: Flag) -> Content {
        let (es, en, pt) = match flag {
            Flag::Overlap => (
                "Hay otro evento a la misma hora en el calendario externo; la cita sigue en pie",
                "Another event overlaps it in the outside calendar; the appointment stands",
                "Há outro evento no mesmo horário no calendário externo; o agendamento continua",
            ),
            Flag::MovedOutside => (
                "Se movió en el calendario externo a una hora que no cabe en la agenda; sigue en pie como estaba",
                "It was moved in the outside calendar to a time that does not fit the book; it stands as it was",
                "Foi movido no calendário externo para um horário que não cabe na agenda; continua como estava",
            ),
            Flag::MovedTwice => (
                "Se movió en el calendario externo mientras el cliente la movía; vale lo que se le dijo al cliente",
                "It was moved in the outside calendar while the customer moved it; what the customer was told counts",
                "Foi movido no calendário externo enquanto o cliente o movia; vale o que foi dito ao cliente",
            ),
            Flag::Closed => (
                "El calendario externo ya no está disponible: revise ahí el evento de esta cita",
                "The outside calendar is closed to us: please look after this appointment's event there",
                "O calendário externo não está mais disponível: verifique lá o evento deste agendamento",
            ),
            Flag::Refused => (
                "El calendario externo no acepta el evento de esta cita",
                "The outside calendar refuses this appointment's event",
                "O calendário externo não aceita o evento deste agendamento",
            ),
            Flag::CalledOff => (
                "Se borró en el calendario externo y quedó cancelada; no se le avisó al cliente",
                "It was deleted in the outside calendar and is cancelled; the customer was not told",
                "Foi apagado no calendário externo e está cancelado; o cliente não foi avisado",
            ),
        };
        Content::text(format!("{}: {}.", self.by(es, en, pt), self.appointment(row)))
    }

    /// Tells that the business called an appointment off.
    #[must_use]
    pub fn called_off(&self, row: &Appointment) -> Content {
        let what = self.appointment(row);
        Content::text(match self.language {
            Language::Es => format!("Le aviso que su cita fue cancelada por el negocio: {what}. ¿Quiere que busquemos otro horario?"),
            Language::En => format!("Your appointment was cancelled by the business: {what}. Shall we look for another time?"),
            Language::Pt => format!("Aviso que seu agendamento foi cancelado pela empresa: {what}. Quer que busquemos outro horário?"),
        })
    }

    /// Tells that no other time can be looked for, since the business does not offer this any more.
    #[must_use]
    pub fn not_offered(&self, row: &Appointment) -> Content {
        let what = self.appointment(row);
        Content::text(match self.language {
            Language::Es => format!("Ese servicio ya no se ofrece, así que no puedo buscarle otro horario. Su cita sigue en pie: {what}."),
            Language::En => {
                format!("That service is no longer offered, so I cannot look for another time. Your appointment stands: {what}.")
            }
            Language::Pt => {
                format!("Esse serviço não é mais oferecido, então não posso buscar outro horário. Seu agendamento continua: {what}.")
            }
        })
    }

    /// Tells that an appointment could not be confirmed or moved, before other times.
    #[must_use]
    pub fn failed(&self, row: &Appointment) -> String {
        let what = self.appointment(row);
        if row.moves.is_some() {
            let new = self.time(row.span.start);
            return match self.language {
                Language::Es => format!("No pude mover su cita al {new}. Sigue en pie como estaba."),
                Language::En => format!("I could not move your appointment to {new}. It stands as it was."),
                Language::Pt => format!("Não consegui mudar seu agendamento para {new}. Ele continua como estava."),
            };
        }
        match self.language {
            Language::Es => format!("No pude confirmar su cita: {what}."),
            Language::En => format!("I could not confirm your appointment: {what}."),
            Language::Pt => format!("Não consegui confirmar seu agendamento: {what}."),
        }
    }
}
