//! The router with its real client, over real HTTP: whatever a server does, the customer is answered in time.

use super::*;
use crate::domain::model::{Manner, ModelKind};
use crate::domain::tool::ToolSpec;
use crate::net::client::{HttpClient, OutboundPolicy};
use crate::net::clock::SystemClock;
use crate::net::guard::AllowList;
use crate::ports::llm::Drafts;
use crate::ports::models::OwnProvider;
use crate::providers::llm::route::connect::HttpConnect;
use crate::testing::model_server::{End, KEY, MODEL, ModelServer, Play};
use futures::{StreamExt, stream};
use secrecy::SecretString;
use serde_json::json;
use tokio::sync::Semaphore;

/// The whole time of an answer here; the server is silent for less than this before it is given up.
const DEADLINE: Duration = Duration::from_secs(5);
const FIRST_BYTE: Duration = Duration::from_secs(1);

fn provider(number: u64, name: &str, url: &str, key: &str) -> Arc<OwnProvider> {
    let base_url = url.to_owned();
    let key = Some(SecretString::from(key));
    let server = crate::ports::models::ModelServer {
        kind: ModelKind::Compatible,
        base_url,
        model: MODEL.into(),
        key,
        prices: None,
        parallel: 4,
        manner: Manner::default(),
    };
    Arc::new(OwnProvider { id: provider_id(number), revision: 1, name: name.into(), inbox: None, server })
}

fn router(models: &Arc<Settings>, platform: Option<Platform>, allow: &str) -> Router {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let client = HttpClient::build(OutboundPolicy { allow: AllowList::new(vec![allow.parse().unwrap()], &[]) }).unwrap();
    Router::new(RouteParts {
        models: Arc::clone(models) as Arc<dyn Models>,
        connect: Arc::new(HttpConnect::new(client, FIRST_BYTE, Arc::clone(&clock))),
        offline: Arc::new(offline::OfflineAssistant),
        clock,
        platform,
        limits: RouteLimits { tenant_parallel: 8, call: Duration::from_secs(30) },
    })
}

fn failures() -> Vec<(&'static str, Play)> {
    let delta = |text: &str| json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]});
    let never = Arc::new(Semaphore::new(0));
    vec![
        ("401", Play::error(401, "Incorrect API key provided: sk-canary")),
        ("403", Play::error(403, "no")),
        ("404 model", Play::error(404, "The model does not exist")),
        ("400", Play::error(400, "context_length_exceeded")),
        ("429 in seconds", Play::busy("1")),
        ("429 at a date", Play::busy("Wed, 21 Oct 2099 07:28:00 GMT")),
        ("429 with garbage", Play::busy("soon")),
        ("429 with an hour", Play::busy("3600")),
        ("500", Play::error(500, "boom")),
        ("503", Play::error(503, "overloaded")),
        ("a page", Play::page()),
        ("an error inside 200", Play::json(&json!({"error": {"code": 502, "message": "provider down"}}))),
        ("a truncated stream", Play::events(&[delta("Ho")], End::Cut)),
        ("a stream without an end", Play::events(&[delta("Ho")], End::Stall)),
        ("comments only", Play::events(&[], End::Comments)),
        ("silence", Play::Silence),
        ("headers only", Play::Headers),
        ("nothing, politely", Play::empty()),
        ("10 MB", Play::Flood { status: 200, bytes: 10 << 20 }),
        ("10 MB of error", Play::Flood { status: 500, bytes: 10 << 20 }),
        ("a reset", Play::Reset),
        ("a hang-up", Play::HangUp),
        ("an answer after the deadline", Play::After(never, Box::new(Play::text("late")))),
        ("a refusal", Play::refusal("I cannot help with that")),
    ]
}

/// Asks once, with or without somebody who looks at the draft.
async fn asked(router: &Router, number: u64, drafts: bool) -> (ChatReply, Duration) {
    let clock = SystemClock::new();
    let drafts = if drafts { Drafts::to(|_| {}) } else { Drafts::none() };
    let began = clock.moment();
    let reply = router.complete(ChatRequest { drafts, ..request(number, DEADLINE) }).await.unwrap();
    (reply, clock.moment().0.saturating_sub(began.0))
}

#[tokio::test]
async fn each_failure_of_a_server_ends_in_the_offline_assistant_inside_the_turns_time() {
    let tries = failures().into_iter().flat_map(|(name, play)| [(name, play.clone(), false), (name, play, true)]);
    let all = tries.map(|(name, play, drafts)| async move {
        let server = ModelServer::start(play).await.unwrap();
        let models = Arc::new(Settings::default());
        models.put(tenant(1, vec![provider(1, "own", &server.url(), KEY)]));
        let (reply, spent) = asked(&router(&models, None, "127.0.0.0/8"), 1, drafts).await;
        assert!(spent < DEADLINE, "{name} took {spent:?}");
        assert_eq!(reply.model, "offline", "{name}, drafts {drafts}: {reply:?}");
        assert!(!server.requests().is_empty(), "{name}");
        let failure = reply.attempts[0].failure.clone().unwrap();
        assert!(!failure.contains("canary") && !failure.contains("127.0.0.1"), "{failure}");
    });
    stream::iter(all).buffer_unordered(8).collect::<Vec<()>>().await;
}

