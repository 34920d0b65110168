//! Models as a business sets them up: whose server, what it costs, how much may be spent a day. Pure; no key ever comes here.

mod budget;

pub use budget::{Budget, BudgetState, Day, Spent, Used};

use serde::{Deserialize, Serialize};

/// Most tokens of an answer where nobody says otherwise.
pub const MAX_OUTPUT: u32 = 4_096;

/// How a model wants to be asked, where its kind of server does not tell: small models on slow machines need short reins.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Manner {
    /// Most tokens of an answer.
    pub max_output: u32,
    /// `None`: the server's own default.
    pub temperature: Option<f64>,
    /// False: tools are never offered, whatever its kind of server can do.
    pub tools: bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self { max_output: MAX_OUTPUT, temperature: None, tools: true }
    }
}

/// Whose server it is: the dialect that it speaks, and where it usually is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// Any other server that speaks chat completions.
    #[default]
    Compatible,
    /// `OpenAI`.
    Openai,
    /// `OpenRouter`.
    Openrouter,
    /// Anthropic's compatible layer.
    Anthropic,
    /// Gemini's compatible layer.
    Gemini,
    /// Groq.
    Groq,
    /// Ollama.
    Ollama,
    /// vLLM.
    Vllm,
    /// The server of llama.cpp.
    Llamacpp,
    /// The `LiteLLM` proxy.
    Litellm,
}

impl ModelKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Compatible,
        Self::Openai,
        Self::Openrouter,
        Self::Anthropic,
        Self::Gemini,
        Self::Groq,
        Self::Ollama,
        Self::Vllm,
        Self::Llamacpp,
        Self::Litellm,
    ];

    /// Returns the stored spelling, which is also the one of commands and of the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compatible => "compatible",
            Self::Openai => "openai",
            Self::Openrouter => "openrouter",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Groq => "groq",
            Self::Ollama => "ollama",
            Self::Vllm => "vllm",
            Self::Llamacpp => "llamacpp",
            Self::Litellm => "litellm",
        }
    }

    /// Reads the stored spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Returns where such a server is if nobody says: only those that have one public address.
    #[must_use]
    pub const fn home(self) -> Option<&'static str> {
        match self {
            Self::Openai => Some("https://api.openai.com/v1"),
            Self::Openrouter => Some("https://openrouter.ai/api/v1"),
            Self::Anthropic => Some("https://api.anthropic.com/v1"),
            Self::Gemini => Some("https://generativelanguage.googleapis.com/v1beta/openai"),
            Self::Groq => Some("https://api.groq.com/openai/v1"),
            Self::Compatible | Self::Ollama | Self::Vllm | Self::Llamacpp | Self::Litellm => None,
        }
    }

    /// Returns the kind whose home `base_url` is; any other server is [`ModelKind::Compatible`].
    #[must_use]
    pub fn of_address(base_url: &str) -> Self {
        let base = base_url.trim_end_matches('/');
        Self::ALL.into_iter().find(|kind| kind.home() == Some(base)).unwrap_or_default()
    }
}

/// What tokens cost, in millionths of a currency for a million tokens: 0.15 dollars are 150 000.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// A million tokens in.
    pub input: u64,
    /// A million tokens out.
    pub output: u64,
}

impl Prices {
    /// Returns what `(in, out)` tokens cost, in millionths of the currency; a part of a millionth counts as a whole one.
    #[must_use]
    pub fn cost_micros(self, tokens: (u32, u32)) -> u64 {
        let million = 1_000_000;
        let parts = u128::from(self.input) * u128::from(tokens.0) + u128::from(self.output) * u128::from(tokens.1);
        u64::try_from(parts.div_ceil(million)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_as_it_is_written() {
        for kind in ModelKind::ALL {
            assert_eq!(ModelKind::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert_eq!(ModelKind::parse("OpenAI"), None);
    }

    #[test]
    fn a_kind_is_known_by_its_home_and_others_are_merely_compatible() {
        assert_eq!(ModelKind::of_address("https://openrouter.ai/api/v1/"), ModelKind::Openrouter);
        assert_eq!(ModelKind::of_address("https://openrouter.ai.example.com/api/v1"), ModelKind::Compatible);
        assert!(ModelKind::ALL.iter().filter_map(|kind| kind.home()).all(|home| home.starts_with("https://") && !home.ends_with('/')));
    }

    #[test]
    fn costs_are_rounded_up_and_never_wrap() {
        let prices = Prices { input: 150_000, output: 600_000 };
        assert_eq!(prices.cost_micros((1_000_000, 0)), 150_000);
        assert_eq!(prices.cost_micros((1_000, 100)), 210);
        assert_eq!(prices.cost_micros((1, 0)), 1, "nothing is free");
        assert_eq!(Prices::default().cost_micros((u32::MAX, u32::MAX)), 0);
        assert_eq!(Prices { input: u64::MAX, output: u64::MAX }.cost_micros((u32::MAX, u32::MAX)), u64::MAX);
    }
}
