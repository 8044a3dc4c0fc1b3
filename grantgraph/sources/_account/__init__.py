"""Accounts to an application."""

from grantgraph.sources._account.application import read_account

__all__ = ["read_account"]
