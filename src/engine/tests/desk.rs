//! The front desk through real actors and the real writer: who is given what, at once, and never twice.

use super::notices::hire;
use crate::domain::conversation::effect::CommandOutcome;
use crate::domain::conversation::event::Happening;
use crate::domain::conversation::standing::{Human, Standing, Status};
use crate::domain::ids::{AgentId, ConversationKey, MemberId};
use crate::domain::inbox::CommonSettings;
use crate::domain::permission::Role as Place;
use crate::domain::routing::{Choice, Mode, OnReturn, Rule};
use crate::engine::Threads;
use crate::engine::placement::Single;
use crate::ports::clock::Clock;
use crate::ports::engine::{CommandAnswer, Engine};
use crate::ports::llm::LlmError;
use crate::ports::store::{EngineStore, NewCommand};
use crate::testing::llm::Line;
use crate::testing::rig::{Rig, RigOptions};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::time::Duration;

/// The business of the rig, with two members, its inbox giving conversations in turn.
struct Desk {
    rig: Rig,
    ana: MemberId,
    ben: MemberId,
}

async fn desk_with(assistant: bool) -> Result<Desk> {
    let base = RigOptions::default();
    let common = CommonSettings { assistant: Some(assistant), ..base.common.clone() };
    let mut rig = Rig::build(RigOptions { common, ..base }).await?;
    let ana = hire(&rig, rig.tenant, "ana", Place::Member, None).await?;
    let ben = hire(&rig, rig.tenant, "ben", Place::Member, None).await?;
    rig.start(&Single, Threads::Current).await?;
    let rule = Rule { mode: Mode::RoundRobin, max_open: None, on_return: OnReturn::Route };
    let set = rig.store.tenant(rig.tenant).set_inbox_rule(rig.inbox, rule).await?;
    assert!(set.is_ok_and(|set| set.asked.is_empty()));
    Ok(Desk { rig, ana, ben })
}

impl Desk {
    /// Says what a member is, and tells those that were asked, as the door does.
    async fn is(&self, who: MemberId, choice: Choice) -> Result<()> {
        let asked = self.rig.store.tenant(self.rig.tenant).choose_presence(who, choice, self.rig.clock.now()).await?;
        self.tell(asked)
    }

    async fn takes(&self, who: MemberId, most: u32) -> Result<()> {
        let set = self.rig.store.tenant(self.rig.tenant).set_capacity(who, Some(most)).await?;
        self.tell(set.ok().context("no such member")?.asked)
    }

    fn tell(&self, asked: Vec<ConversationKey>) -> Result<()> {
        asked.into_iter().for_each(|key| self.rig.hint(key));
        Ok(())
    }

    async fn holder(&self, room: &str) -> Result<Option<AgentId>> {
        let state = self.rig.state(room).await?;
        let speaks = state.assignee.map_or(Standing::Open(None), |agent| Standing::Open(Some(Human::Agent(agent))));
        assert!(state.standing == speaks || state.standing.status() != Status::Open, "whoever has it speaks: {:?}", state.standing);
        Ok(state.assignee)
    }

    /// Customers write, one after the other.
    async fn write(&self, rooms: &[&str]) -> Result<()> {
        for room in rooms {
            self.rig.customer(room, "hola").await?;
            self.rig.settle().await?;
        }
        Ok(())
    }

    async fn loads(&self, rooms: impl IntoIterator<Item = String>) -> Result<BTreeMap<Option<AgentId>, usize>> {
        let mut loads = BTreeMap::new();
        for room in rooms {
            *loads.entry(self.holder(&room).await?).or_default() += 1;
        }
        Ok(loads)
    }
}

const fn agent(member: MemberId) -> AgentId {
    AgentId(member.0)
}

#[actix::test]
async fn conv_92_nobody_is_there_so_it_waits_and_is_given_in_the_step_in_which_somebody_comes() -> Result<()> {
    let desk = desk_with(false).await?;
    desk.write(&["a"]).await?;
    assert_eq!(desk.holder("a").await?, None);
    desk.is(desk.ben, Choice::Busy).await?;
    desk.rig.settle().await?;
    assert_eq!(desk.holder("a").await?, None, "whoever is busy is given nothing");
    // The clock stands still from here on: no sweep and no timer runs.
    desk.is(desk.ana, Choice::Online).await?;
    desk.rig.settle().await?;
    assert_eq!(desk.holder("a").await?, Some(agent(desk.ana)));
    desk.rig.snapshot_is_rebuilt("a").await
}

#[actix::test]
async fn whatever_frees_a_place_hands_out_the_first_of_the_line_at_once() -> Result<()> {
    let desk = desk_with(true).await?;
    desk.takes(desk.ana, 1).await?;
    desk.is(desk.ana, Choice::Online).await?;
    for room in ["a", "b", "c", "d", "e", "f"] {
        desk.rig.llm.then(Line::Fails(LlmError::Rejected("400".into())));
        desk.write(&[room]).await?;
        desk.rig.advance(Duration::from_millis(1));
    }
    assert_eq!((desk.holder("a").await?, desk.holder("b").await?), (Some(agent(desk.ana)), None));
    desk.rig.set_status("a", Status::Resolved, None).await?;
    desk.rig.settle().await?;
    assert_eq!((desk.holder("b").await?, desk.holder("c").await?), (Some(agent(desk.ana)), None), "resolving");
    let later = desk.rig.clock.now().after(Duration::from_hours(1));
    desk.rig.set_status("b", Status::Snoozed, Some(later)).await?;
    desk.rig.settle().await?;
    assert_eq!((desk.holder("c").await?, desk.holder("d").await?), (Some(agent(desk.ana)), None), "snoozing");
    desk.rig.hand_back("c").await?;
    desk.rig.settle().await?;
    assert_eq!((desk.holder("d").await?, desk.holder("e").await?), (Some(agent(desk.ana)), None), "handing back");
    desk.takes(desk.ana, 2).await?;
    desk.rig.settle().await?;
    assert_eq!((desk.holder("e").await?, desk.holder("f").await?), (Some(agent(desk.ana)), None), "taking more");
    desk.is(desk.ben, Choice::Online).await?;
    desk.rig.settle().await?;
    assert_eq!(desk.holder("f").await?, Some(agent(desk.ben)), "coming");
    Ok(())
}

