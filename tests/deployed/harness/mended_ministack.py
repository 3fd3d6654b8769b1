"""The emulator, mended in two places where it is not like AWS."""

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

app.main()
