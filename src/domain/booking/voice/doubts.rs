//! Questions back, where the words for a time leave a doubt.

use super::{NO_SUCH_ZONE, Voice, WHICH_ONE, content, in_language};
use crate::domain::content::Content;
use crate::domain::language::Language;

/// What is wrong with the words for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// One of these is meant; as the customer reads them.
    OneOf(Vec<String>),
    /// It has passed.
    Past,
    /// There is no such date.
    NoSuchDate {
        /// The day of the month.
        day: u32,
        /// The month.
        month: u32,
    },
    /// A place whose clocks are not known.
    NoSuchZone,
    /// Nobody of that name.
    NoSuchPerson(Vec<String>),
}

impl Voice<'_> {
    /// Asks the customer to say it in another way.
    #[must_use]
    pub fn ask_back(&self, trouble: &Trouble) -> Content {
        match trouble {
            Trouble::OneOf(choices) => {
                let question = in_language(&WHICH_ONE, self.language);
                let lines: Vec<String> = choices.iter().map(|choice| format!("- {choice}")).collect();
                content(format!("{question}\n{}", lines.join("\n")), Vec::new())
            }
            Trouble::Past => Content::text(self.by(
                "Esa fecha ya pasó. ¿Qué otro día u hora le acomoda?",
                "That date has passed. Which other day or time suits you?",
                "Essa data já passou. Que outro dia ou horário fica melhor?",
            )),
            Trouble::NoSuchDate { day, month } => Content::text(match self.language {
                Language::Es => format!("El {day}/{month} no existe en el calendario. ¿Qué día le acomoda?"),
                Language::En => format!("There is no such date ({}). Which day suits you?", english(*day, *month)),
                Language::Pt => format!("O dia {day}/{month} não existe no calendário. Que dia fica melhor?"),
            }),
            Trouble::NoSuchZone => {
                let (unknown, here) = (in_language(&NO_SUCH_ZONE, self.language), self.labels().zone_name());
                Content::text(match self.language {
                    Language::Es => {
                        format!("{unknown} ¿Me dice el día y la hora en {here}, o en la de una ciudad grande con su misma hora?")
                    }
                    Language::En => format!("{unknown} Could you tell me day and time in {here}, or in that of a big city with your time?"),
                    Language::Pt => format!("{unknown} Pode dizer o dia e a hora no {here}, ou no de uma cidade grande com a mesma hora?"),
                })
            }
            Trouble::NoSuchPerson(names) => {
                let question =
                    self.by("¿Con quién desea su cita?", "With whom would you like the appointment?", "Com quem deseja o agendamento?");
                let lines: Vec<String> = names.iter().map(|name| format!("- {name}")).collect();
                Content::text(format!("{question}\n{}", lines.join("\n")))
            }
        }
    }
}

fn english(day: u32, month: u32) -> String {
    const MONTHS: [&str; 12] =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
    let name = usize::try_from(month).ok().and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    name.map_or_else(|| format!("{day}/{month}"), |name| format!("{day} {name}"))
}
