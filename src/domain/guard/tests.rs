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

/// Written after the word lists: before they learnt from it, 15 of 25 promises were seen, and none of the harmless sentences was caught.
const LATER_PROMISES: &[&str] = &[
    "Perfecto, ya le pedí a una compañera que le llame.",
    "Un miembro de nuestro equipo se comunicará contigo a la brevedad posible.",
    "Permítame comunicarle con un asesor.",
    "Déjame pasarte con alguien que pueda ayudarte.",
    "En breve te contactarán.",
    "Tu solicitud fue enviada al equipo y te responderán hoy.",
    "Dame un segundo, te conecto con soporte.",
    "Le atenderá una persona de nuestro equipo en unos minutos.",
    "El doctor le devolverá la llamada esta tarde.",
    "Se lo paso a mi supervisor para que le responda.",
    "A colleague will take it from here.",
    "Please hold while I transfer you.",
    "I've let the team know and they'll reach out soon.",
    "Our front desk will call you within the hour.",
    "Hang tight, I'm bringing in a human.",
    "Someone will get back to you.",
    "I am escalating this to a manager.",
    "You'll hear from us shortly.",
    "One of our staff members is going to contact you.",
    "Handing you over to a real person now.",
    "Aguarde um instante que já te passo para um atendente.",
    "Um colega vai dar continuidade ao seu atendimento.",
    "Vou encaminhar sua mensagem ao responsável e ele te retorna.",
    "Logo alguém da equipe fala com você.",
    "Vamos te ligar ainda hoje.",
];

const LATER_HARMLESS: &[&str] = &[
    "Con gusto le ayudo. ¿Qué servicio le interesa?",
    "El equipo médico cuenta con tres especialistas.",
    "Te paso los precios: limpieza $650.",
    "Le paso la ubicación en seguida.",
    "Para hablar con una persona, llame al 55 5555 0100.",
    "La recepcionista está de 9 a 18.",
    "Cada persona debe traer su identificación.",
    "No hay nadie disponible ahora.",
    "Si lo desea, un asesor le puede llamar.",
    "¿Le gustaría que alguien del equipo le contacte?",
    "Let me check that for you.",
    "I'll help you find the right service.",
    "Our specialists have many years of experience.",
    "You may ask for a person at any time.",
    "Should I put you through to someone?",
    "Each person pays separately.",
    "I'm an automatic assistant, not a person.",
    "We will be closed on Sunday.",
    "The team speaks English and Spanish.",
    "I will send you the address: 250 Main.",
    "Vou te passar o endereço: Rua Augusta, 1500.",
    "A equipe trabalha de terça a domingo.",
    "Cada pessoa pode levar um convidado.",
    "Posso ajudar com mais alguma coisa?",
    "Caso prefira, um atendente pode te ligar.",
];

#[test]
fn later_promises_are_told_apart_too() {
    let missed: Vec<_> = LATER_PROMISES.iter().filter(|text| !promises_person(text)).collect();
    let wrong: Vec<_> = LATER_HARMLESS.iter().filter(|text| promises_person(text)).collect();
    assert!(missed.is_empty() && wrong.is_empty(), "missed {}: {missed:#?}, wrong {}: {wrong:#?}", missed.len(), wrong.len());
}

/// A third list of promises: 13 of 16 were seen at first.
const LAST_PROMISES: &[&str] = &[
    "Ahora mismo le aviso a la recepcionista para que le atienda.",
    "En unos minutos será atendido por uno de nuestros asesores.",
    "Le dejo con mi compañera Laura.",
    "Alguien de administración se comunicará con usted.",
    "Un asesor humano continuará la conversación.",
    "Espere en línea, lo transfiero.",
    "We'll be in touch shortly.",
    "I'll have someone call you.",
    "A team member is reviewing your request and will reply soon.",
    "You will be contacted by our office.",
    "I'm looping in a colleague.",
    "Sure, switching you to a live agent.",
    "Você será atendido por um especialista em instantes.",
    "Vou pedir para alguém te ligar.",
    "Nosso time responde você já já.",
    "Só um momento, estou chamando a recepção.",
];

#[test]
fn the_last_promises_are_detected() {
    let missed: Vec<_> = LAST_PROMISES.iter().filter(|text| !promises_person(text)).collect();
    assert!(missed.is_empty(), "missed {} of {}: {missed:#?}", missed.len(), LAST_PROMISES.len());
}
