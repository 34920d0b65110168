use super::*;
use crate::crypto::keyring::KeyRing;
use crate::domain::inbox::ChannelKind;
use crate::net::guard::AllowList;
use crate::ports::models::Models;
use crate::store::admin::inboxes::NewInbox;
use crate::store::admin::model_settings::ModelSettings;
use crate::store::admin::tenants::NewTenant;
use crate::store::directory::StoreDirectory;
use crate::store::test_folder::TestFolder;
use base64::Engine;
use secrecy::ExposeSecret;
use serde_json::json;
use std::sync::Arc;

const SECRET: &str = "sk-canary-of-the-tests";

fn ring(current: u8, older: &[u8]) -> Arc<KeyRing> {
    let key = |seed: &u8| {
        let bytes: Vec<u8> = (0..32).map(|index| seed.wrapping_add(index)).collect();
        SecretString::from(base64::engine::general_purpose::STANDARD.encode(bytes))
    };
    let older: Vec<SecretString> = older.iter().map(key).collect();
    Arc::new(KeyRing::parse(&key(&current), &older).unwrap())
}

async fn tenant(admin: &Admin, slug: &str) -> TenantId {
    let new = NewTenant { slug: slug.into(), name: slug.into(), locale: "es-MX".into(), timezone: "America/Hermosillo".into() };
    admin.create_tenant(new).await.unwrap().id
}

async fn set_up(folder: &TestFolder) -> (Admin, TenantId) {
    let admin = Admin::new(folder.store().await, ring(1, &[]));
    let tenant = tenant(&admin, "acme").await;
    (admin, tenant)
}

fn form(name: &str) -> ProviderForm {
    let api_key = KeyChange::Set(SecretString::from(SECRET));
    ProviderForm { name: name.into(), kind: Some("openai".into()), model: "m-1".into(), api_key, enabled: true, ..ProviderForm::default() }
}

/// The form without a word about the key.
fn kept(form: ProviderForm) -> ProviderForm {
    ProviderForm { api_key: KeyChange::Keep, ..form }
}

fn field<T>(outcome: Result<T, AdminError>) -> String {
    match outcome {
        Err(AdminError::Invalid { field, problem }) => {
            assert!(!problem.contains(SECRET));
            field.to_owned()
        }
        Err(error) => format!("{error:?}"),
        Ok(_) => "accepted".to_owned(),
    }
}

async fn opened(admin: &Admin, ring: Arc<KeyRing>, tenant: TenantId) -> Vec<(String, Option<String>)> {
    let directory = StoreDirectory::open(admin.store().clone(), ring).await.unwrap();
    let models = directory.of_tenant(tenant).await.unwrap().unwrap();
    let key = |provider: &Arc<OwnProvider>| provider.server.key.as_ref().map(|key| key.expose_secret().to_owned());
    models.providers.iter().map(|provider| (provider.name.clone(), key(provider))).collect()
}

#[tokio::test]
async fn a_key_is_sealed_opened_for_its_tenant_and_never_shown() {
    let folder = TestFolder::new();
    let (admin, acme) = set_up(&folder).await;
    let view = admin.add_model_provider(acme, form("main")).await.unwrap();
    assert_eq!((view.base_url.as_str(), view.kind.as_str(), view.has_key), ("https://api.openai.com/v1", "openai", true));
    assert!(!serde_json::to_string(&view).unwrap().contains(SECRET) && !format!("{:?}", form("x")).contains(SECRET));
    assert_eq!(opened(&admin, ring(1, &[]), acme).await, [("main".to_owned(), Some(SECRET.to_owned()))]);
    let other = tenant(&admin, "other").await;
    assert!(opened(&admin, ring(1, &[]), other).await.is_empty());
    assert!(admin.open_model_provider(other, view.id).await.is_err() && admin.find_model_provider(other, view.id).await.unwrap().is_none());
    assert!(matches!(admin.remove_model_provider(other, view.id).await, Err(AdminError::NoModelProvider(_))));
    let stored = std::fs::read(folder.path().join("recado.db")).unwrap();
    let log = std::fs::read(folder.path().join("recado.db-wal")).unwrap_or_default();
    let holds = |bytes: &[u8]| bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
    assert!(!holds(&stored) && !holds(&log), "the file holds the key in clear");
}

#[tokio::test]
async fn a_rotation_of_the_installations_key_covers_the_keys_of_models() {
    let folder = TestFolder::new();
    let (admin, acme) = set_up(&folder).await;
    admin.add_model_provider(acme, form("main")).await.unwrap();
    let rotating = Admin::new(admin.store().clone(), ring(2, &[1]));
    assert_eq!(rotating.rotate_keys().await.unwrap().rewrapped, 1);
    assert_eq!(opened(&admin, ring(2, &[]), acme).await, [("main".to_owned(), Some(SECRET.to_owned()))]);
    let lost = StoreDirectory::open(admin.store().clone(), ring(3, &[])).await.unwrap();
    let models = lost.of_tenant(acme).await.unwrap().unwrap();
    assert!(models.providers.is_empty() && models.has_own, "what cannot be opened is still the tenant's own");
}

