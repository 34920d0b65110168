//! Money and tokens: bounds of a day, over restarts and midnights.

use super::*;
use crate::domain::model::Prices;

fn used(tokens: u32) -> Line {
    Line::Says(ChatReply { text: Some("hi".into()), tokens: (tokens, 0), ..ChatReply::default() })
}

fn bounded(number: u64, tokens: u64) -> TenantModels {
    TenantModels { budget: Budget { tokens: Some(tokens), cost_micros: None }, ..tenant(number, vec![own(number, "one")]) }
}

#[tokio::test]
async fn a_spent_budget_ends_in_the_offline_assistant_with_a_note_until_the_tenants_midnight() {
    let stage = Stage::new();
    stage.models.put(bounded(1, 100));
    for tokens in [60, 60] {
        stage.partner("one").then(used(tokens));
        assert_eq!(stage.ask(1).await.model, "m");
    }
    let reply = stage.ask(1).await;
    assert_eq!(reply.model, "offline");
    assert!(reply.note.unwrap().starts_with("the budget is spent (tokens of the day)"));
    assert_eq!(reply.attempts[0].failure.as_deref(), Some("the budget is spent (tokens of the day)"));
    assert_eq!(stage.partner("one").seen().len(), 2);
    let report = stage.router.day(tenant_id(1)).await.unwrap().unwrap();
    assert_eq!(report.state, crate::domain::model::BudgetState::Spent);
    assert_eq!((report.spent.tokens, report.day.end), (120, crate::domain::time::Timestamp::parse("2026-11-22T07:00:00Z").unwrap()));
    stage.clock.advance(Duration::from_hours(4));
    stage.partner("one").then(used(1));
    assert_eq!(stage.ask(1).await.model, "m", "a new day");
}

#[tokio::test]
async fn what_was_stored_before_a_restart_counts() {
    let stage = Stage::new();
    stage.models.stored.lock().unwrap().insert(tenant_id(1), Spent { tokens: 100, cost_micros: 0 });
    stage.models.put(bounded(1, 100));
    stage.models.put(bounded(2, 100));
    assert_eq!(stage.ask(1).await.model, "offline");
    assert_eq!(stage.ask(2).await.model, "scripted", "another's spending is its own");
    let midnight = crate::domain::time::Timestamp::parse("2026-11-21T07:00:00Z").unwrap();
    assert!(stage.models.since.lock().unwrap().iter().all(|since| *since == midnight));
}

#[tokio::test]
async fn the_stored_sum_is_read_again_now_and_then_and_nothing_counts_twice() {
    let stage = Stage::new();
    stage.models.put(bounded(1, 100));
    stage.partner("one").then(used(60));
    stage.ask(1).await;
    // The turn has been stored meanwhile, and another server has used some too.
    stage.models.stored.lock().unwrap().insert(tenant_id(1), Spent { tokens: 60, cost_micros: 0 });
    stage.clock.advance(Duration::from_secs(30));
    assert_eq!(stage.router.day(tenant_id(1)).await.unwrap().unwrap().spent.tokens, 60);
    stage.models.stored.lock().unwrap().insert(tenant_id(1), Spent { tokens: 99, cost_micros: 0 });
    assert_eq!(stage.router.day(tenant_id(1)).await.unwrap().unwrap().spent.tokens, 60, "believed for a while");
    stage.clock.advance(Duration::from_secs(30));
    assert_eq!(stage.router.day(tenant_id(1)).await.unwrap().unwrap().spent.tokens, 99);
}

#[tokio::test]
async fn costs_count_by_price_and_bind_too() {
    let stage = Stage::new();
    let mut provider = own(1, "one");
    Arc::get_mut(&mut provider).unwrap().server.prices = Some(Prices { input: 1_000_000, output: 0 });
    let budget = Budget { tokens: None, cost_micros: Some(10) };
    stage.models.put(TenantModels { budget, ..tenant(1, vec![provider]) });
    stage.partner("one").then(used(10));
    assert_eq!(stage.ask(1).await.cost_micros, Some(10));
    let reply = stage.ask(1).await;
    assert_eq!((reply.model.as_str(), reply.attempts[0].failure.as_deref()), ("offline", Some("the budget is spent (cost of the day)")));
}

