//! The kept counts of conversations: looked at, and counted anew where they are wrong.

use crate::cli::doctor::report::Report;
use crate::ports::store::StoreError;
use crate::store::admin::Admin;

/// Every business's figures are those of its conversations.
pub(super) async fn counts(admin: &Admin, report: &mut Report) {
    match look(admin).await {
        Ok(0) => report.ok("counts", "the kept counts are those of the conversations"),
        Ok(wrong) => {
            let says = format!("{wrong} kept count(s) of conversations were wrong and have been counted anew");
            report.warn("counts", says, "were conversations written by hand, or by a tool? otherwise please tell the makers of Recado");
        }
        Err(error) => report.fail("counts", error.to_string(), "see the cause"),
    }
}

async fn look(admin: &Admin) -> Result<u64, StoreError> {
    let mut wrong = 0;
    for tenant in admin.list_tenants().await? {
        // Looked at first without the lock under which they are moved.
        if admin.store().wrong_counts(tenant.id).await? > 0 {
            wrong += admin.store().recount_conversations(tenant.id).await?;
        }
    }
    Ok(wrong)
}
