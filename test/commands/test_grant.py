#!/usr/bin/env python3
"""A youth dividend as officers pay it: the list is tried out, proposed, approved, carried out and reported;
and part of it called back.  Prints TAP; the argument is the build directory."""

import csv
import os
import shutil
import sys
import tempfile

from test_commands import DURE, DURED, City, Failed, equal

PROGRAM = """fund youth {
  issuer   city 41570
  currency KRW
  validity 90 days
  lapse    to issuer.youth
  priority 10
  old lots keep

  counter given = count ever on grant by receiver

  grant {
    allow       when receiver is citizen and receiver.birth_year = 2002
                  and receiver.residence = issuer.region
    deny  again when given >= 1
    give 250,000 won from issuer.youth
  }
  payment    { allow when payee is merchant }
  redemption { allow when holder is merchant }
  recall     { allow when lot.origin = grant }

  words {
    youth ko "청년기본소득" en "youth dividend" zh "青年基本所得"
    given ko "받은 횟수" en "times received" zh "領取次數"
    again ko "이미 받으셨습니다" en "already received" zh "已領取"
  }
}
"""
FIRST = 2000001
PEOPLE = 8  # the last was born in another year, the one before has died


def write(city, name, text):
    with open(os.path.join(city.folder, name), "w", encoding="utf-8") as file:
        file.write(text)


def read(city, name):
    with open(os.path.join(city.folder, name), encoding="utf-8") as file:
        return file.read()


def decide(city, *words):
    proposal = city.json(*words)["id"]
    city.run("city", "approve", proposal, out=["decided"])
    return proposal


def found(city):
    city.run("init", "city", "--city", "41570", "--clock", "driven", "--start", "2026-03-02")
    city.start()
    decide(city, "city", "account", "youth")
    write(city, "youth.yak", PROGRAM)
    decide(city, "city", "fund", "youth.yak", "--number", "3", "--ceiling", "10,000,000원")
    city.run("deposit", "youth", "2,000,000원")
    city.run("key", "new", "any.key")
    for party in range(FIRST, FIRST + PEOPLE):
        shutil.copy(os.path.join(city.folder, "any.key"), os.path.join(city.folder, f"{party}.key"))
        city.run("party", "register", "--kind", "citizen", "--key", f"{party}.key", "--number", str(party),
                 "--residence", "41570", "--birth-year", "2001" if party == FIRST + PEOPLE - 1 else "2002")
    city.run("hold", "place", str(FIRST + PEOPLE - 2), "death", "death")
    city.run("party", "register", "--kind", "merchant", "--number", "3000001", "--region", "41570")


def lists_are_read_strictly(city):
    check = ("grant", "check", "3")
    city.run("grant", "--help", out=["grant check", "grant propose", "grant run", "grant show"])
    city.run(*check, "--help", out=["usage: dure grant check FUND FILE.csv", "nothing is changed"])
    city.run(*check, "none.csv", code=2, err=["cannot read none.csv"])
    write(city, "wrong.csv", "party,amount\n2000001\nanna\n2000002,5,6\n2000003,-1\n0\n2000004,\"1\n")
    city.run(*check, "wrong.csv", code=2, err=["line 3: the first column is no party's number", "line 4: there are more",
                                               "line 5: the second column is no amount", "line 6", "line 7"])
    write(city, "empty.csv", "# nobody\nparty\n")
    city.run(*check, "empty.csv", code=2, err=["empty.csv has no rows"])
    write(city, "one.csv", "\ufeff\"party\";\r\n2000001 , \"250,000원\" \r\n")
    city.run(*check, "one.csv", out=["1 rows: 1 would be given 250,000원, 0 would not"])
    city.run("grant", "check", "4", "one.csv", code=2, err=["there is no fund 4"])


