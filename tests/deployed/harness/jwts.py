"""The second way into the API."""

from .act import Act
from .issuer import new_key
from .webhooks import DISCORD_ALL, deployment


class Jwts(Act):
    def _jwts(self):
        """Tokens are signed, sent to the second API and checked by its authorizer.

        The authorizer is the emulator's. That AWS's own does the same is AWS's promise.
        """
        api = self._api.at(self._stack.host("JwtApi"))
        admin = {"organization": "default", "role": "admin"}
        acme = admin | {"organization": "org_acme"}
        viewer, publisher = admin | {"role": "viewer"}, admin | {"role": "publisher"}

        def call(method, path, claims, body=None, key=None):
            token = self._issuer.token(claims, key)
            self._signatures[f"JWT {len(self._signatures) + 1}"] = token.split(".")[2]
            return api.call(method, path, body, authorization=f"Bearer {token}")

        answer = self._wait(lambda: api.call("GET", "/health").status == 200)
        self._checks.check("health answers there without a JWT", answer)
        refused = {
            "no JWT": api.call("GET", "/webhooks/"),
            "an API key": api.call("GET", "/webhooks/", key=self._api.key),
            "a JWT for somebody else": call("GET", "/webhooks/", admin | {"aud": "another"}),
            "a JWT of another issuer": call("GET", "/webhooks/", admin | {"iss": "https://x.test"}),
            "a JWT that is over": call("GET", "/webhooks/", admin | {"exp": 1}),
            "a JWT with a wrong signature": call("GET", "/webhooks/", admin, key=new_key()),
        }
        for what, answer in refused.items():
            # In the gateway's words, not in the function's.
            is_refused = answer.status == 401 and answer.json == {"message": "Unauthorized"}
            self._checks.check(f"{what} is refused", is_refused, answer)
        answer = call("GET", "/webhooks/", {"organization": "default"})
        self._checks.check("a JWT without a role is refused", answer.status == 403, answer)

        ids = {webhook["id"] for webhook in self._listed("/webhooks/")}
        answer = call("GET", "/webhooks/", viewer)
        found = {webhook["id"] for webhook in answer.json["results"]}
        sees_them = answer.status == 200 and found == ids
        self._checks.check("a viewer sees the webhooks", sees_them, answer)
        answer = call("GET", "/webhooks/", acme)
        self._checks.check(
            "an admin of another organization sees none of them",
            answer.status == 200 and answer.json["results"] == [],
            answer,
        )
        event = deployment("front-door", "deploy-e4f5")
        answer = call("POST", "/events/", viewer, event)
        self._checks.check("a viewer may not publish", answer.status == 403, answer)
        answer = call("GET", "/webhooks/", publisher)
        self._checks.check("a publisher may not see them", answer.status == 403, answer)
        answer = call("POST", "/events/", publisher, event)
        self._checks.need("... but publish", answer.status == 202, answer)
        self._arrives("the event", DISCORD_ALL, "front-door")
