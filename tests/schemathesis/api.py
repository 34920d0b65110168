"""Speaks to the server under test, and keeps the document into which examples are written.

Usage of everything in this folder: see `prepare.py`. Nothing here prints a password, a token or a link.
"""

import json
import urllib.error
import urllib.request


class Api:
    """The server at an address, its document, and the headers of operations that must not be asked with a run's own account."""

    def __init__(self, base):
        self.base = base
        self.spec = json.load(urllib.request.urlopen(base + "/api/openapi.json", timeout=30))
        self.schemas = self.spec["components"]["schemas"]
        self.token = None

    def call(self, method, path, body=None, token=None):
        """Calls the API; returns its JSON, or None for an empty answer."""
        request = urllib.request.Request(self.base + path, method=method, data=None if body is None else json.dumps(body).encode())
        if token or self.token:
            request.add_header("authorization", "Bearer " + (token or self.token))
        request.add_header("content-type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                text = answer.read()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{method} {path}: {error.code} {error.read().decode()[:300]}") from None

    def upload(self, name, content):
        """Brings a file; returns the API's JSON."""
        head = f'--cut\r\ncontent-disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = head.encode() + content + b"\r\n--cut--\r\n"
        request = urllib.request.Request(self.base + "/api/v1/attachments", method="POST", data=body)
        request.add_header("authorization", "Bearer " + self.token)
        request.add_header("content-type", "multipart/form-data; boundary=cut")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def like(self, view, schema):
        """Makes a body of what the API shows: the fields that its schema names."""
        names = self.schemas[schema]["properties"]
        return {name: value for name, value in view.items() if name in names and value is not None}

    def example(self, method, path, body=None, **parameters):
        """Writes examples into an operation; several bodies are a list."""
        operation = self.spec["paths"][path][method]
        for parameter in operation.get("parameters", []):
            name = parameter["name"].replace(".", "_")
            if name in parameters:
                parameter["example"] = parameters.pop(name)
        assert not parameters, (method, path, parameters)
        if body is not None:
            for content in operation["requestBody"]["content"].values():
                if isinstance(body, list):
                    content["examples"] = {str(number): {"value": one} for number, one in enumerate(body)}
                else:
                    content["example"] = body
