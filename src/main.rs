//! The command `recado`. Everything it can do is in [`recado::cli`].

use clap::Parser;
use recado::cli::{self, Cli};
use recado::telemetry::complain;
use std::process::ExitCode;

/// Takes what a test harness asks of this process.
#[cfg(feature = "testing")]
fn rehearse() {
    recado::testing::faults::aim_from_environment();
    if let Some(calendars) = recado::testing::calendar_client::from_environment() {
        recado::app::plug_calendars(calendars);
    }
}

fn main() -> ExitCode {
    #[cfg(feature = "testing")]
    rehearse();
    let cli = Cli::parse();
    match actix::System::new().block_on(cli::run(cli, &mut std::io::stdout())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("recado: {}", cli::chain(&error)));
            ExitCode::FAILURE
        }
    }
}
