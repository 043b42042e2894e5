#!/usr/bin/env python3
"""make test: builds three ways, runs every test there is and the lint, and ends with one line that counts.

  release   the compiler and level asked for (gcc -O3)     tests, lint, purity of the core
  asan      gcc, AddressSanitizer and UBSan                tests
  clang0    clang -O0                                      only the root checks below

Root checks: a program registered in root_checks (see meson.build) prints roots and hashes; what it
prints in the three builds must be the same, byte for byte.

Progress and the output of what failed go to stderr; stdout gets the last line alone.
"""

import argparse
import concurrent.futures
import glob
import json
import os
import shlex
import shutil
import subprocess
import sys
import time

import tap

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SANITIZER_ENV = {
    "ASAN_OPTIONS": "abort_on_error=1:detect_stack_use_after_return=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}


def say(text):
    print(text, file=sys.stderr, flush=True)


class Build:
    """One build directory.  `tests` is what Meson knows of it, empty until it is built."""

    def __init__(self, name, directory, compiler, level, options=(), env=None):
        self.name = name
        self.directory = directory
        self.compiler = compiler
        self.level = level
        self.options = list(options)
        self.env = env or {}
        self.is_built = False
        self.tests = []

    def make(self):
        """Builds; returns a Result that is one passed, failed or skipped case."""
        result = tap.Result(f"build {self.name}")
        if shutil.which(shlex.split(self.compiler)[0]) is None:
            result.skipped.append(f"{self.compiler} is not installed")
            return result
        result = tap.run_program(
            result.name,
            ["tools/build.sh", self.directory, self.compiler, self.level, *self.options],
            protocol="exit", cwd=TOP, timeout_s=1800)
        self.is_built = not result.failed
        if self.is_built:
            listed = subprocess.run(["meson", "introspect", "--tests", self.directory], cwd=TOP,
                                    check=True, capture_output=True, text=True)
            self.tests = json.loads(listed.stdout)
        return result

    def steps(self, is_long):
        """One callable for each registered test program."""
        for test in self.tests:
            suites = {suite.split(":")[-1] for suite in test["suite"]}
            if "roots" in suites or ("long" in suites) != is_long:
                continue
            protocol = "tap" if test["protocol"] == "tap" else "exit"
            env = {**self.env, **test["env"]}
            yield lambda t=test, p=protocol, e=env: tap.run_program(
                f"{self.name} {t['name']}", t["cmd"], p, e, t["workdir"], t["timeout"])


class Total:
    """Counts results as they come and shows each of them."""

    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []
        self.started = time.monotonic()
        self.seconds = []

    def add(self, result):
        self.seconds.append((result.seconds, result.name))
        self.passed += len(result.passed)
        self.failed += [f"{result.name}: {case}" for case in result.failed]
        self.skipped += [f"{result.name}: {case}" for case in result.skipped]
        counts = f"{len(result.passed)} passed"
        if result.failed:
            counts += f", {len(result.failed)} FAILED"
        if result.skipped:
            counts += f", {len(result.skipped)} skipped"
        word = "FAIL" if result.failed else "skip" if not result.passed else "ok"
        say(f"{word:4} {result.name:40} {counts:24} {result.seconds:6.1f} s")
        if result.failed:
            for case in result.failed:
                say(f"     failed: {case}")
            lines = result.output.splitlines()
            if len(lines) > 200:
                say(f"     ({len(lines) - 200} lines left out)")
            for line in lines[-200:]:
                say(f"     | {line}")

    def finish(self):
        """The last line; returns the exit code."""
        slowest = ", ".join(f"{name} {seconds:.0f} s" for seconds, name in sorted(self.seconds)[:-4:-1])
        say(f"took {time.monotonic() - self.started:.0f} s; slowest: {slowest}")
        for case in self.skipped:
            say(f"SKIPPED: {case}")
        for case in self.failed:
            say(f"FAILED: {case}")
        if self.passed == 0 and not self.failed:
            self.failed.append("nothing ran")
        line = f"{self.passed} passed, {len(self.failed)} failed"
        if self.skipped:
            line += f", {len(self.skipped)} skipped"
        print(line, flush=True)
        return 1 if self.failed else 0


def root_checks(builds):
    """One callable for each program of root_checks: the same bytes from every build."""
    ready = [build for build in builds if build.is_built]
    names = sorted({test["name"] for build in ready for test in build.tests
                    if any(suite.endswith("roots") for suite in test["suite"])})
    return [lambda n=name: root_check(n, ready, len(builds)) for name in names]


def root_check(name, ready, wanted):
    result = tap.Result(f"roots {name}")
    started = time.monotonic()
    outputs = {}
    for build in ready:
        test = next((test for test in build.tests if test["name"] == name), None)
        if test is None:
            result.failed.append(f"{build.name} does not have it")
            continue
        run = tap.run_program(name, test["cmd"], "exit", {**build.env, **test["env"]}, test["workdir"],
                              test["timeout"])
        result.output += f"--- {build.name}\n{run.output}"
        result.failed += [f"{build.name}: {case}" for case in run.failed]
        outputs.setdefault(run.output, []).append(build.name)
    if len(outputs) > 1:
        result.failed.append("builds differ: " + " / ".join("+".join(n) for n in outputs.values()))
    elif "" in outputs:
        result.failed.append("it printed nothing")
    elif len(ready) < wanted:
        result.skipped.append(f"only {len(ready)} of {wanted} builds to compare")
    elif not result.failed:
        result.passed.append("+".join(build.name for build in ready))
    result.seconds = time.monotonic() - started
    return result


def source_checks(options):
    """The lint and the generated files."""
    python = [sys.executable]
    yield lambda: tap.run_program(
        "lint", [*python, "tools/lint.py", "--tap", "--build", options.build, "--cc", options.cc],
        cwd=TOP)
    for name in ("test_tools", "test_lint"):
        yield lambda n=name: tap.run_program(n, [*python, f"tools/{n}.py"], cwd=TOP)
    for generator in sorted(glob.glob(os.path.join(TOP, "tools", "gen_*.py"))):
        name = os.path.basename(generator)
        yield lambda g=generator, n=name: tap.run_program(
            f"generated {n}", [*python, g, "--check"], "exit", cwd=TOP)


def run_all(steps, jobs, total):
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for done in concurrent.futures.as_completed([pool.submit(step) for step in steps]):
            total.add(done.result())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build")
    parser.add_argument("--cc", default="gcc")
    parser.add_argument("--opt", default="-O3")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--long", action="store_true", help="the suite `long`, in the release build alone")
    options = parser.parse_args()
    os.environ["JOBS"] = str(options.jobs)

    release = Build("release", options.build, options.cc, options.opt)
    asan = Build("asan", options.build + "-asan", "gcc", "-O1",
                 ["-Db_sanitize=address,undefined"], SANITIZER_ENV)
    clang0 = Build("clang0", options.build + "-clang0", "clang", "-O0")
    builds = [release] if options.long else [release, asan, clang0]

    total = Total()
    for build in builds:
        total.add(build.make())
    steps = [] if options.long else [*source_checks(options), *root_checks(builds)]
    # The slow build first, so that no long program is left for the end.
    for build in (release,) if options.long else (asan, release):
        steps += build.steps(options.long)
    if options.long and release.is_built and not steps:
        say("No test of the suite `long` is registered (long_tests in meson.build).")
        total.failed.append("no long test")
    run_all(steps, options.jobs, total)
    return total.finish()


if __name__ == "__main__":
    sys.exit(main())
