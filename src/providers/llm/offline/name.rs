//! Finds the name in "hola, soy Ana y quiero ...". Pure; keeps the customer's own spelling.

use crate::domain::words::fold;

/// Most words of a name.
const MAX_WORDS: usize = 4;

/// What introduces a name.
const LEADS: &[&[&str]] = &[
    &["mi", "nombre", "es"],
    &["me", "llamo"],
    &["a", "nombre", "de"],
    &["soy", "el"],
    &["soy", "la"],
    &["soy"],
    &["de", "parte", "de"],
    &["habla"],
    &["my", "name", "is"],
    &["my", "names"],
    &["name", "is"],
    &["this", "is"],
    &["i", "am"],
    &["im"],
    &["its"],
    &["it", "is"],
    &["call", "me"],
    &["meu", "nome", "e"],
    &["me", "chamo"],
    &["aqui", "e", "o"],
    &["aqui", "e", "a"],
    &["aqui", "e"],
    &["sou", "o"],
    &["sou", "a"],
    &["sou"],
    &["eu", "sou", "o"],
    &["eu", "sou", "a"],
    &["nombre"],
    &["nome"],
    &["name"],
];

/// Words that end a name.
const STOPS: &[&str] = &[
    "y", "e", "and", "que", "quiero", "quisiera", "para", "por", "tel", "telefono", "cel", "mi", "my", "meu", "minha", "con", "com",
    "from", "del", "tengo", "necesito", "i", "im", "want", "need", "queria", "quero", "preciso", "the", "con", "pero", "but", "mas", "es",
    "is", "porfa", "please", "gracias", "thanks", "obrigado", "obrigada", "paciente", "patient", "cliente", "phone", "number",
];

/// Words that no name begins with.
const NOT_NAMES: &[&str] = &[
    "no", "nao", "si", "sim", "yes", "yeah", "ok", "okay", "hola", "hello", "hi", "hey", "oi", "ola", "gracias", "thanks", "obrigado",
    "para", "por", "porque", "que", "why", "what", "como", "how", "cual", "quien", "who", "qual", "un", "una", "um", "uma", "a", "el",
    "la", "los", "the", "quiero", "quero", "want", "necesito", "nada", "nothing", "nadie", "claro", "sure", "bueno", "pues", "well",
    "mejor", "prefiero", "es", "it", "this", "cuanto", "quanto", "donde", "where", "when", "cuando", "buenas", "buenos", "bom", "boa",
    "tu", "you", "voce", "eso", "that", "listo", "dale", "olvidalo", "i", "not", "nuevo", "new", "paciente", "running", "late", "here",
    "aqui", "calling", "writing", "con", "de", "una", "dime", "antes", "primero",
];

/// A name with what else the text says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// The text after it, without the separator.
    pub rest: String,
}

/// Finds a name that the text introduces ("soy Ana"). Unasked, only a name in capitals counts: "soy paciente" is none.
#[must_use]
pub fn introduced(text: &str, asked: bool) -> Option<Named> {
    let words: Vec<&str> = text.split_whitespace().collect();
    (0..words.len()).find_map(|start| {
        let lead = LEADS.iter().find(|lead| leads(&words, start, lead))?;
        let after = words.get(start + lead.len()..)?;
        let capital = after.first()?.chars().find(|letter| letter.is_alphabetic())?.is_uppercase();
        if asked
            || (capital
                && lead.len() + start > 0
                && !matches!(*lead, ["habla"] | ["its"] | ["it", "is"] | ["nombre"] | ["name"] | ["nome"]))
        {
            take(after)
        } else {
            None
        }
    })
}

/// Reads the answer to "what is your name?".
#[must_use]
pub fn answered(text: &str) -> Option<Named> {
    let sentences: Vec<&str> = text.split(['\n', '.', '!']).map(str::trim).filter(|part| !part.is_empty()).collect();
    let plain = |part: &&str| take(&part.split_whitespace().collect::<Vec<_>>());
    introduced(text, true).or_else(|| {
        let at = sentences.iter().position(|part| plain(part).is_some())?;
        let mut named = sentences.get(at).and_then(plain)?;
        let later = sentences.get(at + 1..).unwrap_or_default().join(". ");
        named.rest = format!("{} {later}", named.rest).trim().to_owned();
        Some(named)
    })
}

