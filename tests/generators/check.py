"""Starts Carillon on this machine and has the tools read its OpenAPI document. Arguments: the
program `carillon-local`, a folder for what is generated, and the folder of Node's programs, where
there is one."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
KEY = "fake-admin-key-for-tests"
DEADLINE = 60


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


@contextmanager
def carillon(program):
    """Carillon, until the block ends; gives its address and its document."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [program, "--port", str(port), "--dynamodb-port", "0"]
    process = subprocess.Popen(
        command,
        env={**os.environ, "CARILLON_ADMIN_KEY": KEY},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield url, document(url, process)
    finally:
        process.terminate()
        process.wait()


def document(url, process):
    end = time.monotonic() + DEADLINE
    while True:
        try:
            with urllib.request.urlopen(f"{url}/api/v1/openapi.json", timeout=5) as answer:
                return answer.read()
        except OSError:
            assert process.poll() is None, "Carillon has ended"
            assert time.monotonic() < end, "Carillon does not answer"
            time.sleep(0.1)


def call(name, *command, **options):
    done = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )
    if done.returncode != 0:
        sys.exit(f"{name} has complaints:\n{done.stdout}")
    print(f"{name}: passed")


def lint(programs, path):
    call(
        "spectral",
        programs / "spectral",
        "lint",
        "--fail-severity=error",
        "--ruleset",
        HERE / "spectral.yaml",
        path,
    )


def typescript(programs, path, folder):
    generated = folder / "api.d.ts"
    call("openapi-typescript", programs / "openapi-typescript", path, "--output", generated)
    shutil.copy(HERE / "use.ts", folder)
    strict = ["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--noEmit"]
    call("tsc", programs / "tsc", *strict, folder / "use.ts")


def python(url, path, folder):
    programs = Path(sys.executable).parent
    call(
        "openapi-python-client",
        programs / "openapi-python-client",
        "generate",
        "--meta=none",
        "--overwrite",
        "--fail-on-warning",
        f"--path={path}",
        f"--output-path={folder / 'client'}",
        f"--config={HERE / 'python-client.yaml'}",
    )
    call(
        "the Python client",
        sys.executable,
        "-B",
        HERE / "use.py",
        url,
        KEY,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )


def main(program, tools, node=None):
    folder = Path(tools) / "generated"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with carillon(program) as (url, text):
        path = folder / "openapi.json"
        path.write_bytes(text)
        assert len(text) < 120_000, f"the document has {len(text)} bytes"
        assert json.loads(text)["openapi"].startswith("3.1")
        call("openapi-spec-validator", sys.executable, "-m", "openapi_spec_validator", path)
        if node:
            lint(Path(node), path)
            typescript(Path(node), path, folder)
        python(url, path, folder)


main(*sys.argv[1:])
