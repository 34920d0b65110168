use super::*;
use crate::domain::model::Manner;
use secrecy::ExposeSecret;
use std::time::Duration;

const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let file = (!file.is_empty()).then_some(("test.toml", file));
    Config::from_layers(file, environment.iter().map(|(name, value)| ((*name).to_owned(), *value)))
}

fn mistakes(file: &str, environment: &[(&str, &str)]) -> Vec<Mistake> {
    match load(file, environment) {
        Ok(_) => Vec::new(),
        Err(ConfigError::Invalid(mistakes)) => mistakes,
        Err(ConfigError::File { .. }) => panic!("no file is read here"),
    }
}

#[test]
fn the_defaults_alone_are_valid_and_documented() {
    let config = load("", &[]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.public_url.as_str(), "http://127.0.0.1:8080/");
    assert_eq!(config.database_url.expose_secret(), "sqlite://./data/recado.db?mode=rwc");
    assert_eq!(config.engine.send_deadline, Duration::from_secs(15));
    assert_eq!(config.engine.uncertain_wait, Duration::from_mins(1));
    assert_eq!(config.engine.gathering, GatheringWait::Adaptive);
    assert!(config.secret_key.is_none() && config.outbound_allow.is_empty());
    let mut before = "";
    for line in DEFAULTS.lines() {
        assert!(!line.contains(" = ") || line.starts_with('#') || before.starts_with('#'), "{line} is not explained");
        before = line;
    }
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let file = "listen = \"127.0.0.1:1111\"\nlog = \"debug\"\n[engine]\nsweep_ms = 7";
    let config = load(file, &[("RECADO_LISTEN", "0.0.0.0:2222"), ("RECADO_ENGINE_DRAIN_MS", "9"), ("HOME", "x")]).unwrap();
    assert_eq!(config.listen.to_string(), "0.0.0.0:2222");
    assert_eq!(config.public_url.as_str(), "http://127.0.0.1:2222/");
    assert_eq!(config.log.filter, "debug");
    assert_eq!((config.engine.sweep, config.engine.drain), (Duration::from_millis(7), Duration::from_millis(9)));
}

#[test]
fn every_name_for_outsiders_is_read() {
    let config = load(
        "",
        &[
            ("RECADO_PUBLIC_URL", "https://chat.example.com"),
            ("RECADO_DATA_DIR", "/srv/recado"),
            ("RECADO_PLACEMENT", "single"),
            ("RECADO_NODE_ID", "n-2"),
            ("RECADO_SECRET_KEY", KEY),
            ("RECADO_SECRET_KEY_PREVIOUS", "a=, b="),
            ("RECADO_META_GRAPH_URL", "http://127.0.0.1:9/v25.0"),
            ("RECADO_META_APP_SECRET", "123456"),
            ("RECADO_META_VERIFY_TOKEN", "v"),
            ("RECADO_OUTBOUND_ALLOW", "127.0.0.0/8, ::1"),
            ("RECADO_LOG_FORMAT", "json"),
            ("RECADO_OTLP_ENDPOINT", "http://127.0.0.1:4318"),
            ("RECADO_BODY_TIME_MS", "200"),
            ("RECADO_ENGINE_GATHERING_MS", "0"),
            ("RECADO_ENGINE_RETRY_SCHEDULE_MS", "10,20"),
        ],
    )
    .unwrap();
    assert_eq!(config.database_url.expose_secret(), "sqlite:///srv/recado/recado.db?mode=rwc");
    assert_eq!(config.secret_key.unwrap().expose_secret(), KEY);
    assert_eq!(config.secret_key_previous.iter().map(ExposeSecret::expose_secret).collect::<Vec<_>>(), ["a=", "b="]);
    assert_eq!(config.meta.app_secret.unwrap().expose_secret(), "123456", "a secret of digits stays a text");
    assert_eq!(config.outbound_allow.len(), 2);
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.otlp_endpoint.unwrap().as_str(), "http://127.0.0.1:4318/");
    assert_eq!(config.body_time, Duration::from_millis(200));
    assert_eq!(config.engine.gathering, GatheringWait::Fixed(Duration::ZERO));
    assert_eq!(config.engine.retry_schedule, [Duration::from_millis(10), Duration::from_millis(20)]);
}

