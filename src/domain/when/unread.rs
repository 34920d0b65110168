//! Words of a calendar that nothing has read. Beside a day they may tell which one is meant, so that it has to be asked; beside a yes they may
//! tell that it is no yes to the day that was offered.

use super::lexicon::{is_full_month, month, number};
use super::scan::Said;
use super::tokens::Text;
use super::weekdays::weekday;

/// Tokens between a day and words that may tell which one.
const GAP: usize = 6;

/// Words of weeks, and feasts whose date is not known here.
const WEEKS: &[&str] = &[
    "semana",
    "semanas",
    "week",
    "weeks",
    "wk",
    "fortnight",
    "quincena",
    "quincenas",
    "feira",
    "feiras",
    "finde",
    "weekend",
    "pascua",
    "pascuas",
    "pascoa",
    "easter",
    "puente",
    "feriado",
    "feriadao",
    "festivo",
    "holiday",
    "holidays",
    "carnaval",
    "thanksgiving",
];
/// Words for another day than the one that was offered.
const NEXT_ONES: &[&str] = &[
    "proxima",
    "proximo",
    "siguiente",
    "seguinte",
    "sigue",
    "segue",
    "next",
    "following",
    "entrante",
    "viene",
    "vem",
    "otra",
    "otro",
    "outra",
    "outro",
];
const MONTHS: &[&str] = &["mes", "meses", "month", "months"];
const DAYS: &[&str] = &["dia", "dias", "day", "days", "fecha", "data", "date"];

/// What goes before a word of the calendar that tells no date: "al mes", "ese día", "buen día".
const NOT_BEHIND: &[&str] = &["al", "por", "per", "cada", "every", "each", "a", "entre", "las", "as", "once", "medio", "meio"];
/// What goes before the day that was spoken of, or before one that is no date.
const THE_SAME: &[&str] = &[
    "ese",
    "este",
    "esse",
    "nesse",
    "neste",
    "that",
    "this",
    "same",
    "mismo",
    "mesmo",
    "buen",
    "bom",
    "lindo",
    "bonito",
    "excelente",
    "good",
    "nice",
    "great",
    "todo",
    "all",
    "otimo",
];

/// What a word of the calendar is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// Weeks.
    Weeks,
    /// Months.
    Months,
}

/// A day, by the place where it begins, beside which something about the calendar was not read.
pub(super) type Vague = (usize, About);

/// Finds what stands unread beside what was found.
pub(super) fn beside<T>(text: &Text, read: &[(usize, usize)], found: &[Said<T>]) -> Vec<Vague> {
    let unread: Vec<(usize, About)> = (0..text.len()).filter_map(|at| about(text, read, at).map(|about| (at, about))).collect();
    let near = |said: &Said<T>| {
        let (from, to) = (said.from, said.to);
        unread.iter().filter(move |(at, _)| {
            let (start, end) = if *at < from { (*at, from) } else { (to, *at) };
            end.saturating_sub(start) <= GAP && !(start..end).any(|place| ends_sentence(text, place))
        })
    };
    found.iter().flat_map(|said| near(said).map(|(_, about)| (said.from, *about))).collect()
}

/// Returns true if a word of the calendar was not read: also the word "day" itself, where it is not the day that was spoken of.
pub(super) fn any(text: &Text, read: &[(usize, usize)]) -> bool {
    let day = |at: usize| text.is(at, DAYS) && is_free(text, read, at) && !text.is(at.wrapping_sub(1), THE_SAME);
    let next = |at: usize| text.is(at, NEXT_ONES) && !is_read(read, at) && !text.is(at.wrapping_sub(1), &["me", "nos", "le", "te"]);
    (0..text.len()).any(|at| about(text, read, at).is_some() || day(at) || next(at))
}

fn about(text: &Text, read: &[(usize, usize)], at: usize) -> Option<About> {
    if text.is(at, WEEKS) {
        let same = text.is(at.wrapping_sub(1), THE_SAME);
        return (is_free(text, read, at) && !same).then_some(About::Weeks);
    }
    let holy = text.is(at, &["santo", "santa"]) && (text.is(at.wrapping_sub(1), &["feira"]) || weekday(text, at.wrapping_sub(1)).is_some());
    if holy || (text.is(at, &["good"]) && text.is(at + 1, &["friday"])) {
        return Some(About::Weeks);
    }
    let named = is_full_month(text.word(at)) && month(text, at).is_some() && text.word(at) != "marco";
    (text.is(at, MONTHS) || named).then_some(About::Months).filter(|_| is_free(text, read, at))
}

/// Nothing has read it, and it is no length of time: "3 meses", "una vez a la semana".
fn is_free(text: &Text, read: &[(usize, usize)], at: usize) -> bool {
    let before = at.wrapping_sub(1);
    let counted = text.digits(before).is_some() || number(text, before).is_some_and(|(value, end)| value > 1 && end == at);
    let each = text.is(before, NOT_BEHIND) || text.take(at.wrapping_sub(2), "a la").is_some();
    !counted && !each && !is_read(read, at)
}

fn is_read(read: &[(usize, usize)], at: usize) -> bool {
    read.iter().any(|(from, to)| (*from..*to).contains(&at))
}

fn ends_sentence(text: &Text, at: usize) -> bool {
    text.mark(at).is_some_and(|mark| matches!(mark, '.' | ';' | '!' | '?' | '…'))
}
