//! Suspensions, limits, consents; and the changes of the agenda for the list of deeds.

use crate::audit::deeds::{holiday, rules};
use crate::audit::rig::{BEGIN, Rig, generic, named};
use anyhow::Result;
use recado::domain::audit::Action;
use recado::domain::booking::Service;
use recado::domain::consent::{Consent, ConsentKind, Subject};
use recado::domain::ids::ContactId;
use recado::domain::limits::Counted;
use recado::domain::suspension::Feature;
use recado::ports::directory::Directory;
use recado::store::admin::AdminError;
use recado::store::admin::limits::LimitsChange;
use recado::store::admin::suspensions::NewSuspension;
use std::time::Duration;

fn order(feature: Feature, from: Option<u64>, until: Option<u64>) -> NewSuspension {
    let at = |seconds: Option<u64>| seconds.map(|seconds| BEGIN.after(Duration::from_secs(seconds)));
    NewSuspension { feature, reason: "unpaid".into(), from: at(from), until: at(until) }
}

#[tokio::test]
async fn a_suspension_begins_and_ends_by_itself_and_running_servers_notice() -> Result<()> {
    for rig in Rig::both().await? {
        let inbox = rig.admin.create_inbox(rig.tenant, generic("Web")).await?.view.id;
        let directory = rig.admin.directory().await?;
        let sends = async || -> Result<bool> {
            directory.refresh().await?;
            Ok(directory.inbox(inbox).await?.unwrap().inbox.sends())
        };
        assert!(sends().await?);
        rig.admin.suspend(rig.tenant, order(Feature::Outgoing, Some(60), Some(120))).await?;
        assert!(sends().await?, "not yet");
        rig.clock.advance(Duration::from_secs(59));
        assert!(sends().await?);
        rig.clock.advance(Duration::from_secs(1));
        assert!(!sends().await?, "nobody raised a version, the time has come");
        let entry = directory.inbox(inbox).await?.unwrap();
        assert!(entry.inbox.assistant() && entry.inbox.tenant.stopped.why(Feature::Outgoing) == Some("unpaid"));
        rig.clock.advance(Duration::from_secs(60));
        assert!(sends().await?, "it is over");
        assert_eq!(rig.admin.list_suspensions(rig.tenant).await?, []);
    }
    Ok(())
}

