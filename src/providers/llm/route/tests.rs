mod budgets;
mod over_http;
mod stage;

use super::*;
use crate::domain::ids::ModelProviderId;
use crate::ports::llm::{Drafts, Format, Origin};
use crate::ports::models::{ModelDesk, Standing};
use crate::testing::llm::Line;
use stage::*;
use uuid::Uuid;

fn failures() -> Vec<Line> {
    let busy = |status, retry_after| Line::Fails(LlmError::Busy { status, retry_after });
    vec![
        Line::Fails(LlmError::Unreachable("refused".into())),
        Line::Fails(LlmError::Unreachable("reset".into())),
        busy(429, None),
        busy(429, Some(Duration::from_secs(1))),
        busy(429, Some(Duration::from_hours(1))),
        busy(503, None),
        Line::Fails(LlmError::Broken("a page".into())),
        Line::Fails(LlmError::Rejected("no such model".into())),
        Line::Fails(LlmError::Credentials(401)),
        Line::Fails(LlmError::Spent("quota".into())),
        Line::Fails(LlmError::Declined),
        Line::Fails(LlmError::Deadline),
        Line::Hangs,
        Line::Says(ChatReply::default()),
        Line::Says(ChatReply { text: Some(" \n".into()), ..ChatReply::default() }),
    ]
}

#[tokio::test]
async fn every_failure_ends_in_the_next_model_and_then_in_the_offline_assistant_in_time() {
    for line in failures() {
        for links in [1, 2, 3] {
            let stage = Stage::new();
            let names: Vec<&str> = ["one", "two", "three"].into_iter().take(links).collect();
            stage.models.put(tenant(1, names.iter().map(|name| own(1, name)).collect()));
            names.iter().for_each(|name| stage.partner(name).then(line.clone()));
            let (reply, spent) = stage.timed(request(1, Duration::from_secs(2))).await;
            let reply = reply.unwrap();
            assert!(spent < Duration::from_secs(2), "{line:?} with {links} took {spent:?}");
            assert_eq!(reply.model, "offline", "{line:?}");
            assert!(reply.text.is_some() || !reply.calls.is_empty());
            let asked: Vec<&str> = reply.attempts.iter().map(|attempt| attempt.provider.as_str()).collect();
            assert_eq!(asked, [names, vec!["offline"]].concat(), "{line:?}");
            let (last, failed) = reply.attempts.split_last().unwrap();
            assert!(last.failure.is_none() && failed.iter().all(|attempt| attempt.failure.is_some()));
            assert!(reply.note.unwrap().starts_with("no model answered"));
        }
    }
}

#[tokio::test]
async fn the_next_model_answers_where_the_first_fails_or_hangs() {
    for line in failures() {
        let stage = Stage::new();
        stage.models.put(tenant(1, vec![own(1, "one"), own(2, "two")]));
        stage.partner("one").then(line.clone());
        let (reply, _) = stage.timed(request(1, Duration::from_secs(2))).await;
        let reply = reply.unwrap();
        assert_eq!(reply.text.as_deref(), Some("re: hola"), "{line:?}");
        assert_eq!(reply.attempts.len(), 2);
        let given = stage.partner("two").seen()[0].deadline;
        assert!(given > Duration::ZERO && given < Duration::from_secs(2), "{given:?}");
    }
}

#[tokio::test]
async fn without_any_model_the_offline_assistant_answers_as_if_there_were_no_router() {
    let stage = Stage::new();
    stage.models.put(tenant(1, Vec::new()));
    let request = request(1, Duration::from_secs(2));
    let direct = offline::OfflineAssistant.complete(request.clone()).await.unwrap();
    assert_eq!(stage.router.complete(request).await.unwrap(), direct);
}

