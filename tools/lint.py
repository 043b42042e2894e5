#!/usr/bin/env python3
"""Checks of the source that no compiler makes: each rule is one test.  `--tap` prints TAP for the runner.

Each rule is a function from a Tree to a list of findings, `path:line: what is wrong`.  tools/test_lint.py
plants a bad and a good sample for every rule, so that none can pass by not looking.
"""

import argparse
import ast
import os
import re
import shlex
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# A folder of src/ may include only itself and the folders before it.
ORDER = ["base", "crypto", "codec", "merkle", "qr", "yak", "ledger", "chain", "io", "store", "consensus",
         "index", "vault", "bank", "card", "watch", "api", "prove", "node", "app"]
PURE = {"base", "codec", "merkle", "qr", "yak", "ledger", "chain"}
PURE_SYSTEM_HEADERS = {"stdbool.h", "stddef.h", "stdint.h", "stdalign.h", "stdnoreturn.h", "limits.h",
                       "string.h", "assert.h"}
# What the core may call outside itself and crypto/: four functions and the compiler's own.
CORE_CALLS = {"memcpy", "memmove", "memset", "memcmp", "_GLOBAL_OFFSET_TABLE_", "__udivti3", "__umodti3",
              "__divti3", "__modti3", "__udivmodti4", "__divmodti4", "__multi3", "__muloti4",
              "__popcountdi2"}
# Folders that reach the world only through the io interface.
BEHIND_IO = {"store", "consensus", "index", "node"}
WORLD_HEADERS = re.compile(r"^(unistd|fcntl|poll|dirent|netdb|time|sys/(?!param|types)\w+|netinet/\w+|arpa/\w+)\.h$")
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 1000
README_LINES_MAX = 80

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
COMMENT_OR_STRING = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


class Skip(Exception):
    """A rule cannot be checked here; the text says why."""


class Tree:
    """The files under a root, by path relative to it, and the build that holds the archives."""

    def __init__(self, root, files, build="build", cc="gcc"):
        self.root = root
        self.files = sorted(files)
        self.build = os.path.join(root, build)
        self.cc = cc
        self._texts = {}

    def text(self, path):
        """The text of a file; a binary file reads as empty."""
        if path not in self._texts:
            try:
                with open(os.path.join(self.root, path), encoding="utf-8") as file:
                    self._texts[path] = file.read()
            except UnicodeDecodeError:
                self._texts[path] = ""
        return self._texts[path]

    def lines(self, path):
        return self.text(path).split("\n")

    def code(self, path):
        """The lines of a C file without comments and the insides of strings."""
        def blank(match):
            text = match.group(0)
            if text[0] in "\"'":
                return text[0] + text[0]
            return "\n" * text.count("\n")
        return COMMENT_OR_STRING.sub(blank, self.text(path)).split("\n")

    def is_generated(self, path):
        """True for what a generator of tools/ wrote and says so at its top."""
        return any(re.search(r"(?i)(generated|written) by tools/gen_", line) for line in self.lines(path)[:3])

    def c_files(self, *tops):
        return [p for p in self.files if p.endswith((".c", ".h")) and (not tops or p.split("/")[0] in tops)]

    def code_files(self):
        tops = {"src", "test", "tools", "bench", ".ci"}
        return [p for p in self.files if p.split("/")[0] in tops and p.endswith((".c", ".h", ".py", ".sh"))]

    def includes(self, path):
        """(line number, is a system header, name) of each include."""
        for number, line in enumerate(self.lines(path), 1):
            match = INCLUDE.match(line)
            if match:
                yield number, match.group(1) == "<", match.group(2)


def folder_of(path):
    """The folder under src/, or None."""
    parts = path.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def is_test(path):
    return os.path.basename(path).startswith(("test_", "fuzz_"))


# ---- rules over the text ------------------------------------------------------------------------


def layering(tree):
    """A folder includes only itself and the folders before it."""
    findings = []
    for path in tree.c_files("src"):
        folder = folder_of(path)
        if folder not in ORDER:
            findings.append(f"{path}:1: folder {folder} has no place in the order of folders")
            continue
        for number, is_system, name in tree.includes(path):
            other = name.split("/")[0]
            if is_system or "/" not in name or other not in ORDER:
                continue
            if ORDER.index(other) > ORDER.index(folder):
                findings.append(f"{path}:{number}: {folder} includes {name}, which is above it")
    return findings