#[tokio::test]
async fn nobody_there_and_an_address_that_is_not_allowed_end_in_the_offline_assistant_too() {
    let models = Arc::new(Settings::default());
    models.put(tenant(1, vec![provider(1, "own", &ModelServer::refusing().await.unwrap(), KEY)]));
    assert_eq!(asked(&router(&models, None, "127.0.0.0/8"), 1, false).await.0.model, "offline");
    let server = ModelServer::start(Play::text("hi")).await.unwrap();
    models.put(tenant(2, vec![provider(2, "own", &server.url(), KEY)]));
    let guarded = router(&models, None, "10.0.0.0/8");
    let (reply, _) = asked(&guarded, 2, false).await;
    assert_eq!((reply.model.as_str(), server.requests().len()), ("offline", 0));
    assert!(guarded.check(tenant_id(2), &provider(2, "own", &server.url(), KEY).server).await.is_err());
}

#[tokio::test]
async fn the_operators_own_model_may_stand_on_this_machine_though_tenants_may_not_reach_it() {
    let model = ModelServer::start(vec![Play::text("ok"), Play::error(401, "no")]).await.unwrap();
    let server = provider(1, "", &model.url(), KEY).server.clone();
    let platform = Platform { server: server.clone(), budget: Budget::default() };
    let guarded = router(&Arc::new(Settings::default()), Some(platform), "10.0.0.0/8");
    assert!(guarded.check(tenant_id(1), &server).await.is_err());
    assert_eq!(guarded.check_platform().await, Some(Ok(())));
    assert_eq!(guarded.check_platform().await, Some(Err(LlmError::Credentials(401))));
    assert_eq!(model.requests().len(), 2);
    assert_eq!(router(&Arc::new(Settings::default()), None, "10.0.0.0/8").check_platform().await, None);
}

#[tokio::test]
async fn the_second_model_answers_while_the_first_hangs() {
    let (silent, well) = (ModelServer::start(Play::Silence).await.unwrap(), ModelServer::start(Play::text("hola")).await.unwrap());
    let models = Arc::new(Settings::default());
    models.put(tenant(1, vec![provider(1, "silent", &silent.url(), KEY), provider(2, "well", &well.url(), KEY)]));
    let (reply, spent) = asked(&router(&models, None, "127.0.0.0/8"), 1, true).await;
    assert!(spent < DEADLINE);
    assert_eq!(reply.text.as_deref(), Some("hola"));
    assert_eq!(reply.attempts.last().map(|attempt| attempt.provider.as_str()), Some("well"));
    assert!(reply.tokens.0 > 0);
}

#[tokio::test]
async fn a_small_model_is_asked_for_few_words_at_its_temperature_and_offered_no_tools() {
    let model = ModelServer::start(Play::text("hola")).await.unwrap();
    let models = Arc::new(Settings::default());
    models.put(tenant(1, Vec::new()));
    let manner = Manner { max_output: 90, temperature: Some(0.5), tools: false };
    for (manner, seen) in [(manner, (json!(90), json!(0.5), false)), (Manner::default(), (json!(4096), json!(null), true))] {
        let server = crate::ports::models::ModelServer { manner, ..provider(1, "", &model.url(), KEY).server.clone() };
        let router = router(&models, Some(Platform { server, budget: Budget::default() }), "127.0.0.0/8");
        let tool = ToolSpec { name: "look".into(), description: "Looks.".into(), parameters: json!({"type": "object"}) };
        let reply = router.complete(ChatRequest { tools: Arc::new([tool]), ..request(1, DEADLINE) }).await.unwrap();
        assert_eq!(reply.text.as_deref(), Some("hola"));
        let body = model.requests().pop().unwrap().body;
        assert_eq!((body["max_tokens"].clone(), body["temperature"].clone(), body.get("tools").is_some()), seen);
    }
}

#[tokio::test]
async fn on_the_wire_every_server_sees_its_own_tenants_key_and_no_other() {
    let servers = [Play::error(500, "boom"), Play::text("hola"), Play::text("hola")].map(ModelServer::start);
    let [one, two, shared] = futures::future::try_join_all(servers).await.unwrap().try_into().ok().unwrap();
    let models = Arc::new(Settings::default());
    models.put(tenant(1, vec![provider(1, "own", &one.url(), "key-of-one")]));
    models.put(tenant(2, vec![provider(2, "own", &two.url(), "key-of-two")]));
    models.put(tenant(3, Vec::new()));
    let server = provider(3, "", &shared.url(), KEY).server.clone();
    let router = router(&models, Some(Platform { server, budget: Budget::default() }), "127.0.0.0/8");
    for number in [1, 2, 3, 1, 2, 3] {
        asked(&router, number, false).await;
    }
    for (server, key) in [(&one, "key-of-one"), (&two, "key-of-two"), (&shared, KEY)] {
        let seen = server.requests();
        assert!(!seen.is_empty());
        for request in seen {
            assert_eq!(request.header("authorization"), Some(format!("Bearer {key}").as_str()));
            let others = ["key-of-one", "key-of-two", KEY].into_iter().filter(|other| *other != key);
            let whole = format!("{request:?}");
            assert!(others.into_iter().all(|other| !whole.contains(other)), "{whole}");
        }
    }
}
