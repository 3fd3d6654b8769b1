"""The emulator, mended in three places where it is not like AWS."""

import json
import re
from functools import partial

from ministack import app
from ministack.core import iam_actions
from ministack.services import eventbridge

# On AWS nobody else may publish events whose source is `aws.…`. The emulator keeps that rule,
# but publishes no CloudFormation events of its own; so the run has to be able to.
eventbridge._put_events = partial(eventbridge._put_events, allow_aws_source=True)

# On AWS a batch needs the right to its single action; there is no right to batches.
_action = iam_actions.extract_iam_action


def _single_action(service, *request):
    action = _action(service, *request)
    return action.removesuffix("Batch") if action and service == "sqs" else action


iam_actions.extract_iam_action = _single_action

# On AWS each statement of a PartiQL batch needs the right to what it does, on its table; there is
# no right to batches here either.
_checks = iam_actions.dynamodb_transaction_checks
_STATEMENT = re.compile(r'(INSERT|UPDATE)(?: INTO)? "([^"]+)"')


def _statement_checks(action, body, region, account_id):
    if action != "dynamodb:BatchExecuteStatement":
        return _checks(action, body, region, account_id)
    checks = []
    for statement in json.loads(body)["Statements"]:
        verb, table = _STATEMENT.match(statement["Statement"]).groups()
        arn = f"arn:aws:dynamodb:{region}:{account_id}:table/{table}"
        checks.append((f"dynamodb:PartiQL{verb.capitalize()}", arn))
    print(f"shared write of {len(checks)}", flush=True)
    return checks


iam_actions.dynamodb_transaction_checks = _statement_checks

app.main()
