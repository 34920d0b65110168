//! Every address of the door, in one list, each with what it asks of its caller: the OpenAPI document is tested against it, both ways.

use crate::domain::permission::Area;
use crate::http::access::{Access, AccessTable, Class, read, read_in_person, write, write_in_person};
use crate::http::api::v1::conversations::{
    assignment, bulk, change, claim, claim_next, counts, cycles, get as get_one, handback, list, message_remove, message_retry,
    messages_create, messages_list, reading, remove, status, turns, watching,
};
use crate::http::api::v1::{
    api_keys, appointments, attachments, audit, auth, booking_rules, business, canned_replies, commands_get, consents, contacts, events,
    holidays, inboxes, invitations, labels, me, members, model_providers, model_settings, notifications, presence, resources, saved_views,
    search, services, slots, surveys, teams, waitlist, webhooks,
};
use crate::http::problem::Problem;
use crate::http::webhooks::{generic, whatsapp};
use crate::http::{HttpState, appointments as page, calendar, docs, files, health, surveys as survey_page};
use actix_web::web::{self, Data, PathConfig, QueryConfig, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpResponse, Responder, Route};
use std::collections::BTreeMap;

/// One method of one address.
pub(super) struct Endpoint {
    /// In lower case.
    pub method: &'static str,
    /// The pattern.
    pub path: &'static str,
    /// What it asks of its caller.
    pub access: Access,
    /// How often it may be asked.
    pub class: Class,
    route: Route,
}

impl Endpoint {
    /// Makes it another class than the people's API.
    const fn class(mut self, class: Class) -> Self {
        self.class = class;
        self
    }
}

