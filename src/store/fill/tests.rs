//! Both databases are filled alike, and never a second time.

use super::{FillError, Plan, fill};
use crate::domain::ids::AgentId;
use crate::domain::triage::filter::Filter;
use crate::domain::triage::sort::Sort;
use crate::store::people::fixtures::{Base, NOW};
use crate::store::people::listing::Listing;
use crate::store::people::messages::MessagePage;

async fn fills_once(base: Base) {
    let plan = Plan { conversations: 4_500, seed: 7, until: NOW };
    let filled = fill(&base.store, &plan, &|_| ()).await.unwrap();
    let sum: u32 = filled.small.iter().chain([&filled.large]).map(|tenant| tenant.conversations).sum();
    assert_eq!((sum, filled.large.conversations), (4_500, 4_050));
    let scope = base.store.tenant(filled.large.id);
    let listing = Listing { filter: Filter::default(), sort: Sort::default(), me: AgentId(uuid::Uuid::nil()) };
    let listed = scope.list_conversations(listing, None, 5).await.unwrap();
    let newest: Vec<_> = listed.into_iter().map(|one| one.row).collect();
    assert_eq!(newest.len(), 5);
    assert!(newest.iter().all(|row| row.contact_name.is_some() && row.inbox.is_some()));
    let thread = scope.messages(newest[0].model.id.into(), MessagePage::After(0), 10).await.unwrap();
    assert_eq!(thread.iter().map(|message| message.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(thread.is_sorted_by(|left, right| left.id.0 < right.id.0));
    assert!(matches!(fill(&base.store, &plan, &|_| ()).await, Err(FillError::NotEmpty)));
}

#[tokio::test]
async fn sqlite_is_filled_once() {
    fills_once(Base::open().await).await;
}

#[tokio::test]
async fn postgres_is_filled_once() {
    fills_once(Base::postgres().await).await;
}
