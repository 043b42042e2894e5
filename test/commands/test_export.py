#!/usr/bin/env python3
"""What `dure export` writes, added up again by Debian's hledger and by hand.  Prints TAP; the argument is the
build directory."""

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

from test_commands import DURE, DURED, PROGRAM, City, Failed, equal

SHOP = ("--key", "party-3000001")
HONG, KIM = ("--key", "hong.key"), ("--key", "kim.key")
FIGURES = ("held_citizens", "held_merchants", "pending", "redeemed", "refunded", "lapsed", "escrow", "ordered")
ACCOUNTS = {"held_citizens": "citizens", "held_merchants": "merchants"}


def act(city, *words):
    city.run("city", "approve", city.json("city", *words)["id"])


def found(city):
    """A fund that gives a reward and takes a share, so that every account of the journal is used."""
    city.run("init", "city", "--city", "41570", "--clock", "driven", "--start", "2019-03-31 23:00")
    city.start()
    for account in ("budget", "refund_reserve"):
        act(city, "account", account)
        city.run("deposit", account, "1,000,000원")
    source = PROGRAM.replace("    deny  kind_of_shop when payee.category = gambling\n",
                             "    deny  kind_of_shop when payee.category = gambling\n"
                             "    reward 1% of amount from issuer.budget\n"
                             "    share  2% of amount to issuer.budget\n")
    source = source.replace("    hold  risky 3 days when holder.risk >= 700\n",
                            "    hold  risky 3 days when holder.risk >= 700\n"
                            "    share 1% of amount to issuer.budget\n")
    for number in (1, 2):
        name = os.path.join(city.folder, f"{number}.yak")
        with open(name, "w", encoding="utf-8") as file:
            file.write(source.replace("village_general", f"village_{number}"))
        act(city, "fund", f"{number}.yak", "--number", str(number), "--ceiling", "10,000,000원")
    for number, name in ((2000001, "hong.key"), (2000002, "kim.key")):
        city.run("key", "new", name)
        city.run("party", "register", "--kind", "citizen", "--number", str(number), "--key", name, "--residence", "41570")
    city.run("party", "register", "--kind", "merchant", "--region", "41570", "--category", "bakery", "--number", "3000001")


def live(city):
    for fund, amount, key in ((1, "100,000", HONG), (2, "50,000", HONG), (1, "30,000", KIM)):
        city.run("bank", "credit", city.json("buy", str(fund), amount, *key)["id"])
    paid = city.paid = city.json("pay", "3000001", "40,000", "--fund", "1", *HONG)["id"]
    city.run("pay", "3000001", "10,000", "--fund", "2", *HONG)
    city.run("refund", paid, "1,000", *SHOP)
    city.run("tick", "+2h")
    first = city.json("redeem", "1", "38,220", *SHOP)["id"]
    city.run("bank", "settle", first)
    shares(city)
    city.refunded = city.json("refund", paid, "2,000", *SHOP)["id"]
    city.run("pay", "3000001", "500", "--fund", "1", *KIM)
    city.run("cancel", "1", "1", "--key", "kim.key", code=1)
    city.run("buy", "2", "7,000", *KIM)


def shares(city):
    """The city's share of what is cashed out goes when the bank has paid; of what it could not pay the shop has all again."""
    def budget():
        return next(a["balance"] for a in city.json("show", "supply")["accounts"] if a["name"] == "budget")

    before = city.json("party", "show", "3000001")["balances"], budget()
    rejected = city.json("redeem", "2", "5,000", *SHOP)["id"]
    city.run("bank", "payouts", out=["4,950원", "1 in all, 4,950원"])
    city.run("bank", "reject", rejected, out=["5,000원 given back to party 3000001"])
    equal((city.json("party", "show", "3000001")["balances"], budget()), before, "nothing but the payout was tried")
    again = city.json("redeem", "2", "5,000", *SHOP)["id"]
    city.run("bank", "settle", again, out=["4,950원 paid by the bank", "50원 of village_2 (fund 2) of it to account budget"])
    equal(budget(), before[1] + 50, "the share, once")
    city.run("redeem", "2", "1,000", *SHOP, out=["1,000원 set aside for a payout", "the bank pays 990원; 10원 go to the city once it has"])


