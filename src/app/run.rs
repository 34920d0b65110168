//! What the commands run: the server, the demo, the terminal chat, the document of the API.

use crate::app::{App, AppError, Core, Parts, models};
use crate::config::Config;
use crate::crypto::ids::SystemIds;
use crate::crypto::keyring::KeyRing;
use crate::domain::conversation::message::Author;
use crate::domain::conversation::standing::Status;
use crate::domain::ids::{InboxId, TenantId};
use crate::domain::inbox::{ChannelKind, CommonSettings, Inbox, InboxState};
use crate::engine::rehearsal::Rehearsal;
use crate::http;
use crate::http::demo::DemoState;
use crate::http::demo::rooms::Rooms;
use crate::net::clock::SystemClock;
use crate::ports::clock::Clock;
use crate::ports::directory::Directory;
use crate::ports::ids::IdSource;
use crate::ports::store::StoreError;
use crate::prompting::Library;
use crate::store::admin::Admin;
use crate::store::lock::{LockError, ServeLock};
use crate::toolbox::Catalogue;
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::signal::unix::{SignalKind, signal};

/// What the demo's data came to; the page and the loopback adapter need it.
#[derive(Clone, Debug)]
pub struct DemoData {
    /// The tenant `demo`.
    pub tenant: TenantId,
    /// Its inbox, of the generic channel.
    pub inbox: InboxId,
    /// A key for its API.
    pub api_key: SecretString,
}

/// Why the chat ended early.
#[derive(Debug, Error)]
pub enum ChatError {
    /// No such tenant.
    #[error("there is no tenant {0}; `recado tenant list` shows them")]
    NoTenant(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The application.
    #[error(transparent)]
    App(#[from] AppError),
    /// The terminal.
    #[error("the terminal is gone")]
    Terminal(#[from] std::io::Error),
}

/// Runs the server until a signal. The schema is current, the keys open everything, and `lock` is held for as long as it runs.
///
/// # Errors
/// What keeps it from starting or from ending well.
pub async fn serve(config: Config, keys: KeyRing, lock: ServeLock) -> Result<(), AppError> {
    run(config, keys, lock, None).await
}

/// Runs the server with the demo's page and loopback adapter.
///
/// # Errors
/// As [`serve`].
pub async fn demo(config: Config, keys: KeyRing, lock: ServeLock, data: DemoData) -> Result<(), AppError> {
    run(config, keys, lock, Some(data)).await
}

async fn run(config: Config, keys: KeyRing, lock: ServeLock, demo: Option<DemoData>) -> Result<(), AppError> {
    let core = Core::build(&config, Arc::new(keys), Parts { demo: demo.is_some(), ..Parts::default() }).await?;
    let demo = demo.map(|data| demo_state(&core, data));
    let (app, server) = App::open(core, &config, demo)?;
    tracing::info!(address = %app.address, "listening");
    let serving = actix::spawn(server);
    let end = wait_for_end(&lock).await;
    let outcome = match end {
        End::Asked => {
            tracing::info!("stopping: no new work, what is under way is finished");
            app.stop().await;
            Ok(())
        }
        End::LockLost => {
            tracing::error!("another server has taken the lock: stopping at once");
            app.abort().await;
            Err(AppError::LockLost)
        }
    };
    // The server's own future ends with its handle; an error then is only that it was ended.
    let _ended = serving.await;
    drop(lock);
    outcome
}

/// Why a server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// By a signal.
    Asked,
    /// It is no longer the only one.
    LockLost,
}

fn demo_state(core: &Core, data: DemoData) -> DemoState {
    DemoState {
        queue: Arc::new(core.store.clone()),
        engine: Arc::new(core.engine.clone()),
        directory: Arc::new(core.directory.clone()),
        clock: Arc::clone(&core.clock),
        ids: Arc::clone(&core.ids),
        inbox: data.inbox,
        api_key: data.api_key,
        rooms: Rooms::default(),
    }
}

/// Waits for SIGTERM, SIGINT, or the loss of the lock that makes us the only server.
async fn wait_for_end(lock: &ServeLock) -> End {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        tracing::error!("signals cannot be heard; stopping");
        return End::Asked;
    };
    tokio::select! {
        _ = terminate.recv() => End::Asked,
        _ = interrupt.recv() => End::Asked,
        () = until_lost(LOCK_CHECK, || lock.still_held()) => End::LockLost,
    }
}

/// Pause between two checks of the lock, and the longest wait for the answer of one.
const LOCK_CHECK: Duration = Duration::from_secs(5);

/// Asks again and again whether the lock is held; ends when it is not. Where nobody knows, writes do not get through either: it asks on.
async fn until_lost<F>(every: Duration, mut held: impl FnMut() -> F)
where
    F: Future<Output = Result<bool, LockError>>,
{
    loop {
        tokio::time::sleep(every).await;
        match tokio::time::timeout(every, held()).await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => return,
            Ok(Err(error)) => tracing::warn!(error = %error, "the lock could not be checked"),
            Err(_) => tracing::warn!("the lock could not be checked in time"),
        }
    }
}

