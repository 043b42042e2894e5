#!/usr/bin/env python3
"""Writes src/codec/dure_vocabulary.h and src/codec/vocabulary.c from schema/vocabulary.json.

    tools/gen_vocabulary.py           write both files
    tools/gen_vocabulary.py --check   exit 1 if a committed file is not what would be written
"""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SINGULAR = {'kinds': 'KIND', 'categories': 'CATEGORY', 'aid_tiers': 'AID_TIER', 'weekdays': 'WEEKDAY',
            'channels': 'CHANNEL', 'origins': 'ORIGIN', 'roles': 'SERVICE', 'labels': 'LABEL', 'moves': 'MOVE',
            'hold_kinds': 'HOLD_KIND', 'hold_reasons': 'HOLD_REASON', 'fund_modes': 'FUND_MODE'}
TYPES = ['region', 'count', 'name', 'won', 'party']
NAME = re.compile(r'^[a-z][a-z0-9_]{0,30}$')


def read():
    data = json.loads((ROOT / 'schema' / 'vocabulary.json').read_text(encoding='utf-8'))
    if list(data['names']) != list(SINGULAR):
        sys.exit(f'schema/vocabulary.json: name lists {list(data["names"])}, expected {list(SINGULAR)}')
    for title, entries in data['names'].items():
        numbers = [n for n, _ in entries]
        names = [t for _, t in entries]
        if numbers != sorted(set(numbers)) or len(set(names)) != len(names):
            sys.exit(f'{title}: numbers must ascend and names must be distinct')
        if not all(NAME.match(t) for t in names) or not all(0 <= n <= 65535 for n in numbers):
            sys.exit(f'{title}: a malformed name or number')
    labels = [t for _, t in data['names']['labels']]
    if list(data['label_words']) != labels or not all(len(w) == 3 for w in data['label_words'].values()):
        sys.exit('label_words: every label, in order, in ko, en, zh')
    ids = [a['id'] for a in data['attributes']]
    if ids != sorted(set(ids)) or not all(1 <= i <= 255 for i in ids):
        sys.exit('attributes: ids must ascend within 1..255')
    for a in data['attributes']:
        if a['type'] not in TYPES or (a['type'] == 'name') != ('names' in a) or not NAME.match(a['name']):
            sys.exit(f'attribute {a["name"]}: malformed')
    return data


def header(data):
    out = ['''/* codec: the closed vocabulary of the ledger and of Yak: attributes and the names they may take.
   Written by tools/gen_vocabulary.py from schema/vocabulary.json; do not edit.
   Numbers are stored and signed; they are never reused or renumbered. */
#ifndef DURE_VOCABULARY_H
#define DURE_VOCABULARY_H

#include "base/dure_base.h"

typedef enum {
    DURE_NAMES_NONE = 0, /* the attribute does not take a name */''']
    for number, title in enumerate(SINGULAR, 1):
        out.append(f'    DURE_NAMES_{title.upper()} = {number},')
    out.append('} dure_names_t;')
    out.append(f'#define DURE_NAMES_COUNT {len(SINGULAR) + 1}u\n')
    for title, one in SINGULAR.items():
        out.append('typedef enum {')
        for number, name in data['names'][title]:
            out.append(f'    DURE_{one}_{name.upper()} = {number},')
        out.append(f'}} dure_{one.lower()}_t;\n')
    out.append('typedef enum {')
    for a in data['attributes']:
        out.append(f'    DURE_ATTRIBUTE_{a["name"].upper()} = {a["id"]},')
    out.append('} dure_attribute_id_t;\n')
    out.append('typedef enum {')
    for number, name in enumerate(TYPES, 1):
        out.append(f'    DURE_ATTRIBUTE_TYPE_{name.upper()} = {number},')
    out.append('} dure_attribute_type_t;\n')
    out.append(f'''typedef struct {{
    uint8_t id;      /* dure_attribute_id_t */
    uint8_t carrier; /* dure_kind_t: which parties may have it */
    uint8_t type;    /* dure_attribute_type_t */
    uint8_t names;   /* dure_names_t, NONE unless the type is NAME */
    const char *name;
    const char *attested_by;
    const char *ko, *en, *zh; /* what a reader is shown */
}} dure_attribute_t;

#define DURE_ATTRIBUTES_COUNT {len(data['attributes'])}u
extern const dure_attribute_t dure_attributes[DURE_ATTRIBUTES_COUNT]; /* ascending id */

/* dure_attribute_by_id, _by_name: NULL if there is none. */
const dure_attribute_t *dure_attribute_by_id(uint32_t id);
const dure_attribute_t *dure_attribute_by_name(const char *text, size_t size);

/* dure_label_words: what a reader is shown of a label of an effect's number; NULL if there is none. */
typedef struct {{
    const char *ko, *en, *zh;
}} dure_label_words_t;
const dure_label_words_t *dure_label_words(uint32_t label);

/* dure_names_number: false if the list has no such name. */
DURE_MUST_USE bool dure_names_number(uint16_t *number, dure_names_t names, const char *text,
                                     size_t size);
/* dure_names_text: NULL if the list has no such number. */
const char *dure_names_text(dure_names_t names, uint32_t number);
/* dure_names_entry: the index-th name of a list with its number; NULL past the end. */
const char *dure_names_entry(uint16_t *number, dure_names_t names, uint32_t index);

#endif''')
    return '\n'.join(out) + '\n'


