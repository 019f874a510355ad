"""Import a parameter text file into a set. ``/params-import?model=NAME[&set=NAME][&place=DE]``."""

from app.components import params_import
from app.components.nav import asked
from app.components.page import page
from app.text import t

with page(t("import.title"), heading=False):
    params_import.draw(asked("model"))
