import pathlib
import time


def work(seconds, size):
    print("working", flush=True)
    file = pathlib.Path("letters.txt")
    with file.open("w") as out:
        for _ in range(10):
            time.sleep(seconds / 10)
            out.write("x" * (size // 10))
    return {"size": float(size), "letters": file}
