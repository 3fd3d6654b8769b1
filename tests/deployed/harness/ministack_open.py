"""The emulator, with one rule lifted: PutEvents takes events in the name of AWS's services.

On AWS only AWS itself may publish an event whose source is `aws.…`. The emulator keeps that
rule but publishes no CloudFormation events of its own, so the run has to.
"""

from functools import partial

from ministack import app
from ministack.services import eventbridge

eventbridge._put_events = partial(eventbridge._put_events, allow_aws_source=True)
app.main()