#[tokio::test]
async fn a_side_job_never_reaches_the_offline_assistant() {
    let stage = Stage::new();
    let format = Some(Format { name: "summary".into(), schema: serde_json::json!({}) });
    let job = |tenant| ChatRequest { purpose: Purpose::SideJob, format: format.clone(), ..request(tenant, Duration::from_secs(2)) };
    stage.models.put(tenant(1, Vec::new()));
    assert!(matches!(stage.router.complete(job(1)).await, Err(LlmError::Rejected(_))));
    stage.models.put(tenant(2, vec![own(1, "one")]));
    stage.partner("one").then_aside(Line::Fails(LlmError::Broken("a page".into())));
    assert_eq!(stage.router.complete(job(2)).await, Err(LlmError::Broken("a page".into())));
    stage.models.put(TenantModels { budget: Budget { tokens: Some(0), cost_micros: None }, ..tenant(3, vec![own(1, "one")]) });
    assert!(matches!(stage.router.complete(job(3)).await, Err(LlmError::Spent(_))));
    stage.models.fail();
    assert!(stage.router.complete(job(4)).await.is_err());
}

#[tokio::test]
async fn a_refused_key_is_not_shown_again_until_people_had_time_to_mend_it() {
    let stage = Stage::new();
    stage.models.put(tenant(1, vec![own(1, "one")]));
    stage.partner("one").then(Line::Fails(LlmError::Credentials(401)));
    for _ in 0..3 {
        assert_eq!(stage.ask(1).await.model, "offline");
    }
    assert_eq!(stage.partner("one").seen().len(), 1);
    let shown = stage.router.standing(tenant_id(1), provider_id(1), 1);
    let until = stage.clock.now().after(Duration::from_mins(10));
    assert_eq!(shown, Standing::Resting { until, reason: "the model's key was refused (401)".into() });
    assert_eq!(stage.router.standing(tenant_id(1), provider_id(1), 2), Standing::Well, "a new key begins anew");
    stage.clock.advance(Duration::from_mins(10));
    assert_eq!(stage.ask(1).await.text.as_deref(), Some("re: hola"));
    assert_eq!(stage.router.standing(tenant_id(1), provider_id(1), 1), Standing::Well);
}

#[tokio::test]
async fn a_429_with_an_hour_rests_for_an_hour_and_is_named_in_the_trace() {
    let stage = Stage::new();
    stage.models.put(tenant(1, vec![own(1, "one")]));
    stage.partner("one").then(Line::Fails(LlmError::Busy { status: 429, retry_after: Some(Duration::from_hours(1)) }));
    stage.ask(1).await;
    stage.clock.advance(Duration::from_mins(59));
    let reply = stage.ask(1).await;
    assert_eq!(reply.attempts[0].failure.as_deref(), Some("not asked, it rests: the model is busy (429)"));
    stage.clock.advance(Duration::from_mins(1));
    assert_eq!(stage.ask(1).await.model, "scripted");
}

#[tokio::test]
async fn one_tenants_failing_key_harms_no_other_at_the_same_server() {
    let stage = Stage::new();
    for number in [1, 2] {
        stage.models.put(tenant(number, vec![own(number, "shared")]));
    }
    stage
        .partner("shared")
        .by(Box::new(|request| (request.origin.tenant == tenant_id(1)).then_some(Line::Fails(LlmError::Credentials(401)))));
    for _ in 0..5 {
        assert_eq!(stage.ask(1).await.model, "offline");
        assert_eq!(stage.ask(2).await.model, "scripted");
    }
}

#[tokio::test]
async fn a_tenants_key_goes_to_its_own_server_in_its_own_requests_only() {
    let stage = Stage::with_platform(Budget::default());
    for number in [1, 2, 3] {
        let providers = if number == 3 { Vec::new() } else { vec![own(number, &format!("server-{number}"))] };
        stage.models.put(TenantModels { allow_platform_fallback: number == 2, ..tenant(number, providers) });
    }
    stage.partner("server-1").by(Box::new(|_| Some(Line::Fails(LlmError::Broken("down".into())))));
    stage.partner("server-2").by(Box::new(|_| Some(Line::Fails(LlmError::Broken("down".into())))));
    for number in [1, 2, 3, 1, 2, 3] {
        stage.ask(number).await;
    }
    let mut connected = stage.connect.connected();
    connected.sort();
    connected.dedup();
    let expected = [
        ("platform".to_owned(), "key of the platform".to_owned(), "Operator".to_owned()),
        ("server-1".to_owned(), "key of 1".to_owned(), "Tenant".to_owned()),
        ("server-2".to_owned(), "key of 2".to_owned(), "Tenant".to_owned()),
    ];
    assert_eq!(connected, expected);
    for (name, tenants) in [("server-1", vec![1]), ("server-2", vec![2]), ("platform", vec![2, 3])] {
        let mut seen: Vec<TenantId> = stage.partner(name).seen().iter().map(|request| request.origin.tenant).collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen, tenants.into_iter().map(tenant_id).collect::<Vec<_>>(), "{name}");
    }
}

