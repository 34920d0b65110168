//! Answers in the customers' own words.

use super::*;

fn texts(es: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("es".to_owned(), es.to_owned())])
}

fn question(kind: QuestionKind) -> Question {
    let choice = |key: &str, text: &str| AnswerChoice { key: key.to_owned(), text: texts(text) };
    let choices =
        if kind == QuestionKind::Choice { vec![choice("gnp", "GNP"), choice("axa", "AXA"), choice("none", "Sin seguro")] } else { vec![] };
    Question { key: "q".to_owned(), text: texts("¿?"), required: true, kind, choices }
}

fn answer(text: &str) -> Reading {
    Reading::Answer(text.to_owned())
}

#[test]
fn yes_and_no_are_read_in_three_languages_and_doubts_are_not() {
    let asked = question(QuestionKind::YesNo);
    for yes in ["sí", "Si, es mi primera vez", "yes", "sim, é", "claro", "sí, no he ido nunca"] {
        assert_eq!(asked.read(yes), answer("yes"), "{yes}");
    }
    for no in ["no", "No, ya he ido antes", "nope", "não"] {
        assert_eq!(asked.read(no), answer("no"), "{no}");
    }
    for doubt in ["el lunes", "¿por qué?", "mejor otro día", "cancelar", "tal vez"] {
        assert_eq!(asked.read(doubt), Reading::Unclear, "{doubt}");
    }
}

#[test]
fn a_choice_is_named_by_its_number_its_place_or_its_words() {
    let asked = question(QuestionKind::Choice);
    for (said, key) in [("2", "axa"), ("la primera", "gnp"), ("tengo axa", "axa"), ("sin seguro", "none")] {
        assert_eq!(asked.read(said), answer(key), "{said}");
    }
    for said in ["4", "0", "GNP o AXA", "otro"] {
        assert_eq!(asked.read(said), Reading::Unclear, "{said}");
    }
}

#[test]
fn numbers_telephones_and_addresses_are_kept_in_one_form() {
    assert_eq!(question(QuestionKind::Number).read("tiene 12 años"), answer("12"));
    assert_eq!(question(QuestionKind::Number).read("dos"), answer("2"));
    assert_eq!(question(QuestionKind::Number).read("12 o 13"), Reading::Unclear);
    assert_eq!(question(QuestionKind::Phone).read("es el +52 662 555-0101"), answer("+526625550101"));
    assert_eq!(question(QuestionKind::Phone).read("55"), Reading::Unclear);
    assert_eq!(question(QuestionKind::Email).read("mi correo es ana@correo.mx."), answer("ana@correo.mx"));
    assert_eq!(question(QuestionKind::Email).read("ana@correo"), Reading::Unclear);
}

#[test]
fn free_words_are_kept_and_wishes_are_not() {
    let asked = question(QuestionKind::Text);
    assert_eq!(asked.read(" Me duele  desde el lunes "), answer("Me duele desde el lunes"));
    assert_eq!(asked.read("Firulais"), answer("Firulais"));
    assert_eq!(asked.read("prefiero no decir"), Reading::Skipped);
    for other in ["mejor el martes", "quiero hablar con alguien", "¿cuánto cuesta?", "..."] {
        assert_eq!(asked.read(other), Reading::Unclear, "{other}");
    }
    assert_eq!(asked.read(&"a".repeat(LONGEST_ANSWER + 1)), Reading::Unclear);
}

#[test]
fn given_answers_must_fit_their_questions() {
    let all = [question(QuestionKind::YesNo)];
    let given = |key: &str, text: &str| BTreeMap::from([(key.to_owned(), text.to_owned())]);
    assert_eq!(checked(&all, &given("q", "yes")).unwrap(), given("q", "yes"));
    for (wrong, field) in [(given("q", "maybe"), "q"), (given("other", "yes"), "other"), (BTreeMap::new(), "q"), (given("q", " "), "q")] {
        assert_eq!(checked(&all, &wrong).unwrap_err().0, field, "{wrong:?}");
    }
}

#[test]
fn what_was_answered_or_skipped_is_not_asked_again() {
    for required in [true, false] {
        let all = [Question { required, ..question(QuestionKind::Text) }];
        let open = |given: &[(&str, &str)]| {
            let given = given.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
            (next_question(&all, &given).is_some(), !answered(&all, &given))
        };
        assert_eq!(open(&[]), (true, required));
        assert_eq!(open(&[("q", "")]), (required, required), "only what may be left out can be skipped");
        assert_eq!(open(&[("q", "GNP")]), (false, false));
    }
}