#[test]
fn all_mistakes_are_reported_at_once_with_key_and_place() {
    let file = "lissten = 1\nlog_format = \"xml\"\n[engine]\nsweep_ms = -1\nnonsense = true";
    let environment = [
        ("RECADO_LISTEN", "8080"),
        ("RECADO_PLACEMENT", "nats"),
        ("RECADO_OUTBOUND_ALLOW", "10.0.0.0/8,tomorrow"),
        ("RECADO_DATABASE_URL", "mysql://secret@host/db"),
        ("RECADO_ENGINE_TURN_DEADLINE_MS", "soon"),
        ("RECADO_ENGINE_TYPO", "1"),
    ];
    let found = mistakes(file, &environment);
    let mut keys: Vec<(&str, &str)> = found.iter().map(|mistake| (mistake.key.as_str(), mistake.place.as_str())).collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        [
            ("database_url", "RECADO_DATABASE_URL"),
            ("engine.nonsense", "test.toml"),
            ("engine.sweep_ms", "test.toml"),
            ("engine.turn_deadline_ms", "RECADO_ENGINE_TURN_DEADLINE_MS"),
            ("engine.typo", "RECADO_ENGINE_TYPO"),
            ("lissten", "test.toml"),
            ("listen", "RECADO_LISTEN"),
            ("log_format", "test.toml"),
            ("outbound_allow", "RECADO_OUTBOUND_ALLOW"),
            ("placement", "RECADO_PLACEMENT"),
        ]
    );
    assert!(!ConfigError::Invalid(found).to_string().contains("secret@"), "a value is never shown");
}

#[test]
fn a_file_that_is_no_toml_is_a_mistake_without_its_content() {
    let found = mistakes("secret_key = \"abc", &[]);
    assert_eq!(found.len(), 1);
    assert!(!found[0].to_string().contains("abc"), "{}", found[0]);
}

#[test]
fn unknown_variables_are_kept_for_a_warning() {
    let config = load("", &[("RECADO_LISEN", "x"), ("RECADO_LLM_COLOUR", "y")]).unwrap();
    assert_eq!(config.unknown_variables, ["RECADO_LISEN", "RECADO_LLM_COLOUR"]);
}

#[test]
fn debug_shows_no_secret() {
    let config = load("", &[("RECADO_SECRET_KEY", KEY), ("RECADO_DATABASE_URL", "postgres://u:hunter2@h/d")]).unwrap();
    let shown = format!("{config:?}");
    assert!(!shown.contains(KEY) && !shown.contains("hunter2"));
}

#[test]
fn the_operators_model_needs_an_address_and_a_name_and_its_kind_is_told_by_the_address() {
    assert!(load("", &[]).unwrap().llm.platform.is_none());
    let set = [
        ("RECADO_LLM_BASE_URL", "https://openrouter.ai/api/v1"),
        ("RECADO_LLM_API_KEY", "sk-1"),
        ("RECADO_LLM_MODEL", "vendor/model"),
        ("RECADO_LLM_TENANT_TOKENS_PER_DAY", "5000"),
        ("RECADO_LLM_PRICE_INPUT_MICROS", "150000"),
        ("RECADO_LLM_CALL_DEADLINE_MS", "2000"),
    ];
    let llm = load("", &set).unwrap().llm;
    assert_eq!(llm.call_deadline, Duration::from_secs(2));
    let platform = llm.platform.unwrap();
    assert_eq!((platform.kind, platform.model.as_str()), (crate::domain::model::ModelKind::Openrouter, "vendor/model"));
    assert_eq!((platform.tenant_budget.tokens, platform.tenant_budget.cost_micros), (Some(5_000), None));
    assert_eq!(platform.prices.map(|prices| (prices.input, prices.output)), Some((150_000, 0)));
    assert_eq!(platform.api_key.as_ref().unwrap().expose_secret(), "sk-1");
    assert!(!format!("{platform:?}").contains("sk-1"));
    assert_eq!(platform.manner, Manner::default());
}

#[test]
fn a_small_model_can_be_kept_short_calm_and_without_tools() {
    let model = [("RECADO_LLM_BASE_URL", "http://127.0.0.1:8081/v1"), ("RECADO_LLM_MODEL", "small")];
    let reins = [("RECADO_LLM_MAX_OUTPUT_TOKENS", "200"), ("RECADO_LLM_TEMPERATURE", "0"), ("RECADO_LLM_TOOLS", "false")];
    let server = load("", &[&model[..], &reins[..]].concat()).unwrap().llm.platform.unwrap().server();
    assert_eq!(server.manner, Manner { max_output: 200, temperature: Some(0.0), tools: false });
    let odd = [("RECADO_LLM_MAX_OUTPUT_TOKENS", "0"), ("RECADO_LLM_TEMPERATURE", "hot"), ("RECADO_LLM_TOOLS", "few")];
    let mut keys: Vec<String> = mistakes("", &[&model[..], &odd[..]].concat()).into_iter().map(|mistake| mistake.key).collect();
    keys.sort();
    assert_eq!(keys, ["llm_max_output_tokens", "llm_temperature", "llm_tools"]);
}

