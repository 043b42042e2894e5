#!/usr/bin/env python3
"""The life of a city as it is typed: every `dure` command against a real node, and wrong input with its
message and exit code.  Prints TAP; the argument is the build directory."""

import json
import os
import re
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile

BUILD = os.path.abspath(sys.argv[1])
DURE = os.path.join(BUILD, "dure")
DURED = os.path.join(BUILD, "dured")
PROGRAM = """fund village_general {
  issuer   city 41570
  currency KRW
  validity 5 years
  lapse    to issuer.budget
  priority 50
  old lots keep

  missing risk counts as 0

  parameter discount      : rate in 0%..20%             = 6%          notice 7 days
  parameter monthly_limit : won  in 0 won..2,000,000 won = 500,000 won notice 7 days

  counter bought = sum of amount per month on purchase by buyer

  purchase {
    allow                    when buyer is citizen
    deny  over_monthly_limit when bought + amount > monthly_limit
    subsidy discount of amount from issuer.budget
  }
  payment {
    allow             when payee is merchant and payee.region = issuer.region
    deny  kind_of_shop when payee.category = gambling
  }
  redemption {
    allow             when holder is merchant
    hold  risky 3 days when holder.risk >= 700
  }
  refund within 90 days grace 30 days
  cancel { allow when lot.age <= 7 days }

  words {
    village_general    ko "마을화폐"            en "village money"           zh "村幣"
    discount           ko "할인율"              en "discount"                zh "折扣率"
    monthly_limit      ko "월 구매 한도"         en "monthly limit"           zh "每月限額"
    bought             ko "이달 구매액"          en "bought this month"       zh "本月購買額"
    over_monthly_limit ko "월 구매 한도를 넘습니다" en "over your monthly limit" zh "超過每月限額"
    kind_of_shop       ko "쓸 수 없는 업종입니다"   en "this shop is excluded"   zh "此行業不適用"
    risky              ko "확인 중입니다"         en "under review"            zh "審查中"
  }
}
"""


SHORT = """fund village_gift {
  issuer   city 41570
  currency KRW
  validity 40 days
  lapse    to issuer.lapsed
  priority 10
  old lots follow notice 30 days

  parameter discount : rate in 0%..20% = 10% notice 7 days

  purchase {
    allow when buyer is citizen
    subsidy discount of amount from issuer.budget
  }
  payment       { allow when payee is merchant }
  gift          { allow when not lot is gifted }
  redemption    { allow when holder is merchant }
  recirculation { allow when payee is merchant }
  cancel        { allow when lot.age <= 7 days }
  remainder     { allow when lot.used >= 60% }

  words {
    village_gift ko "마을선물" en "village gift" zh "村禮"
    discount     ko "할인율"   en "discount"     zh "折扣率"
  }
}
"""


class Failed(Exception):
    """A step did not do what it should."""


class City:
    """A directory, its node, and the commands on it."""

    def __init__(self, folder):
        self.folder = folder
        self.node = None
        self.env = dict(os.environ, LANG="C.UTF-8", LC_ALL="C.UTF-8")
        self.env.pop("DURE_DIR", None)

    def run(self, *words, code=0, out=(), err=(), env=None):
        """Runs dure; checks the exit code and that each text is there.  Returns stdout."""
        done = subprocess.run([DURE, *words], cwd=self.folder, capture_output=True, text=True, timeout=60,
                              env=dict(self.env, **(env or {})))
        line = "dure " + " ".join(words)
        if done.returncode != code:
            raise Failed(f"{line}: exit {done.returncode}, not {code}\n{done.stdout}{done.stderr}")
        for text in out:
            if text not in done.stdout:
                raise Failed(f"{line}: stdout lacks '{text}':\n{done.stdout}{done.stderr}")
        for text in err:
            if text not in done.stderr:
                raise Failed(f"{line}: stderr lacks '{text}':\n{done.stderr}{done.stdout}")
        if code != 0 and not done.stderr and "--json" not in words:
            raise Failed(f"{line}: it says nothing on stderr")
        return done.stdout

    def json(self, *words, code=0):
        return json.loads(self.run(*words, "--json", code=code))

    def start(self):
        self.log = open(os.path.join(self.folder, "node.log"), "ab")
        self.node = subprocess.Popen([DURED, "city"], cwd=self.folder, stdout=subprocess.PIPE, stderr=self.log,
                                     text=True)
        line = self.node.stdout.readline()
        if not line.startswith("ready "):
            raise Failed(f"the node did not start: {line}")

    def stop(self, how=signal.SIGTERM):
        if self.node is None:
            return None
        self.node.send_signal(how)
        code = self.node.wait(timeout=60)
        self.node.stdout.close()
        self.log.close()
        self.node = None
        return code


def equal(got, expected, what):
    if got != expected:
        raise Failed(f"{what}: {got!r}, not {expected!r}")


# ---- the steps, in order ------------------------------------------------------------------------


