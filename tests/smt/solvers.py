"""z3 and cvc5, each given the very same text, in a process of its own that can be ended.

A solver does not always keep to its own time limit, so a hard one stands behind it. This file is also what the
process runs: `python tests/smt/solvers.py cvc5` answers lines of JSON.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from types import TracebackType

GRACE = 2.0
"""Seconds beyond the limit before a solver is ended."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a solver says of a question, and the CPU seconds of reading and of solving.

    `sat`: some case has a request; `unsat`: none has; `unknown`: neither was found within the limit.
    """

    answer: str
    reading: float = 0.0
    solving: float = 0.0
    case: int = -1
    """Which case has a request."""


def ask_z3(script: str, limit: float) -> Opinion:
    """z3's word on a formula, within a limit in seconds."""
    import z3

    start = time.process_time()
    solver = z3.SimpleSolver(ctx=z3.Context())
    solver.set("timeout", max(1, int(limit * 1000)))
    solver.from_string(script)
    middle = time.process_time()
    found = str(solver.check())
    return Opinion(found, middle - start, time.process_time() - middle)


def ask_cvc5(script: str, limit: float) -> Opinion:
    """cvc5's word on a formula, within a limit in seconds."""
    import cvc5

    start = time.process_time()
    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("tlimit-per", str(max(1, int(limit * 1000))))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "question")
    symbols = parser.getSymbolManager()
    while not (command := parser.nextCommand()).isNull():
        command.invoke(solver, symbols)
    middle = time.process_time()
    found = solver.checkSat()
    answer = "sat" if found.isSat() else "unsat" if found.isUnsat() else "unknown"
    return Opinion(answer, middle - start, time.process_time() - middle)


SOLVERS: dict[str, Callable[[str, float], Opinion]] = {"cvc5": ask_cvc5, "z3": ask_z3}


def ask_all(name: str, scripts: Sequence[str], limit: float) -> Opinion:
    """A solver's word on a question: its cases, one after the other, until one has a request."""
    reading = solving = 0.0
    answer = "unsat"
    for at, script in enumerate(scripts):
        left = limit - reading - solving
        if left <= 0:
            return Opinion("unknown", reading, max(solving, limit - reading))
        found = SOLVERS[name](script, left)
        reading += found.reading
        solving += found.solving
        if found.answer == "sat":
            return Opinion("sat", reading, solving, at)
        answer = found.answer if found.answer == "unknown" else answer
    return Opinion(answer, reading, solving)


class Solver:
    """A solver in a process of its own, which is started when it is first asked."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.process: subprocess.Popen[str] | None = None

    def ask(self, scripts: Sequence[str], limit: float) -> Opinion:
        """Its word on a question of several cases; `unknown` when the limit in seconds has passed.

        Raises:
            RuntimeError: it could not read a case.
        """
        if self.process is None:
            command = [sys.executable, __file__, self.name]
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None and stdout is not None
        stdin.write(json.dumps([scripts, limit]) + "\n")
        stdin.flush()
        ready, _, _ = select.select([stdout], [], [], limit + GRACE)
        line = stdout.readline() if ready else ""
        if not line:
            if ready and self.process.wait() == 1:
                raise RuntimeError(f"{self.name} could not read a case of {scripts}")
            self.close()
            return Opinion("unknown", 0.0, limit)
        return Opinion(**json.loads(line))

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def __enter__(self) -> Solver:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve(name: str) -> None:
    """Answer one question a line."""
    for line in sys.stdin:
        scripts, limit = json.loads(line)
        print(json.dumps(asdict(ask_all(name, scripts, limit))), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])
