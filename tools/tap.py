"""Runs one test program and reads what it says: TAP, or its exit code alone."""

import os
import re
import signal
import subprocess
import tempfile
import time

LINE = re.compile(r"^(not ok|ok)\b\s*\d*\s*-?\s*(.*)$")
PLAN = re.compile(r"^1\.\.(\d+)\s*(?:#\s*skip\S*\s*(.*))?$", re.IGNORECASE)
SKIP = re.compile(r"#\s*skip\b\s*(.*)", re.IGNORECASE)


class Result:
    """What one program said: the names of its cases by outcome, and all it printed."""

    def __init__(self, name):
        self.name = name
        self.passed = []
        self.failed = []
        self.skipped = []
        self.output = ""
        self.seconds = 0.0


def read_tap(result, output, exit_text):
    """Fills result from TAP.  cmocka prints one plan for each group, so plans add up.  A case that was
    planned and not reported, no case at all, and a bad exit without a failed case are failures."""
    planned = 0
    seen = 0
    skipped_whole = None
    for line in output.splitlines():
        plan = PLAN.match(line)
        if plan:
            planned += int(plan.group(1))
            if plan.group(1) == "0" and "#" in line:
                skipped_whole = plan.group(2) or "no reason given"
            continue
        if line.startswith("Bail out!"):
            result.failed.append(line)
            continue
        case = LINE.match(line)
        if not case:
            continue
        seen += 1
        skip = SKIP.search(case.group(2))
        if case.group(1) == "not ok":
            result.failed.append(case.group(2))
        elif skip:
            result.skipped.append(case.group(2))
        else:
            result.passed.append(case.group(2))
    if skipped_whole is not None and seen == 0 and not exit_text:
        result.skipped.append(skipped_whole)
        return
    if seen < planned:
        result.failed.append(f"{planned - seen} of {planned} cases never reported ({exit_text or 'exit 0'})")
    elif seen == 0:
        result.failed.append(f"no test in it ({exit_text or 'exit 0'})")
    elif planned == 0:
        result.failed.append("no plan: it may have stopped early")
    elif exit_text and not result.failed:
        result.failed.append(exit_text)


def read_exit(result, exit_text, exit_code):
    """Fills result from the exit code: 77 is a skip, as Meson has it."""
    if exit_code == 77:
        result.skipped.append(result.name)
    elif exit_text:
        result.failed.append(exit_text)
    else:
        result.passed.append(result.name)


def run_program(name, command, protocol="tap", env=None, cwd=None, timeout_s=600):
    """Runs command to its end and returns its Result.  A program that outlives timeout_s is killed with
    all its children, and has failed."""
    result = Result(name)
    started = time.monotonic()
    exit_text = ""
    exit_code = 0
    with tempfile.TemporaryFile() as output:
        try:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                     stderr=subprocess.STDOUT, cwd=cwd,
                                     env={**os.environ, **(env or {})}, start_new_session=True)
        except OSError as error:
            result.failed.append(f"cannot start: {error}")
            return result
        try:
            exit_code = child.wait(timeout=timeout_s)
            if exit_code < 0:
                exit_text = f"killed by {signal.Signals(-exit_code).name}"
            elif exit_code > 0:
                exit_text = f"exit {exit_code}"
        except subprocess.TimeoutExpired:
            exit_text = f"timed out after {timeout_s} s"
            exit_code = -signal.SIGKILL
        finally:
            # Also what a program left running goes: a node that a test started and forgot.
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            child.wait()
        output.seek(0)
        result.output = output.read().decode("utf-8", "replace")
    if protocol == "tap":
        read_tap(result, result.output, exit_text)
    else:
        read_exit(result, exit_text, exit_code)
    result.seconds = time.monotonic() - started
    return result
