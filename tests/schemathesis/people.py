"""Accounts for the runs, and throw-away ones for everything that ends the access of whoever asks.

A run signs in once and must still be let in at its end. So whatever signs out, ends sessions, changes a password, sets up a second factor
or gives a business away is asked with an account that nothing else uses, or names an id that nothing else needs.
"""

import base64
import hashlib
import hmac
import itertools
import re
import struct
import time

NUMBERS = itertools.count(1)
STEP = 30


def totp(secret, step):
    """Returns the code of a secret at a step of thirty seconds (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    start = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[start:start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


class People:
    """Makes people. Everybody has the same password."""

    def __init__(self, api, password, log):
        self.api, self.password, self.log = api, password, log
        self.headers = {"owner": {}, "member": {}, "stranger": {}}

    def sign_in(self, email):
        return self.api.call("POST", "/api/v1/auth/login", {"email": email, "password": self.password})

    def business(self):
        """Signs up a business; returns its owner, signed in."""
        email = f"negocio{next(NUMBERS)}@prueba.test"
        body = {"name": "Eva Prueba", "email": email, "business": "Prueba", "password": self.password, "terms": "2026-11"}
        return self.api.call("POST", "/api/v1/auth/sign-up", body) | {"email": email}

    def invitation(self, owner=None):
        """Asks somebody into a business; returns the address, the invitation's id and the token of its link."""
        email = f"colega{next(NUMBERS)}@prueba.test"
        made = self.api.call("POST", "/api/v1/invitations", {"email": email, "role": "member"}, owner)
        return email, made["id"], made["link"].split("#token=")[1]

    def colleague(self, owner=None):
        """Makes a member of a business, by invitation; returns the member, signed in."""
        email, _, token = self.invitation(owner)
        self.api.call("POST", "/api/v1/auth/invitations/accept", {"token": token, "name": "Leo Prueba", "password": self.password, "terms": "2026-11"})
        return self.sign_in(email) | {"email": email}

    def like(self, run):
        """Makes somebody who is what the run's own account is."""
        return self.business() if run == "owner" else self.colleague()

    def second_factor(self, person):
        """Sets up a second factor; returns the recovery codes."""
        begun = self.api.call("POST", "/api/v1/me/totp", {"password": self.password}, person["access_token"])
        code = totp(begun["secret"], int(time.time()) // STEP)
        return self.api.call("POST", "/api/v1/me/totp/confirm", {"code": code}, person["access_token"])["recovery_codes"]

    def reset_token(self, email):
        """Asks for a new password; returns the token of the link."""
        self.api.call("POST", "/api/v1/auth/password/forgot", {"email": email})
        return self.logged("/reset-password")

    def address_token(self, person, email):
        """Asks for another address; returns the token of the link."""
        self.api.call("PATCH", "/api/v1/me", {"email": email, "password": self.password}, person["access_token"])
        return self.logged("/confirm-email")

    def logged(self, page):
        """Returns the token of the newest link to a page, which a demo without an SMTP server shows in its log."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with open(self.log, encoding="utf-8") as file:
                found = re.findall(page + r"#token=([\w-]+)", file.read())
            if found:
                return found[-1]
            time.sleep(0.1)
        raise SystemExit(f"the link to {page} never came")

    def instead(self, run, method, path, person):
        """Lets an operation of a run be asked with somebody else's token."""
        self.headers[run][f"{method.upper()} {path}"] = "Bearer " + person["access_token"]

    def doors(self):
        """Writes examples of the ways in."""
        api, auth = self.api, "/api/v1/auth"
        newcomer = {"name": "Ana Prueba", "business": "Prueba nueva", "password": self.password, "terms": "2026-11"}
        api.example("post", auth + "/sign-up", newcomer | {"email": "nueva@prueba.test"})
        api.example("post", auth + "/login", {"email": self.business()["email"], "password": self.password})
        guarded = self.business()
        codes = self.second_factor(guarded)
        api.example("post", auth + "/mfa", {"mfa_token": self.sign_in(guarded["email"])["mfa_token"], "code": codes[0]})
        api.example("post", auth + "/refresh", {"refresh_token": self.business()["refresh_token"]})
        api.example("post", auth + "/logout", {"refresh_token": self.business()["refresh_token"]})
        api.example("post", auth + "/password/forgot", {"email": self.business()["email"]})
        token = self.reset_token(self.business()["email"])
        api.example("post", auth + "/password/reset", {"token": token, "password": self.password + " new"})
        token = self.address_token(self.business(), "mudada@prueba.test")
        api.example("post", auth + "/email/confirm", {"token": token})
        accept = {"token": self.invitation()[2], "name": "Leo Prueba", "password": self.password, "terms": "2026-11"}
        api.example("post", auth + "/invitations/accept", accept)

    def own_accounts(self):
        """Writes examples of what people do with their own account, and lets throw-away accounts do what ends access."""
        api, me = self.api, "/api/v1/me"
        api.example("patch", me, {"name": "Ana Prueba", "locale": "es-MX"})
        api.example("post", me + "/password", {"current": self.password, "password": self.password + " new"})
        api.example("post", me + "/totp", {"password": self.password})
        for run in ["member", "owner"]:
            plain = [("post", "/api/v1/auth/logout"), ("post", me + "/password"), ("post", me + "/totp"), ("delete", me + "/sessions")]
            for method, path in plain:
                self.instead(run, method, path, self.like(run))
            person = self.like(run)
            self.instead(run, "delete", me + "/sessions/{id}", person)
            api.example("delete", me + "/sessions/{id}", id=self.sign_in(person["email"])["session_id"])
            for path, more in [("/totp/disable", {"password": self.password}), ("/recovery-codes", {})]:
                person = self.like(run)
                api.example("post", me + path, more | {"code": self.second_factor(person)[0]})
                self.instead(run, "post", me + path, person)
            person = self.like(run)
            self.instead(run, "post", me + "/totp/confirm", person)
            begun = api.call("POST", me + "/totp", {"password": self.password}, person["access_token"])
            # The next step's code is good for at least a minute from now.
            api.example("post", me + "/totp/confirm", {"code": totp(begun["secret"], int(time.time()) // STEP + 1)})

    def house(self):
        """Writes examples of members, invitations and keys that nothing else needs."""
        api, members = self.api, "/api/v1/members/{id}"
        api.example("get", members, id=self.colleague()["member_id"])
        # The tool also takes ids that it has read elsewhere: whoever changes members must not be able to change those of the runs.
        for method, tail, body in [("patch", "", {"name": "Leo P."}), ("delete", "", None), ("post", "/transfer-ownership", {"password": self.password})]:
            owner = self.business()
            self.instead("owner", method, members + tail, owner)
            api.example(method, members + tail, body, id=self.colleague(owner["access_token"])["member_id"])
        self.instead("member", "delete", members, self.colleague())
        api.example("post", "/api/v1/invitations", {"email": "otra@prueba.test", "role": "member"})
        api.example("post", "/api/v1/invitations/{id}/resend", id=self.invitation()[1])
        api.example("delete", "/api/v1/invitations/{id}", id=self.invitation()[1])
        api.example("post", "/api/v1/api-keys", {"name": "Prueba", "scopes": ["agenda:read"]})
        key = api.call("POST", "/api/v1/api-keys", {"name": "Prueba", "scopes": ["agenda:read"]})
        api.example("delete", "/api/v1/api-keys/{id}", id=key["id"])
        api.example("patch", "/api/v1/business", {"name": "Prueba"})
        inbox = {"channel": "generic", "name": "Prueba", "config": {"url": "https://adapter.example.com"}}
        api.example("post", "/api/v1/inboxes", inbox)
        for method, body in [("get", None), ("patch", {"name": "Prueba nueva"})]:
            api.example(method, "/api/v1/inboxes/{id}", body, id=api.call("POST", "/api/v1/inboxes", inbox)["id"])
        made = api.call("POST", "/api/v1/inboxes", inbox)["id"]
        api.example("put", "/api/v1/inboxes/{id}/hours", {"hours": {"monday": [{"from": "09:00", "to": "18:00"}]}}, id=made)
        api.example("put", "/api/v1/inboxes/{id}/survey", {"enabled": True, "words": {"es": "¿Qué tal? {link}"}}, id=made)

    def outside(self):
        """Writes examples of webhooks, prepared texts and notes: each operation has one of its own."""
        api, hook = self.api, {"url": "https://hooks.example.com/recado", "events": ["*"]}
        api.example("post", "/api/v1/webhooks", hook)
        path = "/api/v1/webhooks/{id}"
        for method, tail, body in [
            ("get", "", None), ("put", "", hook), ("delete", "", None), ("get", "/deliveries", None), ("post", "/secret", {}),
            ("post", "/test", {}), ("post", "/replay", {"from": 1}),
        ]:
            api.example(method, path + tail, body if body or method == "put" else None, id=api.call("POST", "/api/v1/webhooks", hook)["id"])
        talk = api.call("GET", "/api/v1/conversations")["data"][0]
        reply = api.call("POST", "/api/v1/canned-replies", {"code": "hola", "title": "Hola", "text": "Hola {{contact.name|amigo}}"})
        api.example("post", "/api/v1/canned-replies/{id}/render", {"conversation_id": talk["id"]}, id=reply["id"])
        file = api.upload("nota.txt", b"hola")
        api.example("get", "/api/v1/attachments/{id}", id=file["id"])
        api.example("delete", "/api/v1/attachments/{id}", id=api.upload("otra.txt", b"hola")["id"])
        api.example("get", "/files/{token}", token=file["url"].rsplit("/", 1)[1])
        contact = talk["contact"]["id"]
        note = api.call("POST", f"/api/v1/contacts/{contact}/notes", {"text": "prefiere la tarde"})
        api.example("patch", "/api/v1/contacts/{id}/notes/{note_id}", {"text": "prefiere la manana"}, id=contact, note_id=note["id"])
