//! The front desk across two engines on one database: one member's last place is given once, and nobody becomes free unseen.

use super::rig::{NOW, Rig, open, say, settled};
use anyhow::Result;
use futures::future::join_all;
use recado::domain::conversation::effect::{OutboxClass, Routed};
use recado::domain::conversation::standing::{Human, Standing};
use recado::domain::ids::{AgentId, ConversationKey, MemberId};
use recado::domain::routing::{Choice, Mode, Rule};
use recado::ports::store::{CommitError, CommitStep, EngineStore};
use uuid::Uuid;

const ANA: Uuid = Uuid::from_u128(0xA7A);

impl Rig {
    /// Makes a member who takes one conversation, and an inbox that gives them in turn.
    async fn desk(&self) -> Result<()> {
        let at = if self.id(ANA).starts_with('x') { "1" } else { "now()" };
        let (tenant, ana) = (self.id(self.tenant.0), self.id(ANA));
        self.sql(format!(
            "INSERT INTO account (id, email, name, locale, password_hash, password_changed_at, created_at, updated_at)
             VALUES ({ana}, 'ana@example.com', 'Ana', 'es', 'none', {at}, {at}, {at})"
        ))
        .await?;
        self.sql(format!(
            "INSERT INTO member (tenant_id, id, account_id, role, name, email, state, version, created_at, updated_at)
             VALUES ({tenant}, {ana}, {ana}, 'member', 'Ana', 'ana@example.com', 'active', 1, {at}, {at})"
        ))
        .await?;
        let people = self.store.tenant(self.tenant);
        people.choose_presence(MemberId(ANA), Choice::Online, NOW).await?;
        assert!(people.set_capacity(MemberId(ANA), Some(1)).await?.is_ok());
        assert!(people.set_inbox_rule(self.inbox, Rule { mode: Mode::RoundRobin, ..Rule::default() }).await?.is_ok());
        Ok(())
    }

    /// A step that opens a conversation and gives it to whomever the desk says, as the core does.
    async fn opening(&self, key: ConversationKey) -> Result<CommitStep> {
        let mut step = self.step(key).await?;
        for row in self.new_rows(key).await? {
            step.writes.inbound.push(settled(&row));
        }
        say(&mut step, "le paso con una persona", OutboxClass::Assistant);
        let desk = self.store.front_desk(self.tenant, self.inbox, None).await?;
        let to = desk.route(NOW);
        step.state.standing = Standing::Open(to.map(Human::Agent));
        step.state.assignee = to;
        step.writes.desk.routed = Some(Routed { seen: desk.version, to });
        step.writes.desk.taken = to;
        Ok(step)
    }
}

#[tokio::test]
async fn conv_91_of_many_steps_of_two_engines_one_has_the_last_place_and_the_rest_must_look_again() -> Result<()> {
    for rig in Rig::both().await? {
        rig.desk().await?;
        let second = open(rig.database.url()).await?;
        let mut steps = Vec::new();
        for person in 0..20 {
            let key = rig.begin(&format!("p{person}")).await?;
            let store = if person % 2 == 0 { rig.store.clone() } else { second.clone() };
            steps.push((store, rig.opening(key).await?));
        }
        assert!(steps.iter().all(|(_, step)| step.state.assignee == Some(AgentId(ANA))), "each saw the place free");
        let done = join_all(steps.iter().map(|(store, step)| store.commit(step.clone()))).await;
        assert_eq!(done.iter().filter(|one| one.is_ok()).count(), 1, "{done:?}");
        assert!(done.iter().all(|one| matches!(one, Ok(_) | Err(CommitError::DeskMoved))), "{done:?}");
        assert_eq!(rig.count("conversation WHERE status = 'open'").await?, 1);
        // Decided anew they wait; whoever frees the place asks the first of them, once.
        for ((store, step), _) in steps.iter().zip(&done).filter(|(_, done)| done.is_err()) {
            let again = rig.opening(step.key).await?;
            assert_eq!(again.state.assignee, None);
            assert_eq!(store.commit(again).await?.waiting, []);
        }
        let (_, held) = steps.iter().zip(&done).find(|(_, done)| done.is_ok()).map(|(step, _)| step).unwrap();
        let mut resolve = rig.step(held.key).await?;
        resolve.state.standing = Standing::Resolved;
        resolve.state.assignee = Some(AgentId(ANA));
        resolve.writes.desk.freed = Some(AgentId(ANA));
        let waiting = rig.commit(resolve).await?.waiting;
        assert_eq!((waiting.len(), rig.new_rows(waiting[0]).await?.len()), (1, 1));
    }
    Ok(())
}

/// A step that found nobody free must not be committed once somebody is: it would wait although nobody asks it any more.
#[tokio::test]
async fn nobody_becomes_free_unseen_by_what_has_just_begun_to_wait() -> Result<()> {
    for rig in Rig::both().await? {
        rig.desk().await?;
        let people = rig.store.tenant(rig.tenant);
        people.choose_presence(MemberId(ANA), Choice::Away, NOW).await?;
        let key = rig.begin("ana").await?;
        let waits = rig.opening(key).await?;
        assert_eq!(waits.state.assignee, None);
        assert_eq!(people.choose_presence(MemberId(ANA), Choice::Online, NOW).await?, [], "nothing waits yet");
        assert_eq!(rig.store.commit(waits).await.err(), Some(CommitError::DeskMoved));
        assert_eq!(rig.opening(key).await?.state.assignee, Some(AgentId(ANA)));
    }
    Ok(())
}
