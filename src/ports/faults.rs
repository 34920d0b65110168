//! Fault points. In the product they are nothing; with the feature `testing` a test harness aims an abort at one of them, or switches a
//! safety device off to prove that a test sees it.

/// Passes a named point of the protocol.
#[cfg(not(feature = "testing"))]
#[inline]
pub const fn hit(_point: &'static str) {}

/// Returns true if a safety device is switched off.
#[cfg(not(feature = "testing"))]
#[inline]
#[must_use]
pub const fn broken(_device: &str) -> bool {
    false
}

#[cfg(feature = "testing")]
pub use aimed::{Plan, aim, broken, hit};

/// What a harness asked for, once per process.
#[cfg(feature = "testing")]
mod aimed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicI64, Ordering};

    /// The faults of a run.
    #[derive(Debug, Default)]
    pub struct Plan {
        /// The point at which the process aborts.
        pub point: Option<String>,
        /// At which passing of it, from 1.
        pub passing: i64,
        /// Safety devices that are off: `dedup`, `cas`, `sending`, `tenant_filter`, `booking_check`.
        pub broken: Vec<String>,
    }

    static PLAN: OnceLock<Plan> = OnceLock::new();
    static PASSED: AtomicI64 = AtomicI64::new(0);

    /// Sets the faults of this process; only the first call counts.
    pub fn aim(plan: Plan) {
        // A second plan would make a run that nobody can repeat.
        let _second = PLAN.set(plan);
    }

    /// Aborts the process at the chosen passing of the chosen point.
    pub fn hit(point: &'static str) {
        let Some(plan) = PLAN.get().filter(|plan| plan.point.as_deref() == Some(point)) else { return };
        if PASSED.fetch_add(1, Ordering::AcqRel) + 1 == plan.passing {
            std::process::abort();
        }
    }

    /// Returns true if a safety device is switched off.
    #[must_use]
    pub fn broken(device: &str) -> bool {
        PLAN.get().is_some_and(|plan| plan.broken.iter().any(|name| name == device))
    }
}
