//! Customers who want the same few times, by words, on two engines with fixed partitions over one database: whole conversations, with
//! journal, queue and sending, where `races` asks the book alone. The judge is SQL and what each of them heard last.

use super::deaths::{CONFIRMED, ask, one};
use super::rig::{definition, offer, service};
use crate::support::database::TestDatabase;
use crate::support::dice::Dice;
use anyhow::{Context, Result, ensure};
use futures::future::FutureExt;
use futures::stream::{StreamExt, TryStreamExt};
use recado::domain::booking::{DayHours, Service, WeekHours};
use recado::domain::content::Content;
use recado::domain::delivery::ItemBody;
use recado::engine::Threads;
use recado::engine::placement::Fixed;
use recado::ports::llm::Llm;
use recado::providers::llm::offline::OfflineAssistant;
use recado::store::admin::bookings::ResourceDefinition;
use recado::testing::llm::Line;
use recado::testing::rig::{Rig, RigOptions};
use sea_orm::DatabaseConnection;
use std::sync::atomic::Ordering;

/// Customers, and how many of them talk at once.
const CUSTOMERS: usize = 150;
const AT_ONCE: usize = 32;
/// Days and half hours that they want: a third as many as customers.
const DAYS: [&str; 3] = ["mañana", "pasado mañana", "el 25 de septiembre"];
const HALF_HOURS: u64 = 16;

/// A time that many want.
fn wish(dice: &mut Dice) -> Result<String> {
    let day = DAYS[usize::try_from(dice.within(&(0..DAYS.len() as u64)))?];
    let half = dice.within(&(0..HALF_HOURS));
    Ok(format!("{day} a las {}:{}", 9 + half / 2, if half.is_multiple_of(2) { "00" } else { "30" }))
}

/// Somebody at the other end of a conversation.
struct Customer<'a> {
    rig: &'a Rig,
    room: String,
    dice: Dice,
}

impl Customer<'_> {
    /// Says something and hears the answer to it.
    async fn says(&self, text: &str) -> Result<String> {
        let before = self.rig.received(&self.room).len();
        let mut item = self.rig.item(&self.room, ItemBody::Message { content: Content::text(text) });
        item.peer.display_name = Some("Ana López".to_owned());
        self.rig.deliver(item).await?;
        self.rig.until(text, async || Ok(self.rig.received(&self.room).len() > before)).await?;
        self.rig.received(&self.room).last().cloned().context("no answer")
    }

    /// Wants a time; half of those who get one want another one later, or none.
    async fn talk(mut self) -> Result<()> {
        let wish = wish(&mut self.dice)?;
        if !self.says(&format!("Quiero una consulta {wish}")).await?.contains("¿La confirmo?") {
            return Ok(());
        }
        if !self.says("sí").await?.contains(CONFIRMED) {
            return Ok(());
        }
        let then = self.dice.within(&(0..4));
        if then == 0 {
            let other = self::wish(&mut self.dice)?;
            if self.says(&format!("Quiero cambiar mi cita para {other}")).await?.contains("¿Muevo") {
                self.says("sí").await?;
            }
        } else if then == 1 && self.says("Quiero cancelar mi cita").await?.contains("¿La cancelo?") {
            self.says("sí").await?;
        }
        Ok(())
    }
}

/// Returns how many appointments a room has, by what it heard and by the rows.
async fn stands(rig: &Rig, db: &DatabaseConnection, room: &str) -> Result<(bool, i64)> {
    let told = rig.received(room).iter().fold(false, |stands, text| {
        (stands || text.contains(CONFIRMED) || text.contains("quedó movida")) && !text.contains("quedó cancelada")
    });
    let id = rig.key(room)?.id;
    let rows = format!("SELECT COUNT(*) AS n FROM appointment WHERE status = 'confirmed' AND conversation_id = '{id}'");
    Ok((told, one(db, &rows).await?))
}

async fn opened(database: &TestDatabase) -> Result<Rig> {
    let mut rig = Rig::build(RigOptions { url: Some(database.url().to_owned()), ..RigOptions::default() }).await?;
    let hours = WeekHours(std::array::from_fn(|_| vec![DayHours { from: 9 * 60, to: 17 * 60 }]));
    let admin = rig.admin();
    let chair = admin.add_resource(rig.tenant, offer(ResourceDefinition { hours, ..definition("Ana", 1) })).await?;
    admin.add_service(rig.tenant, offer(Service { min_notice: 0, ..service(&[&[chair]]) })).await?;
    rig.llm.by(Box::new(|request| OfflineAssistant.complete(request.clone()).now_or_never()?.ok().map(Line::Says)));
    rig.start(&Fixed::of(|part| part % 2 == 0), Threads::Current).await?;
    rig.start_apart(database.url(), &Fixed::of(|part| part % 2 == 1), Threads::Current).await?;
    Ok(rig)
}

#[actix::test]
async fn no_slot_is_booked_twice_by_the_words_of_many_on_two_engines() -> Result<()> {
    let database = TestDatabase::postgres().await?;
    let rig = opened(&database).await?;
    let mut dice = Dice::new(11);
    let customers: Vec<Customer<'_>> =
        (0..CUSTOMERS).map(|nth| Customer { rig: &rig, room: format!("room-{nth}"), dice: dice.split() }).collect();
    futures::stream::iter(customers.into_iter().map(Customer::talk)).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    let db = database.connection();
    let overlaps: i64 = one(
        db,
        "SELECT COUNT(*) AS n FROM appointment a JOIN appointment b ON a.tenant_id = b.tenant_id AND a.id < b.id
         AND a.status = 'confirmed' AND b.status = 'confirmed' AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at",
    )
    .await?;
    assert_eq!(overlaps, 0);
    let mut all = 0;
    for nth in 0..CUSTOMERS {
        let room = format!("room-{nth}");
        let (told, rows) = stands(&rig, db, &room).await?;
        ensure!(rows == i64::from(told), "{room}: told {told}, {rows} rows: {:?}", rig.received(&room));
        all += rows;
    }
    let ended = ask(db, "SELECT status AS n FROM appointment WHERE status = 'cancelled'").await?.len();
    assert!(all > 20 && ended > 5, "too little happened: {all} stand, {ended} were cancelled");
    for engine in &rig.engines {
        assert!(engine.stats().sent.load(Ordering::Relaxed) > 50, "an engine did nothing");
    }
    Ok(())
}
