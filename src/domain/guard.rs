//! Catches promises of a person before they leave: a text that says that people take over must come with the hand-over itself.
//!
//! Pure and language-blind (es, en, pt at once). Reads statements only: a question or a condition is an offer, not a promise. The other
//! guards of an answer are in the files beside: `verdict` asks them all.

mod claims;
mod days;
pub mod deeds;
pub mod figures;
mod grounds;
pub mod leak;
pub mod shape;
mod tokens;
pub mod verdict;

pub use verdict::{Finding, Grounds, judge};

use crate::domain::words::{Phrase, Words, phrases, sentences};

/// Marks of an offer or a condition: the sentence binds nobody.
const CONDITIONS: &[Phrase] = &phrases([
    "si quiere/quieres/queres/gusta/gustas/prefiere/prefieres/preferis/desea/deseas/necesita/necesitas/lo/la/me/usted/le/te",
    "cuando quiera/quieras/guste/gustes/llegue/llegues",
    "if/unless",
    "whenever you",
    "se quiser/preferir/precisar/desejar/voce/vc/o/for",
    "caso queira/prefira/precise/deseje/voce",
    "quando quiser/chegar",
    "puedo",
    "podria/podriamos/podemos",
    "puede/puedes/podes",
    "can/could/may/might",
    "posso/podemos/poderia/pode",
    "would you",
    "do you want",
    "quiere/quieres/queres que",
    "quer que",
    "gostaria",
    "prefiere/prefieres",
]);

/// Denials: "no puedo pasarle con una persona", "nobody will call you".
const DENIALS: &[Phrase] = &phrases([
    "no puedo/podemos/es/hay/tengo/voy/se/te/le",
    "nadie/nunca",
    "nobody",
    "no one",
    "cannot/cant/wont/unable",
    "not able/possible/going",
    "nao posso/podemos/consigo/vou/ha/tenho/vai",
    "ninguem",
]);

const PEOPLE: &str = "soporte/support/desk/office/department/departamento/ventas/sales/suporte/setor/miembro/membro/member/jefe/boss/especialistas/specialists/dueno/owner/dono/agente/agentes/asesor/asesora/asesores/persona/personas/humano/humana/companero/companera/companeros/colega/colegas/equipo/ejecutivo/ejecutiva/especialista/operador/operadora/recepcion/recepcionista/encargado/encargada/gerente/alguien/representante/supervisor/responsable/personal/agent/agents/person/human/someone/somebody/colleague/colleagues/team/staff/representative/rep/manager/specialist/receptionist/operator/advisor/associate/supervisor/atendente/atendentes/pessoa/pessoas/equipe/time/alguem/consultor/consultora/responsavel/atendimento";

/// Someone of the business will act: matched between [`PEOPLE`] and these.
const WILL_ACT: &[Phrase] = &phrases([
    "contactara/contactaran/contactare/llamara/llamaran/escribira/escribiran/respondera/responderan/contestara/contestaran/atendera/atenderan/ayudara/ayudaran/revisara/comunicara/comunicaran/pondra/pondran/asistira/avisara/confirmara/dara/tomara/continuara/seguira",
    "va/van a contactar*/llamar*/escribir*/responder*/contestar*/atender*/ayudar*/comunicar*/poner*/revisar*/asistir*",
    "minutos/minuto/momento/hora/horas/rato/breve le/te/lo/la llama/contacta/responde/escribe/atiende",
    "contacta/atiende/llama/responde/escribe enseguida/ahora/pronto/momento/luego",
    "will/ll/shall contact/call/reply/answer/get/reach/be/follow/respond/help/assist/take/write/message/email/text/look/review/join",
    "is/are going contact/call/reply/answer/get/reach/respond/help/write",
    "is/are on way/line",
    "has/have been notified/informed/alerted",
    "is taking/joining",
    "entrara/entrarao/ligara/respondera/retornara/atendera/ajudara/chamara/falara/assumira",
    "vai/vao/ira/irao entrar/ligar/responder/retornar/atender/ajudar/chamar/falar/ver/assumir/continuar/te/lhe/lo",
    "dara/dara/va seguimiento/continuidad/respuesta",
    "vai/ira dar/continuar/seguir/cuidar/resolver/verificar/analisar",
    "fala/entra/chama/liga/retorna/responde voce/com/em/te",
    "estara/estaran contigo/con/en/contactando/llamando",
    "viene/esta camino",
    "is on/handling/looking/already",
    "le/te/lo/la estara/estaran",
    "takes over",
    "take from here",
]);

/// The business as "we" promises to come back; needs no person named.
const WE_WILL: &[Phrase] = &phrases([
    "nos pondremos/comunicaremos/comunicamos/contactaremos contacto/con/usted/contigo",
    "nos pondremos/comunicaremos/contactaremos",
    "te/le/lo/la/los/las llamaremos/contactaremos/responderemos/escribiremos/atenderemos/devolveremos",
    "te/le/lo/la llamamos/contactamos/devolvemos enseguida/pronto/luego/momento/manana/hoy/llamada",
    "we/well will/ll contact/call/reach/reply/respond/get/follow you/back/out/up",
    "well contact/call/reach/get/follow you/back/out/up",
    "we are going call/contact you",
    "entraremos em/contato",
    "retornaremos/responderemos",
    "te/lhe/o/a ligaremos/retornaremos",
    "vamos te/lhe ligar/retornar/responder/chamar/contatar",
    "vamos entrar/retornar contato/ligacao",
    "te/le/lo/la/les contactaran/llamaran/responderan/escribiran/atenderan/avisaran",
    "theyll/they reach/call/contact/reply/respond/message/email",
    "they will call/contact/reach/reply/respond",
    "will/ll/youll/shall hear/contacted/called from/by/shortly/soon",
    "you/youll will/be contacted/called/helped/assisted/attended",
    "devolvera/devolveran/regresara la/su/tu llamada/llamado",
    "return/returns your call/message",
    "be in touch",
    "en/in contacto/touch contigo/usted/shortly/soon",
    "estaremos/quedamos en contacto",
    "sera/seras/seran atendido/atendida/contactado/contactada/transferido/transferida/llamado/llamada",
    "voce sera atendido/atendida/contatado/contatada/transferido/transferida",
    "te/lhe/o/a ligarao/responderao/contatarao/chamarao",
    "vao/irao te/lhe ligar/responder/chamar/contatar",
    "estaran contactando/llamando",
    "while i/we transfer/connect",
]);

