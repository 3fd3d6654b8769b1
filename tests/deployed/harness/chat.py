"""A mock of Slack and Discord: answers as they do and keeps what it was sent.

The functions send `https://slack.com/api/x` to `<origin>/slack.com/api/x`.
"""

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SCOPES = "chat:write,chat:write.public,chat:write.customize,channels:read"


@dataclass
class Request:
    method: str
    path: str
    query: dict
    headers: dict
    text: str
    body: object = None
    refused: bool = False

    @property
    def is_message(self):
        return self.method == "POST" and self.path != "/slack.com/api/auth.test"

    @property
    def words(self):
        """Every text of the body, without the backslashes that keep markdown quiet."""
        return "\n".join(_texts(self.body)).replace("\\", "")

    @property
    def title(self):
        """The line that a reader sees first."""
        for part in (self.body, *self.body.get("attachments", []), *self.body.get("embeds", [])):
            line = part.get("title") or part.get("text") or part.get("fallback")
            if line:
                return line
        return None

    def says(self, *texts):
        return all(text in self.words for text in texts)


def _texts(value):
    if isinstance(value, dict):
        value = value.values()
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        return [] if value is None else [str(value)]
    return [text for part in value for text in _texts(part)]


class ChatServer:
    def __init__(self):
        self._requests = []
        self._failing = []
        self._arrived = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def fail_once(self, destination):
        """The next message for the destination is answered with 503."""
        with self._arrived:
            self._failing.append(destination)

    def keep(self, request):
        with self._arrived:
            if request.is_message:
                hit = next((part for part in self._failing if part in request.path), None)
                if hit:
                    self._failing.remove(hit)
                    request.refused = True
            self._requests.append(request)
            self._arrived.notify_all()
            return len(self._requests)

    @property
    def requests(self):
        with self._arrived:
            return list(self._requests)

    def messages(self, destination, *texts):
        """The accepted messages for a destination, a part of the path, with all the texts."""
        return [
            request
            for request in self.requests
            if request.is_message
            and not request.refused
            and destination in request.path
            and request.says(*texts)
        ]

    def wait_for(self, destination, *texts, seconds=60):
        """The first such message, or None at the deadline."""
        with self._arrived:
            self._arrived.wait_for(lambda: self.messages(destination, *texts), seconds)
        found = self.messages(destination, *texts)
        return found[0] if found else None


def _answer(request, number):
    """Status, headers and body, as the platform would give them."""
    if request.refused:
        return 503, {}, "upstream connect error"
    if request.path == "/slack.com/api/auth.test":
        body = {
            "ok": True,
            "url": "https://fake.slack.com/",
            "team": "Fake",
            "user": "carillon",
            "team_id": "T0FAKE00001",
            "user_id": "U0FAKE00001",
            "bot_id": "B0FAKE00001",
        }
        return 200, {"x-oauth-scopes": SCOPES}, body
    if request.path in ("/slack.com/api/chat.postMessage", "/slack.com/api/chat.update"):
        if not request.headers.get("authorization", "").startswith("Bearer xoxb-"):
            return 200, {}, {"ok": False, "error": "not_authed"}
        timestamp = f"1700000000.{number:06}"
        return 200, {}, {"ok": True, "channel": "C0FAKE00001", "ts": timestamp, "message": {}}
    if request.path.startswith("/hooks.slack.com/services/"):
        return 200, {}, "ok"
    if request.path.startswith("/discord.com/api/v10/webhooks/"):
        webhook_id, token = request.path.split("/")[5:7]
        if request.method == "GET":
            body = {
                "type": 1,
                "id": webhook_id,
                "name": "carillon",
                "avatar": None,
                "channel_id": "199737254929760256",
                "guild_id": "199737254929760257",
                "application_id": None,
                "token": token,
            }
            return 200, {}, body
        if request.query.get("wait") != ["true"]:
            return 204, {}, None
        message = {
            "id": str(1100000000000000000 + number),
            "type": 0,
            "channel_id": "199737254929760256",
            "webhook_id": webhook_id,
            "content": "",
            "embeds": [],
            "attachments": [],
            "mentions": [],
            "timestamp": "2026-01-01T00:00:00.000000+00:00",
        }
        return 200, {"x-ratelimit-remaining": "4", "x-ratelimit-reset-after": "1"}, message
    return 404, {}, {"message": "404: Not Found", "code": 0}


def _handler(server):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self):
            length = int(self.headers.get("content-length") or 0)
            text = self.rfile.read(length).decode("utf-8", "replace")
            url = urlsplit(self.path)
            request = Request(
                method=self.command,
                path=url.path,
                query=parse_qs(url.query),
                headers={name.lower(): value for name, value in self.headers.items()},
                text=text,
            )
            try:
                request.body = json.loads(text) if text else None
            except ValueError:
                request.body = text
            number = server.keep(request)
            status, headers, body = _answer(request, number)
            is_text = isinstance(body, str)
            content = b"" if body is None else (body if is_text else json.dumps(body)).encode()
            self.send_response(status)
            self.send_header("content-type", "text/html" if is_text else "application/json")
            self.send_header("content-length", str(len(content)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _serve

        def log_message(self, *_):
            pass

    return Handler
