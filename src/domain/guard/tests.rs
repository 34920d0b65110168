//! Acceptance 57: a promise of a person is told from an offer of one.

use super::promises_person;

const PROMISES: &[&str] = &[
    "Te paso con un agente.",
    "Un compañero le contactará en breve.",
    "Claro, enseguida le comunico con una persona de recepción",
    "Voy a transferirte con un asesor.",
    "Ya avisé al equipo, alguien te responderá pronto.",
    "Nuestro equipo se pondrá en contacto con usted mañana.",
    "Nos pondremos en contacto contigo a la brevedad.",
    "Le llamaremos hoy mismo.",
    "Te estoy transfiriendo con un humano, un momento por favor.",
    "Entiendo tu molestia. Un especialista va a revisar tu caso y te va a llamar.",
    "Le derivo a un ejecutivo",
    "he escalado su caso a un supervisor",
    "te paso kon un asesor",
    "Te paso con un agente, ¿ok?",
    "En un momento lo atenderá una persona. Un agente le atenderá.",
    "I'll connect you to a human agent.",
    "Let me transfer you to a colleague.",
    "Someone from our team will get back to you shortly.",
    "I'm passing this on to our receptionist now.",
    "Transferring you now.",
    "We will call you back tomorrow.",
    "An agent will be with you in a moment",
    "I have forwarded your request to our staff.",
    "You're being transferred to a representative.",
    "I'll get someone to help you, one moment.",
    "One of our specialists will reach out by email. A specialist will reach out.",
    "Vou transferir você para um atendente.",
    "Um atendente vai te responder em breve.",
    "Nossa equipe entrará em contato com você.",
    "Já avisei a equipe, aguarde.",
    "Estou te encaminhando para uma pessoa do time.",
    "Entraremos em contato assim que possível.",
    "Vou chamar alguém para ajudar.",
    "Vou passar o seu caso para o gerente",
    "Uma pessoa vai te ligar hoje.",
];

const HARMLESS: &[&str] = &[
    "¿Quiere que le pase con una persona?",
    "Si quiere, le paso con un agente.",
    "Si gusta, puedo pedir que un compañero le llame.",
    "Puedo pasarle con una persona del equipo cuando lo desee.",
    "No puedo pasarle con una persona en este momento.",
    "¿Prefiere hablar con alguien o dejar un recado?",
    "Soy el asistente automático de la clínica.",
    "Atendemos de 9 a 18. El doctor atiende los martes.",
    "Nuestro equipo tiene 20 años de experiencia.",
    "Puede llamarnos al 55 5555 0100.",
    "¿A nombre de quién lo anoto?",
    "Le paso la dirección: Av. Reforma 250.",
    "El precio por persona es de $300.",
    "Mesa para cuatro personas, ¿correcto?",
    "If you want, I can ask a colleague.",
    "Would you like me to transfer you to an agent?",
    "I can take a message for the team.",
    "Our team is open Monday to Friday.",
    "You can call our receptionist at any time.",
    "I cannot transfer you to a person.",
    "Do you want someone to call you back?",
    "Please bring your ID; the staff speaks English.",
    "I'll write that down. What is your name?",
    "Nobody will call you about this.",
    "It takes one person about an hour.",
    "Quer que eu transfira para um atendente?",
    "Se preferir, posso chamar alguém da equipe.",
    "Nossa equipe é especializada em massas.",
    "Não posso transferir você para uma pessoa.",
    "Você pode ligar para o nosso time.",
    "O rodízio custa R$ 79 por pessoa.",
    "Posso anotar um recado para a equipe. Qual é o seu nome?",
    "Passo a passo: entre no site e escolha o horário.",
    "",
];

#[test]
fn conv_57_a_promise_of_a_person_is_detected() {
    assert!(PROMISES.len() >= 25);
    let missed: Vec<_> = PROMISES.iter().filter(|text| !promises_person(text)).collect();
    assert!(missed.is_empty(), "missed: {missed:#?}");
}

#[test]
fn conv_57_an_offer_a_question_and_a_denial_are_no_promises() {
    assert!(HARMLESS.len() >= 25);
    let wrong: Vec<_> = HARMLESS.iter().filter(|text| promises_person(text)).collect();
    assert!(wrong.is_empty(), "wrongly caught: {wrong:#?}");
}

#[test]
fn a_promise_behind_an_offer_is_still_seen() {
    assert!(promises_person("¿Quiere que le ayude con algo más? Le paso con un asesor."));
    assert!(promises_person("If you like, ask me more. I'll transfer you to an agent."));
}
