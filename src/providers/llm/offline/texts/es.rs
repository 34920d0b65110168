//! Spanish: neutral Latin American, formal.

use super::Texts;

pub(super) const TEXTS: Texts = Texts {
    hello: "¡Hola!",
    how_can_i_help: "Puedo darle información o tomar un recado. ¿En qué le puedo ayudar?",
    welcome: "¡Con mucho gusto! Aquí estamos si necesita algo más.",
    goodbye: "¡Gracias por escribirnos! Que tenga un buen día.",
    declined: "De acuerdo. Si necesita algo más, escríbame por aquí.",
    unknown: "Disculpe, no tengo esa información y prefiero no inventarla.",
    unknown_price: "Disculpe, no tengo ese precio y prefiero no inventarlo.",
    unknown_rest: "De lo demás que pregunta no tengo información.",
    offer: "¿Quiere que le atienda una persona del equipo, o prefiere dejar un recado?",
    is_machine: "No soy una persona: soy un programa.",
    offer_person: "¿Prefiere hablar con una persona?",
    write_please: "Disculpe, todavía no puedo ver ni escuchar ese tipo de mensaje. ¿Me lo puede escribir con palabras?",
    no_booking: "Por aquí todavía no puedo agendar, pero con gusto anoto su solicitud para el equipo.",
    message_gladly: "Con gusto anoto su recado.",
    name_again: "Disculpe, no entendí bien su nombre.",
    ask_name: "¿Me dice su nombre, por favor?",
    ask_name_and_reason: "¿Me dice su nombre y cuál es el recado?",
    thanks_name: "Gracias, {}.",
    ask_reason: "¿Cuál es el recado?",
    hand_asked: "Claro que sí. Le comunico con una persona de nuestro equipo, que le responderá por aquí.",
    hand_upset: "Lamento mucho la molestia. Le comunico con una persona de nuestro equipo para que lo revise con usted.",
    hand_unknown: "Disculpe, no tengo esa información. Le comunico con una persona de nuestro equipo, que le responderá por aquí.",
    hand_emergency: "Le comunico ahora mismo con una persona de nuestro equipo. Si hay peligro, llame ya a los servicios de emergencia de su localidad.",
    hand_unreadable: "Disculpe, no puedo leer sus mensajes como se debe. Le comunico con una persona de nuestro equipo, que los revisará.",
    hand_message: "Listo, {}: su recado quedó anotado. Una persona de nuestro equipo lo revisará y le responderá por aquí.",
    summary: "Últimas palabras del cliente:",
    settled_note: "El cliente dijo que su asunto quedó resuelto.",
};
