"""The living stack is updated with parameters that it did not have."""

import json

from .act import ROUND
from .checks import section
from .documents import Documents
from .issuer import AUDIENCE
from .jwts import Jwts
from .kept import Kept
from .roles import may_read
from .stack import NAME
from .webhooks import BOT, DISCORD, DISCORD_ALL, SLACK_HOOK, WEBHOOKS, parameter

TABLES = ("RegistryTable", "EventsTable", "DeliveriesTable")
QUEUES = ("DeliveryQueue", "DeadLetterQueue", "FailureQueue", "RefusedQueue")


class Update(Kept, Jwts, Documents):
    def _update(self):
        section("An update: another key, table, topic and way in")
        self._before_update()
        self._old_entities = self._stack.resources["EntitiesTable"]
        self._key = self._new_key()
        self._topic = self._emulator.client("sns").create_topic(Name="pager")["TopicArn"]
        self._stream = self._make_table("shop-parameters")
        self._rotate_admin_key()
        self._stack.change(
            self._chat.origin,
            KmsKeyArn=self._key,
            EntitiesStreamArn=self._stream,
            AlarmTopicArn=self._topic,
            JwtIssuer=self._issuer.url,
            JwtAudience=AUDIENCE,
        )
        self._new_key_works()
        self._all_is_kept()
        self._encrypted_with_the_key()
        self._what_was_there_works()
        section("An item in the application's own table")
        self._other_entities()
        section("The alarms' topic")
        self._alarms()
        section("JWTs")
        self._jwts()

    def _encrypted_with_the_key(self):
        """The emulator encrypts nothing, but knows which key each thing has (mended_keys.py)."""
        dynamodb, sqs = self._emulator.client("dynamodb"), self._emulator.client("sqs")
        keys = {}
        for table in TABLES:
            found = dynamodb.describe_table(TableName=self._stack.resources[table])["Table"]
            keys[table] = found.get("SSEDescription", {}).get("KMSMasterKeyArn")
        for queue in QUEUES:
            found = sqs.get_queue_attributes(
                QueueUrl=self._stack.resources[queue], AttributeNames=["All"]
            )
            keys[queue] = found["Attributes"].get("KmsMasterKeyId")
        secret = self._emulator.client("secretsmanager").describe_secret(
            SecretId=self._stack.outputs["AdminKeySecretArn"]
        )
        keys["AdminKeySecret"] = secret.get("KmsKeyId")
        self._checks.check(
            "tables, queues and the admin key have the new key",
            set(keys.values()) == {self._key},
            keys,
        )
        keys = self._keys_of_credentials()
        self._checks.check("credentials have none", keys == {None}, keys)
        self._run_janitor(ROUND, "makes a round")
        keys = self._keys_of_credentials()
        self._checks.check("... and has encrypted them anew", keys == {self._key}, keys)
        answer = self._api.call("POST", "/webhooks/", WEBHOOKS[DISCORD])
        self._checks.need("a webhook is registered", answer.status == 201, answer)
        keys = self._keys_of_credentials()
        self._checks.check("... and its credential has the key as well", keys == {self._key}, keys)

    def _keys_of_credentials(self):
        secrets = self._emulator.client("secretsmanager")
        return {secrets.describe_secret(SecretId=name).get("KmsKeyId") for name in self._secrets()}

    def _other_entities(self):
        is_readable = may_read(self._stream, self._emulator, self._stack)
        self._checks.check("its stream can be read by the function's role", is_readable)
        self._put_item("shop-parameters", parameter("voucher-limit"))
        for destination in (BOT, SLACK_HOOK, DISCORD_ALL):
            self._arrives("it", destination, "voucher-limit")
        tables = self._emulator.client("dynamodb").list_tables()["TableNames"]
        self._checks.check(
            "the stack's own table is not deleted", self._old_entities in tables, tables
        )

    def _alarms(self):
        cloudwatch = self._emulator.client("cloudwatch")
        pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=NAME)
        alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
        silent = [
            alarm["AlarmName"]
            for alarm in alarms
            if alarm["AlarmActions"] != [self._topic] or alarm["OKActions"] != [self._topic]
        ]
        self._checks.check(f"all {len(alarms)} alarms have it", alarms and not silent, silent)
        pager = self._listen_to_topic()
        alarm = self._stack.resources["NotDispatchedAlarm"]
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a drill")
        sqs = self._emulator.client("sqs")
        told = self._wait(lambda: sqs.receive_message(QueueUrl=pager).get("Messages"))
        self._checks.check(
            "who listens to the topic hears of an alarm", told and alarm in told[0]["Body"], told
        )

    def _listen_to_topic(self):
        """A queue that gets what the topic tells."""
        sqs = self._emulator.client("sqs")
        allowed = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}}
        allowed |= {"Action": "sqs:SendMessage", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        queue = sqs.create_queue(QueueName="pager", Attributes={"Policy": policy})["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        self._emulator.client("sns").subscribe(
            TopicArn=self._topic, Protocol="sqs", Endpoint=attributes["Attributes"]["QueueArn"]
        )
        return queue
