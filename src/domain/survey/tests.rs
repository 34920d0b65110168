//! Which ends ask, in which words, and what an answer may be.

use super::*;
use uuid::Uuid;

fn label(number: u128) -> LabelId {
    LabelId(Uuid::from_u128(number))
}

fn labels<const N: usize>(numbers: [u128; N]) -> BTreeSet<LabelId> {
    numbers.into_iter().map(label).collect()
}

fn on() -> SurveyRules {
    SurveyRules { enabled: true, ..SurveyRules::default() }
}

fn ended(by: Resolver) -> Ended {
    Ended { by, agent: None, held: Holder::People, member: None, language: Language::Es, wish: None }
}

#[test]
fn conv_84_a_survey_is_asked_only_where_it_is_on_and_by_the_rule_of_labels_and_of_who_resolved() {
    let none = labels([]);
    assert!(!SurveyRules::default().ask(&ended(Resolver::Person), &none), "off by default");
    let asks = |rules: &SurveyRules| Resolver::ALL.map(|by| rules.ask(&ended(by), &none));
    assert_eq!(asks(&on()), [true, true, false], "silence asks nobody unless it is wished");
    assert_eq!(asks(&SurveyRules { after: [Resolver::Silence].into(), ..on() }), [false, false, true]);
    assert_eq!(asks(&SurveyRules { after: [].into(), ..on() }), [false; 3]);

    let rules = SurveyRules { only_labels: labels([1, 2]), never_labels: labels([3]), ..on() };
    let table = [(labels([]), false), (labels([1]), true), (labels([2, 9]), true), (labels([9]), false), (labels([1, 3]), false)];
    for (has, expected) in table {
        assert_eq!(rules.ask(&ended(Resolver::Person), &has), expected, "{has:?}");
    }
    let never = SurveyRules { never_labels: labels([3]), ..on() };
    assert!(never.ask(&ended(Resolver::Person), &none) && !never.ask(&ended(Resolver::Person), &labels([3])));
}

#[test]
fn whoever_resolves_may_say_so_but_does_not_switch_it_on() {
    let wish = |wish, by| Ended { wish: Some(wish), ..ended(by) };
    let strict = SurveyRules { only_labels: labels([1]), after: [Resolver::Assistant].into(), ..on() };
    assert!(strict.ask(&wish(true, Resolver::Person), &labels([])));
    assert!(!on().ask(&wish(false, Resolver::Person), &labels([])));
    assert!(!SurveyRules::default().ask(&wish(true, Resolver::Person), &labels([])));
}

#[test]
fn who_resolved_is_told_by_the_cause() {
    let of = ["set_by_agent", "assistant_resolved", "idle", "timer", "blocked", "poison", ""].map(Resolver::of_cause);
    let silence = Some(Resolver::Silence);
    assert_eq!(of, [Some(Resolver::Person), Some(Resolver::Assistant), silence, silence, None, None, None]);
    assert!(Resolver::ALL.into_iter().all(|one| Resolver::parse(one.as_str()) == Some(one)));
    assert!(Holder::ALL.into_iter().all(|one| Holder::parse(one.as_str()) == Some(one)));
}

#[test]
fn the_question_is_in_the_customers_language_and_always_has_its_link() {
    let rules = on();
    let question = |rules: &SurveyRules, language, business: &str| {
        let [fullest, ..] = rules.questions(language, business);
        assert!(!fullest.contains("https://") && fullest.contains(mark(language)), "{fullest}");
        addressed(&fullest, "https://x/s/1")
    };
    let said = Language::ALL.map(|language| question(&rules, language, "Sol"));
    for (text, word) in said.iter().zip(["atención de Sol?", "experience with Sol?", "atendimento de Sol?"]) {
        assert!(text.contains(word) && text.ends_with("https://x/s/1"), "{text}");
    }
    let words =
        OwnWords { es: Some("Hola de {business}: {link} ¡gracias!".into()), en: Some("Rate us, please.".into()), pt: Some(" ".into()) };
    let own = SurveyRules { words, ..on() };
    assert_eq!(question(&own, Language::Es, "Sol"), "Hola de Sol: https://x/s/1 ¡gracias!");
    assert_eq!(question(&own, Language::En, "Sol"), "Rate us, please.\nhttps://x/s/1", "a link is never missing");
    assert!(question(&own, Language::Pt, "Sol").starts_with("O que achou"), "empty words are none");
    assert_eq!(question(&own, Language::Es, "{link}"), "Hola de {link}: https://x/s/1 ¡gracias!", "a name is no place for the link");
    let [fullest, ours, least] = own.questions(Language::Es, "Sol");
    assert!(fullest.starts_with("Hola") && ours.starts_with("¿Qué le pareció") && least == mark(Language::Es));
}

