use super::api_keys::find_api_key;
use super::inboxes::NewInbox;
use super::tenants::NewTenant;
use super::*;
use crate::crypto::keyring::KeyRing;
use crate::domain::facts::Facts;
use crate::domain::ids::{InboxId, TenantId};
use crate::domain::inbox::{ChannelKind, InboxState};
use crate::ports::directory::Directory;
use crate::store::directory::StoreDirectory;
use crate::store::test_folder::TestFolder;
use base64::Engine;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

fn key(seed: u8) -> SecretString {
    let bytes: Vec<u8> = (0..32).map(|index| seed.wrapping_add(index)).collect();
    SecretString::from(base64::engine::general_purpose::STANDARD.encode(bytes))
}

fn ring(current: u8, older: &[u8]) -> Arc<KeyRing> {
    let older: Vec<SecretString> = older.iter().map(|seed| key(*seed)).collect();
    Arc::new(KeyRing::parse(&key(current), &older).unwrap())
}

fn new_tenant(slug: &str) -> NewTenant {
    NewTenant { slug: slug.into(), name: "Clínica".into(), locale: "es-MX".into(), timezone: "America/Hermosillo".into() }
}

fn whatsapp(account: u64) -> NewInbox {
    let config = json!({"phone_number_id": account, "waba_id": 7, "access_token": "EAA-token", "gathering_ms": 0});
    NewInbox { channel: ChannelKind::Whatsapp, name: "Main".into(), config }
}

fn generic() -> NewInbox {
    NewInbox { channel: ChannelKind::Generic, name: "Web".into(), config: json!({"url": "https://adapter.example.com/a"}) }
}

async fn set_up(folder: &TestFolder) -> (Admin, TenantId) {
    let admin = Admin::new(folder.store().await, ring(1, &[]));
    let tenant = admin.create_tenant(new_tenant("acme")).await.unwrap().id;
    (admin, tenant)
}

async fn directory(admin: &Admin, ring: Arc<KeyRing>) -> StoreDirectory {
    StoreDirectory::open(admin.store().clone(), ring).await.unwrap()
}

#[tokio::test]
async fn a_tenant_is_checked_field_by_field_and_its_slug_is_its_own() {
    let folder = TestFolder::new();
    let (admin, _) = set_up(&folder).await;
    assert!(matches!(admin.create_tenant(new_tenant("acme")).await, Err(AdminError::SlugTaken(slug)) if slug == "acme"));
    for slug in ["a", "Acme", "a_b", "-ab", "ab-", "á1", &"x".repeat(41)] {
        let refused = admin.create_tenant(new_tenant(slug)).await.unwrap_err();
        assert!(refused.to_string().starts_with("slug must"), "{refused}");
    }
    let wrong = [
        (NewTenant { timezone: "Mars/Base".into(), ..new_tenant("bb") }, "timezone"),
        (NewTenant { locale: "spanish!".into(), ..new_tenant("bb") }, "locale"),
        (NewTenant { name: " \n".into(), ..new_tenant("bb") }, "name"),
    ];
    for (tenant, field) in wrong {
        let refused = admin.create_tenant(tenant).await.unwrap_err();
        assert!(refused.to_string().starts_with(field), "{refused}");
    }
    assert_eq!(admin.list_tenants().await.unwrap().len(), 1);
    assert!(matches!(admin.require_tenant("nobody").await, Err(AdminError::NoTenant(_))));
}

