//! `GET /files/{token}`: a file, for whoever has a link that was made for it and still holds.
//!
//! Whatever a file is, a browser runs nothing of it: its type is ours, guessing is forbidden, the policy shuts it in, and what is not known
//! to be harmless is only ever saved.

use crate::crypto::file_links::{NoFile, OpenedFile};
use crate::domain::file::shown_in_place;
use crate::domain::suspension::Feature;
use crate::http::HttpState;
use crate::http::auth::going_on;
use crate::http::problem::{Problem, ProblemDetails};
use crate::ports::files::{FileBytes, FileError, Shown, preview_name};
use crate::store::people::files::FileRow;
use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, CROSS_ORIGIN_RESOURCE_POLICY,
    ETAG, IF_NONE_MATCH, IF_RANGE, RANGE, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use futures::TryStreamExt;
use std::ops::Range;

/// A file is shut in whatever it is.
const POLICY: &str = "sandbox; default-src 'none'; frame-ancestors 'self'";

/// Shows a file.
///
/// # Errors
/// 404 for a link that is none, or whose file is gone; 410 once its time is over; 416 for a part that is not there.
#[utoipa::path(get, path = "/files/{token}", tag = "attachments", security(()), params(("token" = String, Path)),
    responses((status = 200, description = "The file", body = String, content_type = "*/*"),
        (status = 206, description = "The part that Range names", body = String, content_type = "*/*"),
        (status = 304, description = "As it was: If-None-Match named it"),
        (status = 410, description = "The link's time is over: read the message or the attachment again", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 416, description = "There is no such part", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn show_file(state: Data<HttpState>, request: HttpRequest, token: Path<String>) -> Result<HttpResponse, Problem> {
    let opened = state.files.links.read(&token, state.clock.now()).map_err(|error| match error {
        NoFile::Unknown => Problem::not_found(),
        NoFile::Expired => {
            Problem::new(StatusCode::GONE, "the link's time is over: read the message or the attachment again").with_code("expired")
        }
    })?;
    let running = going_on(&state, opened.tenant, Feature::Api).await;
    if running.as_ref().is_err_and(|problem| problem.status() == StatusCode::FORBIDDEN) {
        return Err(Problem::not_found());
    }
    running?;
    let row = state.store.tenant(opened.tenant).file_by_link(opened.file).await?.ok_or_else(Problem::not_found)?;
    let small = opened.shown == Shown::Preview;
    if small && !row.facts.preview {
        return Err(Problem::not_found());
    }
    let tag = format!("\"{}{}\"", row.facts.sha256, if small { "-p" } else { "" });
    if header(&request, IF_NONE_MATCH.as_str()).is_some_and(|tags| tags.contains(&tag)) {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, cache(&state, opened))).finish());
    }
    let part = if small { None } else { asked_part(&request, &tag, row.facts.size)? };
    let name = if small { preview_name(&row.name) } else { row.name.clone() };
    let found = match state.files.store.read(&name, part.clone()).await {
        // The row is younger than this look, or the operator has lost the bytes.
        Err(FileError::Absent) => {
            tracing::warn!(tenant.id = %opened.tenant, file.id = %opened.file, "the bytes of a file are not where its row says");
            return Err(Problem::not_found());
        }
        found => found?,
    };
    let mut response = if part.is_some() { HttpResponse::PartialContent() } else { HttpResponse::Ok() };
    response.insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, cache(&state, opened)));
    Ok(answer(response, &row, opened.shown, (found, part)))
}