LOOKUPS = '''
static bool text_is(const char *text, size_t text_size, const char *name)
{
    size_t i = 0;
    while (i < text_size && name[i] != '\\0' && name[i] == text[i]) {
        i++;
    }
    return i == text_size && name[i] == '\\0';
}

const dure_attribute_t *dure_attribute_by_id(uint32_t id)
{
    for (uint32_t i = 0; i < DURE_ATTRIBUTES_COUNT; i++) {
        if (dure_attributes[i].id == id) {
            return &dure_attributes[i];
        }
    }
    return NULL;
}

const dure_attribute_t *dure_attribute_by_name(const char *text, size_t size)
{
    for (uint32_t i = 0; i < DURE_ATTRIBUTES_COUNT; i++) {
        if (text_is(text, size, dure_attributes[i].name)) {
            return &dure_attributes[i];
        }
    }
    return NULL;
}

const dure_label_words_t *dure_label_words(uint32_t label)
{
    const uint32_t count = sizeof label_words / sizeof label_words[0];
    return label < count && label_words[label].en != NULL ? &label_words[label] : NULL;
}

bool dure_names_number(uint16_t *number, dure_names_t names, const char *text, size_t size)
{
    DURE_ASSERT((uint32_t)names < DURE_NAMES_COUNT);
    for (uint32_t i = 0; i < lists[names].count; i++) {
        const entry_t *entry = &lists[names].entries[i];
        if (entry->size == size && memcmp(entry->text, text, size) == 0) {
            *number = entry->number;
            return true;
        }
    }
    return false;
}

const char *dure_names_text(dure_names_t names, uint32_t number)
{
    DURE_ASSERT((uint32_t)names < DURE_NAMES_COUNT);
    for (uint32_t i = 0; i < lists[names].count; i++) {
        if (lists[names].entries[i].number == number) {
            return lists[names].entries[i].text;
        }
    }
    return NULL;
}

const char *dure_names_entry(uint16_t *number, dure_names_t names, uint32_t index)
{
    DURE_ASSERT((uint32_t)names < DURE_NAMES_COUNT);
    if (index >= lists[names].count) {
        return NULL;
    }
    *number = lists[names].entries[index].number;
    return lists[names].entries[index].text;
}'''


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def source(data):
    out = ['''/* Written by tools/gen_vocabulary.py from schema/vocabulary.json; do not edit. */
#include "codec/dure_vocabulary.h"

/* clang-format off */
typedef struct {
    uint16_t number;
    uint8_t size; /* bytes of text */
    const char *text;
} entry_t;
''']
    for title, entries in data['names'].items():
        out.append(f'static const entry_t {title}[] = {{')
        for number, name in entries:
            out.append(f'    {{{number}, {len(name)}, {quoted(name)}}},')
        out.append('};\n')
    out.append('''static const struct {
    uint32_t count;
    const entry_t *entries;
} lists[DURE_NAMES_COUNT] = {
    {0, NULL},''')
    for title, entries in data['names'].items():
        out.append(f'    {{{len(entries)}, {title}}},')
    out.append('};\n')
    out.append('const dure_attribute_t dure_attributes[DURE_ATTRIBUTES_COUNT] = {')
    for a in data['attributes']:
        names = f'DURE_NAMES_{a["names"].upper()}' if 'names' in a else 'DURE_NAMES_NONE'
        out.append(f'    {{{a["id"]}, DURE_KIND_{a["carrier"].upper()}, DURE_ATTRIBUTE_TYPE_{a["type"].upper()},'
                   f' {names}, {quoted(a["name"])},')
        out.append(f'     {quoted(a["attested_by"])}, {quoted(a["ko"])}, {quoted(a["en"])}, {quoted(a["zh"])}}},')
    out.append('};\n')
    out.append('static const dure_label_words_t label_words[] = {')
    for number, name in data['names']['labels']:
        words = ', '.join(quoted(w) for w in data['label_words'][name])
        out.append(f'    [{number}] = {{{words}}},')
    out.append('};')
    out.append('/* clang-format on */')
    out.append(LOOKUPS)
    text = '\n'.join(out) + '\n'
    return text.replace('#include "codec/dure_vocabulary.h"\n', '#include "codec/dure_vocabulary.h"\n\n#include <string.h>\n', 1)


def main():
    data = read()
    stale = 0
    for path, text in (('src/codec/dure_vocabulary.h', header(data)), ('src/codec/vocabulary.c', source(data))):
        target = ROOT / path
        if sys.argv[1:] == ['--check']:
            if not target.exists() or target.read_text(encoding='utf-8') != text:
                print(f'{path} is stale: run tools/gen_vocabulary.py', file=sys.stderr)
                stale = 1
        elif sys.argv[1:]:
            sys.exit(__doc__)
        else:
            target.write_text(text, encoding='utf-8')
    sys.exit(stale)


main()