#[tokio::test]
async fn an_own_key_without_consent_falls_to_offline_and_never_to_the_platform() {
    let stage = Stage::with_platform(Budget::default());
    stage.models.put(tenant(1, vec![own(1, "one")]));
    stage.partner("one").by(Box::new(|_| Some(Line::Fails(LlmError::Credentials(401)))));
    assert_eq!(stage.ask(1).await.model, "offline");
    stage.models.put(TenantModels { has_own: true, ..tenant(2, Vec::new()) });
    assert_eq!(stage.ask(2).await.model, "offline", "its providers are switched off, or cannot be opened");
    stage.models.fail();
    assert_eq!(stage.ask(3).await.model, "offline", "whose key may be used is not known");
    assert_eq!(stage.partner("platform").seen().len(), 0);
}

#[tokio::test]
async fn a_tenant_that_fills_its_places_leaves_the_platforms_to_others() {
    let stage = Stage::with_platform(Budget::default());
    stage.models.put(TenantModels { parallel: Some(2), ..tenant(1, Vec::new()) });
    stage.models.put(tenant(2, Vec::new()));
    stage.partner("platform").by(Box::new(|request| (request.origin.tenant == tenant_id(1)).then_some(Line::Hangs)));
    let full: Vec<_> = (0..3).map(|_| stage.router.complete(request(1, Duration::from_secs(40)))).collect();
    let (answered, ()) = tokio::join!(futures::future::join_all(full), async {
        until(|| stage.partner("platform").seen().len() == 2).await;
        assert_eq!(stage.ask(2).await.model, "scripted");
        stage.clock.advance(PATIENCE);
        // The third gives up before the places of the others are free.
        stage.rest().await;
        stage.clock.advance(Duration::from_secs(40));
    });
    let stories: Vec<Option<String>> = answered.into_iter().map(|reply| reply.unwrap().attempts[0].failure.clone()).collect();
    let crowded = stories.iter().flatten().filter(|failure| failure.contains("too many calls of the tenant")).count();
    assert_eq!((crowded, stage.partner("platform").seen().len()), (1, 3), "the third never reached the platform");
}

#[tokio::test]
async fn a_provider_takes_no_more_calls_than_it_has_places_and_is_not_blamed_for_it() {
    let stage = Stage::new();
    let mut provider = own(1, "one");
    Arc::get_mut(&mut provider).unwrap().server.parallel = 1;
    stage.models.put(tenant(1, vec![provider]));
    stage.partner("one").then(Line::Hangs);
    let calls: Vec<_> = (0..8).map(|_| stage.router.complete(request(1, Duration::from_secs(4)))).collect();
    let (answered, ()) = tokio::join!(futures::future::join_all(calls), stage.turn(Duration::from_secs(4)));
    assert_eq!(stage.partner("one").seen().len(), 1);
    let full = |reply: &Result<ChatReply, LlmError>| {
        reply.as_ref().is_ok_and(|reply| reply.attempts[0].failure.as_deref() == Some("too many calls at once"))
    };
    assert_eq!(answered.iter().filter(|reply| full(reply)).count(), 7);
    assert_eq!(stage.router.standing(tenant_id(1), provider_id(1), 1), Standing::Well);
}

#[tokio::test]
async fn a_call_that_is_dropped_frees_its_place_and_its_trial() {
    let stage = Stage::new();
    let mut provider = own(1, "one");
    Arc::get_mut(&mut provider).unwrap().server.parallel = 1;
    stage.models.put(tenant(1, vec![provider]));
    stage.partner("one").then(Line::Fails(LlmError::Credentials(401)));
    stage.partner("one").then(Line::Hangs);
    stage.ask(1).await;
    stage.clock.advance(Duration::from_mins(10));
    tokio::select! {
        _ = stage.router.complete(request(1, Duration::from_secs(40))) => panic!("it hangs"),
        () = until(|| stage.partner("one").seen().len() == 2) => {}
    }
    assert_eq!(stage.ask(1).await.model, "scripted");
}

