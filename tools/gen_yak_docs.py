#!/usr/bin/env python3
"""Writes docs/yak/opcodes.md and docs/yak/messages.md from src/yak/opcodes.h and
messages.h, and docs/yak/grammar.md from schema/yak.ebnf, checked against src/yak/language.c.

    tools/gen_yak_docs.py           write the files
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


def names_of(text, pattern):
    """The words of a table of language.c, empty ones left out."""
    found = re.search(pattern, text, re.S)
    if not found:
        sys.exit(f'src/yak/language.c: no table {pattern}')
    return [word for word in re.findall(r'"([^"]*)"', found.group(1)) if word]


def grammar():
    """schema/yak.ebnf as a page.  Every word of the language stands in the grammar, every word of the
    grammar is of the language, and the productions of verbs, roles and what is made list them all."""
    ebnf = (ROOT / 'schema/yak.ebnf').read_text(encoding='utf-8')
    code = (ROOT / 'src/yak/language.c').read_text(encoding='utf-8')
    roles = names_of(code, r'const roles\[\] = \{(.*?)\};')
    mades = names_of(code, r'const mades\[\] = \{(.*?)\};')
    rules = names_of(code, r'const rule_kinds\[\] = \{(.*?)\};')
    reserved = names_of(code, r'const reserved\[\] = \{(.*?)\};')
    verbs = re.findall(r'\[DURE_VERB_\w+\] =\s*\{"(\w+)"', code)
    for name, words in (('verb', verbs), ('role', roles), ('made', mades[1:])):
        body = re.search(rf'^{name} +=(.*?) \.$', ebnf, flags=re.M | re.S)
        if not body or re.findall(r'"(\w+)"', body.group(1)) != words:
            sys.exit(f'schema/yak.ebnf: {name} is not {" | ".join(words)}')
    written = set(re.findall(r'"([a-z_]+)"', ebnf))
    known = set(roles + mades + rules + reserved + verbs)
    # The vocabulary has the kinds of party and `owner`.
    wrong = sorted((written - known - {'citizen', 'merchant', 'bearer', 'owner', 'day', 'days'}) | (known - written))
    if wrong:
        sys.exit(f'schema/yak.ebnf and src/yak/language.c disagree about: {", ".join(wrong)}')
    productions = ebnf[ebnf.index('program '):].rstrip()
    return '\n'.join([
        '# Grammar of Yak', '', 'Written by tools/gen_yak_docs.py from schema/yak.ebnf; do not edit.', '',
        '`{ x }` any number, `[ x ]` optional, `( x )` together. Words and marks of the language stand in quotation marks; what stands',
        'between question marks is described. `--` in a program starts a comment to the end of the line. A test derives programs from',
        'this grammar, which the parser must take, and changes words of real programs: what the grammar refuses is refused.', '',
        '```', productions, '```']) + '\n'


def main():
    stale = 0
    for path, text in (('docs/yak/grammar.md', grammar()),
                       ('docs/yak/opcodes.md', opcodes()), ('docs/yak/messages.md', messages())):
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
