"""What pytest finds of grantgraph by itself: the fixture `grantgraph`, and where it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from grantgraph.testing.access import Access


def pytest_addoption(parser: pytest.Parser) -> None:
    help = "what the fixture `grantgraph` reads: a template, a cdk.out folder, a plan, a model"
    parser.getgroup("grantgraph").addoption("--grantgraph", metavar="PATH", default=None, help=help)
    parser.addini("grantgraph", help, default=".")


@pytest.fixture(scope="session")
def grantgraph(request: pytest.FixtureRequest) -> Access:
    """The application of this project: what `--grantgraph` or the setting `grantgraph` names, or this folder's."""
    from grantgraph.testing.access import read

    config = request.config
    named = config.getoption("--grantgraph")
    return read(config.invocation_params.dir / named if named else config.rootpath / config.getini("grantgraph"))
