"""The R worker: R embedded in this Python process by rpy2 (rinterface level), called from the main thread.

What has to hold: a large stack before R starts (deep recursion is then an R error, not a crash), rpy2's ABI
mode, all R calls from the main thread, and no Python-side conversion of R data value by value.
"""

from __future__ import annotations

import ctypes
import os
import resource
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from .failure import Failure
from .r_columns import ColumnError, Columns
from .r_values import Values
from .values import as_json_number

STACK = 64 << 20


class RAdapter:
    """Loads and calls an R model; what ``main.serve`` asks of a language."""

    language = "r"
    bridge = "rpy2"

    def __init__(self) -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_STACK)
        limit = STACK if hard == resource.RLIM_INFINITY else min(STACK, hard)
        resource.setrlimit(resource.RLIMIT_STACK, (limit, hard))
        os.environ["RPY2_CFFI_MODE"] = "ABI"
        _start_r()
        import rpy2.rinterface as ri

        self.ri = ri
        self.space = ri.evalr("new.env(parent = baseenv())")
        source = ri.evalr("function(path, space) sys.source(path, envir = space, keep.source = FALSE)")
        for name in ("r_runtime.R", "r_outputs.R"):
            source(ri.StrSexpVector.from_iterable([str(Path(__file__).with_name(name))]), self.space)
        self.columns = Columns(self.space.__getitem__)
        self._load, self._call = self.space["qd_load"], self.space["qd_call"]
        self.values = Values(self.space.__getitem__, self.columns)
        self.version = str(ri.evalr("as.character(getRversion())")[0])
        self._pending = _interrupt_flag()
        self._running = False
        self._tables = 0
        self._warm_up()

    def _warm_up(self) -> None:
        """Go through the paths of a call once, so that a model's first call finds them compiled."""
        ri = self.ri
        self.space["qd_bind"](
            ri.evalr("function(a, b = 1) list(total = a + b)"), ri.StrSexpVector.from_iterable(["warm"])
        )
        self.space["qd_state"]["folder"] = ri.StrSexpVector.from_iterable(["/"])
        sent = {"a": {"type": "number", "value": 1.5}}
        for _ in range(3):
            self._answer(self.values.arguments(sent, {}, {}, []), None, ".", {})

    # ---- what the serve loop calls

    def load(self, folder: str, entry: str, seed: int | None) -> dict[str, Any]:
        """Source the model's file into an environment of its own; returns R's version and the packages'."""
        file, _, name = entry.rpartition(":")
        ri = self.ri
        if not (Path(folder) / file).is_file():
            raise Failure(
                "load-error", f"The entry “{entry}” names the file “{file}”, which the folder does not have."
            )
        strings = [ri.StrSexpVector.from_iterable([text]) for text in (folder, file, name)]
        answer = self._guard(lambda: self._load(*strings, self._seed(seed)))
        if answer[0][0] != "ok":
            raise _failure(answer, at_load=True)
        packages, versions = answer[3]
        return {"version": self.version, "packages": dict(zip(packages, versions, strict=True))}

    def call(self, request: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[str], float]:
        """Run one call: outputs, warnings, seconds in the model. Raises Failure."""
        warnings: list[str] = []
        try:
            arguments = self.values.arguments(
                request["values"], request["tables"], request["files"], warnings
            )
        except (ColumnError, OSError) as error:
            raise Failure("bad-input", str(error)) from error
        answer = self._answer(arguments, request.get("seed"), request["scratch"], request["expected"])
        if isinstance(answer, self.ri.FloatSexpVector):
            seconds, *values = answer.memoryview().tolist()
            return _metrics(request["expected"], values), warnings, seconds
        warnings += list(answer[1])
        if answer[0][0] != "ok":
            raise _failure(answer)
        try:
            outputs = self._outputs(answer[3], request["scratch"], request["expected"])
        except ColumnError as error:
            raise Failure("bad-output", str(error)) from error
        return outputs, warnings, answer[2][0]

    def interrupt(self) -> None:
        """From any thread: stop the running R code at its next check (R looks in loops and most functions)."""
        if self._running:
            self._pending.value = 1

    # ---- inside

    def _answer(self, arguments: Any, seed: int | None, scratch: str, expected: Mapping[str, Any]) -> Any:
        declared = tuple((name, e["kind"], e.get("path") or "") for name, e in expected.items())
        place_and_declared = self._strings(scratch, declared)
        return self._guard(lambda: self._call(arguments, self._seed(seed), *place_and_declared))

    @lru_cache(maxsize=8)  # noqa: B019  (one adapter lives as long as the process)
    def _strings(self, scratch: str, declared: tuple[tuple[str, str, str], ...]) -> list[Any]:
        """The scratch folder, and names, kinds and paths of the declared outputs, as R vectors."""
        vector = self.ri.StrSexpVector.from_iterable
        return [vector([scratch]), *(vector([one[n] for one in declared]) for n in range(3))]

    def _guard(self, step: Callable[[], Any]) -> Any:
        """Only while R code runs may an interrupt reach it; a late one must not hit the next call."""
        from rpy2.rinterface_lib.embedded import RRuntimeError

        self._pending.value = 0
        self._running = True
        try:
            return step()
        except RRuntimeError as error:
            raise Failure("model-error", str(error).strip() or "R stopped the call.", type="error") from error
        finally:
            self._running = False
            self._pending.value = 0

    def _seed(self, seed: int | None) -> Any:
        if seed is None:
            return self.ri.NULL
        folded = seed % (2**31 - 1)  # set.seed takes 32-bit integers only
        return self.ri.IntSexpVector.from_iterable([folded])

    def _outputs(self, parts: Any, scratch: str, expected: Mapping[str, Any]) -> list[dict[str, Any]]:
        if isinstance(parts, self.ri.FloatSexpVector):  # numbers only, with warnings beside them
            return _metrics(expected, parts.memoryview().tolist())
        heads, outputs = parts[0], []
        for index in range(1, len(parts)):
            at = 3 * (index - 1)
            kind = heads[at + 1]
            found: dict[str, Any] = {"name": heads[at], "kind": kind}
            if kind == "metric":
                found["value"] = as_json_number(parts[index][0])
            elif kind == "text":
                found["value"] = parts[index][0]
            elif kind == "table":
                found["path"] = self._write_table(parts[index], scratch)
            else:
                found["path"] = parts[index][0]
            if kind == "figure":
                found["format"] = heads[at + 2]
            outputs.append(found)
        return outputs

    def _write_table(self, table: Any, scratch: str) -> str:
        self._tables += 1
        folder = Path(scratch) / ".outputs" / f"table-{self._tables}"
        self.columns.write(table, folder)
        return str(folder)