def a_list_is_tried_out(city):
    write(city, "youth.csv", "party\n# of the first quarter\n" +
          "".join(f"{party}\n" for party in range(FIRST + PEOPLE - 1, FIRST - 1, -1)) +
          "2000003\n999\n3000001\n2000001,100000\n")
    city.run("grant", "check", "3", "youth.csv", "--out", "clean.csv", code=1, out=[
        "line 3: party 2000008: no rule of the money allows this",
        "line 4: party 2000007: this party has died",
        "line 11: party 2000003: stands on line 8, too",
        "line 12: party 999: the party concerned is not registered",
        "line 13: party 3000001: this kind of party cannot do this",
        "line 14: party 2000001: stands on line 10, too",
        "12 rows: 6 would be given 1,500,000원, 6 would not",
        "account youth: 2,000,000원 before, 500,000원 after", "ceiling of youth (fund 3): room for 10,000,000원",
        "next: dure grant propose 3 clean.csv"])
    equal(read(city, "clean.csv"), "party,amount\n" + "".join(f"{FIRST + i}\n" for i in range(6)), "the clean list")
    city.run("grant", "check", "3", "youth.csv", "--out", "clean.csv", code=3, err=["cannot write clean.csv"])
    lines = city.run("grant", "check", "3", "youth.csv", "--json", code=1).splitlines()
    equal(len(lines), 7, "lines of JSON")
    equal('"result":"party_dead"' in lines[1], True, lines[1])
    equal('"good":6' in lines[6] and '"total":1500000' in lines[6], True, lines[6])
    city.run("grant", "check", "3", "clean.csv", out=["6 rows: 6 would be given 1,500,000원, 0 would not"])
    write(city, "differs.csv", "2000001,100000\n")
    city.run("grant", "check", "3", "differs.csv", code=1, out=["the program gives 250,000원, not 100,000원"])


def a_list_is_proposed_and_approved(city):
    propose = ("grant", "propose", "3")
    city.run(*propose, "youth.csv", code=2, err=["party 2000003 stands on line 8, too"])
    write(city, "some.csv", "2000001\n2000008\n")
    city.run(*propose, "some.csv", code=1, err=["1 of 2 rows would be refused now", "--total"])
    city.run(*propose, "clean.csv", "--from", "2026-03-01", code=1, err=["refused"])
    city.run(*propose, "clean.csv", "--total", "2,000,001", code=1, err=["the city account that pays for this has too little"])
    out = city.run(*propose, "clean.csv", "--until", "2026-06-30", out=[
        "proposed: grant to 6 parties, fund 3, up to 1,500,000원, 2026-03-02 to 2026-06-30, list ", "1 of 2 approvals"])
    city.proposal = out.split("dure city approve ")[1].strip()
    root = out.split("list ")[1].split()[0]
    city.run("grant", "run", city.proposal, "clean.csv", code=1, err=["waits for approval: dure city approve"])
    city.run("grant", "show", city.proposal, code=1, err=["waits for approval"])
    city.run("grant", "show", out=["no grant is open"])
    city.run("city", "approve", city.proposal, out=["decided: grant to 6 parties", root])
    city.run("grant", "show", out=[city.proposal + ": grant, 6 rows of youth (fund 3)", "0 of 1 parts", "2026-06-30"])
    equal(city.json("grant", "show", city.proposal)["root"], root, "the root")
    city.run("recall", "show", out=["no recall is open"])
    city.run("show", "supply", out=["account youth"])


