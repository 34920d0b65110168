//! Administration and directory on both databases: what SQLite forgives, PostgreSQL's types and roles do not.

use crate::support::database::TestDatabase;
use anyhow::{Context, Result};
use recado::crypto::ids::SystemIds;
use recado::crypto::keyring::KeyRing;
use recado::domain::inbox::{ChannelKind, InboxState};
use recado::net::clock::SystemClock;
use recado::ports::directory::Directory;
use recado::store::Store;
use recado::store::admin::api_keys::find_api_key;
use recado::store::admin::inboxes::NewInbox;
use recado::store::admin::role::check_role;
use recado::store::admin::tenants::NewTenant;
use recado::store::admin::{Admin, AdminError};
use recado::store::connect::StoreOptions;
use recado::store::directory::StoreDirectory;
use recado::store::lock::{LockError, ServeLock};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::sync::Arc;

fn ring(current: &str, older: &[&str]) -> Result<Arc<KeyRing>> {
    let older: Vec<SecretString> = older.iter().map(|key| SecretString::from(*key)).collect();
    Ok(Arc::new(KeyRing::parse(&SecretString::from(current), &older)?))
}

const ONE: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const TWO: &str = "YWJjZGVmMDEyMzQ1Njc4OTAxMjM0NTY3ODlhYmNkZWY=";

async fn store(database: &TestDatabase) -> Result<Store> {
    Ok(Store::open(&StoreOptions::new(database.url()), Arc::new(SystemClock::new()), Arc::new(SystemIds::new())).await?)
}

fn whatsapp() -> NewInbox {
    let config = json!({"phone_number_id": "1090", "waba_id": "7", "access_token": "EAA"});
    NewInbox { channel: ChannelKind::Whatsapp, name: "Main".into(), config }
}

#[tokio::test]
async fn administration_works_on_both_databases() -> Result<()> {
    for database in TestDatabase::both().await? {
        let admin = Admin::new(store(&database).await?, ring(ONE, &[])?);
        check_role(admin.store()).await?;
        let new = NewTenant { slug: "acme".into(), name: "Acme".into(), locale: "pt-BR".into(), timezone: "America/Bahia".into() };
        let tenant = admin.create_tenant(new.clone()).await?.id;
        assert!(matches!(admin.create_tenant(new).await, Err(AdminError::SlugTaken(_))));
        let inbox = admin.create_inbox(tenant, whatsapp()).await?.view.id;
        assert!(matches!(admin.create_inbox(tenant, whatsapp()).await, Err(AdminError::AccountTaken(_))));
        assert_eq!(admin.list_inboxes(tenant).await?.len(), 1);

        let minted = admin.mint_api_key(tenant, "ci").await?;
        assert_eq!(find_api_key(admin.store(), &minted.key).await?.context("found")?.tenant, tenant);
        assert!(admin.revoke_api_key(tenant, minted.id).await?);
        assert!(find_api_key(admin.store(), &minted.key).await?.is_none());
        assert!(admin.list_api_keys(tenant, None, 10).await?.first().context("listed")?.revoked_at.is_some());

        let directory = StoreDirectory::open(admin.store().clone(), ring(ONE, &[])?).await?;
        let entry = directory.by_account(ChannelKind::Whatsapp, "1090").await?.context("routed")?;
        assert_eq!(entry.account.secrets["access_token"].expose_secret(), "EAA");
        directory.pause(tenant, inbox, "dead token").await?;
        assert_eq!(directory.inbox(inbox).await?.context("there")?.inbox.state, InboxState::Paused);

        let rotating = Admin::new(admin.store().clone(), ring(TWO, &[ONE])?);
        assert_eq!(rotating.rotate_keys().await?.rewrapped, 1);
        assert_eq!(Admin::new(admin.store().clone(), ring(TWO, &[])?).check_data_keys().await?, 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_second_server_on_one_postgres_database_is_refused_wherever_its_folder_is() -> Result<()> {
    let database = TestDatabase::postgres().await?;
    let folders = ["one", "two"].map(|name| std::env::temp_dir().join(format!("recado_lock_{}_{name}", std::process::id())));
    let first = ServeLock::acquire(&folders[0], database.url()).await?;
    assert!(first.still_held().await?);
    assert!(matches!(ServeLock::acquire(&folders[1], database.url()).await, Err(LockError::Taken(_))));
    for folder in folders {
        std::fs::remove_dir_all(folder)?;
    }
    Ok(())
}