def _metrics(expected: Mapping[str, Any], values: list[float]) -> list[dict[str, Any]]:
    """The numbers of a flat answer (``qd_flat``) under the declared names, in their order."""
    return [
        {"name": name, "kind": "metric", "value": as_json_number(value)}
        for name, value in zip(expected or ("result",), values, strict=True)
    ]


def _failure(answer: Any, at_load: bool = False) -> Failure:
    reason = answer[0][0]
    if at_load and reason == "model-error":
        reason = "load-error"
    type_, message, trace = answer[3]
    return Failure(reason, message, type=type_, trace=trace)


def _start_r() -> None:
    """Start R with its console on descriptors 1 and 2, where the pool listens."""
    from rpy2.rinterface_lib import callbacks

    callbacks.consolewrite_print = _writer(1)
    callbacks.consolewrite_warnerror = _writer(2)
    callbacks.consoleread = lambda prompt: "\n"
    import rpy2.rinterface as ri

    # 0: R works out its own stack limit (rpy2's default switches R's check off, and recursion crashes)
    ri.initr(interactive=False, _c_stack_limit=0)


def _writer(descriptor: int) -> Callable[[str], None]:
    def write(text: str) -> None:
        data = memoryview(text.encode("utf-8", "replace"))
        while data:
            data = data[os.write(descriptor, data) :]

    return write


def _interrupt_flag() -> ctypes.c_int:
    """R's own flag that a running loop looks at."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        for line in maps:
            path = line.rstrip("\n").partition("/")
            if path[2].endswith("libR.so"):
                return ctypes.c_int.in_dll(ctypes.CDLL("/" + path[2]), "R_interrupts_pending")
    raise RuntimeError("libR.so is not loaded in this process")