def help_and_usage(city):
    city.run("--help", out=["usage: dure COMMAND", "party register", "3: the node cannot be reached"])
    city.run("pay", "--help", out=["usage: dure pay PAYEE AMOUNT", "--channel"])
    city.run("bank", "--help", out=["dure bank:", "bank settle"])
    city.run(code=2, err=["usage: dure COMMAND"])
    city.run("fly", code=2, err=["there is no command 'fly'"])
    city.run("bank", code=2, err=["bank settle"])
    city.run("pay", "1", code=2, err=["usage: dure pay PAYEE AMOUNT"])
    city.run("show", "--loud", code=2, err=["dure show has no option --loud"])
    city.run("tick", "a", "b", "c", code=2, err=["'c' is too much"])
    city.run("yak", "--help")


def keys(city):
    city.run("key", "new", "hong.key", out=["made hong.key", "scheme ed25519"])
    equal(os.stat(os.path.join(city.folder, "hong.key")).st_mode & 0o777, 0o600, "the key's mode")
    city.run("key", "new", "hong.key", code=3, err=["keys are never overwritten"])
    city.run("key", "new", "phone.key", "--p256", out=["scheme p256"])
    equal(city.json("key", "show", "hong.key")["party"], None, "its party")
    with open(os.path.join(city.folder, "broken.key"), "w", encoding="utf-8") as file:
        file.write("hello\n")
    city.run("key", "show", "broken.key", code=2, err=["is not a key file of dure"])
    with open(os.path.join(city.folder, "hong.key"), encoding="utf-8") as file:
        text = file.read()
    digit = "1" if text[-2] == "0" else "0"
    with open(os.path.join(city.folder, "broken.key"), "w", encoding="utf-8") as file:
        file.write(text[:-2] + digit + "\n")
    city.run("key", "show", "broken.key", code=2, err=["is damaged"])


def new_chain(city):
    city.run("init", "city", "--clock", "driven", code=2, err=["--city CODE"])
    city.run("init", "city", "--city", "41570", "--clock", "atomic", code=2, err=["--clock is real or driven"])
    city.run("init", "city", "--city", "7", "--clock", "real", code=2, err=["must be from 10000 to 99999"])
    city.run("init", "city", "--city", "41570", "--clock", "real", "--start", "2019-03-01", code=2,
             err=["--start is for a driven clock"])
    city.run("init", "city", "--city", "41570", "--clock", "driven", "--start", "2019-02-30", code=2,
             err=["'2019-02-30' is not a time"])
    city.run("init", "city", "--city", "41570", "--clock", "driven", "--start", "2019-03-01",
             out=["chain id", "next: dured city"])
    city.run("init", "city", "--city", "41570", "--clock", "real", code=2, err=["nothing is ever overwritten"])
    for name in ("registrar", "bank", "clock", "watch", "officer-1", "officer-2"):
        path = os.path.join(city.folder, "city", "keys", name + ".key")
        equal(os.stat(path).st_mode & 0o777, 0o600, path)
    city.run("show", code=3, err=["no node is listening at city/node.socket: start one with dured city"])
    city.run("show", "--dir", "nowhere", code=3, err=["no node is listening at nowhere/node.socket"])


def found(city):
    city.start()
    city.run("show", out=["city 41570, 6 parties", "clock driven"])
    city.run("city", "account", "Budget", code=2, err=["'Budget' is not a name"])
    city.run("city", "account", "budget", out=["proposed: account budget", "1 of 2 approvals"])
    city.run("city", "proposals", out=["11:0:1", "account budget"])
    city.run("city", "approve", "11:0:1", "--as", "officer-1", code=1, err=["this officer approved before"])
    city.run("city", "approve", "11:0:1", out=["decided: account budget"])
    city.run("city", "approve", "11:1", code=2, err=["is not a transaction's id: write PARTY:LANE:NUMBER"])
    city.run("city", "proposals", out=["no proposal is open"])
    path = os.path.join(city.folder, "village.yak")
    with open(path, "w", encoding="utf-8") as file:
        file.write(PROGRAM)
    with open(path + ".bad", "w", encoding="utf-8") as file:
        file.write(PROGRAM.replace("monthly_limit\n", "monthly_limmit\n", 1))
    fund = ("--number", "1", "--ceiling", "10,000,000원")
    city.run("city", "fund", "none.yak", *fund, code=2, err=["cannot read none.yak"])
    city.run("city", "fund", "village.yak.bad", *fund, code=2, err=["village.yak.bad:", "not a correct program"])
    city.run("city", "fund", "village.yak", "--number", "1", code=2, err=["--ceiling AMOUNT"])
    proposal = city.json("city", "fund", "village.yak", *fund)["id"]
    city.run("city", "approve", proposal, out=["decided: fund 1"])
    city.run("deposit", "budget", "1,00,000", code=2, err=["is not an amount: write 5,000원 or 5000"])
    city.run("deposit", "budget", "0", code=2, err=["must be from 1원"])
    city.run("deposit", "purse", "5000", code=1, err=["refused: the city has no account of this name"])
    city.run("deposit", "budget", "1,000,000원", out=["deposited 1,000,000원 into budget"])


