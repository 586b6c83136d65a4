"""What a search writes agrees with what it prints: a scenario with the best point's figures, a table, a database."""
import csv
import json
import sqlite3
import sys

search, evaluated, table, database = sys.argv[1:]
found = json.load(open(search))["searches"][0]
best = found["best"][0]

metrics = json.load(open(evaluated))["results"][0]["metrics"]
assert best["metrics"]["mean(tpot)"] == metrics["tpot_mean_s"], (best["metrics"], metrics)
assert best["metrics"]["throughput"] == metrics["output_tokens_per_s"], (best["metrics"], metrics)

rows = list(csv.DictReader(open(table, newline="")))
first = next(row for row in rows if row["rank"] == "1")
assert int(first["point"]) == best["point"] and first["id"] == best["id"], first
assert float(first["tpot_mean_s"]) == best["metrics"]["mean(tpot)"], first
assert all(first[path] == value for path, value in best["axes"].items()), first
assert {int(r["point"]) for r in rows if r["front"] == "1"} == {p["point"] for p in found["front"]}

db = sqlite3.connect(database)
assert db.execute("SELECT points, pruned, kept FROM search").fetchall() == [(found["points"], found["pruned"], found["kept"])]
point, tpot = db.execute("SELECT point, tpot_mean_s FROM point WHERE rank = 1").fetchone()
assert (point, tpot) == (best["point"], best["metrics"]["mean(tpot)"])
assert dict(db.execute("SELECT path, value FROM setting WHERE point = ?", (point,))) == best["axes"]
assert db.execute("SELECT count(*) FROM point").fetchone()[0] == len(rows)
assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
