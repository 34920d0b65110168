//! One schedule: a burst, a person who steps in at a chosen moment, a random tail.

use crate::domain::content::Content;
use crate::domain::conversation::standing::Status;
use crate::domain::delivery::ItemBody;
use crate::domain::ids::ConversationKey;
use crate::ports::clock::Clock;
use crate::ports::engine::CommandAnswer;
use crate::testing::gated_store::Place;
use crate::testing::race::{Dice, Inside, Played};
use crate::testing::rig::Rig;
use anyhow::{Context, Result};
use std::time::Duration;

/// Looks for the chosen moment before the person steps in anyway.
const PATIENCE: usize = 400;

struct Player<'a> {
    rig: &'a Rig,
    dice: Dice,
    played: Played,
    human: usize,
}

/// Plays the schedule of a seed in a room of its own.
pub(super) async fn play(rig: &Rig, seed: u64) -> Result<Played> {
    let mut dice = Dice::seeded(seed);
    let room = format!("r{seed}.");
    let inside = match dice.below(12) {
        0..=2 => Inside::Thinking,
        3..=4 => Inside::Committing,
        5..=6 => Inside::Leaving,
        7..=9 => Inside::Sending,
        _ => Inside::Between,
    };
    let played = Played { seed, room, inside: Inside::Between, taken: None, given_back: None, texts: Vec::new(), foreign_echoes: 0 };
    let mut player = Player { rig, dice, played, human: 0 };
    player.burst(inside).await?;
    player.step_in(inside).await?;
    player.tail().await?;
    Ok(player.played)
}

