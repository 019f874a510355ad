"""The adapter for Python models: loads the model's file, calls its function by argument names."""

from __future__ import annotations

import importlib.util
import inspect
import os
import platform
import signal
import sys
import threading
import time
import traceback
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

from . import outputs, shown, values
from .failure import Failure
from .main import main

_HERE = os.path.dirname(os.path.abspath(__file__))
_MOST_WARNINGS = 100
_OTHER_NAMES = {  # imported as → distributed as, where the two differ
    "bs4": "beautifulsoup4",
    "cv2": "opencv_python",
    "dateutil": "python_dateutil",
    "pil": "pillow",
    "sklearn": "scikit_learn",
    "skimage": "scikit_image",
    "yaml": "pyyaml",
}


class PythonAdapter:
    """Python models. The model's folder is ``sys.path[0]``; its file is loaded once."""

    language = "python"
    bridge = "python"

    def __init__(self) -> None:
        self.folder = ""
        self.entry = ""
        self.function: Any = None
        self.arguments: dict[str, inspect.Parameter] = {}
        self.takes_any = False
        self.warnings: list[str] = []
        self.home = os.getcwd()
        self.version = platform.python_version()
        self._prepare()

    def _prepare(self) -> None:
        # what nearly every model needs; a spare worker has it done before its model is known
        os.environ.setdefault("MPLBACKEND", "Agg")
        shown.install()
        setattr(warnings, "showwarning", self._warned)  # noqa: B010 - mypy minds a plain assignment
        warnings.simplefilter("always")
        for quiet in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", quiet)
        warnings.filterwarnings("ignore", message="FigureCanvasAgg is non-interactive")
        if (
            os.environ.get("QUARTERDECK_PRELOAD", "1") == "1"
            and importlib.util.find_spec("pandas") is not None
        ):
            import pandas  # noqa: F401
        self.seed = outputs.Seed()
        self.clean_path = [p for p in sys.path if os.path.abspath(p) != os.path.dirname(_HERE)]

    def load(self, folder: str, entry: str, seed: int | None) -> dict[str, Any]:
        """Load the file as a module with the folder first on ``sys.path``; Raises Failure ``load-error``."""
        file, _, name = entry.partition(":")
        self.folder, self.entry = os.path.realpath(folder), entry
        path = os.path.join(self.folder, file)
        if not os.path.isfile(path):
            raise Failure(
                "load-error", f"The entry “{entry}” names the file “{file}”, which the folder does not have."
            )
        sys.path[:] = [self.folder, *(p for p in self.clean_path if p != self.folder)]
        self.seed.use(seed)
        module = self._module(path, Path(file))
        function = getattr(module, name, None)
        if not callable(function):
            raise Failure("load-error", _no_function(module, file, name))
        self.function = function
        parameters = inspect.signature(function).parameters
        kinds = inspect.Parameter
        self.takes_any = any(p.kind is kinds.VAR_KEYWORD for p in parameters.values())
        self.arguments = {
            n: p for n, p in parameters.items() if p.kind in (kinds.POSITIONAL_OR_KEYWORD, kinds.KEYWORD_ONLY)
        }
        return {"python": platform.python_version(), "packages": _packages()}

    def _module(self, path: str, file: Path) -> ModuleType:
        name = file.stem
        if not name.isidentifier() or name in sys.modules:  # a model called json.py must not replace json
            name = f"model_{abs(hash(path)):x}"
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise Failure("load-error", f"“{file}” is no Python file; an entry looks like model.py:function.")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException as error:
            del sys.modules[name]
            raise self._failure("load-error", error) from error
        return module

    def call(self, request: dict[str, Any]) -> tuple[list[dict[str, Any]], list[str], float]:
        """Match the arguments, run the function, make outputs of what it returned."""
        warned: list[str] = []
        self.warnings = warned
        self.seed.use(request.get("seed"))
        arguments = self._match(request)
        if os.getcwd() != self.home:
            os.chdir(self.home)
        shown.figures.clear()
        started = time.perf_counter()
        try:
            returned = self.function(**arguments)
            if inspect.iscoroutine(returned):
                import asyncio

                returned = asyncio.run(returned)
        except BaseException as error:
            outputs.drop_figures()
            raise self._failure("model-error", error) from error
        seconds = time.perf_counter() - started
        collector = outputs.Collector(request.get("expected") or {}, request["scratch"], self.entry)
        return collector.collect(returned), warned, seconds

    def interrupt(self) -> None:
        """SIGINT for the main thread: KeyboardInterrupt at the next bytecode, and sleeping calls wake up."""
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def _match(self, request: dict[str, Any]) -> dict[str, Any]:
        """Arguments by name. What was not given is left to the function's own default."""
        given: dict[str, Any] = {}
        known, any_name = self.arguments, self.takes_any
        for name, sent in request["values"].items():
            if name not in known and not any_name:
                raise Failure("bad-input", self._unknown(name))
            value = values.to_python(sent)
            if value is None and name in known and known[name].default is not inspect.Parameter.empty:
                continue
            given[name] = value
        for name, path in (request.get("tables") or {}).items():
            if name not in known and not any_name:
                raise Failure("bad-input", self._unknown(name))
            given[name] = outputs.read_table(path)
        for name, path in (request.get("files") or {}).items():
            if name not in known and not any_name:
                raise Failure("bad-input", self._unknown(name))
            given[name] = Path(path)
        for name, parameter in known.items():
            if name not in given and parameter.default is inspect.Parameter.empty:
                raise Failure(
                    "bad-input",
                    f"The function of “{self.entry}” needs “{name}”, which was not given; "
                    f"declare a field or an input of that name, or give the argument a default.",
                )
        return given

    def _unknown(self, name: str) -> str:
        takes = ", ".join(self.arguments) or "nothing"
        return f"The function of “{self.entry}” does not take “{name}” (it takes {takes}); rename one of the two."

    def _failure(self, reason: str, error: BaseException) -> Failure:
        if isinstance(error, SystemExit):
            message = f"The model ended itself with exit code {error.code!r}; return a result instead."
        else:
            message = str(error) or type(error).__name__
        where, trace = _own_trace(error, self.folder)
        if where and not isinstance(error, SyntaxError):
            message = f"{message} ({where})"
        return Failure(reason, message, type=type(error).__name__, trace=trace)

    def _warned(self, message: Any, category: type, filename: str, lineno: int, *_: Any) -> None:
        inside = os.path.realpath(filename).startswith(self.folder + os.sep) if self.folder else False
        where = f" ({os.path.relpath(os.path.realpath(filename), self.folder)}:{lineno})" if inside else ""
        text = f"{message}{where}" if category is UserWarning else f"{category.__name__}: {message}{where}"
        if text not in self.warnings and len(self.warnings) < _MOST_WARNINGS:
            self.warnings.append(text)


