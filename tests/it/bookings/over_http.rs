//! The book over real HTTP, on both databases: set up, booked, raced for, moved, subscribed to, and walled off from others.

use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use crate::support::tenant::TestTenant;
use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use reqwest::Method;
use serde_json::{Value, json};

/// Callers who want the same time at once.
const RIVALS: usize = 12;

fn id(made: &Value) -> Result<String> {
    Ok(made["id"].as_str().with_context(|| format!("no id: {made}"))?.to_owned())
}

async fn post(shop: &TestTenant<'_>, path: &str, body: Value) -> Result<(u16, Value)> {
    shop.call(Method::POST, path, Some(body)).await
}

/// Sets up one person who is always there; returns the resource and the service.
async fn set_up(shop: &TestTenant<'_>) -> Result<(String, String)> {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let hours: Value = days.into_iter().map(|day| (day.to_owned(), json!([{"from": "00:00", "to": "24:00"}]))).collect();
    let (status, resource) = post(shop, "resources", json!({"name": "Ana", "kind": "person", "hours": hours})).await?;
    ensure!(status == 201, "{resource}");
    let needs = json!([{"any_of": [id(&resource)?]}]);
    let (status, service) = post(shop, "services", json!({"name": {"es": "Consulta"}, "duration": 30, "needs": needs})).await?;
    ensure!(status == 201, "{service}");
    Ok((id(&resource)?, id(&service)?))
}

async fn starts(shop: &TestTenant<'_>, service: &str) -> Result<Vec<Value>> {
    let (status, page) = shop.call(Method::GET, &format!("slots?service_id={service}&limit=10"), None).await?;
    ensure!(status == 200, "{page}");
    Ok(page["data"].as_array().context("no page")?.iter().map(|slot| slot["starts_at"].clone()).collect())
}

#[actix_web::test]
async fn many_callers_want_one_time_and_one_gets_it() -> Result<()> {
    for database in TestDatabase::both().await? {
        let app = TestApp::on(database).start().await?;
        let shop = app.tenant("clinic").await?;
        let (_, service) = set_up(&shop).await?;
        let free = starts(&shop, &service).await?;
        let wish = |name: usize| json!({"service_id": service, "starts_at": free[4], "contact": {"name": format!("Rival {name}")}});
        let answers = try_join_all((0..RIVALS).map(|name| post(&shop, "appointments", wish(name)))).await?;
        let won = answers.iter().filter(|(status, _)| *status == 201).count();
        let lost = answers.iter().filter(|(status, problem)| *status == 409 && problem["code"] == "taken").count();
        assert_eq!((won, lost), (1, RIVALS - 1), "{answers:?}");
        let (_, page) = shop.call(Method::GET, "appointments?status=confirmed", None).await?;
        assert_eq!(page["data"].as_array().map(Vec::len), Some(1));
    }
    Ok(())
}

#[actix_web::test]
async fn the_book_is_written_by_its_owner_and_absent_for_others() -> Result<()> {
    for database in TestDatabase::both().await? {
        let app = TestApp::on(database).start().await?;
        let (shop, other) = (app.tenant("clinic").await?, app.tenant("rival").await?);
        let (resource, service) = set_up(&shop).await?;
        let free = starts(&shop, &service).await?;
        let wish = json!({"service_id": service, "starts_at": free[4], "contact": {"name": "Luz Ríos"}});
        let (status, made) = post(&shop, "appointments", wish.clone()).await?;
        assert_eq!(status, 201, "{made}");
        let path = format!("appointments/{}", id(&made)?);
        let (status, moved) = post(&shop, &format!("{path}/move"), json!({"starts_at": free[6], "version": 1})).await?;
        assert_eq!((status, &moved["starts_at"], &moved["version"]), (200, &free[6], &json!(2)), "{moved}");
        let (status, stale) = post(&shop, &format!("{path}/cancel"), json!({"version": 1})).await?;
        assert_eq!((status, &stale["code"]), (409, &json!("stale")));
        let feed = format!("resources/{resource}/feed");
        let calendar = post(&shop, &feed, json!({})).await?.1["path"].as_str().context("no path")?.to_owned();
        let text = reqwest::get(format!("{}{calendar}", app.base())).await?.text().await?;
        assert_eq!((text.matches("BEGIN:VEVENT").count(), text.contains("SUMMARY:Consulta · Luz\r\n")), (1, true), "{text}");

        for at in [&path, &format!("services/{service}"), &format!("resources/{resource}")] {
            assert_eq!(other.call(Method::GET, at, None).await?.0, 404, "{at}");
        }
        for verb in ["cancel", "approve", "complete", "no-show"] {
            assert_eq!(post(&other, &format!("{path}/{verb}"), json!({})).await?.0, 404, "{verb}");
        }
        assert_eq!((post(&other, &feed, json!({})).await?.0, post(&other, "appointments", wish).await?.0), (404, 422));
        assert_eq!(other.call(Method::GET, "appointments", None).await?.1["data"], json!([]));
        assert_eq!(shop.call(Method::DELETE, &feed, None).await?.0, 204);
        assert_eq!(reqwest::get(format!("{}{calendar}", app.base())).await?.status().as_u16(), 404);
        assert_eq!(post(&shop, &format!("{path}/cancel"), json!({"version": 2})).await?.1["status"], "cancelled");
        assert_eq!(shop.call(Method::DELETE, &format!("services/{service}"), None).await?.1["active"], json!(false));
    }
    Ok(())
}
