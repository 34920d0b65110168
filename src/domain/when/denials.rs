//! What a text denies: "no puedo el martes", "any day but Thursday", "este viernes no, el otro", and what is wanted instead.

use super::day::{Day, Which};
use super::scan::{Said, Sayings};
use super::tokens::Text;
use crate::domain::language::Language;

/// Denials before what they deny, within a clause.
const DENIED_BEFORE: &[&str] = &[
    "no puedo/podre/podria/podemos/quiero/estoy/estare/voy/alcanzo/tengo/puede/pueden/podrian",
    "no me queda/quedaria/sirve/conviene/acomoda/funciona/viene/va/cuadra/vale/es/da/late/gusta",
    "nao posso/quero/vou/consigo/estarei/da/poderei/pode/podemos/serve/funciona/rola/tenho",
    "nao me serve/da/convem/atende",
    "nao fica bom/bem?",
    "no/nao es/era/seria/e",
    "ningun/ninguna/nenhum/nenhuma",
    "fuera/aparte/fora/exceptuando de/del/do/da?",
    "quitando/tirando",
    "im/am busy/away/booked/working",
    "estoy/estare/ando/estou/estarei fuera/ocupado/ocupada/fora/viajando",
    "cant/cannot/wont/couldnt",
    "can not",
    "dont want/need",
    "not",
    "except/excepto/exceto/salvo/excluding",
    "menos",
    "day/days/time/anything/fora but",
    "other than",
    "que no/nao sea/seja",
    "a nao ser",
    "sem ser",
    "instead of",
    "rather than",
    "en vez/lugar de",
    "em vez/lugar de",
];

/// Denials that a question turns into a wish: "¿no puede ser el lunes?".
const ASKED: &[&str] = &["no puede/pueden/podria/podrian", "nao pode", "nao da", "no me da"];

/// Denials behind what they deny.
const DENIED_BEHIND: &[&str] = &[
    "no puedo/podre/podria/podemos/me/voy/estoy/estare/alcanzo/puede/quiero/sirve/queda",
    "nao posso/da/consigo/vou/poderei/pode/serve/rola/fica/quero/me",
    "i cant/cannot/wont",
    "doesnt/dont/wont/isnt/arent/is/does/will not? work/good/great/possible/suit/fit/ok/okay/ideal/bad/out/impossible",
    "are bad/out/impossible",
    "is/are not a? good/possible/great/ideal/ok/okay/convenient/an/going",
    "is/are? no good/use/go",
    "ya no",
    "ja nao",
    "es/esta/e? imposible/impossivel",
    "estoy ocupado/ocupada",
    "estou ocupado/ocupada",
    "esta/ta ruim/dificil/complicado/lleno",
    "no este/esta/esse/essa",
    "no el/la/este que viene/sigue/entra",
    "nao a/o? que vem",
];

/// Words that may stand between a denial and what it denies.
const ARTICLES: &[&str] =
    &["de", "del", "en", "el", "la", "los", "las", "para", "of", "the", "this", "on", "na", "nesta", "a", "o", "em", "da"];

/// Words that part clauses.
const PARTS_CLAUSES: &[&str] = &["pero", "but", "mas", "sino", "mejor", "porem", "que"];

/// Ways to name the one after.
const THE_ONE_AFTER: &[&str] = &[
    "el/la/o/a/na/no/da/do otro/otra/outro/outra/siguiente/proximo/proxima/seguinte",
    "el/la/o/a/na/no que viene/sigue/entra/vem/segue",
    "the next/other/following one?",
    "the one after",
];

/// Takes out what is denied and keeps the days of it. What is joined with something denied is denied as well: "lunes y martes no puedo", "no
/// puedo el lunes ni el martes".
pub(super) fn drop_denied(text: &Text, found: &mut Sayings) {
    let hours: Vec<(usize, usize)> = found.clocks.iter().map(|said| (said.from, said.to)).collect();
    let mut denied = denials(text, &found.days, &hours);
    for (at, denied) in denied.iter_mut().enumerate() {
        *denied = *denied && !of_the_next(text, &found.days, at) && !between_two(text, &found.days, at);
    }
    let mut days = denied.into_iter();
    let mut clocks = denials(text, &found.clocks, &hours).into_iter();
    let (gone, kept) = std::mem::take(&mut found.days).into_iter().partition(|_| days.next().unwrap_or(false));
    (found.denied, found.days) = (gone, kept);
    found.clocks.retain(|_| !clocks.next().unwrap_or(false));
    if let Some(instead) = found.denied.iter().rev().find_map(|said| instead(text, said)) {
        let place = found.days.iter().position(|said| said.from > instead.from).unwrap_or(found.days.len());
        found.days.insert(place, instead);
    }
}

fn denials<T>(text: &Text, all: &[Said<T>], hours: &[(usize, usize)]) -> Vec<bool> {
    let mut denials: Vec<bool> = all.iter().map(|said| denied(text, said.from, said.to, hours)).collect();
    let joined: Vec<bool> = all.iter().map(|said| said.joined || text.is(said.from.wrapping_sub(1), &["ni", "nem", "nor"])).collect();
    for at in 1..all.len() {
        let (Some(true), Some(before), Some(this)) = (joined.get(at), denials.get(at - 1).copied(), denials.get(at).copied()) else {
            continue;
        };
        let neither = all.get(at).is_some_and(|said| text.is(said.from.wrapping_sub(1), &["ni", "nem", "nor", "or", "o", "ou"]));
        let behind = all.get(at).is_some_and(|said| text.take_any(said.to, DENIED_BEHIND).is_some());
        if let Some(denial) = denials.get_mut(at) {
            *denial = this || (before && neither);
        }
        if let Some(denial) = denials.get_mut(at - 1) {
            *denial = before || (this && behind);
        }
    }
    denials
}

