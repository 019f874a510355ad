"""Parameter text files and parameter sets: what an import would do, storing it, and writing a set back.

``service.py`` is the public face (``engine.parameter_files``); how files are read and written is in ``textfiles``.
"""
