"""Signs what the runs post to webhooks, as a provider and an adapter would: without it nothing behind the signature would ever be reached.

Loaded by the tool (SCHEMATHESIS_HOOKS). The secrets are made up by scripts/schemathesis and are good for its server only.
"""

import base64
import hashlib
import hmac
import os
import time
import uuid

import requests
import schemathesis


def raw(request):
    """Returns the bytes that are sent."""
    body = request.body or b""
    return body.encode() if isinstance(body, str) else body


class Provider(requests.auth.AuthBase):
    """Signs as Meta does."""

    def __call__(self, request):
        mac = hmac.new(os.environ["RECADO_META_APP_SECRET"].encode(), raw(request), hashlib.sha256)
        request.headers["x-hub-signature-256"] = "sha256=" + mac.hexdigest()
        return request


class Adapter(requests.auth.AuthBase):
    """Signs as *Standard Webhooks* says."""

    def __call__(self, request):
        name, now = str(uuid.uuid4()), str(int(time.time()))
        key = base64.b64decode(os.environ["ADAPTER_SECRET"].removeprefix("whsec_"))
        mac = hmac.new(key, f"{name}.{now}.".encode() + raw(request), hashlib.sha256)
        signature = "v1," + base64.b64encode(mac.digest()).decode()
        request.headers.update({"webhook-id": name, "webhook-timestamp": now, "webhook-signature": signature})
        return request


schemathesis.auth.set_from_requests(Provider()).apply_to(method="POST", path_regex="^/webhooks/")
schemathesis.auth.set_from_requests(Adapter()).apply_to(method="POST", path="/api/v1/channels/{inbox_id}/events")
