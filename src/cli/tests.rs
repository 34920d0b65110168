use super::*;
use crate::store::lock::ServeLock;
use crate::store::test_folder::TestFolder;
use secrecy::ExposeSecret;
use serde_json::Value;

const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

fn config(folder: &TestFolder, more: &[(&str, &str)]) -> Config {
    let data_dir = folder.path().display().to_string();
    let environment = [("RECADO_DATA_DIR", data_dir.as_str()), ("RECADO_BCRYPT_COST", "4")].into_iter().chain(more.iter().copied());
    Config::from_layers(None, environment.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap()
}

async fn recado(config: Config, line: &[&str]) -> Result<String, String> {
    let cli = Cli::try_parse_from([&["recado"], line].concat()).map_err(|error| error.to_string())?;
    let mut out = Vec::new();
    match run_with(cli.command, config, &mut out).await {
        Ok(()) => Ok(String::from_utf8(out).unwrap()),
        Err(error) => Err(chain(&error)),
    }
}

async fn json_of(config: Config, line: &[&str]) -> Value {
    serde_json::from_str(&recado(config, line).await.unwrap()).unwrap()
}

const TENANT: [&str; 11] =
    ["tenant", "create", "--slug", "acme", "--name", "Acme", "--locale", "es-MX", "--timezone", "America/Hermosillo", "--json"];

#[tokio::test]
async fn a_tenant_an_inbox_and_a_key_are_made_by_script() {
    let folder = TestFolder::new();
    let keyed = || config(&folder, &[("RECADO_SECRET_KEY", KEY)]);
    let tenant = json_of(keyed(), &TENANT).await;
    assert!(tenant["id"].is_string());
    let generic = r#"{"url":"https://adapter.example.com/a"}"#;
    let line = ["inbox", "create", "--tenant", "acme", "--channel", "generic", "--name", "Web", "--config", generic, "--json"];
    let inbox = json_of(keyed(), &line).await;
    assert!(inbox["secret"].as_str().unwrap().starts_with("whsec_"));
    let key = json_of(keyed(), &["api-key", "create", "--tenant", "acme", "--name", "ci", "--json"]).await;
    assert!(key["key"].as_str().unwrap().starts_with("rk_") && key["id"].is_string());
    let listed = recado(keyed(), &["inbox", "list", "--tenant", "acme", "--json"]).await.unwrap();
    assert!(listed.contains("adapter.example.com/a") && !listed.contains("whsec_"), "{listed}");
    assert!(recado(keyed(), &["tenant", "list"]).await.unwrap().contains(" acme Acme (active)"));
    assert_eq!(json_of(keyed(), &["keys", "rotate", "--json"]).await["current"], 1);
}

#[tokio::test]
async fn a_mistake_in_the_configuration_is_named_and_no_secret_is_shown() {
    let folder = TestFolder::new();
    let keyed = || config(&folder, &[("RECADO_SECRET_KEY", KEY)]);
    recado(keyed(), &TENANT).await.unwrap();
    let create = |channel: &'static str, config: &'static str| {
        ["inbox", "create", "--tenant", "acme", "--channel", channel, "--name", "x", "--config", config]
    };
    let wrong = r#"{"phone_number_id":"1","waba_id":"2","access_token":"EAAtop","typo":1}"#;
    let refused = recado(keyed(), &create("whatsapp", wrong)).await.unwrap_err();
    assert!(refused.contains("typo") && !refused.contains("EAAtop"), "{refused}");
    let refused = recado(keyed(), &create("generic", r#"{"secret": "hunter2"#)).await.unwrap_err();
    assert!(refused.contains("not JSON") && !refused.contains("hunter2"), "{refused}");
    assert!(recado(keyed(), &create("pigeon", "{}")).await.unwrap_err().contains("whatsapp, generic"));
    assert!(recado(keyed(), &TENANT).await.unwrap_err().contains("acme"), "the slug is taken");
}

#[tokio::test]
async fn an_inbox_is_updated_and_resumed_by_script_and_no_secret_is_shown_again() {
    let folder = TestFolder::new();
    let keyed = || config(&folder, &[("RECADO_SECRET_KEY", KEY)]);
    recado(keyed(), &TENANT).await.unwrap();
    let first = r#"{"url":"https://one.example.com"}"#;
    let line = ["inbox", "create", "--tenant", "acme", "--channel", "generic", "--name", "Web", "--config", first, "--json"];
    let made = json_of(keyed(), &line).await;
    let id = made["id"].as_str().unwrap();
    let change = |config: &'static str| ["inbox", "update", "--tenant", "acme", "--inbox", id, "--config", config, "--json"];
    let changed = json_of(keyed(), &change(r#"{"url":"https://two.example.com"}"#)).await;
    assert_eq!((changed["settings"]["url"].as_str(), changed["secret"].as_str()), (Some("https://two.example.com"), None));
    let refused = recado(keyed(), &change(r#"{"url":"http://127.0.0.1:8080"}"#)).await.unwrap_err();
    assert!(refused.contains("url cannot be called"), "{refused}");
    let allowed = config(&folder, &[("RECADO_SECRET_KEY", KEY), ("RECADO_OUTBOUND_ALLOW", "127.0.0.0/8")]);
    recado(allowed, &change(r#"{"url":"http://127.0.0.1:8080"}"#)).await.unwrap();
    let resumed = json_of(keyed(), &["inbox", "resume", "--tenant", "acme", "--inbox", id, "--json"]).await;
    assert_eq!(resumed["state"], "active");
    let nobody = "018f0000-0000-7000-8000-000000000000";
    let refused = recado(keyed(), &["inbox", "resume", "--tenant", "acme", "--inbox", nobody]).await.unwrap_err();
    assert!(refused.contains("has no inbox"), "{refused}");
}

#[tokio::test]
async fn an_api_key_is_listed_by_its_end_and_revoked_once_by_its_tenant_alone() {
    let folder = TestFolder::new();
    let keyed = || config(&folder, &[("RECADO_SECRET_KEY", KEY)]);
    recado(keyed(), &TENANT).await.unwrap();
    recado(keyed(), &["tenant", "create", "--slug", "other", "--name", "Other"]).await.unwrap();
    let made = json_of(keyed(), &["api-key", "create", "--tenant", "acme", "--name", "ci", "--json"]).await;
    let scoped =
        |scope| ["api-key", "create", "--tenant", "acme", "--name", "till", "--scope", "contacts:read", "--scope", scope, "--json"];
    json_of(keyed(), &scoped("reports:read")).await;
    assert!(recado(keyed(), &scoped("sales:read")).await.is_err(), "a scope that is none");
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    let listed = recado(keyed(), &["api-key", "list", "--tenant", "acme"]).await.unwrap();
    assert!(listed.contains(id) && listed.contains("(active)") && !listed.contains(key), "{listed}");
    let revoke = |tenant| ["api-key", "revoke", "--tenant", tenant, "--id", id];
    assert!(recado(keyed(), &revoke("other")).await.unwrap_err().contains("has no key"));
    recado(keyed(), &revoke("acme")).await.unwrap();
    assert!(recado(keyed(), &revoke("acme")).await.unwrap_err().contains("still accepted"));
    assert!(recado(keyed(), &["api-key", "list", "--tenant", "acme"]).await.unwrap().contains("(revoked 20"));
}

#[tokio::test]
async fn serve_names_the_variable_that_it_needs_and_takes_no_file_instead() {
    let folder = TestFolder::new();
    std::fs::write(folder.path().join("secret.key"), KEY).unwrap();
    assert!(recado(config(&folder, &[]), &["serve"]).await.unwrap_err().contains("RECADO_SECRET_KEY is not set"));
    let placeholder = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let refused = recado(config(&folder, &[("RECADO_SECRET_KEY", placeholder)]), &["serve"]).await.unwrap_err();
    assert!(refused.contains("RECADO_SECRET_KEY") && refused.contains("placeholder") && !refused.contains("AAAA"), "{refused}");
}

#[tokio::test]
async fn serve_refuses_a_folder_in_use_and_a_key_that_opens_nothing() {
    let folder = TestFolder::new();
    let keyed = |key: &str| config(&folder, &[("RECADO_SECRET_KEY", key)]);
    recado(keyed(KEY), &TENANT).await.unwrap();
    let generic = r#"{"url":"http://h"}"#;
    recado(keyed(KEY), &["inbox", "create", "--tenant", "acme", "--channel", "generic", "--name", "x", "--config", generic]).await.unwrap();
    let other = "YWJjZGVmMDEyMzQ1Njc4OTAxMjM0NTY3ODlhYmNkZWY=";
    assert!(recado(keyed(other), &["serve"]).await.unwrap_err().contains("1 of 1 data keys"));
    let lock = ServeLock::acquire(folder.path(), "sqlite:").await.unwrap();
    assert!(recado(keyed(KEY), &["serve"]).await.unwrap_err().contains("another recado server"));
    assert!(recado(keyed(KEY), &["migrate", "down"]).await.unwrap_err().contains("another recado server"));
    drop(lock);
    let elsewhere = TestFolder::new();
    let lock = ServeLock::acquire(elsewhere.path(), &folder.url()).await.unwrap();
    assert!(recado(keyed(KEY), &["serve"]).await.unwrap_err().contains("another recado server"), "one database of two folders");
    assert!(recado(keyed(KEY), &["migrate", "down"]).await.unwrap_err().contains("another recado server"));
    drop(lock);
    assert!(recado(keyed(KEY), &["migrate", "down"]).await.unwrap().starts_with("pending m"));
    assert!(recado(keyed(KEY), &["migrate", "up"]).await.unwrap().starts_with("applied m"));
}

#[tokio::test]
async fn other_commands_use_the_key_in_the_data_folder() {
    let folder = TestFolder::new();
    recado(config(&folder, &[]), &TENANT).await.unwrap();
    let line = ["inbox", "create", "--tenant", "acme", "--channel", "generic", "--name", "x", "--config", r#"{"url":"http://h"}"#];
    assert!(recado(config(&folder, &[]), &line).await.unwrap_err().contains("RECADO_SECRET_KEY"), "no key anywhere");
    std::fs::write(folder.path().join("secret.key"), KEY).unwrap();
    recado(config(&folder, &[]), &line).await.unwrap();
}

#[tokio::test]
async fn the_demo_makes_its_key_and_business_once() {
    let folder = TestFolder::new();
    // The stub behind it fails after everything was prepared.
    let first = prepared(&folder, "127.0.0.1:4100").await;
    let again = prepared(&folder, "127.0.0.1:4101").await;
    assert_eq!((first.tenant, first.inbox), (again.tenant, again.inbox));
    assert_eq!(first.api_key.expose_secret(), again.api_key.expose_secret());
    let listed = recado(config(&folder, &[]), &["inbox", "list", "--tenant", "demo", "--json"]).await.unwrap();
    assert!(listed.contains("http://127.0.0.1:4101/demo/adapter"), "{listed}");
    #[cfg(unix)]
    for file in ["secret.key", "demo.key"] {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(folder.path().join(file)).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[tokio::test]
async fn the_demo_refuses_an_address_that_others_can_reach() {
    let folder = TestFolder::new();
    for listen in ["0.0.0.0:4100", "[::]:4100", "192.0.2.1:4100", "[::ffff:192.0.2.1]:4100"] {
        let refused = recado(config(&folder, &[("RECADO_LISTEN", listen)]), &["demo"]).await.unwrap_err();
        assert!(refused.contains("loopback"), "{refused}");
    }
    assert!(!folder.path().join("demo.key").exists(), "nothing was made");
}

async fn prepared(folder: &TestFolder, listen: &str) -> crate::app::DemoData {
    let mut config = config(folder, &[("RECADO_LISTEN", listen)]);
    demo::prepare_all(&mut config).await.unwrap().2
}

#[tokio::test]
async fn a_tenants_models_are_set_up_by_script_and_their_keys_are_never_shown() {
    let folder = TestFolder::new();
    let keyed = || config(&folder, &[("RECADO_SECRET_KEY", KEY), ("RECADO_OUTBOUND_ALLOW", "127.0.0.0/8")]);
    recado(keyed(), &TENANT).await.unwrap();
    let add = |name: &'static str, more: &[&'static str]| {
        [&["model", "add", "--tenant", "acme", "--name", name, "--model", "m-1", "--api-key", "sk-canary", "--json"], more].concat()
    };
    let made = json_of(keyed(), &add("main", &["--kind", "openai", "--price-input", "150000", "--price-output", "600000"])).await;
    assert_eq!((made["has_key"].as_bool(), made["prices"]["output"].as_u64()), (Some(true), Some(600_000)));
    json_of(keyed(), &add("dead", &["--base-url", "http://127.0.0.1:80/v1", "--position", "0"])).await;
    let listed = recado(keyed(), &["model", "list", "--tenant", "acme"]).await.unwrap();
    assert!(listed.contains(" main m-1 at https://api.openai.com/v1 with a key (openai)") && !listed.contains("sk-canary"), "{listed}");
    let listed = recado(keyed(), &["model", "list", "--tenant", "acme", "--json"]).await.unwrap();
    assert_eq!((listed.lines().count(), listed.contains("sk-canary")), (2, false));
    let checked = recado(keyed(), &["model", "check", "--tenant", "acme", "--name", "dead"]).await.unwrap_err();
    assert!(checked.contains("1 model provider(s) did not answer") && !checked.contains("sk-canary"), "{checked}");
    assert!(recado(keyed(), &["model", "remove", "--tenant", "acme", "--name", "dead"]).await.unwrap().starts_with("removed "));
    assert!(
        recado(keyed(), &["model", "remove", "--tenant", "acme", "--name", "dead"]).await.unwrap_err().contains("no model provider dead")
    );
    let refused = recado(keyed(), &add("x", &["--base-url", "http://169.254.169.254/v1"])).await.unwrap_err();
    assert!(refused.contains("base_url cannot be called") && !refused.contains("sk-canary"), "{refused}");
    let shown = format!("{:?}", Cli::try_parse_from([vec!["recado"], add("x", &[])].concat()).unwrap());
    assert!(!shown.contains("sk-canary"), "{shown}");
}

#[tokio::test]
async fn a_model_is_changed_field_by_field_and_its_key_is_only_written() {
    let folder = TestFolder::new();
    let keyed = || config(&folder, &[("RECADO_SECRET_KEY", KEY)]);
    recado(keyed(), &TENANT).await.unwrap();
    let add = ["model", "add", "--tenant", "acme", "--name", "main", "--kind", "openai", "--model", "m-1", "--api-key", "sk-canary"];
    let prices = ["--price-input", "150000", "--price-output", "600000", "--parallel", "4"];
    recado(keyed(), &[&add[..], &prices[..]].concat()).await.unwrap();
    let update = |more: &[&'static str]| [&["model", "update", "--tenant", "acme", "--name", "main", "--json"], more].concat();
    let changed = json_of(keyed(), &update(&["--model", "m-2", "--enabled", "false"])).await;
    assert_eq!((changed["model"].as_str(), changed["enabled"].as_bool()), (Some("m-2"), Some(false)));
    assert_eq!((changed["prices"]["output"].as_u64(), changed["parallel"].as_u64()), (Some(600_000), Some(4)), "the rest stays");
    assert_eq!((changed["kind"].as_str(), changed["has_key"].as_bool()), (Some("openai"), Some(true)));
    let refused = recado(keyed(), &update(&["--base-url", "https://other.example/v1"])).await.unwrap_err();
    assert!(refused.contains("api_key must be given again") && !refused.contains("sk-canary"), "{refused}");
    let moved = json_of(keyed(), &update(&["--base-url", "https://other.example/v1", "--api-key", "sk-second", "--no-price"])).await;
    assert_eq!((moved["kind"].as_str(), moved["prices"].is_null()), (Some("compatible"), true), "told by the new address");
    let named = recado(keyed(), &["model", "update", "--tenant", "acme", "--name", "main", "--new-name", "second", "--no-api-key"]).await;
    let named = named.unwrap();
    assert!(named.starts_with("updated ") && named.contains(" second m-2 ") && named.contains("without a key"), "{named}");
    assert!(recado(keyed(), &update(&[])).await.unwrap_err().contains("no model provider main"));
    let shown = format!("{:?}", Cli::try_parse_from([vec!["recado"], update(&["--api-key", "sk-canary"])].concat()).unwrap());
    assert!(!shown.contains("sk-canary"), "{shown}");
}

#[tokio::test]
async fn a_tenants_limits_are_changed_one_by_one() {
    let folder = TestFolder::new();
    let keyed = || config(&folder, &[("RECADO_SECRET_KEY", KEY)]);
    recado(keyed(), &TENANT).await.unwrap();
    let limits = |more: &[&'static str]| [&["model", "limits", "--tenant", "acme", "--json"], more].concat();
    let before = json_of(keyed(), &limits(&[])).await;
    assert_eq!((before["allow_platform_fallback"].as_bool(), &before["tokens_per_day"]), (Some(false), &Value::Null));
    json_of(keyed(), &limits(&["--tokens-per-day", "5000", "--cost-micros-per-day", "7"])).await;
    let after = json_of(keyed(), &limits(&["--allow-platform-fallback", "true", "--cost-micros-per-day", "none"])).await;
    assert_eq!((after["allow_platform_fallback"].as_bool(), after["tokens_per_day"].as_u64()), (Some(true), Some(5_000)));
    assert_eq!(after["cost_micros_per_day"], Value::Null);
    assert!(recado(keyed(), &limits(&["--tokens-per-day", "-1"])).await.is_err());
}

#[tokio::test]
async fn a_tenant_is_suspended_resumed_and_bounded_by_script_and_its_log_tells_of_it() {
    let folder = TestFolder::new();
    let keyed = || config(&folder, &[("RECADO_SECRET_KEY", KEY)]);
    recado(keyed(), &TENANT).await.unwrap();
    let suspend = |more: &[&'static str]| [&["tenant", "suspend", "acme", "--reason", "unpaid"], more].concat();
    let refused = recado(keyed(), &suspend(&["--feature", "sales"])).await.unwrap_err();
    assert!(refused.contains("all, assistant, outgoing, booking, api"), "{refused}");
    assert!(recado(keyed(), &suspend(&["--until", "soon"])).await.unwrap_err().contains("instant"));
    assert!(recado(keyed(), &suspend(&["--until", "2020-01-01T00:00:00Z"])).await.unwrap_err().contains("until"));
    assert_eq!(json_of(keyed(), &suspend(&["--feature", "booking", "--json"])).await["feature"], "booking");
    assert!(recado(keyed(), &["tenant", "list"]).await.unwrap().contains("(active)"), "a feature is not the tenant");
    recado(keyed(), &suspend(&[])).await.unwrap();
    assert!(recado(keyed(), &["tenant", "list"]).await.unwrap().contains("(suspended)"));
    assert_eq!(json_of(keyed(), &["tenant", "resume", "acme", "--json"]).await["ended"], 2);
    assert!(recado(keyed(), &["tenant", "resume", "acme"]).await.unwrap_err().contains("nothing of the tenant acme"));

    let limits = json_of(keyed(), &["tenant", "limits", "acme", "--inboxes", "0", "--members", "none", "--json"]).await;
    assert_eq!((limits["inboxes"]["most"].as_u64(), &limits["members"]["most"]), (Some(0), &Value::Null));
    let generic = r#"{"url":"https://adapter.example.com/a"}"#;
    let line = ["inbox", "create", "--tenant", "acme", "--channel", "generic", "--name", "Web", "--config", generic];
    assert!(recado(keyed(), &line).await.unwrap_err().contains("at most 0 inboxes"));

    let listed = recado(keyed(), &["audit", "list", "--tenant", "acme"]).await.unwrap();
    let actions: Vec<&str> = listed.lines().rev().filter_map(|line| line.split(' ').nth(3)).collect();
    let resumed = ["tenant.resumed", "tenant.resumed", "limits.changed"];
    assert_eq!(actions, [&["tenant.created", "tenant.suspended", "tenant.suspended"][..], &resumed].concat());
    assert!(listed.lines().all(|line| line.contains(" operator ")) && !listed.contains("unpaid"), "{listed}");
    let held = json_of(keyed(), &["audit", "verify", "--tenant", "acme", "--json"]).await;
    assert_eq!((held["events"].as_u64(), held["last"].as_u64()), (Some(6), Some(6)));
}

#[tokio::test]
async fn a_user_is_made_listed_and_unlocked_and_a_made_up_password_is_shown_once() {
    let folder = TestFolder::new();
    let keyed = || config(&folder, &[("RECADO_SECRET_KEY", KEY)]);
    recado(keyed(), &TENANT).await.unwrap();
    let create = ["user", "create", "--tenant", "acme", "--email", "Ana@shop.test", "--name", "Ana", "--json"];
    let made = json_of(keyed(), &create).await;
    assert_eq!((made["role"].as_str(), made["password"].as_str().map(str::len)), (Some("owner"), Some(20)));
    assert!(recado(keyed(), &create).await.unwrap_err().contains("--existing"), "an account is not taken for a new person's");
    let again = [&create[..], &["--existing"]].concat();
    assert!(recado(keyed(), &again).await.unwrap_err().contains("already an account"), "and a member is none twice");
    let listed = json_of(keyed(), &["user", "list", "--tenant", "acme", "--json"]).await;
    assert_eq!(
        (listed["email"].as_str(), listed["state"].as_str(), listed["password"].is_null()),
        (Some("ana@shop.test"), Some("active"), true)
    );
    assert!(recado(keyed(), &["user", "unlock", "--email", "ana@shop.test"]).await.is_ok());
    assert!(recado(keyed(), &["user", "unlock", "--email", "eva@shop.test"]).await.unwrap_err().contains("no account"));
    assert!(
        recado(keyed(), &["user", "create", "--tenant", "acme", "--email", "x", "--name", "X"])
            .await
            .unwrap_err()
            .contains("email must be")
    );
    let rotated = recado(keyed(), &["keys", "rotate"]).await.unwrap();
    assert!(rotated.contains("0 data keys wrapped anew"), "{rotated}");
}
