//! Asks whether a claim is true: a tool did it in this turn, or the sentence repeats, with its day, what stands in the customer's own book. The
//! bare kind ("your appointment is confirmed") rests on nothing but a tool: after one true booking it would let every false one pass.
//!
//! Pure. Never looks into a book: it is given what the assistant was told of it.

use super::Grounds;
use super::claims::{Claim, claims};
use super::days::Said;
use super::deeds::Deed;
use crate::domain::booking::{Brief, BriefAppointment};
use crate::domain::words::{Words, fold};
use chrono::NaiveDate;
use std::collections::HashSet;

/// Words in the names of services that mean any appointment.
const ANY_SERVICE: &[&str] =
    &["cita", "consulta", "turno", "reserva", "visita", "mesa", "appointment", "booking", "visit", "table", "check"];

/// Returns true if a text claims what nobody did. What stands word by word in the facts claims nothing of this customer.
pub(super) fn claims_undone(text: &str, grounds: &Grounds<'_>) -> bool {
    let claimed = claims(text);
    if claimed.is_empty() {
        return false;
    }
    let facts: Vec<String> = grounds.facts.iter().map(|text| fold(text)).collect();
    let known = |sentence: &str| facts.iter().any(|text| text.contains(&fold(sentence)));
    claimed.iter().any(|claim| !grounds.performed.contains(&claim.deed) && !known(&claim.sentence) && !is_true(claim, grounds))
}

fn is_true(claim: &Claim, grounds: &Grounds<'_>) -> bool {
    let today = grounds.book.map(|book| book.today);
    match (claim.deed, grounds.book) {
        (Deed::Booking, Some(book)) => stands(&claim.sentence, book),
        (Deed::Cancellation, Some(book)) => repeats(claim, today, grounds) && !stands(&claim.sentence, book),
        (Deed::Waiting, Some(book)) => waits(&claim.sentence, book) && fits_what_was_said(claim, today, grounds),
        (Deed::Payment, Some(_)) | (_, None) => repeats(claim, today, grounds),
    }
}

/// Returns true if every day of the sentence, with its times and services, is that of an appointment that stands.
fn stands(sentence: &str, book: &Brief) -> bool {
    let said = Said::of(sentence);
    if said.days.is_empty() {
        return false;
    }
    let own = |said: &Said, part: &str| book.appointments.iter().any(|one| !one.waits && is_it(one, said, part, book));
    own(&said, sentence) || (said.days.len() > 1 && parts(sentence).iter().all(|part| own(&Said::of(part), part)))
}

fn is_it(one: &BriefAppointment, said: &Said, sentence: &str, book: &Brief) -> bool {
    !said.days.is_empty()
        && said.days.iter().all(|day| day.is(one.starts.date(), book.today))
        && said.times.iter().all(|time| *time == Said::clock(one.starts.time()))
        && of_its_service(one, &Words::of(sentence), book)
}

/// Returns false if the sentence names another service and not the appointment's.
fn of_its_service(one: &BriefAppointment, sentence: &Words, book: &Brief) -> bool {
    let words = |names: &[String]| -> HashSet<String> {
        let all: Words = names.iter().flat_map(|name| fold(name).split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
        all.iter().filter(|word| word.len() >= 4 && !ANY_SERVICE.contains(word)).map(str::to_owned).collect()
    };
    let Some(own) = book.services.iter().find(|service| service.id == one.service).map(|service| words(&service.words)) else {
        return true;
    };
    let names = |some: &HashSet<String>, but: &HashSet<String>| some.difference(but).any(|word| sentence.has(word));
    let others = book.services.iter().filter(|service| service.id != one.service).map(|service| words(&service.words));
    !others.into_iter().any(|other| names(&other, &own) && !names(&own, &other))
}

/// Cuts a sentence about several appointments where the next one begins: a part without a day belongs to the one before it.
fn parts(sentence: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for part in sentence.replace(" and ", " y ").replace(" e ", " y ").split(" y ") {
        match all.last_mut() {
            Some(last) if Said::of(part).days.is_empty() || Said::of(last).days.is_empty() => {
                last.push_str(" y ");
                last.push_str(part);
            }
            Some(_) | None => all.push(part.to_owned()),
        }
    }
    all
}

/// Returns true if the sentence tells a figure, and people or a checked answer have claimed the same deed with all of its figures.
fn repeats(claim: &Claim, today: Option<NaiveDate>, grounds: &Grounds<'_>) -> bool {
    let said = Said::of(&claim.sentence);
    !(said.days.is_empty() && said.amounts.is_empty()) && fits_what_was_said(claim, today, grounds)
}

fn fits_what_was_said(claim: &Claim, today: Option<NaiveDate>, grounds: &Grounds<'_>) -> bool {
    let now = Said::of(&claim.sentence);
    let same = |text: &&str| {
        let before = claims(text).iter().any(|before| before.deed == claim.deed).then(|| Said::of(text));
        before.is_some_and(|before| before.holds(&now, today))
    };
    (now.is_empty() && claim.deed == Deed::Waiting) || grounds.said.iter().any(same)
}

/// Returns true if the customer waits for something, and the sentence names no other service.
fn waits(sentence: &str, book: &Brief) -> bool {
    let words = Words::of(sentence);
    let named = |name: &str| words.has(&fold(name));
    let others = book.services.iter().filter(|service| !book.waiting.contains(&service.name));
    !book.waiting.is_empty() && (book.waiting.iter().any(|name| named(name)) || !others.into_iter().any(|other| named(&other.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_about_two_appointments_is_cut_between_them() {
        let cut = parts("La limpieza está confirmada para el jueves a las 5 y la revisión para el viernes a las 10");
        assert_eq!(cut.len(), 2, "{cut:?}");
        assert_eq!(parts("Limpieza y revisión el jueves y con Ana").len(), 1);
        assert_eq!(Said::of("el viernes").days.len(), 1);
    }
}
