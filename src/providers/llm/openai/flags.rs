//! What each kind of server can do and how it wants to be asked. Pure: a table; nothing is probed here.

use crate::domain::model::ModelKind;
use serde::{Deserialize, Serialize};
use url::Url;

/// How an answer in a given shape is asked for, best first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Structured {
    /// `json_schema` with `strict`.
    Strict,
    /// `json_schema` without it.
    Schema,
    /// `json_object`, the schema in words.
    Object,
    /// Words only.
    Words,
}

/// The part of JSON Schema that the server takes for tools.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// All that we use.
    Full,
    /// Gemini's subset of `OpenAPI`.
    Gemini,
}

/// What a server can do. What a flag forbids is left out of the request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flags {
    /// It takes tools at all.
    pub tools: bool,
    /// It must be told that several calls at once are welcome.
    pub ask_parallel: bool,
    /// How a shape is asked for.
    pub structured: Structured,
    /// A shape may be asked for while tools are offered.
    pub shape_with_tools: bool,
    /// The limit is called `max_completion_tokens`, not `max_tokens`.
    pub max_completion_tokens: bool,
    /// It must be asked for the usage at the end of a stream, and understands the question.
    pub stream_usage: bool,
    /// Always streamed, looked at or not: a slow machine shows only so that it is at work.
    pub always_stream: bool,
    /// Instructions may stand in the middle of the chat.
    pub system_mid_history: bool,
    /// Its chat templates want user and assistant to take turns.
    pub alternate_roles: bool,
    /// The schemas of tools.
    pub dialect: Dialect,
    /// It takes a temperature.
    pub temperature: bool,
    /// Routes to other servers, which must be held to the parameters that were sent.
    pub require_parameters: bool,
    /// Calls come with a signature that it wants to see again.
    pub signatures: bool,
}

/// What most servers can do; the others are described by how they differ.
const COMMON: Flags = Flags {
    tools: true,
    ask_parallel: false,
    structured: Structured::Schema,
    shape_with_tools: true,
    max_completion_tokens: false,
    stream_usage: true,
    always_stream: false,
    system_mid_history: true,
    alternate_roles: false,
    dialect: Dialect::Full,
    temperature: true,
    require_parameters: false,
    signatures: false,
};

impl Flags {
    /// Returns what a model of a kind of server can do, as far as the names tell.
    #[must_use]
    pub fn of(kind: ModelKind, model: &str) -> Self {
        let thinks = has_fixed_temperature(model);
        match kind {
            ModelKind::Openai => Self { structured: Structured::Strict, max_completion_tokens: true, temperature: !thinks, ..COMMON },
            ModelKind::Openrouter => {
                Self { structured: Structured::Strict, stream_usage: false, temperature: !thinks, require_parameters: true, ..COMMON }
            }
            ModelKind::Anthropic => Self { structured: Structured::Words, system_mid_history: false, ..COMMON },
            ModelKind::Gemini => Self { dialect: Dialect::Gemini, signatures: true, ..COMMON },
            ModelKind::Groq => Self { structured: Structured::Object, shape_with_tools: false, max_completion_tokens: true, ..COMMON },
            ModelKind::Ollama => Self { always_stream: true, ..COMMON },
            ModelKind::Vllm => Self { always_stream: true, system_mid_history: false, alternate_roles: true, ..COMMON },
            ModelKind::Llamacpp => {
                Self { ask_parallel: true, always_stream: true, system_mid_history: false, alternate_roles: true, ..COMMON }
            }
            ModelKind::Litellm => Self { temperature: !thinks, ..COMMON },
            // Some know only one of the two forms, and none knows less than words.
            ModelKind::Compatible => Self { structured: Structured::Words, ..COMMON },
        }
    }
}

/// Returns true for models that think first and refuse a temperature.
fn has_fixed_temperature(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    ["o1", "o3", "o4", "gpt-5"]
        .iter()
        .any(|family| name.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.', ':'])))
}

/// Returns the kind of server behind an address if nobody says: by its host, or by the port that only Ollama uses.
#[must_use]
pub fn guess(base_url: &str) -> ModelKind {
    let Ok(url) = Url::parse(base_url) else { return ModelKind::Compatible };
    let host = url.host_str().unwrap_or_default().to_owned();
    let at_home = |kind: &ModelKind| {
        let home = kind.home().and_then(|home| Url::parse(home).ok());
        home.is_some_and(|home| home.host_str() == Some(host.as_str()))
    };
    match ModelKind::ALL.into_iter().find(at_home) {
        Some(kind) => kind,
        None if url.port() == Some(11_434) => ModelKind::Ollama,
        None => ModelKind::Compatible,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_guessed_by_host_or_port_and_never_by_a_part_of_it() {
        for (url, kind) in [
            ("https://api.openai.com/v1", ModelKind::Openai),
            ("https://openrouter.ai/api/v1", ModelKind::Openrouter),
            ("https://api.anthropic.com/v1/", ModelKind::Anthropic),
            ("https://generativelanguage.googleapis.com/v1beta/openai/", ModelKind::Gemini),
            ("https://api.groq.com/openai/v1", ModelKind::Groq),
            ("http://localhost:11434/v1", ModelKind::Ollama),
            ("http://localhost:8080/v1", ModelKind::Compatible),
            ("https://api.openai.com.example.com/v1", ModelKind::Compatible),
            ("https://example.com/openrouter.ai", ModelKind::Compatible),
            ("nonsense", ModelKind::Compatible),
        ] {
            assert_eq!(guess(url), kind, "{url}");
        }
    }

    #[test]
    fn the_limit_has_its_new_name_only_where_it_is_known() {
        let new: Vec<ModelKind> = ModelKind::ALL.into_iter().filter(|kind| Flags::of(*kind, "m").max_completion_tokens).collect();
        assert_eq!(new, [ModelKind::Openai, ModelKind::Groq]);
    }

    #[test]
    fn models_that_think_get_no_temperature() {
        for model in ["o1", "o3-mini", "gpt-5", "gpt-5.1", "openai/gpt-5-mini:floor"] {
            assert!(!Flags::of(ModelKind::Openrouter, model).temperature, "{model}");
        }
        for model in ["gpt-4o", "gpt-50", "o1x", "llama-3"] {
            assert!(Flags::of(ModelKind::Openai, model).temperature, "{model}");
        }
    }

    #[test]
    fn flags_are_read_from_settings_and_unknown_ones_are_refused() {
        let flags = Flags::of(ModelKind::Gemini, "m");
        let json = serde_json::to_value(flags).unwrap();
        assert_eq!(serde_json::from_value::<Flags>(json.clone()).unwrap(), flags);
        let mut more = json;
        more["telepathy"] = true.into();
        assert!(serde_json::from_value::<Flags>(more).is_err());
    }
}
