"""Tables and buckets."""

from __future__ import annotations

from json import dumps
from typing import Any

from grantgraph.model import Resource
from tests.outside.aws import Aws, Call, Context
from tests.outside.exercises import ABSENT, Around, Calls, Exercise, name_of

HIDDEN = "hidden"
"""An attribute that no need names."""


# ── tables ──


def make_table(admin: Aws, table: Resource) -> str:
    keys = keys_of(table)
    named = {*keys, *(index.partition_key for index in table.indexes)}
    indexes = [
        {
            "IndexName": index.name,
            "KeySchema": [{"AttributeName": index.partition_key, "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
        for index in table.indexes
    ]
    admin.client("dynamodb").create_table(
        TableName=name_of(table),
        AttributeDefinitions=[{"AttributeName": one, "AttributeType": "S"} for one in sorted(named)],
        KeySchema=[
            {"AttributeName": one, "KeyType": kind} for one, kind in zip(keys, ("HASH", "RANGE"), strict=False)
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
    )
    return ""


def keys_of(table: Resource) -> list[str]:
    found = (str(table.attributes.get(word, "")) for word in ("partition_key", "sort_key"))
    return [one for one in found if one]


def call_table(table: Resource, around: Around) -> Calls:
    keys, arn, name = keys_of(table), str(table.arn), name_of(table)
    shown = [tuple(sorted(need.scopes.attributes)) for need in around.needs]
    every = tuple(sorted({one for attributes in shown for one in attributes}))
    for row in (around.identity, "somebody"):
        key = {one: {"S": row if at == 0 else "1"} for at, one in enumerate(keys)}
        for attributes in dict.fromkeys(((), *shown, (*every, HIDDEN))):
            yield from _read(arn, name, keys, key, row, attributes)
            for index in table.indexes:
                yield _query(f"{arn}/index/{index.name}", name, keys, index.partition_key, row, attributes)
        yield from _write(arn, name, key, row, every)
    for place in (arn, *(f"{arn}/index/{index.name}" for index in table.indexes)):
        yield Call(
            "dynamodb:Scan", place, "dynamodb", "scan", _at(place, name), {"dynamodb:Select": "ALL_ATTRIBUTES"}
        )
    yield from _partiql(arn, name, keys)
    yield from _stream(around.admin, name)
    yield Call("dynamodb:DescribeTable", arn, "dynamodb", "describe_table", {"TableName": name})
    yield Call("dynamodb:DeleteTable", arn, "dynamodb", "delete_table", {"TableName": name})


def _at(place: str, name: str) -> dict[str, Any]:
    _, _, index = place.partition("/index/")
    return {"TableName": name, **({"IndexName": index} if index else {})}


def _projection(attributes: tuple[str, ...]) -> dict[str, Any]:
    if not attributes:
        return {}
    names = {f"#a{at}": one for at, one in enumerate(attributes)}
    return {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}


def _said(row: str, named: set[str], select: str = "", returned: str = "") -> Context:
    found: dict[str, Any] = {"dynamodb:LeadingKeys": (row,), "dynamodb:Attributes": tuple(sorted(named))}
    found |= {"dynamodb:Select": select} if select else {}
    return found | ({"dynamodb:ReturnValues": returned} if returned else {})


def _reading(row: str, keys: list[str], attributes: tuple[str, ...]) -> Context:
    select = "SPECIFIC_ATTRIBUTES" if attributes else "ALL_ATTRIBUTES"
    return _said(row, {*keys, *attributes}, select)


def _read(
    arn: str, name: str, keys: list[str], key: dict[str, Any], row: str, attributes: tuple[str, ...]
) -> Calls:
    said, wanted = _reading(row, keys, attributes), _projection(attributes)
    one, many = {"TableName": name, "Key": key, **wanted}, {"RequestItems": {name: {"Keys": [key], **wanted}}}
    yield Call("dynamodb:GetItem", arn, "dynamodb", "get_item", one, said)
    yield Call("dynamodb:BatchGetItem", arn, "dynamodb", "batch_get_item", many, said)
    yield _query(arn, name, keys, keys[0], row, attributes)


def _query(place: str, name: str, keys: list[str], partition: str, row: str, attributes: tuple[str, ...]) -> Call:
    wanted = _projection(attributes)
    names = {**wanted.get("ExpressionAttributeNames", {}), "#key": partition}
    asked = {
        **_at(place, name),
        **wanted,
        "KeyConditionExpression": "#key = :key",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {":key": {"S": row}},
    }
    said = _reading(row, [partition] if "/index/" in place else keys[:1], attributes)
    return Call("dynamodb:Query", place, "dynamodb", "query", asked, said)


def _write(arn: str, name: str, key: dict[str, Any], row: str, shown: tuple[str, ...]) -> Calls:
    item, table = {**key, "note": {"S": "x"}}, {"TableName": name}
    put = {"RequestItems": {name: [{"PutRequest": {"Item": item}}]}}
    yield Call("dynamodb:PutItem", arn, "dynamodb", "put_item", {**table, "Item": item}, _said(row, set(item)))
    yield Call("dynamodb:BatchWriteItem", arn, "dynamodb", "batch_write_item", put, _said(row, set(item)))
    yield Call("dynamodb:DeleteItem", arn, "dynamodb", "delete_item", {**table, "Key": key}, _said(row, set(key)))
    for attribute in (*(one for one in shown if one not in key), HIDDEN):
        for returned in ("NONE", "ALL_OLD"):
            change = {
                **table,
                "Key": key,
                "UpdateExpression": "SET #a = :v",
                "ExpressionAttributeNames": {"#a": attribute},
                "ExpressionAttributeValues": {":v": {"S": "x"}},
                "ReturnValues": returned,
            }
            said = _said(row, {*key, attribute}, returned=returned)
            yield Call("dynamodb:UpdateItem", arn, "dynamodb", "update_item", change, said)
    check = {**table, "Key": key, "ConditionExpression": "attribute_not_exists(nothing)"}
    checks = {"TransactItems": [{"ConditionCheck": check}]}
    said = _said(row, set(key))
    yield Call("dynamodb:ConditionCheckItem", arn, "dynamodb", "transact_write_items", checks, said)


def _partiql(arn: str, name: str, keys: list[str]) -> Calls:
    where = " AND ".join(f"{one} = 'partiql'" for one in keys)
    item = ", ".join(f"'{one}': 'partiql'" for one in keys)
    for verb, statement in {
        "Insert": f'INSERT INTO "{name}" VALUE {{{item}}}',
        "Update": f"UPDATE \"{name}\" SET note = 'x' WHERE {where}",
        "Select": f'SELECT * FROM "{name}" WHERE {where}',
        "Delete": f'DELETE FROM "{name}" WHERE {where}',
    }.items():
        yield Call(f"dynamodb:PartiQL{verb}", arn, "dynamodb", "execute_statement", {"Statement": statement})


def _stream(admin: Aws, name: str) -> Calls:
    arn = admin.client("dynamodb").describe_table(TableName=name)["Table"]["LatestStreamArn"]
    streams = admin.client("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    start = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    records = {"ShardIterator": streams.get_shard_iterator(**start)["ShardIterator"]}
    yield Call("dynamodb:DescribeStream", arn, "dynamodbstreams", "describe_stream", {"StreamArn": arn})
    yield Call("dynamodb:GetShardIterator", arn, "dynamodbstreams", "get_shard_iterator", start)
    yield Call("dynamodb:GetRecords", arn, "dynamodbstreams", "get_records", records)


# ── buckets ──


def make_bucket(admin: Aws, bucket: Resource) -> str:
    s3 = admin.client("s3")
    s3.create_bucket(Bucket=name_of(bucket))
    s3.put_bucket_versioning(Bucket=name_of(bucket), VersioningConfiguration={"Status": "Enabled"})
    return ""


def share_bucket(admin: Aws, bucket: Resource, policy: dict[str, Any]) -> None:
    admin.client("s3").put_bucket_policy(Bucket=name_of(bucket), Policy=dumps(policy))


SIGNED = {"s3:authType": "REST-HEADER"}


def call_bucket(bucket: Resource, around: Around) -> Calls:
    name, arn = name_of(bucket), str(bucket.arn)
    for key in (*around.scoped("keys"), ABSENT):
        yield from _objects(around.admin, name, f"{arn}/{key}", key)
        yield from _listings(name, arn, key[:-1])
    yield from _listings(name, arn, "")
    uploads = {"Bucket": name}
    yield Call("s3:ListBucketMultipartUploads", arn, "s3", "list_multipart_uploads", uploads, SIGNED)
    yield Call("s3:GetBucketPolicy", arn, "s3", "get_bucket_policy", uploads, SIGNED)
    yield Call("s3:DeleteBucket", arn, "s3", "delete_bucket", uploads, SIGNED)


def _listings(name: str, arn: str, prefix: str) -> Calls:
    asked, said = {"Bucket": name, "Prefix": prefix}, {"s3:prefix": prefix, **SIGNED}
    yield Call("s3:ListBucket", arn, "s3", "list_objects_v2", asked, said)
    yield Call("s3:ListBucketVersions", arn, "s3", "list_object_versions", asked, said)


def _objects(admin: Aws, name: str, arn: str, key: str) -> Calls:
    at, tags = {"Bucket": name, "Key": key}, {"TagSet": [{"Key": "a", "Value": "b"}]}
    s3 = admin.client("s3")

    def object(action: str, operation: str, prepare: Any = None, **more: Any) -> Call:
        return Call(f"s3:{action}", arn, "s3", operation, {**at, **more}, SIGNED, prepare)

    def version(_: Aws) -> dict[str, Any]:
        return {"VersionId": s3.put_object(**at, Body=b"x")["VersionId"]}

    def upload(_: Aws) -> dict[str, Any]:
        return {"UploadId": s3.create_multipart_upload(**at)["UploadId"]}

    def there(_: Aws) -> dict[str, Any]:
        s3.put_object(**at, Body=b"x", Tagging="a=b")
        return {}

    early = {"s3:authType": "REST-QUERY-STRING", "s3:signatureAge": "1000"}
    url = {"url": f"{name}/{key}", "sign": "in advance"}
    yield object("GetObject", "get_object", there)
    yield Call("s3:GetObject", arn, "http", "GET", url, early, there)
    yield object("PutObject", "put_object", Body=b"x")
    yield object("PutObject", "create_multipart_upload")
    yield object("AbortMultipartUpload", "abort_multipart_upload", upload, UploadId="x")
    yield object("ListMultipartUploadParts", "list_parts", upload, UploadId="x")
    yield object("DeleteObject", "delete_object")
    yield object("GetObjectVersion", "get_object", version, VersionId="x")
    yield object("DeleteObjectVersion", "delete_object", version, VersionId="x")
    yield object("GetObjectTagging", "get_object_tagging", there)
    yield object("PutObjectTagging", "put_object_tagging", there, Tagging=tags)
    yield object("DeleteObjectTagging", "delete_object_tagging", there)
    yield object("GetObjectAcl", "get_object_acl", there)


EXERCISES = {
    "dynamodb:table": Exercise(make_table, call_table),
    "s3:bucket": Exercise(make_bucket, call_bucket, share_bucket),
}
