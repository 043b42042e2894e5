#!/usr/bin/env python3
"""The same double entry in PostgreSQL, durably, at 1 and at 64 clients: the rows postgres_1 and postgres_64 of bench.json.

A throw-away cluster of the installed PostgreSQL with its default settings but a larger buffer, `fsync` and `synchronous_commit`
on, reached over a Unix socket by pgbench with prepared statements.  At the end the books are added up: a run whose sums are wrong
is no measurement.  PostgreSQL checks no signature here and keeps no proofs; `ledger_alone` and `embedded` stand beside it."""

import argparse
import json
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
CITIZENS, MERCHANTS = 211304, 5696  # together the 217,000 parties of ledger_alone
SETTINGS = ["fsync=on", "synchronous_commit=on", "full_page_writes=on", "shared_buffers=512MB", "max_wal_size=8GB",
            "max_connections=100", "listen_addresses=''"]


def binaries():
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    return found[-1].parent if found else None


class Cluster:
    """PostgreSQL does not run as root: as root it is the package's own user."""

    def __init__(self, bin_dir):
        self.bin = bin_dir
        self.user = "postgres" if os.geteuid() == 0 else None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dure-bench-postgres-", dir="/var/tmp"))
        if self.user:
            entry = pwd.getpwnam(self.user)
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)

    def run(self, name, *words, **more):
        command = [str(self.bin / name), *map(str, words)]
        if self.user:
            command = ["runuser", "-u", self.user, "--", *command]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True, **more).stdout

    def start(self):
        self.run("initdb", "-D", self.folder / "data", "--auth=trust", "--encoding=UTF8", "--no-sync")
        settings = " ".join(f'-c {s}' for s in SETTINGS) + f" -c unix_socket_directories={self.folder}"
        self.run("pg_ctl", "-D", self.folder / "data", "-w", "-l", self.folder / "messages", "-o", settings, "start")
        self.run("createdb", "-h", self.folder, "bench")

    def sql(self, text):
        return self.run("psql", "-h", self.folder, "-qAt", "-v", "ON_ERROR_STOP=1", "bench", input=text).strip()

    def fill(self):
        script = (HERE / "postgres.sql").read_text()
        self.run("psql", "-h", self.folder, "-q", "-v", "ON_ERROR_STOP=1", "-v", f"citizens={CITIZENS}", "-v",
                 f"merchants={MERCHANTS}", "bench", input=script)

    def pay(self, clients, seconds):
        script = self.folder / "pay.sql"
        script.write_text((HERE / "postgres_pay.sql").read_text())
        out = self.run("pgbench", "-h", self.folder, "-n", "-M", "prepared", "-c", clients, "-j", min(clients, os.cpu_count()),
                       "-T", seconds, "-D", f"citizens={CITIZENS}", "-D", f"merchants={MERCHANTS}", "-f", script, "bench")
        return float(re.search(r"tps = ([0-9.]+)", out).group(1))

    def check(self):
        """The sums of what left lots, came to shops, was counted and is written down are one and the same."""
        sums = self.sql(f"SELECT (SELECT sum(1000000000 - remaining) FROM lot), (SELECT sum(amount) FROM balance),"
                        f" (SELECT sum(used) FROM counter), (SELECT sum(amount) FROM payment)").split("|")
        return len(set(sums)) == 1 and int(sums[0]) > 0

    def stop(self):
        if (self.folder / "data" / "postmaster.pid").exists():
            self.run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=pathlib.Path, help="bench.json, to which the rows are added")
    parser.add_argument("--seconds", type=int, default=10, help="measured for each number of clients")
    options = parser.parse_args()
    report = json.loads(options.report.read_text())
    values = {row["name"]: row["value"] for row in report["rows"]}
    bin_dir = binaries()
    if bin_dir is None:
        print("SKIPPED postgres_1, postgres_64: PostgreSQL is not installed (package postgresql)", file=sys.stderr)
        return 0
    report["rows"] = [row for row in report["rows"] if not row["name"].startswith("postgres_")]
    cluster = Cluster(bin_dir)
    try:
        cluster.start()
        cluster.fill()
        report["machine"]["postgres"] = cluster.sql("SHOW server_version")
        for clients in (1, 64):
            cluster.sql("CHECKPOINT")
            rate = cluster.pay(clients, options.seconds)
            ledger = values["ledger_alone"]
            report["rows"].append({"name": f"postgres_{clients}", "value": rate, "unit": "1/s", "baseline": "ledger_alone",
                                   "baseline_value": ledger, "ratio": rate / ledger})
            print(f"  postgres_{clients:<9} {rate:14.1f} 1/s      {rate / ledger:6.4f} x ledger_alone"
                  f" (which is {ledger / rate:.0f} x this)", file=sys.stderr)
        if not cluster.check():
            print("the books of the PostgreSQL run do not add up", file=sys.stderr)
            return 1
    except subprocess.CalledProcessError as error:
        print(f"{' '.join(error.cmd)}\n{error.stderr}", file=sys.stderr)
        return 1
    finally:
        cluster.stop()
    options.report.write_text(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
