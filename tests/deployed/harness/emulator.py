"""The emulator of AWS (ministack), as a process of its own on ports and files of its own."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config

from .checks import Stop, wait_until

REGION = "eu-west-1"
KEY = "test"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Emulator:
    def __init__(self, trusted):
        """`trusted` is the certificate of the one HTTPS server that it knows."""
        self._trusted = trusted
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        # For everything it would otherwise leave in /tmp.
        self._home = tempfile.TemporaryDirectory(prefix="carillon-deployed-")
        self.log = Path(self._home.name) / "emulator.log"
        self._process = None

    @property
    def _pointers(self):
        return {
            # In the emulator's own environment too: its functions find it by this.
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": KEY,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1,localhost",
        }

    @property
    def environment(self):
        """What makes any AWS client talk to the emulator, and to nothing else."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        return kept | self._pointers

    def start(self):
        # Functions get the emulator's environment: nothing of this machine's in it.
        own = ("PATH", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
        settings = {name: os.environ[name] for name in own if name in os.environ}
        settings |= self._pointers | {
            "HOME": self._home.name,
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "localhost",
            "MINISTACK_REGION": REGION,
            "TMPDIR": self._home.name,
            # Functions are processes of this machine; their roles are enforced.
            "LAMBDA_EXECUTOR": "local",
            "AUTH": "true",
            "SSL_CERT_FILE": str(self._trusted),
            "IOT_MTLS_ENABLED": "0",
            "DOCKER_HOST": f"unix://{self._home.name}/no-docker",
        }
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "harness.mended_ministack"],
                env=settings,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Its functions are its children: they end with the group.
                start_new_session=True,
            )
        if not wait_until(self._is_up, 60):
            raise Stop("the emulator did not start")

    def _is_up(self):
        if self._process.poll() is not None:
            raise Stop(f"the emulator ended with {self._process.returncode}")
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=1):
                return True
        except OSError:
            return False

    def stop(self):
        if self._process:
            for sign in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.killpg(self._process.pid, sign)
                except ProcessLookupError:
                    break
                try:
                    self._process.wait(10)
                except subprocess.TimeoutExpired:
                    continue
            self._process.wait()
        self._home.cleanup()

    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=KEY,
            aws_secret_access_key=KEY,
            config=Config(retries={"max_attempts": 0}, proxies={}),
        )
