//! The operator's own model: what is set, and with a call whether it answers. Tenants' models are theirs: `recado model check`.

use crate::app;
use crate::cli::doctor::report::Report;
use crate::config::Config;
use crate::domain::model::ModelKind;
use crate::store::admin::Admin;

/// Looks at the settings; their mistakes have kept the doctor from coming this far.
pub(super) fn settings(config: &Config, report: &mut Report) {
    let Some(platform) = &config.llm.platform else {
        return report.ok("model", "none of the operator's: tenants' own ones answer, else the offline assistant");
    };
    let says = format!("{} at a server of the kind {}", platform.model, platform.kind.as_str());
    if platform.api_key.is_none() && wants_key(platform.kind) {
        report.warn("model", format!("{says}, without a key"), "set RECADO_LLM_API_KEY");
    } else {
        report.ok("model", says);
    }
}

const fn wants_key(kind: ModelKind) -> bool {
    match kind {
        ModelKind::Openai | ModelKind::Openrouter | ModelKind::Anthropic | ModelKind::Gemini | ModelKind::Groq => true,
        ModelKind::Compatible | ModelKind::Ollama | ModelKind::Vllm | ModelKind::Llamacpp | ModelKind::Litellm => false,
    }
}

/// Asks the operator's model for a word: that costs a few tokens.
pub(super) async fn ask(config: &Config, admin: &Admin, report: &mut Report) {
    let desk = match app::model_desk(config, admin).await {
        Ok(desk) => desk,
        Err(error) => return report.fail("model", error.to_string(), "see the cause"),
    };
    match desk.check_platform().await {
        None => {}
        Some(Ok(())) => report.ok("model", "it answers"),
        Some(Err(error)) => {
            let advice = "look at RECADO_LLM_BASE_URL, RECADO_LLM_API_KEY, RECADO_LLM_MODEL and the provider's status; \
                          meanwhile the offline assistant answers";
            report.fail("model", error.to_string(), advice);
        }
    }
}
