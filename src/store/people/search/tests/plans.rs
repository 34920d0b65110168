//! With 50,000 conversations of ten tenants, what the databases say they will do: the words' index for rare words, and never a sort of all
//! hits of a common one.

use super::said;
use crate::domain::search::Wanted;
use crate::store::fill::{Plan, fill};
use crate::store::people::fixtures::{Base, NOW};
use crate::store::people::search::find::{Find, Table};
use crate::store::people::search::{ContactSearch, MessageSearch, postgres, sqlite};
use sea_orm::{DbBackend, TransactionTrait};

async fn filled(base: &Base) -> crate::store::TenantScope {
    let plan = Plan { conversations: 50_000, seed: 7, until: NOW };
    let filled = fill(&base.store, &plan, &|_| ()).await.unwrap();
    base.store.tenant(filled.large.id)
}

fn called(query: &str) -> ContactSearch {
    ContactSearch { wanted: Wanted::parse_contact(query).unwrap(), before: None }
}

async fn plan_on_postgres(base: &Base, table: Table, what: &Find) -> String {
    let tx = base.store.readers().begin().await.unwrap();
    postgres::assume(&tx, what).await.unwrap();
    let rows = postgres::statement(table, what).explain().all(&tx, DbBackend::Postgres).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index::<String>(0).unwrap()).collect::<Vec<_>>().join("\n")
}

#[actix_web::test]
async fn postgres_walks_for_common_words_and_asks_the_index_for_rare_ones() {
    let base = Base::postgres().await;
    let scope = filled(&base).await;
    for (query, index) in [
        ("\"cita\"", "message_pkey"),
        ("ornitorrinco", "message_words"),
        ("cita ornitorrinco", "message_words"),
        ("xyzzy", "message_words"),
    ] {
        let plan = plan_on_postgres(&base, Table::Message, &scope.find_messages(said(query), 50)).await;
        assert!(plan.contains(index) && !plan.contains("Seq Scan"), "{query}\n{plan}");
    }
    for (query, index) in [("garcia", "contact_pkey"), ("600000010", "contact_words"), ("xyzzy", "contact_words")] {
        let plan = plan_on_postgres(&base, Table::Contact, &scope.find_contacts(called(query), 50)).await;
        assert!(plan.contains(index) && !plan.contains("Seq Scan"), "{query}\n{plan}");
    }
    let found = scope.search_messages(said("\"cita\""), 200).await.unwrap();
    assert_eq!((found.rows.len(), found.next.is_some()), (200, true));
    assert!(!scope.search_contacts(called("600000010"), 10).await.unwrap().rows.is_empty());
}

#[actix_web::test]
async fn sqlite_reads_the_index_in_its_own_order() {
    let base = Base::open().await;
    let scope = filled(&base).await;
    let spam = MessageSearch { spam: true, ..said("cita") };
    let questions = [(Table::Message, scope.find_messages(spam, 50)), (Table::Contact, scope.find_contacts(called("gar"), 50))];
    for (table, what) in questions {
        let tx = base.store.readers().begin().await.unwrap();
        let rows = sqlite::explained(table, &what).all(&tx, DbBackend::Sqlite).await.unwrap();
        let plan = rows.iter().map(|row| row.try_get::<String>("", "detail").unwrap()).collect::<Vec<_>>().join("\n");
        let words = format!("SCAN {}_words VIRTUAL TABLE INDEX", table.name());
        let joined = format!("{}_words_number (words=?)", table.name());
        assert!(plan.contains(&words) && plan.contains(&joined) && !plan.contains("TEMP B-TREE"), "{plan}");
    }
    let found = scope.search_messages(said("\"cita\""), 200).await.unwrap();
    assert_eq!((found.rows.len(), found.next.is_some()), (200, true));
    assert!(!scope.search_contacts(called("600000010"), 10).await.unwrap().rows.is_empty());
}
