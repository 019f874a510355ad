"""What a person reads when a call fails."""

from __future__ import annotations

import signal
from typing import Any

from engine.runtimes.interface import Call, CallFailed, WorkerSpec
from engine.runtimes.process import Ending

SIGNALS = {
    "SIGSEGV": "it touched memory that is not its own, usually a fault in compiled code",
    "SIGABRT": "it gave up by itself (abort)",
    "SIGBUS": "it touched a file that had become shorter, or the scratch storage is full",
    "SIGFPE": "an arithmetic fault in compiled code",
    "SIGILL": "an instruction that this processor does not have",
    "SIGKILL": "it was killed, often by the system because memory ran out",
}
LANGUAGES = {"python": "Python", "r": "R", "julia": "Julia"}


def failed(answer: dict[str, Any], language: str) -> CallFailed:
    """The error of a ``failed`` message."""
    reason = answer.get("reason") or "model-error"
    message = str(answer.get("message") or "The model failed.").strip()
    kind, trace = str(answer.get("type") or ""), str(answer.get("trace") or "")
    if reason == "bad-input":
        return CallFailed("bad-output" if language == "" else "model-error", message, type=kind, trace=trace)
    if reason == "load-error":
        return CallFailed("load-error", f"The model could not be loaded: {message}", type=kind, trace=trace)
    if reason == "bad-output":
        return CallFailed("bad-output", message, type=kind, trace=trace)
    said = f"{kind}: {message}" if kind and not message.startswith(kind) else message
    return CallFailed("model-error", f"The model stopped with an error: {said}", type=kind, trace=trace)


def ended_sentence(ending: Ending, spec: WorkerSpec, reason: str, tail: list[str]) -> CallFailed:
    """The error of a call whose process ended under it. ``reason`` is crashed or load-error."""
    trace = "\n".join(tail)
    megabytes = spec.memory >> 20
    if ending.reason == "memory":
        return CallFailed(
            "memory",
            f"The run needed more than the {megabytes} MB of memory it may use and was ended. "
            "Give it less data, or raise limits.memory_mb in the manifest.",
            trace=trace,
        )
    if ending.reason == "output":
        return CallFailed(
            "output-limit",
            f"The run wrote or printed without end (over {spec.output_bytes >> 20} MB of files or "
            f"{(spec.log_bytes * 4) >> 20} MB of text) and was ended. "
            "Write less, or raise limits.output_mb in the manifest.",
            trace=trace,
        )
    if ending.reason == "processes":
        return CallFailed("memory", "The run started more than 500 processes and was ended.", trace=trace)
    if ending.reason == "killed":
        return CallFailed(
            "crashed", "The run's process was ended by the server.", trace=trace, transient=True
        )
    if ending.reason == "exit":
        return CallFailed(
            reason,
            f"The model ended its own process with exit code {ending.code} instead of returning a result. "
            "Take calls that end the program (exit, quit, os._exit) out of the model.",
            trace=trace,
        )
    return CallFailed(
        reason,
        f"The model's process crashed: {signal_words(ending.code)}. "
        "The next run gets a fresh process; if it crashes again, the model's author has to look at it.",
        type=signal_name(ending.code),
        trace=trace,
        transient=True,
    )


def signal_name(number: int) -> str:
    """SIGSEGV and the like; empty for no signal."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return ""


def signal_words(number: int) -> str:
    """The signal and what it usually means."""
    name = signal_name(number)
    meaning = SIGNALS.get(name, "")
    if not name:
        return "it is gone without a word"
    return f"signal {name} ({meaning})" if meaning else f"signal {name}"


def timed_out(call: Call) -> CallFailed:
    """The error of a call that took too long."""
    return CallFailed(
        "timeout",
        f"The run took longer than {call.timeout:g} seconds and was ended. "
        "Give it less to do, or raise limits.timeout_seconds in the manifest.",
    )