def _no_function(module: ModuleType, file: str, name: str) -> str:
    own = [n for n, v in vars(module).items() if inspect.isfunction(v) and v.__module__ == module.__name__]
    return f"“{file}” has no function “{name}”; it has {', '.join(own) or 'none'}. Correct the entry in the manifest."


def _own_trace(error: BaseException, folder: str) -> tuple[str, str]:
    """Where in the model it happened, and the traceback from the model's first frame on."""
    told = traceback.TracebackException.from_exception(error)
    shown = set()
    link: traceback.TracebackException | None = told
    where = ""
    while link is not None and id(link) not in shown:
        shown.add(id(link))
        own = [n for n, frame in enumerate(link.stack) if _inside(frame.filename, folder)]
        if own and not where:
            last = link.stack[own[-1]]
            where = f"{os.path.relpath(last.filename, folder)}, line {last.lineno}"
        kept = [f for f in link.stack[own[0] :] if not f.filename.startswith(_HERE)] if own else []
        link.stack = traceback.StackSummary.from_list([_shorter(f, folder) for f in kept])
        if isinstance(error, SyntaxError) and link is told and link.filename:
            link.filename = (
                os.path.relpath(link.filename, folder) if _inside(link.filename, folder) else link.filename
            )
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return where, "".join(told.format())


def _inside(filename: str, folder: str) -> bool:
    return filename.startswith(folder + os.sep)


def _shorter(frame: Any, folder: str) -> Any:
    name = frame.filename
    if _inside(name, folder):
        name = os.path.relpath(name, folder)
    elif "site-packages" + os.sep in name:
        name = name.rsplit("site-packages" + os.sep, 1)[1]
    return traceback.FrameSummary(name, frame.lineno, frame.name, lookup_line=False, line=frame.line)


def _packages() -> dict[str, str]:
    """Versions of the distributions that the model has imported by now.

    From the names of the folders with their metadata: importlib.metadata reads every file list, which takes
    longer than loading a small model.
    """
    loaded = {name.partition(".")[0].lower() for name in sys.modules}
    loaded |= {_OTHER_NAMES[name] for name in loaded & _OTHER_NAMES.keys()}
    found: dict[str, str] = {}
    for place in sys.path[1:]:
        if not os.path.isdir(place):
            continue
        for entry in os.listdir(place):
            name, _, version = entry.removesuffix(".dist-info").partition("-")
            if entry.endswith(".dist-info") and name.lower() in loaded:
                found[name.replace("_", "-")] = version
    return dict(sorted(found.items()))


if __name__ == "__main__":
    main(PythonAdapter)
