"""What a deployer may do: tests/examples/deployer.json.

AWS makes a stack's resources in the name of who deploys it. The emulator asks for a right to the
stack and to the bucket of its artefacts alone; so what else is needed is taken from AWS's own
description of each kind of resource (the permissions of its handlers), which cfn-lint has.
"""

import fnmatch
import json
from pathlib import Path

import boto3
import cfnlint
from botocore.exceptions import ClientError

from .emulator import REGION
from .stack import NAME

POLICY = Path(__file__).parents[2] / "examples" / "deployer.json"
_SCHEMAS = Path(cfnlint.__file__).parent / "data" / "schemas" / "resources"

# Rights that the handlers have for what the template has none of, by service.
_FOR_WHAT_IS_NOT_THERE = {
    # Imports, exports and replicas of tables, and what their streams are copied to.
    "DynamoDB": "kinesis:* s3:* iam:CreateServiceLinkedRole logs:* kms:RevokeGrant",
    # Files, layers, signed code, capacity providers.
    "Lambda": "elasticfilesystem:* s3files:* s3:* lambda:GetLayerVersion lambda:GetCodeSigningConfig "
    "lambda:PassCapacityProvider",
    # APIs whose description is in a bucket.
    "ApiGatewayV2": "s3:*",
    # Where else logs may go.
    "Logs": "s3:* firehose:*",
}


def _needed(types):
    """What the handlers of these kinds of resources need, by kind."""
    needed = {}
    for path in _SCHEMAS.glob("*.json"):
        schema = json.loads(path.read_text())
        kind = schema.get("typeName")
        if kind not in types:
            continue
        unused = _FOR_WHAT_IS_NOT_THERE.get(kind.split("::")[1], "").split()
        rights = {
            right
            for handler in schema.get("handlers", {}).values()
            for right in handler.get("permissions", ())
        }
        needed[kind] = {
            right
            for right in rights
            if not any(fnmatch.fnmatch(right, pattern) for pattern in unused)
        }
    return needed


def check_policy(checks, emulator, deployer):
    template = emulator.client("cloudformation").get_template(
        StackName=NAME, TemplateStage="Processed"
    )["TemplateBody"]
    types = {resource["Type"] for resource in template["Resources"].values()}
    needed = _needed(types)
    checks.check(
        f"AWS says what deploying each of {len(types)} kinds of resources needs",
        set(needed) == types,
        types - set(needed),
    )
    allowed = []
    for statement in json.loads(POLICY.read_text())["Statement"]:
        actions = statement["Action"]
        allowed += [actions] if isinstance(actions, str) else actions
    missing = {
        f"{kind}: {right}"
        for kind, rights in needed.items()
        for right in rights
        if not any(fnmatch.fnmatch(right.lower(), action.lower()) for action in allowed)
    }
    checks.check("deployer.json allows all of it", not missing, sorted(missing))
    client = boto3.client(
        "cloudformation",
        endpoint_url=emulator.endpoint,
        region_name=REGION,
        aws_access_key_id=deployer["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=deployer["AWS_SECRET_ACCESS_KEY"],
    )
    try:
        client.delete_stack(StackName="of-somebody-else")
        code = None
    except ClientError as error:
        code = error.response["Error"]["Code"]
    checks.check("... and nothing to stacks of other names", code == "AccessDenied", code)


def as_deployer(emulator):
    """The environment of somebody who has these rights and no others."""
    iam = emulator.client("iam")
    iam.create_user(UserName="deployer")
    iam.put_user_policy(
        UserName="deployer", PolicyName="deployer", PolicyDocument=POLICY.read_text()
    )
    key = iam.create_access_key(UserName="deployer")["AccessKey"]
    return {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        "AWS_REGION": REGION,
    }
