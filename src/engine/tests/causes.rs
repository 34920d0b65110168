//! Causes beside conversations: an appointment that waits for an approval, an inbox that was stopped, a calendar that was given up. Who is
//! limited to other inboxes hears nothing of what was agreed in this one.

use super::bookings::Office;
use super::calendars::{PEOPLE, office};
use super::notices::hire;
use crate::crypto::ids::SystemIds;
use crate::domain::booking::act::Who;
use crate::domain::booking::{Act, Service, Status};
use crate::domain::ids::{AppointmentId, MemberId};
use crate::domain::permission::Role;
use crate::ports::directory::Directory;
use crate::ports::ids::IdSource;
use crate::store::scope::Role as As;
use crate::testing::rig::Rig;
use anyhow::Result;
use entities::member;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use std::time::Duration;

/// People of the office: one who sees everything, one who sees another inbox only, each granted everything else.
struct Staff {
    owner: MemberId,
    here: MemberId,
    elsewhere: MemberId,
}

async fn staff(rig: &Rig) -> Result<Staff> {
    let other = rig.add_inbox(Default::default()).await?;
    let owner = hire(rig, rig.tenant, "olga", Role::Owner, None).await?;
    let here = hire(rig, rig.tenant, "ana", Role::Member, Some(format!(r#"["{}"]"#, rig.inbox))).await?;
    let elsewhere = hire(rig, rig.tenant, "lia", Role::Member, Some(format!(r#"["{other}"]"#))).await?;
    let granted = r#"["appointments:write","agenda:write","inboxes:write","conversations:read"]"#;
    rig.store
        .solo(As::Engine, move |tx| {
            let update = member::Entity::update_many().col_expr(member::Column::Permissions, Expr::val(granted));
            Box::pin(async move { update.filter(member::Column::Role.eq("member")).exec(tx).await.map(drop) })
        })
        .await?;
    Ok(Staff { owner, here, elsewhere })
}

impl Staff {
    /// What each was told: the owner, who sees this inbox, who sees another one.
    async fn told(&self, rig: &Rig) -> Result<[Vec<&'static str>; 3]> {
        rig.pass(Duration::from_secs(3), Duration::from_secs(1)).await;
        let mut all = [Vec::new(), Vec::new(), Vec::new()];
        for (told, member) in all.iter_mut().zip([self.owner, self.here, self.elsewhere]) {
            let rows = rig.store.tenant(rig.tenant).notifications(member, None, 50).await?;
            *told = rows.iter().map(|row| row.kind.as_str()).filter(|kind| *kind != "handed_over").collect();
        }
        Ok(all)
    }
}

fn with_approval(service: Service) -> Service {
    Service { approval: true, ..service }
}

#[actix::test]
async fn an_approval_is_told_to_who_sees_the_conversation_in_which_it_was_asked_for() -> Result<()> {
    let office = Office::on(Rig::new().await?, with_approval, false).await?;
    let staff = staff(&office.rig).await?;
    let row = office.book("2026-09-23T16:00:00Z").await?;
    assert_eq!(row.status, Status::PendingOwner);
    let approval = vec!["appointment_approval"];
    assert_eq!(staff.told(&office.rig).await?, [approval.clone(), approval, vec![]]);
    Ok(())
}

#[actix::test]
async fn an_approval_of_no_conversation_is_told_to_everybody_who_may_give_it() -> Result<()> {
    let office = Office::on(Rig::new().await?, with_approval, false).await?;
    let staff = staff(&office.rig).await?;
    let id = AppointmentId(SystemIds::new().uuid());
    let who = Who { name: Some("Luz".to_owned()), ..Who::default() };
    let start = super::bookings::at("2026-09-23T16:00:00Z");
    let wish = Act::Book { id, service: office.service, start, resource: None, who, request_key: None };
    let row = office.act(PEOPLE, wish).await?;
    assert_eq!((row.status, row.conversation), (Status::PendingOwner, None));
    let approval = vec!["appointment_approval"];
    assert_eq!(staff.told(&office.rig).await?, [approval.clone(), approval.clone(), approval]);
    Ok(())
}

#[actix::test]
async fn an_inbox_that_was_stopped_is_told_once_to_who_sees_it() -> Result<()> {
    let rig = Rig::new().await?;
    let staff = staff(&rig).await?;
    let directory = rig.admin().directory().await?;
    for _ in 0..2 {
        directory.pause(rig.tenant, rig.inbox, "the token was refused").await?;
    }
    let attention = vec!["inbox_attention"];
    assert_eq!(staff.told(&rig).await?, [attention.clone(), attention, vec![]]);
    Ok(())
}

#[actix::test]
async fn a_calendar_that_is_given_up_is_told_to_who_sees_the_conversation_of_its_appointment() -> Result<()> {
    let office = office().await?;
    let staff = staff(&office.rig).await?;
    let row = office.agreed().await?;
    office.rig.calendar.close(office.resource);
    office.act(PEOPLE, Act::Cancel { id: row.id, version: None, reason: "owner".to_owned() }).await?;
    office.some_seconds().await?;
    assert_eq!(office.stored_jobs("dead").await?, 1);
    let trouble = vec!["calendar_trouble"];
    assert_eq!(staff.told(&office.rig).await?, [trouble.clone(), trouble, vec![]]);
    Ok(())
}
