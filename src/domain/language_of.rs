//! Tells which of our languages a customer writes. Counts small, telling words; never translates, never guesses from names.

use crate::domain::language::Language;
use crate::domain::words::Words;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Words that only one of the languages has, or spells so: each counts two.
const OWN: [(Language, &str); 3] = [
    (
        Language::Es,
        "hola buenas buenos gracias grasias quiero kiero quisiera cuanto cuantos cuanta cuesta cuestan cuando donde quien quienes hoy ustedes usted precios precio tienen tiene tenes tengo queres podes hacen \
         hacer hace alguien hablar ablar necesito ocupo cita citas turno direccion espanol abren cierran muy ahora ahorita eres sos tarjeta aceptan acepta adios hasta llamar llamo perdon disculpe y el los las del lo le les \
         pero soy ya llegue llegar dolor muela muelas porfa porfavor mejor manana sigo esperando mi mis estan queda quedan ubicacion con una unos bien puedo puede pueden podria muchas hay luego otra otro \
         nosotros vos che dale pasas pasame dime digame quedo listo ninguno tampoco entonces todavia aun mas siempre ahi aqui cual efectivo servicio servicios costo sale salen mensaje persona nombre \
         estoy buscando gustaria lunes martes miercoles jueves viernes ninos mascotas limpieza jaja saludos",
    ),
    (
        Language::En,
        "hello hi hey thanks thank thx please pls want how much many where what whats when which who why open close closed price prices address english someone anyone speak talk appointment cost costs does do did have has there \
         with hours need can could would should the is are was were you your yours my mine i im ive id this that these those and for of it its book call sorry to card phone be great good bye about will from u ur day they not dont \
         doesnt cant any still waiting discounts got parking nope yes yeah now see later tomorrow today come tooth hurts message leave we our us or at on in if up out get just some more than then here morning evening afternoon night really",
    ),
    (
        Language::Pt,
        "oi ola obrigado obrigada voce voces vc vcs quanto quantos custa custam onde hoje quero qro gostaria preco precos tem nao naum sim alguem falar preciso endereco bom boa tudo muito muita agora fica ficam aceita aceitam cartao \
         amanha tchau valeu vlw portugues meu minha seu sua um uma os ao aos na nas dos das pra pro mas qual quais isso ate aqui podem pode atendente pessoas pessoa ligar eu noite deixa robo estou sao vou queria orcamento manda \
         ta dor dente dentes da manha entao tambem ainda mais depois quando terca gente com em pix dinheiro beleza blz posso consigo fazer fazem limpeza mensagem voce",
    ),
];

/// Letters that only one of the languages has.
const LETTERS: [(Language, &[char]); 2] = [(Language::Es, &['ñ', '¿', '¡']), (Language::Pt, &['ã', 'õ', 'ç', 'ê', 'ô', 'à'])];

/// Returns the language of the newest text that tells one; `default` if none does. Texts stand newest last.
#[must_use]
pub fn detect<'a>(texts: impl DoubleEndedIterator<Item = &'a str>, default: Language) -> Language {
    texts.rev().find_map(language_of).unwrap_or(default)
}

/// Returns the language of one text; `None` if its words tell none, or two alike.
#[must_use]
pub fn language_of(text: &str) -> Option<Language> {
    // An address is no language: "ana@mail.com" says nothing in Portuguese.
    let plain: Vec<&str> = text.split_whitespace().filter(|word| !word.contains('@')).collect();
    let text = plain.join(" ");
    let words = Words::of(&text);
    match ranked(&words, &text) {
        [(best, language), (second, _), _] if best > second => Some(language),
        _ => None,
    }
}

/// Returns the language of a text only if there is hardly a doubt: several telling words, and few of another language.
#[must_use]
pub fn surely(text: &str) -> Option<Language> {
    let words = Words::of(text);
    match ranked(&words, text) {
        [(best, language), (second, _), _] if words.len() >= 4 && best >= 6 && best >= 2 * second + 2 => Some(language),
        _ => None,
    }
}

/// Returns true if the texts leave the language open: none of them tells one although there are words, or the newest one that does mixes
/// two. Texts stand newest last.
#[must_use]
pub fn doubtful<'a>(texts: impl DoubleEndedIterator<Item = &'a str>) -> bool {
    let mut spoken = false;
    for text in texts.rev() {
        let words = Words::of(text);
        match ranked(&words, text) {
            [(0, _), ..] => spoken |= words.iter().filter(|word| word.chars().any(char::is_alphabetic)).count() >= 2,
            [(best, _), (second, _), _] => return second > 0 && best < 2 * second,
        }
    }
    spoken
}

/// Returns the languages with what their words count, the best one first.
fn ranked(words: &Words, text: &str) -> [(usize, Language); 3] {
    let lower = text.to_lowercase();
    let mut places = 0..;
    let mut scores = OWN.map(|(language, _)| (score(words, places.next().unwrap_or_default(), &lower), language));
    scores.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scores
}

