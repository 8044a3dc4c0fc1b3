"""One request: the answer that AWS gives, with its reasons."""

from grantgraph.evaluate.cognito import scope_down, session_context, token_context
from grantgraph.evaluate.decide import Decision, Reason, Verdict, combine, decide, decide_all
from grantgraph.evaluate.layer import Compiled, compile_policies
from grantgraph.evaluate.near import Miss, NearMiss, near_misses
from grantgraph.evaluate.request import (
    ANONYMOUS,
    Authorizer,
    Caller,
    CallerKind,
    ContextValue,
    Request,
    Situation,
    parse_caller,
    request,
)
from grantgraph.evaluate.special import function_url_requests

__all__ = [
    "ANONYMOUS",
    "Authorizer",
    "Caller",
    "CallerKind",
    "Compiled",
    "ContextValue",
    "Decision",
    "Miss",
    "NearMiss",
    "Reason",
    "Request",
    "Situation",
    "Verdict",
    "combine",
    "compile_policies",
    "decide",
    "decide_all",
    "function_url_requests",
    "near_misses",
    "parse_caller",
    "request",
    "scope_down",
    "session_context",
    "token_context",
]
