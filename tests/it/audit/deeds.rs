//! Every administrative change leaves exactly one row, in its own transaction, and a change that came to nothing leaves none.

use crate::audit::rig::{ONE, Rig, TWO, generic, named, ring};
use anyhow::{Context, Result};
use chrono::NaiveDate;
use recado::crypto::ids::SystemIds;
use recado::domain::audit::{Action, Actor, Caller};
use recado::domain::booking::{Holiday, Rules};
use recado::domain::facts::Facts;
use recado::domain::ids::{ApiKeyId, InboxId, ModelProviderId, WebhookId};
use recado::domain::limits::Counted;
use recado::domain::suspension::Feature;
use recado::domain::webhook::{Answer, Attempt, Next, Verdict};
use recado::ports::clock::Clock;
use recado::ports::directory::Directory;
use recado::ports::ids::IdSource;
use recado::ports::webhooks::{EndedDelivery, WebhookQueue};
use recado::store::admin::limits::LimitsChange;
use recado::store::admin::model_settings::ModelSettings;
use recado::store::admin::models::{KeyChange, ProviderForm};
use recado::store::admin::suspensions::NewSuspension;
use recado::store::admin::tenants::TenantChange;
use recado::store::admin::webhooks::WebhookForm;
use recado::store::admin::{Admin, AdminError};
use recado::store::audit::AuditFilter;
use recado::store::webhooks::WebhookDesk;
use serde_json::json;
use std::time::Duration;

/// Sees what was written since it last looked.
pub struct Watch<'a> {
    pub rig: &'a Rig,
    pub seen: usize,
    pub actions: Vec<Action>,
}

impl Watch<'_> {
    /// Expects exactly one new row, and that it tells of this.
    pub async fn one(&mut self, action: Action, target: impl ToString) -> Result<()> {
        self.all(&[(action, target.to_string())]).await
    }

    /// Expects exactly these new rows.
    pub async fn all(&mut self, expected: &[(Action, String)]) -> Result<()> {
        let events = self.rig.events().await?;
        let new: Vec<&str> = events.iter().skip(self.seen).map(|event| event.action.as_str()).collect();
        assert_eq!(new, expected.iter().map(|(action, _)| action.as_str()).collect::<Vec<_>>());
        for (event, (action, target)) in events.iter().skip(self.seen).zip(expected) {
            assert_eq!((event.target_kind.as_str(), &event.target_id), (action.target(), target), "{}", action.as_str());
            assert_eq!(event.tenant, self.rig.tenant);
        }
        assert_eq!(events.last().map(|event| event.number), Some(events.len() as i64));
        self.seen = events.len();
        self.actions.extend(expected.iter().map(|(action, _)| *action));
        Ok(())
    }

    pub async fn none(&self, what: &str) -> Result<()> {
        assert_eq!(self.rig.events().await?.len(), self.seen, "{what}");
        Ok(())
    }
}

fn form(name: &str) -> ProviderForm {
    let api_key = KeyChange::Set("sk-canary-1".to_owned().into());
    let base_url = Some("https://models.example.com/v1".to_owned());
    ProviderForm { name: name.into(), base_url, model: "m".into(), api_key, enabled: true, ..ProviderForm::default() }
}

#[tokio::test]
async fn every_administrative_change_leaves_exactly_one_row() -> Result<()> {
    for rig in Rig::both().await? {
        let mut watch = Watch { rig: &rig, seen: 0, actions: Vec::new() };
        watch.one(Action::TenantCreated, rig.tenant).await?;
        house(&rig, &mut watch).await?;
        crate::audit::people::everything(&rig, &mut watch).await?;
        crate::audit::sorting::everything(&rig, &mut watch).await?;
        crate::audit::desk::desk(&rig, &mut watch).await?;
        crate::audit::customers::everything(&rig, &mut watch).await?;
        hooks(&rig, &mut watch).await?;
        // The last one that opens sealed things with the first key.
        models(&rig, &mut watch).await?;
        crate::audit::holding::agenda(&rig, async |action, target: String| watch.one(action, target).await).await?;
        let missing: Vec<&str> =
            Action::ALL.iter().filter(|action| !watch.actions.contains(action)).map(|action| action.as_str()).collect();
        assert_eq!(missing, Vec::<&str>::new(), "no change of this test leaves them");
        assert!(rig.store().tenant(rig.tenant).verify_audit().await?.is_ok());
        let all = format!("{:?}", rig.events().await?);
        for secret in ["sk-canary", "whsec_", "rk_", "unpaid", "adapter.example.com", "models.example.com", "Navidad", "Peluquer", "canary"]
        {
            assert!(!all.contains(secret), "{secret} stands in the log");
        }
    }
    Ok(())
}