#[actix::test]
async fn conv_91_a_burst_goes_round_and_never_beyond_what_people_take() -> Result<()> {
    let desk = desk_with(false).await?;
    desk.takes(desk.ana, 3).await?;
    desk.takes(desk.ben, 4).await?;
    desk.is(desk.ana, Choice::Online).await?;
    desk.is(desk.ben, Choice::Online).await?;
    let rooms: Vec<String> = (0..40).map(|room| format!("room-{room}")).collect();
    futures::future::try_join_all(rooms.iter().map(|room| desk.rig.customer(room, "hola"))).await?;
    desk.rig.settle().await?;
    let loads = desk.loads(rooms.clone()).await?;
    assert_eq!(loads, BTreeMap::from([(None, 33), (Some(agent(desk.ana)), 3), (Some(agent(desk.ben)), 4)]));
    // All at once: as many are given out as places become free.
    let mine: Vec<String> = futures::future::try_join_all(
        rooms.iter().map(|room| async { Ok::<_, anyhow::Error>(desk.holder(room).await?.map(|_| room.clone())) }),
    )
    .await?
    .into_iter()
    .flatten()
    .collect();
    futures::future::try_join_all(mine.iter().map(|room| desk.rig.set_status(room, Status::Resolved, None))).await?;
    desk.rig.settle().await?;
    let open = rooms.into_iter().filter(|room| !mine.contains(room));
    let loads = desk.loads(open).await?;
    assert_eq!(loads, BTreeMap::from([(None, 26), (Some(agent(desk.ana)), 3), (Some(agent(desk.ben)), 4)]));
    Ok(())
}

#[actix::test]
async fn what_was_overlooked_is_found_by_the_safety_net() -> Result<()> {
    let desk = desk_with(false).await?;
    desk.write(&["a"]).await?;
    let asked = desk.rig.store.tenant(desk.rig.tenant).choose_presence(desk.ana, Choice::Online, desk.rig.clock.now()).await?;
    assert_eq!(asked.len(), 1, "asked, and told to nobody: another node owns it");
    desk.rig.pass(Duration::from_secs(6), Duration::from_secs(1)).await;
    desk.rig.settle().await?;
    assert_eq!(desk.holder("a").await?, Some(agent(desk.ana)));
    let again = desk.rig.store.hand_out(desk.rig.clock.now(), 10).await?;
    assert_eq!(again, [], "nothing waits any more");
    Ok(())
}

/// Two agents, one conversation, a thousand times.
#[actix::test]
async fn of_two_agents_who_claim_one_conversation_exactly_one_has_it_a_thousand_times() -> Result<()> {
    let desk = desk_with(false).await?;
    let rooms: Vec<String> = (0..1_000).map(|room| format!("room-{room}")).collect();
    for chunk in rooms.chunks(50) {
        futures::future::try_join_all(chunk.iter().map(|room| desk.rig.customer(room, "hola"))).await?;
        desk.rig.settle().await?;
        let desk = &desk;
        let races = chunk.iter().map(|room| async move {
            let (one, other) = (desk.claim(room, desk.ana), desk.claim(room, desk.ben));
            let (one, other) = futures::try_join!(one, other)?;
            let winner = match (&one, &other) {
                (CommandOutcome::Done { changed: true, .. }, CommandOutcome::Refused { code, detail })
                    if code == "held" && *detail == desk.ana.to_string() =>
                {
                    desk.ana
                }
                (CommandOutcome::Refused { code, detail }, CommandOutcome::Done { changed: true, .. })
                    if code == "held" && *detail == desk.ben.to_string() =>
                {
                    desk.ben
                }
                both => anyhow::bail!("{room}: {both:?}"),
            };
            anyhow::ensure!(desk.holder(room).await? == Some(agent(winner)), "{room}");
            Ok(())
        });
        futures::future::try_join_all(races).await?;
    }
    Ok(())
}

impl Desk {
    async fn claim(&self, room: &str, by: MemberId) -> Result<CommandOutcome> {
        let (key, inbox, at) = (self.rig.key(room)?, self.rig.inbox, self.rig.clock.now());
        let (external_id, fingerprint) = (format!("cmd:{by}:{room}"), String::new());
        let engine = self.rig.engines.first().context("an engine runs")?;
        let happening = Happening::AgentClaimed { by: agent(by) };
        match engine.command(NewCommand { key, inbox, external_id, fingerprint, happening, at }).await? {
            CommandAnswer::Done { outcome, .. } => Ok(outcome),
            other @ (CommandAnswer::Pending { .. } | CommandAnswer::Mismatch) => anyhow::bail!("{other:?}"),
        }
    }
}
