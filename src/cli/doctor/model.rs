//! The operator's own model: what is set, and with a call whether it answers. Tenants' models are theirs: `recado model check`.

use crate::app;
use crate::cli::doctor::report::Report;
use crate::config::{Config, PlatformConfig};
use crate::domain::ids::TenantId;
use crate::domain::model::ModelKind;
use crate::ports::models::ModelServer;
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
    let Some(platform) = &config.llm.platform else { return };
    let desk = match app::model_desk(config, admin).await {
        Ok(desk) => desk,
        Err(error) => return report.fail("model", error.to_string(), "see the cause"),
    };
    // Of no tenant: nothing is counted against anybody.
    match desk.check(TenantId(uuid::Uuid::nil()), &server(platform)).await {
        Ok(()) => report.ok("model", "it answers"),
        Err(error) => {
            let advice = "look at RECADO_LLM_BASE_URL, RECADO_LLM_API_KEY, RECADO_LLM_MODEL and the provider's status; \
                          meanwhile the offline assistant answers";
            report.fail("model", error.to_string(), advice);
        }
    }
}

fn server(platform: &PlatformConfig) -> ModelServer {
    ModelServer {
        kind: platform.kind,
        base_url: platform.base_url.as_str().trim_end_matches('/').to_owned(),
        model: platform.model.clone(),
        key: platform.api_key.clone(),
        prices: platform.prices,
        parallel: platform.parallel,
    }
}