def public_headers(tree):
    """Of another folder only its public headers, dure_*.h and base/limits.h."""
    findings = []
    for path in tree.c_files():
        folder = folder_of(path)
        for number, is_system, name in tree.includes(path):
            other, _, base = name.rpartition("/")
            if is_system or other not in ORDER or other == folder or name == "base/limits.h":
                continue
            if not base.startswith("dure_"):
                findings.append(f"{path}:{number}: {name} is private to {other}")
    return findings


def pure_headers(tree):
    """The pure folders use no header of the system that could reach the world."""
    return [f"{path}:{number}: <{name}> in a pure folder"
            for path in tree.c_files("src") if folder_of(path) in PURE and not is_test(path)
            for number, is_system, name in tree.includes(path)
            if is_system and name not in PURE_SYSTEM_HEADERS]


def pure_integers(tree):
    """The pure folders compute without floating point."""
    return [f"{path}:{number}: floating point in a pure folder"
            for path in tree.c_files("src") if folder_of(path) in PURE and not is_test(path)
            for number, line in enumerate(tree.code(path), 1) if re.search(r"\b(float|double)\b", line)]


def world_behind_io(tree):
    """The edges call the system through io/ alone, so that the simulator can stand in for it."""
    return [f"{path}:{number}: <{name}>; use the io interface"
            for path in tree.c_files("src") if folder_of(path) in BEHIND_IO and not is_test(path)
            for number, is_system, name in tree.includes(path)
            if is_system and WORLD_HEADERS.match(name)]


def amounts_are_closed(tree):
    """Only base/ computes with the member of an amount."""
    pattern = re.compile(r"(\.|->)won\s*(=[^=]|[-+*/%]|\+\+|--)|[-+*/%]=?\s*\w+((\.|->)\w+)*(\.|->)won\b")
    return [f"{path}:{number}: use the functions of dure_amount_t"
            for path in tree.c_files("src") if folder_of(path) != "base" and not is_test(path)
            for number, line in enumerate(tree.code(path), 1) if pattern.search(line)]


def enums_are_listed(tree):
    """In ledger/ and chain/ no switch has a default: a new kind must be met everywhere."""
    return [f"{path}:{number}: default in a switch"
            for path in tree.c_files("src") if folder_of(path) in ("ledger", "chain") and not is_test(path)
            for number, line in enumerate(tree.code(path), 1) if re.match(r"\s*default\s*:", line)]


def c_functions(tree, path):
    """(line number, name, lines) of each function in a C file that is formatted."""
    lines = tree.lines(path)
    start = None
    for index, line in enumerate(lines):
        if line == "{":
            start = index
            while start > 0 and lines[start - 1] and not lines[start - 1].startswith(("#", "}")) \
                    and not lines[start - 1].endswith((";", "*/")):
                start -= 1
        elif line == "}" and start is not None:
            name = re.search(r"(\w+)\s*\(", " ".join(lines[start:index]))
            yield start + 1, name.group(1) if name else "?", index - start + 1
            start = None


