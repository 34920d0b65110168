//! The prompts of this build: embedded templates, strict rendering, a version by hash.
//!
//! Reads no file at run time, never sees a word of a customer: what it renders is the business's own and fixed text.

pub mod letters;
mod side;

use crate::domain::booking::Brief;
use crate::domain::facts::Facts;
use crate::domain::guard::leak::Rules;
use crate::domain::language::Language;
use crate::domain::phrases::we_are_automatic;
use crate::domain::prompt::{Prompt, PromptContext, SideJob};
use crate::ports::prompts::{PromptError, Prompts, Rendered, RenderedJob};
use chrono::Datelike;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

const SYSTEM: &str = include_str!("../../prompts/reply/system.md.j2");
const FACTS: &str = include_str!("../../prompts/reply/facts.md.j2");
const MOMENT: &str = include_str!("../../prompts/reply/moment.md.j2");
const BOOKING: &str = include_str!("../../prompts/reply/booking.md.j2");

/// Steps that a template may take: far above what ours need, far below what hurts.
const FUEL: u64 = 500_000;
/// Businesses whose stable part is kept rendered.
const KEPT: usize = 2_000;

/// A stable part with the facts that it was made of, which keeps their address from being used again.
struct Stable {
    facts: Arc<Facts>,
    business: String,
    text: Arc<str>,
}

/// The library.
pub struct Library {
    templates: Environment<'static>,
    version: String,
    rules: Arc<Rules>,
    stable: RwLock<HashMap<usize, Stable>>,
}

impl Library {
    /// Reads the embedded templates.
    ///
    /// # Errors
    /// [`PromptError`]: a template that cannot be parsed; a test holds that there is none.
    pub fn new() -> Result<Self, PromptError> {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_fuel(Some(FUEL));
        let own = [("reply/system", SYSTEM), ("reply/facts", FACTS), ("reply/moment", MOMENT), ("reply/booking", BOOKING)];
        for (name, text) in own.into_iter().chain(side::TEMPLATES) {
            templates.add_template(name, text).map_err(|error| mistake(name, &error))?;
        }
        let rules = Arc::new(Rules::of(SYSTEM));
        Ok(Self { templates, version: version(&[SYSTEM, FACTS, MOMENT, BOOKING]), rules, stable: RwLock::default() })
    }

    fn render(&self, name: &'static str, values: Value) -> Result<String, PromptError> {
        let template = self.templates.get_template(name).map_err(|error| mistake(name, &error))?;
        template.render(values).map_err(|error| mistake(name, &error))
    }

    /// Returns the part that is the same for every message of a business.
    fn stable(&self, business: &str, facts: &Arc<Facts>) -> Result<Arc<str>, PromptError> {
        let key = Arc::as_ptr(facts).addr();
        let known = self.stable.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(stable) = known.get(&key).filter(|stable| stable.business == business && Arc::ptr_eq(&stable.facts, facts)) {
            return Ok(Arc::clone(&stable.text));
        }
        drop(known);
        let rules = self.render("reply/system", context! { business })?;
        let told = self.render("reply/facts", context! { business, facts => Serde(facts.as_ref()) })?;
        let text: Arc<str> = format!("{rules}{told}\n").into();
        let mut known = self.stable.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(key, Stable { facts: Arc::clone(facts), business: business.to_owned(), text: Arc::clone(&text) });
        Ok(text)
    }

    fn moment(&self, context: &PromptContext<'_>) -> Result<String, PromptError> {
        let zone: chrono_tz::Tz = context.timezone.parse().unwrap_or(chrono_tz::UTC);
        let now = context.now.to_chrono().with_timezone(&zone);
        let values = context! {
            weekday => weekday(now.weekday()),
            date => now.format("%Y-%m-%d").to_string(),
            time => now.format("%H:%M").to_string(),
            timezone => zone.name(),
            channel => context.channel,
            language => language_name(context.language),
            first_answer => context.first_answer,
            business => context.business,
            disclosure => we_are_automatic(context.language, context.business),
            max_chars => context.max_chars,
            boundary => context.boundary,
            enough => context.enough,
            advice => context.advice.to_vec(),
        };
        self.render("reply/moment", values)
    }
}

impl Prompts for Library {
    fn reply(&self, context: &PromptContext<'_>) -> Result<Rendered, PromptError> {
        let stable = self.stable(context.business, context.facts)?;
        let moment = self.moment(context)?;
        let prompt = Prompt {
            name: "reply",
            version: self.version.clone(),
            canary: format!("data-{}", context.boundary),
            rules: Arc::clone(&self.rules),
            moment: moment.clone(),
            shown_from: None,
            book: None,
        };
        Ok(Rendered { system: format!("{stable}{moment}\n"), prompt })
    }

    fn booking(&self, brief: &Brief) -> Result<String, PromptError> {
        self.render("reply/booking", context! { booking => Serde(brief) })
    }

    fn side_job(&self, job: SideJob, language: Language, boundary: &str) -> Result<RenderedJob, PromptError> {
        let (template, text) = side::template(job);
        let system = self.render(template, context! { language => language_name(language), boundary })?;
        Ok(RenderedJob { system, name: side::name(job), schema: side::schema(job), version: version(&[text]) })
    }
}

fn mistake(name: &'static str, error: &minijinja::Error) -> PromptError {
    PromptError { name, why: error.to_string() }
}

fn version(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    texts.iter().for_each(|text| hash.update(text.as_bytes()));
    hash.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

const fn language_name(language: Language) -> &'static str {
    match language {
        Language::Es => "Spanish",
        Language::En => "English",
        Language::Pt => "Portuguese",
    }
}

const fn weekday(day: chrono::Weekday) -> &'static str {
    match day {
        chrono::Weekday::Mon => "Monday",
        chrono::Weekday::Tue => "Tuesday",
        chrono::Weekday::Wed => "Wednesday",
        chrono::Weekday::Thu => "Thursday",
        chrono::Weekday::Fri => "Friday",
        chrono::Weekday::Sat => "Saturday",
        chrono::Weekday::Sun => "Sunday",
    }
}

#[cfg(test)]
mod tests;