/// The assistant itself connects: first person, with a person named in the same sentence.
const I_CONNECT: &[Phrase] = &phrases([
    "te/le/lo/la/los/las/les paso/comunico/transfiero/conecto/derivo/canalizo/pongo/enlazo/contacto/dirijo",
    "voy/vamos/procedo/procedere a pasar*/comunicar*/transferir*/conectar*/derivar*/canalizar*/poner*/avisar*/llamar*/pedir*/escalar*/contactar*/turnar*",
    "te/le/lo/la pasare/comunicare/transferire/conectare/derivare/canalizare/pondre/contactare",
    "estoy/estamos pasando*/transfiriendo*/comunicando*/conectando*/derivando*/contactando*/avisando*",
    "he/hemos pasado/transferido/avisado/escalado/derivado/notificado/pedido",
    "ya avise/avisamos/pase/transferi/notifique/escale",
    "aviso/avisamos a",
    "transfiriendo/conectando/comunicando/derivando",
    "queda/quedas en manos",
    "ill/i/well/we connect/transfer/hand/pass/put/forward/escalate/get/ask/notify/bring/loop/refer you/your/this/it/a/the/someone/one/my",
    "ill/well/let/im/am/me connect*/transfer*/hand*/pass*/put*/forward*/escalat*/get*/bring*/loop*/refer*/notif*/ask*",
    "connecting/transferring/handing/forwarding/escalating/passing you/your/this",
    "have/ive/weve transferred/forwarded/escalated/passed/notified/asked/alerted",
    "you are/youre being transferred/connected",
    "being transferred/connected/handed",
    "vou/vamos te/lhe/o/a transferir/passar/encaminhar/conectar/chamar/direcionar/colocar/pedir/avisar",
    "vou/vamos transferir/passar/encaminhar/conectar/chamar/direcionar/colocar/pedir/avisar/acionar",
    "estou/estamos transferindo/encaminhando/passando/chamando/conectando/direcionando",
    "transfiro/encaminho/passo/conecto",
    "ja avisei/transferi/encaminhei/chamei/passei",
    "transferindo/encaminhando",
    "le/les/te pedi/pido/pedire/aviso/avisare/dije/digo/diré a/al/que",
    "while i/we transfer/connect/get",
    "ive/i/we let/told/informed/alerted/notified/asked/messaged",
    "permitame/permiteme/dejame/dejeme comunicar*/pasar*/transferir*/conectar*/contactar*/derivar*",
    "estare/estaremos transfiriendo/pasando/comunicando",
    "me permita/deixa/deixe eu/te chamar/passar/transferir",
    "pedi/pedirei ao/a/para",
    "le/te/lo/la dejo con",
    "ill/well/let/me have/make/let someone/somebody/person/agent/colleague",
    "switching/moving/sending you to/over",
    "te/lhe deixo com",
]);

/// Returns true if the text says (not asks, not offers) that a person will answer or that it is transferring to one.
#[must_use]
pub fn promises_person(text: &str) -> bool {
    sentences(text).iter().any(|sentence| is_promise(sentence))
}

fn is_promise(sentence: &str) -> bool {
    let words = Words::of(statement_of(sentence));
    // Most sentences promise nothing: only of what may be a promise it is asked whether a condition or a denial takes it back.
    !words.is_empty() && may_promise(&words) && !words.any_of(CONDITIONS) && !words.any_of(DENIALS)
}

fn may_promise(words: &Words) -> bool {
    let person = words.any(&[PEOPLE]);
    let waits =
        || words.any(&["un momento/minuto/instante", "one/a moment/minute/second", "please hold", "um momento/minuto/instante", "hold on"]);
    let transfers = || {
        words.any(&[
            "transfiriendo*/transferindo/transferring",
            "te/le/lo/la/lhe/o transfiero/transferire/transfiro",
            "vou te/lhe/o transferir",
            "ill transfer you",
            "being transferred",
        ])
    };
    person && (words.any_of(WILL_ACT) || words.any_of(I_CONNECT))
        || words.any_of(WE_WILL)
        || transfers()
        || (person && waits() && words.any(&["paso/pasando/passando/busco/chamo/getting/find*"]))
}

/// Returns the part of a sentence that states something: nothing of a question, but what stands before a tag ("I'll transfer you, ok?").
fn statement_of(sentence: &str) -> &str {
    if !sentence.ends_with('?') {
        return sentence;
    }
    match sentence.rsplit_once(',') {
        Some((statement, tag)) if Words::of(tag).len() <= 2 && !sentence.starts_with('¿') => statement,
        Some(_) | None => "",
    }
}

#[cfg(test)]
mod cases;
#[cfg(test)]
mod tests;
