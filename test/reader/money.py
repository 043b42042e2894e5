"""docs/formats/money.md: what each move does, read from the page itself, and what the records must come to."""

import pathlib
import re

from layouts import need
from state import LAYOUTS

PAGE = pathlib.Path(__file__).resolve().parent.parent.parent / "docs/formats/money.md"
FIGURES = ("issued", "ordered", "held_citizens", "held_merchants", "pending", "redeemed", "refunded", "lapsed", "escrow")
PLACES = ("held_citizens", "held_merchants", "pending", "redeemed", "refunded", "lapsed")
HELD = PLACES[:3]
FUND_EQUATIONS = {  # what the figures of a fund's record are to each other
    "issued": lambda f: sum(f[place] for place in PLACES),
    "escrow": lambda f: sum(f[place] for place in HELD),
}


def changes(cell):
    return [(name, 1 if sign == "+" else -1) for name, sign in re.findall(r"(\w+) ([+\u2212])", cell)]


def read_page():
    """{move: [(where it stands, changes of the fund, of the account, of the party, whether the party is each row's)]}"""
    moves = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) == 6 and cells[0] in NAMES.values():
            does = cells[1], changes(cells[3]), changes(cells[4]), changes(cells[5]), "each row" in cells[5]
            moves.setdefault(cells[0], []).append(does)
    need(set(moves) == set(NAMES.values()), "money.md does not have exactly the moves of the vocabulary")
    return moves


NAMES = LAYOUTS.vocabularies["moves"]
MOVES = read_page()


def what_it_does(name, kind):
    """A move that has several rows does what the one says that names this kind of transaction."""
    rows = MOVES[name]
    fitting = rows if len(rows) == 1 else [row for row in rows if kind in re.findall(r"\w+", row[0])]
    need(len(fitting) == 1, f"money.md does not say what {name} does in {kind}")
    return fitting[0][1:]


class Sums:
    """Everything that all moves of all effects add up to."""

    def __init__(self):
        self.funds, self.accounts, self.holders, self.payouts, self.refunds = {}, {}, {}, {}, {}
        self.wrong = []  # transactions that do not balance, or take what is not there
        self.moved = {}

    def add(self, tx, effect):
        if effect["code"] != 0:
            if effect["moves"]:
                self.wrong.append((tx.id, "a refusal that moves money"))
            return
        before = {number: dict(figures) for number, figures in self.funds.items()}
        for move in effect["moves"]:
            self.move(tx, effect, NAMES[move["what"]], move)
        for number in {move["fund"] for move in effect["moves"]} - {0}:
            self.balances(tx, before.get(number, dict.fromkeys(FIGURES, 0)), self.funds[number])
        if tx.kind == "refund":
            payment = tuple(tx.what["payment"].values())
            self.refunds[payment] = self.refunds.get(payment, 0) + tx.what["amount"]

    def balances(self, tx, before, after):
        change = {name: after[name] - before[name] for name in FIGURES}
        good = all(equation(change) == change[name] for name, equation in FUND_EQUATIONS.items())
        if not good or min(after.values()) < 0:
            self.wrong.append((tx.id, change))

    def move(self, tx, effect, name, move):
        of_fund, of_account, of_party, by_rows = what_it_does(name, tx.kind)
        amount, fund = move["amount"], move["fund"]
        self.moved[name] = self.moved.get(name, 0) + amount
        figures = self.funds.setdefault(fund, dict.fromkeys(FIGURES, 0)) if fund else None
        for figure, sign in of_fund:
            figures[figure] += sign * amount
        for figure, sign in of_account:
            account = self.accounts.setdefault(move["account"], {"deposited": 0, "received": 0, "spent": 0})
            account[figure] += sign * amount
        rows = [(move["party"], amount)]
        if by_rows:
            rows = [(row["party"], told["amount"]) for row, told in zip(tx.what["rows"], effect["rows"])]
            if sum(each for _, each in rows) != amount:
                self.wrong.append((tx.id, "rows that are not what moved"))
        for party, each in rows:
            for what, sign in of_party:
                holder = self.holders.setdefault((party, fund), {"holds": 0, "owes": 0})
                holder[what] += sign * each
                if holder[what] < 0:
                    self.wrong.append((tx.id, f"party {party} {what} less than nothing"))
        self.payout(tx, effect, name, move)

    def payout(self, tx, effect, name, move):
        kinds = {"redemption": 1, "purchase_cancel": 2, "remainder": 3}
        if name == "payout_opened":
            self.payouts[tx.id] = (move["fund"], kinds[tx.kind], move["amount"])
        if name in ("payout_settled", "payout_rejected", "refund_settled", "refund_rejected"):
            answered = tuple(tx.what["payout"].values())
            opened = self.payouts.get(answered)
            if name != "refund_rejected":
                self.payouts.pop(answered, None)
            share = sum(m["amount"] for m in effect["moves"] if NAMES[m["what"]] == "share_taken")
            if opened is None or opened[::2] != (move["fund"], move["amount"] + share) or (
                    (opened[1] == 1) != name.startswith("payout")):
                self.wrong.append((tx.id, f"answers {opened}"))


