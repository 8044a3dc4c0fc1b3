"""CloudFormation templates to an application; used by every source that ends in CloudFormation."""

from grantgraph.sources._cloudformation.application import read_application, read_template
from grantgraph.sources._cloudformation.environment import environment_of
from grantgraph.sources._cloudformation.stacks import open_stack
from grantgraph.sources._cloudformation.template import Construct, Stack, long_form
from grantgraph.sources._cloudformation.transforms import is_serverless

__all__ = [
    "Construct",
    "Stack",
    "environment_of",
    "is_serverless",
    "long_form",
    "open_stack",
    "read_application",
    "read_template",
]