#[tokio::test]
async fn an_inbox_is_found_by_id_and_account_with_opened_secrets() {
    let folder = TestFolder::new();
    let (admin, tenant) = set_up(&folder).await;
    let made = admin.create_inbox(tenant, whatsapp(1090)).await.unwrap();
    assert!(made.made_secret.is_none());
    let directory = directory(&admin, ring(1, &[])).await;
    let entry = directory.by_account(ChannelKind::Whatsapp, "1090").await.unwrap().unwrap();
    assert_eq!(entry.inbox.id, made.view.id);
    assert_eq!(entry.account.secrets["access_token"].expose_secret(), "EAA-token");
    assert_eq!(entry.inbox.common.gathering_ms, Some(0));
    assert_eq!(entry.inbox.tenant.slug, "acme");
    assert!(!entry.inbox.settings.to_string().contains("EAA"));
    assert!(!format!("{:?}", admin.list_inboxes(tenant).await.unwrap()).contains("EAA"));
    assert!(directory.by_account(ChannelKind::Whatsapp, "1").await.unwrap().is_none());
}

#[tokio::test]
async fn an_account_belongs_to_one_inbox_of_all_tenants() {
    let folder = TestFolder::new();
    let (admin, tenant) = set_up(&folder).await;
    admin.create_inbox(tenant, whatsapp(1090)).await.unwrap();
    let other = admin.create_tenant(new_tenant("other")).await.unwrap().id;
    let refused = admin.create_inbox(other, whatsapp(1090)).await.unwrap_err();
    assert!(matches!(refused, AdminError::AccountTaken(account) if account == "1090"));
    assert!(admin.list_inboxes(other).await.unwrap().is_empty(), "nothing of it stays");
    admin.create_inbox(other, generic()).await.unwrap();
}

#[tokio::test]
async fn a_generic_secret_is_made_and_shown_once() {
    let folder = TestFolder::new();
    let (admin, tenant) = set_up(&folder).await;
    let made = admin.create_inbox(tenant, generic()).await.unwrap();
    let secret = made.made_secret.unwrap();
    assert!(secret.expose_secret().starts_with("whsec_"));
    let entry = directory(&admin, ring(1, &[])).await.inbox(made.view.id).await.unwrap().unwrap();
    assert_eq!(entry.account.secrets["secret"].expose_secret(), secret.expose_secret());
    let own = NewInbox { config: json!({"url": "http://h", "secret": secret.expose_secret()}), ..generic() };
    assert!(admin.create_inbox(tenant, own).await.unwrap().made_secret.is_none());
}

#[tokio::test]
async fn the_cache_holds_until_a_refresh_sees_a_change() {
    let folder = TestFolder::new();
    let (admin, tenant) = set_up(&folder).await;
    let directory = directory(&admin, ring(1, &[])).await;
    assert!(directory.tenant(tenant).await.unwrap().unwrap().facts.phone.is_none());
    let facts = Facts { phone: Some("662".into()), ..Facts::default() };
    admin.set_facts(tenant, &facts).await.unwrap();
    assert!(directory.tenant(tenant).await.unwrap().unwrap().facts.phone.is_none(), "cached");
    directory.refresh().await.unwrap();
    assert_eq!(directory.tenant(tenant).await.unwrap().unwrap().facts.phone.as_deref(), Some("662"));
    let nobody = TenantId(uuid::Uuid::from_u128(5));
    assert!(matches!(admin.set_facts(nobody, &facts).await, Err(AdminError::NoTenant(_))));
}

#[tokio::test]
async fn an_absent_inbox_is_seen_after_it_was_made_and_the_directory_refreshed() {
    let folder = TestFolder::new();
    let (admin, tenant) = set_up(&folder).await;
    let directory = directory(&admin, ring(1, &[])).await;
    assert!(directory.by_account(ChannelKind::Whatsapp, "1090").await.unwrap().is_none());
    admin.create_inbox(tenant, whatsapp(1090)).await.unwrap();
    directory.refresh().await.unwrap();
    assert!(directory.by_account(ChannelKind::Whatsapp, "1090").await.unwrap().is_some());
}