def register(city):
    city.run("party", "register", "--kind", "ghost", code=2, err=["--kind is citizen, merchant, service or bearer"])
    city.run("party", "register", "--kind", "merchant", "--category", "bakry", code=2,
             err=["there is no category 'bakry'", "bakery"])
    city.run("party", "register", "--kind", "citizen", "--category", "bakery", code=2, err=["is not for a citizen"])
    city.run("party", "register", "--kind", "citizen", "--key", "none.key", code=2, err=["dure key new none.key"])
    city.run("party", "register", "--kind", "citizen", "--key", "hong.key", "--number", "2000001", "--residence",
             "41570", "--birth-year", "1960", out=["registered citizen 2000001"])
    city.run("party", "register", "--kind", "citizen", "--key", "hong.key", code=2, err=["belongs to party 2000001"])
    city.run("party", "register", "--kind", "citizen", "--key", "phone.key", "--number", "2000001", code=1,
             err=["a party with this number exists"])
    city.run("party", "register", "--kind", "citizen", "--key", "phone.key", "--number", "2000002")
    shop = ("--kind", "merchant", "--region", "41570", "--annual-sales", "300,000,000원", "--owner", "2000002")
    city.run("party", "register", *shop, "--category", "bakery", "--number", "3000001")
    city.run("party", "register", *shop, "--category", "gambling", "--number", "3000002")
    equal(city.json("party", "register", *shop)["party"] > 1000000, True, "the number chosen")
    city.run("party", "show", "3000001", out=["merchant of city 41570", "bakery", "300,000,000원", "no money"])
    city.run("party", "show", "99", code=2, err=["there is no party 99"])
    city.run("party", "attest", "3000002", "risk", "800", out=["party 3000002: risk 800 from 2019-03-01"])
    city.run("party", "attest", "3000002", "luck", "1", code=2, err=["there is no attribute 'luck'", "annual_sales"])
    city.run("party", "list-add", "3000002", "rural_marts", out=["on the list rural_marts"])
    city.run("party", "list-remove", "3000002", "rural_marts", out=["no more"])


def buy(city):
    order = city.run("buy", "1", "100,000원", "--key", "hong.key",
                     out=["ordered 100,000원 of village_general (fund 1)", "to pay 94,000원, the city adds 6,000원"])
    order = re.search(r"transaction (\S+),", order).group(1)
    city.run("bank", "orders", out=[order, "100,000원", "to pay 94,000원"])
    city.run("bank", "credit", order, "93,999원", code=1, err=["the money credited is not the order's price"])
    city.run("bank", "credit", order, out=["100,000원 of village_general (fund 1) issued to party 2000001 as lot 1"])
    city.run("bank", "credit", order, code=1, err=["no open order"])
    city.run("bank", "orders", out=["no order waits"])
    city.run("buy", "1", "500,000원", "--key", "hong.key", code=1,
             err=["refused by a rule of the money", "over your monthly limit", "over_monthly_limit", "500,000"])
    city.run("buy", "1", "500,000원", "--key", "hong.key", "--lang", "ko", code=1, err=["규칙에 따라 거절되었습니다", "월 구매 한도를 넘습니다"])
    city.run("buy", "1", "500,000원", "--key", "hong.key", code=1, err=["거절"], env={"LC_ALL": "ko_KR.UTF-8"})
    city.run("buy", "1", "500,000원", "--key", "hong.key", "--lang", "zh", code=1, err=["拒絕", "超過每月限額"])
    city.run("buy", "9", "5000", "--key", "hong.key", code=1, err=["no fund with this number"])
    city.run("buy", "1", "5000", code=2, err=["whose key signs? add --key FILE"])
    city.run("buy", "1", "5000", "--key", "hong.key", "--at-most", "4,000원", code=1, err=["above the buyer's bound"])
    voided = city.json("buy", "1", "5000", "--key", "phone.key")["id"]
    city.run("bank", "void", voided, out=["voided order"])
    city.run("party", "show", "2000001", out=["100,000원 of village_general", "lot 1", "bought", "this month"])


def spend(city):
    city.run("pay", "3000001", "8,500원", "--key", "hong.key", out=["paid 8,500원 to party 3000001", "from lot 1"])
    city.run("pay", "3000002", "8,500원", "--key", "hong.key", code=1, err=["kind_of_shop"])
    city.run("pay", "3000001", "800,000", "--key", "hong.key", code=1, err=["not enough money", "available: 91,500원"])
    city.run("pay", "77", "5000", "--key", "hong.key", code=1, err=["the payee is not registered"])
    city.run("pay", "3000001", "five", "--key", "hong.key", code=2, err=["is not an amount"])
    city.run("pay", "3000001", "500", "--fund", "1", "--channel", "card", "--key", "hong.key")
    city.run("pay", "3000001", "500", "--channel", "pigeon", "--key", "hong.key", code=2, err=["--channel is"])
    refused = city.json("pay", "3000001", "800,000", "--key", "hong.key", code=1)
    equal((refused["code"], refused["result"]), (252, "not_enough_money"), "the refusal as JSON")
    payout = city.json("redeem", "1", "9,000원", "--key", "party-3000001")["id"] \
        if os.path.exists(os.path.join(city.folder, "city", "keys", "party-3000001.key")) else None
    city.run("bank", "payouts", out=[payout, "9,000원"])
    city.run("bank", "reject", payout, out=["9,000원 given back to party 3000001"])
    payout = city.json("redeem", "1", "4,000원", "--key", "party-3000001")["id"]
    city.run("bank", "settle", payout, out=["4,000원 paid by the bank to party 3000001"])
    city.run("bank", "settle", payout, code=1, err=["no open payout with this id"])
    city.run("redeem", "1", "1,000,000", "--key", "party-3000001", code=1, err=["not enough money"])


