"""Synthesized policies as code for the tools that deploy them: one module a tool.

Names that the model leaves open become parameters, so that what is emitted is complete by itself; or, where the
model's names are those of the code that it goes into, references to what is there.
"""

from dataclasses import dataclass

from grantgraph.synthesize import Synthesized


@dataclass(frozen=True, slots=True)
class Emission:
    """Policies to be written as code; `by_id` takes the model's names for ids of the code that they go into."""

    synthesized: Synthesized
    by_id: bool = False