fn answer(
    mut response: actix_web::HttpResponseBuilder,
    row: &FileRow,
    shown: Shown,
    (found, part): (FileBytes, Option<Range<u64>>),
) -> HttpResponse {
    let in_place = match shown {
        Shown::Preview => true,
        Shown::InPlace => shown_in_place(&row.facts.media_type),
        Shown::Download => false,
    };
    let media_type = match shown {
        Shown::Preview => "image/jpeg",
        Shown::InPlace | Shown::Download => row.facts.media_type.as_str(),
    };
    let length = part.as_ref().map_or(found.size, |part| part.end - part.start);
    if let Some(part) = part {
        response.insert_header((CONTENT_RANGE, format!("bytes {}-{}/{}", part.start, part.end.saturating_sub(1), found.size)));
    }
    response
        .insert_header((CONTENT_TYPE, media_type))
        .insert_header((CONTENT_DISPOSITION, disposition(in_place, &row.facts.name)))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CROSS_ORIGIN_RESOURCE_POLICY, "same-site"))
        .insert_header((ACCEPT_RANGES, if shown == Shown::Preview { "none" } else { "bytes" }))
        .body(SizedStream::new(
            length,
            found.bytes.map_err(|error| {
                tracing::warn!(error = %error, "a file broke off on its way out");
                error
            }),
        ))
}

/// The browser may keep it until its link ends; nobody between may.
fn cache(state: &HttpState, opened: OpenedFile) -> String {
    let left = opened.until.since(state.clock.now()).as_secs();
    format!("private, max-age={left}, immutable")
}

/// Writes the name twice: in plain signs for old programs, and as it is (RFC 6266, RFC 8187).
fn disposition(in_place: bool, name: &str) -> String {
    let plain: String = name.chars().map(|char| if char.is_ascii_alphanumeric() || " .-_()".contains(char) { char } else { '_' }).collect();
    let encoded: String = name
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    let kind = if in_place { "inline" } else { "attachment" };
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}

/// Returns the part that is asked for: one range of bytes. Several, or what is none, gets the whole file, as the standard allows.
fn asked_part(request: &HttpRequest, tag: &str, size: u64) -> Result<Option<Range<u64>>, Problem> {
    let Some(asked) = header(request, RANGE.as_str()).and_then(|asked| asked.strip_prefix("bytes=")) else { return Ok(None) };
    if header(request, IF_RANGE.as_str()).is_some_and(|known| known != tag) {
        return Ok(None);
    }
    let Some((first, last)) = asked.split_once('-').map(|(first, last)| (first.trim(), last.trim())) else { return Ok(None) };
    let part = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Ok(first), Err(_)) if last.is_empty() => first..size,
        (Err(_), Ok(last)) if first.is_empty() && last > 0 => size.saturating_sub(last)..size,
        (Ok(_) | Err(_), Ok(_) | Err(_)) => return Ok(None),
    };
    if part.start >= size {
        return Err(Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, format!("the file has {size} bytes")));
    }
    Ok(Some(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn a_name_cannot_leave_its_header() {
        let text = disposition(false, "photo de Ñandú; \"x\".png");
        assert_eq!(
            text,
            "attachment; filename=\"photo de _and__ _x_.png\"; filename*=UTF-8''photo%20de%20%C3%91and%C3%BA%3B%20%22x%22.png"
        );
        assert!(text.is_ascii());
    }

    #[test]
    fn one_range_is_understood_and_anything_else_gets_the_whole_file() {
        let part = |asked: &str| {
            let request = TestRequest::default().insert_header((RANGE, asked)).to_http_request();
            asked_part(&request, "\"t\"", 10).map_err(|problem| problem.status().as_u16())
        };
        assert_eq!(part("bytes=0-0"), Ok(Some(0..1)));
        assert_eq!(part("bytes=4-99"), Ok(Some(4..10)));
        assert_eq!(part("bytes=4-"), Ok(Some(4..10)));
        assert_eq!(part("bytes=-3"), Ok(Some(7..10)));
        assert_eq!(part("bytes=-99"), Ok(Some(0..10)));
        for whole in ["bytes=0-1,3-4", "bytes=5-4", "bytes=-", "bytes=x-1", "lines=0-1", "bytes=-0", "bytes"] {
            assert_eq!(part(whole), Ok(None), "{whole}");
        }
        assert_eq!(part("bytes=10-"), Err(416));
        let request = TestRequest::default().insert_header((RANGE, "bytes=0-0")).insert_header((IF_RANGE, "\"old\"")).to_http_request();
        assert!(asked_part(&request, "\"t\"", 10).unwrap().is_none());
    }
}
