"""Read a live account, and write down what IAM decides about it; nothing is ever changed there.

`services/` says what each service is asked, `asking` asks and keeps what failed, `run` asks everything, `writing`
makes the file that `sources/account.py` reads.
"""

from grantgraph.fetch.permissions import read_only_policy
from grantgraph.fetch.run import Account, read_account
from grantgraph.fetch.session import Options, Session
from grantgraph.fetch.writing import grouped, render_account

__all__ = ["Account", "Options", "Session", "grouped", "read_account", "read_only_policy", "render_account"]
