//! Instants in columns: read through entities, bound through `Instant::value`.

use super::isolation::{engine, sqlstate};
use crate::support::database::TestDatabase;
use crate::support::seed::{self, AT};
use anyhow::Result;
use entities::instant::Instant;
use entities::{node, tenant};
use sea_orm::{ActiveModelTrait, ActiveValue, ColumnTrait, DbBackend, EntityTrait, QueryFilter};
use uuid::Uuid;

#[tokio::test]
async fn an_instant_is_kept_to_the_microsecond_and_filters_rows() -> Result<()> {
    for database in TestDatabase::both().await? {
        let backend = database.backend();
        let tx = engine(database.connection()).await?;
        seed::tenant(&tx, Uuid::from_u128(1)).await?;
        let found = tenant::Entity::find().filter(tenant::Column::CreatedAt.eq(AT.value(backend))).one(&tx).await?;
        assert_eq!(found.map(|row| row.created_at), Some(AT), "{backend:?}");
        let earlier = Instant(AT.micros() - 1).value(backend);
        assert!(tenant::Entity::find().filter(tenant::Column::CreatedAt.lte(earlier)).one(&tx).await?.is_none(), "{backend:?}");
        let open = entities::conversation::Entity::find().one(&tx).await?;
        assert_eq!(open.map(|row| (row.snoozed_until, row.waiting_since)), Some((None, Some(AT))), "{backend:?}");
    }
    Ok(())
}

/// SQLite takes the number; PostgreSQL refuses it at once rather than storing nonsense.
#[tokio::test]
async fn an_instant_bound_without_its_database_never_stores_nonsense() -> Result<()> {
    for database in TestDatabase::both().await? {
        let tx = engine(database.connection()).await?;
        let row = node::ActiveModel {
            id: ActiveValue::Set("a".to_owned()),
            started_at: ActiveValue::Set(AT),
            heartbeat_at: ActiveValue::Set(AT),
        };
        let outcome = row.insert(&tx).await;
        if database.backend() == DbBackend::Postgres {
            assert_eq!(sqlstate(outcome).as_deref(), Some("42804"), "a type error");
        } else {
            assert_eq!(outcome?.started_at, AT);
        }
    }
    Ok(())
}

#[test]
fn the_ends_of_time_are_bound_without_panic() {
    for micros in [i64::MIN, -1, 0, i64::MAX] {
        for backend in [DbBackend::Sqlite, DbBackend::Postgres] {
            let value = Instant(micros).value(backend);
            let number = backend == DbBackend::Sqlite || micros == i64::MIN || micros == i64::MAX;
            assert_eq!(value == micros.into(), number, "{micros} {backend:?}");
        }
    }
}
