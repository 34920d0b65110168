//! Consents: written in the transaction of what needs them, never changed; the newest one of a kind counts.

use crate::domain::consent::{Consent, Subject};
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;
use crate::ports::ids::IdSource;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::scope::Role;
use crate::store::time::{instant, timestamp};
use entities::consent_event::{Column as C, Entity, Model};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use std::sync::Arc;
use uuid::Uuid;

/// A consent as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentView {
    /// Its id.
    pub id: Uuid,
    /// The account whose consent it is.
    pub account: Option<Uuid>,
    /// Or the customer.
    pub contact: Option<Uuid>,
    /// To what.
    pub kind: String,
    /// Which version of the text was shown.
    pub text_version: String,
    /// False: taken back.
    pub given: bool,
    /// Where it was said.
    pub source: String,
    /// From which address.
    pub ip: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl From<Model> for ConsentView {
    fn from(row: Model) -> Self {
        let Model { id, account_id: account, contact_id: contact, kind, text_version, given, source, ip, at, .. } = row;
        Self { id, account, contact, kind, text_version, given, source, ip, at: timestamp(at) }
    }
}

/// Writes what somebody said, in the transaction of what it is said for. The transaction acts as the engine.
pub(in crate::store) async fn record_consents(
    tx: &DatabaseTransaction,
    ids: &dyn IdSource,
    tenant: TenantId,
    consents: &[Consent],
    at: Timestamp,
) -> Result<(), DbErr> {
    let columns = [C::TenantId, C::Id, C::AccountId, C::ContactId, C::Kind, C::TextVersion, C::Given, C::Source, C::Ip, C::At];
    for consent in consents {
        let (account, contact) = match consent.subject {
            Subject::Account(id) => (Some(id), None),
            Subject::Contact(id) => (None, Some(id.0)),
        };
        let mut statement = Query::insert();
        statement.into_table(Entity).columns(columns).values_panic([
            Expr::val(tenant.0),
            Expr::val(ids.uuid()),
            Expr::val(account),
            Expr::val(contact),
            Expr::val(consent.kind.as_str()),
            Expr::val(consent.text_version.as_str()),
            Expr::val(consent.given),
            Expr::val(consent.source),
            Expr::val(consent.ip.as_deref()),
            Expr::val(instant(at).value(tx.get_database_backend())),
        ]);
        tx.execute(&statement).await?;
    }
    Ok(())
}

impl TenantScope {
    /// Writes what somebody said, where nothing else is written with it.
    ///
    /// # Errors
    /// [`StoreError`]; it refuses a contact of another tenant.
    pub async fn add_consents(&self, consents: Vec<Consent>) -> Result<(), StoreError> {
        let (tenant, at, ids) = (self.id(), self.store().inner.clock.now(), Arc::clone(&self.store().inner.ids));
        let write =
            self.store().solo(Role::Engine, move |tx| Box::pin(async move { record_consents(tx, &*ids, tenant, &consents, at).await }));
        write.await
    }

    /// Returns the tenant's consents, newest first, from before a place on.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn consents(
        &self,
        kind: Option<&'static str>,
        before: Option<(Timestamp, Uuid)>,
        limit: u64,
    ) -> Result<Vec<ConsentView>, StoreError> {
        let backend = self.store().backend();
        let older = |(at, id): (Timestamp, Uuid)| {
            let at = instant(at).value(backend);
            Condition::any().add(C::At.lt(at.clone())).add(Condition::all().add(C::At.eq(at)).add(C::Id.lt(id)))
        };
        let query = Entity::find()
            .filter(C::TenantId.eq(self.id().0))
            .apply_if(kind, |query, kind| query.filter(C::Kind.eq(kind)))
            .apply_if(before, |query, place| query.filter(older(place)))
            .order_by_desc(C::At)
            .order_by_desc(C::Id)
            .limit(limit);
        let rows = self.read(|tx| Box::pin(query.all(tx))).await?;
        Ok(rows.into_iter().map(ConsentView::from).collect())
    }
}
