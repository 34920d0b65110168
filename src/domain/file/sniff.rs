//! What a file is, by its first bytes, and whether its sender's word agrees.
//!
//! Markup and what nobody knows is taken as bytes without a type, for download only; programs are not taken at all.

use thiserror::Error;

/// How many of a file's first bytes are looked at.
pub const HEAD: usize = 8 * 1024;
/// The type of what nobody knows, and of what a browser must not know.
const OPAQUE: &str = "application/octet-stream";

/// Why a file is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadType {
    /// It has no bytes.
    #[error("must not be empty")]
    Empty,
    /// It is a program.
    #[error("is a program, which is not taken: send it in an archive or by another way")]
    Program,
    /// It is something else than its sender says.
    #[error("is declared as {declared}, but its content is {found}: send it with its own type, or without one")]
    Lies {
        /// What its sender says.
        declared: String,
        /// What it is.
        found: String,
    },
}

/// What belongs together where a sender names one and the bytes say another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Picture,
    /// Sound and film share their containers.
    Recording,
    Pdf,
    Words,
    Other,
}

fn family(media_type: &str) -> Family {
    match media_type.split('/').next().unwrap_or_default() {
        "image" if !media_type.ends_with("xml") => Family::Picture,
        "audio" | "video" => Family::Recording,
        "text" => Family::Words,
        _ if media_type == "application/pdf" => Family::Pdf,
        _ => Family::Other,
    }
}

/// Returns the type under which a file is kept. `head` holds its first [`HEAD`] bytes, `declared` what its sender says.
///
/// # Errors
/// [`BadType`].
pub fn media_type(head: &[u8], name: &str, declared: Option<&str>) -> Result<String, BadType> {
    if head.is_empty() {
        return Err(BadType::Empty);
    }
    let declared = declared.map(|text| text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    let declared = declared.filter(|text| !text.is_empty() && text != OPAQUE);
    let found = found(head, name)?;
    let Some(declared) = declared else { return Ok(found.to_owned()) };
    let agrees = match (family(&declared), family(found)) {
        // Words are told from nothing else by their bytes: a table, a calendar, a card.
        (Family::Words | Family::Other, Family::Words | Family::Other) => true,
        (said, is) => said == is,
    };
    if !agrees {
        return Err(BadType::Lies { declared: declared.chars().take(100).collect(), found: found.to_owned() });
    }
    // The same container holds sound or film: there the sender knows better.
    let sound_only = declared.starts_with("audio/").then(|| found.strip_prefix("video/")).flatten();
    Ok(match sound_only {
        Some(container @ ("mp4" | "webm")) => format!("audio/{container}"),
        Some(_) | None => found.to_owned(),
    })
}

fn found(head: &[u8], name: &str) -> Result<&'static str, BadType> {
    use infer::MatcherType::{App, Archive, Audio, Book, Doc, Font, Image, Text, Video};
    if head.starts_with(b"#!") {
        return Err(BadType::Program);
    }
    // Phones' films; the library knows them by one brand only.
    if head.get(4..10) == Some(b"ftyp3g") {
        return Ok("video/3gpp");
    }
    let Some(kind) = infer::get(head) else { return Ok(words(head, name)) };
    match kind.matcher_type() {
        // Some are known by two letters, with which words may begin too ("BMW;", "MZ"). None of these is all words.
        Image | Audio | Video | App if words(head, name) != OPAQUE => Ok(words(head, name)),
        App if kind.mime_type() == "application/wasm" || kind.mime_type().contains("executable") => Err(BadType::Program),
        App if ["application/x-mach-binary", "application/java", "application/java-vm", "application/vnd.android.dex"]
            .contains(&kind.mime_type()) =>
        {
            Err(BadType::Program)
        }
        Image | Audio | Video => Ok(canonical(kind.mime_type())),
        Doc | Book | Archive | Font => Ok(kind.mime_type()),
        // Markup among them: a type that a browser knows must not go along.
        Text | App | infer::MatcherType::Custom => Ok(OPAQUE),
    }
}

/// Spells types as browsers and channels do.
fn canonical(media_type: &'static str) -> &'static str {
    match media_type {
        "audio/x-wav" => "audio/wav",
        "audio/m4a" => "audio/mp4",
        "audio/x-flac" => "audio/flac",
        // The codec must be named: plain Ogg may be refused as a voice note.
        "audio/opus" => "audio/ogg; codecs=opus",
        other => other,
    }
}

/// Tells words from bytes that nobody knows, and from markup.
fn words(head: &[u8], name: &str) -> &'static str {
    // The last character may be cut in two.
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => std::str::from_utf8(head.get(..error.valid_up_to()).unwrap_or_default()).unwrap_or(""),
        Err(_) => return OPAQUE,
    };
    let control = |char: char| char.is_control() && !matches!(char, '\n' | '\r' | '\t');
    if text.is_empty() || text.chars().any(control) || looks_like_markup(text) {
        return OPAQUE;
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    match ending.as_deref() {
        Some("csv") => "text/csv",
        Some("vcf") => "text/vcard",
        Some("ics") => "text/calendar",
        Some("html" | "htm" | "xhtml" | "svg" | "xml" | "js" | "mjs" | "css" | "hta" | "bat" | "cmd" | "ps1" | "vbs" | "sh") => OPAQUE,
        Some(_) | None => "text/plain",
    }
}

