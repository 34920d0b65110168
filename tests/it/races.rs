//! Two hundred races on PostgreSQL with two engines over one database, deliveries and commands coming through either; and zombies.

use crate::support::database::TestDatabase;
use anyhow::Result;
use recado::engine::Threads;
use recado::engine::placement::Fixed;
use recado::testing::race::{options, race};
use recado::testing::rig::Rig;
use std::sync::atomic::Ordering;

#[actix::test]
#[expect(clippy::print_stdout, reason = "the shares of the moments are part of the finding")]
async fn two_hundred_races_on_two_engines_break_no_promise() -> Result<()> {
    let database = TestDatabase::postgres().await?;
    let mut rig = Rig::build(options(Some(database.url().to_owned()))).await?;
    rig.start(&Fixed::of(|part| part % 2 == 0), Threads::Current).await?;
    rig.start_apart(database.url(), &Fixed::of(|part| part % 2 == 1), Threads::Current).await?;
    let tally = race(&rig, 10_001, 200).await?;
    println!("{tally:?}");
    assert!(tally.runs == 1 || tally.is_spread(), "{tally:?}");
    for engine in &rig.engines {
        assert!(tally.runs == 1 || engine.stats().sent.load(Ordering::Relaxed) > 0, "an engine did nothing");
    }
    Ok(())
}

#[actix::test]
#[expect(clippy::print_stdout, reason = "the shares of the moments are part of the finding")]
async fn a_zombie_changes_nothing_and_sends_nothing() -> Result<()> {
    let database = TestDatabase::postgres().await?;
    let mut rig = Rig::build(options(Some(database.url().to_owned()))).await?;
    let zombie = rig.start(&Fixed::of(|_| true), Threads::Current).await?;
    race(&rig, 20_001, 10).await?;
    rig.start_apart(database.url(), &Fixed::of(|_| true), Threads::Current).await?;
    let tally = race(&rig, 20_101, 60).await?;
    println!("{tally:?}");
    assert!(rig.engines[zombie].stats().fenced.load(Ordering::Relaxed) > 0, "nothing of the zombie's was refused");
    Ok(())
}