macro_rules! methods {
    ($($method:ident),+) => {$(
        fn $method<F, Args>(path: &'static str, access: Access, handler: F) -> Endpoint
        where
            F: Handler<Args>,
            Args: FromRequest + 'static,
            F::Output: Responder + 'static,
        {
            Endpoint { method: stringify!($method), path, access, class: Class::Api, route: web::$method().to(handler) }
        }
    )+};
}

methods!(get, post, put, patch, delete);

/// Lists every address of the API; the document shows the same ones.
pub(super) fn endpoints() -> Vec<Endpoint> {
    let all = [
        sign_in(),
        me(),
        incoming(),
        conversations(),
        attached(),
        desk(),
        asked(),
        sorting(),
        contacts(),
        prepared(),
        assistant(),
        agenda(),
        book(),
        house(),
        hooks(),
        evidence(),
        operator(),
    ];
    all.into_iter().flatten().collect()
}

/// Lists the ways in.
fn sign_in() -> Vec<Endpoint> {
    vec![
        post("/api/v1/auth/sign-up", Access::Open, auth::sign_up::sign_up).class(Class::SignUp),
        post("/api/v1/auth/login", Access::Open, auth::login::login).class(Class::SignIn),
        post("/api/v1/auth/mfa", Access::Open, auth::mfa::finish_login).class(Class::SignIn),
        post("/api/v1/auth/refresh", Access::Open, auth::refresh::refresh).class(Class::Refresh),
        post("/api/v1/auth/logout", Access::Open, auth::logout::logout).class(Class::Refresh),
        post("/api/v1/auth/password/forgot", Access::Open, auth::forgot::forgot_password).class(Class::Recover),
        post("/api/v1/auth/password/reset", Access::Open, auth::reset::reset_password).class(Class::Recover),
        post("/api/v1/auth/email/confirm", Access::Open, auth::confirm_email::confirm_email).class(Class::Recover),
        post("/api/v1/auth/invitations/accept", Access::Open, auth::accept::accept_invitation).class(Class::SignIn),
        get("/api/v1/auth/csrf", Access::Person, auth::csrf::get_csrf),
    ]
}

/// Lists what a person does with the own account.
fn me() -> Vec<Endpoint> {
    vec![
        get("/api/v1/me", Access::Person, me::get::get_me),
        patch("/api/v1/me", Access::Person, me::update::update_me).class(Class::SignIn),
        post("/api/v1/me/password", Access::Person, me::password::change_password).class(Class::SignIn),
        get("/api/v1/me/sessions", Access::Person, me::sessions_list::list_sessions),
        delete("/api/v1/me/sessions", Access::Person, me::sessions_end::end_other_sessions),
        delete("/api/v1/me/sessions/{id}", Access::Person, me::session_end::end_session),
        post("/api/v1/me/totp", Access::Person, me::totp_begin::begin_totp).class(Class::SignIn),
        post("/api/v1/me/totp/confirm", Access::Person, me::totp_confirm::confirm_totp).class(Class::SignIn),
        post("/api/v1/me/totp/disable", Access::Person, me::totp_disable::disable_totp).class(Class::SignIn),
        post("/api/v1/me/recovery-codes", Access::Person, me::recovery_codes::renew_recovery_codes).class(Class::SignIn),
        get("/api/v1/me/notification-choices", Access::Person, me::notification_choices::get_notification_choices),
        put("/api/v1/me/notification-choices", Access::Person, me::notification_choices::replace_notification_choices),
        get("/api/v1/notifications", Access::Person, notifications::list::list_notifications),
        post("/api/v1/notifications/read-all", Access::Person, notifications::read_all::read_all_notifications),
        post("/api/v1/notifications/{id}/read", Access::Person, notifications::read::read_notification),
    ]
}

/// Lists where messages come in.
fn incoming() -> Vec<Endpoint> {
    vec![
        get("/webhooks/{channel}", Access::Open, whatsapp::verify_app).class(Class::Webhook),
        post("/webhooks/{channel}", Access::Open, whatsapp::receive_app).class(Class::Webhook),
        get("/webhooks/{channel}/{inbox_id}", Access::Open, whatsapp::verify_inbox).class(Class::Webhook),
        post("/webhooks/{channel}/{inbox_id}", Access::Open, whatsapp::receive_inbox).class(Class::Webhook),
        post("/api/v1/channels/{inbox_id}/events", Access::Open, generic::receive_events).class(Class::Adapter),
    ]
}

/// Lists the addresses of conversations and their events.
fn conversations() -> Vec<Endpoint> {
    vec![
        get("/api/v1/conversations", read(Area::Conversations), list::list_conversations),
        post("/api/v1/conversations/bulk", write(Area::Conversations), bulk::create::create_bulk_action),
        get("/api/v1/conversations/bulk/{id}", read(Area::Conversations), bulk::get::get_bulk_action),
        get("/api/v1/conversations/bulk/{id}/items", read(Area::Conversations), bulk::items::list_bulk_items),
        post("/api/v1/conversations/bulk/{id}/cancel", write(Area::Conversations), bulk::cancel::cancel_bulk_action),
        get("/api/v1/conversations/counts", read(Area::Conversations), counts::count_conversations),
        get("/api/v1/conversations/{id}", read(Area::Conversations), get_one::get_conversation),
        patch("/api/v1/conversations/{id}", write(Area::Conversations), change::change_conversation),
        delete("/api/v1/conversations/{id}", write(Area::Conversations), remove::remove_conversation),
        get("/api/v1/conversations/{id}/messages", read(Area::Conversations), messages_list::list_messages),
        post("/api/v1/conversations/{id}/messages", write(Area::Conversations), messages_create::create_message),
        delete("/api/v1/conversations/{id}/messages/{message_id}", write(Area::Conversations), message_remove::remove_message),
        post("/api/v1/conversations/{id}/messages/{message_id}/retry", write(Area::Conversations), message_retry::retry_message),
        get("/api/v1/conversations/{id}/turns", read(Area::Conversations), turns::list_turns),
        get("/api/v1/conversations/{id}/cycles", read(Area::Conversations), cycles::list_cycles),
        post("/api/v1/conversations/{id}/read", read_in_person(Area::Conversations), reading::read_conversation),
        post("/api/v1/conversations/{id}/unread", read_in_person(Area::Conversations), reading::unread_conversation),
        get("/api/v1/conversations/{id}/presence", read(Area::Conversations), watching::show_presence),
        post("/api/v1/conversations/{id}/presence", read_in_person(Area::Conversations), watching::say_presence),
        post("/api/v1/conversations/{id}/status", write(Area::Conversations), status::set_status),
        post("/api/v1/conversations/{id}/handback", write(Area::Conversations), handback::hand_back),
        post("/api/v1/conversations/{id}/assignment", write(Area::Conversations), assignment::assign_conversation),
        get("/api/v1/search/messages", read(Area::Conversations), search::messages::search_messages),
        get("/api/v1/search/contacts", read(Area::Contacts), search::contacts::search_contacts),
        post("/api/v1/conversations/{id}/claim", write(Area::Conversations), claim::claim_conversation),
        post("/api/v1/conversations/claim-next", write(Area::Conversations), claim_next::claim_next),
        get("/api/v1/commands/{id}", read(Area::Conversations), commands_get::get_command),
        get("/api/v1/events", read(Area::Conversations), events::stream_events).class(Class::Stream),
    ]
}

/// Lists the addresses of files that people attach.
fn attached() -> Vec<Endpoint> {
    vec![
        post("/api/v1/attachments", write(Area::Conversations), attachments::create::create_attachment),
        get("/api/v1/attachments/{id}", read(Area::Conversations), attachments::get::get_attachment),
        delete("/api/v1/attachments/{id}", write(Area::Conversations), attachments::remove::remove_attachment),
        // The link itself says who may; a page of a thread asks for many.
        get("/files/{token}", Access::Open, files::serve::show_file),
    ]
}

/// Lists the addresses of what people sort conversations by. Whoever reads them keeps views of his own; the handlers look after shared ones.
fn sorting() -> Vec<Endpoint> {
    vec![
        get("/api/v1/labels", read(Area::Conversations), labels::list::list_labels),
        post("/api/v1/labels", write(Area::Business), labels::create::create_label),
        get("/api/v1/labels/{id}", read(Area::Conversations), labels::get::get_label),
        put("/api/v1/labels/{id}", write(Area::Business), labels::replace::replace_label),
        delete("/api/v1/labels/{id}", write(Area::Business), labels::remove::remove_label),
        get("/api/v1/views", read(Area::Conversations), saved_views::list::list_views),
        post("/api/v1/views", read(Area::Conversations), saved_views::create::create_view),
        get("/api/v1/views/{id}", read(Area::Conversations), saved_views::get::get_view),
        put("/api/v1/views/{id}", read(Area::Conversations), saved_views::replace::replace_view),
        delete("/api/v1/views/{id}", read(Area::Conversations), saved_views::remove::remove_view),
        get("/api/v1/views/{id}/count", read(Area::Conversations), saved_views::count::count_view),
    ]
}

/// Lists the addresses of the front desk: who is there, and how conversations are given to people.
fn desk() -> Vec<Endpoint> {
    vec![
        get("/api/v1/teams", read(Area::Conversations), teams::list::list_teams),
        post("/api/v1/teams", write(Area::Members), teams::create::create_team),
        get("/api/v1/teams/{id}", read(Area::Conversations), teams::get::get_team),
        put("/api/v1/teams/{id}", write(Area::Members), teams::replace::replace_team),
        delete("/api/v1/teams/{id}", write(Area::Members), teams::remove::remove_team),
        get("/api/v1/presence", read(Area::Conversations), presence::list::list_presence),
        post("/api/v1/presence/ping", Access::Person, presence::ping::ping_presence),
        put("/api/v1/me/presence", Access::Person, presence::own::choose_presence),
        put("/api/v1/members/{id}/capacity", write(Area::Members), presence::capacity::set_capacity),
        get("/api/v1/assignment-rules", read(Area::Members), presence::rules_get::get_assignment_rules),
        put("/api/v1/assignment-rules", write(Area::Members), presence::rules_replace::replace_assignment_rules),
        get("/api/v1/inboxes/{id}/assignment", read(Area::Inboxes), inboxes::assignment_get::get_inbox_assignment),
        put("/api/v1/inboxes/{id}/assignment", write(Area::Inboxes), inboxes::assignment_replace::replace_inbox_assignment),
        get("/api/v1/inboxes/{id}/hours", read(Area::Inboxes), inboxes::hours_get::get_inbox_hours),
        put("/api/v1/inboxes/{id}/hours", write(Area::Inboxes), inboxes::hours_replace::replace_inbox_hours),
    ]
}

/// Lists the addresses of what customers are asked after a conversation.
fn asked() -> Vec<Endpoint> {
    vec![
        get("/api/v1/inboxes/{id}/survey", read(Area::Inboxes), inboxes::survey_get::get_inbox_survey),
        put("/api/v1/inboxes/{id}/survey", write(Area::Inboxes), inboxes::survey_replace::replace_inbox_survey),
        get("/api/v1/surveys", read(Area::Conversations), surveys::list::list_surveys),
        get("/api/v1/surveys/report", read(Area::Conversations), surveys::report::report_surveys),
        get("/api/v1/surveys/{id}", read(Area::Conversations), surveys::get::get_survey),
    ]
}

/// Lists the addresses of customers.
fn contacts() -> Vec<Endpoint> {
    vec![
        get("/api/v1/contacts", read(Area::Contacts), contacts::list::list_contacts),
        get("/api/v1/contacts/export", write(Area::Contacts), contacts::export::export_contacts),
        post("/api/v1/contacts/import", write(Area::Contacts), contacts::import::import_contacts),
        get("/api/v1/contacts/imports/{id}", write(Area::Contacts), contacts::import::get_contact_import),
        get("/api/v1/contacts/imports/{id}/rows", write(Area::Contacts), contacts::import::list_contact_import_rows),
        post("/api/v1/contacts", write(Area::Contacts), contacts::create::create_contact),
        get("/api/v1/contacts/{id}", read(Area::Contacts), contacts::get::get_contact),
        patch("/api/v1/contacts/{id}", write(Area::Contacts), contacts::change::change_contact),
        delete("/api/v1/contacts/{id}", write(Area::Contacts), contacts::remove::remove_contact),
        post("/api/v1/contacts/{id}/block", write(Area::Contacts), contacts::block::block_contact),
        post("/api/v1/contacts/{id}/unblock", write(Area::Contacts), contacts::block::unblock_contact),
        get("/api/v1/contacts/{id}/duplicates", read(Area::Contacts), contacts::duplicates::list_duplicates),
        post("/api/v1/contacts/{id}/merge", write(Area::Contacts), contacts::merge::merge_contacts),
        post("/api/v1/contacts/{id}/merge/undo", write(Area::Contacts), contacts::merge_undo::undo_merge),
        get("/api/v1/contacts/{id}/timeline", read(Area::Contacts), contacts::timeline::list_contact_timeline),
        get("/api/v1/contacts/{id}/notes", read(Area::Contacts), contacts::notes_list::list_contact_notes),
        post("/api/v1/contacts/{id}/notes", write(Area::Contacts), contacts::notes_create::create_contact_note),
        patch("/api/v1/contacts/{id}/notes/{note_id}", write(Area::Contacts), contacts::notes_change::change_contact_note),
        delete("/api/v1/contacts/{id}/notes/{note_id}", write(Area::Contacts), contacts::notes_remove::remove_contact_note),
    ]
}

/// Lists the addresses of prepared texts.
fn prepared() -> Vec<Endpoint> {
    vec![
        get("/api/v1/canned-replies", read(Area::Conversations), canned_replies::list::list_canned_replies),
        post("/api/v1/canned-replies", write(Area::Conversations), canned_replies::create::create_canned_reply),
        get("/api/v1/canned-replies/{id}", read(Area::Conversations), canned_replies::get::get_canned_reply),
        put("/api/v1/canned-replies/{id}", write(Area::Conversations), canned_replies::replace::replace_canned_reply),
        delete("/api/v1/canned-replies/{id}", write(Area::Conversations), canned_replies::remove::remove_canned_reply),
        post("/api/v1/canned-replies/{id}/render", read(Area::Conversations), canned_replies::render::render_canned_reply),
    ]
}

/// Lists the addresses where the assistant's models are set up.
fn assistant() -> Vec<Endpoint> {
    vec![
        get("/api/v1/model-providers", read(Area::Assistant), model_providers::list::list_providers),
        post("/api/v1/model-providers", write(Area::Assistant), model_providers::create::create_provider),
        get("/api/v1/model-providers/{id}", read(Area::Assistant), model_providers::get::get_provider),
        put("/api/v1/model-providers/{id}", write(Area::Assistant), model_providers::replace::replace_provider),
        delete("/api/v1/model-providers/{id}", write(Area::Assistant), model_providers::remove::remove_provider),
        post("/api/v1/model-providers/{id}/check", write(Area::Assistant), model_providers::check::check_provider),
        get("/api/v1/model-settings", read(Area::Assistant), model_settings::get::get_settings),
        put("/api/v1/model-settings", write(Area::Assistant), model_settings::replace::replace_settings),
    ]
}

/// Lists the addresses where people set up what can be booked.
fn agenda() -> Vec<Endpoint> {
    vec![
        get("/api/v1/services", read(Area::Agenda), services::list::list_services),
        post("/api/v1/services", write(Area::Agenda), services::create::create_service),
        get("/api/v1/services/{id}", read(Area::Agenda), services::get::get_service),
        put("/api/v1/services/{id}", write(Area::Agenda), services::replace::replace_service),
        delete("/api/v1/services/{id}", write(Area::Agenda), services::remove::remove_service),
        get("/api/v1/resources", read(Area::Agenda), resources::list::list_resources),
        post("/api/v1/resources", write(Area::Agenda), resources::create::create_resource),
        get("/api/v1/resources/{id}", read(Area::Agenda), resources::get::get_resource),
        put("/api/v1/resources/{id}", write(Area::Agenda), resources::replace::replace_resource),
        delete("/api/v1/resources/{id}", write(Area::Agenda), resources::remove::remove_resource),
        post("/api/v1/resources/{id}/feed", write(Area::Agenda), resources::feed::create_feed),
        delete("/api/v1/resources/{id}/feed", write(Area::Agenda), resources::feed::remove_feed),
        get("/api/v1/holidays", read(Area::Agenda), holidays::list::list_holidays),
        get("/api/v1/holidays/{date}", read(Area::Agenda), holidays::get::get_holiday),
        put("/api/v1/holidays/{date}", write(Area::Agenda), holidays::replace::replace_holiday),
        delete("/api/v1/holidays/{date}", write(Area::Agenda), holidays::remove::remove_holiday),
        get("/api/v1/booking-rules", read(Area::Agenda), booking_rules::get::get_rules),
        put("/api/v1/booking-rules", write(Area::Agenda), booking_rules::replace::replace_rules),
    ]
}

/// Lists what proves who did and who agreed to what.
fn evidence() -> Vec<Endpoint> {
    vec![
        get("/api/v1/audit", read(Area::Audit), audit::list::list_audit),
        get("/api/v1/audit/verify", read(Area::Audit), audit::verify::verify_audit),
        get("/api/v1/consents", read(Area::Audit), consents::list_consents),
    ]
}

/// Lists the addresses of the book.
fn book() -> Vec<Endpoint> {
    vec![
        get("/calendar/{token}.ics", Access::Open, calendar::get_calendar).class(Class::Page),
        get("/api/v1/slots", read(Area::Appointments), slots::list_slots),
        get("/api/v1/appointments", read(Area::Appointments), appointments::list::list_appointments),
        post("/api/v1/appointments", write(Area::Appointments), appointments::create::create_appointment),
        get("/api/v1/appointments/{id}", read(Area::Appointments), appointments::get::get_appointment),
        post("/api/v1/appointments/{id}/move", write(Area::Appointments), appointments::moving::move_appointment),
        post("/api/v1/appointments/{id}/cancel", write(Area::Appointments), appointments::cancel::cancel_appointment),
        post("/api/v1/appointments/{id}/complete", write(Area::Appointments), appointments::complete::complete_appointment),
        post("/api/v1/appointments/{id}/no-show", write(Area::Appointments), appointments::no_show::miss_appointment),
        post("/api/v1/appointments/{id}/approve", write(Area::Appointments), appointments::approve::approve_appointment),
        get("/api/v1/waitlist", read(Area::Appointments), waitlist::list::list_waitlist),
        post("/api/v1/waitlist", write(Area::Appointments), waitlist::create::create_entry),
        get("/api/v1/waitlist/{id}", read(Area::Appointments), waitlist::get::get_entry),
        delete("/api/v1/waitlist/{id}", write(Area::Appointments), waitlist::remove::remove_entry),
    ]
}

/// Lists the addresses of the business itself: who works in it, with which keys, under which name.
fn house() -> Vec<Endpoint> {
    vec![
        get("/api/v1/members", read(Area::Members), members::list::list_members),
        get("/api/v1/members/{id}", read(Area::Members), members::get::get_member),
        patch("/api/v1/members/{id}", write_in_person(Area::Members), members::change::change_member),
        // Whoever leaves himself needs no permission; whom else one may remove, the rule says.
        delete("/api/v1/members/{id}", Access::Person, members::remove::remove_member),
        post("/api/v1/members/{id}/transfer-ownership", Access::Owner, members::transfer::transfer_ownership).class(Class::SignIn),
        get("/api/v1/invitations", read(Area::Members), invitations::list::list_invitations),
        post("/api/v1/invitations", write_in_person(Area::Members), invitations::create::create_invitation),
        post("/api/v1/invitations/{id}/resend", write_in_person(Area::Members), invitations::resend::resend_invitation),
        delete("/api/v1/invitations/{id}", write_in_person(Area::Members), invitations::remove::remove_invitation),
        get("/api/v1/api-keys", read(Area::Integrations), api_keys::list::list_api_keys),
        post("/api/v1/api-keys", write_in_person(Area::Integrations), api_keys::create::create_api_key),
        delete("/api/v1/api-keys/{id}", write_in_person(Area::Integrations), api_keys::remove::remove_api_key),
        get("/api/v1/business", read(Area::Business), business::get::get_business),
        patch("/api/v1/business", write(Area::Business), business::change::change_business),
        get("/api/v1/notification-rules", read(Area::Business), notifications::rules_get::get_notification_rules),
        put("/api/v1/notification-rules", write(Area::Business), notifications::rules_replace::replace_notification_rules),
        get("/api/v1/inboxes", read(Area::Inboxes), inboxes::list::list_inboxes),
        post("/api/v1/inboxes", write(Area::Inboxes), inboxes::create::create_inbox),
        get("/api/v1/inboxes/{id}", read(Area::Inboxes), inboxes::get::get_inbox),
        patch("/api/v1/inboxes/{id}", write(Area::Inboxes), inboxes::change::change_inbox),
    ]
}

/// Lists the addresses of webhooks to the business's own systems.
fn hooks() -> Vec<Endpoint> {
    let (reads, writes) = (read(Area::Integrations), write(Area::Integrations));
    vec![
        get("/api/v1/webhooks", reads, webhooks::list::list_webhooks),
        post("/api/v1/webhooks", writes, webhooks::create::create_webhook),
        get("/api/v1/webhooks/{id}", reads, webhooks::get::get_webhook),
        put("/api/v1/webhooks/{id}", writes, webhooks::replace::replace_webhook),
        delete("/api/v1/webhooks/{id}", writes, webhooks::remove::remove_webhook),
        post("/api/v1/webhooks/{id}/secret", writes, webhooks::secret::rotate_webhook_secret),
        post("/api/v1/webhooks/{id}/enable", writes, webhooks::enable::enable_webhook),
        post("/api/v1/webhooks/{id}/test", writes, webhooks::test::test_webhook),
        post("/api/v1/webhooks/{id}/replay", writes, webhooks::replay::replay_webhook),
        get("/api/v1/webhooks/{id}/deliveries", reads, webhooks::deliveries_list::list_webhook_deliveries),
        post("/api/v1/webhooks/{id}/deliveries/{delivery_id}/replay", writes, webhooks::delivery_replay::replay_webhook_delivery),
    ]
}

/// Lists what machines of the operator ask.
fn operator() -> Vec<Endpoint> {
    vec![
        get("/healthz", Access::Open, health::healthz).class(Class::Health),
        get("/readyz", Access::Open, health::readyz).class(Class::Health),
        get("/metrics", Access::Open, health::metrics).class(Class::Health),
    ]
}

/// Lists the pages, which are no part of the API.
fn pages() -> Vec<Endpoint> {
    vec![
        get("/api/openapi.json", Access::Open, docs::openapi).class(Class::Page),
        get("/docs", Access::Open, docs::page).class(Class::Page),
        get("/docs/{file}", Access::Open, docs::asset).class(Class::Page),
        get("/appointments/{token}.ics", Access::Open, page::get_appointment_file).class(Class::Page),
        get("/appointments/{token}", Access::Open, page::show_appointment).class(Class::Page),
        post("/appointments/{token}", Access::Open, page::change_appointment).class(Class::Page),
        get("/s/{token}", Access::Open, survey_page::show_survey).class(Class::Page),
        post("/s/{token}", Access::Open, survey_page::answer_survey).class(Class::Page),
    ]
}

/// Returns what every route asks of its caller.
#[must_use]
pub fn access_table() -> AccessTable {
    let all = endpoints().into_iter().chain(pages());
    AccessTable::new(all.map(|it| (it.method.to_ascii_uppercase(), it.path.to_owned(), it.access, it.class)))
}

/// Adds every address to an app. The app itself is wrapped in [`envelope`](crate::http::envelope::envelope) by its builder.
pub fn configure(config: &mut ServiceConfig, state: Data<HttpState>) {
    config
        .app_data(state)
        .app_data(PathConfig::default().error_handler(|_, _| Problem::not_found().into()))
        .app_data(QueryConfig::default().error_handler(|error, _| Problem::unprocessable(error.to_string()).into()));
    let mut addresses: BTreeMap<&'static str, Vec<Endpoint>> = BTreeMap::new();
    for endpoint in endpoints().into_iter().chain(pages()) {
        addresses.entry(endpoint.path).or_default().push(endpoint);
    }
    // What goes on comes first: the token of `/appointments/{token}` would take the ending of `/appointments/{token}.ics`.
    let mut addresses: Vec<_> = addresses.into_iter().collect();
    addresses.sort_by_cached_key(|(path, _)| format!("{path}{}", char::MAX));
    for (path, endpoints) in addresses {
        let allowed = endpoints.iter().map(|endpoint| endpoint.method.to_ascii_uppercase()).collect::<Vec<_>>().join(", ");
        let known = endpoints.into_iter().map(|endpoint| endpoint.route).fold(web::resource(path), actix_web::Resource::route);
        config.service(known.default_service(web::to(move || std::future::ready(wrong_method(&allowed)))));
    }
}

fn wrong_method(allowed: &str) -> Result<HttpResponse, Problem> {
    Err(Problem::wrong_method(allowed.to_owned()))
}
