"""Tells one result a line, as tools/run_tests.py reads them: what the tests of replays share."""

count = failed = 0


def report(good, name, why=""):
    global count, failed
    count += 1
    failed += 0 if good else 1
    print(f"{'ok' if good else 'not ok'} {count} - {name}", flush=True)
    if not good and why:
        print("\n".join("# " + line for line in why.splitlines()[-12:]), flush=True)


def end():
    """The last line; gives the exit code."""
    print(f"1..{count}")
    return 1 if failed else 0
