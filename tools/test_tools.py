#!/usr/bin/env python3
"""Tests of the test runner: what it must count as a failure.  Prints TAP."""

import sys
import traceback

import run_tests
import tap


def outcome(script, protocol="tap", timeout_s=20):
    """(passed, failed, skipped) of a shell script run as a test program."""
    result = tap.run_program("case", ["sh", "-c", script], protocol, timeout_s=timeout_s)
    return len(result.passed), len(result.failed), len(result.skipped)


def cases_are_counted():
    assert outcome("echo 1..2; echo 'ok 1 - a'; echo 'ok 2 - b'") == (2, 0, 0)
    assert outcome("echo 1..2; echo 'ok 1 - a'; echo 'not ok 2 - b'; exit 1") == (1, 1, 0)


def groups_add_up():
    assert outcome("echo 1..1; echo 'ok 1 - a'; echo 1..1; echo 'ok 1 - b'") == (2, 0, 0)
    assert outcome("echo 1..1; echo 'ok 1 - a'; echo 1..1") == (1, 1, 0)


def skips_are_not_passes():
    assert outcome("echo 1..2; echo 'ok 1 - a'; echo 'ok 2 - b # SKIP no strace'") == (1, 0, 1)
    assert outcome("echo '1..0 # SKIP no strace'") == (0, 0, 1)
    assert outcome("exit 77", protocol="exit") == (0, 0, 1)


def a_crash_fails():
    assert outcome("echo 1..2; echo 'ok 1 - a'; kill -SEGV $$") == (1, 1, 0)
    assert outcome("echo 1..1; echo 'ok 1 - a'; kill -ABRT $$") == (1, 1, 0)
    assert outcome("kill -SEGV $$", protocol="exit") == (0, 1, 0)


def a_bad_exit_fails():
    assert outcome("echo 1..1; echo 'ok 1 - a'; exit 1") == (1, 1, 0)
    assert outcome("exit 3", protocol="exit") == (0, 1, 0)
    assert outcome("echo '1..0 # SKIP'; exit 1") == (0, 1, 0)


def a_time_out_fails():
    assert outcome("echo 1..1; echo 'ok 1 - a'; sleep 30", timeout_s=0.3) == (1, 1, 0)
    assert outcome("sleep 30", protocol="exit", timeout_s=0.3) == (0, 1, 0)


def no_test_is_a_failure():
    assert outcome("true") == (0, 1, 0)
    assert outcome("echo 1..0") == (0, 1, 0)


def an_early_end_fails():
    assert outcome("echo 1..3; echo 'ok 1 - a'") == (1, 1, 0)
    assert outcome("echo 'ok 1 - a'") == (1, 1, 0)
    assert outcome("echo 1..1; echo 'ok 1 - a'; echo 'Bail out! disk gone'") == (1, 1, 0)


def a_missing_program_fails():
    result = tap.run_program("case", ["/nonexistent/program"])
    assert (len(result.passed), len(result.failed)) == (0, 1)


def fake_build(name, script, is_built=True):
    """A build whose only test is a root check that is a shell script."""
    build = run_tests.Build(name, "none", "none", "-O0")
    build.is_built = is_built
    build.tests = [{"name": "r", "cmd": ["sh", "-c", script], "env": {}, "workdir": None, "timeout": 20,
                    "suite": ["dure:roots"], "protocol": "exitcode"}]
    return build


def compared(*builds):
    (check,) = run_tests.root_checks(list(builds))
    result = check()
    return len(result.passed), len(result.failed), len(result.skipped)


def equal_roots_pass():
    assert compared(fake_build("a", "echo 1"), fake_build("b", "echo 1")) == (1, 0, 0)


def roots_that_differ_fail():
    assert compared(fake_build("a", "echo 1"), fake_build("b", "echo 2")) == (0, 1, 0)
    assert compared(fake_build("a", "echo 1"), fake_build("b", "true")) == (0, 1, 0)
    assert compared(fake_build("a", "true"), fake_build("b", "true")) == (0, 1, 0)
    assert compared(fake_build("a", "echo 1"), fake_build("b", "echo 1; exit 1")) == (0, 1, 0)


def a_build_that_is_missing_skips_roots():
    assert compared(fake_build("a", "echo 1"), fake_build("b", "echo 1", is_built=False)) == (0, 0, 1)


def long_tests_are_apart():
    build = fake_build("a", "true")
    for suite, in_test, in_crash in (("unit", 1, 0), ("long", 0, 1), ("roots", 0, 0)):
        build.tests[0]["suite"] = ["dure:" + suite]
        assert (len(list(build.steps(False))), len(list(build.steps(True)))) == (in_test, in_crash)


CASES = [cases_are_counted, groups_add_up, skips_are_not_passes, a_crash_fails, a_bad_exit_fails,
         a_time_out_fails, no_test_is_a_failure, an_early_end_fails, a_missing_program_fails,
         equal_roots_pass, roots_that_differ_fail, a_build_that_is_missing_skips_roots,
         long_tests_are_apart]


def main():
    print(f"1..{len(CASES)}")
    failures = 0
    for number, case in enumerate(CASES, 1):
        try:
            case()
            print(f"ok {number} - {case.__name__}")
        except AssertionError:
            failures += 1
            print(f"not ok {number} - {case.__name__}")
            print("".join(f"# {line}\n" for line in traceback.format_exc().splitlines()))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
