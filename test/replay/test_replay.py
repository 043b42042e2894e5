#!/usr/bin/env python3
"""Two years of Gimpo at one five-hundredth: the summary against the data, computed here again; then the audit against a
log, a statement and a genesis in which something was changed."""

import csv
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
from fractions import Fraction

import tap
from tap import report

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(sys.argv[1]).resolve()
FRACTION = "0.002"
FLIPS = 48


def run(*words):
    return subprocess.run([str(w) for w in words], cwd=ROOT, capture_output=True, text=True, timeout=500)


def real_months():
    """floor(real x fraction), from the CSV and nothing else."""
    share = Fraction(FRACTION)
    months = []
    with open(ROOT / "data/gyeonggi-monthly-2019-2021.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["city"] == "김포시" and row["mobile_users_registered"]:
                months.append({
                    "month": row["month"],
                    "registered": int(row["mobile_users_registered"]) * share // 1,
                    "charged": int(row["mobile_charged_kkrw"]) * 1000 * share // 1,
                    "spent": int(row["mobile_spent_kkrw"]) * 1000 * share // 1})
    return months


def total(summary, figure):
    return sum(m[figure] for m in summary["months"])


def check_sums(summary, audit, charged, spent):
    """The audit's figures from the data's and the mix's; nothing is taken from the audit that is asked about."""
    mix = summary["mix"]
    cancelled, granted, lapsed = (total(summary, k) for k in ("cancelled", "granted", "lapsed"))
    youth = total(summary, "youth_spent")
    back = cancelled + mix["remainders_won"] + mix["repaid_won"]
    report(granted == 250000 * mix["grants_rows"], "a quarter of the youth dividend is 250,000 won for each row")
    report(audit["issued"] == charged + cancelled + granted + total(summary, "opening") + mix["advanced_won"],
           "issued is what was sold (charged and cancelled), granted and advanced")
    report(audit["held_citizens"] == charged - spent - mix["remainders_won"] + granted - youth - lapsed,
           "citizens hold what they got and did not spend, give back or let lapse")
    shops = spent + youth + mix["advanced_won"] - mix["repaid_won"]
    open_for_citizens = back - audit["refunded"]
    report(audit["held_merchants"] + audit["pending"] - open_for_citizens + audit["redeemed"] == shops,
           "what was spent, and what shops still owe, is with merchants, pending or redeemed")
    report(0 <= open_for_citizens <= audit["pending"],
           "refunded is what was cancelled, given up and repaid, but for payouts still open")
    report(audit["difference"] == 0 and audit["lapsed"] == lapsed, "the difference is 0")
    report(audit["escrow"] == audit["escrow_at_bank"] ==
           audit["issued"] - audit["redeemed"] - audit["refunded"] - lapsed,
           "escrow is what is not yet redeemed, refunded or lapsed, by the chain and by the bank")
    report(audit["redeemed"] > 0 and audit["pending"] > 0 and summary["refused"] > 0,
           "there were payouts made, payouts open, and refusals")


def check_mix(summary):
    mix = summary["mix"]
    never = [kind for kind, times in mix.items() if times == 0]
    report(not never, f"each of the {len(mix)} kinds of the mix happened", f"never: {never}")
    report(mix["refunds_partial"] < mix["refunds"] and mix["refunds_advanced"] < mix["refunds"],
           "some refunds are partial, some advanced")
    report(summary["refunds"] == mix["refunds"], "the audit finds as many refunds as the players sent")
    parts = {"cancelled": "cancels", "refunded": "refunds", "gifted": "gifts", "lapsed": "lapses"}
    report(all((total(summary, won) > 0) == (mix[times] > 0) for won, times in parts.items()),
           "the months tell what the mix did")


def check_summary(summary):
    months = real_months()
    played = [{k: m[k] for k in ("month", "registered", "charged", "spent")} for m in summary["months"]]
    report(len(months) == 24 and played == months, "24 months equal floor(real x fraction)")
    report(all(m["bearer_charged"] == m["bearer_spent"] == m["opening"] == 0 for m in summary["months"]),
           "Gimpo's registered people buy all of it themselves")
    audit = summary["audit"]
    charged = sum(m["charged"] for m in months)
    spent = sum(m["spent"] for m in months)
    check_sums(summary, audit, charged, spent)
    check_mix(summary)
    wanted = {"city", "fraction", "months", "payments", "refunds", "audit", "state_root", "seconds", "log_bytes",
              "peak_rss_bytes"}
    report(wanted <= set(summary) and summary["log_bytes"] > 0 and summary["peak_rss_bytes"] > 0,
           "the summary has its members")
    mean = (spent + total(summary, "youth_spent") + total(summary, "refunded")) / summary["payments"]
    report(15000 < mean < 26000, f"a payment is about 20,300 won ({mean:.0f})")


def verify(chain, statement):
    return run(BUILD / "dure", "verify", chain, "--statement", statement)


def flip_log(chain, statement):
    """One flipped bit at places all over the log: found, with the place; mended again, all holds."""
    dice = random.Random(7)
    end = json.loads((chain.parent / "summary.json").read_text())["log_bytes"]
    log = sorted(chain.glob("log-*.dure"))
    sizes = [min(p.stat().st_size, end) for p in log]
    missed, unlocated = [], []
    places = [0, 1, 8, 40, 100, 511, 512, 513, 600, 1023, 1024, end - 1, end - 100]
    places += [dice.randrange(end) for _ in range(FLIPS - len(places))]
    assert len(log) == 1 and sizes[0] == end, "the test expects one segment"
    places += [end, end + 5000]  # reserved room after the log must be zero
    data = bytearray(log[0].read_bytes())
    for place in places:
        with open(log[0], "r+b") as file:
            file.seek(place)
            file.write(bytes([data[place] ^ (1 << dice.randrange(8))]))
        answer = verify(chain, statement)
        if answer.returncode == 0:
            missed.append(place)
        elif "log-00000001" not in answer.stderr:
            unlocated.append(f"{place}: {answer.stderr.strip().splitlines()[-1]}")
        with open(log[0], "r+b") as file:
            file.seek(place)
            file.write(bytes([data[place]]))
    report(not missed, f"{len(places)} flipped bits in the log are found", f"missed at {missed}")
    report(not unlocated, "and located", "\n".join(unlocated))
    report(verify(chain, statement).returncode == 0, "mended, all holds again")


def change_statement(chain, statement):
    text = statement.read_text()
    lines = text.splitlines(keepends=True)
    payout = next(i for i, line in enumerate(lines) if ",payout," in line)
    changes = {
        "an entry left out": lines[:payout] + lines[payout + 1:],
        "the last entry left out": lines[:-1],
        "an entry twice": lines[:payout + 1] + lines[payout:],
        "another balance": lines[:-1] + [lines[-1].rstrip().rsplit(",", 1)[0] + ",1\n"],
        "another reference": [line if i != payout else line.replace(",payout,", ",payout,9") for i, line in
                              enumerate(lines)],
        "nonsense": lines + ["x\n"],
        "nothing but the heading": lines[:1],
    }
    for name, changed in changes.items():
        other = statement.parent / "changed.csv"
        other.write_text("".join(changed))
        answer = verify(chain, other)
        report(answer.returncode == 1 and "does not hold" in answer.stderr, f"statement with {name} is found",
               answer.stderr)


def main():
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "replay"
        played = run(BUILD / "dure-city", "replay", "--fraction", FRACTION, "--out", out)
        report(played.returncode == 0, "the replay ends well", played.stdout + played.stderr)
        if played.returncode == 0:
            check_summary(json.loads((out / "summary.json").read_text()))
            chain = pathlib.Path(folder) / "copy" / "chain"
            shutil.copytree(out, chain.parent, ignore=shutil.ignore_patterns("*.socket"))
            statement = chain.parent / "bank-statement.csv"
            report(verify(chain, statement).returncode == 0, "a copy of the directory holds")
            flip_log(chain, statement)
            change_statement(chain, statement)
            genesis = chain / "genesis.dure"
            data = genesis.read_bytes()
            genesis.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
            report(verify(chain, statement).returncode != 0, "another genesis is found")
            again = run(BUILD / "dure-city", "replay", "--fraction", FRACTION, "--months", "3", "--out", out)
            report(again.returncode == 0, "a second replay replaces the first", again.stderr)
        for words, name in ((["--fraction", "2"], "a fraction above 1"), (["--city", "서울시"], "a city without data"),
                            (["--seed", "x"], "a seed that is no number"), (["--fraction", "0"], "a fraction of nothing"),
                            (["--data", folder + "/none"], "a folder without data")):
            answer = run(BUILD / "dure-city", "replay", "--out", out, *words)
            report(answer.returncode == 2 and "dure-city:" in answer.stderr, f"{name} is refused with a sentence",
                   answer.stderr)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
