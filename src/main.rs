//! The command `recado`. Everything it can do is in [`recado::cli`].

use clap::Parser;
use recado::cli::{self, Cli};
use recado::telemetry::complain;
use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(feature = "testing")]
    recado::testing::faults::aim_from_environment();
    let cli = Cli::parse();
    match actix::System::new().block_on(cli::run(cli, &mut std::io::stdout())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("recado: {}", cli::chain(&error)));
            ExitCode::FAILURE
        }
    }
}
