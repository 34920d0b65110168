//! Mentions in private notes: from the command to what the mentioned are told, on both databases.

use super::notices::{House, MINUTES, ONE_LOOK, house, house_on};
use crate::domain::content::Content;
use crate::domain::conversation::event::Happening;
use crate::domain::ids::{AgentId, MemberId};
use crate::ports::clock::Clock;
use anyhow::{Context, Result};

impl House {
    /// Somebody leaves a note that mentions others.
    async fn mentions(&self, by: MemberId, whom: &[MemberId]) -> Result<()> {
        let content = Content { mentions: whom.to_vec(), ..Content::text("look at this") };
        self.rig.command("room", Happening::AgentReplied { by: AgentId(by.0), content, private: true }).await?;
        self.rig.settle().await?;
        self.pass(ONE_LOOK).await;
        Ok(())
    }
}

async fn opened(house: House) -> Result<House> {
    house.rig.customer("room", "hola").await?;
    house.rig.settle().await?;
    Ok(house)
}

#[actix::test]
async fn conv_97_only_the_mentioned_are_told_of_a_note_and_nobody_of_an_own_one() -> Result<()> {
    told_once(opened(house().await?).await?).await
}

#[actix::test]
async fn conv_97_on_postgres_too() -> Result<()> {
    let base = crate::store::people::fixtures::Base::postgres().await;
    told_once(opened(house_on(Some(base.url.clone())).await?).await?).await
}

async fn told_once(house: House) -> Result<()> {
    house.rig.note("room", "nobody in particular").await?;
    house.mentions(house.ben, &[house.ana, house.ben, house.limited]).await?;
    assert_eq!(house.kinds(house.ana).await?, ["mentioned"]);
    for other in [house.ben, house.owner, house.limited] {
        assert!(house.told(other).await?.is_empty(), "the writer, who was not mentioned, and who sees another inbox only");
    }
    assert!(house.mailed().is_empty(), "in the product at first");
    house.pass(MINUTES + ONE_LOOK).await;
    assert_eq!(house.mailed(), ["ana"], "by mail if nobody looks");
    house.pass(MINUTES * 3).await;
    assert_eq!((house.mailed().len(), house.kinds(house.ana).await?), (1, vec!["mentioned"]), "and no further");
    let mail = house.rig.mailer.handed().into_iter().next().context("a mail")?;
    assert!(!mail.letter.text.contains("look at this"), "no word of the note");
    let (scope, id) = (house.rig.store.tenant(house.rig.tenant), house.rig.key("room")?.id);
    let mentioned =
        async |member| Ok::<_, anyhow::Error>(scope.readings(member, vec![id]).await?.remove(&id).and_then(|one| one.mentioned));
    let first = mentioned(house.ana).await?.context("it is kept")?;
    assert_eq!(mentioned(house.ben).await?, None);
    house.mentions(house.ben, &[house.ana]).await?;
    assert!(mentioned(house.ana).await?.is_some_and(|second| second > first));
    assert_eq!(house.kinds(house.ana).await?, ["mentioned", "mentioned"], "another note is another cause");
    Ok(())
}

#[actix::test]
async fn conv_97_whoever_has_looked_gets_no_mail() -> Result<()> {
    let house = opened(house().await?).await?;
    house.mentions(house.ben, &[house.ana]).await?;
    let id = house.told(house.ana).await?.first().context("she was told")?.id;
    house.rig.store.tenant(house.rig.tenant).read_notification(house.ana, id, house.rig.clock.now()).await?;
    house.pass(MINUTES * 2).await;
    assert!(house.mailed().is_empty());
    Ok(())
}
