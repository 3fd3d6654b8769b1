"""The first minutes with a new deployment."""

import json
import re

from . import canaries
from .act import Act
from .webhooks import WEBHOOKS


class Beginning(Act):
    def _health(self):
        # The first call starts the function; the emulator needs a moment for the routes.
        answer = self._wait(lambda: self._ok("GET", "/health"))
        self._checks.need("health answers without a key", answer, self._api.answers[-1:])
        for path in ("/webhooks/", "/webhooks"):
            answer = self._api.call("GET", path)
            self._checks.check(
                f"GET {path} without a key is refused", answer.status == 401, answer
            )

    def _console(self):
        page = self._api.file("/")
        policy = page.headers.get("content-security-policy", "")
        self._checks.check(
            "the console answers, and may load nothing from elsewhere",
            page.status == 200 and policy.startswith("default-src 'none'"),
            page,
        )
        files = re.findall(r'"(console/[^"]+)"', page.text)
        answers = [self._api.file(f"/{name}") for name in files]
        self._checks.check(
            f"its {len(files)} files are there, for ever",
            files and all(a.status == 200 and "immutable" in a.headers["cache-control"] for a in answers),
            [a.status for a in answers],
        )

    def _admin_key(self):
        secrets = self._emulator.client("secretsmanager")
        secret = secrets.get_secret_value(SecretId=self._stack.outputs["AdminKeySecretArn"])
        value = json.loads(secret["SecretString"])
        self._checks.need(
            "the admin key is in Secrets Manager",
            len(value.get("key", "")) == 48 and value.get("organization") == "default",
            value.keys(),
        )
        answer = self._api.call("GET", "/webhooks/", key="x" * 48)
        self._checks.check("a wrong key is refused", answer.status == 401, answer)
        self._api.key = value["key"]
        self._admin_keys = {"the first admin key": value["key"]}
        answer = self._api.call("GET", "/webhooks/")
        self._checks.need(
            "the admin key is accepted",
            answer.status == 200 and answer.json["results"] == [],
            answer,
        )

    def _register(self):
        for destination, webhook in WEBHOOKS.items():
            answer = self._api.call("POST", "/webhooks/", webhook)
            self._checks.need(f"{webhook['name']!r} is accepted", answer.status == 201, answer)
            self._ids[destination] = answer.json["id"]
            self._checks.check(
                "... and its credential is masked in the answer",
                not canaries.found_in([answer.text])
                and "…" in json.dumps(answer.json["configuration"], ensure_ascii=False),
                answer,
            )
        answer = self._api.call("GET", "/webhooks/")
        listed = {w["id"] for w in answer.json["results"]}
        self._checks.check("all are listed", listed == set(self._ids.values()), answer)
        names = self._secrets()
        self._checks.check(
            "each credential has its secret under the stack's prefix",
            len(names) == len(WEBHOOKS),
            list(names),
        )
