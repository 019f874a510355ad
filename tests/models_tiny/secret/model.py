import json
import os
import sys
import time
import warnings

_seen = []


def work(password, api_key, how):
    given = password or api_key
    _seen.append(given)
    if how == "print":
        print("whole:", given, flush=True)
        print("json:", json.dumps({"password": given}), flush=True)
        print("on the other stream:", given, file=sys.stderr, flush=True)
    if how == "pieces":
        for letter in f"<{given}>":
            sys.stdout.write(letter)
            sys.stdout.flush()
            time.sleep(0.002)
    if how == "raise":
        raise ValueError(f"cannot sign in with {given}")
    if how == "warn":
        warnings.warn(f"the password {given} is old")
    if how == "environment":
        print(sorted(os.environ))
        print(given in os.environ.values())
    if how == "seen":
        print("times:", len(_seen))
    return {"length": len(given), "said": f"I was given {given}" if how == "say" else "nothing"}
