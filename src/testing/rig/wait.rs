//! Waiting: for real threads to do what they are going to do, while the product's clock stands still or moves as told. Always bounded.

use crate::ports::clock::Clock;
use crate::testing::rig::Rig;
use anyhow::{Result, bail};
use entities::instant::Instant;
use entities::{inbound, outbox};
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter};
use std::future::Future;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Looks before a test is told that nothing more will happen: about twenty seconds.
const LOOKS: usize = 10_000;
/// Looks between two moves of the clock.
const LOOKS_PER_MOVE: usize = 12;

/// Lets the other threads work for a moment.
pub async fn breathe() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// Looks for the store to come to rest before the clock moves: about ten seconds.
const LOOKS_FOR_REST: usize = 5_000;

impl Rig {
    /// Lets the other threads work until the store has nothing under way. A commit that a busy machine stretches to half a second must not
    /// count as one of many seconds because the clock of a test ran on meanwhile.
    async fn rest(&self) {
        let mut quiet = 0;
        for _ in 0..LOOKS_FOR_REST {
            breathe().await;
            let looks: i64 = self.engines.iter().map(|engine| engine.stats().looking.load(Ordering::Acquire)).sum();
            // A look that waits for an outside calendar may wait for the clock.
            let waits = i64::try_from(self.calendar.waiting()).unwrap_or(i64::MAX);
            quiet = if looks > waits || self.gates.works() { 0 } else { quiet + 1 };
            if quiet >= 3 {
                return;
            }
        }
    }

    /// Moves the clock.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Waits until `done` says so.
    ///
    /// # Errors
    /// It never did.
    pub async fn until<F, T>(&self, what: &str, mut done: F) -> Result<()>
    where
        F: FnMut() -> T,
        T: Future<Output = Result<bool>>,
    {
        for _ in 0..LOOKS {
            if done().await? {
                return Ok(());
            }
            breathe().await;
        }
        bail!("waited in vain until {what}\n{}\n{}", self.open_work().await?.join("\n"), self.actors().await)
    }

    /// Describes what the actors hold, for a test that failed.
    async fn actors(&self) -> String {
        let keys: Vec<_> = self.rooms.read().unwrap_or_else(PoisonError::into_inner).clone().into_iter().collect();
        let mut text = String::new();
        for engine in &self.engines {
            for (room, key) in &keys {
                text += &format!("{room}: {:?}; ", engine.observe(key.id).await);
            }
            text += &format!("\n{:?}\n", engine.stats());
        }
        text
    }

    /// Waits until no row is open or due and no actor works; the clock stands still.
    ///
    /// # Errors
    /// Something stays open; the message lists it.
    pub async fn settle(&self) -> Result<()> {
        self.until("everything was settled", || self.settled()).await
    }

    /// As [`Rig::settle`], moving the clock by `step` whenever nothing else happens, at most `limit` in all.
    ///
    /// # Errors
    /// As [`Rig::settle`].
    pub async fn settle_within(&self, limit: Duration, step: Duration) -> Result<()> {
        let mut moved = Duration::ZERO;
        loop {
            for _ in 0..LOOKS_PER_MOVE {
                if self.settled().await? {
                    return Ok(());
                }
                breathe().await;
            }
            if moved >= limit {
                bail!("not settled after {limit:?}:\n{}\n{}", self.open_work().await?.join("\n"), self.actors().await);
            }
            self.rest().await;
            self.advance(step);
            moved += step;
        }
    }

    /// Moves the clock by `span` in small steps, with time for the actors between them.
    pub async fn pass(&self, span: Duration, step: Duration) {
        let mut moved = Duration::ZERO;
        while moved < span {
            self.advance(step);
            moved += step;
            self.rest().await;
        }
    }

    /// Returns true if nothing is open or due and no actor works.
    ///
    /// # Errors
    /// The store's.
    pub async fn settled(&self) -> Result<bool> {
        Ok(self.actors_idle().await && self.open_work().await?.is_empty() && self.actors_idle().await)
    }

    async fn actors_idle(&self) -> bool {
        let keys: Vec<_> = self.rooms.read().unwrap_or_else(PoisonError::into_inner).values().copied().collect();
        for engine in &self.engines {
            for key in &keys {
                let phase = engine.observe(key.id).await.and_then(|observed| observed.phase);
                if phase.is_some_and(|phase| phase != "idle") {
                    return false;
                }
            }
        }
        true
    }

    /// Lists rows that are open, or due to leave.
    ///
    /// # Errors
    /// The store's.
    pub async fn open_work(&self) -> Result<Vec<String>> {
        let mut work = self.open_inbound().await?;
        let now = Instant(self.clock.now().micros()).value(self.store.backend());
        let due = outbox::Column::State.is_in(["pending", "retry"]).and(outbox::Column::DueAt.lte(now));
        let unsent = Condition::any().add(due).add(outbox::Column::State.eq("sending"));
        let unsent = Condition::all().add(outbox::Column::TenantId.eq(self.tenant.0)).add(unsent);
        let rows = self.all(outbox::Entity::find().filter(unsent)).await?;
        work.extend(rows.into_iter().map(|row| format!("outbox {} of {} is {}", row.ord, row.to_value, row.state)));
        if work.is_empty() {
            // A failed delivery may have become a row of the queue between the two looks.
            work = self.open_inbound().await?;
        }
        Ok(work)
    }

    async fn open_inbound(&self) -> Result<Vec<String>> {
        let open = inbound::Column::State.is_in(["new", "recorded"]).and(inbound::Column::TenantId.eq(self.tenant.0));
        let rows = self.all(inbound::Entity::find().filter(open)).await?;
        Ok(rows.into_iter().map(|row| format!("{} {} is {}", row.kind, row.external_id, row.state)).collect())
    }
}
