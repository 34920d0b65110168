//! Fault points and negative controls: how tests kill the process at a known place, or switch a guarantee off to see it missed.
//!
//! Without the feature `testing` every function here is empty and vanishes. It must never change what a release does.

/// A guarantee that a test may switch off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Break {
    /// Repeats of a delivery are recognised.
    Dedup,
    /// A step is refused if the conversation has moved on.
    Cas,
    /// A row is marked *sending* before the call.
    Sending,
    /// Every query of people filters by tenant.
    TenantFilter,
}

/// Aborts the process if `RECADO_TEST_FAULT` names this point, as `point:n` at its n-th hit.
#[cfg(not(feature = "testing"))]
#[inline]
pub const fn hit(_point: &'static str) {}

/// Returns true if `RECADO_TEST_BREAK` switches this guarantee off.
#[cfg(not(feature = "testing"))]
#[inline]
#[must_use]
pub const fn broken(_what: Break) -> bool {
    false
}

#[cfg(feature = "testing")]
pub use armed::{broken, hit};

#[cfg(feature = "testing")]
mod armed {
    use super::Break;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    struct Fault {
        point: String,
        left: AtomicU32,
    }

    /// Aborts the process if `RECADO_TEST_FAULT` names this point, as `point:n` at its n-th hit.
    pub fn hit(point: &'static str) {
        static FAULT: OnceLock<Option<Fault>> = OnceLock::new();
        let fault = FAULT.get_or_init(|| {
            let text = variable("RECADO_TEST_FAULT")?;
            let (point, left) = text.split_once(':').unwrap_or((&text, "1"));
            Some(Fault { point: point.to_owned(), left: AtomicU32::new(left.parse().unwrap_or(1)) })
        });
        let Some(fault) = fault.as_ref().filter(|fault| fault.point == point) else { return };
        if fault.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            std::process::abort();
        }
    }

    /// Returns true if `RECADO_TEST_BREAK` switches this guarantee off.
    #[must_use]
    pub fn broken(what: Break) -> bool {
        static BROKEN: OnceLock<Option<String>> = OnceLock::new();
        let word = match what {
            Break::Dedup => "dedup",
            Break::Cas => "cas",
            Break::Sending => "sending",
            Break::TenantFilter => "tenant_filter",
        };
        BROKEN.get_or_init(|| variable("RECADO_TEST_BREAK")).as_deref().is_some_and(|list| list.split(',').any(|one| one == word))
    }

    #[expect(clippy::disallowed_methods, reason = "controls of tests only: no setting of the product")]
    fn variable(name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}