def it_is_carried_out_once(city):
    run = ("grant", "run", city.proposal)
    city.run("grant", "run", "five", "clean.csv", code=2, err=["is not a transaction's id"])
    city.run("grant", "run", "11:0:99", "clean.csv", code=1, err=["there is no approved list 11:0:99"])
    city.run(*run, "some.csv", code=2, err=["this is not the list that was approved: it has 2 rows"])
    city.run("recall", "run", city.proposal, "clean.csv", code=2, err=["is a grant"])
    city.run(*run, "clean.csv", "--as", "registrar", code=1, err=["does not have the role"])
    city.run(*run, "clean.csv", "--report", "report.csv", "--as", "officer-2",
             out=["6 rows: 6 done, 1,500,000원 moved, 0 refused"])
    first = read(city, "report.csv")
    rows = list(csv.DictReader(first.splitlines()))
    equal([(row["party"], row["result"], row["amount"], row["lot"]) for row in rows],
          [(str(FIRST + i), "done", "250000", "1") for i in range(6)], "the report")
    city.run("grant", "show", city.proposal, code=1, err=["it was carried out wholly"])
    # Again: nothing moves, the report is the same.
    city.run(*run, "clean.csv", "--report", "again.csv", out=["6 rows: 6 done, 1,500,000원 moved, 0 refused"])
    equal(read(city, "again.csv"), first, "the report of a run that had nothing left to do")
    equal(city.json(*run, "clean.csv")["parts_of_this_run"], 0, "parts carried out by the last run")
    for party in range(FIRST, FIRST + PEOPLE):
        lots = city.json("party", "show", str(party))["lots"]
        equal([lot["left"] for lot in lots], [250000] if party < FIRST + 6 else [], "lots")
    city.run("grant", "check", "3", "clean.csv", code=1, out=["rule again", "0 would be given 0원, 6 would not"])
    city.run("verify", "city", out=["All holds"])


def refused_rows_are_told(city):
    proposal = decide(city, "grant", "propose", "3", "some.csv", "--total", "500,000")
    city.run("grant", "run", proposal, "some.csv", "--report", "some_report.csv", out=[
        "2 rows: 0 done, 0원 moved, 2 refused", "1: refused by a rule of the money", "1: no rule of the money allows this"])
    equal(read(city, "some_report.csv").splitlines()[1], "2000001,rule_denied,,,\"refused by a rule of the money\"", "a row")
    equal(city.json("show", "supply")["accounts"][0]["balance"], 500000, "what was not used is back")


def money_is_called_back(city):
    city.run("pay", "3000001", "50,000", "--key", f"{FIRST}.key")
    write(city, "back.csv", f"{FIRST}\n{FIRST + 1},100000\n")
    city.run("recall", "check", "3", "back.csv", out=["2 rows: 2 would be called back 300,000원, 0 would not"])
    city.run("recall", "propose", "3", "back.csv", "--from", "2026-03-08", code=1, err=["notice", "2026-03-09"])
    proposal = decide(city, "recall", "propose", "3", "back.csv")
    city.run("recall", "run", proposal, "back.csv", code=1, err=["today lies before the batch's first day", "2026-03-09"])
    city.run("tick", "2026-03-09")
    city.run("recall", "run", proposal, "back.csv", "--report", "back_report.csv",
             out=["2 rows: 2 done, 300,000원 moved, 0 refused"])
    equal(city.json("show", "supply")["accounts"][0]["balance"], 800000, "the account")
    equal(sum(lot["left"] for lot in city.json("party", "show", str(FIRST + 1))["lots"]), 150000, "what is left")
    city.run("verify", "city", out=["All holds"])


STEPS = [found, lists_are_read_strictly, a_list_is_tried_out, a_list_is_proposed_and_approved, it_is_carried_out_once,
         refused_rows_are_told, money_is_called_back]


def main():
    if not (os.path.exists(DURE) and os.path.exists(DURED)):
        print("1..0 # SKIP dure and dured are not built")
        return 0
    print(f"1..{len(STEPS)}", flush=True)
    city = City(tempfile.mkdtemp(prefix="dure-grant-"))
    failed = None
    try:
        for number, step in enumerate(STEPS, 1):
            try:
                if failed is not None:
                    raise Failed(f"not tried, since {failed} failed")
                step(city)
                print(f"ok {number} - {step.__name__}", flush=True)
            except (Failed, OSError, KeyError, ValueError, IndexError) as problem:
                failed = failed or step.__name__
                print(f"not ok {number} - {step.__name__}", flush=True)
                print("# " + str(problem).replace("\n", "\n# "), flush=True)
    finally:
        city.stop()
        shutil.rmtree(city.folder)
    return 0 if failed is None else 1


if __name__ == "__main__":
    sys.exit(main())
