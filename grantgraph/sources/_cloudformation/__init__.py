"""CloudFormation templates to an application; used by every source that ends in CloudFormation."""

from grantgraph.sources._cloudformation.application import read_application
from grantgraph.sources._cloudformation.environment import environment_of
from grantgraph.sources._cloudformation.template import Stack, long_form

__all__ = ["Stack", "environment_of", "long_form", "read_application"]
