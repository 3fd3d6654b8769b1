"""The emulator, mended where it is not like AWS."""

import json
from functools import partial

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.services import dynamodb, eventbridge
from ministack.services.cloudformation import provisioners

from . import mended_keys  # noqa: F401 - mends as it is loaded

# On AWS nobody else may publish events whose source is `aws.…`. The emulator keeps that rule,
# but publishes no CloudFormation events of its own; so the run has to be able to.
eventbridge._put_events = partial(eventbridge._put_events, allow_aws_source=True)

# On AWS a batch needs the right to its single action; there is no right to batches.
_action = iam_actions.extract_iam_action


def _single_action(service, *request):
    action = _action(service, *request)
    return action.removesuffix("Batch") if action and service == "sqs" else action


iam_actions.extract_iam_action = _single_action

# On AWS a policy can depend on the partition keys of the rows that a call is about. The emulator
# knows no such condition. The names are those of our tables' partition keys.
_HASHES = ("pk", "webhook_id", "organization")
_context = iam_actions.dynamodb_service_context


def _leading_keys(value):
    """The partition keys in a call's items, keys and conditions, however deep."""
    if isinstance(value, list):
        return [key for one in value for key in _leading_keys(one)]
    if not isinstance(value, dict):
        return []
    for name in ("Item", "Key"):
        row = value.get(name)
        if isinstance(row, dict):
            hashes = [row[hash] for hash in _HASHES if hash in row]
            return [next(iter(hashes[0].values()))] if hashes else []
    if "KeyConditionExpression" in value:
        name, _, placeholder = value["KeyConditionExpression"].split(" AND ")[0].partition(" = ")
        found = value.get("ExpressionAttributeValues", {}).get(placeholder.strip(), {})
        return list(found.values()) if name.strip() in _HASHES else []
    if "Keys" in value and isinstance(value["Keys"], list):
        return [key for row in value["Keys"] for key in _leading_keys({"Key": row})]
    return [key for one in value.values() for key in _leading_keys(one)]


def _with_leading_keys(body):
    context = _context(body)
    try:
        call = json.loads(body or b"{}")
    except ValueError:
        return context
    if "TransactItems" in call:
        # AWS looks at each row by itself; here one condition is for all. Rows of other tables than
        # the registry are not restricted in a transaction.
        steps = [one for item in call["TransactItems"] for one in item.values()]
        rows = [step.get("Item") or step.get("Key") or {} for step in steps]
        keys = _leading_keys([{"Key": row} for row in rows if "pk" in row])
    else:
        keys = _leading_keys(call)
    return context | ({"dynamodb:leadingkeys": keys} if keys else {})


iam_actions.dynamodb_service_context = _with_leading_keys

# The bucket of SAM's artefacts refuses what does not come over TLS. Nothing comes over TLS here.
_condition_key = iam_evaluator._resolve_condition_key


def _over_tls(key, context):
    return "true" if key.lower() == "aws:securetransport" else _condition_key(key, context)


iam_evaluator._resolve_condition_key = _over_tls

# Of calls about a stream, the emulator does not see which one they are about.
_resource = iam_actions.extract_resource_arn


def _resource_or_stream(service, method, path, headers, body, *where):
    if service == "dynamodbstreams":
        return json.loads(body or b"{}").get("StreamArn", "*")
    return _resource(service, method, path, headers, body, *where)


iam_actions.extract_resource_arn = _resource_or_stream

# The emulator makes no alarm over several metrics. One over the first of them is as good here:
# no figure raises an alarm in the run.
_alarm = provisioners._cw_metric_alarm_record


def _over_one_metric(name, props):
    stats = [one["MetricStat"] for one in props.get("Metrics") or [] if "MetricStat" in one]
    for stat in stats[:1]:
        only = {name: stat[name] for name in ("Period", "Stat") if name in stat}
        props = {**props, **stat["Metric"], **only, "Metrics": None}
    return _alarm(name, props)


provisioners._cw_metric_alarm_record = _over_one_metric

# In a template, the encryption of a table is `SSEEnabled`; the emulator knows the name that the API
# has for it.
_encryption = dynamodb._sse_description_from_spec


def _encryption_of_template(spec):
    return _encryption({"Enabled": spec.get("SSEEnabled"), **spec} if spec else spec)


dynamodb._sse_description_from_spec = _encryption_of_template


# A policy for a role of another stack: on AWS, AWS::IAM::RolePolicy does for one role what
# AWS::IAM::Policy does for many. The emulator knows only the latter.
def _for_many(props):
    return {**props, "Roles": [props["RoleName"]]}


provisioners._RESOURCE_HANDLERS["AWS::IAM::RolePolicy"] = {
    "create": lambda logical_id, props, stack: provisioners._iam_policy_create(
        logical_id, _for_many(props), stack
    ),
    "delete": lambda physical_id, props: provisioners._iam_policy_delete(
        physical_id, _for_many(props)
    ),
}

app.main()
