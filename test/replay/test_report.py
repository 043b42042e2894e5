#!/usr/bin/env python3
"""The page about a replay: it stands by itself, is well formed, and says so when a month or the audit differs from the data."""

import copy
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import tap
from tap import report

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import replay_report  # noqa: E402


def made_summary():
    """As a replay at one hundredth would write it."""
    months = [{"month": month, "registered": figures[0], "charged": figures[1], "spent": figures[2]}
              for month, figures in replay_report.real_months("김포시", 0.01).items() if figures[0]]
    charged, spent = (sum(m[k] for m in months) for k in ("charged", "spent"))
    audit = {"issued": charged, "held_citizens": charged - spent, "held_merchants": 0, "pending": 0, "redeemed": spent, "refunded": 0,
             "lapsed": 0, "difference": 0, "escrow": charged - spent, "escrow_at_bank": charged - spent}
    return {"city": "김포시", "fraction": 0.01, "months": months, "payments": 1000, "audit": audit, "state_root": "00",
            "seconds": 2.0, "log_bytes": 130000, "peak_rss_bytes": 1 << 20}


def write(summary):
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "summary.json").write_text(json.dumps(summary))
        answer = subprocess.run([sys.executable, ROOT / "tools/replay_report.py", folder], capture_output=True, text=True)
        page = pathlib.Path(folder) / "report.html"
        return answer, page.read_text(encoding="utf-8") if page.exists() else ""


def main():
    summary = made_summary()
    report(len(summary["months"]) == 24 and sum(m["charged"] for m in summary["months"]) == 2_514_497_360,
           "Gimpo has 24 months of the data")
    answer, page = write(summary)
    report(answer.returncode == 0 and "24개월 모두 자료와 같고" in page, "all equal is said", answer.stderr)
    report(page.count("같음 =") == 24, "each month is compared")
    report("2,514,497,360" in page and "2,308,069,620" in page, "the sums stand in full")
    report(re.search(r"(src|href)=|<script|@import|url\(", page) is None, "the page needs no other file")
    try:
        ElementTree.fromstring(page.replace("<!doctype html>", "").replace('<meta charset="utf-8">', "").replace(
            '<meta name="viewport" content="width=device-width">', ""))
        report(True, "the page is well formed")
    except ElementTree.ParseError as error:
        report(False, "the page is well formed", str(error))
    other = copy.deepcopy(summary)
    other["months"][5]["spent"] += 1
    answer, page = write(other)
    report(answer.returncode == 1 and page.count("다름 ≠") == 1, "a month that differs by one won is told", answer.stderr)
    other = copy.deepcopy(summary)
    other["audit"]["difference"] = 7
    answer, page = write(other)
    report(answer.returncode == 1 and "차액은 7원" in page, "a difference is told", answer.stderr)
    with tempfile.TemporaryDirectory() as folder:
        answer = subprocess.run([sys.executable, ROOT / "tools/replay_report.py", folder], capture_output=True, text=True)
        report(answer.returncode == 2 and "summary.json cannot be read" in answer.stderr, "no summary is told", answer.stderr)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
