"""Carillon's REST API as a client sees it."""

import http.client
import json
from dataclasses import dataclass


@dataclass
class Answer:
    status: int
    headers: dict
    text: str

    @property
    def json(self):
        return json.loads(self.text) if self.text else None


class Api:
    def __init__(self, port, host, answers=None):
        self._port = port
        self._host = host
        self.key = None
        # Every answer, to be searched for what none may contain.
        self.answers = [] if answers is None else answers

    def at(self, host):
        """The same API elsewhere, for those who have no key."""
        return Api(self._port, host, self.answers)

    def call(self, method, path, body=None, key=None, authorization=None):
        if not authorization and (key or self.key):
            authorization = f"Api-Key {key or self.key}"
        return self._send(method, f"/api/v1{path}", body, authorization)

    def file(self, path):
        """A file of the console."""
        return self._send("GET", path)

    def _send(self, method, path, body=None, authorization=None):
        headers = {"Host": self._host}
        if authorization:
            headers["Authorization"] = authorization
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, text)
        self.answers.append(answer)
        return answer
