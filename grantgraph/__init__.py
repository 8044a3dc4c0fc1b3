"""Least-privilege IAM policies from what an application needs, and proofs of what its policies allow."""

__version__ = "0.1.0"
