"""Fills the demo's business over its own API and writes the document with what it made as examples, and a configuration for each run.

Usage: prepare.py BASE WHATSAPP_INBOX GENERIC_INBOX DATABASE LOG FOLDER, the password of `owner@prueba.test` and `member@prueba.test` on standard input.
Prints nothing but complaints. Asks the database for what a client learns only in bad times: the id of a command that took too long.
"""

import datetime
import json
import pathlib
import sqlite3
import sys
import time
import uuid

from api import Api
from people import People

BASE, WHATSAPP, GENERIC, DATABASE, LOG, FOLDER = sys.argv[1:7]
assert all(sys.argv[1:7]), "something was not made"
PASSWORD = sys.stdin.readline().strip()
API = Api(BASE)
call, example, like = API.call, API.example, API.like


def first(path):
    return call("GET", path)["data"][0]


def conversation():
    """Lets a customer write; returns the conversation once it is there."""
    room = str(uuid.uuid4())
    call("POST", f"/demo/rooms/{room}/messages", {"text": "hola, buenas tardes", "client_id": uuid.uuid4().hex})
    until = time.monotonic() + 30
    seen = {row["id"] for row in KNOWN}
    while time.monotonic() < until:
        rows = [row for row in call("GET", "/api/v1/conversations")["data"] if row["id"] not in seen]
        if rows:
            KNOWN.append(rows[0])
            return rows[0]["id"]
        time.sleep(0.1)
    raise SystemExit("the customer's message never became a conversation")


def free_slots(service):
    """Returns free starts of a service, spread over the days to come."""
    today = datetime.date.today()
    window = {"from": today + datetime.timedelta(days=3), "to": today + datetime.timedelta(days=24)}
    query = "&".join(f"{name}={value}T00:00:00Z" for name, value in window.items())
    slots = call("GET", f"/api/v1/slots?service_id={service}&{query}&limit=100")
    return [slot["starts_at"] for slot in slots.get("slots", slots.get("data", []))]


def book(service, start):
    body = {"service_id": service, "starts_at": start, "contact": {"name": "Ana Prueba", "phone": "+525500000000"}}
    return call("POST", "/api/v1/appointments", body)["id"]


def conversations():
    path = "/api/v1/conversations/{id}"
    for method, tail, body in [
        ("get", "", None),
        ("get", "/messages", None),
        ("post", "/messages", {"text": "Con gusto."}),
        ("get", "/turns", None),
        ("post", "/status", {"status": "resolved"}),
        ("post", "/assignment", {"assignee_id": None}),
        ("post", "/handback", {}),
        ("delete", "", None),
    ]:
        example(method, path + tail, body, id=conversation())
    many = {"conversation_ids": [conversation()], "action": {"type": "priority", "priority": "low"}}
    begun = call("POST", "/api/v1/conversations/bulk", many)["id"]
    for method, tail in [("get", ""), ("get", "/items"), ("post", "/cancel")]:
        example(method, "/api/v1/conversations/bulk/{id}" + tail, id=begun)
    example("post", "/api/v1/conversations/bulk", many)
    call("POST", f"/api/v1/conversations/{KNOWN[0]['id']}/status", {"status": "open"})


