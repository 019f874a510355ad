import time


def slow(seconds, busy):
    end = time.monotonic() + seconds
    print("begins", flush=True)
    while time.monotonic() < end:
        if not busy:
            time.sleep(min(0.05, max(0.0, end - time.monotonic())))
            done = 1 - max(0.0, end - time.monotonic()) / seconds
            print(f"::progress {done:.3f} sleeping", flush=True)
    print("ends", flush=True)
    return {"slept": seconds}