def receipts(city):
    """Each lot of a payment with its terms, share and reward; each thing that a refund gives back; three languages."""
    payment = city.run("receipt", city.paid, "-o", "p.receipt", "--lang", "en", out=[
        "(payment)", "40,000원  of fund 1, program 1", "40,000원  lot 1, bought, face 100,000원, until 2024-03-",
        "800원  of it to the account budget", "400원  reward, as lot 3", "39,200원  received by the shop"])
    equal(payment.split("(payment)")[1].split("  it proves")[0],
          city.run("verify-receipt", "p.receipt").split("(payment)")[1].split("block ")[0], "the same offline")
    city.run("verify-receipt", "p.receipt", "--lang", "ko", out=[
        "거래", "결과: ", "로트 1, 구매, 액면 100,000원", "그중 시 계정 분담금: budget", "적립, 로트 3", "가맹점이 받음"])
    city.run("verify-receipt", "p.receipt", "--lang", "zh", out=["交易", "批次 1，購買，面額 100,000원", "回饋，批次 3", "商店收到"])
    city.run("verify-receipt", "p.receipt", "--lang", "jp", code=2, err=["--lang is ko, en or zh"])
    city.run("receipt", city.refunded, "-o", "r.receipt", "--lang", "en", out=[
        "(refund)", "refunded: 3,000원", "2,000원  given back to the payer, fund 1, party 2000001, lot 1",
        "1,960원  advanced into escrow for a refund, fund 1, account refund_reserve",
        "1,960원  owed by the shop to the city's refund reserve", "20원  reward taken back, fund 1, party 2000001, lot 3",
        "40원  advanced into escrow for a refund, fund 1, account budget"])
    city.run("verify-receipt", "r.receipt", "--lang", "ko", out=["이미 환불: 3,000원", "낸 사람에게 돌려줌", "적립 회수"])
    part = city.json("show", "tx", city.paid)["effect"]["parts"][0]
    equal((part["amount"], part["share"], part["reward"], part["lots"][0]["lot"], part["lots"][0]["origin"]),
          (40000, 800, 400, 1, "purchase"), "the part as JSON")


