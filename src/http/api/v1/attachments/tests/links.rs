//! Links: what they open, for how long, and how a browser is kept from running what is in a file.

use super::*;

#[actix_web::test]
async fn a_link_shows_a_picture_in_place_and_shuts_it_in() {
    for it in House::both().await {
        let made = it.bring("niña.png", Some("image/png"), &png()).await.json();
        let shown = it.follow(&made["url"]).await;
        assert_eq!((shown.status, shown.header("content-type")), (200, "image/png"));
        assert_eq!(shown.header("content-disposition"), "inline; filename=\"ni_a.png\"; filename*=UTF-8''ni%C3%B1a.png");
        assert_eq!(shown.header("content-security-policy"), "sandbox; default-src 'none'; frame-ancestors 'self'");
        assert_eq!((shown.header("x-content-type-options"), shown.header("cross-origin-resource-policy")), ("nosniff", "same-site"));
        assert!(shown.header("cache-control").starts_with("private, max-age="), "{:?}", shown.headers);
        let saved = it.follow(&made["download_url"]).await;
        assert!(saved.header("content-disposition").starts_with("attachment; "), "{:?}", saved.headers);
    }
}

#[actix_web::test]
async fn trust_19_what_can_hold_a_script_is_saved_and_never_shown() {
    let it = House::on(Base::open().await).await;
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(document.domain)</script></svg>";
    for (name, kind, bytes) in [
        ("a.svg", "image/svg+xml", svg.as_slice()),
        ("a.html", "text/html", b"<!doctype html><script>alert(1)</script>"),
        ("a.xml", "application/xml", b"<?xml version=\"1.0\"?><a/>"),
        ("a.js", "text/javascript", b"alert(1)"),
        ("a.txt", "text/plain", b"hola"),
        ("a.pdf", "application/pdf", b"%PDF-1.7\n"),
    ] {
        let made = it.bring(name, Some(kind), bytes).await;
        assert_eq!(made.status, 201, "{name}: {}", made.text);
        let shown = it.follow(&made.json()["url"]).await;
        let kind = if ["a.txt", "a.pdf"].contains(&name) { kind } else { "application/octet-stream" };
        assert_eq!((shown.status, shown.header("content-type")), (200, kind), "{name}");
        assert!(shown.header("content-disposition").starts_with("attachment; "), "{name}");
        assert!(shown.header("content-security-policy").starts_with("sandbox; default-src 'none'"), "{name}");
    }
}

/// C11.
#[actix_web::test]
async fn c11_a_link_that_is_forged_expired_or_whose_file_is_gone_opens_nothing() {
    for it in House::both().await {
        let made = it.bring("photo.png", None, &png()).await.json();
        let link = made["url"].as_str().unwrap().to_owned();
        let mut forged = link.clone();
        forged.replace_range(
            link.len() - 30..link.len() - 29,
            if link.get(link.len() - 30..link.len() - 29) == Some("A") { "B" } else { "A" },
        );
        assert_eq!(it.follow(&json!(forged)).await.status, 404);
        for path in ["/files/x", "/files/f_", "/files/f_AAAA", "/files/"] {
            assert_eq!(it.door.call(TestRequest::get().uri(path)).await.status, 404, "{path}");
        }
        assert_eq!(it.follow(&json!(link)).await.status, 200);
        it.door.base.clock.advance(Duration::from_mins(14));
        assert_eq!(it.follow(&json!(link)).await.status, 200, "a quarter of an hour at least");
        it.door.base.clock.advance(Duration::from_mins(7));
        let late = it.follow(&json!(link)).await;
        assert_eq!((late.status, late.json()["code"].as_str()), (410, Some("expired")));
        let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
        let anew = it.door.get(&it.shop, &path).await.json()["url"].clone();
        assert_eq!(it.follow(&anew).await.status, 200);
        assert_eq!(it.door.ask(&it.shop, Method::DELETE, &path, None).await.status, 204);
        assert_eq!(it.follow(&anew).await.status, 404, "a link does not outlive its file");
    }
}

#[actix_web::test]
async fn a_part_is_served_and_what_a_browser_has_is_not_sent_again() {
    let it = House::on(Base::open().await).await;
    let made = it.bring("a.txt", None, b"0123456789").await.json();
    let path = made["url"].as_str().unwrap().strip_prefix("http://localhost").unwrap().to_owned();
    let ask = |name: &'static str, value: String| it.door.call(TestRequest::get().uri(&path).insert_header((name, value)));
    let part = ask("range", "bytes=2-4".to_owned()).await;
    assert_eq!((part.status, part.text.as_str(), part.header("content-range")), (206, "234", "bytes 2-4/10"));
    assert_eq!(part.header("accept-ranges"), "bytes");
    assert_eq!(ask("range", "bytes=10-".to_owned()).await.status, 416);
    let whole = ask("range", "bytes=0-1,4-5".to_owned()).await;
    assert_eq!((whole.status, whole.text.as_str()), (200, "0123456789"));
    let known = ask("if-none-match", whole.header("etag").to_owned()).await;
    assert_eq!((known.status, known.text.as_str()), (304, ""));
}