async fn house(rig: &Rig, watch: &mut Watch<'_>) -> Result<()> {
    let (admin, tenant) = (&rig.admin, rig.tenant);
    admin.set_facts(tenant, &Facts { phone: Some("662".into()), ..Facts::default() }).await?;
    watch.one(Action::FactsReplaced, tenant).await?;
    admin.change_limits(tenant, LimitsChange::default().set(Counted::Inboxes, Some(9))).await?;
    watch.one(Action::LimitsChanged, tenant).await?;
    admin.change_tenant(tenant, TenantChange { name: Some("Peluquería".into()), ..TenantChange::default() }).await?;
    watch.one(Action::BusinessChanged, tenant).await?;
    assert!(admin.change_tenant(tenant, TenantChange { locale: Some("?".into()), ..TenantChange::default() }).await.is_err());
    admin.change_tenant(tenant, TenantChange::default()).await?;
    watch.none("nothing was to be another way").await?;

    let scope = rig.store().tenant(tenant);
    scope.set_handoff_minutes(9, rig.clock.now()).await?;
    watch.one(Action::NotificationRulesReplaced, tenant).await?;
    scope.set_handoff_minutes(9, rig.clock.now()).await?;
    watch.none("it is that already").await?;

    let key = admin.mint_api_key(tenant, "ci").await?.id;
    watch.one(Action::ApiKeyCreated, key).await?;
    assert!(admin.mint_api_key(tenant, "").await.is_err() && !admin.revoke_api_key(tenant, ApiKeyId(tenant.0)).await?);
    watch.none("a key that was not made, one that is none").await?;
    admin.revoke_api_key(tenant, key).await?;
    watch.one(Action::ApiKeyRevoked, key).await?;

    let inbox = admin.create_inbox(tenant, generic("Web")).await?.view.id;
    watch.one(Action::InboxCreated, inbox).await?;
    admin.update_inbox(tenant, inbox, json!({"url": "https://adapter.example.com/b"})).await?;
    watch.one(Action::InboxUpdated, inbox).await?;
    assert!(rig.events().await?.last().unwrap().details.contains(r#""fields":["url"]"#));
    let directory = admin.directory().await?;
    directory.pause(tenant, inbox, "the token is dead").await?;
    watch.one(Action::InboxPaused, inbox).await?;
    directory.pause(tenant, inbox, "again").await?;
    watch.none("it was paused").await?;
    admin.resume_inbox(tenant, inbox).await?;
    watch.one(Action::InboxResumed, inbox).await?;
    assert!(matches!(admin.resume_inbox(tenant, InboxId(tenant.0)).await, Err(AdminError::NoInbox(_))));
    watch.none("there is no such inbox").await?;

    let order = NewSuspension { feature: Feature::Booking, reason: "unpaid".into(), from: None, until: None };
    let held = admin.suspend(tenant, order).await?.id;
    watch.one(Action::Suspended, held).await?;
    assert_eq!(admin.resume(tenant, Some(Feature::Api)).await?, 0);
    watch.none("nothing of it was suspended").await?;
    admin.resume(tenant, None).await?;
    watch.one(Action::Resumed, held).await
}

/// A webhook from its beginning to its end; the product gives it up once.
async fn hooks(rig: &Rig, watch: &mut Watch<'_>) -> Result<()> {
    let (admin, tenant) = (&rig.admin, rig.tenant);
    let id = WebhookId(SystemIds::new().uuid());
    let form = WebhookForm { url: "https://hooks.example.com/a".into(), events: vec!["*".into()], enabled: true, ..WebhookForm::default() };
    admin.add_webhook(tenant, id, form.clone()).await?.context("it is new")?;
    watch.one(Action::WebhookAdded, id).await?;
    assert!(admin.add_webhook(tenant, id, form.clone()).await?.is_none());
    assert!(admin.add_webhook(tenant, id, WebhookForm { url: "x".into(), ..form.clone() }).await.is_err());
    watch.none("one that is there, one that is none").await?;
    admin.replace_webhook(tenant, id, form.clone()).await?;
    watch.one(Action::WebhookReplaced, id).await?;
    admin.rotate_webhook_secret(tenant, id).await?;
    watch.one(Action::WebhookSecretRotated, id).await?;
    let sample = admin.test_webhook(tenant, id).await?;
    watch.none("a sample changes nothing").await?;
    assert!(admin.replay_delivery(tenant, id, sample).await?);
    watch.one(Action::WebhookReplayed, id).await?;
    admin.enable_webhook(tenant, id, true).await?;
    watch.one(Action::WebhookEnabled, id).await?;
    given_up(rig, id).await?;
    watch.one(Action::WebhookDisabled, id).await?;
    admin.remove_webhook(tenant, id).await?;
    watch.one(Action::WebhookRemoved, id).await?;
    let nobody = WebhookId(tenant.0);
    assert!(admin.remove_webhook(tenant, nobody).await.is_err() && admin.enable_webhook(tenant, nobody, false).await.is_err());
    assert!(admin.replace_webhook(tenant, nobody, form).await.is_err() && admin.rotate_webhook_secret(tenant, nobody).await.is_err());
    watch.none("there is no such webhook").await
}

/// Answers a delivery of an endpoint with 410, as its worker does.
async fn given_up(rig: &Rig, id: WebhookId) -> Result<()> {
    let (store, tenant, now) = (rig.store().clone(), rig.tenant, rig.clock.now());
    let desk = WebhookDesk::new(store, ring(ONE, &[])?, |_| json!(null));
    let sample = rig.admin.test_webhook(tenant, id).await?;
    let batch = desk.take_webhooks((tenant, id), now, now.after(Duration::from_secs(60))).await?.context("something is due")?;
    assert!(batch.secrets.as_ref().is_some_and(|secrets| secrets.len() == 2) && batch.deliveries.iter().any(|one| one.id == sample));
    let answer = Answer::Status { code: 410, retry_after: None };
    let tried = Some((Attempt::of(answer, now, Duration::ZERO, ""), Verdict::Gone));
    let ended = batch.deliveries.iter().map(|one| EndedDelivery { id: one.id, sample: false, tried: tried.clone(), next: Next::Failed });
    Ok(desk.end_webhooks((tenant, id, batch.lease), ended.collect(), Vec::new(), now).await?)
}

async fn models(rig: &Rig, watch: &mut Watch<'_>) -> Result<()> {
    let (admin, tenant) = (&rig.admin, rig.tenant);
    let provider = admin.add_model_provider(tenant, form("first")).await?.id;
    watch.one(Action::ModelProviderAdded, provider).await?;
    assert!(admin.add_model_provider(tenant, form("first")).await.is_err());
    watch.none("the name is taken").await?;
    admin.replace_model_provider(tenant, provider, form("second")).await?;
    watch.one(Action::ModelProviderReplaced, provider).await?;
    admin.remove_model_provider(tenant, provider).await?;
    watch.one(Action::ModelProviderRemoved, provider).await?;
    assert!(admin.remove_model_provider(tenant, ModelProviderId(tenant.0)).await.is_err());
    watch.none("there is no such model").await?;
    admin.set_model_settings(tenant, ModelSettings { tokens_per_day: Some(5), ..ModelSettings::default() }).await?;
    watch.one(Action::ModelSettingsReplaced, tenant).await?;
    let both = Admin::new(rig.store().clone(), ring(TWO, &[ONE])?).acting(Caller::here(Actor::Operator));
    // The tenant's own, which is told, and that of the installation, which is nobody's.
    assert_eq!(both.rotate_keys().await?.rewrapped, 2);
    watch.one(Action::DataKeyRotated, 1).await?;
    assert_eq!(both.rotate_keys().await?.rewrapped, 0);
    watch.none("every key was current").await
}

pub fn holiday() -> Holiday {
    Holiday { date: NaiveDate::from_ymd_opt(2026, 12, 25).unwrap(), name: "Navidad".into() }
}

pub fn rules() -> Rules {
    Rules::default()
}

#[tokio::test]
async fn the_row_says_who_acted_and_from_where() -> Result<()> {
    for rig in Rig::both().await? {
        let key = ApiKeyId(SystemIds::new().uuid());
        let by = Caller::remote(Actor::ApiKey(key), Some("192.0.2.7".into()), Some("curl/8\r\nx"));
        rig.admin.clone().acting(by).put_holiday(rig.tenant, holiday()).await?;
        let event = rig.events().await?.pop().unwrap();
        assert_eq!((event.actor_kind.as_str(), event.actor_id), ("api_key", Some(key.to_string())));
        assert_eq!((event.ip.as_deref(), event.user_agent.as_deref()), (Some("192.0.2.7"), Some("curl/8x")));
        assert_eq!(event.at, crate::audit::rig::BEGIN);
        let filter = AuditFilter { actor_kind: Some("api_key".into()), actor_id: Some(key.to_string()), ..AuditFilter::default() };
        assert_eq!(rig.store().tenant(rig.tenant).audit_events(filter, 9).await?.len(), 1);
        let other = rig.admin.create_tenant(named("other")).await?.id;
        assert_eq!(rig.store().tenant(other).audit_events(AuditFilter::default(), 9).await?.len(), 1, "only its own making");
    }
    Ok(())
}

/// Twenty at once on one tenant: the numbers are drawn under a lock.
#[tokio::test]
async fn numbers_have_no_gap_and_the_chain_holds_when_many_write_at_once() -> Result<()> {
    for rig in Rig::both().await? {
        let beside = rig.beside().await?;
        let all = (0..20).map(|index| {
            let admin = if index % 2 == 0 { &rig.admin } else { &beside };
            async move { admin.mint_api_key(rig.tenant, &format!("k{index}")).await }
        });
        let made = futures::future::join_all(all).await;
        assert!(made.iter().all(Result::is_ok));
        let numbers: Vec<i64> = rig.events().await?.iter().map(|event| event.number).collect();
        assert_eq!(numbers, (1..=21).collect::<Vec<i64>>());
        assert_eq!(rig.store().tenant(rig.tenant).verify_audit().await?.unwrap().events, 21);
    }
    Ok(())
}
