"""A server with secrets of every kind planted in it, and models in all languages that tell what they were given."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from auth.secrets import SMTP_PASSWORD
from auth.service import opened
from engine.access import LOCAL_ADMIN
from engine.settings import ROOT, Settings
from tests import signing_in
from tests.notify.mail_server import MailServer, free_port

LANGUAGES = {
    "python": (
        "model.py",
        """
import sys, time

def work(password, key, how, seconds):
    print("given", password, key, flush=True)
    print("given", password, file=sys.stderr, flush=True)
    time.sleep(seconds)
    if how == "raise":
        raise ValueError(f"cannot sign in with {password}")
    return {"length": len(password)}
""",
    ),
    "r": (
        "model.R",
        """
work <- function(password, key, how, seconds) {
  cat("given", password, key, "\\n")
  message("given ", password)
  Sys.sleep(seconds)
  if (how == "raise") stop(paste("cannot sign in with", password))
  list(length = nchar(password))
}
""",
    ),
    "julia": (
        "model.jl",
        """
function work(password, key, how, seconds)
    println("given ", password, " ", key)
    println(stderr, "given ", password)
    sleep(seconds)
    how == "raise" && error("cannot sign in with $password")
    return (length = length(password),)
end
""",
    ),
}
MANIFEST = """
manifest = 1
[model]
name = "canary-{language}"
title = "Canary in {language}"
department = "Testing"
language = "{language}"
entry = "{file}:work"
summary = "Tells what it was given."
realtime = true
[fields.password]
type = "secret"
title = "Password"
[fields.how]
type = "text"
default = "well"
[fields.seconds]
type = "number"
default = 0
[secrets.key]
secret = "canary-key"
[outputs.length]
kind = "metric"
"""
SCRIPT = """
manifest = 1
[model]
name = "canary-script"
title = "Canary as a script"
department = "Testing"
language = "python"
command = "python run.py"
summary = "Prints its parameter file."
[fields.password]
type = "secret"
title = "Password"
[fields.how]
type = "text"
default = "well"
[fields.seconds]
type = "number"
default = 0
[script]
parameters = {{ file = "settings.txt", format = "key=value" }}
[outputs.length]
kind = "metric"
"""
RUN = """
import sys, time
text = open("settings.txt").read()
print(text, flush=True)
given = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
time.sleep(float(given["seconds"]))
print("length =", len(given["password"]))
if given["how"] == "raise":
    sys.exit("cannot sign in with " + given["password"])
"""


@dataclass
class Planted:
    """The server: its address and process, its data folder, and every value that must not be found."""

    base: str
    process: subprocess.Popen[bytes]
    data: Path
    output: Path
    mail: MailServer
    canaries: dict[str, str]
    client: httpx.Client
    answers: list[tuple[str, bytes]] = field(default_factory=list)

    def ask(self, method: str, path: str, **more: object) -> httpx.Response:
        """A request as the administrator whose token it is; its answer is kept for the search."""
        answer = self.client.request(method, path, **more)  # type: ignore[arg-type]
        headers = "\n".join(
            f"{name}: {value}" for name, value in answer.headers.items() if name != "set-cookie"
        )
        self.answers.append((f"{method} {path}", headers.encode() + answer.content))
        return answer


def models(folder: Path) -> list[Path]:
    """The folders of the models."""
    made = []
    for language, (file, source) in LANGUAGES.items():
        place = folder / f"canary-{language}"
        place.mkdir(parents=True)
        (place / file).write_text(source)
        (place / "model.toml").write_text(MANIFEST.format(language=language, file=file))
        made.append(place)
    script = folder / "canary-script"
    script.mkdir()
    (script / "model.toml").write_text(SCRIPT.format())
    (script / "run.py").write_text(RUN)
    (script / "settings.txt").write_text("password=none\nhow=well\nseconds=0\n")
    return [*made, script]


def plant(folder: Path) -> Iterator[Planted]:
    """Prepare the data folder, start the server with its key in the environment, sign in; all is ended afterwards."""
    settings = Settings(data_folder=folder / "data", free_space_floor_mb=1)
    mail = MailServer(folder / "mail").start()
    canaries = {
        "a stored secret": "canary/secret & Wert-0123456789",
        "a secret of the manifest": "canary-manifest-key-0123456789",
        "the mail server's password": "mail-password-0123",
        "the password of a person": "canary walnut fjord treacle",
        "a wrong password": "canary-wrong-password-typed",
        "a value that was refused": "abc-canary-refused-value",
    }
    auth = opened(settings)
    try:
        person = signing_in.person(
            auth, "ada", password=canaries["the password of a person"], email="ada@example.com"
        )
        auth.company.note_setup(LOCAL_ADMIN, finished=True)
        auth.secrets.set(LOCAL_ADMIN, "canary", canaries["a stored secret"], department="Testing")
        auth.secrets.set(LOCAL_ADMIN, "canary-key", canaries["a secret of the manifest"])
        auth.options.put(LOCAL_ADMIN, "email", mail.option())
        auth.secrets.put_own(LOCAL_ADMIN, SMTP_PASSWORD, canaries["the mail server's password"])
        _, canaries["an API token"] = auth.tokens.create_for(LOCAL_ADMIN, person, "canary")
        for place in models(folder / "models"):
            auth.engine.catalog.register(LOCAL_ADMIN, place, promote=True)
    finally:
        auth.engine.stop()
    text = settings.master_key_path.read_text().split()[-1]
    canaries["the master key"] = text.partition(":")[2]
    settings.master_key_path.unlink()
    port = free_port()
    output = folder / "output"
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "QUARTERDECK_DATA_FOLDER": str(settings.data),
        "QUARTERDECK_FREE_SPACE_FLOOR_MB": "1",
        "QUARTERDECK_MASTER_KEY": text,
    }
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "app.cli", "serve", "--port", str(port)],
            env=environment,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=file,
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert str(port).encode() in line, output.read_text()
    base = f"http://127.0.0.1:{port}"
    client = httpx.Client(
        base_url=base, headers={"Authorization": f"Bearer {canaries['an API token']}"}, timeout=120
    )
    try:
        yield Planted(base, process, settings.data, output, mail, canaries, client)
    finally:
        client.close()
        process.kill()
        process.wait()
        mail.stop()


def sign_in(planted: Planted, password: str) -> str:
    """By the page, as a person would: the value of the session's cookie afterwards."""
    from app.signin.cookies import SESSION

    with httpx.Client(base_url=planted.base, timeout=60) as browser:
        page = browser.get("/auth/sign-in")
        token = re.search(r'name="form" value="([^"]*)"', page.text)
        assert token is not None, page.text
        answer = browser.post(
            "/auth/sign-in",
            data={"form": token.group(1), "next": "/", "name": "ada", "password": password},
            headers={"Origin": planted.base},
        )
        planted.answers.append(("POST /auth/sign-in", answer.content))
        return browser.cookies.get(SESSION) or ""