#[tokio::test]
async fn a_sealed_key_opens_in_its_own_row_only() {
    use entities::model_provider::{Column, Entity};
    let folder = TestFolder::new();
    let (admin, acme) = set_up(&folder).await;
    let one = admin.add_model_provider(acme, form("one")).await.unwrap().id;
    let two = admin.add_model_provider(acme, form("two")).await.unwrap().id;
    let moved = admin.store.solo(Role::Engine, move |tx| {
        Box::pin(async move {
            let row = rows::find(acme, one).one(tx).await?.unwrap();
            let copy = Entity::update_many().col_expr(Column::Secret, sea_orm::sea_query::Expr::val(row.secret));
            copy.filter(Column::Id.eq(two.0)).exec(tx).await
        })
    });
    moved.await.unwrap();
    assert_eq!(opened(&admin, ring(1, &[]), acme).await.len(), 1);
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let folder = TestFolder::new();
    let (admin, acme) = set_up(&folder).await;
    let url = |url: &str| ProviderForm { kind: None, base_url: Some(url.into()), ..form("x") };
    let key = |key: &str| ProviderForm { api_key: KeyChange::Set(SecretString::from(key)), ..form("x") };
    let priced = |input| ProviderForm { prices: Some(Prices { input, output: 0 }), ..form("x") };
    let cases = [
        (form(""), "name"),
        (form("a\nb"), "name"),
        (form(" platform "), "name"),
        (ProviderForm { kind: Some("pigeon".into()), ..form("x") }, "kind"),
        (ProviderForm { kind: Some("vllm".into()), ..form("x") }, "base_url"),
        (ProviderForm { kind: None, ..form("x") }, "base_url"),
        (ProviderForm { model: " ".into(), ..form("x") }, "model"),
        (ProviderForm { position: Some(-1), ..form("x") }, "position"),
        (ProviderForm { parallel: Some(0), ..form("x") }, "parallel"),
        (priced(u64::MAX), "prices"),
        (url("http://127.0.0.1:8000/v1"), "base_url"),
        (url("http://169.254.169.254/latest"), "base_url"),
        (url("http://10.0.0.1:11434/v1"), "base_url"),
        (url("https://user:pass@models.example.com/v1"), "base_url"),
        (url("https://models.example.com:5432/v1"), "base_url"),
        (url("ftp://models.example.com"), "base_url"),
        (url("https://models.example.com/v1?key=1"), "base_url"),
        (url("https://models.example.com/v1#a"), "base_url"),
        (url("http://models.example.com/v1"), "base_url"),
        (url(&format!("https://models.example.com/{}", "a".repeat(2_000))), "base_url"),
        (key(""), "api_key"),
        (key("two words"), "api_key"),
        (key("a\r\nX-Evil: 1"), "api_key"),
        (key("clé"), "api_key"),
        (key(&"a".repeat(4_097)), "api_key"),
    ];
    for (form, expected) in cases {
        let shown = format!("{form:?}");
        assert_eq!(field(admin.add_model_provider(acme, form).await), expected, "{shown}");
    }
    assert!(admin.list_model_providers(acme).await.unwrap().is_empty());
    let nobodys = ProviderForm { inbox_id: Some(InboxId(uuid::Uuid::nil())), ..form("x") };
    assert!(matches!(admin.add_model_provider(acme, nobodys).await, Err(AdminError::NoInbox(_))));
}

#[tokio::test]
async fn a_network_that_the_operator_allows_may_be_called_without_tls() {
    let folder = TestFolder::new();
    let (admin, acme) = set_up(&folder).await;
    let admin = admin.allowing(AllowList::new(vec!["127.0.0.0/8".parse().unwrap()], &[]));
    let local = |name: &str, url: &str| ProviderForm { kind: Some("ollama".into()), base_url: Some(url.into()), ..form(name) };
    let view = admin.add_model_provider(acme, local("literal", "http://127.0.0.1:11434/v1/")).await.unwrap();
    assert_eq!(view.base_url, "http://127.0.0.1:11434/v1");
    admin.add_model_provider(acme, local("service", "http://ollama:11434/v1")).await.unwrap();
    let open = ProviderForm { api_key: KeyChange::Keep, ..local("open", "http://models.example.com/v1") };
    assert!(!admin.add_model_provider(acme, open).await.unwrap().has_key, "without a key nothing is betrayed");
}

