//! Searching real rows, on both databases.

mod plans;

use super::{ContactSearch, MessageSearch, SearchPlace};
use crate::domain::content::Content;
use crate::domain::ids::{AgentId, MessageId};
use crate::domain::membership::{Sight, Visibility};
use crate::domain::search::Wanted;
use crate::store::TenantScope;
use crate::store::people::fixtures::{Base, Shop, Talk};
use crate::store::scope::Role;
use crate::store::time::instant;
use entities::{contact_identity, conversation, message};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, Statement, TransactionTrait};
use uuid::Uuid;

fn said(query: &str) -> MessageSearch {
    let wanted = Wanted::parse(query).unwrap();
    MessageSearch { wanted, conversation: None, inbox: None, from: None, to: None, spam: false, before: None }
}

async fn texts(scope: &TenantScope, search: MessageSearch) -> Vec<String> {
    let hits = scope.search_messages(search, 50).await.unwrap();
    hits.rows.into_iter().map(|hit| hit.message.content.text).collect()
}

async fn names(scope: &TenantScope, query: &str) -> Vec<String> {
    let search = ContactSearch { wanted: Wanted::parse_contact(query).unwrap(), before: None };
    let hits = scope.search_contacts(search, 50).await.unwrap();
    hits.rows.into_iter().map(|hit| hit.contact.name.unwrap_or_default()).collect()
}

/// Changes a message as a step does.
async fn change(base: &Base, id: MessageId, sql: &'static str, value: Option<String>) {
    let changed = base.store.solo(Role::Engine, move |tx| {
        Box::pin(async move {
            let backend = tx.get_database_backend();
            let mut values: Vec<sea_orm::Value> = vec![id.0.into()];
            values.extend(value.map(Into::into));
            tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await.map(|done| done.rows_affected())
        })
    });
    assert_eq!(changed.await.unwrap(), 1, "{sql}");
}

macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod on_sqlite { use super::*; $(#[actix_web::test] async fn $name() { super::$name(Base::open().await).await; })+ }
        mod on_postgres { use super::*; $(#[actix_web::test] async fn $name() { super::$name(Base::postgres().await).await; })+ }
    };
}

on_both! {
    words_are_found_without_accents_and_case_newest_first,
    what_is_edited_or_deleted_is_searched_as_it_is,
    conv_94_who_is_limited_to_inboxes_finds_nothing_outside,
    conv_94_who_is_limited_to_teams_finds_theirs_and_the_own,
    conv_95_a_canary_of_one_tenant_is_found_by_no_other,
    spam_spans_and_conversations_are_filters_of_the_question,
    pages_go_on_where_they_ended_and_repeat_nothing,
    contacts_are_found_by_everything_they_are_known_by,
    contacts_outside_the_inboxes_that_are_seen_are_absent,
    a_content_that_is_none_is_kept_and_not_found,
}

async fn words_are_found_without_accents_and_case_newest_first(base: Base) {
    let shop = base.shop("a", "generic").await;
    let talk = base.talk(&shop, 1, ("open", "nobody"), 1).await;
    base.message(&shop, talk, 1, "in", "¿Tiene CITA mañana?").await;
    base.message(&shop, talk, 2, "out", "La cita es a las 10:30, con Conceição").await;
    base.message(&shop, talk, 3, "note", "Llama por su cita (ana.perez@example.com)").await;
    base.message(&shop, talk, 4, "system", "cita").await;
    let scope = base.store.tenant(shop.tenant);
    let found = |query: &'static str| texts(&scope, said(query));
    let all = ["Llama por su cita (ana.perez@example.com)", "La cita es a las 10:30, con Conceição", "¿Tiene CITA mañana?"];
    assert_eq!(found("cita").await, all, "notes are people's, system lines nobody's");
    assert_eq!(found("MANANA").await, all[2..]);
    assert_eq!(found("cita conceicao").await, all[1..2]);
    assert_eq!(found("concei").await, all[1..2], "the last word is a beginning");
    assert_eq!(found("concei cita").await, [""; 0], "only the last one is");
    assert_eq!(found("\"la cita\"").await, all[1..2]);
    assert_eq!(found("\"cita la\"").await, [""; 0]);
    assert_eq!(found("10:30").await, all[1..2]);
    assert_eq!(found("perez@example.com").await, all[..1]);
    assert_eq!(found("per").await, all[..1], "parts of an address are words");
    assert_eq!(found("nada").await, [""; 0]);
    for query in [
        "a OR b",
        "NOT cita",
        "text:cita",
        "cita* AND",
        "NEAR(cita)",
        "\"",
        "cita\0",
        "' | ! &",
        "½ ŉ œ ß ﬁ",
        "(((",
        "-cita",
        "^cita",
        "a\\b",
    ] {
        if let Ok(wanted) = Wanted::parse(query) {
            scope.search_messages(MessageSearch { wanted, ..said("x") }, 5).await.unwrap_or_else(|error| panic!("{query}: {error}"));
        }
    }
    let hit = scope.search_messages(said("conceição"), 5).await.unwrap().rows.remove(0);
    assert_eq!((hit.number, hit.contact_name.as_deref(), hit.inbox), (1, Some("Ana"), shop.inbox.0));
}

async fn what_is_edited_or_deleted_is_searched_as_it_is(base: Base) {
    let shop = base.shop("a", "generic").await;
    let talk = base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let (first, second) = (base.message(&shop, talk, 1, "in", "ornitorrinco").await, base.message(&shop, talk, 2, "in", "otro").await);
    let scope = base.store.tenant(shop.tenant);
    let content = serde_json::to_string(&Content::text("equidna")).unwrap();
    change(&base, first, "UPDATE message SET content = $2 WHERE id = $1", Some(content)).await;
    assert_eq!(texts(&scope, said("ornitorrinco")).await, [""; 0]);
    assert_eq!(texts(&scope, said("equidna")).await, ["equidna"]);
    change(&base, first, "UPDATE message SET status = 'sent' WHERE id = $1", None).await;
    assert_eq!(texts(&scope, said("equidna")).await, ["equidna"]);
    let gone = if base.store.backend() == DbBackend::Postgres { "now()" } else { "1" };
    let sql: &'static str =
        if gone == "1" { "UPDATE message SET deleted_at = 1 WHERE id = $1" } else { "UPDATE message SET deleted_at = now() WHERE id = $1" };
    change(&base, first, sql, None).await;
    assert_eq!(texts(&scope, said("equidna")).await, [""; 0]);
    change(&base, second, "DELETE FROM message WHERE id = $1", None).await;
    assert_eq!(texts(&scope, said("otro")).await, [""; 0]);
    base.message(&shop, talk, 3, "in", "tercero").await;
    let removed = base.store.solo(Role::Engine, move |tx| {
        Box::pin(async move {
            let own = conversation::Entity::delete_many().filter(conversation::Column::Id.eq(talk.id.0));
            own.exec(tx).await.map(|done| done.rows_affected)
        })
    });
    assert_eq!(removed.await.unwrap(), 1);
    assert_eq!(texts(&scope, said("tercero")).await, [""; 0]);
    assert_eq!(left_on_sqlite(&base, "message_words", "text : (ornitorrinco OR equidna OR otro OR tercero)").await, 0);
}

/// Words that were never put in need not be taken out, and a number is never given twice.
#[actix_web::test]
async fn what_goes_before_it_is_indexed_leaves_no_hole() {
    let base = Base::open().await;
    let shop = base.shop("a", "generic").await;
    let talk = base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let scope = base.store.tenant(shop.tenant);
    let first = base.message(&shop, talk, 1, "in", "primero").await;
    change(&base, first, "DELETE FROM message WHERE id = $1", None).await;
    let second = base.message(&shop, talk, 2, "in", "segundo").await;
    let content = serde_json::to_string(&Content::text("cambiado")).unwrap();
    change(&base, second, "UPDATE message SET content = $2 WHERE id = $1", Some(content)).await;
    assert_eq!(texts(&scope, said("cambiado")).await.len(), 1);
    change(&base, second, "DELETE FROM message WHERE id = $1", None).await;
    base.message(&shop, talk, 3, "in", "tercero").await;
    assert_eq!(texts(&scope, said("tercero")).await.len(), 1, "its number is above the mark");
    assert_eq!(left_on_sqlite(&base, "message_words", "text : (primero OR segundo OR cambiado)").await, 0);
    assert_eq!(left_on_sqlite(&base, "message_words", "text : tercero").await, 1);
}

/// Counts rows of the index, which the join with messages would hide.
async fn left_on_sqlite(base: &Base, table: &str, words: &str) -> i64 {
    if base.store.backend() == DbBackend::Postgres {
        return 0;
    }
    let sql = format!("SELECT count(*) AS n FROM {table} WHERE {table} MATCH '{words}'");
    let row = base.store.readers().query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}

async fn conv_94_who_is_limited_to_inboxes_finds_nothing_outside(base: Base) {
    let shop = base.shop("a", "generic").await;
    let other = Shop { inbox: base.inbox(&shop, "generic").await, ..shop.clone() };
    let (mine, theirs) = (base.talk(&shop, 1, ("open", "nobody"), 1).await, base.talk(&other, 2, ("open", "nobody"), 2).await);
    base.message(&shop, mine, 1, "in", "cita aquí").await;
    base.message(&other, theirs, 1, "note", "cita allí").await;
    let all = base.store.tenant(shop.tenant);
    let limited = all.clone().limited_to(Visibility::of([shop.inbox]));
    assert_eq!(texts(&all, said("cita")).await, ["cita allí", "cita aquí"]);
    assert_eq!(texts(&limited, said("cita")).await, ["cita aquí"]);
    assert_eq!(texts(&limited, MessageSearch { inbox: Some(other.inbox), ..said("cita") }).await, [""; 0]);
    assert_eq!(texts(&limited, MessageSearch { conversation: Some(theirs.id), ..said("cita") }).await, [""; 0]);
    assert_eq!(texts(&all, MessageSearch { inbox: Some(other.inbox), ..said("cita") }).await, ["cita allí"]);
    assert_eq!(texts(&all.limited_to(Visibility::of([])), said("cita")).await, [""; 0]);
    assert_eq!(limited.conversations_saying(said("cita"), 50).await.unwrap().rows, [mine.id]);
}

async fn conv_94_who_is_limited_to_teams_finds_theirs_and_the_own(base: Base) {
    let shop = base.shop("a", "generic").await;
    let (sales, care, me) = (base.team(&shop, "Ventas").await, base.team(&shop, "Soporte").await, AgentId(base.uuid()));
    let mut talks = Vec::new();
    let places =
        [("de ventas", Some(sales), None), ("de soporte", Some(care), None), ("de nadie", None, None), ("mía", Some(care), Some(me))];
    for (number, (text, team, assignee)) in (1..).zip(places) {
        let talk = base.talk(&shop, number, ("open", "nobody"), number).await;
        base.give(&shop, talk.id, team, assignee).await;
        base.message(&shop, talk, 1, "in", &format!("cita {text}")).await;
        talks.push(talk);
    }
    let all = base.store.tenant(shop.tenant);
    let limited = |limit: Visibility| all.clone().limited_to(Sight::new(limit, me));
    let seller = limited(Visibility::of_teams([sales]));
    assert_eq!(texts(&seller, said("cita")).await, ["cita mía", "cita de ventas"]);
    assert_eq!(texts(&limited(Visibility::of_teams([])), said("cita")).await, ["cita mía"]);
    assert_eq!(texts(&all.clone().limited_to(Visibility::of_teams([sales])), said("cita")).await, ["cita de ventas"], "nobody's");
    let elsewhere = Visibility::of_teams([sales]).with_inboxes(Some([].into()));
    assert_eq!(texts(&limited(elsewhere), said("cita")).await, [""; 0]);
    for (talk, found) in talks.iter().zip([1, 0, 0, 1]) {
        assert_eq!(texts(&seller, MessageSearch { conversation: Some(talk.id), ..said("cita") }).await.len(), found);
    }
    assert_eq!(seller.conversations_saying(said("cita"), 50).await.unwrap().rows, [talks[3].id, talks[0].id]);
    assert_eq!((names(&all, "ana").await.len(), names(&seller, "ana").await.len()), (4, 2), "contacts of what is seen");
}

async fn conv_95_a_canary_of_one_tenant_is_found_by_no_other(base: Base) {
    let (a, b) = (base.shop("a", "generic").await, base.shop("b", "generic").await);
    let (mine, theirs) = (base.talk(&a, 1, ("open", "nobody"), 1).await, base.talk(&b, 1, ("open", "nobody"), 1).await);
    base.message(&a, mine, 1, "in", "canarioa común").await;
    base.message(&b, theirs, 1, "note", "canariob común").await;
    for (shop, own, foreign) in [(&a, "canarioa", "canariob"), (&b, "canariob", "canarioa")] {
        let scope = base.store.tenant(shop.tenant);
        assert_eq!(texts(&scope, said(own)).await.len(), 1);
        assert_eq!(texts(&scope, said("común")).await.len(), 1);
        assert_eq!(texts(&scope, said(foreign)).await, [""; 0]);
        assert_eq!(
            texts(&scope, MessageSearch { conversation: Some(if own == "canarioa" { theirs.id } else { mine.id }), ..said("común") }).await,
            [""; 0]
        );
        assert_eq!(names(&scope, "ana").await, ["Ana"]);
    }
    if base.store.backend() == DbBackend::Postgres {
        the_role_that_searches_sees_nothing_by_itself(&base, a.tenant.0).await;
    }
}

/// Without a tenant, without words, or with another table's rows the role of the search is blind, whatever the query says.
async fn the_role_that_searches_sees_nothing_by_itself(base: &Base, tenant: Uuid) {
    let tenant = tenant.to_string();
    for (tenant, words, seen) in [("", "'comun'", 0), (tenant.as_str(), "", 0), (tenant.as_str(), "'comun'", 1)] {
        let tx = base.store.readers().begin().await.unwrap();
        let role =
            "SELECT set_config('role', 'recado_search', true), set_config('app.tenant_id', $1, true), set_config('app.words', $2, true)";
        tx.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, role, [tenant.into(), words.into()])).await.unwrap();
        let rows = tx.query_all_raw(Statement::from_string(DbBackend::Postgres, "SELECT id FROM message")).await.unwrap();
        assert_eq!(rows.len(), seen, "{tenant} {words}");
        for table in ["inbound", "account", "inbox", "tenant"] {
            let tx = tx.begin().await.unwrap();
            let asked = tx.query_all_raw(Statement::from_string(DbBackend::Postgres, format!("SELECT 1 FROM {table}"))).await;
            assert!(asked.is_err(), "{table} is none of its business");
            tx.rollback().await.unwrap();
        }
    }
}

