//! What is told of an appointment without having been asked.

use super::{Voice, Wish, content, reminder_button};
use crate::domain::booking::Appointment;
use crate::domain::content::Content;
use crate::domain::language::Language;

impl Voice<'_> {
    /// Reminds of an appointment; its buttons speak of this version only.
    #[must_use]
    pub fn reminder(&self, row: &Appointment) -> Content {
        let what = self.appointment(row);
        let hello = row.name.as_deref().map(|name| format!(" {name},")).unwrap_or_default();
        let text = match self.language {
            Language::Es => format!("Hola{hello} le recuerdo su cita: {what} ({}). ¿Nos acompaña?", self.labels().zone_name()),
            Language::En => {
                format!("Hello{hello} a reminder of your appointment: {what} ({}). Will you be there?", self.labels().zone_name())
            }
            Language::Pt => format!("Olá{hello} lembrando do seu agendamento: {what} ({}). Você vem?", self.labels().zone_name()),
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

    /// Tells that an appointment could not be confirmed, before other times.
    #[must_use]
    pub fn failed(&self, row: &Appointment) -> String {
        let what = self.appointment(row);
        match self.language {
            Language::Es => format!("No pude confirmar su cita: {what}."),
            Language::En => format!("I could not confirm your appointment: {what}."),
            Language::Pt => format!("Não consegui confirmar seu agendamento: {what}."),
        }
    }
}