def hledger(city, journal, *words, code=0):
    done = subprocess.run(["hledger", "-f", os.path.join(city.folder, journal), *words], capture_output=True, text=True,
                          timeout=60, env=dict(city.env, LEDGER_FILE=""))
    if done.returncode != code:
        raise Failed(f"hledger {' '.join(words)} on {journal}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def balances(city, journal, *words):
    """{account: won}, sums of all below it."""
    rows = csv.reader(io.StringIO(hledger(city, journal, "bal", "--tree", "--no-elide", "-O", "csv", *words)))
    found_ = {}
    for account, amount in list(rows)[1:]:
        found_[account] = int(amount.removesuffix(" KRW")) if amount != "0" else 0
    return found_


def whole(city):
    """Online and offline write the same; hledger accepts it, and adds up to what the ledger says."""
    city.run("export", "-o", "all.journal", out=[])
    city.run("export", "--offline", "-o", "offline.journal")
    with open(os.path.join(city.folder, "all.journal"), encoding="utf-8") as file:
        text = file.read()
    with open(os.path.join(city.folder, "offline.journal"), encoding="utf-8") as file:
        equal(sorted(file.read().splitlines()), sorted(text.splitlines()), "the journal made offline")
    equal(city.run("export"), text, "the journal on stdout")
    hledger(city, "all.journal", "check")
    sums = balances(city, "all.journal")
    supply = city.json("show", "supply")
    for fund in supply["funds"]:
        for figure in FIGURES:
            name = f"{ACCOUNTS.get(figure, figure)}:{fund['fund']}"
            equal(sums.get(name, 0), fund[figure], name)
        equal(sums[f"issued:{fund['fund']}"], -fund["issued"], "issued")
    for account in supply["accounts"]:
        equal(sums[f"city:41570:{account['name']}"], account["balance"] + account["reserved"], account["name"])
    if sums["owed:1:3000001"] <= 0 or sums["owed:1:3000001"] != -sums["lent:1"]:
        raise Failed(f"what the shop owes: {sums}")
    for party in ("2000001", "2000002"):
        for fund in (1, 2):
            held = sum(lot["left"] for lot in city.json("party", "show", party)["lots"] if lot["fund"] == fund)
            equal(sums.get(f"citizens:{fund}:{party}", 0), held, f"what {party} has")
    equal("2019-04-01" in text and "01:00:00 KST" in text, True, "the city's date and time")


def tampered(city):
    """A won more or less anywhere, also where both sides agree, is found by hledger alone."""
    with open(os.path.join(city.folder, "all.journal"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    places = [i for i, line in enumerate(lines) if re.search(r" \d+ KRW  ; \w", line)]
    for place in places[::7]:
        changed = list(lines)
        changed[place] = re.sub(r" (\d+) KRW  ;", lambda m: f" {int(m.group(1)) + 1} KRW  ;", changed[place], count=1)
        with open(os.path.join(city.folder, "bad.journal"), "w", encoding="utf-8") as file:
            file.write("\n".join(changed) + "\n")
        hledger(city, "bad.journal", "check", code=1)
    start = next(i for i, line in enumerate(lines) if ") payment " in line)
    end = lines.index("", start)
    with open(os.path.join(city.folder, "bad.journal"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines[:start] + lines[end:]) + "\n")
    hledger(city, "bad.journal", "check", code=1)


def parts(city):
    """Of one fund, and of one party."""
    fund = city.json("show", "fund", "2")
    city.run("export", "--fund", "2", "-o", "fund.journal")
    hledger(city, "fund.journal", "check")
    sums = balances(city, "fund.journal")
    equal((sums["citizens:2"], sums["escrow:2"], sums["issued:2"]),
          (fund["held_citizens"], fund["escrow"], -fund["issued"]), "fund 2")
    equal([name for name in sums if name.startswith("citizens:1")], [], "money of another fund")
    for party in ("2000001", "3000001"):
        city.run("export", "--party", party, "--offline", "-o", "party.journal")
        text = hledger(city, "party.journal", "check") + city.run("export", "--party", party)
        equal(f":{party} " in text and "=*" in text, True, f"the party's journal: {text}")
    city.run("export", "--party", "3000001", "--fund", "1", "-o", "party.journal")
    hledger(city, "party.journal", "check")
    equal(balances(city, "party.journal").get("merchants:1:3000001", 0),
          next((b["amount"] for b in city.json("party", "show", "3000001")["balances"] if b["fund"] == 1), 0), "the shop's")


def tables(city):
    """CSV and JSON have the same movements, one a line."""
    rows = list(csv.DictReader(io.StringIO(city.run("export", "--format", "csv"))))
    objects = [json.loads(line) for line in city.run("export", "--json").splitlines()]
    equal([(r["transaction"], r["move"], int(r["won"])) for r in rows],
          [(o["id"], o["move"], o["amount"]) for o in objects], "CSV and JSON")
    equal(rows[0]["time"], "2019-03-31 23:00:00", "the time of the first")
    supply = city.json("show", "supply")["funds"]
    issued = sum(int(r["won"]) for r in rows if r["move"] in ("lot_issued", "lots_granted", "advance_to_escrow"))
    equal(issued, sum(fund["issued"] for fund in supply), "issued, added up from the lines")
    one = list(csv.DictReader(io.StringIO(city.run("export", "--format", "csv", "--party", "2000002", "--fund", "1"))))
    equal({(r["party"], r["fund"]) for r in one}, {("2000002", "1")}, "lines of one party and fund")
    offline = city.run("export", "--format", "csv", "--offline")
    equal(list(csv.DictReader(io.StringIO(offline))), rows, "CSV made offline")


def usage(city):
    city.run("export", "--help", out=["usage: dure export", "hledger", "--offline"])
    city.run("export", "--format", "pdf", code=2, err=["--format is hledger or csv, not 'pdf'"])
    city.run("export", "--format", "csv", "--json", code=2, err=["--json is a format of its own"])
    city.run("export", "--fund", "x", code=2, err=["'x' is not a number"])
    city.run("export", "-o", "nowhere/x", code=3, err=["cannot write nowhere/x"])
    city.run("export", "--offline", "--dir", "nowhere", code=3, err=["nowhere"])
    city.stop()
    city.run("export", code=3, err=["no node is listening"])
    city.run("export", "--offline", out=["closing balances"])


STEPS = [found, live, receipts, whole, tampered, parts, tables, usage]


def main():
    missing = [name for name in (DURE, DURED) if not os.path.exists(name)]
    if missing or shutil.which("hledger") is None:
        print(f"1..0 # SKIP {missing or 'hledger is not installed'}")
        return 0
    print(f"1..{len(STEPS)}", flush=True)
    city = City(tempfile.mkdtemp(prefix="dure-export-"))
    failed = None
    try:
        for number, step in enumerate(STEPS, 1):
            try:
                if failed:
                    raise Failed(f"{failed} failed before")
                step(city)
                print(f"ok {number} - {step.__name__}", flush=True)
            except (Failed, KeyError, subprocess.TimeoutExpired, ValueError) as problem:
                failed = failed or step.__name__
                print(f"not ok {number} - {step.__name__}")
                print("\n".join("# " + line for line in str(problem).splitlines()), flush=True)
    finally:
        city.stop(signal.SIGKILL)
        shutil.rmtree(city.folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