def add_up(pairs):
    sums = Sums()
    for tx, effect in pairs:
        if tx is not None:
            sums.add(tx, effect)
    return sums


# ---- what the records say, added up from those of holders, payouts, orders and batches ----

def granting(state):
    return [batch for batch in state.table("record_batch") if batch["what"] == 1]


def fund_sums(state, fund):
    number = fund["fund"]
    parties = state.table("record_party")
    return {
        "held_citizens": sum(lot["left"] for party in parties for lot in party["lots"] if lot["fund"] == number),
        "held_merchants": sum(b["amount"] for party in parties for b in party["balances"] if b["fund"] == number),
        "pending": sum(p["amount"] + p["share"] for p in state.table("record_payout") if p["fund"] == number),
        "ordered": (sum(o["face"] for o in state.table("record_order") if o["fund"] == number)
                    + sum(b["total"] - b["used"] for b in granting(state) if b["fund"] == number)),
    }


def reserved(state):
    """{account: what is promised to open orders and batches}"""
    promised = {account["name"]: 0 for account in state.table("record_account")}
    for order in state.table("record_order"):
        if order["subsidy"]:
            promised[order["account"]] += order["subsidy"]
    for batch in granting(state):
        promised[batch["account"]] += batch["total"] - batch["used"]
    return promised


def held(state):
    """{(party, fund): what it holds and owes}"""
    holders = {}
    for party in state.table("record_party"):
        for lot in party["lots"]:
            holder = holders.setdefault((party["party"], lot["fund"]), {"holds": 0, "owes": 0})
            holder["holds"] += lot["left"]
        for balance in party["balances"]:
            holders[party["party"], balance["fund"]] = {"holds": balance["amount"], "owes": balance["owed"]}
    return holders


def without_nothing(holders):
    return {key: holder for key, holder in holders.items() if any(holder.values())}


def compare(report, state, sums):
    """Every sum of the moves against every record."""
    report(not sums.wrong, "each transaction balances, and takes what is there", sums.wrong[:5])
    funds = {fund["fund"]: {name: fund[name] for name in FIGURES} for fund in state.table("record_fund")}
    moved = {number: sums.funds.get(number, dict.fromkeys(FIGURES, 0)) for number in funds}
    report(set(sums.funds) <= set(funds) and moved == funds, f"{len(funds)} funds: all moves add up to their figures",
           (moved, funds))
    wrong = []
    for account in state.table("record_account"):
        log = sums.accounts.get(account["name"], {"deposited": 0, "received": 0, "spent": 0})
        has = account["balance"] + account["reserved"]
        if any(account[name] != value for name, value in log.items()) or (
                has != log["deposited"] + log["received"] - log["spent"]):
            wrong.append((account, log))
    report(not wrong, "accounts: deposited, received and spent are what moved, and leave what they have", wrong)
    report(without_nothing(sums.holders) == without_nothing(held(state)),
           f"{len(sums.holders)} holders: what each has and owes follows from the moves")
    payouts = {tuple(p["id"].values()): (p["fund"], p["why"], p["amount"] + p["share"]) for p in state.table("record_payout")}
    report(sums.payouts == payouts, f"{len(payouts)} open payouts, of whatever kind, are those that nobody answered")
    refunds = {tuple(r["id"].values()): r["refunded"] for r in state.table("record_refund")}
    wrong = [key for key, amount in refunds.items() if sums.refunds.get(key) != amount]
    report(not wrong, f"{len(refunds)} records of refunds have what was refunded", wrong)
