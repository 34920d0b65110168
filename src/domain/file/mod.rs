//! Files that people attach: what they are called, what they are, what may be shown in a browser, what a channel takes of them. Pure.
//!
//! What a file is, its first bytes say; what its sender says of it is only compared with that. Nothing here trusts a name.

mod media;
mod name;
mod sniff;

pub use media::{Media, NoMedia, TakenKind};
pub use name::clean_name;
pub use sniff::{BadType, HEAD, media_type};

use crate::domain::content::{Attachment, MessageKind};
use crate::domain::ids::FileId;
use serde::{Deserialize, Serialize};

/// Most files that a person attaches to one message.
pub const MOST: usize = 10;

/// Names a file of ours in a message, with what is needed to show a place for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeptFile {
    /// Which.
    pub id: FileId,
    /// Width in pixels, of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Height in pixels, of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// There is a small picture of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preview: bool,
}

/// A file as it was found to be, once all of it has arrived.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileFacts {
    /// Its name, cleaned.
    pub name: String,
    /// Its media type, found by its first bytes.
    pub media_type: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256 in hex.
    pub sha256: String,
    /// Width and height in pixels as it is meant to be seen, of a picture that could be read.
    pub pixels: Option<(u32, u32)>,
    /// There is a small picture of it.
    pub preview: bool,
}

impl FileFacts {
    /// Returns it as a message carries it.
    #[must_use]
    pub fn attachment(&self, id: FileId) -> Attachment {
        let (width, height) = self.pixels.unzip();
        Attachment {
            kind: kind_of(&self.media_type),
            mime_type: self.media_type.clone(),
            provider_ref: None,
            url: None,
            file_name: Some(self.name.clone()),
            sha256: Some(self.sha256.clone()),
            size: Some(self.size),
            voice: false,
            file: Some(KeptFile { id, width, height, preview: self.preview }),
        }
    }
}

/// Returns the kind of message that a file of this type makes.
#[must_use]
pub fn kind_of(media_type: &str) -> MessageKind {
    match media_type.split('/').next() {
        Some("image") => MessageKind::Image,
        Some("video") => MessageKind::Video,
        Some("audio") => MessageKind::Audio,
        Some(_) | None => MessageKind::Document,
    }
}

/// Types that a browser may show in place: none of them can hold a script that runs. Everything else is only ever downloaded; PDF among
/// that, which holds scripts, and which browsers do not show where a policy shuts it in as ours does.
const INLINE: [&str; 15] = [
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "audio/mpeg",
    "audio/ogg",
    "audio/mp4",
    "audio/aac",
    "audio/amr",
    "audio/wav",
    "audio/flac",
    "audio/webm",
    "video/mp4",
    "video/webm",
    "video/3gpp",
];

/// Tells whether a browser may show a file of this type in place.
#[must_use]
pub fn shown_in_place(media_type: &str) -> bool {
    INLINE.contains(&media_type.split(';').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_hold_a_script_is_never_shown_in_place() {
        for active in [
            "image/svg+xml",
            "text/html",
            "application/xhtml+xml",
            "text/xml",
            "text/javascript",
            "text/plain",
            "image/tiff",
            "application/pdf",
            "",
        ] {
            assert!(!shown_in_place(active), "{active}");
        }
        assert!(shown_in_place("image/png") && shown_in_place("audio/ogg; codecs=opus"));
    }

    #[test]
    fn a_file_makes_a_message_of_its_kind() {
        let kinds = ["image/png", "video/mp4", "audio/ogg", "application/pdf", "text/plain"].map(kind_of);
        use MessageKind::{Audio, Document, Image, Video};
        assert_eq!(kinds, [Image, Video, Audio, Document, Document]);
    }
}
