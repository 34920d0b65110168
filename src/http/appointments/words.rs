//! What the page of an appointment says, in Spanish, English and Portuguese, and what people of the business read of it.

use crate::domain::language::Language;
use serde::Serialize;

/// The fixed words of the page.
#[derive(Serialize)]
pub(super) struct Words {
    pub title: &'static str,
    pub service: &'static str,
    pub when: &'static str,
    pub with: &'static str,
    pub place: &'static str,
    pub come: &'static str,
    pub change: &'static str,
    pub cancel: &'static str,
    pub sure: &'static str,
    pub file: &'static str,
    pub ask_business: &'static str,
}

pub(super) const fn words(language: Language) -> Words {
    match language {
        Language::Es => Words {
            title: "Su cita",
            service: "Servicio",
            when: "Fecha y hora",
            with: "Con",
            place: "Dónde",
            come: "Sí, ahí estaré",
            change: "Pedir otro horario",
            cancel: "Cancelar la cita",
            sure: "Quiero cancelar",
            file: "Agregar a mi calendario",
            ask_business: "Para cambiarla o cancelarla, comuníquese con el negocio.",
        },
        Language::En => Words {
            title: "Your appointment",
            service: "Service",
            when: "Date and time",
            with: "With",
            place: "Where",
            come: "Yes, I will be there",
            change: "Ask for another time",
            cancel: "Cancel the appointment",
            sure: "I want to cancel",
            file: "Add to my calendar",
            ask_business: "To change or cancel it, please contact the business.",
        },
        Language::Pt => Words {
            title: "Seu agendamento",
            service: "Serviço",
            when: "Data e hora",
            with: "Com",
            place: "Onde",
            come: "Sim, estarei lá",
            change: "Pedir outro horário",
            cancel: "Cancelar o agendamento",
            sure: "Quero cancelar",
            file: "Adicionar ao meu calendário",
            ask_business: "Para mudar ou cancelar, fale com a empresa.",
        },
    }
}

/// What the page says above everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    Stands,
    Waits,
    Cancelled,
    Over,
    Thanks,
    Passed,
    TooLate,
    Changed,
}

pub(super) const fn says(language: Language, what: Says) -> &'static str {
    let [es, en, pt] = match what {
        Says::Stands => ["Está confirmada.", "It is confirmed.", "Está confirmado."],
        Says::Waits => ["Aún no está confirmada.", "It is not confirmed yet.", "Ainda não está confirmado."],
        Says::Cancelled => ["Está cancelada.", "It is cancelled.", "Está cancelado."],
        Says::Over => ["Esta cita ya pasó o ya no existe.", "This appointment is over.", "Este agendamento já passou."],
        Says::Thanks => ["Gracias, le esperamos.", "Thank you, see you there.", "Obrigado, até lá."],
        Says::Passed => [
            "Avisamos al negocio: le escribirán para acordar otro horario. Mientras tanto, su cita sigue en pie.",
            "The business has been told and will write to you about another time. Until then your appointment stands.",
            "Avisamos a empresa: vão escrever para combinar outro horário. Até lá, seu agendamento continua valendo.",
        ],
        Says::TooLate => [
            "Ya no se puede cancelar aquí: comuníquese con el negocio.",
            "It can no longer be cancelled here: please contact the business.",
            "Já não é possível cancelar aqui: fale com a empresa.",
        ],
        Says::Changed => [
            "La cita cambió mientras tanto. Así está ahora:",
            "The appointment has changed meanwhile. This is how it stands now:",
            "O agendamento mudou nesse meio-tempo. Está assim agora:",
        ],
    };
    match language {
        Language::Es => es,
        Language::En => en,
        Language::Pt => pt,
    }
}

/// What a customer did on the page, as people of the business read it in the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Comes,
    WantsOther,
    Cancelled,
}

impl Deed {
    /// Returns the word in keys of commands.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Comes => "come",
            Self::WantsOther => "move",
            Self::Cancelled => "cancel",
        }
    }
}

pub(super) fn note(language: Language, deed: Deed, what: &str) -> String {
    let [es, en, pt] = match deed {
        Deed::Comes => [
            "El cliente confirmó por correo que vendrá",
            "The customer says by mail that they come",
            "O cliente confirmou por e-mail que vem",
        ],
        Deed::WantsOther => [
            "El cliente pide otro horario por correo",
            "The customer asks by mail for another time",
            "O cliente pede por e-mail outro horário",
        ],
        Deed::Cancelled => ["El cliente canceló por correo", "The customer cancelled by mail", "O cliente cancelou por e-mail"],
    };
    let said = match language {
        Language::Es => es,
        Language::En => en,
        Language::Pt => pt,
    };
    format!("{said}: {what}")
}
