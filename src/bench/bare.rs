//! The bare program to compare with: receives, calls the model once, sends. It keeps nothing, orders nothing and repeats nothing; what it
//! costs is what any program on the same libraries must pay. A process of its own.

use crate::bench::control::Line;
use crate::bench::error::{BenchError, io};
use crate::bench::meta::{ACCESS_TOKEN, APP_SECRET, VERSION, WEBHOOK};
use crate::bench::model::MODEL;
use crate::crypto::mac::verify_hmac_sha256_hex;
use crate::net::client::{HttpClient, OutboundPolicy};
use actix_web::web::{Bytes, Data, post};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use reqwest::Client;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// What the bare program is told.
#[derive(Clone, Copy, Debug)]
pub struct BareOptions {
    /// Where the benchmark listens.
    pub control: u16,
    /// Where it is to listen.
    pub listen: u16,
    /// The model's port.
    pub model: u16,
    /// The channel's port.
    pub channel: u16,
}

struct State {
    client: Client,
    model_url: String,
    graph_url: String,
    number: AtomicU64,
}

/// Runs the bare program until the benchmark ends.
///
/// # Errors
/// If it cannot listen or reach the benchmark.
pub async fn bare(options: BareOptions) -> Result<(), BenchError> {
    let state = Data::new(State {
        client: HttpClient::build(OutboundPolicy::default())?.operator().clone(),
        model_url: format!("http://127.0.0.1:{}/v1/chat/completions", options.model),
        graph_url: format!("http://127.0.0.1:{}/{VERSION}", options.channel),
        number: AtomicU64::new(0),
    });
    let server = HttpServer::new(move || App::new().app_data(state.clone()).route(WEBHOOK, post().to(receive)))
        .workers(std::thread::available_parallelism().map_or(2, std::num::NonZero::get))
        .max_connections(4_000)
        .disable_signals()
        .bind(("127.0.0.1", options.listen))
        .map_err(io("listen"))?
        .run();
    let handle = server.handle();
    let serving = actix::spawn(server);
    let line = Line::open(options.control, options.listen).await?;
    line.ended().await;
    handle.stop(false).await;
    // Ended by us a moment ago; an error now changes nothing.
    let _ended = serving.await;
    Ok(())
}

async fn receive(state: Data<State>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let signature = request.headers().get("x-hub-signature-256").and_then(|value| value.to_str().ok()?.strip_prefix("sha256="));
    if !signature.is_some_and(|tag| verify_hmac_sha256_hex(APP_SECRET.as_bytes(), &[&body], tag)) {
        return HttpResponse::Forbidden().finish();
    }
    let Ok(delivery) = serde_json::from_slice::<Value>(&body) else { return HttpResponse::BadRequest().finish() };
    let texts = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let value = delivery.pointer("/entry/0/changes/0/value");
    let said = value.and_then(|value| {
        let number = texts(value, "/metadata/phone_number_id")?;
        Some((number, texts(value, "/messages/0/from")?, texts(value, "/messages/0/text/body")?))
    });
    if let Some((number, from, text)) = said {
        // A failure loses the reply: there is nothing to go back to.
        actix::spawn(async move { reply(&state, &number, &from, &text).await.ok() });
    }
    HttpResponse::Ok().finish()
}

async fn reply(state: &State, number: &str, from: &str, text: &str) -> reqwest::Result<()> {
    let messages = json!([{"role": "system", "content": "You answer customers of a business."}, {"role": "user", "content": text}]);
    let asked = state.client.post(&state.model_url).json(&json!({"model": MODEL, "messages": messages})).send().await?;
    let answer: Value = asked.error_for_status()?.json().await?;
    let text = answer.pointer("/choices/0/message/content").and_then(Value::as_str).unwrap_or_default();
    let reference = format!("bare-{}", state.number.fetch_add(1, Ordering::Relaxed));
    let body = json!({"messaging_product": "whatsapp", "recipient_type": "individual", "to": format!("+{from}"),
        "biz_opaque_callback_data": reference, "type": "text", "text": {"body": text}});
    let call = state.client.post(format!("{}/{number}/messages", state.graph_url)).bearer_auth(ACCESS_TOKEN).json(&body);
    let sent: Value = call.send().await?.error_for_status()?.json().await?;
    drop(sent);
    Ok(())
}
