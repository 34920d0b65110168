//! Links for those who may see a file: they hold for a quarter of an hour or a little more, and stay the same for some minutes, so that a
//! browser finds again what it has.

use crate::crypto::file_links::SignedFiles;
use crate::domain::ids::{FileId, TenantId};
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::ports::files::{FileLinks, Shown};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How long a link holds at least.
const HOLDS: Duration = Duration::from_mins(15);
/// Links made within so many seconds are the same.
const STEP: i64 = 300;

/// Makes links to one business's files.
#[derive(Clone)]
pub struct Linker {
    links: Arc<SignedFiles>,
    tenant: TenantId,
    until: Timestamp,
}

impl Linker {
    /// Makes links for people of a business, from now on.
    #[must_use]
    pub fn new(state: &HttpState, tenant: TenantId) -> Self {
        let end = state.clock.now().after(HOLDS).micros().div_euclid(1_000_000);
        let until = Timestamp::from_secs((end.div_euclid(STEP) + 1) * STEP);
        Self { links: Arc::clone(&state.files.links), tenant, until }
    }

    /// Returns a link.
    #[must_use]
    pub fn link(&self, file: Uuid, shown: Shown) -> String {
        self.links.link(self.tenant, FileId(file), shown, self.until)
    }
}