async fn spam_spans_and_conversations_are_filters_of_the_question(base: Base) {
    let shop = base.shop("a", "generic").await;
    let (open, spam) = (base.talk(&shop, 1, ("open", "nobody"), 1).await, base.talk(&shop, 2, ("spam", "nobody"), 2).await);
    // The time in the ids of this base is the true one; a span is looked for by it.
    let now = crate::domain::time::Timestamp::from_micros(i64::try_from(base.uuid().as_u128() >> 80).unwrap() * 1_000);
    let at = |hours: i64| crate::domain::time::Timestamp::from_micros(now.micros() + hours * 3_600_000_000);
    for (seq, hours, text) in [(1, -50, "cita vieja"), (2, -2, "cita nueva")] {
        base.message_with(&shop, open, seq, ("in", text), |row| message::ActiveModel { created_at: Set(instant(at(hours))), ..row }).await;
    }
    base.message(&shop, spam, 1, "in", "cita gratis").await;
    let scope = base.store.tenant(shop.tenant);
    assert_eq!(texts(&scope, said("cita")).await, ["cita nueva", "cita vieja"]);
    assert_eq!(texts(&scope, MessageSearch { spam: true, ..said("cita") }).await.len(), 3);
    assert_eq!(texts(&scope, MessageSearch { conversation: Some(spam.id), spam: true, ..said("cita") }).await, ["cita gratis"]);
    assert_eq!(texts(&scope, MessageSearch { conversation: Some(open.id), ..said("cit") }).await, ["cita nueva", "cita vieja"]);
    assert_eq!(texts(&scope, MessageSearch { conversation: Some(open.id), ..said("vieja") }).await, ["cita vieja"]);
    assert_eq!(texts(&scope, MessageSearch { from: Some(at(-3)), ..said("cita") }).await, ["cita nueva"]);
    assert_eq!(texts(&scope, MessageSearch { from: Some(at(-30)), to: Some(at(-2)), ..said("cita") }).await, [""; 0]);
    assert_eq!(texts(&scope, MessageSearch { to: Some(at(0)), ..said("nueva") }).await, ["cita nueva"]);
    assert_eq!(texts(&scope, MessageSearch { to: Some(at(-2_000)), ..said("cita") }).await, [""; 0]);
    assert_eq!(texts(&scope, MessageSearch { from: Some(at(2_000)), ..said("cita") }).await, [""; 0]);
}

