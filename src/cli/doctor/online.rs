//! What only a call can tell: whether channels answer and tokens are good. Sends nothing to customers.

use crate::cli::doctor::report::Report;
use crate::config::Config;
use crate::domain::inbox::ChannelKind;
use crate::domain::time::Timestamp;
use crate::net::client::{Failure, HttpClient, OutboundPolicy};
use crate::net::clock::SystemClock;
use crate::net::guard::AllowList;
use crate::ports::clock::Clock;
use crate::ports::directory::InboxEntry;
use reqwest::{Response, StatusCode};
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::time::Duration;

/// Longest time for one call.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most inboxes that are called.
const MOST: usize = 50;
/// A signed delivery is refused when clocks differ by more.
const SKEW: Duration = Duration::from_mins(2);

/// Calls what the installation depends on.
pub(super) async fn check(config: &Config, entries: &[Arc<InboxEntry>], report: &mut Report) {
    let allow = AllowList::new(config.outbound_allow.clone(), std::slice::from_ref(&config.meta.graph_url));
    let client = match HttpClient::build(OutboundPolicy { allow }) {
        Ok(client) => client,
        Err(error) => return report.fail("online", error.to_string(), "install the system's TLS roots"),
    };
    for entry in entries.iter().take(MOST) {
        match entry.inbox.channel {
            ChannelKind::Whatsapp => whatsapp(config, &client, entry, report).await,
            ChannelKind::Generic => generic(&client, entry, report).await,
        }
    }
    if entries.len() > MOST {
        report.warn("online", format!("only the first {MOST} inboxes were called"), "the others are as good as their paused state says");
    }
    own_address(config, &client, report).await;
}

fn name_of(entry: &InboxEntry) -> String {
    format!("{}/{}", entry.inbox.tenant.slug, entry.inbox.name)
}

async fn whatsapp(config: &Config, client: &HttpClient, entry: &InboxEntry, report: &mut Report) {
    let name = name_of(entry);
    let (Some(number), Some(token)) =
        (entry.account.settings.get("phone_number_id").and_then(serde_json::Value::as_str), entry.account.secrets.get("access_token"))
    else {
        return;
    };
    let url = format!("{}/{number}?fields=id", config.meta.graph_url.as_str().trim_end_matches('/'));
    let answer = client.operator().get(url).bearer_auth(token.expose_secret()).timeout(PATIENCE).send().await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let says = format!("{name}: the Graph API does not answer ({})", Failure::of(&error));
            return report.fail("online", says, "look at the network, the proxy and RECADO_META_GRAPH_URL");
        }
    };
    clocks(&answer, report);
    match answer.status() {
        status if status.is_success() => report.ok("online", format!("{name}: the Graph API takes the token")),
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            let says = format!("{name}: the Graph API refuses the token ({})", answer.status().as_u16());
            report.fail("online", says, "make a new token, give it with `recado inbox update`, then `recado inbox resume`");
        }
        status => report.warn("online", format!("{name}: the Graph API answers {}", status.as_u16()), "try again later"),
    }
}

/// Our clock against the one in an answer.
fn clocks(answer: &Response, report: &mut Report) {
    let date = answer.headers().get("date").and_then(|date| date.to_str().ok());
    let Some(theirs) = date.and_then(|date| chrono::DateTime::parse_from_rfc2822(date).ok()) else { return };
    let (now, theirs) = (SystemClock::new().now(), Timestamp::from_secs(theirs.timestamp()));
    let apart = now.since(theirs).max(theirs.since(now));
    if apart > SKEW {
        report.fail("clock", format!("{} s away from the channel's", apart.as_secs()), "run a time service on this machine");
    }
}

/// Any answer of an adapter is a sign of life: what it says to a GET is its own business.
async fn generic(client: &HttpClient, entry: &InboxEntry, report: &mut Report) {
    let name = name_of(entry);
    let Some(url) = entry.account.settings.get("url").and_then(serde_json::Value::as_str) else { return };
    let request = match client.get(url) {
        Ok(request) => request,
        Err(error) => {
            return report.fail("online", format!("{name}: its address may not be called: {error}"), "see RECADO_OUTBOUND_ALLOW");
        }
    };
    match request.timeout(PATIENCE).send().await {
        Ok(_) => report.ok("online", format!("{name}: the adapter answers")),
        Err(error) => {
            let says = format!("{name}: the adapter does not answer ({})", Failure::of(&error));
            report.fail("online", says, "start it, or correct its url with `recado inbox update`");
        }
    }
}

/// The world must reach this server where it says it is.
async fn own_address(config: &Config, client: &HttpClient, report: &mut Report) {
    let Ok(url) = config.public_url.join("healthz") else { return };
    match client.operator().get(url).timeout(PATIENCE).send().await {
        Ok(answer) if answer.status().is_success() => report.ok("online", "the public address answers"),
        Ok(answer) => {
            let says = format!("the public address answers {}", answer.status().as_u16());
            report.warn("online", says, "does the proxy lead to this server?");
        }
        Err(error) => {
            let says = format!("the public address does not answer from here ({})", Failure::of(&error));
            report.warn("online", says, "is `serve` running, and is RECADO_PUBLIC_URL right?");
        }
    }
}