/// "La próxima semana no puedo el lunes": what stands behind the week denies the Monday.
fn of_the_next(text: &Text, all: &[Said<Day>], at: usize) -> bool {
    let (Some(this), Some(next)) = (all.get(at), all.get(at + 1)) else { return false };
    let behind = text.take_any(this.to, DENIED_BEHIND).filter(|_| !this.what.is_single() && next.what.is_single());
    behind.is_some_and(|end| next.from >= end && next.from - end <= 2 && !(end..next.from).any(|place| text.ends(place)))
}

/// Dictated "martes no miércoles" may deny either.
fn between_two(text: &Text, all: &[Said<Day>], at: usize) -> bool {
    let (Some(before), Some(this)) = (at.checked_sub(1).and_then(|before| all.get(before)), all.get(at)) else { return false };
    text.language != Language::En && text.is(before.to, &["no", "nao"]) && matches!(this.from.checked_sub(before.to), Some(0 | 1))
}

fn denied(text: &Text, from: usize, to: usize, hours: &[(usize, usize)]) -> bool {
    let parted = |start: usize, end: usize| (start..end).any(|at| text.ends(at) || text.is(at, PARTS_CLAUSES));
    let ahead = (from.saturating_sub(6)..from).filter(|at| !hours.iter().any(|(from, to)| (*from..*to).contains(at))).any(|at| {
        let end = text.take_any(at, DENIED_BEFORE).filter(|end| *end <= from && from - end <= 3);
        let wish = text.take_any(at, ASKED).is_some() && is_question(text, to);
        end.is_some_and(|end| !parted(end, from)) && !asked(text, at) && !wish
    });
    let lone_no = text.is(to, &["no", "nao"]) && text.ends(to + 1) && !text.ends(to) && text.mark(to + 1) != Some('?');
    ahead || no_before(text, from) || lone_no || text.take_any(to, DENIED_BEHIND).is_some()
}

/// A "no" or "ni" right before, or with articles between. Portuguese "no" is "in the".
fn no_before(text: &Text, from: usize) -> bool {
    let limit = text.is(from, &["no"]) && text.is(from + 1, &["antes", "mas", "later", "earlier"]);
    let mut at = from;
    while text.is(at.wrapping_sub(1), ARTICLES) {
        at -= 1;
    }
    let no: &[&str] = if text.language == Language::Pt { &["nao"] } else { &["no", "nao"] };
    let place = if text.is(from, &["no"]) && text.language != Language::Pt { from } else { at.wrapping_sub(1) };
    let plain = !limit && text.is(place, no) && !asked(text, place);
    plain || text.is(at.wrapping_sub(1), &["ni", "nem", "nor", "neither"])
}

/// "¿Por qué no el lunes?" and "si no mañana" deny nothing.
fn asked(text: &Text, at: usize) -> bool {
    let before = at.wrapping_sub(1);
    text.is(before, &["why", "if", "si", "se", "or", "o", "porque", "xq", "pq"]) || text.take(at.wrapping_sub(2), "por que").is_some()
}

fn is_question(text: &Text, from: usize) -> bool {
    (from..text.len()).find_map(|at| text.mark(at).filter(|mark| matches!(mark, '.' | ';' | '!' | '?'))) == Some('?')
}

/// Reads what is wanted instead of something denied, if it is named by that: "este viernes no, el otro", "mañana no, pasado".
fn instead(text: &Text, denied: &Said<Day>) -> Option<Said<Day>> {
    let end = (denied.to..text.len()).find(|at| matches!(text.mark(*at), Some('.' | ';' | '!' | '?'))).unwrap_or(text.len());
    let said = |what: Day, from: usize, to: usize| Said { what, from, to, joined: false, apart: true };
    if denied.what == Day::Tomorrow(1) {
        let at = (denied.to..end).find(|at| text.is(*at, &["pasado"]) && !text.is(at + 1, &["manana"]))?;
        return Some(said(Day::Tomorrow(2), at, at + 1));
    }
    let (at, behind) = (denied.to..end).find_map(|at| {
        let refused = text.is(at.wrapping_sub(1), &["no", "not", "nao", "es", "is", "e", "cual", "qual"]);
        text.take_any(at, THE_ONE_AFTER).filter(|behind| !refused && goes_no_further(text, *behind)).map(|behind| (at, behind))
    })?;
    let coming = (denied.to..at).any(|at| text.take_any(at, &["el/la que viene/sigue/entra", "a/o que vem"]).is_some());
    let named = matches!(&denied.what, Day::Weekday(..) | Day::Weekend { .. } | Day::Week(_));
    if !named {
        return None;
    }
    let what = if let Day::Weekday(weekday, Which::Plain) = denied.what
        && coming
    {
        Day::Weekday(weekday, Which::Coming)
    } else {
        denied.what.clone()
    };
    let after = if let Day::Week(weeks) = what { Day::Week(weeks + 1) } else { Day::Later(Box::new(what), 7) };
    Some(said(after, at, behind))
}

/// Returns true if no noun stands there: the sentence ends, or hours follow.
pub(super) fn goes_no_further(text: &Text, at: usize) -> bool {
    let leads = [
        "a", "al", "as", "at", "por", "en", "na", "de", "in", "tipo", "como", "or", "o", "ou", "y", "e", "and", "please", "porfa", "si",
        "sim", "yes", "mejor", "puedo", "posso",
    ];
    text.ends(at) || text.digits(at).is_some() || text.is(at, &leads)
}
