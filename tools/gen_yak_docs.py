#!/usr/bin/env python3
"""Writes docs/yak/opcodes.md and docs/yak/messages.md from src/yak/opcodes.h and messages.h.

    tools/gen_yak_docs.py           write both files
    tools/gen_yak_docs.py --check   exit 1 if a committed file is not what would be written
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
STRING = r'"((?:[^"\\]|\\.)*)"'


def entries(path, pattern):
    text = (ROOT / path).read_text(encoding='utf-8')
    text = text[text.index('#define YAK_'):text.index('/* clang-format on */')].replace('\\\n', '\n')
    found = [m.groups() for m in re.finditer(pattern, text, re.S)]
    numbers = [int(e[0]) for e in found]
    if numbers != sorted(set(numbers)):
        sys.exit(f'{path}: numbers must ascend and be distinct')
    if len(found) != text.count('X('):
        sys.exit(f'{path}: an entry was not understood')
    return found


def cell(text):
    return text.replace('\\"', '"').replace('|', '\\|')


def opcodes():
    out = ['# Instructions of a Yak image', '',
           'Written by tools/gen_yak_docs.py from src/yak/opcodes.h; do not edit.', '',
           'An instruction is four bytes: opcode, `a` (one byte), `b` (two bytes, little-endian). Operands that are',
           'not mentioned are zero. Values on the stack are typed; a test is true, false or unknown, and unknown',
           'carries the input that is missing.', '', '| number | name | what it does |', '|---|---|---|']
    for number, name, meaning in entries('src/yak/opcodes.h', r'X\((\d+),\s*(\w+),\s*' + STRING + r'\)'):
        out.append(f'| {number} | {name} | {cell(meaning)} |')
    return '\n'.join(out) + '\n'


def messages():
    out = ['# Messages of the Yak compiler', '',
           'Written by tools/gen_yak_docs.py from src/yak/messages.h; do not edit.', '',
           'Numbers are stable. 1xx: characters and numbers, 2xx: grammar, 3xx: names, 4xx: types and ranges, 5xx: what',
           'verbs, effects, counters and examples may say, 6xx: advice about a sound program. `{0}` stands for what was found; where there is a likely',
           'slip, "did you mean" follows.', '', '| number | name | English | Korean |', '|---|---|---|---|']
    pattern = r'X\((\d+),\s*(\w+),\s*' + STRING + r',\s*' + STRING + r'\)'
    for number, name, en, ko in entries('src/yak/messages.h', pattern):
        out.append(f'| {number} | {name} | {cell(en)} | {cell(ko)} |')
    return '\n'.join(out) + '\n'


def main():
    stale = 0
    for path, text in (('docs/yak/opcodes.md', opcodes()), ('docs/yak/messages.md', messages())):
        target = ROOT / path
        if sys.argv[1:] == ['--check']:
            if not target.exists() or target.read_text(encoding='utf-8') != text:
                print(f'{path} is stale: run tools/gen_yak_docs.py', file=sys.stderr)
                stale = 1
        elif sys.argv[1:]:
            sys.exit(__doc__)
        else:
            target.write_text(text, encoding='utf-8')
    sys.exit(stale)


main()
