"""A person at a page, without a browser: Streamlit's own messages over a websocket."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Any

ANSWER_SECONDS = 60


@dataclass
class Widget:
    """A text field on the page: its id, and the fragment that runs when it changes."""

    id: str
    fragment: str
    value: str


@dataclass
class Person:
    """One session. ``open`` loads the page; ``type`` changes one field and waits for the answer."""

    address: str
    page: str = ""
    query: str = ""
    sent: dict[str, str] = field(default_factory=dict)  # headers: whose browser it is
    texts: dict[str, Widget] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    _states: dict[str, str] = field(default_factory=dict)
    _hash: str = ""
    _socket: Any = None

    async def open(self) -> float:
        """Load the page; returns the seconds until it was complete."""
        import websockets

        started = time.perf_counter()
        where = self.address.replace("http", "ws", 1) + "/_stcore/stream"
        spoken = [websockets.Subprotocol("streamlit")]
        self._socket = await websockets.connect(
            where,
            subprotocols=spoken,
            origin=websockets.Origin(self.address),
            additional_headers=self.sent,
            max_size=None,
            compression=None,
            ping_interval=None,
        )
        await self._rerun("")
        return time.perf_counter() - started

    async def type(self, widget: Widget, text: str) -> float:
        """Change a field; returns the seconds until the page has answered."""
        started = time.perf_counter()
        self._states[widget.id] = text
        await self._rerun(widget.fragment)
        return time.perf_counter() - started

    async def interact(self, choose: random.Random) -> float:
        """Change one of the number fields to another number."""
        numbers = [w for w in self.texts.values() if w.value.replace(".", "").isdigit()]
        return await self.type(choose.choice(numbers), str(choose.randrange(1, 900)))

    async def close(self) -> None:
        """Leave."""
        await self._socket.close()

    async def _rerun(self, fragment: str) -> None:
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        state = message.rerun_script
        state.query_string = self.query
        state.page_name = "" if self._hash else self.page
        state.page_script_hash = self._hash
        state.fragment_id = fragment
        for widget, text in self._states.items():
            state.widget_states.widgets.add(id=widget, string_value=text)
        await self._socket.send(message.SerializeToString())
        async with asyncio.timeout(ANSWER_SECONDS):
            while not self._read(await self._socket.recv()):
                pass

    def _read(self, raw: bytes) -> bool:
        """Take in one message; True when the page is complete."""
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        message = ForwardMsg()
        message.ParseFromString(raw)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._hash = message.new_session.page_script_hash
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._element(message.delta)
        return kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN

    def _element(self, delta: Any) -> None:
        element = delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.errors.append(f"{element.exception.type}: {element.exception.message}")
        if kind == "text_input":
            text = element.text_input
            known = self._states.get(text.id, text.default)
            value = text.value if text.set_value else known
            self.texts[text.id] = Widget(text.id, delta.fragment_id, value)
            self._states[text.id] = value


async def work(people: list[Person], seconds: float, think: float) -> list[float]:
    """Everybody interacts for a while, thinking in between; returns the seconds of each answer."""
    times: list[float] = []
    end = time.monotonic() + seconds

    async def one(person: Person, number: int) -> None:
        choose = random.Random(number)
        await asyncio.sleep(choose.uniform(0, think))
        while time.monotonic() < end:
            times.append(await person.interact(choose))
            await asyncio.sleep(choose.uniform(0.5, 1.5) * think)

    await asyncio.gather(*(one(person, number) for number, person in enumerate(people)))
    return times