fn looks_like_markup(text: &str) -> bool {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let lower = text.to_ascii_lowercase();
    start.starts_with('<') || ["<script", "<html", "<svg", "<body", "<iframe", "<?xml", "<!doctype"].iter().any(|tag| lower.contains(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const PDF: &[u8] = b"%PDF-1.7\n";

    fn typed(head: &[u8], name: &str, declared: Option<&str>) -> String {
        media_type(head, name, declared).unwrap()
    }

    #[test]
    fn a_file_is_what_its_first_bytes_say() {
        assert_eq!(typed(PNG, "a.exe", None), "image/png");
        assert_eq!(typed(PNG, "a.png", Some("image/png; charset=x")), "image/png");
        assert_eq!(typed(PNG, "a.png", Some("image/jpeg")), "image/png", "one picture for another harms nobody");
        assert_eq!(typed(PDF, "a", Some("application/octet-stream")), "application/pdf");
        assert_eq!(typed(b"\xff\xd8\xff\xe0\0\x10JFIF", "a", None), "image/jpeg");
        assert_eq!(typed(b"hola, se\xc3\xb1or", "a.csv", None), "text/csv");
        assert_eq!(typed(b"hola \xc3", "nota", Some("text/plain")), "text/plain", "the last character is cut in two");
        assert_eq!(typed(b"OggS\0\x02aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a.ogg", Some("audio/ogg; codecs=opus")), "audio/ogg");
        let film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom";
        assert_eq!((typed(film, "a", None), typed(film, "a", Some("audio/mp4"))), ("video/mp4".to_owned(), "audio/mp4".to_owned()));
    }

    #[test]
    fn words_that_begin_like_a_picture_or_a_program_are_words() {
        for head in ["BMW;320i;2019\n", "MZ-001;12\n", "BC;Vancouver\n", "ID3;x\n"] {
            assert_eq!(typed(head.as_bytes(), "a.csv", Some("text/csv")), "text/csv", "{head}");
        }
        assert_eq!(typed(b"BM\x36\x10\x0e\0\0\0\0\0\x36\0\0\0", "a.bmp", None), "image/bmp");
        let phone = b"\0\0\0\x18ftyp3gp4\0\0\0\x003gp4isom";
        assert_eq!(typed(phone, "a.3gp", Some("video/3gpp")), "video/3gpp");
    }

    #[test]
    fn trust_2_16_markup_and_what_nobody_knows_has_no_type() {
        for (head, name, declared) in [
            (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".as_slice(), "a.svg", Some("image/svg+xml")),
            (b"<!DOCTYPE html><script>1</script>", "a.html", Some("text/html")),
            (b"<?xml version='1.0'?><a/>", "a.xml", Some("application/xml")),
            (b"hello <script>alert(1)</script>", "a.txt", Some("text/plain")),
            (b"alert(1)", "a.js", Some("text/javascript")),
            (b"\x01\x02\x03\x04", "a.bin", None),
            (b"\xef\xbb\xbf <html>", "a.txt", None),
        ] {
            assert_eq!(typed(head, name, declared), OPAQUE, "{name}");
        }
    }

    #[test]
    fn trust_2_16_a_sender_who_lies_is_refused() {
        for (head, declared) in [
            (PDF, "image/png"),
            (PNG, "application/pdf"),
            (PNG, "text/plain"),
            (b"<html>".as_slice(), "image/png"),
            (b"hola", "video/mp4"),
            (PNG, "application/zip"),
        ] {
            let error = media_type(head, "a", Some(declared)).unwrap_err();
            assert!(matches!(error, BadType::Lies { .. }), "{declared}: {error}");
        }
    }

    #[test]
    fn programs_and_empty_files_are_not_taken() {
        for head in [
            b"#!/bin/sh\n".as_slice(),
            b"MZ\x90\0\x03\0\0\0",
            b"\x7fELF\x02\x01\x01\0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ] {
            assert_eq!(media_type(head, "a.png", None), Err(BadType::Program));
        }
        assert_eq!(media_type(b"", "a", None), Err(BadType::Empty));
    }
}
