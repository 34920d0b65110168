//! SQLite's readers for the engine's questions: a few threads of our own, each with a connection that is asked in place.
//!
//! A thread takes every question that waits (up to a bound) into one read transaction, which begins after the last of them was asked: each
//! sees whatever was committed before it was asked. Never writes; never used for people's pages, which may be long.

use crate::store::rows::{Lite, Row, Rows};
use sea_orm::{DbErr, RuntimeErr};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// Threads that answer.
const THREADS: usize = 2;
/// Most questions of one read transaction: one that takes long must not hold up many.
const TOGETHER: usize = 16;
/// How long a caller waits.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// A question, and where its answer goes.
struct Question {
    sql: String,
    rows: Rows,
    answer: oneshot::Sender<Result<Vec<Row>, DbErr>>,
}

#[derive(Default)]
struct Waiting {
    questions: VecDeque<Question>,
    /// Nobody asks any more.
    over: bool,
}

#[derive(Default)]
struct Desk {
    waiting: Mutex<Waiting>,
    rings: Condvar,
}

impl Desk {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for questions; `None` when nobody asks any more.
    fn take(&self) -> Option<Vec<Question>> {
        let mut waiting = self.waiting();
        while waiting.questions.is_empty() {
            if waiting.over {
                return None;
            }
            waiting = self.rings.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        let most = waiting.questions.len().min(TOGETHER);
        Some(waiting.questions.drain(..most).collect())
    }
}

/// Where questions are put. Its threads end with it.
pub(crate) struct Readers {
    desk: Arc<Desk>,
}

impl Readers {
    /// Opens the connections and starts their threads.
    pub fn start(path: &Path, pragmas: &[(&str, &str)]) -> Result<Self, DbErr> {
        let readers = Self { desk: Arc::default() };
        for number in 0..THREADS {
            let lite = Lite::open(path, pragmas)?;
            let desk = Arc::clone(&readers.desk);
            let thread = std::thread::Builder::new().name(format!("store-reader-{number}")).spawn(move || serve(&desk, &lite));
            thread.map_err(|error| DbErr::Custom(error.to_string()))?;
        }
        Ok(readers)
    }

    /// Asks one question over a set.
    pub async fn ask(&self, sql: &str, rows: Rows) -> Result<Vec<Row>, DbErr> {
        let (answer, answered) = oneshot::channel();
        self.desk.waiting().questions.push_back(Question { sql: sql.to_owned(), rows, answer });
        self.desk.rings.notify_one();
        match tokio::time::timeout(ANSWER_WITHIN, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(DbErr::Conn(RuntimeErr::Internal("no answer in time".to_owned()))),
        }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.desk.waiting().over = true;
        self.desk.rings.notify_all();
    }
}

fn serve(desk: &Desk, lite: &Lite) {
    while let Some(questions) = desk.take() {
        // One question is a transaction by itself.
        let together = if questions.len() > 1 { lite.begin_reading().ok() } else { None };
        for Question { sql, rows, answer } in questions {
            if answer.is_closed() {
                continue;
            }
            // A question that panics is not answered: its caller hears that nothing is known.
            if let Ok(found) = catch_unwind(AssertUnwindSafe(|| lite.all(&sql, &rows))) {
                drop(answer.send(found));
            }
        }
        if together.is_some_and(|together| together.commit().is_err()) {
            tracing::warn!("a read transaction could not be ended");
        }
    }
}
