//! The demo's business: made once, found again at every start. Never touches a tenant other than `demo`.

use super::book::{self, Scribe};
use super::clinic;
use super::line::{self, Line};
use crate::app::DemoData;
use crate::cli::secret::{Existing, write_private};
use crate::crypto::ids::SystemIds;
use crate::domain::facts::Facts;
use crate::domain::ids::{InboxId, TenantId};
use crate::domain::inbox::ChannelKind;
use crate::domain::survey::SurveyRules;
use crate::domain::time::Timestamp;
use crate::domain::when::zone::wall;
use crate::net::clock::SystemClock;
use crate::ports::bookings::Bookings;
use crate::ports::clock::Clock;
use crate::store::admin::Admin;
use crate::store::admin::api_keys::find_api_key;
use crate::store::admin::inboxes::{InboxView, NewInbox};
use crate::store::admin::tenants::{NewTenant, TenantView};
use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::path::Path;

/// The tenant's slug: a promise to scripts.
const SLUG: &str = "demo";
/// The file with the API key, in the data folder.
const KEY_FILE: &str = "demo.key";
/// Facts in three languages.
const SEED: &str = include_str!("seed.toml");

/// The seed file.
#[derive(serde::Deserialize)]
struct Seed {
    facts: Facts,
}

/// Makes or finds the tenant, its inbox at `adapter` and its API key.
pub(super) async fn seed(admin: &Admin, data_dir: &Path, adapter: &str) -> anyhow::Result<DemoData> {
    let tenant = match admin.find_tenant(SLUG).await? {
        Some(tenant) => tenant,
        None => make_tenant(admin).await?,
    };
    let inbox = inbox(admin, tenant.id, adapter).await?;
    bookings(admin, &tenant, inbox.id, SystemClock::new().now()).await?;
    let api_key = api_key(admin, tenant.id, data_dir).await?;
    Ok(DemoData { tenant: tenant.id, inbox: inbox.id, api_key })
}

/// Reads the facts of the seed.
pub(super) fn facts() -> anyhow::Result<Facts> {
    let seed: Seed = toml::from_str(SEED).context("the embedded seed cannot be read")?;
    Ok(seed.facts)
}

/// Sees that something can be booked, that the book is not empty, and that some wait for what is full.
async fn bookings(admin: &Admin, tenant: &TenantView, inbox: InboxId, now: Timestamp) -> anyhow::Result<()> {
    let zone: chrono_tz::Tz = tenant.timezone.parse().context("the demo's time zone is unknown")?;
    let seed = clinic::read()?;
    let today = wall(zone, now).date();
    clinic::seed(admin, tenant.id, &seed, today).await?;
    let store = admin.store();
    let Some(agenda) = Bookings::agenda(store, tenant.id).await? else { return Ok(()) };
    book::seed(&Scribe { book: store, ids: &SystemIds::new(), tenant: tenant.id, agenda: &agenda, now }, &seed).await?;
    line::seed(store, &Line { tenant: tenant.id, inbox, zone, day: book::full_day(today), now }, &seed).await
}

async fn make_tenant(admin: &Admin) -> anyhow::Result<TenantView> {
    let facts = facts()?;
    let new = NewTenant {
        slug: SLUG.to_owned(),
        name: "Clínica Sol del Desierto".to_owned(),
        locale: "es-MX".to_owned(),
        timezone: "America/Hermosillo".to_owned(),
    };
    let tenant = admin.create_tenant(new).await?;
    admin.set_facts(tenant.id, &facts).await?;
    Ok(tenant)
}

/// Finds the inbox; its address follows the port on which the demo listens today.
async fn inbox(admin: &Admin, tenant: TenantId, adapter: &str) -> anyhow::Result<InboxView> {
    let generic = |inbox: &InboxView| inbox.channel == ChannelKind::Generic.as_str();
    let Some(mut inbox) = admin.list_inboxes(tenant).await?.into_iter().find(generic) else {
        let config = json!({ "url": adapter, "gathering_ms": 0 });
        let new = NewInbox { channel: ChannelKind::Generic, name: "Demo".to_owned(), config };
        let made = admin.create_inbox(tenant, new).await?.view;
        // Whoever resolves a conversation of the demo sees what its customer is asked.
        let asks = SurveyRules { enabled: true, ..SurveyRules::default() };
        admin.store().tenant(tenant).set_survey_rules(made.id, asks).await?;
        return Ok(made);
    };
    if inbox.settings.get("url").and_then(Value::as_str) != Some(adapter) {
        if let Value::Object(settings) = &mut inbox.settings {
            settings.insert("url".to_owned(), json!(adapter));
        }
        admin.replace_settings(tenant, inbox.id, &inbox.settings).await?;
    }
    Ok(inbox)
}

/// Returns the key in the data folder if it still opens the tenant, else a new one.
async fn api_key(admin: &Admin, tenant: TenantId, data_dir: &Path) -> anyhow::Result<SecretString> {
    let path = data_dir.join(KEY_FILE);
    if let Ok(text) = std::fs::read_to_string(&path) {
        let key = SecretString::from(text.trim());
        if find_api_key(admin.store(), &key).await?.is_some_and(|holder| holder.tenant == tenant) {
            return Ok(key);
        }
    }
    let minted = admin.mint_api_key(tenant, "demo page").await?;
    write_private(&path, minted.key.expose_secret(), Existing::Replace).context("could not write the demo's key file")?;
    Ok(minted.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_speaks_every_language() {
        let facts = toml::from_str::<Seed>(SEED).unwrap().facts;
        let texts = [&facts.hours, &facts.address, &facts.payment];
        let prices = facts.prices.iter().map(|price| &price.name);
        let faq = facts.faq.iter().flat_map(|faq| [&faq.question, &faq.answer]);
        for text in texts.into_iter().chain(prices).chain(faq) {
            assert_eq!(text.keys().collect::<Vec<_>>(), ["en", "es", "pt"], "{text:?}");
        }
        assert!(facts.prices.len() >= 3 && facts.faq.len() >= 3);
    }
}
