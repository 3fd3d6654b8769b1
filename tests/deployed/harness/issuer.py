"""An issuer of JWTs: an HTTPS server with its keys where OpenID Connect wants them."""

import base64
import datetime
import json
import ssl
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

AUDIENCE = "carillon-of-the-deployed-run"


def new_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _encoded(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _number(value):
    return _encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


class Issuer:
    def __init__(self):
        # One key for the tokens and for the server: nobody else knows either.
        self._key = new_key()
        self._home = tempfile.TemporaryDirectory(prefix="carillon-issuer-")
        self.certificate = Path(self._home.name) / "certificate.pem"
        self.certificate.write_bytes(_certificate(self._key))
        private = Path(self._home.name) / "key.pem"
        private.write_bytes(
            self._key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, private)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._home.cleanup()

    def answer(self, path):
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        numbers = self._key.public_key().public_numbers()
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1"}
        return {"keys": [key | {"n": _number(numbers.n), "e": _number(numbers.e)}]}

    def token(self, claims, key=None):
        """A token for an hour, signed with the issuer's key, or with one that it never had."""
        now = int(time.time())
        standard = {"iss": self.url, "aud": AUDIENCE, "sub": "alice", "iat": now, "exp": now + 3600}
        header = {"alg": "RS256", "typ": "JWT", "kid": "1"}
        parts = (header, standard | claims)
        signed = ".".join(_encoded(json.dumps(part).encode()) for part in parts)
        signature = (key or self._key).sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_encoded(signature)}"


def _certificate(key):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


def _handler(issuer):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            content = json.dumps(issuer.answer(self.path)).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    return Handler
