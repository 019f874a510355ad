"""Speed and memory, measured beside a peer in the same run: ``./quarterdeck bench [NAME …] [--json]``."""
