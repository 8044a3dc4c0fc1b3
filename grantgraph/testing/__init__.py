"""For tests of your own: what an application allows, asserted for every request, or tried with random ones.

    from grantgraph.testing import read

    def test_guests_never_write():
        read("cdk.out").assert_never("unauthenticated", "write")

Installing grantgraph beside pytest also gives tests the fixture `grantgraph`, which is the application of the
folder that pytest runs in. Strategies need Hypothesis: `pip install "grantgraph[testing]"`.
"""

from grantgraph.testing.access import Access, read
from grantgraph.testing.strategies import policy_documents, requests

__all__ = ["Access", "policy_documents", "read", "requests"]