def python_functions(tree, path):
    for node in ast.walk(ast.parse(tree.text(path))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.name, node.end_lineno - node.lineno + 1


def function_length(tree):
    """No function is longer than 70 lines, signature included."""
    findings = []
    for path in tree.code_files():
        if tree.is_generated(path) or path.endswith(".sh"):
            continue
        functions = python_functions if path.endswith(".py") else c_functions
        findings += [f"{path}:{number}: {name} is {count} lines"
                     for number, name, count in functions(tree, path) if count > FUNCTION_LINES_MAX]
    return findings


def file_length(tree):
    """No file is longer than 1,000 lines."""
    return [f"{path}:1: {tree.text(path).count(chr(10))} lines"
            for path in tree.code_files()
            if tree.text(path).count("\n") > FILE_LINES_MAX and not tree.is_generated(path)]


def header_guards(tree):
    """src/yak/dure_yak.h has the guard DURE_YAK_H; parse.h and yak_parse.h there DURE_YAK_PARSE_H."""
    findings = []
    for path in tree.files:
        if not path.endswith(".h"):
            continue
        stem = os.path.basename(path)[:-2]
        if not stem.startswith("dure_"):
            folders = path.split("/")[1:-1]
            if folders and (stem + "_").startswith(folders[-1] + "_"):
                folders.pop()
            stem = "_".join(["dure", *folders, stem])
        guard = re.sub(r"\W", "_", stem).upper() + "_H"
        if not re.search(rf"^#ifndef {guard}\n#define {guard}$", tree.text(path), re.MULTILINE):
            findings.append(f"{path}:1: the guard must be {guard}")
    return findings


def nothing_unfinished(tree):
    """No file says that it is not finished."""
    words = re.compile(r"\b(" + "|".join(["TO" "DO", "FIX" "ME", "XX" "X", "HA" "CK"]) + r")\b")
    tops = {"src", "test", "tools", "bench", "schema", "web", ".ci", "Makefile", "meson.build"}
    return [f"{path}:{number}: {words.search(line).group(0)}"
            for path in tree.files
            if path.split("/")[0] in tops and not path.startswith(("test/corpus/", "test/vectors/"))
            for number, line in enumerate(tree.lines(path), 1) if words.search(line)]


def no_machine_paths(tree):
    """No file names a path of one person's machine."""
    pattern = re.compile(r"(?<![\w.:-])/(root|home|work|Users)/\w+")
    return [f"{path}:{number}: {pattern.search(line).group(0)}"
            for path in tree.files if not path.startswith("test/corpus/")
            for number, line in enumerate(tree.lines(path), 1) if pattern.search(line)]


def folders_explained(tree):
    """Each folder of src/ that has sources has a README.md of at most a page."""
    findings = []
    for folder in sorted({folder_of(path) for path in tree.c_files("src")} - {None}):
        readme = f"src/{folder}/README.md"
        if readme not in tree.files:
            findings.append(f"{readme}:1: missing")
        elif tree.text(readme).count("\n") > README_LINES_MAX:
            findings.append(f"{readme}:1: longer than {README_LINES_MAX} lines")
    return findings


def sources_are_built(tree):
    """Each .c file is named in a meson.build: none is dead, no test is forgotten."""
    builds = "\n".join(tree.text(path) for path in tree.files if path.endswith("meson.build"))
    return [f"{path}:1: no meson.build names it"
            for path in tree.c_files("src", "test", "bench")
            if path.endswith(".c") and not re.search(rf"[/']{re.escape(os.path.basename(path))}'", builds)]


def links_lead_somewhere(tree):
    """Each relative link of a Markdown file names a file or a folder that is there."""
    findings = []
    folders = {path.rsplit("/", depth)[0] for path in tree.files for depth in range(1, path.count("/") + 1)}
    for path in tree.files:
        if not path.endswith(".md"):
            continue
        for number, line in enumerate(tree.lines(path), 1):
            for target in re.findall(r"\]\(([^)\s#]+)[^)]*\)", line):
                if re.match(r"[a-z]+:", target):
                    continue
                full = os.path.normpath(os.path.join(os.path.dirname(path), target))
                if full not in tree.files and full not in folders and full != ".":
                    findings.append(f"{path}:{number}: no {target}")
    return findings


# ---- rules that ask a tool ----------------------------------------------------------------------


def headers_alone(tree):
    """Each header of src/ compiles alone."""
    findings = []
    for path in tree.files:
        if not (path.startswith("src/") and path.endswith(".h")):
            continue
        command = [*shlex.split(tree.cc), "-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-Isrc",
                   *(["-Itest"] if path.split("/")[-1].startswith("test_") else []),  # as the tests are built
                   "-fsyntax-only", "-x", "c", "-"]
        run = subprocess.run(command, input=f'#include "{path[4:]}"\n', cwd=tree.root,
                             capture_output=True, text=True)
        if run.returncode != 0:
            first = next((line for line in run.stderr.splitlines() if "error" in line), run.stderr[:200])
            findings.append(f"{path}:1: {first}")
    return findings


def formatting(tree):
    """clang-format would change nothing."""
    if shutil.which("clang-format") is None:
        raise Skip("clang-format is not installed")
    paths = [path for path in tree.c_files() if not tree.is_generated(path)]
    if not paths:
        return []
    run = subprocess.run(["clang-format", "--dry-run", "--style=file", *paths], cwd=tree.root,
                         capture_output=True, text=True)
    places = re.findall(r"^(\S+?):(\d+):\d+: (?:warning|error): code should", run.stderr, re.MULTILINE)
    first = {}
    for path, number in places:
        first.setdefault(path, number)
    findings = [f"{path}:{number}: run `make format`" for path, number in first.items()]
    if run.returncode != 0 and not findings:
        findings.append(f".clang-format:1: clang-format failed: {run.stderr[:200]}")
    return findings


def symbols(tree, archive):
    """(member, name, class, section) of each symbol of an archive of the build."""
    path = os.path.join(tree.build, archive)
    run = subprocess.run(["nm", "--format=sysv", path], capture_output=True, text=True)
    if run.returncode != 0:
        raise FileNotFoundError(f"{archive} of the build cannot be read: {run.stderr.strip()[:200]}")
    member = archive
    for line in run.stdout.splitlines():
        head = re.match(r"(?:Undefined symbols|Symbols) from .*\[(.+)\]:$", line)
        if head:
            member = head.group(1)
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 7 and cells[0] != "Name":
            yield member, cells[0], cells[2], cells[6]


def core_calls(tree):
    """The core calls nothing but itself, crypto/ and four functions on memory."""
    core = list(symbols(tree, "libdure-core.a"))
    if not core:
        return ["libdure-core.a:1: no symbol in it"]
    allowed = CORE_CALLS | {name for _, name, kind, _ in [*core, *symbols(tree, "libdure-crypto.a")]
                            if kind not in "Uwv"}
    return [f"{member}:1: calls {name}" for member, name, kind, _ in core
            if kind in "Uwv" and name not in allowed]


def core_globals(tree):
    """The core has no variable that outlives a call."""
    core = list(symbols(tree, "libdure-core.a"))
    if not core:
        return ["libdure-core.a:1: no symbol in it"]
    writable = re.compile(r"^(\.data(?!\.rel\.ro)|\.bss|\.tdata|\.tbss|\*COM\*|COMMON)")
    return [f"{member}:1: {name} is writable ({section})" for member, name, _, section in core
            if writable.match(section)]


RULES = [layering, public_headers, pure_headers, pure_integers, world_behind_io, amounts_are_closed,
         enums_are_listed, function_length, file_length, header_guards, nothing_unfinished,
         no_machine_paths, folders_explained, sources_are_built, links_lead_somewhere, headers_alone,
         formatting, core_calls, core_globals]


def project_files(root):
    """What git knows or would add; without git, what stands there."""
    run = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=root,
                         capture_output=True, text=True) if shutil.which("git") else None
    if run and run.returncode == 0 and run.stdout:
        return [path for path in run.stdout.split("\0") if path and os.path.isfile(os.path.join(root, path))]
    return walked_files(root)


