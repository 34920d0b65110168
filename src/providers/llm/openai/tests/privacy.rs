//! What the logs say of a call, and what they never say.

use super::*;
use crate::testing::model_server::End;
use std::io;
use tracing::Dispatch;
use tracing::subscriber::NoSubscriber;
use tracing_subscriber::EnvFilter;

/// Words that stand in requests, keys and answers.
const SECRET: [&str; 5] = [KEY, "¿A qué hora abren?", "Be kind.", "hunter2", "Bar Pepe"];

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An answer, a refused key, a refused request, and a stream that the library quotes because it cannot read it.
async fn calls() {
    let refusal = json!({"error": {"message": format!("{KEY} hunter2"), "code": "hunter2"}}).to_string();
    let server = server(vec![
        Play::text("hunter2"),
        Play::Status { status: 401, headers: vec![], body: refusal },
        Play::Status { status: 400, headers: vec![], body: "hunter2".into() },
    ])
    .await;
    let partner = partner(&server);
    partner.complete(request()).await.unwrap();
    for _ in 0..2 {
        let error = partner.complete(request()).await.unwrap_err().to_string();
        assert!(SECRET.iter().all(|word| !error.contains(word)), "{error}");
    }
    let streamed = ChatRequest { drafts: Drafts::to(|_| ()), ..request() };
    server.play(Play::Events { events: vec!["{hunter2".into()], end: End::Close });
    assert!(partner.complete(streamed).await.is_err());
}

#[tokio::test]
async fn logs_name_the_provider_and_the_request_and_nothing_that_was_said() {
    // While there is but one listener, a line that another test logs for the first time just now is taken for unwanted by all: two who
    // listen to nothing prevent that, and once unheard lets those who have begun finish.
    let _deaf = [Dispatch::new(NoSubscriber::default()), Dispatch::new(NoSubscriber::default())];
    calls().await;
    let lines = Sink::default();
    let writer = lines.clone();
    // As `telemetry` sets it up at its loudest.
    let filter = EnvFilter::new("trace,async_openai=off");
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(move || writer.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    calls().await;
    drop(guard);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let says = |words: &[&str]| text.lines().any(|line| words.iter().all(|word| line.contains(word)));
    assert!(says(&["a model answered", "provider=\"compatible\"", "tokens.input=100", "status=200"]), "{text}");
    assert!(says(&["a model gave no answer", "status=401", "request_id=\"req-test\""]), "{text}");
    for word in SECRET {
        assert!(!text.contains(word), "{word} in {text}");
    }
}
