//! The templates of mails, apart from those that models read: HTML is escaped by the name of its template, an unknown variable fails.
//!
//! A text template's first line is the subject. What customers and businesses are called is escaped here and nowhere else.

use crate::domain::booking::letters::AppointmentLetter;
use crate::domain::language::Language;
use crate::ports::mail::{Letters, RenderedLetter};
use crate::ports::prompts::PromptError;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};

/// Every template by name: `mail/<letter>.<language>.txt` and `.html`.
const TEMPLATES: [(&str, &str); 7] = [
    ("mail/layout.html", include_str!("../../prompts/mail/layout.html.j2")),
    ("mail/appointment.es.txt", include_str!("../../prompts/mail/appointment.es.txt.j2")),
    ("mail/appointment.es.html", include_str!("../../prompts/mail/appointment.es.html.j2")),
    ("mail/appointment.en.txt", include_str!("../../prompts/mail/appointment.en.txt.j2")),
    ("mail/appointment.en.html", include_str!("../../prompts/mail/appointment.en.html.j2")),
    ("mail/appointment.pt.txt", include_str!("../../prompts/mail/appointment.pt.txt.j2")),
    ("mail/appointment.pt.html", include_str!("../../prompts/mail/appointment.pt.html.j2")),
];

/// Steps that a template may take.
const FUEL: u64 = 100_000;

/// The templates of mails.
pub struct LetterLibrary(Environment<'static>);

impl LetterLibrary {
    /// Reads the embedded templates.
    ///
    /// # Errors
    /// [`PromptError`]: one that cannot be parsed; a test holds that there is none.
    pub fn new() -> Result<Self, PromptError> {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_fuel(Some(FUEL));
        templates.set_auto_escape_callback(|name| if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None });
        for (name, text) in TEMPLATES {
            templates.add_template(name, text).map_err(|error| mistake("mail", &error))?;
        }
        Ok(Self(templates))
    }

    /// Renders both parts of a letter.
    fn render(&self, letter: &'static str, language: Language, values: &Value) -> Result<RenderedLetter, PromptError> {
        let code = language.code();
        let part = |kind: &str| {
            let template = self.0.get_template(&format!("mail/{letter}.{code}.{kind}")).map_err(|error| mistake(letter, &error))?;
            template.render(context! { letter => values, language => code }).map_err(|error| mistake(letter, &error))
        };
        let text = part("txt")?;
        let (subject, text) = text.split_once('\n').unwrap_or((text.as_str(), ""));
        Ok(RenderedLetter { subject: subject.trim().to_owned(), text: text.trim_start().to_owned(), html: part("html")? })
    }
}

impl Letters for LetterLibrary {
    fn appointment(&self, language: Language, values: &AppointmentLetter) -> Result<RenderedLetter, PromptError> {
        // A line break in a name would move the first line, which is the subject.
        self.render("appointment", language, &Value::from(Serde(one_lined(values))))
    }
}

fn one_lined(values: &AppointmentLetter) -> AppointmentLetter {
    let line = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    AppointmentLetter {
        about: values.about,
        business: line(&values.business),
        name: line(&values.name),
        service: line(&values.service),
        with: line(&values.with),
        when: values.when.clone(),
        zone: values.zone.clone(),
        place: line(&values.place),
        link: values.link.clone(),
    }
}

fn mistake(name: &'static str, error: &minijinja::Error) -> PromptError {
    PromptError { name, why: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOUT: [&str; 3] = ["confirmed", "moved", "cancelled"];

    #[test]
    fn every_letter_renders_in_every_language() {
        let library = LetterLibrary::new().unwrap();
        for language in [Language::Es, Language::En, Language::Pt] {
            for about in ABOUT {
                let values = AppointmentLetter::sample(about);
                let letter = library.appointment(language, &values).unwrap();
                let (code, text, html) = (language.code(), &letter.text, &letter.html);
                assert!(letter.subject.contains("Clínica <Sol> & Mar") && !letter.subject.contains('\n'), "{}", letter.subject);
                for told in [&values.name, &values.service, &values.with, &values.when, &values.zone, &values.place] {
                    assert!(text.contains(told) && html.contains(told), "{told} in {code} {about}");
                }
                assert_eq!(text.contains(&values.link), html.contains("<a href="), "{code} {about}");
                assert_eq!(about == "cancelled", !html.contains("<a href="));
                assert!(html.contains("Clínica &lt;Sol&gt; &amp; Mar") && !html.contains("<Sol>"), "{html}");
                insta::assert_snapshot!(format!("appointment_{about}_{code}"), format!("{}\n\n{text}", letter.subject));
            }
        }
    }

    #[test]
    fn one_html_part_looks_as_it_did() {
        let library = LetterLibrary::new().unwrap();
        insta::assert_snapshot!(
            "appointment_html",
            library.appointment(Language::Es, &AppointmentLetter::sample("confirmed")).unwrap().html
        );
    }

    #[test]
    fn what_is_unknown_leaves_no_empty_line_behind() {
        let library = LetterLibrary::new().unwrap();
        let empty = String::new;
        let values =
            AppointmentLetter { name: empty(), with: empty(), place: empty(), link: empty(), ..AppointmentLetter::sample("confirmed") };
        let letter = library.appointment(Language::En, &values).unwrap();
        assert!(
            letter.text.starts_with("Hello,\n\n") && !letter.text.contains("With") && !letter.text.contains("\n\n\n"),
            "{}",
            letter.text
        );
        assert!(!letter.html.contains("<a href") && !letter.html.contains("Where"));
    }

    #[test]
    fn names_cannot_move_the_subject_nor_speak_html() {
        let library = LetterLibrary::new().unwrap();
        let bad = "x\r\nBcc: a@b.c\n\n<script>alert(1)</script>".to_owned();
        let values = AppointmentLetter { name: bad.clone(), business: bad, ..AppointmentLetter::sample("moved") };
        let letter = library.appointment(Language::Pt, &values).unwrap();
        assert!(letter.subject.starts_with("Seu agendamento em x Bcc: a@b.c"), "{}", letter.subject);
        assert!(!letter.html.contains("<script>"));
    }

    #[test]
    fn no_template_switches_the_escaping_off_and_each_name_says_what_it_is() {
        for (name, text) in TEMPLATES {
            assert!(!text.contains("|safe") && !text.contains("| safe") && !text.contains("autoescape"), "{name}");
            assert!(name.ends_with(".txt") || name.ends_with(".html"), "{name}");
        }
    }
}