def walked_files(root):
    found = []
    for folder, names, files in os.walk(root):
        names[:] = [n for n in names if n not in (".git", "node_modules", "__pycache__")
                    and not (folder == root and n.startswith("build"))]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in files]
    return found


def check(rule, tree):
    """(findings, why it was skipped or None)."""
    try:
        return rule(tree), None
    except Skip as skip:
        return [], str(skip)
    except FileNotFoundError as missing:
        return [str(missing)], None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build")
    parser.add_argument("--cc", default="gcc")
    parser.add_argument("--tap", action="store_true", help="TAP on stdout; without it the findings alone")
    parser.add_argument("rules", nargs="*", help="only these rules")
    options = parser.parse_args()
    rules = [rule for rule in RULES if not options.rules or rule.__name__ in options.rules]
    tree = Tree(TOP, project_files(TOP), options.build, options.cc)
    total = 0
    if options.tap:
        print(f"1..{len(rules)}")
    for number, rule in enumerate(rules, 1):
        findings, skipped = check(rule, tree)
        total += len(findings)
        for finding in findings:
            print(f"# {finding}" if options.tap else f"{finding}  [{rule.__name__}]")
        if options.tap:
            tail = f" # SKIP {skipped}" if skipped else ""
            print(f"{'not ok' if findings else 'ok'} {number} - {rule.__name__}{tail}")
        elif skipped:
            print(f"skipped: {rule.__name__}: {skipped}", file=sys.stderr)
    if not options.tap:
        print(f"{len(rules)} rules, {total} findings")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
