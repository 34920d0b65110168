//! The log cannot be edited through the product, what is edited past it is found, and it is cut off by age alone.

use crate::audit::rig::{BEGIN, Rig};
use crate::migrations::isolation::sqlstate;
use crate::support::database::TestDatabase;
use anyhow::Result;
use recado::domain::audit::{Anchor, Fault};
use recado::net::clock::SystemClock;
use recado::ports::clock::Clock;
use recado::ports::store::EngineStore;
use sea_orm::DbBackend;
use std::time::Duration;

const YEAR: Duration = Duration::from_hours(365 * 24);

async fn keys(rig: &Rig, count: usize) -> Result<()> {
    for index in 0..count {
        rig.admin.mint_api_key(rig.tenant, &format!("k{index}")).await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_database_refuses_to_change_or_remove_an_event() -> Result<()> {
    for rig in Rig::both().await? {
        keys(&rig, 2).await?;
        let before = rig.events().await?;
        for statement in [
            "UPDATE audit_event SET action = 'x'",
            "DELETE FROM audit_event",
            "DELETE FROM audit_event WHERE number = 1",
            "UPDATE audit_head SET last = 1",
            "DELETE FROM audit_head",
        ] {
            let refused = rig.forge(statement).await;
            assert!(refused.is_err(), "{statement}");
        }
        assert_eq!(rig.events().await?, before);
    }
    Ok(())
}

/// Behind the anchor, but young: whoever moves the anchor by hand still cannot remove it.
#[tokio::test]
async fn the_database_refuses_to_remove_what_is_younger_than_a_year_by_its_own_clock() -> Result<()> {
    for database in TestDatabase::both().await? {
        let rig = Rig::on(database, SystemClock::new().now()).await?;
        rig.forge("UPDATE audit_head SET anchor = 1").await?;
        let refused = rig.forge("DELETE FROM audit_event").await;
        let code = if rig.store().backend() == DbBackend::Postgres { "23001" } else { "1811" };
        assert_eq!(sqlstate(refused).as_deref(), Some(code));
        rig.clock.advance(YEAR + Duration::from_secs(1));
        assert!(rig.store().purge(rig.clock.now()).await.is_err(), "the product's clock runs ahead of the database's");
        assert_eq!(rig.events().await?.len(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn whoever_edits_the_database_itself_is_found_out() -> Result<()> {
    let edits: [(&[&str], i64, Fault); 5] = [
        (&["UPDATE audit_event SET action = 'x' WHERE number = 2"], 2, Fault::Content),
        (&["DELETE FROM audit_event WHERE number = 2"], 3, Fault::Number),
        (
            &[
                "UPDATE audit_event SET number = 99 WHERE number = 2",
                "UPDATE audit_event SET number = 2 WHERE number = 3",
                "UPDATE audit_event SET number = 3 WHERE number = 99",
            ],
            2,
            Fault::Link,
        ),
        (&["DELETE FROM audit_event WHERE number = 4"], 4, Fault::End),
        (&["DELETE FROM audit_event WHERE number = 4", "UPDATE audit_head SET last = 3"], 3, Fault::End),
    ];
    for (statements, number, fault) in edits {
        for rig in Rig::both().await? {
            keys(&rig, 3).await?;
            rig.overrule(statements).await?;
            let broken = rig.store().tenant(rig.tenant).verify_audit().await?.unwrap_err();
            assert_eq!((broken.number, broken.fault), (number, fault), "{statements:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_event_stays_for_a_year_and_goes_with_the_next_sweep() -> Result<()> {
    for rig in Rig::both().await? {
        keys(&rig, 2).await?;
        rig.clock.advance(Duration::from_hours(24));
        keys(&rig, 1).await?;
        for (at, left) in [(YEAR - Duration::from_secs(1), 4), (YEAR, 4), (YEAR + Duration::from_secs(1), 1)] {
            rig.store().purge(BEGIN.after(at)).await?;
            assert_eq!(rig.events().await?.len(), left, "{at:?} after its making");
            let held = rig.store().tenant(rig.tenant).verify_audit().await?.unwrap();
            assert_eq!((held.events as usize, held.last, held.removed_up_to as usize), (left, 4, 4 - left));
        }
        rig.store().purge(BEGIN.after(YEAR + Duration::from_secs(2))).await?;
        rig.store().purge(BEGIN.after(YEAR * 2)).await?;
        assert_eq!(rig.events().await?.len(), 0);
        assert_eq!(rig.store().tenant(rig.tenant).verify_audit().await?.unwrap().removed_up_to, 4);
        keys(&rig, 1).await?;
        assert_eq!(rig.events().await?.first().map(|event| event.number), Some(5), "the chain goes on behind the anchor");
        assert!(rig.store().tenant(rig.tenant).verify_audit().await?.is_ok());
    }
    Ok(())
}

#[tokio::test]
async fn a_tenants_log_goes_with_the_tenant() -> Result<()> {
    for rig in Rig::both().await? {
        keys(&rig, 2).await?;
        rig.forge("DELETE FROM tenant").await?;
        assert!(rig.events().await?.is_empty());
        assert_eq!(rig.store().tenant(rig.tenant).verify_audit().await?.unwrap().last, 0);
    }
    Ok(())
}

/// However long a chain is, one request follows a bounded part of it, and the parts join.
#[tokio::test]
async fn a_long_chain_is_followed_in_parts_that_join() -> Result<()> {
    for rig in Rig::both().await? {
        keys(&rig, 24).await?;
        let scope = rig.store().tenant(rig.tenant);
        let whole = scope.verify_audit().await?.map_err(|broken| anyhow::anyhow!("{broken:?}"))?;
        let (mut from, mut parts) = (None, Vec::new());
        loop {
            let part = scope.verify_audit_from(from, 10).await?.map_err(|broken| anyhow::anyhow!("{broken:?}"))?;
            parts.push(part.held.events);
            let place = Anchor { number: part.held.last, hash: part.held.hash.clone() };
            assert!(scope.has_audit_place(&place).await?);
            assert!(!scope.has_audit_place(&Anchor { hash: "0".repeat(64), ..place.clone() }).await?);
            if !part.more {
                assert_eq!(part.held, whole);
                break;
            }
            from = Some(place);
        }
        assert_eq!(parts, [10, 20, 25], "the business's own beginning and its keys");
        // A break in a later part is found there, and not before.
        rig.overrule(&["UPDATE audit_event SET action = 'x' WHERE number = 15"]).await?;
        let first = scope.verify_audit_from(None, 10).await?.map_err(|broken| anyhow::anyhow!("{broken:?}"))?;
        let place = Anchor { number: first.held.last, hash: first.held.hash };
        let second = scope.verify_audit_from(Some(place), 10).await?;
        assert_eq!(second.err().map(|broken| (broken.number, broken.fault)), Some((15, Fault::Content)));
    }
    Ok(())
}