/// Talks to a tenant's assistant in the terminal, until the input ends. Nothing is kept or sent.
///
/// # Errors
/// [`ChatError`].
pub async fn chat(config: &Config, admin: &Admin, slug: &str) -> Result<(), ChatError> {
    let view = admin.find_tenant(slug).await?.ok_or_else(|| ChatError::NoTenant(slug.to_owned()))?;
    let directory = admin.directory().await?;
    let tenant = directory.tenant(view.id).await?.ok_or_else(|| ChatError::NoTenant(slug.to_owned()))?;
    let ids: Arc<dyn IdSource> = Arc::new(SystemIds::new());
    let inbox = Inbox {
        id: InboxId(ids.uuid()),
        tenant,
        channel: ChannelKind::Generic,
        name: "terminal".to_owned(),
        state: InboxState::Active,
        common: CommonSettings::default(),
        settings: serde_json::Value::Null,
        hours: Arc::default(),
        survey: Arc::default(),
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let llm = models::router(config, &directory, &clock)?;
    let prompts = Arc::new(Library::new().map_err(AppError::from)?);
    let mut rehearsal = Rehearsal::begin(Arc::new(inbox), llm, prompts, Arc::new(Catalogue::default()), clock, ids);
    talk(&mut rehearsal).await
}

async fn talk(rehearsal: &mut Rehearsal) -> Result<(), ChatError> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut out = tokio::io::stdout();
    out.write_all(b"> ").await?;
    out.flush().await?;
    while let Some(line) = lines.next_line().await? {
        if !line.trim().is_empty() {
            for message in rehearsal.say(line.trim()).await {
                let who = if message.author == Author::Assistant { "assistant" } else { "note" };
                out.write_all(format!("{who}: {}\n", message.content.text).as_bytes()).await?;
            }
            if rehearsal.status() != Status::Pending {
                out.write_all(format!("[{}: people hold it now]\n", rehearsal.status().as_str()).as_bytes()).await?;
            }
        }
        out.write_all(b"> ").await?;
        out.flush().await?;
    }
    out.write_all(b"\n").await?;
    Ok(())
}

/// Returns the OpenAPI document of the HTTP API.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn openapi() -> Result<String, serde_json::Error> {
    http::docs::document()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    #[tokio::test]
    async fn a_check_of_the_lock_that_hangs_or_fails_is_asked_again_and_its_loss_ends_the_wait() {
        let unknown = || LockError::Database(sea_orm::DbErr::Custom("away".to_owned()));
        let mut answers = VecDeque::from([Some(Ok(true)), None, Some(Err(unknown())), Some(Ok(false)), Some(Ok(true))]);
        let held = || {
            let answer = answers.pop_front().unwrap();
            async move {
                match answer {
                    Some(answer) => answer,
                    None => std::future::pending().await,
                }
            }
        };
        until_lost(Duration::from_millis(1), held).await;
        assert_eq!(answers.len(), 1, "nothing is asked after the loss");
    }
}
