//! Claims that something binding was done: a booking, a cancellation, a payment. A claim is true only if a tool did it, or if it was said before
//! by people of the business or in a checked answer. Reads statements only, in es, en and pt at once.

use super::statement_of;
use crate::domain::words::{Words, sentences};
use serde::{Deserialize, Serialize};

/// What can be claimed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// An appointment, a table, a place was taken.
    Booking,
    /// One was given up.
    Cancellation,
    /// Money was received or returned.
    Payment,
    /// A place on the waiting list, or the word that the customer will hear of a time that becomes free.
    Waiting,
}

impl Deed {
    /// Every deed.
    pub const ALL: [Self; 4] = [Self::Booking, Self::Cancellation, Self::Payment, Self::Waiting];

    const fn claims(self) -> &'static [&'static str] {
        match self {
            Self::Booking => BOOKED,
            Self::Cancellation => CANCELLED,
            Self::Payment => PAID,
            Self::Waiting => WAITS,
        }
    }
}

const BOOKED: &[&str] = &[
    "cita/reserva/reservacion/turno/mesa/lugar/consulta/visita/horario queda/quedo/esta/fue/sido/qued\u{f3} confirmad*/agendad*/reservad*/programad*/registrad*/apartad*",
    "cita/reserva/reservacion/turno/consulta/visita confirmada/agendada/reservada/programada/registrada/confirmado/agendado/reservado",
    "queda/quedas/quedo/esta/estas/ya confirmad*/agendad*/reservad*/programad*/apartad*",
    "he/hemos confirmado/agendado/reservado/programado/apartado",
    "le/te/lo/la/ya/les/los agende/reserve/programe/aparte/agendamos/reservamos/apartamos",
    "agende/reserve/aparte/confirme/programe su/tu/la/una/el/un cita/reserva/turno/mesa/lugar/consulta/visita/reservacion",
    "confirmo/confirmamos/agendo/agendamos/reservo/reservamos su/tu/la cita/reserva/turno/mesa/lugar/reservacion",
    "lo/la/le/te/los/las espero/esperamos manana/hoy/lunes/martes/miercoles/jueves/viernes/sabado/domingo/las",
    "appointment/booking/reservation/table/slot/visit is/has/was/been confirmed/booked/scheduled/reserved/set",
    "ive/i/weve/we have/booked/scheduled/reserved booked/scheduled/reserved/your/you/a/the/it",
    "i/we/ive/weve booked/scheduled/reserved",
    "youre/you are/all all/booked/confirmed/scheduled set/booked/confirmed/scheduled/for",
    "youre booked/confirmed/scheduled",
    "see you tomorrow/today/monday/tuesday/wednesday/thursday/friday/saturday/sunday/at",
    "consulta/reserva/horario/agendamento/mesa/visita esta/foi/ficou/sido confirmad*/agendad*/marcad*/reservad*",
    "esta/ficou/fica confirmad*/agendad*/marcad*/reservad*",
    "agendei/marquei/reservei/confirmei",
    "agendamos/marcamos/reservamos sua/seu/a/o consulta/horario/reserva/mesa",
];
const CANCELLED: &[&str] = &[
    "cita/reserva/reservacion/turno/pedido/consulta queda/quedo/esta/fue/sido/ha cancelad*/anulad*",
    "queda/quedo/esta/fue cancelad*/anulad*",
    "he/hemos cancelado/anulado",
    "le/te/ya/lo/la cancele/cancelamos/anule/anulamos",
    "cancele/cancelamos su/tu/la cita/reserva/turno/pedido",
    "appointment/booking/reservation/order is/has/was/been cancelled/canceled",
    "i/we/ive/weve have/cancelled/canceled cancelled/canceled/your/it/the",
    "i/we/ive/weve cancelled/canceled",
    "consulta/reserva/horario/pedido foi/esta/ficou cancelad*",
    "cancelei/desmarquei",
];
const PAID: &[&str] = &[
    "pago/anticipo/reembolso/devolucion/deposito queda/quedo/esta/fue/sido/ha recibid*/procesad*/acreditad*/aprobad*/registrad*/confirmad*/realizad*/devuelt*",
    "recibimos/recibi/registramos su/tu/el pago/anticipo/deposito",
    "he/hemos recibido/procesado/registrado/reembolsado/devuelto",
    "le/te reembolsamos/devolvimos/reembolse",
    "payment/refund/deposit is/has/was/been received/processed/issued/approved/confirmed/sent",
    "i/we/ive/weve have/received/processed/refunded/issued received/processed/refunded/issued/your/you/the",
    "pagamento/reembolso/sinal/estorno foi/esta/ficou recebid*/processad*/aprovad*/confirmad*/realizad*",
    "recebemos/recebi/estornei/reembolsamos",
];

/// A promise to somebody who waits has a condition in it by its nature.
const WAITS: &[&str] = &[
    "avisare/avisaremos/avisamos/aviso/notificare/notificaremos/escribire/escribiremos si/cuando/apenas/cuanto liber*/desocup*/abre*/abra*/cancel*",
    "queda/quedo/quedas/esta/estas/puse/anote/anoto/agregue/agrego/inscribi/apunte lista espera",
    "will/ill/well notify/tell/message/text/know if/when/once opens/open/frees/free/available/cancels",
    "ill/will/well let you know if/when/once opens/open/frees/free/available/cancels",
    "youre/are/put/added/placed waitlist",
    "youre/are/put/added/placed waiting list",
    "put/added/placed you waiting list",
    "put/added/placed you waitlist",
    "avisarei/avisaremos/aviso/avisamos se/quando/assim abrir/vagar/liberar/surgir/desmarcar",
    "esta/coloquei/adicionei/inclui/ficou lista espera",
];

/// Words by which such a promise is none: a question, an offer, a denial.
const MAY_WAIT: &[&str] = &[
    "puedo/podria/podemos/quiere/quieres/desea/gustaria/could/can/may/would/shall/want/posso/poderia/quer/gostaria",
    "no/not/nao/nunca/never/cannot/cant",
];

/// Words that make a statement none: a condition, a denial, something still to come.
const OPEN: &[&str] = &[
    "si",
    "if",
    "se",
    "once",
    "cuando",
    "quando",
    "when",
    "until",
    "hasta que",
    "ate que",
    "una vez",
    "assim que",
    "para que",
    "despues de",
    "no",
    "not",
    "nao",
    "aun",
    "todavia",
    "ainda",
    "yet",
    "cannot",
    "cant",
    "nunca",
    "never",
    "tampoco",
    "sin",
    "sem",
    "without",
    "before",
    "antes",
    "whether",
    "al pagar/confirmar",
    "havent/hasnt/isnt/wasnt",
    "podria/puede/puedo/podemos/could/can/may/pode/posso/poderia",
    "would/will/shall",
    "necesit*/precis*/need*",
    "falta*",
    "sera",
    "pendiente/pending/pendente",
];

/// Returns the deeds that a text claims as done.
#[must_use]
pub fn claims(text: &str) -> Vec<Deed> {
    let mut all = Vec::new();
    for sentence in sentences(text) {
        let words = Words::of(statement_of(&sentence));
        let (open, may_wait) = (words.any(OPEN), words.any(MAY_WAIT));
        let stated = |deed: &Deed| if *deed == Deed::Waiting { !may_wait } else { !open };
        all.extend(Deed::ALL.into_iter().filter(|deed| stated(deed) && words.any(deed.claims())));
    }
    all.sort_by_key(|deed| *deed as u8);
    all.dedup();
    all
}
