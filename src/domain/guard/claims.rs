//! Reads what a text claims as done. A denial, a condition or a wish opens only the clause that it governs: "quedó agendada, no olvide su
//! identificación" is a claim, "no quedó agendada" is none.
//!
//! Pure; reads statements only. Whether a claim is true is asked in `grounds`.

use super::deeds::Deed;
use super::statement_of;
use crate::domain::words::{Words, fold, sentences};
use std::ops::Range;

/// A deed that a sentence claims.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// What was done, as the sentence has it.
    pub deed: Deed,
    /// The sentence.
    pub sentence: String,
}

/// Most words kept of each end of a sentence.
const MAX_HALF: usize = 160;
/// Stands where a word was that claims nothing. No pattern has it.
const BLANK: &str = "-";
/// Beginnings of infinitives and futures, which claim nothing done: a typo away from what does ("confirmar", "confirmé").
const STILL_TO_DO: &[&str] = &[
    "confirmar",
    "agendar",
    "reservar",
    "programar",
    "apartar",
    "reprogramar",
    "reagendar",
    "cancelar",
    "anular",
    "marcar",
    "remarcar",
    "desmarcar",
    "cambiar",
    "mover",
    "mudar",
    "alterar",
    "registrar",
    "procesar",
    "processar",
];

/// Words after which a new thought begins without a comma.
const JOINTS: &[&str] = &["y", "e", "and", "pero", "but", "porque", "because"];

/// Denials and what is not yet so; they count from the beginning of their thought to the end of the claim.
const DENIED: &[&str] = &[
    "no/not/nao/ni/nunca/never/tampoco/nada/nothing/nobody/nadie/ninguna/ninguno/ningun/none/nenhuma/nenhum",
    "cannot/cant/couldnt/unable/havent/hasnt/isnt/wasnt/wont/dont/didnt/arent",
    "aun",
    "todavia",
    "ainda",
    "yet",
    "sin",
    "sem",
    "without",
    "before",
    "antes",
    "despues de",
    "para que",
    "whether",
    "hubo/failed/fallo/falhou",
    "necesit*/precis*/need/needs/needed",
    "falta*",
];

/// What is only thought of; counts as [`DENIED`] does, but for [`ASSURES`].
const THOUGHT_OF: &[&str] = &[
    "podria/puede/puedo/podemos/could/can/may/might/pode/posso/podemos/poderia",
    "would/will/shall/ill/well",
    "sera/seria/seran/quedara/quedaria/quedaran/estara/estaria/ficara/ficaria/vai/vou/voy/vamos/gonna/going",
    "debe/deberia/should/must/deve",
];

/// "I can confirm that it is booked" is said for "it is booked".
const ASSURES: &[&str] = &[
    "puedo/podemos/posso/can confirmar*/confirm/decir*/asegurar*/informar*/comunicar*/tell/assure/say/inform/dizer/garantir/afirmar",
    "ill/will/voy/vou/happy/glad/pleased/gusto confirmar*/confirm/decir*/asegurar*/informar*/tell/assure/say/inform/dizer",
];

/// Words that begin a condition, but for "se" (see [`has_condition`]).
const CONDITIONS: &[&str] = &[
    "si",
    "if",
    "unless",
    "once",
    "cuando",
    "quando",
    "when",
    "until",
    "hasta que",
    "ate que",
    "una vez",
    "uma vez",
    "assim que",
    "para que",
    "despues de",
    "depois de",
    "whether",
    "al pagar/confirmar/recibir/enviar/realizar",
    "ao pagar/confirmar/receber/enviar",
    "siempre y cuando/que",
    "en cuanto",
    "as soon/long as",
];

/// Words that make a condition out of the next clause: "queda confirmada, una vez que pague".
const LATER_CONDITIONS: &[&str] = &[
    "until",
    "hasta que",
    "ate que",
    "una vez que",
    "uma vez que",
    "once you/we/the",
    "assim que",
    "siempre y cuando/que",
    "en cuanto pague/recibamos/confirme/envie",
    "as soon/long as",
    "al pagar/confirmar/recibir",
    "ao pagar/confirmar/receber",
    "si/if/se/cuando/quando/when pag*/pay/pays/deposit*/anticipo/sinal/acuerdo/agree",
];

/// Still to come, wherever in the thought.
const PENDING: &[&str] = &["pendiente/pending/pendente", "por confirmar", "falta*"];

/// The words of a claim that tell of the past: no condition beside them opens it.
const PAST: &[&str] = &[
    "quedo",
    "fue",
    "sido",
    "he",
    "hemos",
    "ha",
    "ive",
    "weve",
    "i",
    "we",
    "was",
    "been",
    "has",
    "foi",
    "ficou",
    "movi",
    "movimos",
    "reprograme",
    "reagende",
    "agende",
    "reserve",
    "aparte",
    "cancele",
    "cancelamos",
    "anule",
    "cambie",
    "cambiamos",
    "pase",
    "pasamos",
];

/// What "se" stands before in Spanish, where it is no "if".
const REFLEXIVE: &str = "le/les/lo/la/los/las/te/me/nos/ha/han/agendo/reservo/confirmo/cancelo/anulo/programo/reprogramo/reagendo/registro/movio/cambio/aparto/realizo/proceso/recibio/encuentra/pospuso";

/// Words by which a promise to tell is none: an offer.
const OFFERS: &[&str] = &["quiere/quieres/quisiera/desea/deseas/gusta/gustaria/prefiere/want/like/prefer/quer/quiser/gostaria/preferir"];