async fn pages_go_on_where_they_ended_and_repeat_nothing(base: Base) {
    let shop = base.shop("a", "generic").await;
    let talk = base.talk(&shop, 1, ("open", "nobody"), 1).await;
    for seq in 1..=7 {
        base.message(&shop, talk, seq, "in", &format!("cita {seq}")).await;
    }
    let scope = base.store.tenant(shop.tenant);
    for conversation in [None, Some(talk.id)] {
        let (mut seen, mut before): (Vec<i64>, Option<SearchPlace>) = (Vec::new(), None);
        loop {
            let page = scope.search_messages(MessageSearch { before, conversation, ..said("cita") }, 3).await.unwrap();
            seen.extend(page.rows.iter().map(|hit| hit.message.seq));
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(seen, [7, 6, 5, 4, 3, 2, 1]);
    }
    let (mut seen, mut before) = (0, None);
    loop {
        let search = ContactSearch { wanted: Wanted::parse_contact("ana").unwrap(), before };
        let page = scope.search_contacts(search, 1).await.unwrap();
        seen += page.rows.len();
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(seen, 1);
}

async fn identity(base: &Base, shop: &Shop, talk: Talk, kind: &str, value: &str) {
    let row = contact_identity::ActiveModel {
        tenant_id: Set(shop.tenant.0),
        kind: Set(kind.to_owned()),
        value: Set(value.to_owned()),
        contact_id: Set(talk.contact.0),
        created_at: Set(instant(crate::store::people::fixtures::NOW)),
    };
    base.insert(row).await;
}

async fn contacts_are_found_by_everything_they_are_known_by(base: Base) {
    let shop = base.shop("a", "generic").await;
    let talk = base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let scope = base.store.tenant(shop.tenant);
    identity(&base, &shop, talk, "phone", "+34600112233").await;
    identity(&base, &shop, talk, "psid", "778899001122").await;
    let contact = MessageId(talk.contact.0);
    let known = "UPDATE contact SET name = $2, email = 'jose.nunez@example.com', phone = '+5215512345678' WHERE id = $1";
    change(&base, contact, known, Some("José Núñez Ibáñez".to_owned())).await;
    for query in [
        "jose",
        "NUÑEZ iba",
        "\"josé núñez\"",
        "jose.nunez@example.com",
        "nunez@exam",
        "600 11 22 33",
        "+34 600-112233",
        "0034600112233",
        "0600112233",
        "34600",
        "112233",
        "55 1234 5678",
        "5215512345678",
        "778899001122",
        "778899",
    ] {
        assert_eq!(names(&scope, query).await, ["José Núñez Ibáñez"], "{query}");
    }
    for query in ["ana", "jos nunez", "600113", "nadie"] {
        assert_eq!(names(&scope, query).await, [""; 0], "{query}");
    }
    change(&base, contact, "UPDATE contact_identity SET value = $2 WHERE contact_id = $1 AND kind = 'psid'", Some("5544332211".to_owned()))
        .await;
    assert_eq!(names(&scope, "778899001122").await, [""; 0]);
    assert_eq!(names(&scope, "5544332211").await.len(), 1);
    change(&base, contact, "DELETE FROM contact_identity WHERE contact_id = $1 AND kind = 'phone'", None).await;
    assert_eq!(names(&scope, "600112233").await, [""; 0]);
}

async fn contacts_outside_the_inboxes_that_are_seen_are_absent(base: Base) {
    let shop = base.shop("a", "generic").await;
    let other = Shop { inbox: base.inbox(&shop, "generic").await, ..shop.clone() };
    base.talk(&shop, 1, ("open", "nobody"), 1).await;
    base.talk(&other, 2, ("open", "nobody"), 2).await;
    let scope = base.store.tenant(shop.tenant);
    assert_eq!(names(&scope, "ana").await.len(), 2);
    assert_eq!(names(&scope.clone().limited_to(Visibility::of([shop.inbox])), "ana").await.len(), 1);
    assert_eq!(names(&scope.limited_to(Visibility::of([])), "ana").await.len(), 0);
}

/// The words of a message are the database's business: what is wrong with them never keeps a message out.
async fn a_content_that_is_none_is_kept_and_not_found(base: Base) {
    let shop = base.shop("a", "generic").await;
    let talk = base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let long = "x".repeat(9_000);
    for (seq, content) in
        [(1, "no json".to_owned()), (2, "{}".to_owned()), (3, format!("{{\"text\":\"{long} corta\"}}")), (4, "[1]".to_owned())]
    {
        base.message_with(&shop, talk, seq, ("in", ""), |row| message::ActiveModel { content: Set(content), ..row }).await;
    }
    let scope = base.store.tenant(shop.tenant);
    assert_eq!(texts(&scope, said("corta")).await.len(), 1);
    change(&base, MessageId(talk.contact.0), "UPDATE contact SET name = $2 WHERE id = $1", Some(long)).await;
}

/// What is deleted leaves the pages of the index too, not only its lists.
#[actix_web::test]
async fn deleted_words_are_gone_from_the_file() {
    let base = Base::open().await;
    let shop = base.shop("a", "generic").await;
    let talk = base.talk(&shop, 1, ("open", "nobody"), 1).await;
    let secret = base.message(&shop, talk, 1, "in", "canarioqueborrar dos").await;
    base.message(&shop, talk, 2, "in", "otra cosa").await;
    assert_eq!(texts(&base.store.tenant(shop.tenant), said("canarioqueborrar")).await.len(), 1);
    let path = crate::store::connect::database_file(&base.url).unwrap();
    let stands = async || {
        let tx = "PRAGMA wal_checkpoint(TRUNCATE)";
        base.store.solo(Role::Engine, |_| Box::pin(async { Ok(()) })).await.unwrap();
        let db = crate::store::connect::connect_for_migration(&base.url).await.unwrap();
        db.execute_unprepared(tx).await.unwrap();
        db.close().await.unwrap();
        let bytes = std::fs::read(&path).unwrap();
        bytes.windows(10).any(|window| window == b"queborrar " || window == b"rioqueborr")
    };
    assert!(stands().await);
    change(&base, secret, "UPDATE message SET content = '{\"text\":\"\"}', deleted_at = 1 WHERE id = $1", None).await;
    assert!(!stands().await);
}
