"""S3: buckets and their objects.

Reading includes listing, without which a missing key answers "access denied"; `get` leaves it out.
"""

from grantgraph.resources import ActionsOn, ResourceType

GET = ("s3:GetObject",)
LIST = ("s3:ListBucket",)
WRITE = ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject")

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
            "write": (ActionsOn("/*", WRITE),),
            "delete": (ActionsOn("/*", ("s3:DeleteObject",)),),
        },
        name_property="BucketName",
        attributes={"Arn": "${arn}"},
    ),
)
