//! Reads the faults of a run from the environment: `RECADO_TEST_FAULT=point:3` aborts at the third passing, `RECADO_TEST_BREAK=dedup,cas`
//! switches safety devices off.

use crate::ports::faults::{Plan, aim};

#[expect(clippy::disallowed_methods, reason = "the test harness speaks to the process by its environment, once, at start")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// Takes the plan from the environment.
pub fn aim_from_environment() {
    let fault = variable("RECADO_TEST_FAULT");
    let (point, passing) = fault.rsplit_once(':').map_or((fault.as_str(), 1), |(point, count)| (point, count.parse().unwrap_or(1)));
    let broken =
        variable("RECADO_TEST_BREAK").split([',', '|']).map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
    aim(Plan { point: (!point.is_empty()).then(|| point.to_owned()), passing, broken });
}
