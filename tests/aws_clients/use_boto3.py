"""Makes a table through the local DynamoDB endpoint with boto3, writes to it and reads its stream."""

import json
import os
import subprocess
import time
import urllib.request

import boto3

REGION = "eu-central-1"
DEADLINE = 30
TABLES = {
    "shop": {
        "organization": {"value": "local"},
        "kinds": [
            {
                "entity": "project",
                "when": {"PK": "PROJECT#*"},
                "id": {"attribute": "PK", "pattern": "PROJECT#(.+)"},
            }
        ],
    }
}


def main():
    carillon = subprocess.Popen(
        [os.environ["CARILLON"], "--port", "0", "--dynamodb-port", "0", "--admin-key", "fake-admin-key"],
        env={**os.environ, "TABLES": json.dumps(TABLES)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        addresses = {}
        for line in carillon.stdout:
            label, _, rest = line.strip().partition(" ")
            addresses[label] = rest.split()[0] if rest.split() else ""
            if "Ctrl-C ends it" in line:
                break
        use(addresses["Page"].rstrip("/"), addresses["DynamoDB"])
    finally:
        carillon.terminate()
        carillon.wait()
    print("boto3: passed")


def use(page, endpoint):
    options = {
        "endpoint_url": endpoint,
        "region_name": REGION,
        "aws_access_key_id": "local",
        "aws_secret_access_key": "local",
    }
    dynamodb = boto3.client("dynamodb", **options)
    streams = boto3.client("dynamodbstreams", **options)

    assert dynamodb.describe_limits()["TableMaxReadCapacityUnits"] > 0
    assert dynamodb.describe_endpoints()["Endpoints"][0]["Address"] in endpoint
    table = dynamodb.create_table(
        TableName="shop",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    dynamodb.get_waiter("table_exists").wait(TableName="shop", WaiterConfig={"Delay": 1})
    assert f":{REGION}:" in table["TableArn"], table["TableArn"]
    assert f":{REGION}:" in table["LatestStreamArn"], table["LatestStreamArn"]
    backups = dynamodb.describe_continuous_backups(TableName="shop")
    assert backups["ContinuousBackupsDescription"]["ContinuousBackupsStatus"] == "ENABLED"
    try:
        dynamodb.describe_continuous_backups(TableName="none")
        raise AssertionError("a table that is not there has backups")
    except dynamodb.exceptions.TableNotFoundException:
        pass

    items = boto3.resource("dynamodb", **options).Table("shop")
    items.put_item(Item={"PK": "PROJECT#7", "budget": 5})
    assert items.get_item(Key={"PK": "PROJECT#7"})["Item"]["budget"] == 5

    stream = streams.list_streams(TableName="shop")["Streams"][0]["StreamArn"]
    assert stream == table["LatestStreamArn"], stream
    description = streams.describe_stream(StreamArn=stream)["StreamDescription"]
    assert description["KeySchema"] == [{"AttributeName": "PK", "KeyType": "HASH"}]
    (shard,) = description["Shards"]
    for kind in [{"ShardIteratorType": "TRIM_HORIZON"}, from_the_first(shard)]:
        iterator = streams.get_shard_iterator(StreamArn=stream, ShardId=shard["ShardId"], **kind)
        records = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
        assert [record["eventName"] for record in records] == ["INSERT"], records
        assert records[0]["awsRegion"] == REGION

    begun = time.monotonic()
    while "project_created" not in get(f"{page}/api/v1/events/"):
        assert time.monotonic() - begun < DEADLINE, get(f"{page}/_local/failures")
        time.sleep(0.1)


def from_the_first(shard):
    return {
        "ShardIteratorType": "AT_SEQUENCE_NUMBER",
        "SequenceNumber": shard["SequenceNumberRange"]["StartingSequenceNumber"],
    }


def get(url):
    request = urllib.request.Request(url, headers={"Authorization": "Api-Key fake-admin-key"})
    with urllib.request.urlopen(request) as answer:
        return answer.read().decode()


main()
