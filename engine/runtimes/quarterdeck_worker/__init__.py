"""What runs inside a worker process, with a model: standard library and numpy only.

The package is started with its parent folder put on ``sys.path`` for the import only, so neither the
repository nor the server's packages can be seen by a model, and a model's own module names win.
"""
