"""What each role must not do, tried with the role's own credentials."""

import json

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from .emulator import REGION

# Who takes on a role on AWS is Lambda alone; for this run, its account.
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}


def _registry(pk):
    return {"pk": {"S": pk}, "sk": {"S": "made up"}}


def _delivery(webhook):
    return {"webhook_id": {"S": webhook}, "id": {"S": "made up"}}


class Roles:
    def __init__(self, checks, emulator, stack):
        self._checks = checks
        self._emulator = emulator
        self._tables = {
            name: stack.resources[f"{name}Table"]
            for name in ("Registry", "Events", "Deliveries", "Entities")
        }
        self._stack = stack

    def check(self):
        put_key = ("Registry", _registry("KEYHASH#made-up"))
        denied = {
            "Notifier": [put_key, ("Registry", _registry("AUDIT#default")),
                         ("Deliveries", _delivery("LOG#made-up")),
                         ("Deliveries", _delivery("EVENT#made-up"))],
            "Janitor": [put_key, ("Registry", _registry("AUDIT#default")),
                        ("Deliveries", _delivery("wh_made_up")),
                        ("Deliveries", _delivery("LOG#made-up"))],
            "Dispatcher": [put_key, ("Registry", _registry("ORG#default")),
                           ("Deliveries", _delivery("PAUSE"))],
            "CloudEvents": [put_key, ("Deliveries", _delivery("wh_made_up"))],
            "TableEvents": [put_key, ("Deliveries", _delivery("wh_made_up"))],
            "WebhookApi": [("Deliveries", _delivery("LOG#made-up")),
                           ("Deliveries", _delivery("DUE")),
                           ("Entities", {"organization": {"S": "o"}, "id": {"S": "1"}})],
        }
        # That something is allowed shows that the credentials are good.
        allowed = {
            "Notifier": ("Deliveries", _delivery("PAUSE")),
            "Janitor": ("Deliveries", _delivery("WALK")),
            "CloudEvents": ("Deliveries", _delivery("STORY#made-up")),
            "WebhookApi": ("Registry", _registry("KEYHASH#made-up")),
        }
        for role, rows in denied.items():
            dynamodb = as_role(role, self._emulator, self._stack)("dynamodb")
            for table, row in rows:
                code = self._put(dynamodb, table, row)
                what = f"{role} may not write {next(iter(row.values()))['S']} into {table}"
                self._checks.check(what, code == "AccessDeniedException", code)
            if role in allowed:
                table, row = allowed[role]
                code = self._put(dynamodb, table, row)
                self._checks.check(f"... and {role} may do its own", code is None, code)
                if role != "WebhookApi":
                    dynamodb.delete_item(TableName=self._tables[table], Key=row)
        self._secrets()

    def _secrets(self):
        secret = self._stack.resources["AdminKeySecret"]
        for role in ("Notifier", "Janitor", "Dispatcher", "CloudEvents", "TableEvents"):
            secrets = as_role(role, self._emulator, self._stack)("secretsmanager")
            try:
                secrets.get_secret_value(SecretId=secret)
                code = None
            except ClientError as error:
                code = error.response["Error"]["Code"]
            self._checks.check(f"{role} may not read the admin key", code is not None, code)

    def _put(self, dynamodb, table, row):
        try:
            dynamodb.put_item(TableName=self._tables[table], Item=row)
        except ClientError as error:
            return error.response["Error"]["Code"]
        return None


def as_role(role, emulator, stack):
    """Makes clients that have a role's credentials."""
    iam, sts = emulator.client("iam"), emulator.client("sts")
    name = stack.resources[f"{role}Role"]
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(_TRUST))
    arn = iam.get_role(RoleName=name)["Role"]["Arn"]
    credentials = sts.assume_role(RoleArn=arn, RoleSessionName="run")["Credentials"]

    def client(service):
        return boto3.client(
            service,
            endpoint_url=emulator.endpoint,
            region_name=REGION,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            config=Config(retries={"max_attempts": 0}, proxies={}),
        )

    return client


def may_read(stream, emulator, stack):
    """Whether table-events may read a stream. The emulator itself reads streams by no role."""
    try:
        as_role("TableEvents", emulator, stack)("dynamodbstreams").describe_stream(StreamArn=stream)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        return False
    return True
