"""What a worker must survive, in Python; the R and Julia folders hold the same operations."""

import ctypes
import datetime
import math
import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from pathlib import Path

from helper import fail


def run(op, **given):
    return globals()["op_" + op](**given)


def bare(a, b, c=0.0):
    return a + b + c


def op_value(v=None):
    text, number = "", None
    if isinstance(v, datetime.datetime):
        number = v.timestamp()
    elif isinstance(v, datetime.timedelta):
        number = v.total_seconds()
    elif isinstance(v, (datetime.date, str, Path)):
        text = str(v)
    elif isinstance(v, list):
        text = "|".join("NA" if x is None else str(x) for x in v)
    elif isinstance(v, bool):
        text = str(v).lower()
    elif isinstance(v, int):
        text, number = str(v), float(v)
    elif v is not None:
        number = v
    kind = "null" if v is None else type(v).__name__
    return {"kind": kind, "text": text} | ({} if number is None else {"number": number})


def op_echo(t):
    return t


def op_shape(t):
    return {"rows": float(len(t)), "columns": float(t.shape[1])}


def op_total(t):
    return float(t["x"].sum())


def op_numbers():
    return {"inf": math.inf, "minus": -math.inf, "nan": math.nan, "big": 2.0**53 + 2}


def op_missing():
    import pandas as pd

    return pd.DataFrame(
        {
            "f": pd.array([1.5, None, math.inf], dtype="Float64"),
            "i": pd.array([1, None, 3], dtype="Int64"),
            "b": pd.array([True, None, False], dtype="boolean"),
            "s": ["a", None, "ж"],
            "c": pd.Categorical(["lo", None, "hi"], categories=["lo", "hi"], ordered=True),
            "d": [datetime.date(2026, 11, 22), None, datetime.date(1969, 12, 31)],
            "t": pd.to_datetime(pd.Series(["2026-11-22T10:00:00Z", None, "1969-12-31T23:59:59Z"]), utc=True),
        }
    )


def op_error(x):
    return fail(x)


def op_warn():
    warnings.warn("be careful with this")
    return 1.0


def op_print():
    print("plain words – слово")
    subprocess.run(["echo", "from a child"], check=True)
    print("to the error stream", file=sys.stderr)
    return 1.0


def op_progress():
    for step in (0.25, 0.5, 1.0):
        print(f"::progress {step} step {step}", flush=True)
    return 1.0


def op_figures():
    import matplotlib.pyplot as plt
    import plotly.graph_objects as go

    plt.plot([1, 2, 3])
    drawn = plt.figure()
    drawn.gca().bar([1, 2], [3, 4])
    Path("own.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    return {"native": drawn, "interactive": go.Figure(go.Bar(y=[1, 2])), "written": "own.svg"}


def op_png():
    png = bytes.fromhex("89504e470d0a1a0a") + b"rest"
    Path("own.png").write_bytes(png)
    return {"picture": "own.png"}


def op_file():
    Path("report.txt").write_text("saved")
    return {"report": "report.txt"}


def op_wrong():
    return {"forecast": 7.5}


def op_nothing():
    return {"other": 7.5}


def op_random():
    import numpy as np

    return float(np.random.rand())


def op_exit():
    os._exit(7)


def op_memory():
    kept = []
    while True:
        kept.append(bytearray(os.urandom(1 << 20)) * 16)


def op_loop():
    while True:
        pass


def op_sleep():
    time.sleep(600)


def op_flood():
    while True:
        sys.stdout.write("x" * 1_000_000)


def op_recurse():
    def deeper(n):
        return deeper(n + 1) + 1

    return deeper(0)


def op_crash():
    os.kill(os.getpid(), signal.SIGSEGV)
    ctypes.string_at(0)


def op_detach(marker):
    subprocess.Popen(
        ["sh", "-c", f"sleep 987654; : {marker}"],
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(600)


def op_network():
    with socket.create_connection(("192.0.2.1", 80), timeout=1.5):
        return 1.0


def op_connect(port):
    with socket.create_connection(("127.0.0.1", port), timeout=1.5):
        return 1.0


def op_read(path):
    return {"text": Path(path).read_text()}


def op_write(path):
    Path(path).write_text("mine")
    return 1.0


def op_environment():
    return {"text": "\n".join(f"{k}={v}" for k, v in os.environ.items())}


def op_neighbours():
    return {"text": "\n".join(sorted(os.listdir(Path.cwd().parents[2])))}


def op_wide():
    import pandas as pd

    return pd.DataFrame({f"столбец {n}": [float(n)] for n in range(500)})


def op_scribble(t):
    t["x"] = t["x"].to_numpy() * 1
    t.loc[0, "x"] = 9.0
    return float(t["x"].sum())


def op_leave(marker):
    subprocess.Popen(
        ["sh", "-c", f"sleep 987654; : {marker}"],
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return 1.0