def agenda():
    services, resources = call("GET", "/api/v1/services")["data"], call("GET", "/api/v1/resources")["data"]
    service, resource = services[0], resources[0]
    service_body, resource_body = like(service, "ServiceBody"), like(resource, "ResourceBody")
    example("post", "/api/v1/services", service_body | {"name": {"es": "Prueba nueva"}})
    example("post", "/api/v1/resources", resource_body | {"name": "Prueba nueva"})
    for method in ["get", "put", "delete"]:
        made = call("POST", "/api/v1/services", service_body | {"name": {"es": "Prueba " + method}})
        changed = like(made, "ServiceBody") if method == "put" else None
        example(method, "/api/v1/services/{id}", changed, id=made["id"])
        made = call("POST", "/api/v1/resources", resource_body | {"name": "Prueba " + method})
        changed = like(made, "ResourceBody") if method == "put" else None
        example(method, "/api/v1/resources/{id}", changed, id=made["id"])
        if method != "put":
            call("PUT", "/api/v1/holidays/2031-05-0" + str(1 + len(method) % 2), {"name": "Prueba"})
        example(method, "/api/v1/holidays/{date}", {"name": "Prueba"} if method == "put" else None, date="2031-05-02" if method == "get" else "2031-05-01")
    call("PUT", "/api/v1/holidays/2031-05-01", {"name": "Prueba"})
    call("PUT", "/api/v1/holidays/2031-05-02", {"name": "Prueba"})
    for method in ["post", "delete"]:
        made = call("POST", "/api/v1/resources", resource_body | {"name": "Agenda " + method})
        example(method, "/api/v1/resources/{id}/feed", id=made["id"])
    feed = call("POST", f"/api/v1/resources/{resource['id']}/feed")
    address = next(value for value in feed.values() if isinstance(value, str) and "/calendar/" in value)
    example("get", "/calendar/{token}.ics", token=address.rsplit("/", 1)[1].removesuffix(".ics"))
    example("put", "/api/v1/booking-rules", like(call("GET", "/api/v1/booking-rules"), "RulesBody"))
    return service["id"]


