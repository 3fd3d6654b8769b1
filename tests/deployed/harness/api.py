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
    def __init__(self, port, host):
        self._port = port
        self._host = host
        self.key = None
        # Every answer, to be searched for what none may contain.
        self.answers = []

    def call(self, method, path, body=None, key=None):
        return self._send(method, f"/api/v1{path}", body, key)

    def file(self, path):
        """A file of the console."""
        return self._send("GET", path)

    def _send(self, method, path, body=None, key=None):
        headers = {"Host": self._host}
        if key or self.key:
            headers["Authorization"] = f"Api-Key {key or self.key}"
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
