//! The book around the conversation, where the channel's window is closed or a calendar wants the appointment: approved templates with their
//! quick replies, from the row to what WhatsApp is sent and back, and the calendar file.

use super::bookings::{Office, at};
use crate::crypto::ids::SystemIds;
use crate::crypto::links::PageLinks;
use crate::domain::booking::act::Who;
use crate::domain::booking::voice::{Wish, reminder_button, yes_button};
use crate::domain::booking::{Act, Actor, NewsTemplate, QuickReply, Status};
use crate::domain::content::Content;
use crate::domain::delivery::{Address, AddressKind};
use crate::domain::ids::{AgentId, AppointmentId};
use crate::domain::inbox::CommonSettings;
use crate::domain::language::Language;
use crate::engine::EnginePorts;
use crate::ports::channel::Capabilities;
use crate::ports::ids::IdSource;
use crate::ports::mail::Links;
use crate::testing::channel::RecordingChannel;
use crate::testing::rig::{Rig, RigOptions};
use crate::toolbox::Catalogue;
use anyhow::{Context, Result, bail};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const PEOPLE: Actor = Actor::People { agent: AgentId(Uuid::from_u128(77)) };
const REMINDS: &str = "le recuerdo su cita";

/// A window of a day, and approved templates for what is outside of it.
async fn with_templates() -> Result<Office> {
    let plain = RigOptions::default();
    let can = Capabilities { idempotent: true, ..crate::channels::whatsapp::capabilities() };
    let template = NewsTemplate {
        name: "cita".to_owned(),
        language: "es_MX".to_owned(),
        languages: vec!["en_US".to_owned()],
        buttons: vec![QuickReply::Cancel, QuickReply::Change, QuickReply::Confirm],
    };
    let common = CommonSettings { reminder_template: Some(template), ..plain.common };
    let channel = RecordingChannel::with(can);
    Office::on(Rig::with(RigOptions { channel, common, ..plain }).await?, |service| service, false).await
}

/// What WhatsApp is sent for the newest row to Ana, by the channel's own code.
async fn whatsapp_body(office: &Office) -> Result<serde_json::Value> {
    let own = entities::outbox::Entity::find().filter(entities::outbox::Column::ConversationId.eq(office.rig.key("ana")?.id.0));
    let row = own.order_by_desc(entities::outbox::Column::Ord).one(office.rig.store.readers()).await?.context("nothing was sent")?;
    let content: Content = serde_json::from_str(&row.payload)?;
    let to = Address::new(AddressKind::Phone, "+526625550101".to_owned());
    Ok(crate::channels::whatsapp::body::message(row.id.into(), &to, &content)?)
}

/// A80 outside of the reply window, where nearly every reminder of the day before is: each quick reply brings back which appointment, at which
/// version; a tap on the one is never taken for the other, and one of an old version changes nothing.
#[actix::test]
async fn sched_a80_a_quick_reply_of_a_template_means_the_appointment_that_it_speaks_of() -> Result<()> {
    let office = with_templates().await?;
    let other = office.book("2026-09-24T17:00:00Z").await?;
    let booked = office.book("2026-09-23T16:00:00Z").await?;
    office.clock_to(at("2026-09-22T16:00:00Z"));
    office.hears(REMINDS, 1).await?;
    let body = whatsapp_body(&office).await?;
    let template = &body["template"];
    assert_eq!((&template["name"], &template["language"]["code"]), (&"cita".into(), &"es_MX".into()), "{body}");
    assert_eq!(template["components"][0]["parameters"][0]["text"], "Ana");
    let payload = |index: usize| {
        let button = &template["components"][index + 1];
        assert_eq!((&button["sub_type"], &button["index"]), (&"quick_reply".into(), &index.to_string().into()), "{body}");
        button["parameters"][0]["payload"].as_str().unwrap_or_default().to_owned()
    };
    let wishes = [Wish::Cancel, Wish::Move, Wish::Come];
    assert_eq!([0, 1, 2].map(payload), wishes.map(|wish| reminder_button(booked.id, booked.version, wish)));
    let late = Act::Move { id: booked.id, version: None, start: at("2026-09-23T20:00:00Z"), resource: None };
    let moved = office.act(PEOPLE, late).await?;
    office.taps(payload(0)).await?;
    assert_eq!(office.stored(booked.id).await?, moved, "a button of an older version changes nothing");
    office.taps(reminder_button(moved.id, moved.version, Wish::Cancel)).await?;
    assert_eq!(office.stored(booked.id).await?.status, Status::Cancelled);
    assert_eq!(office.stored(other.id).await?, other, "nobody is asked which of the two");
    Ok(())
}

/// WhatsApp refuses an empty parameter, and a language is that of the template in which it is approved.
#[actix::test]
async fn a_template_for_somebody_without_a_name_and_in_another_language_can_be_sent() -> Result<()> {
    let office = with_templates().await?;
    let Actor::Contact { contact, conversation } = office.actor().await? else { bail!("no customer") };
    for (start, language, code, word) in
        [("2026-09-23T16:00:00Z", Language::En, "en_US", "customer"), ("2026-09-25T16:00:00Z", Language::Pt, "es_MX", "cliente")]
    {
        let id = AppointmentId(SystemIds::new().uuid());
        let who = Who { contact: Some(contact), conversation: Some(conversation), language, ..Who::default() };
        office.act(PEOPLE, Act::Book { id, service: office.service, start: at(start), resource: None, who, request_key: None }).await?;
        office.clock_to(at(start).before(Duration::from_hours(24)));
        office.some_seconds().await?;
        let body = whatsapp_body(&office).await?;
        assert_eq!(body["template"]["language"]["code"], code, "{body}");
        assert_eq!(body["template"]["components"][0]["parameters"][0]["text"], word, "{body}");
    }
    Ok(())
}

/// Who books in the chat and gave no address gets the file by a link, with what is confirmed and with what is moved.
#[actix::test]
async fn a_confirmation_in_the_chat_links_to_the_calendar_file() -> Result<()> {
    let rig = Rig::build(RigOptions::default()).await?;
    let links = Arc::new(PageLinks::new(&rig.ring, "https://desk.test"));
    let ports = rig.ports();
    let tools = Catalogue::with_book(Arc::new(rig.store.clone()), Arc::new(SystemIds::new())).with_links(Arc::clone(&links) as _);
    let rig = rig.start_over(EnginePorts { toolbox: Arc::new(tools), ..ports }).await?;
    let office = Office::on(rig, |service| service, false).await?;
    let (id, actor) = (AppointmentId(SystemIds::new().uuid()), office.actor().await?);
    let who = Who { name: Some("Ana".to_owned()), ..Who::default() };
    let hold =
        Act::Hold { id, service: office.service, start: at("2026-09-23T16:00:00Z"), resource: None, moves: None, who, request_key: None };
    office.act(actor, hold).await?;
    office.taps(yes_button(id)).await?;
    assert_eq!(office.stored(id).await?.status, Status::Confirmed);
    let url = links.calendar_file(office.rig.tenant, id);
    assert!(url.ends_with(".ics"), "{url}");
    let said = office.rig.received("ana");
    assert!(said.last().is_some_and(|text| text.contains("quedó confirmada") && text.contains(&url)), "{said:?}");
    office.taps(yes_button(id)).await?;
    assert_eq!(office.rig.received("ana").iter().filter(|text| text.contains(&url)).count(), 1, "what was told is not linked anew");
    Ok(())
}
