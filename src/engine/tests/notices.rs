//! Who is told of what: from a step of a conversation to the rows that members read and the mails that leave.

use crate::crypto::ids::SystemIds;
use crate::domain::conversation::standing::Status;
use crate::domain::ids::{AgentId, InboxId, MemberId, TenantId};
use crate::domain::permission::Role as Place;
use crate::engine::Threads;
use crate::engine::placement::Single;
use crate::ports::clock::Clock;
use crate::ports::ids::IdSource;
use crate::ports::llm::LlmError;
use crate::store::people::fixtures::{account_row, insert_row};
use crate::store::people::notifications::NotificationRow;
use crate::store::scope::{Role, read_as};
use crate::store::time::instant;
use crate::testing::llm::Line;
use crate::testing::rig::{Rig, RigOptions};
use anyhow::{Context, Result};
use entities::{member, notice, notification};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use std::time::Duration;

pub(super) const ONE_LOOK: Duration = Duration::from_secs(3);
pub(super) const MINUTES: Duration = Duration::from_mins(5);

/// The business of the rig with people in it.
pub(super) struct House {
    pub(super) rig: Rig,
    pub(super) owner: MemberId,
    pub(super) ana: MemberId,
    pub(super) ben: MemberId,
    /// Sees another inbox only.
    pub(super) limited: MemberId,
}

pub(super) async fn hire(rig: &Rig, tenant: TenantId, name: &str, role: Place, inboxes: Option<String>) -> Result<MemberId> {
    let (id, at) = (SystemIds::new().uuid(), instant(rig.clock.now()));
    let email = format!("{name}-{}@example.com", id.simple());
    let account = account_row(id, name, &email, at);
    let member = member::ActiveModel {
        tenant_id: Set(tenant.0),
        id: Set(id),
        account_id: Set(id),
        role: Set(role.name().to_owned()),
        inboxes: Set(inboxes),
        name: Set(name.to_owned()),
        email: Set(email),
        created_at: Set(at),
        updated_at: Set(at),
        ..Default::default()
    };
    let hired = rig.store.solo(Role::Engine, move |tx| {
        Box::pin(async move {
            insert_row(tx, account).await?;
            insert_row(tx, member).await
        })
    });
    hired.await?;
    Ok(MemberId(id))
}

