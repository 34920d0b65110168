//! Gates by name: whoever passes a closed one waits there until a test lets it through. Never closed by itself.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Named gates; one that nobody has closed is open.
#[derive(Debug, Default)]
pub struct Gates(Mutex<HashMap<String, Gate>>);

#[derive(Clone, Debug)]
struct Gate {
    permits: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
}

/// Counts one who waits, until it passes or is dropped.
struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Gates {
    /// Closes a gate. Closing a closed one changes nothing.
    pub fn close(&self, name: &str) {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gates.entry(name.to_owned()).or_insert_with(|| Gate { permits: Arc::new(Semaphore::new(0)), waiting: Arc::default() });
    }

    /// Opens a gate for good: all who wait go on.
    pub fn open(&self, name: &str) {
        if let Some(gate) = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name) {
            gate.permits.close();
        }
    }

    /// Lets `count` through and stays closed.
    pub fn release(&self, name: &str, count: usize) {
        if let Some(gate) = self.find(|known| known == name) {
            gate.permits.add_permits(count);
        }
    }

    /// Returns how many wait.
    #[must_use]
    pub fn waiting(&self, name: &str) -> usize {
        self.find(|known| known == name).map_or(0, |gate| gate.waiting.load(Ordering::Acquire))
    }

    /// Passes a gate.
    pub async fn pass(&self, name: &str) {
        self.pass_any(|known| known == name).await;
    }

    /// Passes the first closed gate whose name fits.
    pub async fn pass_any(&self, fits: impl Fn(&str) -> bool) {
        let Some(gate) = self.find(fits) else { return };
        gate.waiting.fetch_add(1, Ordering::AcqRel);
        let _waiting = Waiting(Arc::clone(&gate.waiting));
        // An error means that the gate was opened for good.
        if let Ok(permit) = gate.permits.acquire().await {
            permit.forget();
        }
    }

    fn find(&self, fits: impl Fn(&str) -> bool) -> Option<Gate> {
        let gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gates.iter().find(|(name, _)| fits(name)).map(|(_, gate)| gate.clone())
    }
}
