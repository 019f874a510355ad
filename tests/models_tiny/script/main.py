import time

given = dict(line.strip().split("=") for line in open("params.txt") if "=" in line)
print("legacy script begins", flush=True)
time.sleep(float(given["seconds"]))
with open("answer.txt", "w") as f:
    f.write("42\n")
print("legacy script ends", flush=True)