impl Player<'_> {
    async fn rest(&mut self) {
        for _ in 0..self.dice.below(4) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// A customer writes; the room's name in the text is the model's gate.
    async fn customer(&mut self, hinted: bool) -> Result<ConversationKey> {
        let word = match self.dice.below(8) {
            0 => "recado",
            1 => "persona",
            _ => "hola",
        };
        let text = format!("{} {word} {}", self.played.room, self.played.texts.len());
        let item = self.rig.item(&self.played.room, ItemBody::Message { content: Content::text(text.clone()) });
        self.rig.ingest(self.rig.inbox, vec![item.clone()]).await?;
        if self.dice.below(8) == 0 {
            // The provider repeats itself.
            self.rig.ingest(self.rig.inbox, vec![item]).await?;
        }
        self.played.texts.push(text);
        let key = self.rig.key(&self.played.room)?;
        if hinted {
            for _ in 0..self.dice.below(3) {
                self.rig.hint(key);
            }
        }
        Ok(key)
    }

    async fn burst(&mut self, inside: Inside) -> Result<()> {
        let room = self.played.room.clone();
        match inside {
            Inside::Thinking => self.rig.llm.gates.close(&room),
            Inside::Sending if self.dice.below(2) == 0 => self.rig.channel.answers.close(&room),
            Inside::Sending => self.rig.channel.gates.close(&room),
            Inside::Committing | Inside::Leaving | Inside::Between => {}
        }
        let key = self.customer(false).await?;
        match inside {
            Inside::Committing => self.rig.gates.hold(Place::Replies, key.id),
            Inside::Leaving => self.rig.gates.hold(Place::Claims, key.id),
            Inside::Thinking | Inside::Sending | Inside::Between => {}
        }
        self.rig.hint(key);
        for _ in 0..self.dice.below(3) {
            self.rest().await;
            self.customer(true).await?;
        }
        Ok(())
    }

    /// Tells what the assistant is doing now.
    fn moment(&self) -> Result<Inside> {
        let (rig, room) = (self.rig, &self.played.room);
        Ok(if rig.llm.gates.waiting(room) > 0 {
            Inside::Thinking
        } else if rig.gates.held(Place::Replies, rig.key(room)?.id) > 0 {
            Inside::Committing
        } else if rig.gates.held(Place::Claims, rig.key(room)?.id) > 0 {
            Inside::Leaving
        } else if rig.channel.gates.waiting(room) + rig.channel.answers.waiting(room) > 0 {
            Inside::Sending
        } else {
            Inside::Between
        })
    }

    async fn step_in(&mut self, inside: Inside) -> Result<()> {
        let room = self.played.room.clone();
        for _ in 0..PATIENCE {
            if inside == Inside::Between || self.moment()? == inside {
                break;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.played.inside = self.moment()?;
        let mut others = self.dice.clone();
        let (how, first) = (self.dice.below(4), self.dice.below(2) == 0);
        let taking = take_over(self.rig, &room, self.human, how);
        self.human += 1;
        let gates = open_gates(self.rig, &room, &mut others);
        // A held commit keeps the command out too: only the other moments can be outlasted.
        let taken = if first && inside != Inside::Committing {
            let taken = taking.await;
            gates.await?;
            taken
        } else {
            let (taken, opened) = futures::join!(taking, gates);
            opened?;
            taken
        };
        self.played.taken = match taken? {
            Taken::Done(begun, texts) => Some((begun, texts)),
            Taken::Echo => {
                self.played.foreign_echoes += 1;
                None
            }
            Taken::Pending => None,
        };
        Ok(())
    }

    async fn tail(&mut self) -> Result<()> {
        let room = self.played.room.clone();
        for _ in 0..self.dice.below(5) {
            self.rest().await;
            match self.dice.below(7) {
                0 | 1 => drop(self.customer(true).await?),
                2 => {
                    self.played.given_back.get_or_insert(self.rig.channel.calls());
                    self.rig.hand_back(&room).await?;
                }
                3 => {
                    self.human += 1;
                    self.rig.agent_replies(&room, &format!("{room} persona {}", self.human)).await?;
                }
                4 => {
                    let until = self.rig.clock.now().after(Duration::from_secs(2));
                    self.rig.set_status(&room, Status::Snoozed, Some(until)).await?;
                }
                5 => {
                    self.played.given_back.get_or_insert(self.rig.channel.calls());
                    self.rig.set_status(&room, Status::Resolved, None).await?;
                }
                _ => own_echo(self.rig, &room).await?,
            }
        }
        Ok(())
    }
}

enum Taken {
    Done(usize, Vec<String>),
    Pending,
    Echo,
}

async fn take_over(rig: &Rig, room: &str, number: usize, how: u64) -> Result<Taken> {
    let answer = match how {
        0 => rig.assign(room, Some(rig.agent)).await?,
        1 => {
            rig.echo(room, &format!("{room} desde el teléfono"), &format!("phone-{room}-{number}")).await?;
            return Ok(Taken::Echo);
        }
        _ => rig.agent_replies(room, &format!("{room} persona {number}")).await?,
    };
    Ok(match answer {
        CommandAnswer::Done { may_still_arrive, .. } => Taken::Done(rig.channel.calls(), may_still_arrive),
        CommandAnswer::Pending { .. } => Taken::Pending,
        CommandAnswer::Mismatch => anyhow::bail!("the command's key was used before"),
    })
}

/// While the person's command is under way: an echo, then whatever was held goes on.
async fn open_gates(rig: &Rig, room: &str, dice: &mut Dice) -> Result<()> {
    for _ in 0..dice.below(4) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    if dice.below(2) == 0 {
        own_echo(rig, room).await?;
    }
    for _ in 0..dice.below(4) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let id = rig.key(room)?.id;
    rig.llm.gates.open(room);
    rig.gates.let_go(Place::Replies, id);
    rig.gates.let_go(Place::Claims, id);
    rig.channel.gates.open(room);
    rig.channel.answers.open(room);
    Ok(())
}

/// The newest message that the channel took comes back, perhaps before its answer did.
async fn own_echo(rig: &Rig, room: &str) -> Result<()> {
    let newest = rig.channel.received().into_iter().rfind(|message| message.to == room);
    if let Some(message) = newest {
        let item = rig.item(room, ItemBody::Echo { content: Content::text(message.text), reference: None });
        let item = crate::domain::delivery::Item { external_id: message.external_id, ..item };
        rig.ingest(rig.inbox, vec![item]).await?;
        rig.hint(rig.key(room).context("the room")?);
    }
    Ok(())
}
