"""The first-run assistant: company, departments, people, e-mail, the machine. It can be left and taken up again."""

from typing import Any

import streamlit as st

from app.components import company_form, email_form, health, person, rows, steps
from app.components.nav import NEEDS, asked, go
from app.components.page import empty, page, say, show_error
from app.components.view import badge, icon, join, link, tag, view
from app.state import actor, auth, engine
from app.text import t
from auth.company import STEPS
from engine.errors import QuarterdeckError

ALL = [*STEPS, "done"]


def finish(step: str) -> None:
    """Note the step as done and go to the next one."""
    auth().company.note_setup(actor(), done=step)
    go("welcome", step=ALL[ALL.index(step) + 1])


def company() -> None:
    """Name, time zone, calendars."""
    if company_form.draw("welcome", t("welcome.save"), reason=False):
        finish("company")


def add_departments() -> None:
    """One department a line; what could not be added stays typed."""
    left, problems = [], []
    for name in str(st.session_state.get("welcome:departments") or "").splitlines():
        if not name.strip():
            continue
        try:
            auth().accounts.add_department(actor(), name)
        except QuarterdeckError as error:
            left.append(name)
            problems.append(error)
    st.session_state["welcome:departments"] = "\n".join(left)
    st.session_state["welcome:problems"] = problems


def departments() -> None:
    """Those that there are, and more."""
    found = auth().accounts.departments(actor())
    if found:
        view(rows.chips(badge(one.name, "blue", "domain") for one in found), key="welcome-departments")
    for problem in st.session_state.pop("welcome:problems", []):
        show_error(problem)
    with st.container(width=520):
        st.text_area(
            t("welcome.departments.more"),
            key="welcome:departments",
            placeholder=t("welcome.departments.example"),
            height=110,
        )
        st.button(t("departments.button"), key="welcome-add-departments", on_click=add_departments)
    if steps.onward(ALL, "departments", label=t("welcome.next"), key="welcome-departments-on"):
        finish("departments")


def people() -> None:
    """Who is here already, and the dialog that adds one more."""
    found = auth().accounts.list(actor())
    entries = [rows.row(one.shown, one.name, [rows.grants(one.grants)]) for one in found[:50]]
    if entries:
        view(rows.listed(entries, "qd-pair"), key="welcome-people")
    else:
        empty("group", t("people.none"), t("people.add.hint"), key="welcome-nobody")
    if st.button(t("people.add"), icon=":material/person_add:", key="welcome-add-person"):
        person.add()
    if steps.onward(ALL, "people", label=t("welcome.next"), key="welcome-people-on"):
        finish("people")


def email() -> None:
    """The mail server; may be left for later."""
    stored = email_form.draw("welcome-email")
    if steps.onward(ALL, "email", label=t("welcome.next"), key="welcome-email-on"):
        if stored:
            finish("email")
        st.warning(t("welcome.email.unsaved"))


def machine() -> None:
    """What the doctor finds."""
    from engine import doctor

    with st.spinner(t("health.looking")):
        found = doctor.report(engine().settings)
    view(health.findings(found), key="welcome-health")
    if steps.onward(ALL, "machine", label=t("welcome.next"), key="welcome-machine-on"):
        finish("machine")


def done() -> None:
    """What is left to do, and where to begin."""
    state = auth().company.setup(actor())
    left = [step for step in STEPS if step not in state.done]
    if left:
        links = join((link(t(f"welcome.step.{step}"), "welcome", step=step) for step in left), ", ")
        view(tag("p", join([t("welcome.left"), " ", links])), key="welcome-left")
    ideas = [
        ("models", "deployed_code", "welcome.then.models"),
        ("people", "group", "welcome.then.people"),
        ("health", "monitor_heart", "welcome.then.health"),
    ]
    items = [tag("li", link(join([icon(symbol), " ", t(text)]), target)) for target, symbol, text in ideas]
    view(tag("ul", join(items), cls="qd-plain-list"), key="welcome-then")
    if steps.onward(ALL, "done", label=t("welcome.finish"), key="welcome-finish"):
        auth().company.note_setup(actor(), finished=True)
        say(t("welcome.finished"))
        go("home")


DRAWN: dict[str, Any] = {
    "company": company,
    "departments": departments,
    "people": people,
    "email": email,
    "machine": machine,
    "done": done,
}

with page(t("welcome.title"), caption=t("welcome.caption"), needs=NEEDS["welcome"]):
    so_far = auth().company.note_setup(actor())
    left_ = [step for step in STEPS if step not in so_far.done]
    wanted = asked("step")
    step_ = wanted if wanted in DRAWN else (left_[0] if left_ else "done")
    steps.show(ALL, step_, [*so_far.done, *(["done"] if so_far.finished else [])])
    st.header(t(f"welcome.step.{step_}"), anchor=False)
    st.caption(t(f"welcome.about.{step_}"))
    DRAWN[step_]()
