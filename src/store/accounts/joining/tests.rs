//! What somebody joins as, when what he was asked into has changed while he joined.

use super::Entry;
use crate::domain::audit::{Actor, Caller};
use crate::domain::ids::{AccountId, MemberId, TeamId};
use crate::domain::membership::Visibility;
use crate::store::people::fixtures::{Base, NOW, Shop, account_row};
use crate::store::scope::Role;
use crate::store::time::instant;
use entities::{invitation, member};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Makes an account; the address is its id's.
async fn account(base: &Base) -> Uuid {
    let id = base.uuid();
    base.insert(account_row(id, "Luz", &format!("{}@example.com", id.simple()), instant(NOW))).await;
    id
}

/// Makes an invitation of an owner into a place that is limited to a team.
async fn invited(base: &Base, shop: &Shop, team: TeamId) -> invitation::Model {
    let (owner, at) = (base.uuid(), instant(NOW));
    let row = member::ActiveModel {
        tenant_id: Set(shop.tenant.0),
        id: Set(owner),
        account_id: Set(account(base).await),
        role: Set("owner".to_owned()),
        name: Set("Olga".to_owned()),
        email: Set("olga@example.com".to_owned()),
        created_at: Set(at),
        updated_at: Set(at),
        ..Default::default()
    };
    base.insert(row).await;
    let asked = invitation::Model {
        tenant_id: shop.tenant.0,
        id: base.uuid(),
        email: "new@example.com".to_owned(),
        role: "member".to_owned(),
        permissions: None,
        inboxes: Visibility::of_teams([team]).to_stored(),
        invited_by: owner,
        hash: "hash".to_owned(),
        created_at: at,
        expires_at: instant(NOW.after(Duration::from_hours(72))),
        accepted_at: None,
        revoked_at: None,
    };
    base.insert(invitation::ActiveModel::from(asked.clone())).await;
    asked
}

async fn the_limit_is_that_of_the_lock(base: Base) {
    let shop = base.shop("a", "generic").await;
    let team = base.team(&shop, "Ventas").await;
    let asked = invited(&base, &shop, team).await;
    // Read before the team is removed, written after it.
    assert!(base.store.tenant(shop.tenant).remove_team(team).await.unwrap().is_ok());
    let id = MemberId(base.uuid());
    let entry = Entry {
        asked,
        account: AccountId(account(&base).await),
        name: "Eva".to_owned(),
        id,
        now: NOW,
        by: Caller::here(Actor::System),
        proof: None,
        consents: Vec::new(),
        ids: Arc::clone(&base.ids) as _,
    };
    let joined = base.store.solo(Role::Engine, move |tx| Box::pin(async move { entry.write(tx, None).await })).await;
    assert_eq!(joined.unwrap(), Ok(id));
    let tenant = shop.tenant.0;
    let read = base.store.solo(Role::Engine, move |tx| Box::pin(async move { member::Entity::find_by_id((tenant, id.0)).one(tx).await }));
    let limit = Visibility::stored(read.await.unwrap().unwrap().inboxes.as_deref());
    assert_eq!(limit, Visibility::of_teams([]), "no team, and not one that is gone");
}

#[actix_web::test]
async fn whoever_joins_is_limited_as_the_invitation_is_at_that_moment_on_sqlite() {
    the_limit_is_that_of_the_lock(Base::open().await).await;
}

#[actix_web::test]
async fn whoever_joins_is_limited_as_the_invitation_is_at_that_moment_on_postgres() {
    the_limit_is_that_of_the_lock(Base::postgres().await).await;
}
