//! The business itself, as its people see and change it.

use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::admin::tenants::TenantView;
use entities::tenant::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

impl TenantScope {
    /// Returns the business.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn business(&self) -> Result<Option<TenantView>, StoreError> {
        let own = Entity::find().filter(Column::Id.eq(self.id().0));
        let row = self.read(|tx| Box::pin(own.one(tx))).await?;
        Ok(row.map(TenantView::from))
    }
}