def cancel(city):
    order = city.json("buy", "1", "20,000", "--key", "phone.key")["id"]
    city.run("bank", "credit", order)
    city.run("cancel", "1", "9", "--key", "phone.key", code=1, err=["no lot with this number"])
    city.run("cancel", "1", "1", "--key", "hong.key", code=1, err=["part of this lot was spent"])
    payout = city.json("cancel", "1", "1", "--key", "phone.key")["id"]
    city.run("bank", "reject", payout, out=["18,800원 of a purchase given up still to be paid to party 2000002"])
    city.run("verify", "city", out=["All holds"])
    city.run("bank", "settle", payout, out=["18,800원 of a purchase given up paid back by the bank"])
    city.run("verify", "city", out=["All holds"])
    city.run("party", "show", "2000002", out=["no money"])


def time(city):
    city.run("tick", "2019-03-02", "09:30", out=["it is now 2019-03-02 09:30:00"])
    city.run("tick", "+1d", out=["it is now 2019-03-03 09:30:00"])
    city.run("tick", "2019-03-01", code=1, err=["the time lies before the present"])
    city.run("tick", "noon", code=2, err=["'noon' is not a time"])
    city.run("city", "parameter", "1", "discount", "7.5%", "--from", "2019-03-04", code=1, err=["notice"])
    proposal = city.json("city", "parameter", "1", "discount", "7.5%", "--from", "2019-04-01")["id"]
    city.run("city", "approve", proposal, out=["decided"])
    city.run("show", "fund", "1", out=["discount", "6 %", "from 2019-04-01", "7.5 %"])


def look(city):
    fund = city.json("show", "fund", "1")
    equal((fund["difference"], fund["held_citizens"], fund["held_merchants"], fund["redeemed"], fund["refunded"]),
          (0, 91000, 5000, 4000, 20000), "the fund's sums")
    supply = city.json("show", "supply")
    equal(supply["accounts"][0]["balance"], 994000, "the budget")
    city.run("show", "supply", out=["village_general (fund 1)", "difference", "account budget"])
    city.run("show", "fund", "4", code=2, err=["there is no fund 4"])
    head = city.json("show")
    block = city.json("show", "block", str(head["height"]))
    equal(block["hash"], head["block_hash"], "the last block's hash")
    city.run("show", "block", "100000", code=2, err=["there is no block 100000; the last is"])
    city.run("show", "block", "first", code=2, err=["'first' is not a number"])
    city.run("show", "tx", "2000001:0:1", out=["purchase_order: done", "hash"])
    city.run("show", "tx", "2000001:0:999", code=2, err=["there is no decided transaction"])
    city.run("status", out=["height=", "api_clients=1", "index_refused=0"])
    lines = city.run("tail", "--from", "1", "--count", "5").splitlines()
    equal(len(lines), 5, "lines of the stream")
    equal("propose" in lines[0] and "11:0:1" in lines[0], True, "the first line: " + lines[0])


