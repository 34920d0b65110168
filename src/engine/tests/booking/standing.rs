//! A model that gets booking wrong for a customer who has an appointment: it cancels instead of answering, names somebody else's, says yes to what
//! the waiting list holds, and claims what no tool did. In every language.

use super::kit::{Clinic, ROOM};
use super::models::{calls, clinic, says};
use crate::domain::booking::Appointment;
use crate::domain::content::Content;
use crate::ports::bookings::{Bookings, Filter};
use crate::testing::llm::ScriptedLlm;
use anyhow::{Context, Result};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Tomorrow at five in Mexico City: the customer's.
const STANDS: &str = "confirmed 2027-03-04T23:00:00Z";
/// Friday at ten: somebody else's.
const OTHERS: &str = "2027-03-05T16:00:00Z";
/// Saturday at eleven.
const ELEVEN: &str = "2027-03-06T17:00:00Z";

/// What is said in a language.
struct Words {
    wish: &'static str,
    yes: &'static str,
    /// A question about what stands.
    question: &'static str,
    /// Neither a yes nor a no.
    hesitates: &'static str,
    harmless: &'static str,
    /// A wish to move.
    moves: &'static str,
    saturday: &'static str,
    tell_me: &'static str,
    /// Claims of a second booking, a move, a cancellation; each as it comes first and as it comes again.
    claims: [[&'static str; 2]; 3],
    /// A question that mentions the times of these.
    asks_for: &'static str,
    /// What an honest model says of what stands.
    honest: [&'static str; 4],
}

const ALL: [Words; 3] = [
    Words {
        wish: "una limpieza mañana a las 5 por favor",
        yes: "sí",
        question: "¿y cuánto tiempo dura la limpieza, más o menos?",
        hesitates: "hmm, no sé, déjeme pensarlo un rato",
        harmless: "¿Le puedo ayudar en algo más?",
        moves: "quisiera mover mi cita, ¿se puede?",
        saturday: "una limpieza el sábado a las 11",
        tell_me: "avíseme",
        claims: [
            ["Listo, su revisión quedó confirmada para el viernes a las 10.", "Su revisión quedó agendada, no olvide traer sus estudios."],
            ["Listo, su cita quedó reprogramada para el viernes a las 10.", "Moví su cita al viernes a las 10, no necesita llamar."],
            ["Su cita quedó cancelada, sin costo.", "No se preocupe, ya cancelé su cita de mañana."],
        ],
        asks_for: "¿y una revisión el viernes a las 10, qué tal?",
        honest: [
            "Su cita de mañana a las 5 sigue en pie.",
            "Tiene una cita confirmada el jueves.",
            "Su cita está confirmada para mañana a las 5 de la tarde, no olvide su identificación.",
            "No pude mover su cita. Para cancelar su cita, escriba por aquí.",
        ],
    },
    Words {
        wish: "a cleaning tomorrow at 5pm please",
        yes: "yes",
        question: "and how long does the cleaning take, more or less?",
        hesitates: "hmm, I do not know, let me think about it",
        harmless: "Can I help you with anything else?",
        moves: "I would like to move my appointment, is that possible?",
        saturday: "a cleaning on Saturday at 11am please",
        tell_me: "let me know",
        claims: [
            ["Done, your checkup is booked for Friday at 10.", "Your checkup appointment has been booked, no need to call."],
            ["Done, I've moved your appointment to Friday at 10.", "Your appointment has been rescheduled for Friday, no need to call."],
            ["Your appointment has been cancelled, no charge.", "No worries, I've cancelled your appointment for tomorrow."],
        ],
        asks_for: "and what about a checkup on Friday at 10am?",
        honest: [
            "Your appointment tomorrow at 5 still stands.",
            "You have an appointment confirmed for Thursday.",
            "Your appointment is confirmed for tomorrow at 5 pm, no need to call.",
            "I could not move your appointment. To cancel your appointment, write to me here.",
        ],
    },
    Words {
        wish: "uma limpeza amanhã às 17h, por favor",
        yes: "sim",
        question: "e quanto tempo demora a limpeza, mais ou menos?",
        hesitates: "hmm, não sei, deixa eu pensar um pouco",
        harmless: "Posso ajudar com mais alguma coisa?",
        moves: "gostaria de mudar meu agendamento, é possível?",
        saturday: "uma limpeza no sábado às 11h",
        tell_me: "me avise",
        claims: [
            ["Pronto, sua avaliação está confirmada para sexta às 10h.", "Sua consulta ficou marcada para sexta, não precisa ligar."],
            ["Remarquei sua consulta para sexta às 10h.", "Sua consulta foi remarcada para sexta, não precisa ligar."],
            ["Sua consulta foi cancelada, sem custo.", "Não se preocupe, cancelei sua consulta de amanhã."],
        ],
        asks_for: "e uma avaliação na sexta às 10h, pode ser?",
        honest: [
            "Sua consulta de amanhã às 17h continua de pé.",
            "Você tem uma consulta marcada para quinta.",
            "Sua consulta está confirmada para amanhã às 17h, não precisa ligar.",
            "Não consegui mudar sua consulta. Para cancelar, escreva por aqui.",
        ],
    },
];

/// A customer with an appointment tomorrow at five.
async fn customer(words: &Words) -> Result<(Arc<ScriptedLlm>, Clinic)> {
    let model = Arc::new(ScriptedLlm::default());
    let clinic = clinic(&model).await?;
    model.then(calls("find_slots", json!({"service": "", "when": ""})));
    clinic.says(ROOM, Content::text(words.wish)).await?;
    let told = clinic.says(ROOM, Content::text(words.yes)).await?;
    assert_eq!(clinic.appointments().await?, [STANDS], "{told}");
    Ok((model, clinic))
}

async fn others(clinic: &Clinic) -> Result<Appointment> {
    let all = clinic.rig.store.appointments(clinic.rig.tenant, Filter { limit: 50, ..Filter::default() }).await?;
    all.into_iter().find(|one| one.conversation.is_none()).context("nobody else's")
}

#[actix::test]
async fn a_call_to_cancel_instead_of_an_answer_only_asks_in_any_language() -> Result<()> {
    for words in &ALL {
        let (model, clinic) = customer(words).await?;
        model.then(calls("cancel_booking", json!({})));
        let asked = clinic.says(ROOM, Content::text(words.question)).await?;
        assert!(asked.contains('?'), "{asked}");
        model.then(calls("cancel_booking", json!({})));
        clinic.says(ROOM, Content::text(words.hesitates)).await?;
        assert_eq!(clinic.appointments().await?, [STANDS]);
    }
    Ok(())
}

#[actix::test]
async fn somebody_elses_appointment_is_neither_moved_nor_cancelled_in_any_language() -> Result<()> {
    for words in &ALL {
        let (model, clinic) = customer(words).await?;
        clinic.taken(OTHERS).await?;
        let before = others(&clinic).await?;
        let id = before.id.0.simple().to_string();
        let reference = id.get(id.len() - 6..).context("a short id")?;
        model.then(calls("reschedule_booking", json!({"appointment": reference, "when": ""})));
        let answer = clinic.says(ROOM, Content::text(words.moves)).await?;
        assert!(!answer.contains("10:00"), "{answer}");
        model.then(calls("cancel_booking", json!({"appointment": reference})));
        let answer = clinic.says(ROOM, Content::text(words.hesitates)).await?;
        assert!(!answer.contains("10:00"), "{answer}");
        let after = others(&clinic).await?;
        assert_eq!((after.version, after.status, after.span), (before.version, before.status, before.span));
        assert_eq!(clinic.appointments().await?, [STANDS]);
    }
    Ok(())
}

#[actix::test]
async fn what_the_waiting_list_holds_is_not_confirmed_by_a_model_in_any_language() -> Result<()> {
    for words in &ALL {
        let model = Arc::new(ScriptedLlm::default());
        let clinic = clinic(&model).await?;
        clinic.fill("2027-03-06", "2027-03-06").await?;
        model.then(calls("find_slots", json!({"service": "", "when": ""})));
        clinic.says(ROOM, Content::text(words.saturday)).await?;
        model.then(calls("join_waitlist", json!({"service": "", "when": ""})));
        let told = clinic.says(ROOM, Content::text(words.tell_me)).await?;
        clinic.rig.pass(Duration::from_secs(2), Duration::from_millis(500)).await;
        let offered = clinic.frees(ELEVEN).await?;
        assert_eq!(clinic.newest().await?.status.as_str(), "held", "{told} {offered}");
        model.then(calls("confirm_booking", json!({"name": "Ana"})));
        model.then(says(words.harmless));
        assert_eq!(clinic.says(ROOM, Content::text(words.question)).await?, words.harmless);
        assert!(clinic.appointments().await?.is_empty());
    }
    Ok(())
}

#[actix::test]
async fn sched_a89_after_a_true_booking_no_false_one_no_move_and_no_cancellation_is_heard() -> Result<()> {
    for words in &ALL {
        for claims in words.claims {
            let (model, clinic) = customer(words).await?;
            claims.iter().for_each(|text| model.then(says(text)));
            let answer = clinic.says(ROOM, Content::text(words.asks_for)).await?;
            let heard = clinic.rig.received(ROOM);
            assert!(!claims.iter().any(|claim| heard.iter().any(|text| text == claim)), "{heard:?}");
            assert!(!answer.is_empty());
            assert_eq!(clinic.appointments().await?, [STANDS]);
        }
    }
    Ok(())
}

#[actix::test]
async fn what_stands_may_be_told_in_a_models_own_words_in_any_language() -> Result<()> {
    for words in &ALL {
        let (model, clinic) = customer(words).await?;
        for text in words.honest {
            model.then(says(text));
            assert_eq!(clinic.says(ROOM, Content::text(words.question)).await?, text);
        }
    }
    Ok(())
}
