"""The two examples of tests/examples, each a stack of its own beside Carillon's."""

import json
from pathlib import Path

from .act import Act
from .checks import section
from .roles import may_read
from .webhooks import BOT, DISCORD_ALL, SLACK_HOOK, parameter

TEMPLATES = Path(__file__).parents[2] / "examples"
EVENT, TABLE = "another-event", "another-table"


class Examples(Act):
    def _examples(self):
        section("The example 'another event'")
        self._another_event()
        section("The example 'another table'")
        self._another_table()

    def _deploy_example(self, name, **parameters):
        cloudformation = self._emulator.client("cloudformation")
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=(TEMPLATES / f"{name}.yaml").read_text(),
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
            ],
            Capabilities=["CAPABILITY_IAM"],
        )
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        self._checks.check(f"{name}.yaml deploys", True)

    def _another_event(self):
        outputs = self._stack.outputs
        self._deploy_example(
            EVENT,
            QueueArn=outputs["CloudEventsQueueArn"],
            FailureQueueArn=outputs["CloudEventsFailureQueueArn"],
        )
        image = {
            "ImageId": "ami-0fake00000000000f",
            "RequestId": "made-up",
            "State": "failed",
            "ErrorMessage": "The disk was full.",
        }
        self._report(
            {
                "Source": "aws.ec2",
                "DetailType": "EC2 AMI State Change",
                "Resources": [],
                "Detail": json.dumps(image),
            }
        )
        for destination in (SLACK_HOOK, DISCORD_ALL):
            self._arrives("it", destination, image["ImageId"], image["ErrorMessage"])

    def _another_table(self):
        key = self._new_key()
        encrypted = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
        stream = self._make_table("shop-settings", SSESpecification=encrypted)

        def is_readable():
            return may_read(stream, self._emulator, self._stack)

        self._checks.check("its stream cannot be read before", not is_readable())
        self._deploy_example(
            TABLE,
            StreamArn=stream,
            KeyArn=key,
            FunctionName=self._stack.outputs["TableEventsFunctionName"],
            RoleName=self._stack.outputs["TableEventsRoleName"],
            FailureQueueArn=self._stack.outputs["FailureQueueArn"],
        )
        self._checks.check("... but after, by the function's role", is_readable())
        self._put_item("shop-settings", parameter("opening-hours"))
        for destination in (BOT, SLACK_HOOK, DISCORD_ALL):
            self._arrives("an item", destination, "opening-hours")
        self._emulator.client("cloudformation").delete_stack(StackName=TABLE)
        self._checks.check(
            "... and no longer when the example is deleted",
            self._wait(lambda: not is_readable()),
        )
