"""S3: buckets and their objects.

Reading includes listing, without which a missing key answers "access denied"; `get` leaves it out. Writing
includes uploads in parts; `put` leaves out what cleans up after them.
"""

from grantgraph.resources import ActionsOn, Calls, Encryption, ResourceType

GET = ("s3:GetObject",)
LIST = ("s3:ListBucket",)
PUT = ("s3:PutObject",)
PARTS = ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")

RESOURCE_TYPES = (
    ResourceType(
        name="s3:bucket",
        cloudformation="AWS::S3::Bucket",
        terraform="aws_s3_bucket",
        arn="arn:${partition}:s3:::${name}",
        access={
            "read": (ActionsOn("/*", GET), ActionsOn("", LIST)),
            "get": (ActionsOn("/*", GET),),
            "list": (ActionsOn("", LIST),),
            "write": (ActionsOn("/*", (*PARTS, *PUT)),),
            "put": (ActionsOn("/*", PUT),),
            "multipart": (ActionsOn("/*", (*PARTS, *PUT)), ActionsOn("", ("s3:ListBucketMultipartUploads",))),
            "delete": (ActionsOn("/*", ("s3:DeleteObject",)),),
            "read-versions": (
                ActionsOn("/*", ("s3:GetObjectVersion",)),
                ActionsOn("", ("s3:ListBucketVersions",)),
            ),
            "delete-versions": (ActionsOn("/*", ("s3:DeleteObjectVersion",)),),
            "read-tags": (ActionsOn("/*", ("s3:GetObjectTagging",)),),
            "write-tags": (ActionsOn("/*", ("s3:DeleteObjectTagging", "s3:PutObjectTagging")),),
        },
        name_property="BucketName",
        attributes={"Arn": "${arn}"},
        scopes=frozenset({"keys", "delimiter", "presigned"}),
        encryption=Encryption(
            "s3",
            {
                "s3:GetObject": ("kms:Decrypt",),
                "s3:GetObjectVersion": ("kms:Decrypt",),
                "s3:PutObject": ("kms:GenerateDataKey",),
                "s3:ListMultipartUploadParts": ("kms:Decrypt",),  # S3 opens the parts to put them together
            },
            # With a bucket key the context is the bucket, otherwise the object.
            {"aws:s3:arn": ("${arn}", "${resource}")},
        ),
        calls=Calls("s3.amazonaws.com", ("lambda:function", "sqs:queue", "sns:topic"), says_account=False),
        shared=True,
        starts=("put", "multipart", "delete", "delete-versions", "write-tags"),
    ),
)