#[tokio::test]
async fn a_change_keeps_the_key_but_never_takes_it_to_another_address() {
    let folder = TestFolder::new();
    let (admin, acme) = set_up(&folder).await;
    let made = admin.add_model_provider(acme, form("main")).await.unwrap();
    let changed = kept(ProviderForm { model: "m-2".into(), ..form("main") });
    let view = admin.replace_model_provider(acme, made.id, changed.clone()).await.unwrap();
    assert_eq!((view.model.as_str(), view.has_key, view.revision), ("m-2", true, made.revision + 1));
    let elsewhere = ProviderForm { kind: None, base_url: Some("https://evil.example.com/v1".into()), ..changed.clone() };
    assert_eq!(field(admin.replace_model_provider(acme, made.id, elsewhere.clone()).await), "api_key");
    let anew = ProviderForm { api_key: KeyChange::Set(SecretString::from("sk-new")), ..elsewhere.clone() };
    admin.replace_model_provider(acme, made.id, anew).await.unwrap();
    assert_eq!(opened(&admin, ring(1, &[]), acme).await[0].1.as_deref(), Some("sk-new"));
    let without = ProviderForm { api_key: KeyChange::Remove, ..elsewhere };
    assert!(!admin.replace_model_provider(acme, made.id, without).await.unwrap().has_key);
    let other = tenant(&admin, "other").await;
    assert!(matches!(admin.replace_model_provider(other, made.id, changed).await, Err(AdminError::NoModelProvider(_))));
}

#[tokio::test]
async fn providers_stand_in_their_order_and_names_are_unique_within_a_tenant() {
    let folder = TestFolder::new();
    let (admin, acme) = set_up(&folder).await;
    for name in ["a", "b", "c"] {
        admin.add_model_provider(acme, form(name)).await.unwrap();
    }
    admin.add_model_provider(acme, ProviderForm { position: Some(0), enabled: false, ..form("0") }).await.unwrap();
    let names: Vec<(String, i64)> =
        admin.list_model_providers(acme).await.unwrap().into_iter().map(|view| (view.name, view.position)).collect();
    let expected = [("a", 0), ("0", 0), ("b", 1), ("c", 2)].map(|(name, position)| (name.to_owned(), position));
    assert_eq!(names, expected);
    assert_eq!(opened(&admin, ring(1, &[]), acme).await.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert!(matches!(admin.add_model_provider(acme, form("a")).await, Err(AdminError::NameTaken(name)) if name == "a"));
    let other = tenant(&admin, "other").await;
    admin.add_model_provider(other, form("a")).await.unwrap();
    for number in 4..20 {
        admin.add_model_provider(acme, form(&number.to_string())).await.unwrap();
    }
    assert_eq!(field(admin.add_model_provider(acme, form("one too many")).await), "name");
}

#[tokio::test]
async fn an_inboxs_own_model_is_the_tenants_inboxs_and_goes_with_nobody_elses() {
    let folder = TestFolder::new();
    let (admin, acme) = set_up(&folder).await;
    let other = tenant(&admin, "other").await;
    let new = NewInbox { channel: ChannelKind::Generic, name: "Web".into(), config: json!({"url": "https://adapter.example.com"}) };
    let inbox = admin.create_inbox(acme, new).await.unwrap().view.id;
    let special = ProviderForm { inbox_id: Some(inbox), ..form("special") };
    assert_eq!(admin.add_model_provider(acme, special.clone()).await.unwrap().inbox_id, Some(inbox));
    assert!(matches!(admin.add_model_provider(other, special).await, Err(AdminError::NoInbox(_))));
}

#[tokio::test]
async fn consent_and_budgets_are_kept_and_heard_of_by_running_servers() {
    let folder = TestFolder::new();
    let (admin, acme) = set_up(&folder).await;
    let directory = StoreDirectory::open(admin.store().clone(), ring(1, &[])).await.unwrap();
    let before = directory.of_tenant(acme).await.unwrap().unwrap();
    assert!(!before.allow_platform_fallback && !before.has_own && before.budget.tokens.is_none());
    let settings = ModelSettings { allow_platform_fallback: true, tokens_per_day: Some(9), parallel: Some(3), ..ModelSettings::default() };
    admin.set_model_settings(acme, settings).await.unwrap();
    assert_eq!(admin.model_settings(acme).await.unwrap(), settings);
    crate::ports::directory::Directory::refresh(&directory).await.unwrap();
    let after = directory.of_tenant(acme).await.unwrap().unwrap();
    assert_eq!((after.allow_platform_fallback, after.budget.tokens, after.parallel), (true, Some(9), Some(3)));
    let wrong = |parallel| ModelSettings { parallel: Some(parallel), ..settings };
    assert_eq!(field(admin.set_model_settings(acme, wrong(0)).await), "parallel");
    let huge = ModelSettings { tokens_per_day: Some(u64::MAX), ..settings };
    assert_eq!(field(admin.set_model_settings(acme, huge).await), "tokens_per_day");
    let nobody = TenantId(uuid::Uuid::nil());
    assert!(matches!(admin.set_model_settings(nobody, settings).await, Err(AdminError::NoTenant(_))));
    assert!(directory.of_tenant(nobody).await.unwrap().is_none());
}
