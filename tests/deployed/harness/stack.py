"""template.yaml: built and deployed by SAM as it is, then read."""

import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from .checks import Stop

NAME = "carillon-deployed-run"
TEMPLATE = Path("target/deployed/build/template.yaml")
# What `sam deploy` would ask a person, or have from samconfig.toml.
OPTIONS = (
    "--resolve-s3",
    "--no-confirm-changeset",
    "--capabilities",
    "CAPABILITY_IAM",
    "CAPABILITY_AUTO_EXPAND",
)
FUNCTIONS = [
    f"{name}Function"
    for name in ("WebhookApi", "TableEvents", "CloudEvents", "Dispatcher", "Notifier", "Janitor")
]

# What makes small and fast binaries makes slow builds, and neither is what this run is about.
# Kept apart from target/ so that neither build throws away the other's work.
FASTER_PROFILE = {
    "CARGO_TARGET_DIR": str(Path("target/deployed/cargo").absolute()),
    "CARGO_PROFILE_RELEASE_LTO": "off",
    "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
    "CARGO_PROFILE_RELEASE_OPT_LEVEL": "0",
}


def build(shipped, source="template.yaml", build_dir=TEMPLATE.parent):
    environment = os.environ | {"SAM_CLI_TELEMETRY": "0"}
    if not shipped:
        environment |= FASTER_PROFILE
    _sam(
        ["build", "--template-file", str(source), "--build-dir", str(build_dir)]
        + ["--parameter-overrides", "Architecture=x86_64"],
        environment,
    )


def _sam(arguments, environment):
    print(f"  $ sam {' '.join(arguments)}", flush=True)
    started = time.monotonic()
    process = subprocess.Popen(
        ["sam", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Where this run is interrupted, the compilers that SAM started must end as well. In the
        # same session, since niceness counts only within one on Linux.
        process_group=0,
    )
    try:
        output, _ = process.communicate()
    except BaseException:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        raise
    if process.returncode:
        print(output)
        raise Stop(f"sam {arguments[0]} failed")
    print(f"  {time.monotonic() - started:.0f} s", flush=True)


class Stack:
    def __init__(self, emulator, name=NAME, deployer=None):
        """`deployer` is the environment of who deploys it, where that is not the account's root."""
        self._emulator = emulator
        self._name = name
        self.deployer = deployer or {}
        self._cloudformation = emulator.client("cloudformation")

    def deploy(self, chat_origin, template=TEMPLATE, **parameters):
        """Makes the stack, or updates it."""
        _sam(
            ["deploy", "--template-file", str(template), "--stack-name", self._name, *OPTIONS]
            + ["--parameter-overrides"]
            + ["Architecture=x86_64", "Console=ENABLED", f"ChatOrigin={chat_origin}"]
            + [f"{name}={value}" for name, value in parameters.items()],
            self._emulator.environment | {"SAM_CLI_TELEMETRY": "0"} | self.deployer,
        )
        self.read()

    def read(self):
        """What is there, of a stack that somebody has deployed."""
        stack = self._cloudformation.describe_stacks(StackName=self._name)["Stacks"][0]
        self.outputs = {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}
        pages = self._cloudformation.get_paginator("list_stack_resources")
        self.resources = {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for page in pages.paginate(StackName=self._name)
            for resource in page["StackResourceSummaries"]
        }

    def change(self, chat_origin, **parameters):
        """Updates the stack with other parameters and the functions that it has."""
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as template:
            template.write(self.own_template())
            template.flush()
            self.deploy(chat_origin, template.name, **parameters)

    def own_template(self):
        """Names the functions where they were uploaded: nothing is zipped once more."""
        own = self._cloudformation.get_template(StackName=self._name, TemplateStage="Original")
        return own["TemplateBody"]

    def route_api(self):
        """Makes the routes of the HTTP API, which the emulator forgets.

        SAM describes an HTTP API's routes by an OpenAPI `Body`, and AWS makes them from it;
        the emulator ignores it. So they are made here, from that same `Body`.
        """
        template = self._cloudformation.get_template(StackName=self._name, TemplateStage="Processed")
        paths = template["TemplateBody"]["Resources"]["HttpApi"]["Properties"]["Body"]["paths"]
        apis = self._emulator.client("apigatewayv2")
        lambdas = self._emulator.client("lambda")
        api = self.resources["HttpApi"]
        for path, methods in paths.items():
            for method, operation in methods.items():
                described = operation["x-amazon-apigateway-integration"]
                function = re.search(r"\$\{(\w+)\.Arn\}", described["uri"]["Fn::Sub"])[1]
                function = lambdas.get_function(FunctionName=self.resources[function])
                integration = apis.create_integration(
                    ApiId=api,
                    IntegrationType="AWS_PROXY",
                    IntegrationUri=function["Configuration"]["FunctionArn"],
                    PayloadFormatVersion=described["payloadFormatVersion"],
                )
                verb = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
                apis.create_route(
                    ApiId=api,
                    RouteKey=f"{verb} {path}",
                    Target=f"integrations/{integration['IntegrationId']}",
                )

    def host(self, api="HttpApi"):
        return f"{self.resources[api]}.execute-api.localhost:{self._emulator.port}"

    def delete(self):
        """As SAM would, but for what it has uploaded."""
        arn = self._cloudformation.describe_stacks(StackName=self._name)["Stacks"][0]["StackId"]
        self._cloudformation.delete_stack(StackName=self._name)
        self._cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=arn, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
        )

    def logs(self):
        """Every log line of the functions and of the API, by log group."""
        logs = self._emulator.client("logs")
        found = {}
        for logical, group in self.resources.items():
            if logical.endswith("Logs"):
                pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
                found[group] = [event["message"] for page in pages for event in page["events"]]
        return found
