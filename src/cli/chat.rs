//! `recado chat`.

use crate::cli::{open, secret};
use crate::config::Config;

/// Whom to talk to.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tenant's slug.
    #[arg(long, value_name = "SLUG", default_value = "demo")]
    pub tenant: String,
}

pub(super) async fn run(config: Config, args: Args) -> anyhow::Result<()> {
    let keys = secret::from_settings_or_folder(&config).or_else(secret::without)?;
    let admin = open::admin(&config, keys).await?;
    Ok(Box::pin(crate::app::chat(&config, &admin, &args.tenant)).await?)
}
