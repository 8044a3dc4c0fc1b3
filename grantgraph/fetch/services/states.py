"""Step Functions: state machines, and as whom they run."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.fetch.asking import Asking
from grantgraph.fetch.kinds import Found, Kind, Read, last, part

MACHINE = "AWS::StepFunctions::StateMachine"


def _items(aws: Asking) -> Iterator[str]:
    for one in aws.every("list_state_machines", "stateMachines"):
        yield one["stateMachineArn"]


def _read(aws: Asking, arn: str) -> Iterator[Read]:
    machine = aws.ask("describe_state_machine", stateMachineArn=arn, absent=("StateMachineDoesNotExist",))
    if machine is not None:
        yield Found(MACHINE, last(arn), {"StateMachineName": last(arn), "RoleArn": part(machine, "roleArn")})


KINDS = (
    Kind(
        "state machines",
        "stepfunctions",
        (MACHINE,),
        {
            "list_state_machines": "states:ListStateMachines",
            "describe_state_machine": "states:DescribeStateMachine",
        },
        _items,
        _read,
    ),
)
