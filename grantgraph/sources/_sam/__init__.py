"""SAM templates to CloudFormation templates, through AWS's own translator; every place stays the author's."""

from grantgraph.sources._sam.translate import translate

__all__ = ["translate"]