#[tokio::test]
async fn a_paused_inbox_keeps_its_reason_and_a_disabled_one_stays_disabled() {
    let folder = TestFolder::new();
    let (admin, tenant) = set_up(&folder).await;
    let id = admin.create_inbox(tenant, generic()).await.unwrap().view.id;
    let directory = directory(&admin, ring(1, &[])).await;
    assert_eq!(directory.inbox(id).await.unwrap().unwrap().inbox.state, InboxState::Active);
    directory.pause(tenant, id, "the token is dead\n190").await.unwrap();
    assert_eq!(directory.inbox(id).await.unwrap().unwrap().inbox.state, InboxState::Paused);
    let view = admin.list_inboxes(tenant).await.unwrap().remove(0);
    assert_eq!(view.state_reason.as_deref(), Some("the token is dead190"));
    directory.pause(TenantId(uuid::Uuid::from_u128(5)), id, "another tenant").await.unwrap();
    assert_eq!(admin.list_inboxes(tenant).await.unwrap().remove(0).state_reason, view.state_reason);
    assert!(directory.inbox(InboxId(uuid::Uuid::from_u128(5))).await.unwrap().is_none());
}

#[tokio::test]
async fn a_resumed_inbox_is_active_without_a_reason_and_running_servers_notice() {
    let folder = TestFolder::new();
    let (admin, tenant) = set_up(&folder).await;
    let id = admin.create_inbox(tenant, generic()).await.unwrap().view.id;
    let directory = directory(&admin, ring(1, &[])).await;
    directory.pause(tenant, id, "the token is dead").await.unwrap();
    let before = directory.version();
    let stranger = admin.create_tenant(new_tenant("other")).await.unwrap().id;
    assert!(matches!(admin.resume_inbox(stranger, id).await, Err(AdminError::NoInbox(_))));
    assert_eq!(admin.list_inboxes(tenant).await.unwrap()[0].state, "paused", "not by another tenant");
    let view = admin.resume_inbox(tenant, id).await.unwrap();
    assert_eq!((view.state.as_str(), view.state_reason), ("active", None));
    directory.refresh().await.unwrap();
    assert!(directory.version() > before);
    assert_eq!(directory.inbox(id).await.unwrap().unwrap().inbox.state, InboxState::Active);
}

#[tokio::test]
async fn an_update_replaces_what_it_names_and_keeps_the_rest() {
    let folder = TestFolder::new();
    let (admin, tenant) = set_up(&folder).await;
    let id = admin.create_inbox(tenant, whatsapp(1090)).await.unwrap().view.id;
    let changed = admin.update_inbox(tenant, id, json!({"access_token": "EAA-new", "phone_number_id": "2080"})).await.unwrap();
    assert!(changed.made_secret.is_none() && !format!("{changed:?}").contains("EAA"));
    let directory = directory(&admin, ring(1, &[])).await;
    assert!(directory.by_account(ChannelKind::Whatsapp, "1090").await.unwrap().is_none(), "the old account is free");
    let entry = directory.by_account(ChannelKind::Whatsapp, "2080").await.unwrap().unwrap();
    assert_eq!(entry.account.secrets["access_token"].expose_secret(), "EAA-new");
    assert_eq!((entry.inbox.common.gathering_ms, entry.inbox.settings["waba_id"].as_str()), (Some(0), Some("7")));
    for wrong in [json!({"access_token": null}), json!({"typo": 1}), json!([]), json!({"waba_id": "x"})] {
        assert!(matches!(admin.update_inbox(tenant, id, wrong.clone()).await, Err(AdminError::Settings(_))), "{wrong}");
    }
    admin.create_inbox(tenant, whatsapp(1090)).await.unwrap();
    let taken = admin.update_inbox(tenant, id, json!({"phone_number_id": "1090"})).await;
    assert!(matches!(taken, Err(AdminError::AccountTaken(account)) if account == "1090"));
    let stranger = admin.create_tenant(new_tenant("other")).await.unwrap().id;
    assert!(matches!(admin.update_inbox(stranger, id, json!({})).await, Err(AdminError::NoInbox(_))));
    let kept = directory.inbox(id).await.unwrap().unwrap();
    assert_eq!(kept.account.secrets["access_token"].expose_secret(), "EAA-new");
}