#[test]
fn the_address_takes_the_place_of_its_mark_in_words_and_in_what_a_template_is_given() {
    for language in Language::ALL {
        let text = format!("a {} z", mark(language));
        assert_eq!(addressed(&text, "https://x/s/1"), "a https://x/s/1 z");
        assert_eq!(length_addressed(&text, 13), "a https://x/s/1 z".chars().count());
    }
    assert_eq!(length_addressed("ñandú", 99), 5, "without a mark it is as long as it is");
    let template = Template {
        name: "encuesta".into(),
        language: "es_MX".into(),
        parameters: vec!["Sol".into(), mark(Language::Es).into()],
        payloads: vec![],
    };
    let content = Content { template: Some(Box::new(template)), ..Content::text(format!("¿Qué tal? {}", mark(Language::Es))) };
    let sent = with_address(content, "https://x/s/1");
    assert_eq!(
        (sent.text.as_str(), sent.template.unwrap().parameters),
        ("¿Qué tal? https://x/s/1", vec!["Sol".into(), "https://x/s/1".into()])
    );
    assert_eq!(with_address(Content::text("hola"), "https://x/s/1"), Content::text("hola"));
}

#[test]
fn a_template_is_the_languages_own_or_the_one_for_all() {
    let named = |name: &str, language: &str| TemplateName { name: name.into(), language: language.into() };
    let templates = Templates { pt: Some(named("pesquisa", "pt_BR")), ..Templates::default() };
    let rules = SurveyRules { template: Some(named("encuesta", "es_MX")), templates, ..on() };
    let of = |rules: &SurveyRules, language| rules.template(language).map(|(template, spoken)| (template.name.clone(), spoken));
    assert_eq!(of(&rules, Language::Pt), Some(("pesquisa".into(), Language::Pt)));
    assert_eq!(of(&rules, Language::En), Some(("encuesta".into(), Language::Es)), "it speaks its own language");
    let strange = SurveyRules { template: Some(named("survey", "fr_FR")), ..on() };
    assert_eq!(of(&strange, Language::En), Some(("survey".into(), Language::En)));
    assert_eq!(of(&on(), Language::Es), None);
}

#[test]
fn a_rating_is_a_whole_number_from_one_to_five() {
    let read = |text| Rating::parse(text).map(Rating::number);
    assert_eq!(["1", "5"].map(read), [Some(1), Some(5)]);
    assert_eq!(["0", "6", "", "05", "+5", "4.5", "five", "-1", "٣"].map(read), [None; 9]);
}

#[test]
fn a_comment_is_trimmed_and_bounded_by_characters() {
    assert_eq!(comment("  \r\n "), Ok(None));
    assert_eq!(comment(" Muy\r\nbien\0 "), Ok(Some("Muy\nbien\u{fffd}".to_owned())));
    assert_eq!(comment(&"ñ".repeat(MAX_COMMENT)), Ok(Some("ñ".repeat(MAX_COMMENT))));
    assert_eq!(comment(&"ñ".repeat(MAX_COMMENT + 1)), Err(MAX_COMMENT + 1));
}

#[test]
fn conv_86_an_answer_may_be_changed_for_fourteen_days_after_the_first_one() {
    let first = Timestamp::parse("2026-03-02T15:00:00Z").unwrap();
    let last = Timestamp::parse("2026-03-16T14:59:59.999999Z").unwrap();
    let over = Timestamp::parse("2026-03-16T15:00:00Z").unwrap();
    assert_eq!(takes_answer(None, 0, over), Open::Yes, "a first answer may come whenever");
    assert_eq!([first, last].map(|at| takes_answer(Some(first), 0, at)), [Open::Yes; 2]);
    assert_eq!(takes_answer(Some(first), 0, over), Open::TooLate);
    assert_eq!(changeable_until(first), over);
}

#[test]
fn conv_86_an_answer_may_be_changed_so_often_and_no_more() {
    let first = Timestamp::parse("2026-03-02T15:00:00Z").unwrap();
    assert_eq!(takes_answer(Some(first), MOST_CHANGES - 1, first), Open::Yes);
    assert_eq!(takes_answer(Some(first), MOST_CHANGES, first), Open::TooOften);
    assert_eq!(takes_answer(Some(first), MOST_CHANGES, changeable_until(first)), Open::TooLate);
}

#[test]
fn a_question_counts_once_it_may_have_left() {
    let counts = QuestionState::ALL.map(|state| (state.as_str(), state.counts()));
    assert_eq!(counts, [("queued", false), ("sent", true), ("uncertain", true), ("lost", false)]);
    assert!(QuestionState::ALL.into_iter().all(|one| QuestionState::parse(one.as_str()) == Some(one)));
    assert_eq!(QuestionState::parse("asked"), None);
}

#[test]
fn rules_are_read_as_they_are_written_and_an_older_row_too() {
    let template = TemplateName { name: "encuesta".into(), language: "es_MX".into() };
    let words = OwnWords { pt: Some("Avalie: {link}".into()), ..OwnWords::default() };
    let rules = SurveyRules { only_labels: labels([1]), after: [Resolver::Silence].into(), words, template: Some(template), ..on() };
    assert_eq!(serde_json::from_str::<SurveyRules>(&serde_json::to_string(&rules).unwrap()).unwrap(), rules);
    assert_eq!(serde_json::from_str::<SurveyRules>("{\"enabled\":true}").unwrap(), on());
    let older = r#"{"enabled":true,"template":{"name":"encuesta","language":"es_MX"}}"#;
    let older = serde_json::from_str::<SurveyRules>(older).unwrap();
    assert!(Language::ALL.into_iter().all(|language| older.template(language).is_some_and(|(template, _)| template.name == "encuesta")));
}