#[tokio::test]
async fn a_suspended_tenant_is_listed_so_and_goes_on_after_resume() -> Result<()> {
    for rig in Rig::both().await? {
        let other = rig.admin.create_tenant(named("other")).await?.id;
        rig.admin.suspend(rig.tenant, order(Feature::All, None, None)).await?;
        rig.admin.suspend(rig.tenant, order(Feature::Api, None, None)).await?;
        let states: Vec<String> = rig.admin.list_tenants().await?.into_iter().map(|tenant| tenant.state).collect();
        assert_eq!(states, ["suspended", "active"]);
        let directory = rig.admin.directory().await?;
        assert!(directory.tenant(other).await?.unwrap().stopped.lets(Feature::Api), "not another tenant");
        assert_eq!(rig.admin.resume(rig.tenant, Some(Feature::All)).await?, 1);
        directory.refresh().await?;
        let tenant = directory.tenant(rig.tenant).await?.unwrap();
        assert!(tenant.stopped.lets(Feature::Assistant) && !tenant.stopped.lets(Feature::Api));
        assert_eq!((rig.admin.resume(rig.tenant, None).await?, rig.admin.resume(rig.tenant, None).await?), (1, 0));
        for wrong in [order(Feature::All, Some(60), Some(60)), NewSuspension { reason: " ".into(), ..order(Feature::All, None, None) }] {
            assert!(matches!(rig.admin.suspend(rig.tenant, wrong).await, Err(AdminError::Invalid { .. })));
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_plan_bounds_what_is_made_and_takes_nothing_away() -> Result<()> {
    for rig in Rig::both().await? {
        let (admin, tenant) = (&rig.admin, rig.tenant);
        for name in ["a", "b"] {
            admin.create_inbox(tenant, generic(name)).await?;
        }
        admin.change_limits(tenant, LimitsChange::default().set(Counted::Inboxes, Some(1)).set(Counted::ApiKeys, Some(2))).await?;
        assert!(matches!(admin.create_inbox(tenant, generic("c")).await, Err(AdminError::Limit(reached)) if reached.most == 1));
        assert_eq!(admin.list_inboxes(tenant).await?.len(), 2, "what there is stays");
        let all = (0..8).map(|index| async move { admin.mint_api_key(tenant, &format!("k{index}")).await });
        let made: Vec<_> = futures::future::join_all(all).await.into_iter().filter_map(Result::ok).collect();
        assert_eq!(made.len(), 2, "however many ask at once");
        admin.revoke_api_key(tenant, made.first().unwrap().id).await?;
        admin.mint_api_key(tenant, "free again").await?;
        let (limits, used) = admin.limits(tenant).await?;
        assert_eq!((limits.inboxes, limits.api_keys, limits.members), (Some(1), Some(2), None));
        assert_eq!(used, [(Counted::Members, 0), (Counted::Inboxes, 2), (Counted::ApiKeys, 2)]);
        admin.change_limits(tenant, LimitsChange::default().set(Counted::Inboxes, None)).await?;
        admin.create_inbox(tenant, generic("c")).await?;
    }
    Ok(())
}

#[tokio::test]
async fn consents_are_kept_as_they_were_said_and_nobody_changes_them() -> Result<()> {
    for rig in Rig::both().await? {
        let contact = crate::audit::rig::contact(&rig).await?;
        let said = |given| Consent {
            subject: Subject::Contact(contact),
            kind: ConsentKind::Marketing,
            text_version: "1".into(),
            given,
            source: "keyword",
            ip: None,
        };
        let scope = rig.store().tenant(rig.tenant);
        scope.add_consents(vec![said(true)]).await?;
        rig.clock.advance(Duration::from_secs(1));
        scope.add_consents(vec![said(false)]).await?;
        let shown = scope.consents(Some("marketing"), None, 9).await?;
        assert_eq!(
            shown.iter().map(|one| (one.given, one.contact)).collect::<Vec<_>>(),
            [(false, Some(contact.0)), (true, Some(contact.0))]
        );
        assert_eq!(scope.consents(None, shown.first().map(|one| (one.at, one.id)), 9).await?.len(), 1, "the next page");
        assert!(scope.consents(Some("terms"), None, 9).await?.is_empty());
        for statement in ["UPDATE consent_event SET given = (1 = 1)", "DELETE FROM consent_event"] {
            assert!(rig.forge(statement).await.is_err(), "{statement}");
        }
        let stranger = Consent { subject: Subject::Contact(ContactId(rig.tenant.0)), ..said(true) };
        assert!(scope.add_consents(vec![stranger]).await.is_err(), "nobody of this tenant");
        rig.forge("DELETE FROM contact").await?;
        assert!(scope.consents(None, None, 9).await?.is_empty(), "they go with the person");
    }
    Ok(())
}

/// Does every change of the agenda once and tells of each.
pub async fn agenda<F>(rig: &Rig, mut told: F) -> Result<()>
where
    F: AsyncFnMut(Action, String) -> Result<()>,
{
    let (admin, tenant) = (&rig.admin, rig.tenant);
    let resource = admin.add_resource(tenant, crate::audit::rig::resource()).await?;
    told(Action::ResourceAdded, resource.to_string()).await?;
    admin.replace_resource(tenant, resource, crate::audit::rig::resource()).await?;
    told(Action::ResourceReplaced, resource.to_string()).await?;
    admin.make_feed(tenant, resource).await?;
    told(Action::CalendarFeedMade, resource.to_string()).await?;
    admin.end_feed(tenant, resource).await?;
    told(Action::CalendarFeedEnded, resource.to_string()).await?;
    let service = admin.add_service(tenant, crate::audit::rig::service(resource)).await?;
    let id = service.what.id;
    told(Action::ServiceAdded, id.to_string()).await?;
    let again = crate::audit::rig::service(resource);
    admin.replace_service(tenant, recado::store::admin::bookings::Offer { what: Service { id, ..again.what.clone() }, ..again }).await?;
    told(Action::ServiceReplaced, id.to_string()).await?;
    assert!(admin.remove_service(tenant, tenant.0.into()).await.is_err());
    admin.remove_service(tenant, id).await?;
    told(Action::ServiceRemoved, id.to_string()).await?;
    admin.remove_resource(tenant, resource).await?;
    told(Action::ResourceRemoved, resource.to_string()).await?;
    admin.put_holiday(tenant, holiday()).await?;
    told(Action::HolidaySet, holiday().date.to_string()).await?;
    assert!(admin.remove_holiday(tenant, holiday().date).await?);
    told(Action::HolidayRemoved, holiday().date.to_string()).await?;
    assert!(!admin.remove_holiday(tenant, holiday().date).await?);
    admin.put_booking_rules(tenant, rules()).await?;
    told(Action::BookingRulesReplaced, tenant.to_string()).await
}