#[tokio::test]
async fn an_address_inside_our_network_is_refused_when_it_is_saved_unless_the_operator_allows_it() {
    let folder = TestFolder::new();
    let (admin, tenant) = set_up(&folder).await;
    let at = |url: &str| NewInbox { config: json!({"url": url}), ..generic() };
    for url in ["http://127.0.0.1:8080", "http://169.254.169.254/a", "http://[::1]:8080", "https://example.com:22", "http://10.0.0.1"] {
        let refused = admin.create_inbox(tenant, at(url)).await.unwrap_err().to_string();
        assert!(refused.contains("url cannot be called"), "{url}: {refused}");
    }
    let id = admin.create_inbox(tenant, generic()).await.unwrap().view.id;
    assert!(admin.update_inbox(tenant, id, json!({"url": "http://10.0.0.1"})).await.is_err());
    let allowing = admin.allowing(AllowList::new(vec!["10.0.0.0/8".parse().unwrap()], &[]));
    allowing.create_inbox(tenant, at("http://10.0.0.1")).await.unwrap();
    allowing.update_inbox(tenant, id, json!({"url": "http://10.0.0.1"})).await.unwrap();
}

#[derive(Clone, Default)]
struct Lines(Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_pause_is_logged_once_as_an_error_with_the_inbox_and_without_its_reason() {
    let folder = TestFolder::new();
    let (admin, tenant) = set_up(&folder).await;
    let id = admin.create_inbox(tenant, generic()).await.unwrap().view.id;
    let directory = directory(&admin, ring(1, &[])).await;
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    for _ in 0..2 {
        directory.pause(tenant, id, "Ana +52155").await.unwrap();
    }
    drop(guard);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let errors: Vec<&str> = text.lines().filter(|line| line.contains("ERROR")).collect();
    assert!(errors.len() == 1 && errors[0].contains(&id.to_string()) && !text.contains("Ana"), "{text}");
}

#[tokio::test]
async fn a_key_is_found_by_what_was_shown_until_it_is_revoked() {
    let folder = TestFolder::new();
    let (admin, tenant) = set_up(&folder).await;
    let minted = admin.mint_api_key(tenant, "ci").await.unwrap();
    let holder = find_api_key(admin.store(), &minted.key).await.unwrap().unwrap();
    assert_eq!((holder.tenant, holder.key), (tenant, minted.id));
    assert!(find_api_key(admin.store(), &SecretString::from("rk_x")).await.unwrap().is_none());
    let listed = admin.list_api_keys(tenant, None, 10).await.unwrap().remove(0);
    assert!(minted.key.expose_secret().ends_with(&listed.last4) && listed.last4.len() == 4);
    let other = admin.create_tenant(new_tenant("other")).await.unwrap().id;
    assert!(!admin.revoke_api_key(other, minted.id).await.unwrap(), "not another tenant's");
    assert!(admin.revoke_api_key(tenant, minted.id).await.unwrap());
    assert!(!admin.revoke_api_key(tenant, minted.id).await.unwrap(), "only once");
    assert!(find_api_key(admin.store(), &minted.key).await.unwrap().is_none());
}

#[tokio::test]
async fn a_wrong_key_is_found_at_the_start() {
    let folder = TestFolder::new();
    let (admin, tenant) = set_up(&folder).await;
    assert_eq!(admin.check_data_keys().await.unwrap(), 0);
    let inbox = admin.create_inbox(tenant, generic()).await.unwrap().view.id;
    assert_eq!(admin.check_data_keys().await.unwrap(), 1);
    let stranger = Admin::new(admin.store().clone(), ring(9, &[]));
    let refused = stranger.check_data_keys().await.unwrap_err().to_string();
    assert!(refused.contains("1 of 1") && refused.contains("RECADO_SECRET_KEY"), "{refused}");
    assert!(stranger.create_inbox(tenant, generic()).await.is_err(), "nothing is sealed under a key that cannot be opened");
    assert!(directory(&admin, ring(9, &[])).await.inbox(inbox).await.is_err());
}

#[tokio::test]
async fn a_wrong_key_seals_nothing_for_a_new_tenant_either() {
    let folder = TestFolder::new();
    let (admin, tenant) = set_up(&folder).await;
    admin.create_inbox(tenant, generic()).await.unwrap();
    let other = admin.create_tenant(new_tenant("other")).await.unwrap().id;
    let stranger = Admin::new(admin.store().clone(), ring(9, &[]));
    assert!(matches!(stranger.create_inbox(other, generic()).await, Err(AdminError::WrongKey(_))));
    assert_eq!(admin.check_data_keys().await.unwrap(), 1, "no key was stored, the servers still start");
    assert!(admin.list_inboxes(other).await.unwrap().is_empty());
    admin.create_inbox(other, generic()).await.unwrap();
    assert_eq!(admin.check_data_keys().await.unwrap(), 2);
}

#[tokio::test]
async fn keys_are_rotated_while_writers_run_and_the_old_key_is_free_afterwards() {
    let folder = TestFolder::new();
    let (old, first) = set_up(&folder).await;
    let mut tenants = vec![first];
    for index in 0..130 {
        tenants.push(old.create_tenant(new_tenant(&format!("t{index}"))).await.unwrap().id);
    }
    for tenant in &tenants {
        old.sealing_key(*tenant).await.unwrap();
    }
    let both = Admin::new(old.store().clone(), ring(2, &[1]));
    let writers = tenants.iter().step_by(10).map(|tenant| both.create_inbox(*tenant, generic()));
    let (rotated, made) = tokio::join!(both.rotate_keys(), futures::future::join_all(writers));
    assert_eq!(rotated.unwrap().rewrapped, 131);
    let again = both.rotate_keys().await.unwrap();
    assert_eq!((again.rewrapped, again.current), (0, 131), "what is done is skipped");
    let new = Admin::new(old.store().clone(), ring(2, &[]));
    assert_eq!(new.check_data_keys().await.unwrap(), 131);
    let directory = directory(&new, ring(2, &[])).await;
    for made in made {
        let made = made.unwrap();
        let entry = directory.inbox(made.view.id).await.unwrap().unwrap();
        assert_eq!(entry.account.secrets["secret"].expose_secret(), made.made_secret.unwrap().expose_secret());
    }
    assert!(old.check_data_keys().await.is_err(), "the old key alone opens nothing now");
}

#[tokio::test]
async fn a_rotation_without_the_older_key_stops_and_changes_nothing() {
    let folder = TestFolder::new();
    let (admin, tenant) = set_up(&folder).await;
    admin.sealing_key(tenant).await.unwrap();
    let stranger = Admin::new(admin.store().clone(), ring(9, &[]));
    assert!(matches!(stranger.rotate_keys().await, Err(AdminError::Sealing(_))));
    assert_eq!(admin.check_data_keys().await.unwrap(), 1);
}

#[tokio::test]
async fn two_processes_that_seal_first_agree_on_one_data_key() {
    let folder = TestFolder::new();
    let (admin, tenant) = set_up(&folder).await;
    let beside = Admin::new(folder.store().await, ring(1, &[]));
    let (one, two) = tokio::join!(admin.create_inbox(tenant, generic()), beside.create_inbox(tenant, generic()));
    let directory = directory(&admin, ring(1, &[])).await;
    for made in [one.unwrap(), two.unwrap()] {
        assert!(directory.inbox(made.view.id).await.unwrap().is_some());
    }
    assert_eq!(admin.check_data_keys().await.unwrap(), 1);
}
