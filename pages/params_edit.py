"""Edit a parameter set. ``/params-edit?model=NAME&set=NAME[&place=DE][&from=NUMBER]``."""

from app.components import params_edit
from app.components.nav import asked
from app.components.page import empty, page
from app.components.view import link
from app.text import t

with page(t("nav.params-edit"), heading=False):
    model, name = asked("model"), asked("set")
    if model and name:
        params_edit.draw(model, name, asked("place") or "")
    else:
        empty("tune", t("set.which"), "", link(t("nav.params"), "params"), key="params-edit-which")
