//! What made-up people are called and say, in Spanish, English and Portuguese. Some words stand in many messages, some in very few, as in life.

use super::made::{at_most, mix};
use std::fmt::Write as _;

const FIRST: [&str; 24] = [
    "Ana",
    "José",
    "María",
    "João",
    "Lucía",
    "Andrés",
    "Sofía",
    "Inês",
    "Peter",
    "Emma",
    "Conceição",
    "Martín",
    "Núria",
    "Óscar",
    "Grace",
    "Raúl",
    "Beatriz",
    "Thiago",
    "Chloe",
    "Ramón",
    "Íñigo",
    "Helena",
    "Owen",
    "Paula",
];
const LAST: [&str; 24] = [
    "García",
    "Pérez",
    "Gonçalves",
    "Muñoz",
    "Smith",
    "Núñez",
    "Araújo",
    "López",
    "Ferreira",
    "Brown",
    "Ibáñez",
    "Magalhães",
    "Walker",
    "Sánchez",
    "Ruiz",
    "Simões",
    "Young",
    "Gutiérrez",
    "Castro",
    "Leitão",
    "Vázquez",
    "Wright",
    "Prieto",
    "Ortega",
];

/// By language: Spanish, English, Portuguese.
const ASKED: [[&str; 6]; 3] = [
    [
        "Hola, quería pedir una cita para el",
        "Buenos días, ¿tienen una cita libre el",
        "Necesito cambiar mi cita al",
        "¿Cuánto cuesta la revisión del",
        "Gracias, nos vemos el",
        "¿Está abierta la clínica el",
    ],
    [
        "Hello, I would like to book an appointment on",
        "Good morning, is there an appointment free on",
        "I need to move my appointment to",
        "How much is the check-up on",
        "Thank you, see you on",
        "Is the clinic open on",
    ],
    [
        "Olá, queria marcar uma consulta para",
        "Bom dia, há uma consulta livre na",
        "Preciso de mudar a minha consulta para",
        "Quanto custa a revisão de",
        "Obrigado, até",
        "A clínica está aberta na",
    ],
];
const DAYS: [[&str; 5]; 3] = [
    ["lunes", "martes", "miércoles", "jueves", "viernes"],
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"],
    ["segunda", "terça", "quarta", "quinta", "sexta"],
];
const ANSWERED: [[&str; 3]; 3] = [
    ["Claro, le confirmo la cita del", "Tenemos un hueco el", "La revisión está incluida el"],
    ["Of course, your appointment is confirmed for", "We have a slot on", "The check-up is included on"],
    ["Claro, a sua consulta fica confirmada para", "Temos uma vaga na", "A revisão está incluída na"],
];
const NOTED: [&str; 3] = ["Llamar antes de confirmar el", "Call before confirming", "Ligar antes de confirmar"];
const ABOUT: [[&str; 8]; 3] = [
    ["limpieza", "ortodoncia", "empaste", "factura", "presupuesto", "corazón", "niño", "alergia"],
    ["cleaning", "braces", "filling", "invoice", "quote", "toothache", "child", "allergy"],
    ["limpeza", "aparelho", "obturação", "fatura", "orçamento", "coração", "criança", "alergia"],
];
const SYLLABLES: [&str; 16] = ["ra", "co", "di", "fu", "ga", "ho", "ji", "ka", "lu", "me", "no", "pi", "ru", "so", "ti", "vu"];

/// A word that stands in about one message of 20,000.
pub(super) const RARE: &str = "ornitorrinco";

/// Returns a person's name.
pub(super) fn name(person: u64) -> String {
    let of = |list: &[&str], dice: u64| list.get(at_most(dice, list.len())).copied().unwrap_or_default().to_owned();
    format!("{} {} {}", of(&FIRST, person >> 3), of(&LAST, person >> 13), of(&LAST, person >> 23))
}

/// Returns the calling code of a person's country.
pub(super) fn prefix(person: u64) -> &'static str {
    ["34", "351", "44", "52", "55"].get(at_most(person >> 33, 5)).copied().unwrap_or("34")
}

/// Returns a person's e-mail address.
pub(super) fn email(person: u64, known: u32) -> String {
    format!("{}.{known}@example.com", word(person, 3))
}

/// Returns what is said. Each person keeps to a language; a made-up word in each text belongs to few.
pub(super) fn text(person: u64, dice: u64, direction: &str) -> String {
    let language = at_most(person, 3);
    let of = |list: &[&str], dice: u64| list.get(at_most(dice, list.len())).copied().unwrap_or_default().to_owned();
    let pick = |lists: &[[&str; 3]; 3]| lists.get(language).map(|list| of(list, dice >> 5)).unwrap_or_default();
    let begin = match direction {
        "out" => pick(&ANSWERED),
        "note" => NOTED.get(language).copied().unwrap_or_default().to_owned(),
        _ => ASKED.get(language).map(|list| of(list, dice >> 5)).unwrap_or_default(),
    };
    let day = DAYS.get(language).map(|list| of(list, dice >> 11)).unwrap_or_default();
    let about = ABOUT.get(language).map(|list| of(list, dice >> 17)).unwrap_or_default();
    let mut text = format!("{begin} {day} {}: {about}", 1 + dice % 28);
    let _written = write!(text, ", ref. {}", word(mix(dice), 4));
    if dice.is_multiple_of(20_000) {
        let _written = write!(text, " {RARE}");
    }
    text
}

/// Makes a word up: of four syllables there are 65,536.
fn word(dice: u64, syllables: u32) -> String {
    (0..syllables).filter_map(|place| SYLLABLES.get(at_most(dice >> (place * 4), SYLLABLES.len()))).copied().collect()
}
