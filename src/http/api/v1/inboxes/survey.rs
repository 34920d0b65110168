//! How an inbox asks customers how they were served.

use crate::domain::content::TemplateName;
use crate::domain::ids::LabelId;
use crate::domain::survey::{MAX_WORDS, OwnWords, Resolver, SurveyRules, Templates};
use crate::domain::triage::MAX_LABELS;
use crate::http::problem::Problem;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;
use uuid::Uuid;

/// Longest name or language of a template, in characters.
const MAX_NAME: usize = 512;

/// How an inbox asks customers how they were served.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "enabled": true, "only_labels": [], "never_labels": [], "after": ["assistant", "person"],
    "words": {"es": "¿Qué tal la atención de {business}? {link}"},
    "template": {"name": "encuesta", "language": "es_MX"}, "templates": {"pt": {"name": "pesquisa", "language": "pt_BR"}},
}))]
pub struct InboxSurvey {
    /// Are customers asked when a conversation is resolved?
    pub(super) enabled: bool,
    /// Only of conversations with one of these labels; none: whatever they have. At most 20.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub(super) only_labels: Vec<Uuid>,
    /// Never of conversations with one of these. At most 20.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub(super) never_labels: Vec<Uuid>,
    /// After whom: `assistant` said that the matter is closed, a `person` resolved it, or `silence` did. If left out: assistant and person.
    #[serde(default = "usual")]
    pub(super) after: Vec<AfterWhom>,
    /// What is said instead of the product's words.
    #[serde(default)]
    pub(super) words: SurveyWords,
    /// The approved template by which the question leaves when the channel takes nothing else, or would by the time that the question leaves;
    /// its body takes one value, the link. Where there is none for the customer, nobody is asked, and a line in the conversation says so.
    #[serde(default)]
    pub(super) template: Option<SurveyTemplate>,
    /// Approved templates for customers of one language, instead of `template`.
    #[serde(default)]
    pub(super) templates: SurveyTemplates,
}

/// Who or what resolves a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AfterWhom {
    /// The assistant.
    Assistant,
    /// A person, or a program of the business.
    Person,
    /// Silence.
    Silence,
}

/// A business's own words, by language: at most 500 characters each. `{link}` is where the link goes (on a line of its own at the end, where it
/// is missing), `{business}` the name of the business.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SurveyWords {
    /// In Spanish.
    #[serde(default)]
    es: Option<String>,
    /// In English.
    #[serde(default)]
    en: Option<String>,
    /// In Portuguese.
    #[serde(default)]
    pt: Option<String>,
}

/// Approved templates by the language of the customer.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SurveyTemplates {
    /// For Spanish.
    #[serde(default)]
    es: Option<SurveyTemplate>,
    /// For English.
    #[serde(default)]
    en: Option<SurveyTemplate>,
    /// For Portuguese.
    #[serde(default)]
    pt: Option<SurveyTemplate>,
}

/// An approved template.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SurveyTemplate {
    /// Its name at the provider.
    name: String,
    /// Its language at the provider, such as `es_MX`.
    language: String,
}

fn usual() -> Vec<AfterWhom> {
    vec![AfterWhom::Assistant, AfterWhom::Person]
}

impl InboxSurvey {
    /// Reads the rules; whether the business has the labels is asked elsewhere.
    pub(super) fn rules(self) -> Result<SurveyRules, Problem> {
        let after = self.after.iter().map(|whom| match whom {
            AfterWhom::Assistant => Resolver::Assistant,
            AfterWhom::Person => Resolver::Person,
            AfterWhom::Silence => Resolver::Silence,
        });
        Ok(SurveyRules {
            enabled: self.enabled,
            only_labels: labels("only_labels", &self.only_labels)?,
            never_labels: labels("never_labels", &self.never_labels)?,
            after: after.collect(),
            words: OwnWords {
                es: words("words.es", self.words.es)?,
                en: words("words.en", self.words.en)?,
                pt: words("words.pt", self.words.pt)?,
            },
            template: template("template", self.template)?,
            templates: Templates {
                es: template("templates.es", self.templates.es)?,
                en: template("templates.en", self.templates.en)?,
                pt: template("templates.pt", self.templates.pt)?,
            },
        })
    }
}

fn labels(field: &str, ids: &[Uuid]) -> Result<BTreeSet<LabelId>, Problem> {
    let labels: BTreeSet<LabelId> = ids.iter().copied().map(LabelId).collect();
    if labels.len() > MAX_LABELS {
        return Err(Problem::field(field, format!("has more than {MAX_LABELS} ids")));
    }
    Ok(labels)
}

fn words(field: &str, text: Option<String>) -> Result<Option<String>, Problem> {
    let Some(text) = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > MAX_WORDS {
        return Err(Problem::field(field, format!("must have at most {MAX_WORDS} characters")));
    }
    if text.chars().any(|char| char.is_control() && char != '\n') {
        return Err(Problem::field(field, "must have no control characters but line breaks"));
    }
    Ok(Some(text))
}

fn template(field: &str, template: Option<SurveyTemplate>) -> Result<Option<TemplateName>, Problem> {
    let Some(SurveyTemplate { name, language }) = template else { return Ok(None) };
    for (part, text) in [("name", &name), ("language", &language)] {
        if text.trim().is_empty() || text.chars().count() > MAX_NAME || text.chars().any(char::is_control) {
            return Err(Problem::field(
                format!("{field}.{part}"),
                format!("must have 1 to {MAX_NAME} characters, as the provider spells it"),
            ));
        }
    }
    Ok(Some(TemplateName { name, language }))
}

impl From<TemplateName> for SurveyTemplate {
    fn from(TemplateName { name, language }: TemplateName) -> Self {
        Self { name, language }
    }
}

impl From<SurveyRules> for InboxSurvey {
    fn from(rules: SurveyRules) -> Self {
        let ids = |labels: BTreeSet<LabelId>| labels.into_iter().map(|label| label.0).collect();
        let after = rules.after.into_iter().map(|resolver| match resolver {
            Resolver::Assistant => AfterWhom::Assistant,
            Resolver::Person => AfterWhom::Person,
            Resolver::Silence => AfterWhom::Silence,
        });
        let (OwnWords { es, en, pt }, templates) = (rules.words, rules.templates);
        Self {
            enabled: rules.enabled,
            only_labels: ids(rules.only_labels),
            never_labels: ids(rules.never_labels),
            after: after.collect(),
            words: SurveyWords { es, en, pt },
            template: rules.template.map(SurveyTemplate::from),
            templates: SurveyTemplates {
                es: templates.es.map(SurveyTemplate::from),
                en: templates.en.map(SurveyTemplate::from),
                pt: templates.pt.map(SurveyTemplate::from),
            },
        }
    }
}
