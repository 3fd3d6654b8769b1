"""What a team would do with its deployment, and what must come of it."""

from .beginning import Beginning
from .checks import section
from .delivery import Delivery
from .deployer import check_policy
from .ending import Ending
from .examples import Examples
from .roles import Roles
from .sources import Sources
from .update import Update


class Scenario(Beginning, Sources, Delivery, Update, Examples, Ending):
    def play(self):
        section("Health and key")
        self._health()
        self._admin_key()
        self._console()
        section("Registering webhooks")
        self._register()
        section("An event over the API")
        self._publish()
        section("An item in the entities table")
        self._entity()
        section("A CloudFormation event on EventBridge")
        self._cloud()
        section("Other events on EventBridge")
        self._other_cloud_events()
        self._useless_cloud_event()
        section("The same event again")
        self._duplicate()
        section("What the API tells")
        self._lists()
        section("A platform that fails once")
        self._retry()
        section("What lies in the queue")
        self._look_into_queue()
        section("A webhook that has failed for an hour")
        self._failing_webhook()
        section("The ledger, and a webhook that goes")
        self._ledger()
        self._delete_webhook()
        section("What roles must not do")
        Roles(self._checks, self._emulator, self._stack).check()
        section("What a deployer may do")
        check_policy(self._checks, self._emulator, self._stack.deployer)
        section("The janitor")
        self._janitor()
        self._update()
        self._examples()
        self._runbook()
        self._security()
        section("Secrets")
        self._no_secret_anywhere()
        section("The end")
        self._nothing_given_up()
        self._go_on_and_uninstall()
