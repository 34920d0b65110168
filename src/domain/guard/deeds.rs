//! Deeds that bind: a booking or its move, a cancellation, a payment, a place on the waiting list; and the phrases that claim one, in es, en and
//! pt at once. Whether a phrase is a claim is read in `claims`, whether a claim is true in `grounds`.

use crate::domain::words::{Phrase, phrases};
use serde::{Deserialize, Serialize};

/// What can be claimed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// An appointment, a table, a place was taken, or one was moved.
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

    /// Returns the phrases that claim it.
    pub(super) const fn phrases(self) -> &'static [Phrase] {
        match self {
            Self::Booking => BOOKED,
            Self::Cancellation => CANCELLED,
            Self::Payment => PAID,
            Self::Waiting => WAITS,
        }
    }
}

const BOOKED: &[Phrase] = &phrases([
    "cita/reserva/reservacion/turno/mesa/lugar/consulta/visita/horario queda/quedo/esta/fue/sido/qued\u{f3} confirmad*/agendad*/reservad*/programad*/registrad*/apartad*",
    "cita/reserva/reservacion/turno/consulta/visita confirmada/agendada/reservada/programada/registrada/confirmado/agendado/reservado",
    "queda/quedas/quedo/esta/estas/ya confirmad*/agendad*/reservad*/programad*/apartad*",
    "he/hemos confirmado/agendado/reservado/programado/apartado",
    "le/te/lo/la/ya/les/los agende/reserve/programe/aparte/agendamos/reservamos/apartamos",
    "agende/reserve/aparte/confirme/programe su/tu/la/una/el/un cita/reserva/turno/mesa/lugar/consulta/visita/reservacion",
    "confirmo/confirmamos/agendo/agendamos/reservo/reservamos su/tu/la cita/reserva/turno/mesa/lugar/reservacion",
    "lo/la/le/te/los/las espero/esperamos manana/hoy/lunes/martes/miercoles/jueves/viernes/sabado/domingo/las",
    "appointment/booking/reservation/table/slot/visit is/has/was/been confirmed/booked/scheduled/reserved/set",
    "i/we/ive/weve booked/scheduled/reserved",
    "i/we/ive/weve confirmed your/the appointment/booking/reservation/table/slot/visit",
    "youre/you/are all set",
    "you are/were booked/confirmed/scheduled",
    "youre booked/confirmed/scheduled",
    "see you tomorrow/today/monday/tuesday/wednesday/thursday/friday/saturday/sunday/at",
    "consulta/reserva/horario/agendamento/mesa/visita esta/foi/ficou/sido confirmad*/agendad*/marcad*/reservad*",
    "esta/ficou/fica confirmad*/agendad*/marcad*/reservad*",
    "agendei/marquei/reservei/confirmei",
    "agendamos/marcamos/reservamos sua/seu/a/o consulta/horario/reserva/mesa",
    "cita/reserva/reservacion/turno/consulta se agendo/reservo/confirmo/programo/registro/aparto",
    "cita/reserva/reservacion/turno/mesa/consulta/visita quedo para/el/manana/hoy/lunes/martes/miercoles/jueves/viernes/sabado/domingo",
    "le/te/lo/la agendo/reservo/aparto para/el/manana/hoy",
    "ive/weve/i/we gone ahead booked/scheduled/reserved/moved/rescheduled/confirmed",
    "seeing you tomorrow/today/monday/tuesday/wednesday/thursday/friday/saturday/sunday/at",
    "espero/esperamos voce amanha/hoje/na/no/as/segunda/terca/quarta/quinta/sexta/sabado/domingo",
    // Moves.
    "cita/reserva/reservacion/turno/mesa/consulta/visita queda/quedo/esta/fue/sido/ha reprogramad*/reagendad*/movid*/cambiad*/pospuest*/aplazad*/adelantad*/recorrid*/modificad*/trasladad*",
    "cita/reserva/reservacion/turno/consulta/visita movida/reprogramada/reagendada/pospuesta/cambiada/reprogramado/reagendado",
    "cita/reserva/reservacion/turno/consulta/visita se movio/cambio/reprogramo/reagendo/pospuso/adelanto/recorrio",
    "queda/quedo/quedas/esta/fue/ya reprogramad*/reagendad*",
    "queda/quedo/fue movid*/cambiad*/recorrid*/pospuest* para/al/a",
    "he/hemos reprogramado/reagendado/pospuesto",
    "la/lo/le/te/se he/hemos movido/cambiado/adelantado/recorrido",
    "he/hemos movido/cambiado/adelantado/recorrido su/tu/la/el cita/reserva/reservacion/turno/mesa/consulta/visita",
    "le/te/lo/la/ya/se reprograme/reagende/movi/movimos/reprogramamos/reagendamos",
    "la/lo cambie/cambiamos/pase/pasamos para/al",
    "reprograme/reagende/movi/movimos/reprogramamos/reagendamos/cambie/cambiamos/muevo/cambio su/tu/la/el cita/reserva/reservacion/turno/mesa/consulta/visita",
    "appointment/booking/reservation/table/slot/visit is/has/was/been moved/rescheduled/changed/postponed/updated/shifted/switched/pushed",
    "appointment/booking/reservation/table/slot/visit is now on/at/for/set/tomorrow/today",
    "i/we/ive/weve rescheduled/postponed",
    "i/we/ive/weve moved/changed/shifted/switched/pushed/updated it/you/appointment/booking/reservation/slot/visit",
    "youve/been rescheduled/moved to/for",
    "consulta/reserva/agendamento/mesa/visita esta/foi/ficou/sido remarcad*/reagendad*/reprogramad*/alterad*/mudad*/transferid*/adiad*/antecipad*/trocad*",
    "consulta/reserva/horario/agendamento/visita remarcada/remarcado/reagendada/reagendado",
    "esta/foi/ficou/fica remarcad*/reagendad*",
    "remarquei/reagendei",
    "mudei/alterei/transferi/troquei/adiei/antecipei/movi sua/seu/a/o consulta/horario/reserva/agendamento/mesa/visita",
    "remarcamos/reagendamos/mudamos/alteramos/transferimos sua/seu/a/o consulta/horario/reserva/agendamento/mesa/visita",
]);
const CANCELLED: &[Phrase] = &phrases([
    "cita/reserva/reservacion/turno/pedido/consulta queda/quedo/esta/fue/sido/ha cancelad*/anulad*",
    "queda/quedo/esta/fue cancelad*/anulad*",
    "he/hemos cancelado/anulado",
    "le/te/ya/lo/la cancele/cancelamos/anule/anulamos",
    "cancele/cancelamos su/tu/la cita/reserva/turno/pedido",
    "appointment/booking/reservation/order is/has/was/been cancelled/canceled",
    "cita/reserva/reservacion/turno/consulta se cancelo/anulo",
    "i/we/ive/weve cancelled/canceled",
    "consulta/reserva/horario/pedido foi/esta/ficou cancelad*",
    "consulta/reserva/horario/pedido/agendamento cancelada/cancelado",
    "agendamento foi/esta/ficou cancelad*",
    "ive/weve/i/we gone ahead cancelled/canceled",
    "cancelei/desmarquei",
]);
const PAID: &[Phrase] = &phrases([
    "pago/anticipo/reembolso/devolucion/deposito queda/quedo/esta/fue/sido/ha recibid*/procesad*/acreditad*/aprobad*/registrad*/confirmad*/realizad*/devuelt*",
    "recibimos/recibi/registramos su/tu/el pago/anticipo/deposito",
    "he/hemos recibido/procesado/registrado/reembolsado/devuelto",
    "le/te reembolsamos/devolvimos/reembolse",
    "payment/refund/deposit is/has/was/been received/processed/issued/approved/confirmed/sent",
    "i/we/ive/weve received/processed/refunded/issued payment/refund/deposit/money/transfer",
    "i/we/ive/weve refunded/reimbursed",
    "pagamento/reembolso/sinal/estorno foi/esta/ficou recebid*/processad*/aprovad*/confirmad*/realizad*",
    "recebemos/recebi/estornei/reembolsamos",
]);

/// A promise to somebody who waits has a condition in it by its nature.
const WAITS: &[Phrase] = &phrases([
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
]);
