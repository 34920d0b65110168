//! Every address of the door, in one list: the OpenAPI document is tested against it, both ways.

use crate::http::api::v1::conversations::{assignment, get, handback, list, message_retry, messages_create, messages_list, status, turns};
use crate::http::api::v1::{
    appointments, booking_rules, commands_get, events, holidays, model_providers, model_settings, resources, services, slots, waitlist,
};
use crate::http::problem::Problem;
use crate::http::webhooks::{generic, whatsapp};
use crate::http::{HttpState, calendar, docs, health};
use actix_web::web::{Data, PathConfig, QueryConfig, ServiceConfig, delete, get, post, put, resource};
use actix_web::{HttpResponse, Route};

/// One address with its methods.
pub(super) struct Address {
    /// The pattern.
    pub path: &'static str,
    /// Method in lower case, and its handler.
    pub routes: Vec<(&'static str, Route)>,
}

fn api(path: &'static str, routes: Vec<(&'static str, Route)>) -> Address {
    Address { path, routes }
}

fn page(path: &'static str, route: Route) -> Address {
    Address { path, routes: vec![("get", route)] }
}

/// Lists every address of the API; the document shows the same ones.
pub(super) fn addresses() -> Vec<Address> {
    let conversation = "/api/v1/conversations/{id}";
    let messages = "/api/v1/conversations/{id}/messages";
    let mut all = vec![
        api("/webhooks/{channel}", vec![("get", get().to(whatsapp::verify_app)), ("post", post().to(whatsapp::receive_app))]),
        api(
            "/webhooks/{channel}/{inbox_id}",
            vec![("get", get().to(whatsapp::verify_inbox)), ("post", post().to(whatsapp::receive_inbox))],
        ),
        api("/api/v1/channels/{inbox_id}/events", vec![("post", post().to(generic::receive_events))]),
        api("/api/v1/conversations", vec![("get", get().to(list::list_conversations))]),
        api(conversation, vec![("get", get().to(get::get_conversation))]),
        api(messages, vec![("get", get().to(messages_list::list_messages)), ("post", post().to(messages_create::create_message))]),
        api("/api/v1/conversations/{id}/messages/{message_id}/retry", vec![("post", post().to(message_retry::retry_message))]),
        api("/api/v1/conversations/{id}/turns", vec![("get", get().to(turns::list_turns))]),
        api("/api/v1/conversations/{id}/status", vec![("post", post().to(status::set_status))]),
        api("/api/v1/conversations/{id}/handback", vec![("post", post().to(handback::hand_back))]),
        api("/api/v1/conversations/{id}/assignment", vec![("post", post().to(assignment::assign_conversation))]),
        api("/api/v1/commands/{id}", vec![("get", get().to(commands_get::get_command))]),
        api(
            "/api/v1/model-providers",
            vec![("get", get().to(model_providers::list::list_providers)), ("post", post().to(model_providers::create::create_provider))],
        ),
        api(
            "/api/v1/model-providers/{id}",
            vec![
                ("get", get().to(model_providers::get::get_provider)),
                ("put", put().to(model_providers::replace::replace_provider)),
                ("delete", delete().to(model_providers::remove::remove_provider)),
            ],
        ),
        api("/api/v1/model-providers/{id}/check", vec![("post", post().to(model_providers::check::check_provider))]),
        api(
            "/api/v1/model-settings",
            vec![("get", get().to(model_settings::get::get_settings)), ("put", put().to(model_settings::replace::replace_settings))],
        ),
        api("/api/v1/events", vec![("get", get().to(events::stream_events))]),
        api("/healthz", vec![("get", get().to(health::healthz))]),
        api("/readyz", vec![("get", get().to(health::readyz))]),
        api("/metrics", vec![("get", get().to(health::metrics))]),
    ];
    all.extend(agenda());
    all.extend(book());
    all
}

