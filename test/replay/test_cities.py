#!/usr/bin/env python3
"""Cities with bearer money, with an opening grant, and all of them on one chain: each summary against the data, computed here again."""

import csv
import json
import pathlib
import subprocess
import sys
import tempfile
from fractions import Fraction

import tap
from tap import report

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(sys.argv[1]).resolve()
CHARGED = ("card_charged_kkrw", "mobile_charged_kkrw", "paper_sold_kkrw")
SPENT = ("card_spent_kkrw", "mobile_spent_kkrw", "paper_redeemed_kkrw")
MONTHLY_LIMIT = 500_000
BEARER_LIMIT = 500_000


def real_months(city, fraction):
    """floor(real x fraction) of what the data have, from the first month with anything; and the opening that it takes."""
    share = Fraction(fraction)
    months, ahead, opening = [], 0, 0
    with open(ROOT / "data/gyeonggi-monthly-2019-2021.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["city"] != city:
                continue
            registered, cards = (int(row[c] or 0) for c in ("mobile_users_registered", "cards_issued"))
            charged, spent = (sum(int(row[c] or 0) for c in columns) * 1000 for columns in (CHARGED, SPENT))
            if not (months or registered or cards or charged or spent):
                continue
            months.append({"month": row["month"], "registered": registered * share // 1, "charged": charged * share // 1,
                           "spent": spent * share // 1})
            ahead += months[-1]["spent"] - months[-1]["charged"]
            opening = max(opening, ahead)
    return months, opening


def all_names():
    with open(ROOT / "data/gyeonggi-monthly-2019-2021.csv", encoding="utf-8") as file:
        return list(dict.fromkeys(row["city"] for row in csv.DictReader(file)))


def play(city, fraction, out):
    words = [BUILD / "dure-city", "replay", "--city", city, "--fraction", fraction, "--out", out]
    answer = subprocess.run([str(w) for w in words], cwd=ROOT, capture_output=True, text=True, timeout=500)
    report(answer.returncode == 0, f"{city} at {fraction}: the replay ends well", answer.stdout + answer.stderr)
    return json.loads((out / "summary.json").read_text(encoding="utf-8")) if answer.returncode == 0 else None


def exact(played, months):
    return [{k: m[k] for k in ("month", "registered", "charged", "spent")} for m in played] == months


def check_city(city, played, opening_told, fraction):
    """Bearer money: as much as the registered may not buy, and no more than is charged."""
    months, opening = real_months(city, fraction)
    report(exact(played, months), f"{city}: every month equals floor(real x fraction)")
    report(opening_told == opening == sum(m["opening"] for m in played) == played[0]["opening"], f"{city}: opening is {opening:,} won")
    people, good = 0, True
    for m in played:
        people += m["registered"]
        least = max(0, m["charged"] - people * MONTHLY_LIMIT)
        good = good and least <= m["bearer_charged"] <= m["charged"] and 0 <= m["bearer_spent"] <= m["spent"]
    report(good, f"{city}: cards buy what the registered may not")
    bearers = sum(m["bearers"] for m in played)
    held = sum(m["bearer_charged"] - m["bearer_spent"] + m["opening"] for m in played)
    report(0 <= held <= bearers * BEARER_LIMIT, f"{city}: {bearers} cards hold what is left on them")


def check_audit(summary):
    audit = summary["audit"]
    names = ("charged", "spent", "opening", "cancelled", "granted", "youth_spent", "lapsed")
    total = {k: sum(m[k] for m in summary["months"]) for k in names}
    report(audit["difference"] == 0 and audit["escrow"] == audit["escrow_at_bank"], "the audit holds, with the bank's statement")
    came = total["charged"] + total["cancelled"] + total["opening"] + total["granted"]
    report(audit["issued"] == came + audit["issued_by"]["advances"], "issued is what was bought, granted, opened and advanced")
    left = total["charged"] + total["opening"] + total["granted"] - total["spent"] - total["youth_spent"] - total["lapsed"]
    report(audit["held_citizens"] == left - summary["mix"]["remainders_won"],
           "what is not spent, given back or lapsed is in wallets")


def main():
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "replay"
        for city, registered in (("과천시", False), ("가평군", False), ("시흥시", True)):
            summary = play(city, "0.002", out)
            if summary is not None:
                check_city(city, summary["months"], summary["opening"], "0.002")
                check_audit(summary)
                report((summary["people"] > 0) == registered, f"{city}: {summary['people']} registered")
                report("cities" not in summary, "one city has no list of cities")
        fraction = "0.00005"
        summary = play("all", fraction, out)
        if summary is not None:
            names = {c["city"] for c in summary["cities"]}
            report(summary["city"] == "all" and names == set(all_names()) and len(summary["cities"]) == 31, "all: 31 cities")
            wrong = [c["city"] for c in summary["cities"] if not exact(c["months"], real_months(c["city"], fraction)[0])
                     or c["opening"] != real_months(c["city"], fraction)[1]]
            report(not wrong, "all: every month of every city equals floor(real x fraction)", " ".join(wrong))
            sums = {}
            for c in summary["cities"]:
                for m in c["months"]:
                    for k in ("registered", "charged", "spent", "opening", "bearer_charged"):
                        sums.setdefault(m["month"], {}).setdefault(k, 0)
                        sums[m["month"]][k] += m[k]
            report(all({k: m[k] for k in sums[m["month"]]} == sums[m["month"]] for m in summary["months"]) and
                   len(summary["months"]) == 26, "all: the months are the sums of the cities'")
            check_audit(summary)
            escrows = {line.split(",")[2] for line in (out / "bank-statement.csv").read_text().splitlines()[1:]}
            report(len(escrows) >= 31, f"one statement has {len(escrows)} escrow accounts")
        for words, name in ((["--city", "연천군", "--fraction", "0.000000001"], "a fraction that leaves nothing"),
                            (["--paper", folder + "/none.yak"], "a fund's rules that are not there")):
            answer = subprocess.run([str(w) for w in (BUILD / "dure-city", "replay", "--out", out, *words)], cwd=ROOT,
                                    capture_output=True, text=True, timeout=60)
            report(answer.returncode in (1, 2) and "dure-city:" in answer.stderr, f"{name} is refused with a sentence", answer.stderr)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
