//! The addresses of the book over a real database: what is set up, listed, booked and refused.

mod appointments;
mod feed;
mod known;
mod setup;
mod waitlist;
mod walls;

use crate::domain::inbox::ChannelKind;
use crate::http::testkit::{Answer, Door};
use crate::store::people::fixtures::{Base, Shop};
use actix_web::test::TestRequest;
use serde_json::{Value, json};

/// The door stands at 2025-10-09T08:53:20Z, a Thursday; the clinic keeps UTC.
struct Clinic {
    door: Door,
    shop: Shop,
    resource: String,
    service: String,
}

impl Clinic {
    async fn open() -> Self {
        Self::on(Base::open().await).await
    }

    async fn on(base: Base) -> Self {
        let door = Door::on(base).await;
        let shop = door.shop("a", ChannelKind::Generic, "").await;
        let resource = made(&door.post(&shop, "/api/v1/resources", person("Ana")).await);
        let service = made(&door.post(&shop, "/api/v1/services", service(&resource)).await);
        Self { door, shop, resource, service }
    }

    async fn get(&self, path: &str) -> Answer {
        self.door.get(&self.shop, path).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.door.post(&self.shop, path, body).await
    }

    fn wish(&self, starts_at: &str) -> Value {
        json!({"service_id": self.service, "starts_at": starts_at, "contact": {"name": "Luz Ríos", "phone": "+52 662 555 0101"}})
    }

    async fn book(&self, starts_at: &str) -> String {
        made(&self.post("/api/v1/appointments", self.wish(starts_at)).await)
    }

    async fn book_with_key(&self, key: &str, body: Value) -> Answer {
        let request = TestRequest::post().uri("/api/v1/appointments").insert_header(("idempotency-key", key));
        let request = request.insert_header(("authorization", format!("Bearer {}", self.shop.token)));
        self.door.call(request.set_json(body)).await
    }
}

fn person(name: &str) -> Value {
    let day = json!([{"from": "09:00", "to": "17:00"}]);
    json!({"name": name, "kind": "person", "hours": {"monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": day}})
}

fn service(resource: &str) -> Value {
    json!({"name": {"es": "Consulta", "en": "Visit"}, "duration": 30, "needs": [{"any_of": [resource]}]})
}

/// Returns the id of what was made.
fn made(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["id"].as_str().expect("an id").to_owned()
}

/// Returns the status, the first wrong field and the code of an answer.
fn refusal(answer: &Answer) -> (u16, String, String) {
    let body = answer.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (answer.status, text(&body["errors"][0]["field"]), text(&body["code"]))
}

/// Returns a text field of every row of a page.
fn column(answer: &Answer, field: &str) -> Vec<String> {
    let body = answer.json();
    let rows = body["data"].as_array().unwrap_or_else(|| panic!("no page: {}", answer.text));
    rows.iter().map(|row| row[field].as_str().unwrap_or_default().to_owned()).collect()
}
