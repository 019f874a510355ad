import pathlib


def doubled(sales, factor):
    out = sales.copy()
    out["units"] = out["units"] * factor
    pathlib.Path("report.txt").write_text("sum of units\n")
    return {
        "doubled": out,
        "total": float(out["units"].sum()),
        "note": "größer als zuvor",
        "report": pathlib.Path("report.txt"),
    }