def appointments(service):
    starts = free_slots(service)
    assert len(starts) >= 12, f"only {len(starts)} free slots"
    path = "/api/v1/appointments/{id}"
    contact = {"name": "Ana Prueba"}
    example("post", "/api/v1/appointments", {"service_id": service, "starts_at": starts[-1], "contact": contact})
    example("get", path, id=book(service, starts[0]))
    example("post", path + "/cancel", {"reason": "prueba"}, id=book(service, starts[len(starts) // 4]))
    example("post", path + "/move", {"starts_at": starts[-3]}, id=book(service, starts[len(starts) // 2]))
    month = datetime.date.today() - datetime.timedelta(days=30)
    past = call("GET", f"/api/v1/appointments?limit=2&status=completed&from={month}")["data"]
    # Nobody can book what is past: what was settled is made unsettled again.
    with sqlite3.connect(DATABASE, timeout=10) as db:
        db.execute("UPDATE appointment SET status = 'confirmed' WHERE status = 'completed'")
    for tail, row in zip(["/complete", "/no-show"], past):
        example("post", path + tail, {}, id=row["id"])
    for row in call("GET", "/api/v1/appointments?limit=1&status=pending_owner")["data"]:
        example("post", path + "/approve", {}, id=row["id"])
    day = datetime.date.fromisoformat(starts[0][:10])
    window = {"from": f"{day}T00:00:00Z", "to": f"{day + datetime.timedelta(days=2)}T00:00:00Z"}
    example("get", "/api/v1/slots", service_id=service, **window)


def models():
    body = {"name": "Prueba", "base_url": BASE + "/v1", "model": "prueba", "api_key": "sk-prueba"}
    example("post", "/api/v1/model-providers", body)
    for method, tail in [("get", ""), ("put", ""), ("delete", ""), ("post", "/check")]:
        made = call("POST", "/api/v1/model-providers", body | {"name": "Prueba " + method + tail})
        changed = body | {"name": "Prueba " + method} if method == "put" else None
        example(method, "/api/v1/model-providers/{id}" + tail, changed, id=made["id"])
    example("put", "/api/v1/model-settings", {"allow_platform_fallback": False})


def others():
    with sqlite3.connect(DATABASE, timeout=10) as db:
        (command,) = db.execute("SELECT id FROM inbound WHERE kind = 'command' LIMIT 1").fetchone()
    example("get", "/api/v1/commands/{id}", id=str(uuid.UUID(bytes=command) if isinstance(command, bytes) else uuid.UUID(command)))
    handshake = {"hub_mode": "subscribe", "hub_verify_token": "prueba", "hub_challenge": "12345"}
    example("get", "/webhooks/{channel}", channel="whatsapp", **handshake)
    example("get", "/webhooks/{channel}/{inbox_id}", channel="whatsapp", inbox_id=WHATSAPP, **handshake)
    delivery = {"object": "whatsapp_business_account", "entry": []}
    example("post", "/webhooks/{channel}", delivery, channel="whatsapp")
    example("post", "/webhooks/{channel}/{inbox_id}", delivery, channel="whatsapp", inbox_id=WHATSAPP)
    event = {"type": "message", "event_id": "prueba-1", "conversation": {"external_id": "prueba", "kind": "direct"}}
    event |= {"contact": {"external_id": "ana"}, "message": {"external_id": "m-1", "kind": "text", "text": "hola"}}
    example("post", "/api/v1/channels/{inbox_id}/events", [event, {"events": [event, {}]}], inbox_id=GENERIC)


def waitlist(service):
    """Puts customers on the waiting list: each of them in another conversation."""
    day = datetime.date.today() + datetime.timedelta(days=40)
    for method, tail in [("post", ""), ("get", "/{id}"), ("delete", "/{id}")]:
        contact = call("GET", f"/api/v1/conversations/{conversation()}")["contact"]["id"]
        body = {"service_id": service, "from": str(day), "to": str(day), "contact": {"id": contact}}
        if method == "post":
            example(method, "/api/v1/waitlist" + tail, body)
        else:
            example(method, "/api/v1/waitlist" + tail, id=call("POST", "/api/v1/waitlist", body)["id"])


def failed():
    """Lets a message have failed: no adapter of the demo refuses one."""
    with sqlite3.connect(DATABASE, timeout=10) as db:
        ids = db.execute("SELECT conversation_id, message_id FROM outbox WHERE message_id IS NOT NULL AND state = 'sent' LIMIT 1").fetchone()
        db.execute("UPDATE outbox SET state = 'failed' WHERE message_id = ?", ids[1:])
    talk, message = (str(uuid.UUID(bytes=id) if isinstance(id, bytes) else uuid.UUID(id)) for id in ids)
    example("post", "/api/v1/conversations/{id}/messages/{message_id}/retry", id=talk, message_id=message)


def written():
    """Writes a note that its writer may take back."""
    talk = conversation()
    note = call("POST", f"/api/v1/conversations/{talk}/messages", {"text": "nota", "private": True})["id"]
    example("delete", "/api/v1/conversations/{id}/messages/{message_id}", id=talk, message_id=note)


def told(owner, colleague):
    """Has the owner told of something: a colleague assigns a conversation to them."""
    call("POST", f"/api/v1/conversations/{conversation()}/assignment", {"assignee_id": owner}, colleague)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        rows = call("GET", "/api/v1/notifications")["data"]
        if rows:
            return example("post", "/api/v1/notifications/{id}/read", id=rows[0]["id"])
        time.sleep(0.1)
    raise SystemExit("nobody was told of the assignment")


def surveys():
    """Has a customer asked how they were served; the demo's inbox asks."""
    call("POST", f"/api/v1/conversations/{conversation()}/status", {"status": "resolved", "survey": True})
    until = time.monotonic() + 30
    while time.monotonic() < until:
        rows = call("GET", "/api/v1/surveys")["data"]
        if rows:
            return example("get", "/api/v1/surveys/{id}", id=rows[0]["id"])
        time.sleep(0.1)
    raise SystemExit("nobody was asked how they were served")


def configuration(run, own, headers):
    """Writes how a run asks: with its own token, but for what would end it."""
    text = pathlib.Path(__file__).with_name("schemathesis.toml").read_text(encoding="utf-8")
    if own:
        text = f"headers = {{ Authorization = \"Bearer {own}\" }}\n" + text
    for name, value in headers.items():
        text += f"\n[[operations]]\ninclude-name = \"{name}\"\nheaders = {{ Authorization = \"{value}\" }}\n"
    pathlib.Path(FOLDER, run + ".toml").write_text(text, encoding="utf-8")


people = People(API, PASSWORD, LOG)
members = {run: people.sign_in(f"{run}@prueba.test") for run in ["owner", "member"]}
tokens = {run: member["access_token"] for run, member in members.items()}
API.token = tokens["owner"]
KNOWN = call("GET", "/api/v1/conversations")["data"]
conversations()
surveys()
failed()
written()
told(members["owner"]["member_id"], tokens["member"])
service = agenda()
appointments(service)
waitlist(service)
models()
others()
people.house()
people.outside()
people.doors()
people.own_accounts()
for run, headers in people.headers.items():
    configuration(run, tokens.get(run), headers)
pathlib.Path(FOLDER, "openapi.json").write_text(json.dumps(API.spec), encoding="utf-8")
