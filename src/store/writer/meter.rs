//! Where the writer's loop notes what it does. Measures nothing until meters are given; never slows the loop by more than a few atomics.

use crate::ports::clock::{Clock, Moment};
use crate::ports::metrics::WriterMeters;
use crate::store::Store;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// Shared by the loop and its handle.
#[derive(Default)]
pub(in crate::store) struct Meter {
    meters: OnceLock<(WriterMeters, Arc<dyn Clock>)>,
    /// Operations that the loop holds beside the queue.
    held: AtomicUsize,
}

impl Meter {
    /// Returns when a transaction begins; `None` if nobody measures.
    pub fn begin(&self) -> Option<Moment> {
        self.meters.get().map(|(_, clock)| clock.moment())
    }

    /// Notes the end of a transaction.
    pub fn end(&self, began: Option<Moment>, operations: usize, stands: bool) {
        let (Some((meters, clock)), Some(began)) = (self.meters.get(), began) else { return };
        if stands {
            meters.committed(operations, clock.moment().0.saturating_sub(began.0));
        } else {
            meters.failed();
        }
    }

    /// Notes a write that found no place.
    pub fn refused(&self) {
        if let Some((meters, _)) = self.meters.get() {
            meters.refused();
        }
    }

    /// Notes how many operations wait in the loop's own hands.
    pub fn holds(&self, operations: usize) {
        self.held.store(operations, Ordering::Relaxed);
    }

    /// Returns how many operations wait in the loop's own hands.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }
}

impl Store {
    /// Measures the writer from now on. The first meters stay.
    pub fn measure(&self, meters: WriterMeters) {
        // Meters that come second are dropped: nobody would show them.
        let _second = self.inner.writer.meter.meters.set((meters, Arc::clone(&self.inner.clock)));
    }

    /// Returns how many operations wait for the writer.
    #[must_use]
    pub fn writer_queue(&self) -> usize {
        self.inner.writer.waiting()
    }
}
