"""Terraform plans and states to an application."""

from grantgraph.sources._terraform.application import read_terraform

__all__ = ["read_terraform"]