#[tokio::test]
async fn the_operators_bound_keeps_a_tenant_from_the_operators_key_only() {
    let stage = Stage::with_platform(Budget { tokens: Some(50), cost_micros: None });
    stage.models.put(TenantModels { allow_platform_fallback: true, ..tenant(1, vec![own(1, "one")]) });
    stage.models.put(tenant(2, Vec::new()));
    stage.partner("one").then(used(50));
    assert_eq!(stage.ask(1).await.model, "m");
    stage.partner("one").then(Line::Fails(LlmError::Broken("down".into())));
    let reply = stage.ask(1).await;
    let story: Vec<&str> = reply.attempts.iter().map(|attempt| attempt.provider.as_str()).collect();
    assert_eq!(story, ["platform", "one", "offline"]);
    assert_eq!(stage.ask(2).await.model, "scripted", "another tenant's bound is its own");
    assert_eq!(stage.partner("platform").seen().len(), 1);
}

#[tokio::test]
async fn calls_at_the_same_time_do_not_overrun_a_budget_by_as_many() {
    let stage = Stage::new();
    stage.models.put(bounded(1, 700));
    let partner = stage.partner("one");
    partner.hold();
    (0..6).for_each(|_| partner.then(used(650)));
    let answers = async {
        let asked = (0..6).map(|_| stage.ask(1));
        futures::future::join_all(asked).await
    };
    let release = async {
        // The first two have reserved a call each by now, the others were refused.
        while partner.seen().len() < 2 {
            tokio::task::yield_now().await;
        }
        partner.release(6);
    };
    let (answers, ()) = tokio::join!(answers, release);
    let asked = answers.iter().filter(|reply| reply.model != "offline").count();
    assert_eq!((asked, partner.seen().len()), (2, 2), "one that fits, and one that began while something was left");
    let refused = answers.iter().find(|reply| reply.model == "offline").unwrap();
    assert!(refused.note.as_deref().is_some_and(|note| note.contains("by calls under way")), "{:?}", refused.note);
    assert_eq!(stage.router.day(tenant_id(1)).await.unwrap().unwrap().spent.tokens, 1_300);
}

#[tokio::test]
async fn the_last_fifth_of_a_day_is_kept_for_answers() {
    let stage = Stage::new();
    stage.models.put(bounded(1, 1_000));
    let aside = || ChatRequest { purpose: Purpose::SideJob, ..request(1, Duration::from_secs(30)) };
    stage.partner("one").then(used(799));
    stage.ask(1).await;
    stage.partner("one").then_aside(used(1));
    assert!(stage.router.complete(aside()).await.is_ok());
    stage.partner("one").then_aside(used(1));
    let refused = stage.router.complete(aside()).await.unwrap_err();
    assert_eq!(refused, LlmError::Spent("the rest of the day is kept for answers".into()));
    stage.partner("one").then(used(1));
    assert_eq!(stage.ask(1).await.model, "m", "an answer may still be asked for");
}

#[tokio::test]
async fn what_was_reserved_is_free_again_when_a_call_fails_or_is_dropped() {
    let stage = Stage::new();
    stage.models.put(bounded(1, 700));
    for _ in 0..3 {
        stage.partner("one").then(Line::Fails(LlmError::Rejected("400".into())));
        assert_eq!(stage.ask(1).await.model, "offline");
    }
    for _ in 0..3 {
        stage.partner("one").then(Line::Hangs);
        let before = stage.partner("one").seen().len();
        let begun = async {
            while stage.partner("one").seen().len() == before {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            reply = stage.ask(1) => panic!("an answer: {reply:?}"),
            () = begun => {}
        }
    }
    stage.partner("one").then(used(10));
    assert_eq!(stage.ask(1).await.model, "m");
}

#[tokio::test]
async fn without_a_bound_nobody_asks_the_database() {
    let stage = Stage::new();
    stage.models.put(tenant(1, vec![own(1, "one")]));
    stage.partner("one").then(used(1_000));
    stage.ask(1).await;
    stage.ask(1).await;
    assert!(stage.models.since.lock().unwrap().is_empty());
}