fn leads(words: &[&str], start: usize, lead: &[&str]) -> bool {
    let open = |word: &&str| fold(word);
    words.get(start..start + lead.len()).is_some_and(|slice| slice.iter().map(open).eq(lead.iter().map(|word| (*word).to_owned())))
}

/// Takes the name at the beginning of the words; `None` if there is none.
fn take(words: &[&str]) -> Option<Named> {
    let first = fold(words.first()?);
    if NOT_NAMES.contains(&first.as_str()) || words.first()?.contains('?') {
        return courteous_start(words, &first);
    }
    let mut name: Vec<&str> = Vec::new();
    let mut used = 0;
    for word in words.iter().take(MAX_WORDS + 1) {
        let plain = word.trim_matches(|letter: char| !letter.is_alphabetic());
        let folded = fold(plain);
        if plain.is_empty() || STOPS.contains(&folded.as_str()) || word.chars().any(|letter| letter.is_ascii_digit()) {
            break;
        }
        name.push(plain);
        used += 1;
        if word.ends_with([',', '.', ';', ':', '!', '?']) {
            break;
        }
    }
    if name.is_empty() || name.len() > MAX_WORDS {
        return None;
    }
    let rest = words.get(used..).unwrap_or_default().join(" ");
    Some(Named { name: capitalised(&name), rest: rest.trim_start_matches([',', '.', ';', ':', '-', ' ']).to_owned() })
}

/// "Hola, Pedro Gómez", "sí, Ana": the name stands behind a courtesy.
fn courteous_start(words: &[&str], first: &str) -> Option<Named> {
    let courteous = ["hola", "hello", "hi", "oi", "ola", "si", "sim", "yes", "ok", "claro", "sure", "okay", "bueno"].contains(&first);
    let (head, rest) = words.split_first()?;
    if courteous && !head.contains('?') && !rest.is_empty() { take(rest) } else { None }
}

fn capitalised(words: &[&str]) -> String {
    let shy = words.iter().all(|word| word.chars().all(char::is_lowercase));
    let raise = |word: &&str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    let joint = |word: &&str| ["de", "da", "do", "del", "la", "dos"].contains(word);
    words.iter().map(|word| if shy && !joint(word) { raise(word) } else { (*word).to_owned() }).collect::<Vec<_>>().join(" ")
}

/// Returns the first run of at least seven digits, as typed: how to reach the customer.
#[must_use]
pub fn contact_in(text: &str) -> Option<String> {
    let parts = text.split(|letter: char| !(letter.is_ascii_digit() || "+-() ".contains(letter)));
    parts
        .map(str::trim)
        .find(|part| part.chars().filter(char::is_ascii_digit).count() >= 7)
        .map(|part| part.trim_end_matches(['-', '(']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_answers() {
        let table = [
            ("Me llamo Lucía Fernández", "Lucía Fernández", ""),
            ("soy pedro", "Pedro", ""),
            ("ok. Soy Raúl", "Raúl", ""),
            ("John Smith", "John Smith", ""),
            ("it's Anna Müller, 5512345678", "Anna Müller", "5512345678"),
            ("João da Silva", "João da Silva", ""),
            ("Hola, Ana. Quiero cambiar mi cita", "Ana", "Quiero cambiar mi cita"),
            ("soy Ana y quiero cambiar mi cita", "Ana", "y quiero cambiar mi cita"),
            ("maria de la luz", "Maria de la Luz", ""),
        ];
        for (text, name, rest) in table {
            assert_eq!(answered(text), Some(Named { name: name.to_owned(), rest: rest.to_owned() }), "{text}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in
            ["no", "", "para qué?", "quiero hablar con alguien", "12345678", "que te importa", "no quiero dar mi nombre", "a b c d e f g"]
        {
            assert_eq!(answered(text), None, "{text}");
        }
        assert_eq!(introduced("soy paciente de ustedes", false), None);
        assert_eq!(introduced("I'm running late", false), None);
        assert_eq!(introduced("no puedo ir, soy Marta Ruiz", false).map(|named| named.name), Some("Marta Ruiz".to_owned()));
    }

    #[test]
    fn a_contact_is_a_run_of_digits() {
        assert_eq!(contact_in("Ana, +52 55 1234-5678, gracias"), Some("+52 55 1234-5678".to_owned()));
        assert_eq!(contact_in("a las 9:30"), None);
    }
}
