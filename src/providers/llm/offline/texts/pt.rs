//! Portuguese of Brazil.

use super::Texts;

pub(super) const TEXTS: Texts = Texts {
    hello: "Olá!",
    how_can_i_help: "Posso dar informações ou anotar um recado. Como posso ajudar?",
    welcome: "Por nada! Estamos por aqui se precisar de mais alguma coisa.",
    goodbye: "Obrigado por escrever! Tenha um bom dia.",
    declined: "Tudo bem. Se precisar de mais alguma coisa, é só escrever por aqui.",
    unknown: "Desculpe, não tenho essa informação e prefiro não inventar.",
    unknown_price: "Desculpe, não tenho esse preço e prefiro não inventar.",
    unknown_rest: "Sobre o restante da pergunta não tenho informação.",
    offer: "Quer que uma pessoa da equipe atenda você, ou prefere deixar um recado?",
    is_machine: "Não sou uma pessoa: sou um programa.",
    offer_person: "Prefere falar com uma pessoa?",
    write_please: "Desculpe, ainda não consigo ver nem ouvir esse tipo de mensagem. Pode escrever com palavras, por favor?",
    no_booking: "Por aqui ainda não consigo agendar, mas anoto o seu pedido para a equipe com prazer.",
    message_gladly: "Anoto o seu recado com prazer.",
    name_again: "Desculpe, não entendi bem o seu nome.",
    ask_name: "Qual é o seu nome, por favor?",
    ask_name_and_reason: "Qual é o seu nome, e qual é o recado?",
    thanks_name: "Obrigado, {}.",
    ask_reason: "Qual é o recado?",
    hand_asked: "Claro. Vou passar a conversa para uma pessoa da nossa equipe, que responderá por aqui.",
    hand_upset: "Lamento muito pelo ocorrido. Vou passar a conversa para uma pessoa da nossa equipe, que vai ver isso com você.",
    hand_unknown: "Desculpe, não tenho essa informação. Vou passar a conversa para uma pessoa da nossa equipe, que responderá por aqui.",
    hand_emergency: "Vou passar a conversa agora mesmo para uma pessoa da nossa equipe. Se houver perigo, ligue já para o serviço de emergência da sua cidade.",
    hand_unreadable: "Desculpe, não consigo ler bem as suas mensagens. Vou passar a conversa para uma pessoa da nossa equipe, que vai olhar.",
    hand_message: "Pronto, {}: seu recado está anotado. Uma pessoa da nossa equipe vai ver e responder por aqui.",
    summary: "Últimas palavras do cliente:",
    settled_note: "O cliente disse que o assunto está resolvido.",
};