def receipts(city):
    city.run("receipt", "2000001:0:1", code=2, err=["add -o FILE"])
    city.run("receipt", "2000001:0:1", "-o", "a.receipt", out=["wrote the receipt of 2000001:0:1"])
    city.run("verify-receipt", "a.receipt")
    with open(os.path.join(city.folder, "a.receipt"), "rb") as file:
        receipt = bytearray(file.read())
    receipt[len(receipt) // 2] ^= 1
    with open(os.path.join(city.folder, "bad.receipt"), "wb") as file:
        file.write(receipt)
    city.run("verify-receipt", "bad.receipt", code=1)
    city.run("receipt", "2000001:0:1", "-o", "nowhere/a.receipt", code=3, err=["cannot write nowhere/a.receipt"])
    city.run("receipt", "2000001:0:99", "-o", "b.receipt", code=2, err=["there is no decided transaction"])


def again(city):
    """After a stop in order, after a kill, and after the index is gone, all is as before."""
    before = city.json("show", "tx", "2000001:0:1")
    head = city.json("show")
    equal(city.stop(), 0, "the node's exit code")
    city.run("show", code=3, err=["no node is listening"])
    city.start()
    equal(city.json("show"), head, "the head after a restart")
    city.stop(signal.SIGKILL)
    os.remove(os.path.join(city.folder, "city", "index.sqlite"))
    city.start()
    equal(city.json("show"), head, "the head after a kill")
    equal(city.json("show", "tx", "2000001:0:1"), before, "a transaction from the index made anew")
    city.stop()
    with open(os.path.join(city.folder, "city", "index.sqlite"), "r+b") as file:
        file.write(b"garbage" * 100)
    city.start()
    equal(city.json("show", "tx", "2000001:0:1"), before, "a transaction after damage to the index")
    city.run("receipt", "2000001:0:1", "-o", "c.receipt")
    city.run("pay", "3000001", "100", "--key", "hong.key", out=["paid 100원"])
    city.run("verify", "city")


def lying_index(city):
    """What the index says and the block's effects root does not prove is not given out."""
    city.stop()
    database = sqlite3.connect(os.path.join(city.folder, "city", "index.sqlite"))
    with database:
        name = struct.pack("<QHQ", 2000001, 0, 1)
        rows = database.execute("SELECT first, effects FROM run").fetchall()
        first, run = next((first, bytearray(run)) for first, run in rows if name in run)
        run[run.index(name) + len(name)] ^= 1  # the kind
        database.execute("UPDATE run SET effects = ? WHERE first = ?", (bytes(run), first))
    database.close()
    city.start()
    city.run("show", "tx", "2000001:0:1", code=2, err=["there is no decided transaction"])
    city.run("receipt", "2000001:0:1", "-o", "d.receipt", code=2, err=["there is no decided transaction"])
    city.run("status", out=["index_refused=2"])
    city.run("show", "tx", "2000001:0:2", out=["hash"])
    city.run("refund", "2000001:0:1", "5", "--key", "party-3000001", code=1, err=["nothing that this chain knows proves"])


def refund(city):
    shop = ("--key", "party-3000001")
    paid = city.json("pay", "3000001", "700", "--key", "hong.key")["id"]
    before = city.json("party", "show", "2000001")
    city.run("refund", paid, code=2, err=["usage: dure refund PAYMENT AMOUNT"])
    city.run("refund", paid, "five", *shop, code=2, err=["is not an amount"])
    city.run("refund", "5", "500", *shop, code=2, err=["is not a transaction's id"])
    city.run("refund", "2000001:0:99", "500", *shop, code=1, err=["nothing that this chain knows proves the payment"])
    unknown = city.json("refund", "2000001:1:1", "500", *shop, code=1)
    equal((unknown["code"], unknown["recorded"]), (109, False), "a refund of nothing")
    city.run("refund", "2000001:0:2", "500", *shop, code=1, err=["refused"])
    city.run("refund", paid, "500", "--key", "hong.key", code=1, err=["refused"])
    city.run("refund", paid, "701", *shop, code=1, err=["refused"])
    done = city.json("refund", paid, "500", *shop)
    equal([(move["what"], move["party"], move["amount"]) for move in done["effect"]["moves"]],
          [("merchant_returned", 3000001, 500), ("lot_returned", 2000001, 500)], "what a refund moves")
    left = city.json("party", "show", "2000001")
    equal(left["lots"][0]["left"] - before["lots"][0]["left"], 500, "what is in the wallet again")
    city.run("receipt", done["id"], "-o", "refund.receipt")
    city.run("verify-receipt", "refund.receipt", out=["(refund)", "given back to the payer"])
    equal(city.stop(), 0, "the node's exit code")
    city.start()
    city.run("refund", paid, "201", *shop, code=1, err=["refused"])
    city.run("refund", paid, "200", *shop, out=["gave back 200원 of payment " + paid])
    city.run("show", "tx", done["id"], out=["refund: done"])
    balance = city.json("party", "show", "3000001")["balances"][0]["amount"]
    paid = city.json("pay", "3000001", "300", "--key", "hong.key")["id"]
    city.run("redeem", "1", str(balance + 300), *shop)
    city.run("refund", paid, "300", *shop, code=1, err=["refused"])
    proposal = city.json("city", "account", "refund_reserve")["id"]
    city.run("city", "approve", proposal)
    city.run("deposit", "refund_reserve", "1,000원")
    city.run("refund", paid, "300", *shop, out=["300원 owed by party 3000001 to the refund reserve"])
    city.run("verify", "city", out=["All holds"])


def mandates(city):
    shop = ("--key", "party-3000001")
    hong = ("--key", "hong.key")
    city.run("mandate", "five", *hong, code=2, err=["is not an amount"])
    city.run("mandate", "5000", code=2, err=["whose key signs? add --key FILE"])
    city.run("mandate", "5000", *hong, "--as", "watch", code=2, err=["leave one out"])
    city.run("mandate", "5000", *hong, "--for", "soon", code=2, err=["is not a term: write 60s, 5m, 2h or 1d"])
    city.run("mandate", "5000", *hong, "--for", "32d", code=2, err=["at most 31d"])
    city.run("mandate", "5000", *shop, code=2, err=["is no citizen"])
    code = city.run("mandate", "5,000원", *hong, "--for", "60s", out=["any shop may collect up to 5,000원 from party 2000001"])
    code = code.splitlines()[-1]
    equal((len(code), code[:5]), (180, "DURE1"), "the code")
    before = city.json("party", "show", "2000001")
    city.run("collect", code[:-1], "1,200원", *shop, code=2, err=["its end is missing", "`dure mandate` prints one"])
    wrong = code[:90] + ("A" if code[90] != "A" else "B") + code[91:]
    city.run("collect", wrong, "1,200원", *shop, code=2, err=["a letter in it is wrong"])
    city.run("collect", code, "1,200원", *hong, code=1, err=["this kind of party cannot do this"])
    pasted = " ".join(code[at:at + 8].lower() for at in range(0, len(code), 8))
    done = city.json("collect", pasted, "1,200원", *shop)
    equal([(move["what"], move["party"], move["amount"]) for move in done["effect"]["moves"]][0],
          ("lot_taken", 2000001, 1200), "what a collection moves")
    left = city.json("party", "show", "2000001")
    equal(sum(lot["left"] for lot in before["lots"]) - sum(lot["left"] for lot in left["lots"]), 1200, "the wallet")
    city.run("collect", code, "1", *shop, code=1, err=["the mandate was used before"])
    city.run("pay", "3000001", "100", *hong)  # the payer's own numbers go on
    # Burnt on first use, also if it is declined.
    code = city.json("mandate", "1000", *hong, "--payee", "3000001")["code"]
    city.run("collect", code, "1", "--key", "party-3000002", code=1, err=["the mandate is for another merchant"])
    city.run("collect", code, "1001", *shop, code=1, err=["more than the mandate allows", "maximum: 1,000원"])
    city.run("collect", code, "1000", *shop, code=1, err=["the mandate was used before"])
    code = city.json("mandate", "1000", *hong, "--for", "2m")["code"]
    city.run("tick", "+1h")
    city.run("collect", code, "1000", *shop, code=1, err=["the mandate's time is over"])


def holds(city):
    shop = ("--key", "party-3000001")
    hong = ("--key", "hong.key")
    path = os.path.join(city.folder, "case.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write("what was seen\n")
    city.run("hold", "list", out=["nothing is held"])
    city.run("hold", "place", "3000001", "arrest", "recheck", code=2, err=["there is no kind of hold 'arrest'", "suspension"])
    city.run("hold", "place", "3000001", "freeze", "mood", code=2, err=["there is no reason 'mood'", "lost_phone"])
    city.run("hold", "place", "3000001", "freeze", "recheck", code=2, err=["until when? add --until DATE"])
    city.run("hold", "place", "3000001", "money", "recheck", "--until", "2019-03-20", code=2,
             err=["what is held? add --fund N --amount WON"])
    suspend = ("hold", "place", "3000001", "suspension", "inspection")
    city.run(*suspend, "--until", "2019-03-20", code=1, err=["does not fit this party, reason, fund or amount"])
    city.run(*suspend, "--until", "2019-03-20", "--evidence", "none.txt", code=2, err=["cannot read none.txt"])
    city.run(*suspend, "--until", "2020-03-20", "--evidence", "case.txt", code=1, err=["beyond what this role", "2019-06-0"])
    hold = city.json(*suspend, "--until", "2019-03-20", "--evidence", "case.txt")["id"]
    city.run("pay", "3000001", "100", *hong, code=1, err=["this shop cannot take payments now"])
    city.run("party", "show", "3000001", out=["suspended: no payments come in (inspection), until 2019-03-20",
                                              "to appeal: dure hold appeal " + hold])
    city.run("wallet", *shop, out=["suspended: no payments come in (inspection), until 2019-03-20"])
    equal(city.json("wallet", *shop)["holds"][0]["id"], hold, "what the shop's own view says")
    city.run("party", "show", "3000001", "--lang", "ko", out=["결제를 받을 수 없습니다 (점검), 기한 2019-03-20"])
    shown = city.json("party", "show", "3000001")["holds"]
    equal([(one["id"], one["what"], one["active"], one["appealable"]) for one in shown],
          [(hold, "suspension", True, True)], "the holds as JSON")
    city.run("hold", "release", hold, *shop, code=1, err=["does not have the role"])
    city.run("hold", "uphold", hold, "--until", "2019-03-30", code=1, err=["refused"])
    city.run("hold", "appeal", hold, *shop, "--statement", "case.txt", out=["within 14 days"])
    city.run("hold", "appeal", hold, *shop, code=1, err=["this hold cannot be appealed"])
    city.run("hold", "list", out=["appealed on 2019-03-03"])
    city.run("hold", "uphold", hold, code=2, err=["until when?"])
    city.run("hold", "uphold", hold, "--until", "2019-03-30", "--as", "officer-1", code=1, err=["does not have the role"])
    city.run("hold", "uphold", hold, "--until", "2019-03-30", "--answer", "case.txt", out=["upheld hold"])
    city.run("hold", "list", "3000001", out=[hold, "until 2019-03-30"])
    city.run("hold", "list", "2000001", out=["nothing is held"])
    city.run("hold", "release", hold, out=["ended hold " + hold])
    city.run("hold", "release", hold, code=1, err=["no hold with this id"])
    city.run("pay", "3000001", "100", *hong, out=["paid 100원"])


def counter(city):
    hong = ("--key", "hong.key")
    # A lost phone: stopped by whoever has the key, given a new one by two officers.
    hold = city.run("hold", "place", "2000001", "freeze", "lost_phone", *hong, out=["freeze for lost_phone"])
    hold = re.search(r"its number is (\S+);", hold).group(1)
    city.run("pay", "3000001", "100", *hong, code=1, err=["this party is frozen"])
    city.run("hold", "release", hold, *hong, code=1, err=["does not have the role"])
    city.run("party", "show", "2000001", out=["frozen: nothing goes out (lost phone), until further notice",
                                              "to end it: the city's counter"])
    city.run("city", "recover", "2000001", "new.key", code=2, err=["make one with: dure key new new.key"])
    city.run("city", "recover", "2000001", "party-3000001", code=2, err=["belongs to party 3000001"])
    city.run("key", "new", "new.key")
    proposal = city.json("city", "recover", "2000001", "new.key")["id"]
    city.run("city", "proposals", out=["a new key for party 2000001"])
    city.run("city", "approve", proposal, out=["decided: a new key for party 2000001"])
    city.run("pay", "3000001", "100", *hong, code=1, err=["the signature does not fit"])
    city.run("pay", "3000001", "100", "--key", "new.key", out=["paid 100원"])
    # A death: the registrar records it, two officers move what is left.
    estate = ("city", "estate", "2000001", "2000002")
    city.run(*estate, code=1, err=["the party's death is not recorded"])
    city.run("hold", "place", "2000001", "death", "death", "--as", "officer-1", code=1, err=["does not have the role"])
    city.run("hold", "place", "2000001", "death", "death", out=["death for death"])
    city.run("pay", "3000001", "100", "--key", "new.key", code=1, err=["this party has died"])
    city.run("party", "show", "2000001", out=["died (death)"])
    before = city.json("party", "show", "2000001")["lots"]
    proposal = city.json(*estate)["id"]
    city.run("city", "approve", proposal, out=["decided: the estate of party 2000001 to party 2000002", "to party 2000002"])
    equal(city.json("party", "show", "2000001")["lots"], [], "what the dead still has")
    after = city.json("party", "show", "2000002")["lots"]
    equal([lot["left"] for lot in after], [lot["left"] for lot in before], "what the heir has")
    city.run("pay", "3000001", "100", "--key", "phone.key", out=["paid 100원"])
    city.run("verify", "city", out=["All holds"])


def decide(city, *words):
    city.run("city", "approve", city.json("city", *words)["id"], out=["decided"])


def buy_of(city, fund, won, key):
    order = city.json("buy", fund, won, "--key", key)["id"]
    city.run("bank", "credit", order)


def gifts(city):
    kim = ("--key", "kim.key")
    with open(os.path.join(city.folder, "short.yak"), "w", encoding="utf-8") as file:
        file.write(SHORT)
    decide(city, "account", "lapsed")
    decide(city, "fund", "short.yak", "--number", "2", "--ceiling", "10,000,000원")
    for name, number in (("kim", "2000011"), ("lee", "2000012")):
        city.run("key", "new", name + ".key")
        city.run("party", "register", "--kind", "citizen", "--key", name + ".key", "--number", number)
    buy_of(city, "2", "10,000원", "kim.key")
    city.run("gift", "--help", out=["usage: dure gift RECEIVER AMOUNT"])
    city.run("gift", "2000012", "some", *kim, code=2, err=["is not an amount"])
    city.run("gift", "2000012", "1000", code=2, err=["whose key signs? add --key FILE"])
    city.run("gift", "2000011", "1000", *kim, code=1, err=["payer and payee are the same"])
    city.run("gift", "77", "1000", *kim, code=1, err=["the party concerned is not registered"])
    city.run("gift", "2000012", "1000", "--fund", "9", *kim, code=1, err=["no fund with this number"])
    city.run("gift", "2000012", "4,000원", "--fund", "1+2", *kim,
             out=["gave 4,000원 to party 2000012", "given away from lot 1", "received by party 2000012 as lot 1"])
    city.run("gift", "2000012", "6,001원", *kim, code=1, err=["not enough money", "available: 6,000원"])
    city.run("gift", "2000011", "1", "--key", "lee.key", code=1, err=["no rule of the money allows this"])
    lot = city.json("wallet", "--key", "lee.key")["lots"][0]
    equal((lot["gifted"], lot["face"], lot["paid"], lot["days_left"]), (True, 4000, 3600, 40), "what was received")
    city.run("wallet", *kim, out=["party 2000011", "6,000원 left of 6,000원, paid 5,400원", "(in 40 days)"])
    city.run("wallet", code=2, err=["whose key signs?"])
    city.run("recirculate", "3000002", "2", "five", "--key", "party-3000001", code=2, err=["is not an amount"])
    city.run("recirculate", "3000002", "2", "1000", "--key", "party-3000001", code=1, err=["not enough money"])
    city.run("remainder", "2", "1", *kim, code=1, err=["no rule of the money allows this"])
    city.run("remainder", "2", "7", *kim, code=1, err=["no lot with this number"])
    city.run("pay", "3000001", "3,600원", *kim)
    city.run("recirculate", "3000002", "2", "1,500원", "--key", "party-3000001",
             out=["paid 1,500원 of village_gift (fund 2) to merchant 3000002", "to party 3000002"])
    city.run("remainder", "2", "1", *kim, out=["2,400원 of village_gift (fund 2) left in lot 1 given up",
                                              "2,160원 set aside for a payout", "240원 subsidy back to account budget",
                                              "dure bank settle 2000011:0:"])
    payout = city.run("bank", "payouts", out=["remainder"])
    payout = re.search(r"2000011:0:\d+", payout).group(0)
    city.run("bank", "settle", payout, out=["2,160원 of a purchase given up paid back by the bank"])


def programs(city):
    with open(os.path.join(city.folder, "short.yak"), "w", encoding="utf-8") as file:
        file.write(SHORT.replace("not lot is gifted", "amount <= 500 won").replace("= 10%", "= 5%"))
    city.run("city", "version", "2", "short.yak", code=2, err=["a new program needs --from DATE"])
    city.run("city", "version", "2", "none.yak", "--from", "2019-04-02", code=2, err=["cannot read none.yak"])
    city.run("city", "version", "2", "short.yak", "--from", "2019-04-01", code=1,
             err=["the day is before the program's notice has run", "2019-04-02"])
    city.run("city", "version", "8", "short.yak", "--from", "2019-04-02", code=1, err=["no fund with this number"])
    decide(city, "version", "2", "short.yak", "--from", "2019-04-02")
    city.run("city", "version", "2", "short.yak", "--from", "2019-06-02", code=1, err=["a new program of this fund waits"])
    city.run("show", "fund", "2", out=["program version 1\n", "program version 2 from 2019-04-02", "10 %"])
    city.run("city", "pause", "2", "--successor", "8", code=1, err=["no fund with this number"])
    decide(city, "pause", "2")
    city.run("show", "fund", "2", out=["paused: nothing new is sold"])
    city.run("buy", "2", "1000", "--key", "kim.key", code=1, err=["this money is paused"])
    city.run("pay", "3000001", "100", "--key", "lee.key", code=1, err=["this money is paused"])
    city.run("redeem", "2", "100", "--key", "party-3000001", out=["cashed out 100원"])
    decide(city, "resume", "2")
    buy_of(city, "2", "1,000원", "kim.key")
    decide(city, "full-refund", "2", "--successor", "1")
    shown = city.json("show", "fund", "2")
    equal((shown["mode"], shown["successor"], shown["version"], shown["next_from"]), ("full_refund", 1, 1, "2019-04-02"),
          "the fund's mode")
    city.run("show", "fund", "2", out=["open for full refund", "replaced by village_general (fund 1)"])
    city.run("remainder", "2", "2", "--key", "kim.key", out=["900원 set aside for a payout"])
    decide(city, "resume", "2")
    city.run("tick", "2019-04-02")
    city.run("show", "fund", "2", out=["program version 2\n", "5 %"])
    # Money of before follows: gifts of up to 500 won, also of what was a gift.
    city.run("gift", "2000011", "501", "--key", "lee.key", code=1, err=["no rule of the money allows this"])
    city.run("gift", "2000011", "500", "--key", "lee.key", out=["gave 500원"])


def upkeep(city):
    city.run("expiring", "--within", "soon", code=2, err=["is not a number"])
    city.run("expiring", "--help", out=["usage: dure expiring [--within DAYS]"])
    city.run("expiring", "--within", "30", out=["2019-04-12  in  10 days  party 2000011", "2 lots with 4,000원 end within 30 days"])
    city.run("expiring", "--within", "9", out=["0 lots with 0원 end within 9 days"])
    city.run("expiring", "--fund", "1", out=["0 lots with 0원 end within 90 days"])
    lines = [json.loads(line) for line in city.run("expiring", "--json").splitlines()]
    equal([(line["party"], line["left"], line["days_left"]) for line in lines], [(2000011, 500, 10), (2000012, 3500, 10)],
          "what ends soon")
    city.run("lapse", out=["nothing has expired"])
    city.run("lapse", "2000011", code=1, err=["nothing here has expired"])
    city.run("lapse", "kim", code=2, err=["is not a number"])
    city.run("tidy", "papers", code=2, err=["'papers' is not proposals, batches, holds or refunds"])
    city.run("tidy", out=["nothing is over"])
    proposal = city.json("city", "account", "tower")["id"]
    city.run("tidy", "proposals", proposal, code=1, err=["its time is not over"])
    city.run("tick", "2019-04-12")
    city.run("lapse", "2000011", code=1, err=["nothing here has expired"])
    city.run("tick", "2019-04-13")
    city.run("wallet", "--key", "kim.key", out=["(over)"])
    city.run("expiring", out=["2 lots are over; next: dure lapse"])
    city.run("lapse", "2000012", "--key", "kim.key",
             out=["swept 1 party", "3,500원 of village_gift (fund 2) of party 2000012, lot 1, lapsed", "account lapsed"])
    city.run("lapse", out=["swept 1 party", "500원"])
    city.run("lapse", out=["nothing has expired"])
    city.run("tick", "+5d")
    city.run("tidy", "proposals", out=["removed 1 of the proposals"])
    city.run("tidy", "proposals", "--json")
    fund = city.json("show", "fund", "2")
    equal((fund["difference"], fund["lapsed"]), (0, 4000), "the fund's sums")
    city.run("verify", "city", out=["All holds"])


STEPS = [help_and_usage, keys, new_chain, found, register, buy, spend, cancel, time, look, receipts, again, lying_index, refund, mandates, holds,
         counter, gifts, programs, upkeep]


def main():
    if not (os.path.exists(DURE) and os.path.exists(DURED)):
        print("1..0 # SKIP dure and dured are not built")
        return 0
    print(f"1..{len(STEPS)}", flush=True)
    city = City(tempfile.mkdtemp(prefix="dure-commands-"))
    failed = None
    try:
        for number, step in enumerate(STEPS, 1):
            try:
                if failed:
                    raise Failed(f"{failed} failed before")
                step(city)
                print(f"ok {number} - {step.__name__}", flush=True)
            except (Failed, subprocess.TimeoutExpired, ValueError) as problem:
                failed = failed or step.__name__
                print(f"not ok {number} - {step.__name__}")
                print("\n".join("# " + line for line in str(problem).splitlines()), flush=True)
    finally:
        city.stop(signal.SIGKILL)
        shutil.rmtree(city.folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
