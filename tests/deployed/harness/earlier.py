"""A deployment of an earlier version is updated to the present one."""

import subprocess
from pathlib import Path

from .beginning import Beginning
from .checks import Stop, section
from .ending import Ending
from .kept import Kept
from .sources import Sources
from .stack import FUNCTIONS, build
from .webhooks import BOT, parameter

HOME = Path("target/deployed/from")
TEMPLATE = HOME / "build" / "template.yaml"


def build_earlier(commit, shipped):
    """Builds what a commit has; its dependencies are compiled already where they are the same."""
    source = HOME / "source"
    _remove(source)
    _git("worktree", "add", "--detach", str(source), commit)
    try:
        build(shipped, source / "template.yaml", TEMPLATE.parent)
    finally:
        _remove(source)


def _remove(source):
    if source.exists():
        _git("worktree", "remove", "--force", str(source))


def _git(*arguments):
    done = subprocess.run(["git", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise Stop(f"git {arguments[0]} {arguments[1]} failed: {done.stderr}")


class Earlier(Beginning, Sources, Kept, Ending):
    def play(self):
        section("The earlier version: health and key")
        self._health()
        self._admin_key()
        section("Registering webhooks")
        self._register()
        section("An event over the API")
        self._publish()
        section("An item in the entities table")
        self._entity()
        section("The update to the present version")
        self._before_update()
        before = self._code()
        self._stack.deploy(self._chat.origin)
        others = [name for name, code in self._code().items() if code != before[name]]
        self._checks.check(f"{len(others)} of {len(before)} functions are others", others, before)
        self._console()
        self._all_is_kept()
        self._what_was_there_works()
        # With the credential that nothing has needed since.
        self._put_item(self._stack.outputs["EntitiesTableName"], parameter("voucher-limit"))
        self._arrives("an item", BOT, "voucher-limit")
        section("The janitor")
        self._janitor()
        section("The end")
        self._nothing_given_up()
        self._delete_stack()

    def _code(self):
        lambdas = self._emulator.client("lambda")
        names = {name: self._stack.resources[name] for name in FUNCTIONS}
        return {
            name: lambdas.get_function(FunctionName=physical)["Configuration"]["CodeSha256"]
            for name, physical in names.items()
        }
