//! A business under test, in its own words: contacts say things, agents reply, hand back, look.

use crate::support::app::{PHONE_NUMBER_ID, TestApp};
use crate::support::driver::{Ack, Driver, Said, Wire};
use anyhow::{Context, Result, ensure};
use recado::domain::facts::Facts;
use recado::domain::ids::TenantId;
use recado::domain::inbox::ChannelKind;
use recado::ports::directory::Directory;
use recado::store::admin::inboxes::NewInbox;
use reqwest::{Client, Method};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

/// A business with its key.
pub struct TestTenant<'a> {
    /// Where it lives.
    pub app: &'a TestApp,
    /// Its id.
    pub id: TenantId,
    key: SecretString,
    http: Client,
}

/// An inbox with its customers' provider.
pub struct TestInbox {
    /// The provider.
    pub driver: Driver,
    said: AtomicU32,
}

impl TestInbox {
    /// A customer writes; returns when it is acknowledged.
    pub async fn contact_says(&self, room: &str, text: &str) -> Result<Ack> {
        let number = self.said.fetch_add(1, Ordering::Relaxed);
        self.driver.deliver(&Said { room: room.to_owned(), id: format!("in-{room}-{number}"), text: text.to_owned() }).await
    }
}

impl<'a> TestTenant<'a> {
    /// Returns the key, for calls over a socket of the test's own.
    pub fn key(&self) -> &str {
        self.key.expose_secret()
    }

    pub(super) fn new(app: &'a TestApp, id: TenantId, key: SecretString) -> Result<Self> {
        Ok(Self { app, id, key, http: Client::builder().no_proxy().build()? })
    }

    /// Teaches the assistant.
    pub async fn knows(&self, facts: Value) -> Result<()> {
        let facts: Facts = serde_json::from_value(facts)?;
        self.app.admin.set_facts(self.id, &facts).await?;
        Ok(self.app.app.core.directory.refresh().await?)
    }

    /// Makes an inbox of the generic channel, spoken to by the application's adapter. `more` is added to its configuration.
    pub async fn generic_inbox(&self, more: Value) -> Result<TestInbox> {
        let secret = self.app.adapter.secret().clone();
        let inbox = self.inbox(ChannelKind::Generic, self.app.adapter.config(), more).await?;
        self.with_driver(Wire::Generic { inbox, secret })
    }

    /// Makes an inbox of WhatsApp, spoken to by the application's Graph API. One per application: there is one number.
    pub async fn whatsapp_inbox(&self, more: Value) -> Result<TestInbox> {
        self.inbox(ChannelKind::Whatsapp, self.app.graph.config(), more).await?;
        self.with_driver(Wire::Meta { phone_number_id: PHONE_NUMBER_ID.to_owned() })
    }

    fn with_driver(&self, wire: Wire) -> Result<TestInbox> {
        Ok(TestInbox { driver: Driver::new(&self.app.base(), wire)?, said: AtomicU32::new(0) })
    }

    async fn inbox(&self, channel: ChannelKind, mut config: Value, more: Value) -> Result<String> {
        if let (Some(config), Value::Object(more)) = (config.as_object_mut(), more) {
            config.extend(more);
        }
        let made = self.app.admin.create_inbox(self.id, NewInbox { channel, name: channel.as_str().to_owned(), config }).await?;
        self.app.app.core.directory.refresh().await?;
        Ok(made.view.id.to_string())
    }

    /// Calls the HTTP API as one of its people; returns status and body.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<(u16, Value)> {
        let call = self.http.request(method, format!("{}/api/v1/{path}", self.app.base())).bearer_auth(self.key.expose_secret());
        let call = match body {
            Some(body) => call.header("content-type", "application/json").body(body.to_string()),
            None => call,
        };
        let answer = call.send().await?;
        let status = answer.status().as_u16();
        let text = answer.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    /// Returns its conversations, newest activity first.
    pub async fn conversations(&self) -> Result<Vec<Value>> {
        self.list("conversations").await
    }

    /// Returns the conversation of a contact, who is named as the room (generic) or the number (WhatsApp) is.
    pub async fn conversation_with(&self, contact: &str) -> Result<Value> {
        let named = |one: &Value| one.pointer("/contact/name").and_then(Value::as_str) == Some(contact);
        let all = self.conversations().await?;
        all.iter().find(|one| named(one)).cloned().with_context(|| format!("no conversation with {contact} in {all:?}"))
    }

    /// Returns the words of a conversation with their authors, oldest first: `contact: hola`.
    pub async fn thread_with(&self, contact: &str) -> Result<Vec<String>> {
        let id = id_of(&self.conversation_with(contact).await?)?;
        let mut messages = self.list(&format!("conversations/{id}/messages")).await?;
        messages.sort_by_key(|message| message.get("seq").and_then(Value::as_i64));
        let word = |message: &Value, path: &str| message.pointer(path).and_then(Value::as_str).unwrap_or("?").to_owned();
        Ok(messages.iter().map(|message| format!("{}: {}", word(message, "/author/kind"), word(message, "/content/text"))).collect())
    }

    /// An agent writes to a contact: that takes the conversation over.
    pub async fn agent_replies(&self, contact: &str, text: &str) -> Result<Value> {
        self.command(contact, "messages", json!({"text": text})).await
    }

    /// An agent gives the conversation back to the assistant.
    pub async fn agent_hands_back(&self, contact: &str) -> Result<Value> {
        self.command(contact, "handback", json!({})).await
    }

    /// An agent sets the status of a conversation.
    pub async fn agent_sets_status(&self, contact: &str, status: &str) -> Result<Value> {
        self.command(contact, "status", json!({"status": status})).await
    }

    async fn command(&self, contact: &str, what: &str, body: Value) -> Result<Value> {
        let id = id_of(&self.conversation_with(contact).await?)?;
        let (status, answer) = self.call(Method::POST, &format!("conversations/{id}/{what}"), Some(body)).await?;
        ensure!((200..300).contains(&status), "{what} was answered with {status}: {answer}");
        Ok(answer)
    }

    async fn list(&self, path: &str) -> Result<Vec<Value>> {
        let (status, answer) = self.call(Method::GET, path, None).await?;
        ensure!(status == 200, "{path} was answered with {status}: {answer}");
        let data = answer.get("data").and_then(Value::as_array).context("no list")?;
        Ok(data.clone())
    }
}

fn id_of(conversation: &Value) -> Result<String> {
    Ok(conversation.get("id").and_then(Value::as_str).context("a conversation without an id")?.to_owned())
}
