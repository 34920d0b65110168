//! Where passwords are hashed: on blocking threads, as many at once as there are cores, with a short queue before them.
//!
//! Never on the thread of a request or an actor: one hash takes a good part of a second. Who finds the queue full is told so at once,
//! or else signing in would be a way to stop the server.

use std::sync::Arc;
use thiserror::Error;
use tokio::sync::Semaphore;

/// Who may wait for a free core.
const QUEUE: usize = 32;

/// The queue is full.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error("too many passwords are being hashed")]
pub struct HashingBusy;

/// The places where hashing may happen. Cheap to clone.
#[derive(Clone, Debug)]
pub struct HashingPool {
    cores: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl HashingPool {
    /// Makes a pool that uses `cores` at once.
    #[must_use]
    pub fn new(cores: usize) -> Self {
        let cores = cores.max(1);
        Self { cores: Arc::new(Semaphore::new(cores)), places: Arc::new(Semaphore::new(cores + QUEUE)) }
    }

    /// Runs slow work on a blocking thread. A caller that goes away does not free the core before the work is done.
    ///
    /// # Errors
    /// [`HashingBusy`] if the queue is full.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, HashingBusy> {
        let place = Arc::clone(&self.places).try_acquire_owned().or(Err(HashingBusy))?;
        let core = Arc::clone(&self.cores).acquire_owned().await.or(Err(HashingBusy))?;
        let done = tokio::task::spawn_blocking(move || {
            let answer = work();
            drop((place, core));
            answer
        });
        done.await.or(Err(HashingBusy))
    }
}

impl Default for HashingPool {
    /// One place per core of this machine.
    fn default() -> Self {
        Self::new(std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[tokio::test]
    async fn the_caller_beyond_the_queue_is_told_at_once_and_everybody_else_is_served() {
        let pool = HashingPool::new(1);
        let (open, gate) = mpsc::channel::<()>();
        let blocked = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(move || gate.recv().is_ok()).await }
        });
        let waiting: Vec<_> = (0..QUEUE)
            .map(|at| {
                tokio::spawn({
                    let pool = pool.clone();
                    async move { pool.run(move || at).await }
                })
            })
            .collect();
        while pool.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(pool.run(|| 0).await, Err(HashingBusy));
        open.send(()).unwrap();
        assert_eq!(blocked.await.unwrap(), Ok(true));
        for (at, task) in waiting.into_iter().enumerate() {
            assert_eq!(task.await.unwrap(), Ok(at));
        }
        assert_eq!(pool.run(|| 7).await, Ok(7));
    }

    #[tokio::test]
    async fn work_runs_on_another_thread() {
        let here = std::thread::current().id();
        assert_ne!(HashingPool::new(1).run(|| std::thread::current().id()).await.unwrap(), here);
    }
}
