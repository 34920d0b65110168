//! Customers for the kill test: many who write once, some who write when they were answered, some who write three times at once.
//!
//! They go on while the server dies and comes back, but stop adding to a pile that nobody works off.

use crate::support::dice::Dice;
use crate::support::driver::{Driver, Said};
use crate::support::fake_adapter::FakeAdapter;
use anyhow::Result;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

/// How many customers of each kind at a time.
#[derive(Clone, Debug)]
pub struct Crowd {
    /// Who write one message to a room of their own, over and over with new rooms.
    pub singles: u64,
    /// Who write the next message when the one before was answered.
    pub talkers: u64,
    /// Who write three messages one after the other, over and over with new rooms.
    pub bursts: u64,
    /// Pause between two of a customer's messages, in milliseconds.
    pub pause: Range<u64>,
}

/// Rooms of one customer that may wait for an answer before that customer waits too.
const PILE: usize = 12;
/// When a provider repeats a delivery that we have acknowledged, it is this much later.
const REPEAT_AFTER: Duration = Duration::from_millis(900);
/// One delivery in so many is repeated without a reason.
const REPEATED: u64 = 8;

/// A crowd at work.
#[derive(Debug)]
pub struct Load {
    stop: Arc<AtomicBool>,
    tasks: JoinSet<Result<()>>,
}

impl Load {
    /// Lets the crowd begin.
    pub fn start(driver: &Arc<Driver>, adapter: &Arc<FakeAdapter>, dice: &mut Dice, crowd: &Crowd) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut tasks = JoinSet::new();
        let customer = |name: String, dice: Dice| Customer {
            name,
            dice,
            pause: crowd.pause.clone(),
            driver: Arc::clone(driver),
            adapter: Arc::clone(adapter),
            stop: Arc::clone(&stop),
            late: JoinSet::new(),
            unanswered: Vec::new(),
        };
        for number in 0..crowd.singles {
            tasks.spawn(customer(format!("single-{number}"), dice.split()).rooms_of(1));
        }
        for number in 0..crowd.bursts {
            tasks.spawn(customer(format!("burst-{number}"), dice.split()).rooms_of(3));
        }
        for number in 0..crowd.talkers {
            tasks.spawn(customer(format!("talker-{number}"), dice.split()).talk());
        }
        Self { stop, tasks }
    }

    /// Lets everybody finish what they are saying. A delivery that was refused for good is an error.
    pub async fn finish(mut self) -> Result<()> {
        self.stop.store(true, Ordering::Release);
        while let Some(ended) = self.tasks.join_next().await {
            ended??;
        }
        Ok(())
    }
}

struct Customer {
    name: String,
    dice: Dice,
    pause: Range<u64>,
    driver: Arc<Driver>,
    adapter: Arc<FakeAdapter>,
    stop: Arc<AtomicBool>,
    late: JoinSet<Result<()>>,
    unanswered: Vec<String>,
}

impl Customer {
    /// Says `messages` in one room after the other.
    async fn rooms_of(mut self, messages: u32) -> Result<()> {
        for number in 0_u32.. {
            if self.stopped() {
                break;
            }
            let room = format!("{}-{number}", self.name);
            for place in 0..messages {
                self.say(&room, place).await?;
            }
            self.unanswered.push(room);
            self.rest().await;
        }
        self.end().await
    }

    /// Says the next thing when the last one was answered.
    async fn talk(mut self) -> Result<()> {
        let room = self.name.clone();
        for place in 0_u32.. {
            if self.stopped() {
                break;
            }
            self.say(&room, place).await?;
            let answers = usize::try_from(place)? + 1;
            while self.adapter.count_in(&room) < answers && !self.stopped() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            self.rest().await;
        }
        self.end().await
    }

    async fn say(&mut self, room: &str, place: u32) -> Result<()> {
        let said = Said { room: room.to_owned(), id: format!("{room}-m{place}"), text: format!("¿A qué hora abren? ({place})") };
        self.driver.deliver(&said).await?;
        if self.dice.once_in(REPEATED) {
            let driver = Arc::clone(&self.driver);
            self.late.spawn(async move {
                tokio::time::sleep(REPEAT_AFTER).await;
                driver.repeat(&said).await
            });
        }
        Ok(())
    }

    async fn rest(&mut self) {
        tokio::time::sleep(self.dice.millis(&self.pause)).await;
        while self.unanswered.len() > PILE && !self.stopped() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let adapter = &self.adapter;
            self.unanswered.retain(|room| adapter.count_in(room) == 0);
        }
    }

    async fn end(&mut self) -> Result<()> {
        while let Some(ended) = self.late.join_next().await {
            ended??;
        }
        Ok(())
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }
}
