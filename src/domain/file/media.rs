//! What a channel takes of files: data, like the rest of its capabilities.

use crate::domain::content::{Attachment, MAX_ATTACHMENTS, MessageKind};
use thiserror::Error;

/// One kind of file that a channel takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TakenKind {
    /// Image, video, audio or document.
    pub kind: MessageKind,
    /// Most bytes of one.
    pub bytes: u64,
    /// The types; none named: any.
    pub types: Vec<String>,
}

/// What a channel takes of files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Media {
    /// Most files of one of its messages, at least one; more of them leave in messages of their own, one after the other.
    pub per_message: usize,
    /// Longest text beside files, in characters; a longer one leaves before them in a message of its own.
    pub caption: usize,
    /// Sounds take no text beside them.
    pub silent_audio: bool,
    /// What it takes; empty: no files at all.
    pub kinds: Vec<TakenKind>,
}

/// Why a file cannot leave by a channel.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NoMedia {
    /// The channel takes no files.
    #[error("this channel takes no files")]
    None,
    /// Not of this kind.
    #[error("this channel takes no {0}")]
    Kind(&'static str),
    /// Not of this type.
    #[error("this channel does not take {found}: it takes {taken}")]
    Type {
        /// What it is.
        found: String,
        /// What is taken.
        taken: String,
    },
    /// Too large.
    #[error("this channel takes at most {0} bytes of it")]
    Size(u64),
}

impl Default for Media {
    /// Anything, beside any text.
    fn default() -> Self {
        let any = |kind| TakenKind { kind, bytes: u64::MAX, types: Vec::new() };
        Self {
            per_message: MAX_ATTACHMENTS,
            caption: usize::MAX,
            silent_audio: false,
            kinds: [MessageKind::Image, MessageKind::Video, MessageKind::Audio, MessageKind::Document].map(any).into(),
        }
    }
}

impl Media {
    /// Takes no files.
    #[must_use]
    pub const fn none() -> Self {
        Self { per_message: 1, caption: 0, silent_audio: true, kinds: Vec::new() }
    }

    /// Says whether a file can leave.
    ///
    /// # Errors
    /// [`NoMedia`].
    pub fn takes(&self, file: &Attachment) -> Result<(), NoMedia> {
        if self.kinds.is_empty() {
            return Err(NoMedia::None);
        }
        let Some(taken) = self.kinds.iter().find(|taken| taken.kind == file.kind) else {
            return Err(NoMedia::Kind(plural(file.kind)));
        };
        let plain = file.mime_type.split(';').next().unwrap_or_default().trim();
        if !taken.types.is_empty() && !taken.types.iter().any(|known| known == plain || *known == file.mime_type) {
            return Err(NoMedia::Type { found: plain.to_owned(), taken: taken.types.join(", ") });
        }
        if file.size.is_some_and(|size| size > taken.bytes) { Err(NoMedia::Size(taken.bytes)) } else { Ok(()) }
    }

    /// Tells whether a text may stand beside files.
    #[must_use]
    pub fn captions(&self, text: &str, files: &[Attachment]) -> bool {
        let silent = self.silent_audio && files.iter().any(|file| matches!(file.kind, MessageKind::Audio | MessageKind::Sticker));
        text.is_empty() || (!silent && text.chars().count() <= self.caption)
    }
}

const fn plural(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Image => "images",
        MessageKind::Video => "videos",
        MessageKind::Audio => "audio",
        MessageKind::Sticker => "stickers",
        MessageKind::Document
        | MessageKind::Text
        | MessageKind::Location
        | MessageKind::Contacts
        | MessageKind::Button
        | MessageKind::Order
        | MessageKind::Template
        | MessageKind::Unsupported => "documents",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(kind: MessageKind, mime_type: &str, size: u64) -> Attachment {
        let (mime_type, size) = (mime_type.to_owned(), Some(size));
        Attachment { kind, mime_type, size, provider_ref: None, url: None, file_name: None, sha256: None, voice: false, file: None }
    }

    #[test]
    fn a_file_that_a_channel_does_not_take_is_refused_with_what_it_takes() {
        let media = Media {
            kinds: vec![TakenKind { kind: MessageKind::Image, bytes: 10, types: vec!["image/png".to_owned()] }],
            ..Media::default()
        };
        assert_eq!(media.takes(&file(MessageKind::Image, "image/png", 10)), Ok(()));
        assert_eq!(media.takes(&file(MessageKind::Image, "image/png", 11)), Err(NoMedia::Size(10)));
        let found = media.takes(&file(MessageKind::Image, "image/gif", 1)).unwrap_err();
        assert_eq!(found.to_string(), "this channel does not take image/gif: it takes image/png");
        assert_eq!(media.takes(&file(MessageKind::Video, "video/mp4", 1)).unwrap_err().to_string(), "this channel takes no videos");
        assert_eq!(Media::none().takes(&file(MessageKind::Image, "image/png", 1)), Err(NoMedia::None));
        assert_eq!(Media::default().takes(&file(MessageKind::Document, "application/zip", 1 << 40)), Ok(()));
    }

    #[test]
    fn a_long_text_and_a_sound_stand_apart() {
        let media = Media { caption: 3, silent_audio: true, ..Media::default() };
        let (picture, sound) = ([file(MessageKind::Image, "image/png", 1)], [file(MessageKind::Audio, "audio/ogg", 1)]);
        assert!(media.captions("día", &picture) && !media.captions("días", &picture));
        assert!(media.captions("", &sound) && !media.captions("a", &sound));
    }
}
