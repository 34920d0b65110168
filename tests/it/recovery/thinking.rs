//! The kill test with a model in the loop: it leaves a note by a tool before each answer. Nothing may be noted twice, nothing sent twice, and
//! a turn that had noted goes on instead of noting again.

use crate::recovery::business::{Business, HOURS, Home};
use crate::recovery::run::run;
use crate::recovery::{CYCLES, assert_kept, full, manner};
use crate::support::database::TestDatabase;
use crate::support::states::as_engine;
use crate::support::variables::{number, say};
use anyhow::Result;
use recado::testing::model_server::{Answer, KEY, MODEL, ModelServer, Play, Script};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

/// Counted cycles, unless `RECADO_KILL_CYCLES` says otherwise: on each database half of the run without a model.
const THINKING: u64 = CYCLES / 2;

const NOTES: &str = "SELECT COUNT(*) AS notes, COUNT(DISTINCT turn_no) AS turns, COUNT(DISTINCT content) AS contents FROM message
    WHERE direction = 'note' GROUP BY conversation_id";

/// Calls `take_message` with the customer's newest words, and answers once that has returned.
fn receptionist() -> Script {
    Script::by(|request: &Value| {
        let messages = request["messages"].as_array().cloned().unwrap_or_default();
        let role = |message: &Value| message["role"].as_str().unwrap_or_default().to_owned();
        if messages.last().is_some_and(|last| role(last) == "tool") {
            return Play::text(format!("Anotado. {HOURS}."));
        }
        let newest = messages.iter().rev().find(|message| role(message) == "user").map(|message| message["content"].to_string());
        let arguments = json!({ "name": "Ana", "reason": newest.unwrap_or_default() }).to_string();
        Play::Answer(Answer { calls: vec![("take_message".to_owned(), arguments)], ..Answer::default() })
    })
}

/// Notes, turns that noted and different notes, summed over all conversations: equal, if nothing was noted twice.
async fn notes(business: &Business) -> Result<[i64; 3]> {
    let db = business.database().await?;
    let tx = as_engine(&db).await?;
    let rows = tx.query_all_raw(Statement::from_string(db.get_database_backend(), NOTES)).await?;
    let mut sums = [0; 3];
    for row in rows {
        for (sum, column) in sums.iter_mut().zip(["notes", "turns", "contents"]) {
            *sum += row.try_get::<i64>("", column)?;
        }
    }
    tx.rollback().await?;
    db.close().await?;
    Ok(sums)
}

async fn kill_test_with_a_model(home: Home, name: &'static str) -> Result<()> {
    let model = ModelServer::start(receptionist()).await?;
    let variables = [("RECADO_LLM_BASE_URL", model.url()), ("RECADO_LLM_API_KEY", KEY.to_owned()), ("RECADO_LLM_MODEL", MODEL.to_owned())];
    let business = Business::open_with(home, manner(true), &variables).await?;
    let plan = full(name).of(number("RECADO_KILL_CYCLES", THINKING));
    let report = run(&business, &plan).await?;
    let [notes, turns, contents] = notes(&business).await?;
    say(format!("{name}: {} requests to the model, {notes} notes of {turns} turns", model.requests().len()));
    assert_kept(&report, &plan);
    assert!(notes > 0, "the model was never in the loop");
    assert_eq!((notes, notes), (turns, contents), "noted twice: replay with RECADO_SEED={}", plan.seed);
    assert!(model.requests().iter().all(|request| request.refused.is_none()), "a history that no model takes");
    assert_eq!(report.elsewhere, 0, "every reply is the model's, none a hand-over");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_noted_or_sent_twice_with_a_model_in_the_loop_on_sqlite() -> Result<()> {
    kill_test_with_a_model(Home::Sqlite, "thinking sqlite").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_noted_or_sent_twice_with_a_model_in_the_loop_on_postgres() -> Result<()> {
    kill_test_with_a_model(Home::Postgres(TestDatabase::postgres().await?), "thinking postgres").await
}
