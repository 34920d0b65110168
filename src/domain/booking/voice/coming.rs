//! A customer says that they come: thanks for them, a note for people.

use super::Voice;
use crate::domain::booking::Appointment;
use crate::domain::content::Content;
use crate::domain::language::Language;

impl Voice<'_> {
    /// Thanks a customer who says that they come.
    #[must_use]
    pub fn thanks(&self, appointment: &Appointment) -> Content {
        let what = self.appointment(appointment);
        Content::text(match self.language {
            Language::Es => format!("Gracias, le esperamos: {what}."),
            Language::En => format!("Thank you, see you there: {what}."),
            Language::Pt => format!("Obrigado, até lá: {what}."),
        })
    }

    /// Tells people that the customer comes.
    #[must_use]
    pub fn comes(&self, appointment: &Appointment) -> String {
        let what = self.appointment(appointment);
        match self.language {
            Language::Es => format!("El cliente confirmó que vendrá: {what}"),
            Language::En => format!("The customer says that they come: {what}"),
            Language::Pt => format!("O cliente confirmou que vem: {what}"),
        }
    }
}
