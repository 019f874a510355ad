"""Parameter text files: read with exact places, matched with a model's fields, written back byte for byte.

``files.py`` is the public face; one module per kind of file beside it. Nothing that a file says is executed.
"""
