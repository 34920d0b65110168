use super::*;
use crate::domain::booking::voice::{OTHER_BUTTON, reminder_button, yes_button};
use crate::domain::content::{Button, Content};
use crate::domain::ids::AppointmentId;
use uuid::Uuid;

const ID: AppointmentId = AppointmentId(Uuid::from_u128(9));

fn template(language: &str, languages: &[&str], buttons: &[QuickReply]) -> NewsTemplate {
    NewsTemplate {
        name: "cita".to_owned(),
        language: language.to_owned(),
        languages: languages.iter().map(|&code| code.to_owned()).collect(),
        buttons: buttons.to_vec(),
    }
}

fn told(language: Language, ids: &[String]) -> Told {
    let buttons = ids.iter().map(|id| Button { id: id.clone(), title: "x".to_owned() }).collect();
    let content = Content { buttons, ..Content::text("Su cita") };
    Told { content, language, parameters: Parameters::of(|language| vec![language.code().to_owned()]), proviso: None }
}

fn reminder(wish: Wish) -> String {
    reminder_button(ID, 2, wish)
}

#[test]
fn each_quick_reply_brings_back_its_own_button_in_the_order_of_the_template() {
    let told_of = told(Language::Es, &[reminder(Wish::Come), reminder(Wish::Move), reminder(Wish::Cancel)]);
    let filled = |buttons: &[QuickReply]| template("es_MX", &[], buttons).filled(&told_of).payloads;
    assert_eq!(filled(&QuickReply::OF_REMINDERS), [reminder(Wish::Come), reminder(Wish::Move), reminder(Wish::Cancel)]);
    assert_eq!(filled(&[QuickReply::Cancel, QuickReply::Confirm]), [reminder(Wish::Cancel), reminder(Wish::Come)]);
    assert_eq!(filled(&[]), Vec::<String>::new(), "a template without quick replies takes none");
    let offer = told(Language::Es, &[yes_button(ID), OTHER_BUTTON.to_owned()]);
    assert_eq!(template("es_MX", &[], &QuickReply::OF_OFFERS).filled(&offer).payloads, [yes_button(ID), OTHER_BUTTON.to_owned()]);
    assert_eq!(
        template("es_MX", &[], &[QuickReply::Cancel]).filled(&offer).payloads,
        [""],
        "what the news does not offer has nothing to bring back"
    );
}

#[test]
fn template_and_parameters_are_of_one_language() {
    for (first, others, customer, code, words) in [
        ("es_MX", &["en_US", "pt_BR"][..], Language::Es, "es_MX", "es"),
        ("es_MX", &["en_US", "pt_BR"], Language::En, "en_US", "en"),
        ("es_MX", &["en_US", "pt_BR"], Language::Pt, "pt_BR", "pt"),
        ("es_MX", &[], Language::En, "es_MX", "es"),
        ("pt_PT", &["pt_BR"], Language::Pt, "pt_PT", "pt"),
        ("fr", &[], Language::En, "fr", "en"),
    ] {
        let filled = template(first, others, &[]).filled(&told(customer, &[]));
        assert_eq!((filled.language.as_str(), filled.parameters.as_slice()), (code, &[words.to_owned()][..]), "{first} {others:?}");
    }
}

#[test]
fn a_setting_is_checked_and_says_what_to_write() {
    let reminders = &QuickReply::OF_REMINDERS;
    assert_eq!(template("es_MX", &["en_US"], reminders).mistake(reminders), None);
    for (wrong, says) in [
        (NewsTemplate { name: String::new(), ..template("es", &[], &[]) }, "name"),
        (NewsTemplate { name: "my template".to_owned(), ..template("es", &[], &[]) }, "name"),
        (template("", &[], &[]), "language"),
        (template("es-MX", &[], &[]), "language"),
        (template("es_MX", &["es_MX"], &[]), "different"),
        (template("es", &[], &[QuickReply::Yes]), "\"confirm\", \"change\", \"cancel\""),
        (template("es", &[], &[QuickReply::Cancel, QuickReply::Cancel]), "each once"),
    ] {
        let mistake = wrong.mistake(reminders).unwrap_or_default();
        assert!(mistake.contains(says), "{wrong:?}: {mistake}");
    }
}

#[test]
fn every_language_has_a_word_for_whom_it_does_not_know() {
    for language in [Language::Es, Language::En, Language::Pt] {
        assert!(!nameless(language).trim().is_empty());
    }
}

#[test]
fn a_setting_of_an_older_release_is_read() {
    let read: NewsTemplate = serde_json::from_str(r#"{"name": "cita", "language": "es_MX"}"#).unwrap();
    assert_eq!(read, template("es_MX", &[], &[]));
    assert!(serde_json::from_str::<NewsTemplate>(r#"{"name": "cita", "language": "es_MX", "button": []}"#).is_err());
}
