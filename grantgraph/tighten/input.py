"""An input made tight: by the needs of a model that is bound to it, or else by those that it shows."""

from __future__ import annotations

from grantgraph.catalog import Catalog
from grantgraph.infer.alone import by_itself
from grantgraph.infer.decide import ALL
from grantgraph.model import Application
from grantgraph.synthesize import Options, synthesize
from grantgraph.tighten.result import Tightened
from grantgraph.tighten.said import tighten_said
from grantgraph.tighten.tighten import tighten


def tighten_input(application: Application, catalog: Catalog, wildcards: str = ALL) -> Tightened:
    """What each role of an input needs, and its policies without the rest."""
    if application.binding is not None:
        return tighten_said(synthesize(application, catalog, Options(prove=False)), catalog)
    return tighten(by_itself(application), catalog, wildcards)