/// Returns what a text claims as done, sentence by sentence.
#[must_use]
pub fn claims(text: &str) -> Vec<Claim> {
    let of = |sentence: String| {
        let deeds = Statement::of(statement_of(&sentence)).deeds();
        deeds.into_iter().map(move |deed| Claim { deed, sentence: sentence.clone() })
    };
    sentences(text).into_iter().flat_map(of).collect()
}

/// A sentence with the places where its clauses begin.
struct Statement {
    all: Vec<String>,
    /// The same, marked, without what is still to be done.
    done: Words,
    breaks: Vec<usize>,
}

impl Statement {
    fn of(sentence: &str) -> Self {
        let mut all: Vec<String> = Vec::new();
        let mut breaks = Vec::new();
        for clause in clauses(sentence) {
            breaks.push(all.len());
            let said: Vec<&str> = clause.split_whitespace().filter(|word| !is_yes(word)).collect();
            let said = fold(&said.join(" "));
            all.extend(said.split_whitespace().filter(|_| said != "si").map(str::to_owned));
        }
        if all.len() > 2 * MAX_HALF {
            all.drain(MAX_HALF..all.len() - MAX_HALF);
            breaks.clear();
        }
        let blank = |word: &String| STILL_TO_DO.iter().any(|stem| word.starts_with(stem));
        let done = all.iter().map(|word| if blank(word) { BLANK.to_owned() } else { word.clone() }).collect();
        Self { done, all, breaks }
    }

    fn deeds(&self) -> Vec<Deed> {
        // A single word says too little to be read with a slip in it: a Spanish request is one letter away from a Portuguese claim.
        let exact = |phrase: &str, at: usize| {
            phrase.contains(' ') || self.all.get(at).is_some_and(|word| phrase.split('/').any(|known| known == word))
        };
        let said = |deed: Deed, phrase: &str| self.done.spans(phrase).any(|span| exact(phrase, span.start) && self.states(deed, &span));
        let claimed = |deed: &Deed| {
            let mut phrases = deed.phrases().iter().filter(|phrase| self.done.may_hold(phrase));
            phrases.any(|phrase| said(*deed, phrase.text()))
        };
        Deed::ALL.into_iter().filter(claimed).collect()
    }

    /// Returns true if nothing around the words of a claim takes it back.
    fn states(&self, deed: Deed, span: &Range<usize>) -> bool {
        let clause = self.breaks.iter().copied().filter(|at| *at <= span.start).max().unwrap_or(0);
        let thought = self.joints(clause..span.start).last().map_or(clause, |at| at + 1);
        let own = self.part(thought..span.end);
        if own.any(DENIED) || (own.any(THOUGHT_OF) && !own.any(ASSURES) && deed != Deed::Waiting) {
            return false;
        }
        if deed == Deed::Waiting {
            return !own.any(&["podria/puede/puedo/podemos/could/can/may/might/pode/posso/poderia/would/shall"])
                && !self.part(0..self.all.len()).any(OFFERS);
        }
        let next = self.breaks.iter().copied().find(|at| *at >= span.end).unwrap_or(self.all.len());
        let end = self.joints(span.end..next).first().copied().unwrap_or(next);
        let past = self.part(span.clone()).iter().any(|word| PAST.contains(&word) || word.ends_with("ei"));
        let behind = self.part(span.end..end);
        let later = || self.part(next..self.all.len()).any(LATER_CONDITIONS);
        let open = has_condition(&self.part(clause..span.end))
            || behind.any(PENDING)
            || (!past && (has_condition(&self.part(0..clause)) || has_condition(&behind) || later()));
        !open
    }

    /// Returns the places of the joints among some words.
    fn joints(&self, among: Range<usize>) -> Vec<usize> {
        let words = self.all.iter().map(String::as_str).enumerate().skip(among.start).take(among.len());
        words.filter(|(_, word)| JOINTS.contains(word)).map(|(at, _)| at).collect()
    }

    fn part(&self, range: Range<usize>) -> Words {
        self.all.iter().skip(range.start).take(range.len()).cloned().collect()
    }
}

/// "Se" is a condition in Portuguese and mostly none in Spanish.
fn has_condition(words: &Words) -> bool {
    let all: Vec<&str> = words.iter().collect();
    let is_if = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| all.get(at)).copied().unwrap_or_default();
        let next = all.get(at + 1).copied().unwrap_or_default();
        !matches!(before, "no" | "nao" | "ya" | "ja" | "nunca") && !REFLEXIVE.split('/').any(|known| known == next)
    };
    words.any(CONDITIONS) || all.iter().enumerate().any(|(at, word)| *word == "se" && is_if(at))
}

/// "Sí" is no "si".
fn is_yes(word: &str) -> bool {
    word.trim_matches(|letter: char| !letter.is_alphabetic()).to_lowercase() == "s\u{ed}"
}

/// Cuts a sentence at commas and the like; a mark inside a number cuts nothing.
fn clauses(sentence: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut letters = sentence.chars().peekable();
    while let Some(letter) = letters.next() {
        let inside = letters.peek().is_some_and(char::is_ascii_digit);
        match letter {
            ',' | ':' if !inside => all.push(String::new()),
            '—' | '–' | '(' | ')' | '•' => all.push(String::new()),
            other => {
                if let Some(clause) = all.last_mut() {
                    clause.push(other);
                }
            }
        }
    }
    all
}
