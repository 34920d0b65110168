//! A storm through the front doors: customers write while people answer, take, are assigned, give back and resolve over the HTTP API. Judged by
//! what the channel received and by nothing else that we believe of ourselves.

mod judge;
mod play;

use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use crate::support::tenant::TestTenant;
use anyhow::{Context, Result};
use judge::{Played, Span, judge};
use recado::crypto::ids::SystemIds;
use recado::ports::ids::IdSource;
use recado::store::scope::Role;
use recado::testing::llm::ScriptedLlm;
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

/// Rooms in which it storms at once.
const ROOMS: u64 = 24;
/// Storms of a database, at most.
const MOST_WAVES: u64 = 6;

#[actix::test]
#[expect(clippy::print_stdout, reason = "how often people spoke is part of the finding")]
async fn people_and_customers_storm_over_http_and_the_channels_log_shows_no_word_of_the_assistant_over_a_person() -> Result<()> {
    for database in TestDatabase::both().await? {
        let app = TestApp::on(database).model(Arc::new(ScriptedLlm::default())).start().await?;
        let acme = app.tenant("acme").await?;
        let chat = acme.generic_inbox(json!({"idle_after_hours": 0, "disclosure": false})).await?;
        let member = hire(&app, &acme).await?;
        let (mut spans, mut words) = (0, 0);
        // On a busy machine the assistant may seldom get a word in: then it storms again, elsewhere.
        for wave in 0..MOST_WAVES {
            let seeds = wave * ROOMS..(wave + 1) * ROOMS;
            let rooms = seeds.clone().map(|seed| play::play(&acme, &chat, member, seed));
            let played = futures::future::join_all(rooms).await;
            app.settle().await?;
            for (seed, played) in seeds.zip(played) {
                let played: Played = played.with_context(|| format!("seed {seed}"))?;
                let heard = acme.thread_with(&played.room).await?;
                judge(&app.adapter.log(), &heard, &played).with_context(|| format!("seed {seed}"))?;
                spans += played.spans.len();
                words += app.adapter.in_room(&played.room).iter().filter(|one| one.text.starts_with("re: ")).count();
            }
            if words > 4 {
                break;
            }
        }
        println!("{spans} stretches of people, {words} words of the assistant");
        assert!(spans > usize::try_from(ROOMS)? * 2 && words > 4, "it was no storm");
    }
    Ok(())
}

/// Makes somebody to whom conversations can be assigned.
async fn hire(app: &TestApp, acme: &TestTenant<'_>) -> Result<Uuid> {
    let (store, id) = (&app.app.core.store, SystemIds::new().uuid());
    let postgres = store.backend() == DbBackend::Postgres;
    let spelled = |id: Uuid| if postgres { format!("'{id}'") } else { format!("x'{}'", id.simple()) };
    let (tenant, ana, at) = (spelled(acme.id.0), spelled(id), if postgres { "now()" } else { "1" });
    let account = format!(
        "INSERT INTO account (id, email, name, locale, password_hash, password_changed_at, created_at, updated_at)
         VALUES ({ana}, '{id}@example.com', 'Ana', 'es', 'none', {at}, {at}, {at})"
    );
    let member = format!(
        "INSERT INTO member (tenant_id, id, account_id, role, name, email, state, version, created_at, updated_at)
         VALUES ({tenant}, {ana}, {ana}, 'member', 'Ana', '{id}@example.com', 'active', 1, {at}, {at})"
    );
    let hired = store.solo(Role::Engine, move |tx| {
        Box::pin(async move {
            tx.execute_unprepared(&account).await?;
            tx.execute_unprepared(&member).await.map(drop)
        })
    });
    hired.await?;
    Ok(id)
}

/// The judge would have seen it: each broken promise, by itself.
#[test]
fn the_judge_sees_a_word_over_a_person_a_double_a_loss_and_a_swap() {
    use crate::support::fake_adapter::Accepted;
    let one = |number: usize, text: &str| Accepted {
        external_id: format!("out-{number}"),
        key: format!("k-{number}"),
        room: "r".to_owned(),
        text: text.to_owned(),
        attachments: Vec::new(),
        in_reply_to: None,
        at: recado::domain::time::Timestamp::from_secs(1),
    };
    let log = |texts: &[&str]| texts.iter().enumerate().map(|(number, text)| one(number, text)).collect::<Vec<_>>();
    let played = Played {
        room: "r".to_owned(),
        customer: vec!["hola".to_owned()],
        agent: vec!["a-1".to_owned(), "a-2".to_owned()],
        spans: vec![Span { from: 1, until: Some(4), told: Some(Vec::new()) }],
    };
    let thread = vec!["contact: hola".to_owned()];
    let sees = |texts: &[&str]| judge(&log(texts), &thread, &played).err().map(|error| error.to_string()).unwrap_or_default();
    assert_eq!(sees(&["re: hola", "a-1", "a-2"]), "");
    assert!(sees(&["re: hola", "a-1", "re: x", "a-2"]).contains("spoke over a person"));
    assert!(sees(&["re: hola", "a-1", "a-2", "a-2"]).contains("twice"));
    assert!(sees(&["re: hola", "a-1"]).contains("people wrote"));
    assert!(sees(&["re: hola", "a-2", "a-1"]).contains("people wrote"));
    assert!(judge(&log(&["a-1", "a-2"]), &[], &played).is_err(), "a customer's words are lost");
    let told = Played { spans: vec![Span { from: 1, until: None, told: Some(vec!["re: x".to_owned()]) }], ..played };
    assert!(judge(&log(&["re: hola", "re: x", "a-1", "a-2"]), &thread, &told).is_ok(), "what the person was told of may still arrive");
}
