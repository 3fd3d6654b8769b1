"""The emulator, mended: who may not use a KMS key cannot use what it encrypts.

On AWS, DynamoDB, SQS and Secrets Manager use the key in the name of who calls them. The emulator
keeps which key a thing has, and asks nobody for a right to it.
"""

from ministack.core import iam_evaluator
from ministack.services import dynamodb, secretsmanager, sqs

_READ, _WRITE = ("kms:Decrypt",), ("kms:GenerateDataKey", "kms:Decrypt")
_NEEDED = {
    "sqs:ReceiveMessage": _READ,
    "sqs:SendMessage": _WRITE,
    "secretsmanager:GetSecretValue": _READ,
    "secretsmanager:PutSecretValue": _WRITE,
    # What the key before has encrypted is read once more.
    "secretsmanager:UpdateSecret": _READ,
}
_enforce = iam_evaluator.enforce


def _key_of(service, arn):
    if service == "dynamodb" and "/" in arn:
        table = dynamodb._tables.get(arn.split("/")[1]) or {}
        return (table.get("SSEDescription") or {}).get("KMSMasterKeyArn")
    if service == "secretsmanager":
        return (secretsmanager._resolve(arn)[1] or {}).get("KmsKeyId")
    if service == "sqs":
        queues = [queue["attributes"] for _, queue in sqs._queues.items()]
        return next((q.get("KmsMasterKeyId") for q in queues if q.get("QueueArn") == arn), None)
    return None


def _with_key(access_key, action, service, region, resource_arn="*", service_context=None):
    denied = _enforce(access_key, action, service, region, resource_arn, service_context)
    needed = _READ if service == "dynamodb" else _NEEDED.get(action, ())
    key = _key_of(service, resource_arn) if needed and not denied else None
    if key and ":key/" in key:
        via = {"kms:ViaService": f"{service}.{region}.amazonaws.com"}
        for use in needed:
            denied = denied or _enforce(access_key, use, "kms", region, key, via)
    return denied


iam_evaluator.enforce = _with_key
