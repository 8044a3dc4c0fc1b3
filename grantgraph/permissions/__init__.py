"""What a rule may ask about an application: one file a theme."""

from __future__ import annotations

from grantgraph.permissions.data import AboutData
from grantgraph.permissions.fences import AboutFences
from grantgraph.permissions.outside import AboutOutsiders
from grantgraph.permissions.pools import AboutPools
from grantgraph.permissions.power import AboutPower
from grantgraph.permissions.vain import AboutWaste

__all__ = ["Permissions"]


class Permissions(AboutPools, AboutData, AboutPower, AboutFences, AboutWaste, AboutOutsiders):
    """What a rule may ask about an application; answers are remembered."""