#[tokio::test]
async fn a_draft_of_a_model_that_fails_is_taken_back() {
    let stage = Stage::new();
    stage.models.put(tenant(1, vec![own(1, "one"), own(2, "two")]));
    stage.partner("one").by(Box::new(|request| {
        request.drafts.show("Half an ans");
        Some(Line::Fails(LlmError::Broken("cut".into())))
    }));
    let shown = Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = Arc::clone(&shown);
    let drafts = Drafts::to(move |text| sink.lock().unwrap().push(text.to_owned()));
    stage.router.complete(ChatRequest { drafts, ..request(1, Duration::from_secs(2)) }).await.unwrap();
    assert_eq!(*shown.lock().unwrap(), ["Half an ans", ""]);
}

#[tokio::test]
async fn a_check_says_what_is_wrong_and_spends_nothing_on_the_breaker() {
    let stage = Stage::new();
    let server = own(1, "one").server.clone();
    stage.models.put(tenant(1, vec![own(1, "one")]));
    stage.partner("one").then_aside(Line::Fails(LlmError::Credentials(401)));
    let word = ChatReply { text: Some("ok".into()), ..ChatReply::default() };
    stage.partner("one").then_aside(Line::Says(word));
    assert_eq!(stage.router.check(tenant_id(1), &server).await, Err(LlmError::Credentials(401)));
    assert_eq!(stage.router.check(tenant_id(1), &server).await, Ok(()));
    assert_eq!(stage.router.standing(tenant_id(1), provider_id(1), 1), Standing::Well);
    let asked = &stage.partner("one").seen_aside()[0];
    assert!(asked.tools.is_empty() && asked.messages.len() == 1);
}

#[test]
fn what_is_logged_of_a_failure_holds_no_key_and_no_address() {
    let lines = logged(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let stage = Stage::new();
            stage.models.put(tenant(1, vec![own(1, "one"), own(2, "two")]));
            stage.partner("one").then(Line::Fails(LlmError::Credentials(401)));
            stage.partner("two").then(Line::Fails(LlmError::Broken("a page".into())));
            let reply = stage.ask(1).await;
            assert!(!format!("{reply:?}").contains("key of"), "{reply:?}");
            stage.models.fail();
            stage.ask(2).await;
        });
    });
    assert!(lines.contains("a model rests after its failures") && lines.contains("cannot be read"), "{lines}");
    for secret in ["key of", "https://", "hola"] {
        assert!(!lines.contains(secret), "{lines}");
    }
}

#[tokio::test]
async fn prices_are_added_where_the_server_names_no_cost() {
    let stage = Stage::new();
    let mut provider = own(1, "one");
    Arc::get_mut(&mut provider).unwrap().server.prices = Some(crate::domain::model::Prices { input: 1_000_000, output: 2_000_000 });
    stage.models.put(tenant(1, vec![provider]));
    let says = |cost_micros| Line::Says(ChatReply { text: Some("hi".into()), tokens: (10, 5), cost_micros, ..ChatReply::default() });
    stage.partner("one").then(says(None));
    stage.partner("one").then(says(Some(7)));
    let replies = [stage.ask(1).await, stage.ask(1).await];
    assert_eq!(replies.map(|reply| (reply.cost_micros, reply.model)), [(Some(20), "m".into()), (Some(7), "m".into())]);
}

#[tokio::test]
async fn an_inboxs_own_model_answers_for_it_alone() {
    let stage = Stage::new();
    let mut special = own(2, "special");
    Arc::get_mut(&mut special).unwrap().inbox = Some(inbox_id(7));
    stage.models.put(tenant(1, vec![own(1, "one"), special]));
    let mut there = request(1, Duration::from_secs(2));
    there.origin.inbox = inbox_id(7);
    assert_eq!(stage.router.complete(there).await.unwrap().attempts[0].provider, "special");
    assert_eq!(stage.ask(1).await.attempts[0].provider, "one");
    assert_eq!(stage.partner("special").seen().len(), 1);
}