/// Lists the addresses where people set up what can be booked.
fn agenda() -> [Address; 8] {
    [
        api(
            "/api/v1/services",
            vec![("get", get().to(services::list::list_services)), ("post", post().to(services::create::create_service))],
        ),
        api(
            "/api/v1/services/{id}",
            vec![
                ("get", get().to(services::get::get_service)),
                ("put", put().to(services::replace::replace_service)),
                ("delete", delete().to(services::remove::remove_service)),
            ],
        ),
        api(
            "/api/v1/resources",
            vec![("get", get().to(resources::list::list_resources)), ("post", post().to(resources::create::create_resource))],
        ),
        api(
            "/api/v1/resources/{id}",
            vec![
                ("get", get().to(resources::get::get_resource)),
                ("put", put().to(resources::replace::replace_resource)),
                ("delete", delete().to(resources::remove::remove_resource)),
            ],
        ),
        api(
            "/api/v1/resources/{id}/feed",
            vec![("post", post().to(resources::feed::create_feed)), ("delete", delete().to(resources::feed::remove_feed))],
        ),
        api("/api/v1/holidays", vec![("get", get().to(holidays::list::list_holidays))]),
        api(
            "/api/v1/holidays/{date}",
            vec![
                ("get", get().to(holidays::get::get_holiday)),
                ("put", put().to(holidays::replace::replace_holiday)),
                ("delete", delete().to(holidays::remove::remove_holiday)),
            ],
        ),
        api(
            "/api/v1/booking-rules",
            vec![("get", get().to(booking_rules::get::get_rules)), ("put", put().to(booking_rules::replace::replace_rules))],
        ),
    ]
}

/// Lists the addresses of the book.
fn book() -> [Address; 11] {
    [
        api("/calendar/{token}.ics", vec![("get", get().to(calendar::get_calendar))]),
        api("/api/v1/slots", vec![("get", get().to(slots::list_slots))]),
        api(
            "/api/v1/appointments",
            vec![("get", get().to(appointments::list::list_appointments)), ("post", post().to(appointments::create::create_appointment))],
        ),
        api("/api/v1/appointments/{id}", vec![("get", get().to(appointments::get::get_appointment))]),
        api("/api/v1/appointments/{id}/move", vec![("post", post().to(appointments::moving::move_appointment))]),
        api("/api/v1/appointments/{id}/cancel", vec![("post", post().to(appointments::cancel::cancel_appointment))]),
        api("/api/v1/appointments/{id}/complete", vec![("post", post().to(appointments::complete::complete_appointment))]),
        api("/api/v1/appointments/{id}/no-show", vec![("post", post().to(appointments::no_show::miss_appointment))]),
        api("/api/v1/appointments/{id}/approve", vec![("post", post().to(appointments::approve::approve_appointment))]),
        api(
            "/api/v1/waitlist",
            vec![("get", get().to(waitlist::list::list_waitlist)), ("post", post().to(waitlist::create::create_entry))],
        ),
        api(
            "/api/v1/waitlist/{id}",
            vec![("get", get().to(waitlist::get::get_entry)), ("delete", delete().to(waitlist::remove::remove_entry))],
        ),
    ]
}

/// Lists the pages, which are no part of the API.
fn pages() -> Vec<Address> {
    vec![
        page("/api/openapi.json", get().to(docs::openapi)),
        page("/docs", get().to(docs::page)),
        page("/docs/{file}", get().to(docs::asset)),
    ]
}

/// Adds every address to an app. The app itself is wrapped in [`envelope`](crate::http::envelope::envelope) by its builder.
pub fn configure(config: &mut ServiceConfig, state: Data<HttpState>) {
    config
        .app_data(state)
        .app_data(PathConfig::default().error_handler(|_, _| Problem::not_found().into()))
        .app_data(QueryConfig::default().error_handler(|error, _| Problem::unprocessable(error.to_string()).into()));
    for address in addresses().into_iter().chain(pages()) {
        let routes = address.routes.into_iter().map(|(_, route)| route);
        let known = routes.fold(resource(address.path), actix_web::Resource::route);
        config.service(known.default_service(actix_web::web::to(wrong_method)));
    }
}

async fn wrong_method() -> HttpResponse {
    HttpResponse::MethodNotAllowed().finish()
}
