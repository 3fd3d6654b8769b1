"""Builds, deploys, plays the scenario and cleans up, whatever happens."""

import argparse
import signal
import sys
import time
import traceback

from . import stack as sam
from .chat import ChatServer
from .checks import Checks, Stop, section
from .deployer import as_deployer
from .earlier import TEMPLATE as EARLIER_TEMPLATE
from .earlier import Earlier, build_earlier
from .emulator import Emulator
from .issuer import Issuer
from .scenario import Scenario
from .stack import Stack


def main():
    arguments = argparse.ArgumentParser(prog="tests/deployed/run", description=__doc__)
    arguments.add_argument(
        "--shipped", action="store_true", help="build with the profile that is deployed"
    )
    arguments.add_argument("--no-build", action="store_true", help="take what the last run built")
    arguments.add_argument("--build-only", action="store_true", help="build, and end")
    arguments.add_argument(
        "--from",
        dest="earlier",
        metavar="COMMIT",
        help="deploy what this commit has and update it to the present version, and no more",
    )
    arguments = arguments.parse_args()

    # However it is told to end, it cleans up.
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, signal.default_int_handler)

    checks = Checks()
    started = time.monotonic()
    try:
        if not arguments.no_build:
            section("Building for x86-64")
            sam.build(arguments.shipped)
            if arguments.earlier:
                section(f"Building {arguments.earlier}")
                build_earlier(arguments.earlier, arguments.shipped)
        if not arguments.build_only:
            run(checks, arguments.earlier)
    except Stop as stop:
        # A failed check is counted already; anything else is not.
        if not checks.failed:
            checks.error(stop)
    except KeyboardInterrupt:
        checks.error("interrupted")
    except Exception:
        traceback.print_exc()
        checks.error("the run broke")
    print(f"\n{time.monotonic() - started:.0f} s")
    print(checks.summary)
    sys.exit(1 if checks.failed else 0)


def run(checks, earlier):
    issuer = Issuer()
    emulator = Emulator(issuer.certificate)
    chat = ChatServer()
    stack = None
    try:
        section("Starting the emulator and deploying")
        emulator.start()
        stack = Stack(emulator, deployer=as_deployer(emulator))
        stack.deploy(chat.origin, EARLIER_TEMPLATE if earlier else sam.TEMPLATE)
        stack.route_api()
        checks.check("template.yaml deploys", True)
        scenario = Earlier if earlier else Scenario
        scenario(checks, emulator, stack, chat, issuer).play()
    finally:
        if checks.failed or sys.exc_info()[0] not in (None, KeyboardInterrupt):
            show_logs(emulator, stack)
        chat.close()
        issuer.close()
        emulator.stop()


def show_logs(emulator, stack):
    """What may explain a failure."""
    section("Logs")
    try:
        for group, lines in stack.logs().items():
            print(f"--- {group}")
            print("\n".join(lines[-80:]))
    except Exception as error:
        print(f"(no function logs: {error})")
    if emulator.log.exists():
        print("--- emulator")
        print("\n".join(emulator.log.read_text(errors="replace").splitlines()[-80:]))


main()
