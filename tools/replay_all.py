#!/usr/bin/env python3
"""make cities: replays each of the 31 cities by itself at FRACTION, or all of them on one chain with CITY=all, and holds every month
against the data, computed here again. Prints a table; ends with 1 if a figure of a city differs."""

import argparse
import csv
import json
import pathlib
import subprocess
import sys
from fractions import Fraction

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHARGED = ("card_charged_kkrw", "mobile_charged_kkrw", "paper_sold_kkrw")
SPENT = ("card_spent_kkrw", "mobile_spent_kkrw", "paper_redeemed_kkrw")


def real_cities(fraction):
    """Of each city: {month: (registered, charged, spent)}, floor(real x fraction), from the first month with anything in it."""
    share = Fraction(fraction)
    cities = {}
    with open(ROOT / "data/gyeonggi-monthly-2019-2021.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            months = cities.setdefault(row["city"], {})
            registered = int(row["mobile_users_registered"] or 0)
            charged, spent = (sum(int(row[column] or 0) for column in columns) * 1000 for columns in (CHARGED, SPENT))
            if months or registered or charged or spent or int(row["cards_issued"] or 0):
                months[row["month"]] = tuple(int(real * share) for real in (registered, charged, spent))
    return cities


def opening_of(months):
    """By how much spent is ahead of charged at most, at any month's end."""
    ahead = most = 0
    for _, charged, spent in months.values():
        ahead += spent - charged
        most = max(most, ahead)
    return most


def differences(played, months):
    """What of a city's months is not as the data say."""
    found = {m["month"]: (m["registered"], m["charged"], m["spent"]) for m in played}
    wrong = [month for month in months.keys() | found.keys() if found.get(month) != months.get(month)]
    if sum(m["opening"] for m in played) != opening_of(months):
        wrong.append("opening")
    return sorted(wrong)


def replay(build, city, fraction, seed, out):
    words = [build / "dure-city", "replay", "--city", city, "--fraction", fraction, "--seed", seed, "--out", out]
    answer = subprocess.run([str(w) for w in words], cwd=ROOT, capture_output=True, text=True)
    if answer.returncode != 0:
        return None, (answer.stderr.strip().splitlines() or ["no reason given"])[-1]
    return json.loads((out / "summary.json").read_text(encoding="utf-8")), ""


def line(city, played, wrong, seconds):
    def total(name):
        return sum(m[name] for m in played)
    print(f"{city:<6}{len(played):>4}{total('registered'):>9,}{total('bearers'):>9,}{total('charged'):>20,}{total('spent'):>20,}"
          f"{total('bearer_charged'):>20,}{total('opening'):>15,}{seconds:>8.1f}  {'exact' if not wrong else 'DIFFERS ' + ' '.join(wrong)}",
          flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--city", default="", help="one city, or `all`: all on one chain; without: each by itself")
    parser.add_argument("--fraction", default="0.01")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build/cities")
    args = parser.parse_args()
    cities = real_cities(args.fraction)
    print(f"{'city':<8}{'months':>6}{'people':>9}{'cards':>9}{'charged':>20}{'spent':>20}{'bearer charged':>20}{'opening':>15}{'s':>8}")
    failed = 0
    for name in [args.city] if args.city else list(cities):
        summary, why = replay(args.build.resolve(), name, args.fraction, args.seed, args.out.resolve())
        if summary is None:
            print(f"{name:<6} FAILED: {why}", flush=True)
            failed += 1
            continue
        for city in summary.get("cities") or [summary]:
            wrong = differences(city["months"], cities[city["city"]])
            wrong += ["audit"] if summary["audit"]["difference"] or summary["audit"]["escrow"] != summary["audit"]["escrow_at_bank"] else []
            failed += bool(wrong)
            line(city["city"], city["months"], wrong, summary["seconds"])
    print("every month of every city equals the data" if failed == 0 else f"{failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