/// Every telling word with the languages that have it, by their places in [`OWN`]. Read once: every message asks for each of its words.
static TELLING: LazyLock<HashMap<&str, [bool; 3]>> = LazyLock::new(|| {
    let mut telling: HashMap<&str, [bool; 3]> = HashMap::new();
    for (place, (_, list)) in OWN.iter().enumerate() {
        for word in list.split_whitespace() {
            telling.entry(word).or_default().iter_mut().skip(place).take(1).for_each(|has| *has = true);
        }
    }
    telling
});

/// Counts the language's own words; one that another language has too counts half.
fn score(words: &Words, place: usize, lower: &str) -> usize {
    let telling = |word: &str| {
        let has = TELLING.get(word)?;
        has.get(place)?.then(|| if has.iter().filter(|has| **has).count() > 1 { 1 } else { 2 })
    };
    let known: usize = words.iter().filter_map(telling).sum();
    let language = OWN.get(place).map(|(language, _)| *language);
    let letters = |(of, list): &(Language, &[char])| Some(*of) == language && lower.contains(*list);
    known + if LETTERS.iter().any(letters) { 2 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_customers_words_decide() {
        let table = [
            ("hola, cuánto sale?", Language::Es),
            ("che no me servís, querés pasarme con alguien?", Language::Es),
            ("how much is it", Language::En),
            ("hola, how much is the limpieza?", Language::En),
            ("oi, vcs abrem hoje?", Language::Pt),
            ("não quero robô", Language::Pt),
            ("quanto custa?", Language::Pt),
            ("¿precio?", Language::Es),
        ];
        for (text, language) in table {
            assert_eq!(language_of(text), Some(language), "{text}");
        }
    }

    #[test]
    fn words_without_a_language_keep_the_earlier_one() {
        assert_eq!(language_of("ana@mail.com"), None, "an address is no language");
        assert_eq!(language_of("ok"), None);
        assert_eq!(language_of("5512345678 👍"), None);
        assert_eq!(detect(["oi tudo bem", "ok"].into_iter(), Language::En), Language::Pt);
        assert_eq!(detect(["???"].into_iter(), Language::En), Language::En);
    }

    #[test]
    fn doubt_is_for_words_that_tell_nothing_or_too_much() {
        let table: [(&[&str], bool); 8] = [
            (&["hola, cuánto sale?"], false),
            (&["hola, cuánto sale?", "Juan Pérez"], false),
            (&["ok"], false),
            (&["5512345678 👍"], false),
            (&["Guten Tag, haben Sie Termine"], true),
            (&["implante dental"], true),
            (&["hola hello"], true),
            (&[], false),
        ];
        for (texts, doubt) in table {
            assert_eq!(doubtful(texts.iter().copied()), doubt, "{texts:?}");
        }
    }

    #[test]
    fn fresh_phrases_are_told_apart() {
        let es = [
            "me pasas precios",
            "se puede pagar con tarjeta?",
            "a nombre de Laura",
            "ya llegué",
            "tengo dolor de muelas",
            "que tal, info porfa",
            "cuando abren",
            "mejor mañana por la tarde",
            "aceptan mascotas?",
            "sigo esperando",
        ];
        let en = [
            "any discounts?",
            "still waiting",
            "can i come tomorrow",
            "prices pls",
            "got parking?",
            "nope",
            "is it open now",
            "thx",
            "my tooth hurts",
            "see you later",
        ];
        let pt = [
            "vcs abrem sábado?",
            "queria um orçamento",
            "manda o endereço",
            "tá aberto?",
            "aceita pix",
            "boa tarde",
            "estou com dor de dente",
            "amanhã dá?",
            "pode ser de manhã",
            "valeu",
        ];
        let mut wrong = Vec::new();
        for (language, phrases) in [(Language::Es, es), (Language::En, en), (Language::Pt, pt)] {
            wrong.extend(
                phrases.into_iter().filter(|phrase| language_of(phrase) != Some(language)).map(|phrase| (phrase, language_of(phrase))),
            );
        }
        assert!(wrong.len() <= 3, "{} of 30: {wrong:#?}", wrong.len());
    }

    #[test]
    fn later_phrases_are_told_apart_too() {
        let es = ["oiga joven", "cómo le hago para ir", "se les olvidó mi pedido", "tienen sucursal en el norte", "ni modo, gracias"];
        let en = ["gimme the menu", "need a haircut", "lol ok", "for how many people", "any chance of a refund"];
        let pt = ["cadê minha encomenda", "vocês vendem vale-presente?", "me ajuda aí", "não entendi nada", "onde eu pago"];
        let mut wrong = Vec::new();
        for (language, phrases) in [(Language::Es, es), (Language::En, en), (Language::Pt, pt)] {
            wrong.extend(
                phrases.into_iter().filter(|phrase| language_of(phrase) != Some(language)).map(|phrase| (phrase, language_of(phrase))),
            );
        }
        assert!(wrong.len() <= 3, "{} of 15: {wrong:#?}", wrong.len());
        assert!(wrong.iter().all(|(_, language)| language.is_none()), "a wrong language is worse than none: {wrong:#?}");
    }
}