pub(super) async fn house_on(url: Option<String>) -> Result<House> {
    let mut rig = Rig::build(RigOptions { url, ..RigOptions::default() }).await?;
    let other: InboxId = rig.add_inbox(Default::default()).await?;
    let tenant = rig.tenant;
    let owner = hire(&rig, tenant, "olga", Place::Owner, None).await?;
    let ana = hire(&rig, tenant, "ana", Place::Member, None).await?;
    let ben = hire(&rig, tenant, "ben", Place::Member, None).await?;
    let limited = hire(&rig, tenant, "lia", Place::Member, Some(format!(r#"["{other}"]"#))).await?;
    rig.start(&Single, Threads::Current).await?;
    Ok(House { rig, owner, ana, ben, limited })
}

pub(super) async fn house() -> Result<House> {
    house_on(None).await
}

impl House {
    /// A customer writes, the assistant fails, people must look.
    async fn hand_over(&self, room: &str) -> Result<()> {
        self.rig.llm.then(Line::Fails(LlmError::Rejected("400".into())));
        self.rig.customer(room, "hola").await?;
        self.rig.settle().await?;
        self.pass(ONE_LOOK).await;
        Ok(())
    }

    pub(super) async fn pass(&self, span: Duration) {
        self.rig.pass(span, Duration::from_secs(1)).await;
    }

    /// What a member was told, the newest first, unread before read.
    pub(super) async fn told(&self, member: MemberId) -> Result<Vec<NotificationRow>> {
        Ok(self.rig.store.tenant(self.rig.tenant).notifications(member, None, 50).await?)
    }

    pub(super) async fn kinds(&self, member: MemberId) -> Result<Vec<&'static str>> {
        Ok(self.told(member).await?.iter().map(|row| row.kind.as_str()).collect())
    }

    /// To whom mails left, by the part of the address before the id.
    pub(super) fn mailed(&self) -> Vec<String> {
        let name = |to: &str| to.split('-').next().unwrap_or_default().to_owned();
        let mut names: Vec<String> = self.rig.mailer.handed().iter().map(|mail| name(mail.to.as_str())).collect();
        names.sort();
        names
    }

    /// How the ladder of the newest cause ended; empty: it has not.
    async fn ended(&self) -> Result<String> {
        let tenant = self.rig.tenant.0;
        let all = notice::Entity::find().filter(notice::Column::TenantId.eq(tenant));
        let rows = read_as(&self.rig.store, Role::Engine, |tx| Box::pin(all.all(tx))).await?;
        let newest = rows.into_iter().max_by_key(|row| row.created_at.0).context("there is a cause")?;
        Ok(newest.ended.unwrap_or_default())
    }
}

#[actix::test]
async fn a_hand_over_that_nobody_opens_climbs_and_each_rung_is_told_once() -> Result<()> {
    climbs(house().await?).await
}

#[actix::test]
async fn a_hand_over_climbs_on_postgres_too() -> Result<()> {
    let base = crate::store::people::fixtures::Base::postgres().await;
    climbs(house_on(Some(base.url.clone())).await?).await
}

async fn climbs(house: House) -> Result<()> {
    house.hand_over("room").await?;
    for member in [house.owner, house.ana, house.ben] {
        assert_eq!(house.kinds(member).await?, ["handed_over"]);
    }
    assert!(house.told(house.limited).await?.is_empty(), "who sees another inbox only hears nothing");
    assert!(house.mailed().is_empty());
    house.pass(MINUTES - ONE_LOOK * 2).await;
    assert!(house.mailed().is_empty(), "not before its time");
    house.pass(ONE_LOOK * 3).await;
    assert_eq!(house.mailed(), ["ana", "ben", "olga"]);
    house.pass(MINUTES * 3).await;
    assert_eq!(house.mailed(), ["ana", "ben", "olga"], "nobody is told twice of one cause by one way");
    for member in [house.owner, house.ana, house.ben] {
        assert_eq!(house.kinds(member).await?, ["handed_over"]);
    }
    assert_eq!(house.ended().await?, "told");
    let mail = house.rig.mailer.handed().into_iter().next().context("a mail")?;
    assert!(mail.letter.text.contains("https://desk.test/console/conversations/") && mail.letter.subject.contains("#1"));
    assert!(!mail.letter.text.contains("hola") && !mail.letter.subject.contains("hola"), "no word of a customer");
    Ok(())
}

#[actix::test]
async fn the_third_rung_reaches_those_who_run_the_house_also_if_the_first_was_for_another() -> Result<()> {
    let house = house().await?;
    house.rig.store.tenant(house.rig.tenant).choose_notifications(house.owner, &nothing_but_third(), house.rig.clock.now()).await?;
    house.hand_over("room").await?;
    house.pass(MINUTES + ONE_LOOK).await;
    assert_eq!(house.mailed(), ["ana", "ben"], "the owner wants no mail");
    house.pass(MINUTES + ONE_LOOK).await;
    assert_eq!((house.mailed().len(), house.kinds(house.owner).await?), (2, vec!["handed_over"]));
    Ok(())
}

fn nothing_but_third() -> crate::domain::notice::choice::Choices {
    use crate::domain::notice::choice::{Channels, Choices};
    Choices::from_said([(crate::domain::notice::Kind::HandedOver, Channels { in_app: true, email: false })])
}

#[actix::test]
async fn whoever_opens_it_ends_the_ladder_for_all() -> Result<()> {
    let house = house().await?;
    house.hand_over("room").await?;
    let first = house.told(house.ana).await?.first().map(|row| row.id).context("ana was told")?;
    let scope = house.rig.store.tenant(house.rig.tenant);
    let stranger = scope.read_notification(house.ben, first, house.rig.clock.now()).await?;
    assert!(stranger.is_none(), "a colleague's notification is absent");
    let read = scope.read_notification(house.ana, first, house.rig.clock.now()).await?.context("hers")?;
    assert!(read.read_at.is_some());
    house.pass(MINUTES * 3).await;
    assert!(house.mailed().is_empty());
    assert_eq!(house.ended().await?, "opened");
    Ok(())
}

#[actix::test]
async fn whoever_opens_the_conversation_ends_its_ladder_and_no_other() -> Result<()> {
    let house = house().await?;
    house.hand_over("one").await?;
    house.hand_over("two").await?;
    let (scope, one) = (house.rig.store.tenant(house.rig.tenant), house.rig.key("one")?.id);
    assert_eq!(scope.read_notifications(house.ana, Some(one), house.rig.clock.now()).await?, 1);
    house.pass(MINUTES + ONE_LOOK).await;
    let subjects: Vec<String> = house.rig.mailer.handed().into_iter().map(|mail| mail.letter.subject).collect();
    assert!(subjects.len() == 3 && subjects.iter().all(|subject| subject.contains("#2")), "{subjects:?}");
    Ok(())
}

#[actix::test]
async fn an_answer_an_assignment_and_a_resolution_end_it() -> Result<()> {
    for way in ["answer", "assign", "resolve"] {
        let house = house().await?;
        house.hand_over("room").await?;
        let answer = match way {
            "answer" => house.rig.agent_replies("room", "aquí estoy").await?,
            "assign" => house.rig.assign("room", Some(AgentId(house.ben.0))).await?,
            _ => house.rig.set_status("room", Status::Resolved, None).await?,
        };
        drop(answer);
        house.rig.settle().await?;
        house.pass(MINUTES * 3).await;
        let handed_over = house.rig.mailer.handed().into_iter().filter(|mail| mail.letter.subject.contains("espera a una persona"));
        assert_eq!(handed_over.count(), 0, "{way}");
    }
    Ok(())
}

#[actix::test]
async fn an_assignment_is_told_to_whom_it_is_for_and_an_own_one_to_nobody() -> Result<()> {
    let house = house().await?;
    house.hand_over("room").await?;
    house.rig.assign("room", Some(AgentId(house.ben.0))).await?;
    house.rig.settle().await?;
    house.pass(ONE_LOOK).await;
    assert_eq!(house.kinds(house.ben).await?, ["assigned", "handed_over"]);
    assert_eq!(house.kinds(house.ana).await?, ["handed_over"]);
    house.rig.assign("room", Some(house.rig.agent)).await?;
    house.rig.settle().await?;
    house.pass(ONE_LOOK).await;
    let mine = house.rig.store.tenant(house.rig.tenant).notifications(MemberId(house.rig.agent.0), None, 50).await?;
    assert!(mine.is_empty(), "whoever takes it knows");
    assert_eq!(house.mailed(), ["ben"]);
    Ok(())
}

#[actix::test]
async fn a_burst_to_whom_it_is_assigned_is_told_once_until_they_look() -> Result<()> {
    let house = house().await?;
    house.hand_over("room").await?;
    house.rig.assign("room", Some(AgentId(house.ben.0))).await?;
    for _ in 0..3 {
        house.rig.customer("room", "sigue").await?;
        house.rig.settle().await?;
        house.pass(ONE_LOOK).await;
    }
    let of_kind = |kinds: Vec<&'static str>| kinds.into_iter().filter(|kind| *kind == "message").count();
    assert_eq!(of_kind(house.kinds(house.ben).await?), 1);
    house.rig.store.tenant(house.rig.tenant).read_notifications(house.ben, None, house.rig.clock.now()).await?;
    house.rig.customer("room", "otra vez").await?;
    house.rig.settle().await?;
    house.pass(ONE_LOOK).await;
    assert_eq!((of_kind(house.kinds(house.ben).await?), of_kind(house.kinds(house.ana).await?)), (2, 0));
    Ok(())
}

#[actix::test]
async fn a_business_without_a_ladder_is_told_once_in_the_product() -> Result<()> {
    let house = house().await?;
    house.rig.store.tenant(house.rig.tenant).set_handoff_minutes(0, house.rig.clock.now()).await?;
    house.hand_over("room").await?;
    house.pass(MINUTES * 4).await;
    assert_eq!((house.kinds(house.ana).await?, house.mailed().len()), (vec!["handed_over"], 0));
    Ok(())
}

#[actix::test]
async fn no_member_of_another_business_hears_anything() -> Result<()> {
    let house = house().await?;
    let stranger_house = TenantId(SystemIds::new().uuid());
    let row = entities::tenant::ActiveModel {
        id: Set(stranger_house.0),
        slug: Set("other".to_owned()),
        name: Set("Other".to_owned()),
        locale: Set("es".to_owned()),
        timezone: Set("UTC".to_owned()),
        created_at: Set(instant(house.rig.clock.now())),
        ..Default::default()
    };
    house.rig.store.solo(Role::Engine, move |tx| Box::pin(async move { insert_row(tx, row).await })).await?;
    hire(&house.rig, stranger_house, "zoe", Place::Owner, None).await?;
    house.hand_over("room").await?;
    house.pass(MINUTES * 3).await;
    let foreign = notification::Entity::find().filter(notification::Column::TenantId.eq(stranger_house.0));
    assert!(read_as(&house.rig.store, Role::Engine, |tx| Box::pin(foreign.all(tx))).await?.is_empty());
    assert!(house.mailed().iter().all(|name| name != "zoe"));
    Ok(())
}
