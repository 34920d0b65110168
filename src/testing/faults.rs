//! Aimed aborts and switched-off safety devices, read from the environment once.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

struct Aim {
    point: String,
    left: Mutex<u64>,
}

#[expect(clippy::disallowed_methods, reason = "only here: the test harness speaks to the process by its environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Aborts the process at the chosen passing of the chosen point.
pub fn hit(point: &'static str) {
    static AIM: OnceLock<Option<Aim>> = OnceLock::new();
    let aim = AIM.get_or_init(|| {
        let text = variable("RECADO_TEST_FAULT")?;
        let (point, count) = text.rsplit_once(':').unwrap_or((&text, "1"));
        Some(Aim { point: point.to_owned(), left: Mutex::new(count.parse().unwrap_or(1)) })
    });
    let Some(aim) = aim.as_ref().filter(|aim| aim.point == point) else { return };
    let mut left = aim.left.lock().unwrap_or_else(PoisonError::into_inner);
    *left = left.saturating_sub(1);
    if *left == 0 {
        std::process::abort();
    }
}

/// Returns true if `device` (`dedup`, `cas`, `sending`, `single_actor`, `tenant_filter`) is switched off.
#[must_use]
pub fn broken(device: &str) -> bool {
    static BROKEN: OnceLock<HashMap<String, ()>> = OnceLock::new();
    let names = || variable("RECADO_TEST_BREAK").unwrap_or_default().split([',', '|']).map(|name| (name.trim().to_owned(), ())).collect();
    BROKEN.get_or_init(names).contains_key(device)
}
