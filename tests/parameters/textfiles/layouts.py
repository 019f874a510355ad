"""A small file of each kind, with a value ``x`` between two others."""

from __future__ import annotations

LAYOUTS: dict[str, str] = {
    "key=value": "# Parameters\nfirst = 1\nx = {}   # the one\nlast: yes\n",
    "ini": "; Parameters\n[model]\nfirst = 1\nx = {}\n\n[other]\nlast: yes\n",
    "csv": 'name,value,unit,comment\nfirst,1,,"a, b"\nx,{},,\nlast,yes,,\n',
    "json": '{{\n  "first": 1,\n  "model": {{"x": {}}},\n\t"last" : true  }}\n',
    "yaml": "# Parameters\nfirst: 1\nmodel:\n    x: {}   # the one\nlast: yes\n",
    "toml": "# Parameters\nfirst = 1\n[model]\nx = {}   # the one\n[other]\nlast = true\n",
    "python": "import os\nfirst = 1\nx = {}  # the one\nlast = True\n",
    "r": "library(stats)\nfirst <- 1\nx <- {}  # the one\nlast <- TRUE\n",
    "julia": "using Dates\nconst first = 1\nx = {}  # the one\nlast = true\n",
    "fixed": "* Parameters\nfirst      1\nx          {}\nlast       yes\n",
}
# a first value of x in each kind: what is there before the first export
OLD = {
    "json": ["null", '"old"', "5", "[1]"],
    "yaml": ["", "'old'", '"old"', "old", "5", "[1]"],
    "toml": ['"old"', "'old'", "5", "[1]"],
    "python": ["None", '"old"', "'old'", "5", "[1]"],
    "r": ["NULL", '"old"', "'old'", "5", "c(1, 2)"],
    "julia": ["nothing", '"old"', "5", "[1]"],
    "csv": ["", "old", '"old"', "5", "0.5"],
    "fixed": ["old", "5", "0.5"],
    "key=value": ["", "old", '"old"', "'old'", "5", "0,5"],
    "ini": ["", "old", '"old"', "5", "0.5"],
}
