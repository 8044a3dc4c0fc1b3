"""Roles that a framework made for its own purposes, told by the names that it gives its own handlers."""

from __future__ import annotations

import re

from grantgraph.sources._cloudformation.template import Declared

_HASH = "[0-9a-fA-F]{32}"  # of a handler that a stack has once
# The names are logical ids, which lose every character but letters and digits, or steps of a construct path.
_MARKS = (
    (re.compile(r"MetadataUploader|CustomResourceHandler"), "SST"),
    (re.compile(r"Custom(::)?\w*CustomResourceProvider"), "CDK"),
    (re.compile(r"Custom(::)?CDK(Bucket|ECR)Deployment\w*"), "CDK"),
    (re.compile(r"BucketNotificationsHandler050a0587b7544547bf325f094a3db834"), "CDK"),
    (re.compile(rf"LogRetention{_HASH}"), "CDK"),
    (re.compile(r"AWS679f53fac002430cb0da5b7982bd2287"), "CDK"),  # AwsCustomResource
    (re.compile(rf"AWSCDK\w*{_HASH}|AWSCDKCfnUtilsProvider\w*"), "CDK"),
    (re.compile(r"framework-(onEvent|isComplete|onTimeout)"), "CDK"),
    (re.compile(r"\w*framework(onEvent|isComplete|onTimeout)ServiceRole"), "CDK"),
    (re.compile(r"@aws-cdk--[\w.-]+"), "CDK"),  # nested stacks of its own: kubectl, table replicas
    (re.compile(r"IamRoleCustomResourcesLambdaExecution"), "Serverless Framework"),
    (re.compile(r"CodeDeployServiceRole"), "SAM"),
)


_OF_AWS = ("/aws-service-role/", "/aws-reserved/")
"""Paths that only AWS may use: roles that its services made for themselves, and those of its sign-in."""
_PHYSICAL = re.compile(r".+-([A-Za-z0-9]+)-[A-Za-z0-9]{12,13}")
"""A name that CloudFormation made: the stack's, the logical id, and letters that tell it from others."""


def framework_of(one: Declared) -> str:
    """Which framework made a resource for itself, "" when it is the application's own."""
    path = one.node.get("Properties", "Path")
    if path is not None and (path.as_str() or "").startswith(_OF_AWS):
        return "AWS"
    made = _PHYSICAL.fullmatch(one.logical_id)
    names = (one.logical_id, *one.construct.split("/"), *(made.groups() if made else ()))
    return next((framework for name in names for mark, framework in _MARKS if mark.match(name)), "")
