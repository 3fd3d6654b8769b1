"""Starts Carillon on this machine, has it post signed webhooks to a receiver here, and verifies
them with the libraries that receivers use; has Microsoft's own library read the cards that Teams
would get. Arguments: the program `carillon-local`, and `node` with the folder of its packages,
where there is one."""

import http.client
import json
import os
import queue
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

KEY = "fake-admin-key-for-tests"
DEADLINE = 60
received = queue.Queue()


class Receiver(BaseHTTPRequestHandler):
    """Keeps what is posted, as it came."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        assert len(headers) == len(self.headers.items()), "a header came twice"
        received.put((self.path, headers, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def call(port, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Authorization": f"Api-Key {KEY}", "Content-Type": "application/json"}
    connection.request(method, f"/api/v1{path}",
                       None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    assert answer.status < 300, f"{method} {path}: {answer.status} {text}"
    return json.loads(text)


def until_it_answers(port, process):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        assert process.poll() is None, "Carillon has ended"
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
            connection.request("GET", "/api/v1/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("Carillon does not answer")


def by_python(secret, headers, body):
    try:
        Webhook(secret).verify(body, headers)
        return True
    except WebhookVerificationError:
        return False


def beside_its_packages(name, folder):
    script = Path(folder) / name
    shutil.copy(Path(__file__).with_name(name), script)
    return script


def by_node(node, folder):
    script = beside_its_packages("verify.mjs", folder)

    def verifies(secret, headers, body):
        given = json.dumps({"secret": secret, "headers": headers, "body": body})
        status = subprocess.run([node, script], input=given, text=True).returncode
        assert status in (0, 3), f"node ended with {status}"
        return status == 0

    return verifies


def check(libraries, message, right, wrong):
    _, headers, body = message
    for name, verifies in libraries.items():
        for secret in right:
            assert verifies(secret, headers, body), f"{name}: a right signature is refused"
            assert not verifies(secret, headers, body + " "), f"{name}: a changed body is taken"
        for secret in wrong:
            assert not verifies(secret, headers, body), f"{name}: a wrong secret is taken"


def run(libraries, port, receiver):
    other = call(port, "POST", "/webhooks/", webhook("other", receiver, {}))
    other = other["configuration"]["secret"]
    for body_format in ("standard", "cloudevents"):
        configuration = {"format": body_format, "headers": {"X-Token": "fake-token"}}
        made = call(port, "POST", "/webhooks/", webhook(body_format, receiver, configuration))
        first, at = made["configuration"]["secret"], f"/webhooks/{made['id']}/"
        call(port, "POST", f"{at}test/", {})
        message = received.get(timeout=DEADLINE)
        assert message[0] == f"/{body_format}?token=fake", message[0]
        assert message[1]["x-token"] == "fake-token"
        check(libraries, message, [first], [other])
        rotated = call(port, "POST", f"{at}rotate/", {})
        second = rotated["configuration"]["secret"]
        assert second != first
        call(port, "POST", f"{at}test/", {})
        check(libraries, received.get(timeout=DEADLINE), [first, second], [other])
    print(f"verified by {' and '.join(libraries)}")


# Texts with something of everything that a card could take for its own.
HOSTILE = "**[a](https://b.example)** <at>x</at> {{DATE(2026-11-21, SHORT)}} ${c} " + "_*~`" * 900
TEAMS = (
    "https://prod-00.westeurope.logic.azure.com:443/workflows/0123456789abcdef0123456789abcdef"
    "/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0"
    "&sig=fake-signature-for-tests"
)


def cards(port):
    """The cards of every type of event, as it is documented and with hostile texts."""
    teams = {"name": "teams", "type": "teams", "event_types": ["*"],
             "configuration": {"webhook_url": TEAMS}}
    made = call(port, "POST", "/webhooks/?verify=false", teams)
    bodies = []
    for kind in call(port, "GET", "/event-types/")["results"]:
        bodies.append({"sample": kind["type"]})
        if kind["publishable"]:
            bodies.append({"type": kind["type"], "message": HOSTILE, "actor": HOSTILE[:200],
                           "resource": {"name": HOSTILE[:200]},
                           "details": {HOSTILE[:90]: HOSTILE[:900]}})
    # As much as an event can hold, in letters that take most bytes once they are escaped.
    much = {"message": "\U0001f514" * 900, "changes": ["\u0436" * 200] * 15,
            "details": {f"{n} " + "\u65e5" * 60: "\u65e5" * 90 for n in range(12)}}
    bodies.append({"type": "deploy", "resource": {"name": "\u65e5" * 80}, **much})
    previews = (call(port, "POST", f"/webhooks/{made['id']}/preview/", body) for body in bodies)
    return [it["content"] for preview in previews
            for it in preview["request"]["body"]["attachments"]]


def check_cards(port, node, folder):
    found = cards(port)
    script = beside_its_packages("cards.mjs", folder)
    subprocess.run([node, script], input=json.dumps(found), text=True, check=True)
    print(f"{len(found)} cards read by Microsoft's adaptivecards")


def webhook(name, receiver, configuration):
    url = f"http://127.0.0.1:{receiver}/{name}?token=fake"
    return {
        "name": name,
        "type": "webhook",
        "event_types": ["deploy"],
        "configuration": {"url": url, **configuration},
    }


def main(program, node=None, folder=None):
    libraries = {"Python's standardwebhooks": by_python}
    if node:
        libraries["JavaScript's standardwebhooks"] = by_node(node, folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port, dynamodb_port = free_port(), free_port()
    command = [program, "--live", "--port", str(port), "--dynamodb-port", str(dynamodb_port)]
    environment = {**os.environ, "CARILLON_ALLOW_PRIVATE": "true"}
    environment.pop("CARILLON_CHAT_ORIGIN", None)
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [*command, "--admin-key", KEY], env=environment, stdout=log, stderr=log
        )
        try:
            until_it_answers(port, process)
            run(libraries, port, server.server_port)
            if node:
                check_cards(port, node, folder)
        except BaseException:
            log.seek(0)
            sys.stderr.write(log.read().decode(errors="replace"))
            raise
        finally:
            process.terminate()
            process.wait(timeout=DEADLINE)


main(*sys.argv[1:])