#[test]
fn half_a_model_is_a_mistake_with_its_key() {
    let keys = |environment: &[(&str, &str)]| -> Vec<String> { mistakes("", environment).into_iter().map(|mistake| mistake.key).collect() };
    assert_eq!(keys(&[("RECADO_LLM_BASE_URL", "https://h/v1")]), ["llm_model"]);
    assert_eq!(keys(&[("RECADO_LLM_API_KEY", "sk"), ("RECADO_LLM_MODEL", "m")]), ["llm_api_key", "llm_model"]);
    let odd = [("RECADO_LLM_BASE_URL", "ftp://h"), ("RECADO_LLM_MODEL", "m"), ("RECADO_LLM_KIND", "pigeon"), ("RECADO_LLM_API_KEY", "a b")];
    assert_eq!(keys(&odd), ["llm_base_url", "llm_kind", "llm_api_key"]);
    assert_eq!(keys(&[("RECADO_LLM_PARALLEL", "0")]), ["llm_parallel"]);
}

#[test]
fn the_mail_server_is_read_with_its_sender_and_neither_alone() {
    let config = load("", &[("RECADO_SMTP_URL", "smtps://u:p@mail.example.com"), ("RECADO_MAIL_FROM", "Recado <no-reply@example.com>")]);
    assert_eq!(config.unwrap().mail.unwrap().server.host(), "mail.example.com");
    assert!(load("", &[]).unwrap().mail.is_none());
    let keys = |environment: &[(&str, &str)]| mistakes("", environment).into_iter().map(|mistake| mistake.key).collect::<Vec<_>>();
    assert_eq!(keys(&[("RECADO_SMTP_URL", "smtp://h.example")]), ["mail_from"]);
    assert_eq!(keys(&[("RECADO_MAIL_FROM", "a@b.example")]), ["smtp_url"]);
    assert_eq!(keys(&[("RECADO_SMTP_URL", "smtp://u:hunter2@h.example"), ("RECADO_MAIL_FROM", "nobody")]), ["smtp_url", "mail_from"]);
    let told = load("", &[("RECADO_SMTP_URL", "smtp://u:hunter2@h.example")]).unwrap_err().to_string();
    assert!(told.contains("needs smtps:// or ?tls=required") && !told.contains("hunter2"), "{told}");
}

#[test]
fn limits_are_read_scaled_and_checked() {
    use crate::domain::quota::Bucket;
    let of =
        |config: &Config, wanted| config.limits.effective().iter().find(|(bucket, _)| *bucket == wanted).map(|(_, quota)| quota.burst());
    let default = load("", &[]).unwrap();
    assert_eq!(of(&default, Bucket::SignInAddress), Some(10));
    assert_eq!(of(&default, Bucket::AdapterAddress), None, "off");
    let set = [
        ("RECADO_LIMITS_MULTIPLIER", "10"),
        ("RECADO_LIMITS_API_PER_KEY", "1/s burst 3"),
        ("RECADO_LIMITS_TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
        ("RECADO_LIMITS_HEAD_TIME_MS", "300"),
    ];
    let config = load("[limits]\nconnections = 64", &set).unwrap();
    assert_eq!((of(&config, Bucket::ApiKey), of(&config, Bucket::SignInAddress)), (Some(30), Some(100)));
    assert_eq!((config.limits.trusted_proxies.len(), config.limits.connections), (2, 64));
    assert_eq!(config.limits.head_time, Duration::from_millis(300));
    let wrong = [("RECADO_LIMITS_API_PER_KEY", "many"), ("RECADO_LIMITS_TYPO", "1"), ("RECADO_LIMITS_MULTIPLIER", "0")];
    let mut keys: Vec<String> = mistakes("", &wrong).into_iter().map(|mistake| mistake.key).collect();
    keys.sort();
    assert_eq!(keys, ["limits.api_per_key", "limits.multiplier", "limits.typo"]);
}
