# -*- coding: utf-8 -*-
# Reorder points and order quantities per brand.
# Put the sales export into data\sales.csv, set params.txt, run, mail out\reorder_points.csv to the planners
#
# 2016-05 jm   first version
# 2017-11 jm   deal weeks can be left out
# 2019-03 jm   store filter
import csv
import math
import os
import sys
from datetime import datetime
from statistics import NormalDist, mean, pstdev

import matplotlib.pyplot as plt

os.chdir(os.path.dirname(os.path.abspath(sys.argv[0])))

P = {}
for line in open("params.txt"):
    line = line.split("#")[0].strip()
    if line:
        k, v = line.split("=")
        P[k.strip()] = v.strip()

LEAD = int(P["lead_time_weeks"])
REVIEW = int(P["review_weeks"])
HISTORY = int(P["history_weeks"])
Z = NormalDist().inv_cdf(float(P["service_level"]) / 100)
PACK = int(P["pack_size"])
print("REORDER POINTS   planner:", P["planner"])
print("lead time %d + review %d weeks, service level %s %%  (z = %.3f)" % (LEAD, REVIEW, P["service_level"], Z))

sales = {}  # (store, brand) -> {week: units}
n = 0
with open("data/sales.csv") as f:
    for row in csv.DictReader(f):
        if P["store"] != "ALL" and row["store"] != P["store"]:
            continue
        if P["drop_deal_weeks"] == "yes" and float(row["deal"]) > 0:
            continue
        week = datetime.strptime(row["week"][:10], "%Y-%m-%d")
        key = (row["store"], row["brand"])
        sales.setdefault(key, {})[week] = float(row["units"])
        n += 1
if n == 0:
    print("NO SALES FOR STORE", P["store"])
    sys.exit(1)
print(n, "rows,", len(sales), "store/brand pairs")

last = max(max(w) for w in sales.values())
out = []
for (store, brand), weeks in sorted(sales.items()):
    u = [x for w, x in sorted(weeks.items())][-HISTORY:]
    if len(u) < 4:
        print("  too few weeks:", store, brand)
        continue
    d, s = mean(u), pstdev(u)
    safety = Z * s * math.sqrt(LEAD + REVIEW)
    point = d * (LEAD + REVIEW) + safety
    eoq = math.sqrt(2 * d * 52 * float(P["order_cost"]) / (float(P["unit_cost"]) * float(P["holding_rate"]) / 100))
    qty = min(eoq, d * float(P["max_weeks_stock"]))
    qty = max(PACK, PACK * math.ceil(qty / PACK))
    out.append([store, brand, len(u), round(d, 2), round(s, 2), math.ceil(safety), math.ceil(point), int(qty)])

if not os.path.exists("out"):
    os.mkdir("out")
with open("out/reorder_points.csv", "w", newline="") as f:
    w = csv.writer(f)
    w.writerow(["store", "brand", "weeks", "demand", "deviation", "safety_stock", "reorder_point", "order_quantity"])
    w.writerows(out)

total_safety = sum(r[5] for r in out)
capital = sum((r[5] + r[7] / 2) * float(P["unit_cost"]) for r in out)
print("last week of sales: %s" % last.date())
print("pairs = %d" % len(out))
print("total_safety_stock = %d" % total_safety)
print("capital_tied_up = %.2f" % capital)

top = sorted(out, key=lambda r: -r[6])[:15]
plt.figure(figsize=(8, 5))
plt.barh(["%s %s" % (r[0], r[1]) for r in top][::-1], [r[6] for r in top][::-1], color="steelblue")
plt.title("Largest reorder points")
plt.xlabel("cartons")
plt.tight_layout()
plt.show()
