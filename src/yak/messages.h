/* Every message of the Yak compiler: number, name, English, Korean.  Numbers are stable: tools and
   tests refer to them; docs/yak/messages.md is generated from this file by tools/gen_yak_docs.py.
   {0} {1} {2} are filled with what was found; a suggestion is added behind where there is one. */
#ifndef DURE_YAK_MESSAGES_H
#define DURE_YAK_MESSAGES_H

/* clang-format off */
#define YAK_MESSAGES(X)                                                                             \
    X(101, SOURCE_TOO_LARGE,                                                                        \
      "the program is {0} bytes long; at most {1} bytes are allowed",                               \
      "프로그램이 {0}바이트입니다. 최대 {1}바이트까지 쓸 수 있습니다")                                                      \
    X(102, UTF8_INVALID,                                                                            \
      "these bytes are not UTF-8; save the file as UTF-8",                                          \
      "UTF-8이 아닌 바이트가 있습니다. 파일을 UTF-8로 저장하세요")                                                      \
    X(103, CHARACTER_HIDDEN,                                                                        \
      "{0} is invisible or changes the direction of reading; delete it",                            \
      "{0}은(는) 보이지 않거나 읽는 방향을 바꾸는 글자입니다. 지우세요")                                                     \
    X(104, CHARACTER_LOOK_ALIKE,                                                                    \
      "{0} looks like a plain letter but is another; write the letter of the keyboard",             \
      "{0}은(는) 보통 글자처럼 보이지만 다른 글자입니다. 자판의 글자로 쓰세요")                                                 \
    X(105, CHARACTER_STRAY,                                                                         \
      "{0} cannot stand here; outside quotation marks a program is plain ASCII",                    \
      "{0}은(는) 여기에 쓸 수 없습니다. 따옴표 밖에는 영문 ASCII만 씁니다")                                                \
    X(106, STRING_OPEN,                                                                             \
      "this text has no closing quotation mark on its line; add one before the line ends",          \
      "이 줄에 닫는 따옴표가 없습니다. 줄이 끝나기 전에 넣으세요")                                                          \
    X(107, NUMBER_GROUPS,                                                                           \
      "write digits in groups of three, like 1,500,000, and a space after a comma that separates",  \
      "숫자는 1,500,000처럼 세 자리씩 끊고, 값을 나누는 쉼표 뒤에는 빈칸을 두세요")                                            \
    X(108, NUMBER_TOO_LARGE,                                                                        \
      "numbers go up to 1,000,000,000,000,000",                                                     \
      "숫자는 1,000,000,000,000,000까지입니다")                                                             \
    X(109, NUMBER_LEADING_ZERO,                                                                     \
      "a number does not begin with 0; leave it out",                                               \
      "숫자는 0으로 시작하지 않습니다. 앞의 0을 빼세요")                                                               \
    X(110, RATE_FORM,                                                                               \
      "only rates have decimals; they are written like 6% or 6.25%, at most 100%",                  \
      "소수는 비율에만 씁니다. 6%나 6.25%처럼 소수 두 자리, 100%까지입니다")                                               \
    X(111, DATE_INVALID,                                                                            \
      "there is no such day; dates are written like 2026-03-01, from 1970 to 2199",                 \
      "없는 날짜입니다. 날짜는 2026-03-01처럼 쓰고 1970년부터 2199년까지입니다")                                           \
    X(112, CLOCK_INVALID,                                                                           \
      "there is no such time; times are written like 09:00, from 00:00 to 24:00",                   \
      "없는 시각입니다. 시각은 09:00처럼 쓰고 00:00부터 24:00까지입니다")                                                \
    X(113, NAME_LONG,                                                                               \
      "a name has at most 31 characters; this one has {0}",                                         \
      "이름은 31자까지입니다. 이 이름은 {0}자입니다")                                                                \
    X(114, NAME_FORM,                                                                               \
      "names are written with a-z, 0-9 and _, beginning with a letter",                             \
      "이름은 a-z, 0-9, _로 쓰고 글자로 시작합니다")                                                              \
    X(115, TOO_COMPLEX,                                                                             \
      "the program needs more working memory than a program may use; make it shorter",              \
      "프로그램이 허용된 작업 메모리를 넘습니다. 더 짧게 쓰세요")                                                           \
    X(116, FORMAT_TOO_LARGE,                                                                        \
      "laid out, the program would be longer than {0} bytes; make it shorter",                      \
      "정리하면 프로그램이 {0}바이트를 넘습니다. 더 짧게 쓰세요")                                                          \
    X(117, MARK_UNKNOWN,                                                                            \
      "{0} means nothing in the language; delete it",                                               \
      "{0}은(는) 이 언어에 없는 기호입니다. 지우세요")                                                               \
    X(118, NO_ARITHMETIC,                                                                           \
      "conditions only add: {0} cannot stand here; add what you would take away on the other side, and write products as constants", \
      "조건에서는 더하기만 합니다. {0} 대신 뺄 값은 반대쪽에 더하고 곱은 상수로 쓰세요")                                            \
    X(201, EXPECTED,                                                                                \
      "expected {0}, found {1}",                                                                    \
      "{0}이(가) 와야 하는데 {1}이(가) 있습니다")                                                                \
    X(202, ITEM_UNKNOWN,                                                                            \
      "{0} does not begin anything that a fund holds",                                              \
      "{0}(으)로 시작하는 항목은 없습니다")                                                                      \
    X(203, RULE_UNKNOWN,                                                                            \
      "{0} does not begin a rule: allow, deny, hold, give, subsidy, reward, share or cap",          \
      "{0}(으)로 시작하는 규칙은 없습니다: allow, deny, hold, give, subsidy, reward, share, cap")                \
    X(204, MIX_AND_OR,                                                                              \
      "`and` and `or` stand side by side; put brackets around the part that belongs together",      \
      "`and`와 `or`가 나란히 있습니다. 함께 볼 부분을 괄호로 묶으세요")                                                   \
    X(205, NESTING,                                                                                 \
      "brackets and `not` are nested more than {0} deep; split the rule, or name the values with `set` and ask `in`", \
      "괄호와 `not`이 {0}겹을 넘습니다. 규칙을 나누거나 `set`으로 묶어 `in`으로 물으세요")                                     \
    X(206, TEXT_AFTER_END,                                                                          \
      "nothing may follow the closing brace of the fund; found {0}",                                \
      "펀드를 닫는 괄호 뒤에는 아무것도 올 수 없는데 {0}이(가) 있습니다")                                                    \
    X(207, COMPARISON_FORM,                                                                         \
      "{0} does not belong to a comparison; write `=`, `!=`, `<`, `<=`, `>` or `>=`",               \
      "{0}은(는) 비교 기호가 아닙니다. `=`, `!=`, `<`, `<=`, `>`, `>=` 가운데 하나를 쓰세요")                           \
    X(208, UNLESS_ALONE,                                                                            \
      "`unless` follows a `when`; write `when not (...)`",                                          \
      "`unless`는 `when` 뒤에 옵니다. `when not (...)`으로 쓰세요")                                            \
    X(301, DUPLICATE,                                                                               \
      "{0} is already declared on line {1}; choose another name or delete one",                     \
      "{0}은(는) {1}행에 이미 있습니다. 다른 이름을 쓰거나 하나를 지우세요")                                                 \
    X(302, ITEM_DUPLICATE,                                                                          \
      "{0} may stand only once; it already stands on line {1}; delete one",                         \
      "{0}은(는) 한 번만 쓸 수 있는데 {1}행에 이미 있습니다. 하나를 지우세요")                                               \
    X(303, ITEM_MISSING,                                                                            \
      "the fund does not say {0}; add a line like `{1}`",                                           \
      "펀드에 {0} 항목이 없습니다. `{1}` 같은 줄을 넣으세요")                                                         \
    X(304, NAME_UNKNOWN,                                                                            \
      "nothing is called {0} here; correct it, or declare it as a parameter or a counter",          \
      "{0}(이)라는 이름이 없습니다. 고쳐 쓰거나 매개변수나 계수기로 선언하세요")                                                 \
    X(305, ATTRIBUTE_UNKNOWN,                                                                       \
      "a party has nothing called {0}; it has {1}",                                                 \
      "당사자에게 {0}(이)라는 속성이 없습니다. 있는 속성: {1}")                                                        \
    X(306, NAME_NOT_OF,                                                                             \
      "{0} is not one of the {1}; schema/vocabulary.json has them all",                             \
      "{0}은(는) {1}에 없는 이름입니다. 전체 목록은 schema/vocabulary.json에 있습니다")                                 \
    X(307, NAME_RESERVED,                                                                           \
      "{0} already means something in the language; choose another name",                           \
      "{0}은(는) 언어가 이미 쓰는 말입니다. 다른 이름을 쓰세요")                                                         \
    X(308, SET_AS_VALUE,                                                                            \
      "{0} is a set or a list; test it with `in`",                                                  \
      "{0}은(는) 집합이나 명단입니다. `in`으로 검사하세요")                                                           \
    X(309, NOT_A_COUNTER,                                                                           \
      "{0} is not a counter; only counters can stand here",                                         \
      "{0}은(는) 계수기가 아닙니다. 여기에는 계수기만 올 수 있습니다")                                                      \
    X(310, NOT_A_PARAMETER,                                                                         \
      "{0} is not a parameter measured in {1}; correct it, or write the figure itself",             \
      "{0}은(는) {1} 단위의 매개변수가 아닙니다. 고쳐 쓰거나 값을 직접 쓰세요")                                               \
    X(311, NOT_A_SET,                                                                               \
      "{0} is neither a set nor a list; correct it, or declare it with `set` or `list`",            \
      "{0}은(는) 집합도 명단도 아닙니다. 고쳐 쓰거나 `set`이나 `list`로 선언하세요")                                         \
    X(312, WORDS_MISSING,                                                                           \
      "{0} has no words for citizens; add it to `words` with ko, en and zh",                        \
      "{0}에 시민이 볼 말이 없습니다. `words`에 ko, en, zh를 넣으세요")                                              \
    X(313, WORDS_UNKNOWN,                                                                           \
      "there are words for {0}, but the program has nothing of that name; delete them or correct the name", \
      "{0}의 말이 있지만 프로그램에 그런 이름이 없습니다. 지우거나 이름을 고치세요")                                               \
    X(314, WORDS_EMPTY,                                                                             \
      "the words of {0} are empty; write what citizens shall read",                                 \
      "{0}의 말이 비어 있습니다. 시민이 읽을 말을 쓰세요")                                                             \
    X(315, RULE_NOT_FOUND,                                                                          \
      "{1} has no {2} called {0}; name one that stands there",                                      \
      "{1}에 {0}(이)라는 {2} 규칙이 없습니다. 있는 규칙의 이름을 쓰세요")                                                 \
    X(401, TYPE_MISMATCH,                                                                           \
      "{0} cannot be compared with {1}; both sides must measure the same",                          \
      "{0}와(과) {1}은(는) 비교할 수 없습니다. 양쪽이 같은 종류여야 합니다")                                                \
    X(402, TYPE_EXPECTED,                                                                           \
      "expected {0}, found {1}",                                                                    \
      "{0}이(가) 와야 하는데 {1}이(가) 있습니다")                                                                \
    X(403, SUM_TYPE,                                                                                \
      "only won and won, or counts and counts, add up; here stand {0} and {1}",                     \
      "원과 원, 횟수와 횟수만 더할 수 있습니다. 여기에는 {0}와(과) {1}이(가) 있습니다")                                         \
    X(404, ORDER_TYPE,                                                                              \
      "`<` and `>` do not apply to {0}; use `=`, `!=` or `in`",                                     \
      "{0}에는 크고 작음이 없습니다. `=`, `!=`, `in`을 쓰세요")                                                    \
    X(405, USED_ORDER,                                                                              \
      "lot.used is rounded down, so only `>=` and `<` are exact",                                   \
      "lot.used는 내림한 값이므로 `>=`와 `<`만 쓸 수 있습니다")                                                     \
    X(406, CONSTANT_BOTH,                                                                           \
      "both sides are constants, so this test never changes; one side must be amount, a counter, an attribute, a parameter or the like", \
      "양쪽이 모두 상수라서 결과가 늘 같습니다. 한쪽은 amount, 계수기, 속성, 매개변수 같은 값이어야 합니다")                              \
    X(407, NOBODY,                                                                                  \
      "`nobody` equals no one, so this test never changes; `nobody` stands only after `counts as`", \
      "`nobody`는 누구와도 같지 않습니다. `counts as` 뒤에만 쓸 수 있습니다")                                           \
    X(408, RANGE_ORDER,                                                                             \
      "the range ends before it begins; write the smaller end first",                               \
      "범위의 끝이 시작보다 앞에 있습니다. 작은 쪽을 먼저 쓰세요")                                                          \
    X(409, RANGE_OUTSIDE,                                                                           \
      "the value lies outside its own range; choose a value within it or widen the range",          \
      "값이 자기 범위를 벗어났습니다. 범위 안의 값을 쓰거나 범위를 넓히세요")                                                    \
    X(410, RATE_SUM,                                                                                \
      "the {0} rules of this verb may add up to more than 100% of amount; lower a rate, or the upper end of its range", \
      "이 행위의 {0} 규칙을 더하면 금액의 100%를 넘을 수 있습니다. 비율이나 그 범위의 끝을 낮추세요")                                  \
    X(411, DAYS_RANGE,                                                                              \
      "this takes {0} to {1} days",                                                                 \
      "{0}일부터 {1}일까지 쓸 수 있습니다")                                                                     \
    X(412, MONTHS_HERE,                                                                             \
      "months and years differ in length; write this in days or weeks",                             \
      "달과 해는 길이가 다릅니다. 여기서는 일이나 주로 쓰세요")                                                            \
    X(413, REGION_FORM,                                                                             \
      "a region is a code of five digits, like 41570",                                              \
      "지역은 41570처럼 다섯 자리 코드입니다")                                                                    \
    X(414, WITHIN_FORM,                                                                             \
      "`within` takes a region on the left and the first one to five digits of a code on the right", \
      "`within`은 왼쪽에 지역, 오른쪽에 코드의 앞 한 자리에서 다섯 자리를 씁니다")                                             \
    X(415, CONSTANT_TWICE,                                                                          \
      "{0} stands twice in these brackets; delete one",                                             \
      "{0}이(가) 괄호 안에 두 번 있습니다. 하나를 지우세요")                                                           \
    X(416, CLOCK_RANGE,                                                                             \
      "a time range ends after it begins, within one day; for a night write `time >= 22:00 or time < 05:00`", \
      "시각 범위는 하루 안에서 끝나야 합니다. 밤은 `time >= 22:00 or time < 05:00`처럼 쓰세요")                            \
    X(417, SIDE_TWO,                                                                                \
      "one side may name one counter, attribute or parameter beside amount and constants; declare one counter over both", \
      "한쪽에는 amount와 상수 말고 계수기, 속성, 매개변수 하나만 올 수 있습니다")                                              \
    X(418, VALUE_RANGE,                                                                             \
      "this takes {0} to {1}",                                                                      \
      "{0}부터 {1}까지 쓸 수 있습니다")                                                                       \
    X(501, ROLE_NOT_OF_VERB,                                                                        \
      "{1} has no {0}; it knows {2}",                                                               \
      "{1}에는 {0}이(가) 없습니다. 있는 당사자: {2}")                                                            \
    X(502, EFFECT_NOT_OF_VERB,                                                                      \
      "{0} cannot stand in {1}; it may have {2}",                                                   \
      "{0}은(는) {1}에 쓸 수 없습니다. 쓸 수 있는 규칙: {2}")                                                      \
    X(503, FACT_NOT_OF_VERB,                                                                        \
      "{0} cannot be read in {1}; every verb reads its own parties, amount, today, weekday, time, parameters and counters", \
      "{0}은(는) {1}에서 읽을 수 없습니다. 모든 행위는 자기 당사자, amount, today, weekday, time, 매개변수, 계수기를 읽습니다")      \
    X(504, FIXED_AT_ISSUE,                                                                          \
      "{0} is fixed at issue, but a shop's money has no day of issue; it cannot be read in {1}",    \
      "{0}은(는) 발행일에 고정되는데 가맹점 돈에는 발행일이 없어서 {1}에서 읽을 수 없습니다")                                        \
    X(505, COUNTER_WHOSE,                                                                           \
      "{0} counts per party but not on {1}, so it is unclear whose is meant; add {1} to the counter", \
      "{0}은(는) 당사자별로 세지만 {1}에서는 세지 않아 누구 것인지 알 수 없습니다. 계수기에 {1}을(를) 넣으세요")                          \
    X(506, COUNTER_BY_MIXED,                                                                        \
      "a counter is per party on all its verbs or city-wide on all; write `by` on every verb or on none", \
      "계수기는 모든 행위에서 당사자별이거나 모두 도시 전체여야 합니다. 모든 행위에 `by`를 쓰거나 모두 빼세요")                               \
    X(507, COUNTER_MADE,                                                                            \
      "{0} is made only by {1}; count it there, or count `amount`",                                 \
      "{0}은(는) {1}에서만 생깁니다. 거기서 세거나 `amount`를 세세요")                                                 \
    X(508, NO_ALLOW,                                                                                \
      "{0} has no allow, so it is always refused; add an allow or delete the block",                \
      "{0}에 allow가 없어 늘 거절됩니다. allow를 넣거나 블록을 지우세요")                                                \
    X(509, ACCOUNTS_DIFFER,                                                                         \
      "every {0} of a program names one account; line {1} names {2}",                               \
      "프로그램의 모든 {0}은(는) 한 계정만 씁니다. {1}행은 {2}입니다")                                                   \
    X(510, GIVE_MIXED,                                                                              \
      "`give amount` stands alone; it cannot be joined with another give; delete one of the two",   \
      "`give amount`는 혼자만 쓸 수 있고 다른 give와 함께 쓸 수 없습니다. 둘 중 하나를 지우세요")                               \
    X(511, GIVE_MINIMUM,                                                                            \
      "a give is at least 1 won; {0} may be 0 won; begin its range at 1 won",                       \
      "give는 1원 이상이어야 합니다. {0}은(는) 0원일 수 있습니다. 범위를 1원부터 시작하세요")                                     \
    X(512, CAP_NOTHING,                                                                             \
      "there is no {0} in this verb that could be capped; delete the cap or add a {0} rule",        \
      "이 행위에는 한도를 둘 {0}이(가) 없습니다. cap을 지우거나 {0} 규칙을 넣으세요")                                          \
    X(513, GIVEN_COMPARED,                                                                          \
      "{0} is given or caps here, so it cannot also be compared in this verb; compare with a constant or another parameter", \
      "{0}은(는) 여기서 주거나 한도가 되므로 같은 행위에서 비교할 수 없습니다. 상수나 다른 매개변수와 비교하세요")                             \
    X(514, GRANT_NOTHING,                                                                           \
      "a grant without a give gives nothing; add `give 10,000 won from issuer.budget`",             \
      "give가 없는 grant는 아무것도 주지 않습니다. `give 10,000 won from issuer.budget`처럼 넣으세요")                  \
    X(515, TOO_MANY,                                                                                \
      "at most {1} {0} are allowed",                                                                \
      "{0}은(는) 최대 {1}개입니다")                                                                         \
    X(516, GIVE_READS_AMOUNT,                                                                       \
      "the amount of a grant is the sum of its gives, so a give cannot ask for it",                 \
      "grant의 금액은 give의 합이므로 give의 조건에서 쓸 수 없습니다")                                                  \
    X(517, EXAMPLE_FACT,                                                                            \
      "an example states facts: `value = constant`, `role is kind`, `role in list`, `lot is gifted`", \
      "예시에는 사실만 씁니다: `값 = 상수`, `당사자 is 종류`, `당사자 in 명단`, `lot is gifted`")                          \
    X(518, EXAMPLE_TWICE,                                                                           \
      "this fact is stated twice; delete one",                                                      \
      "이 사실이 두 번 적혀 있습니다. 하나를 지우세요")                                                                \
    X(519, EXAMPLE_AMOUNT,                                                                          \
      "the amount of this grant is the sum of its gives; leave out `of`",                           \
      "이 grant의 금액은 give의 합입니다. `of`를 빼세요")                                                         \
    X(520, EXAMPLE_KIND,                                                                            \
      "the facts disagree: a member of {0} is a {1}; delete one",                                   \
      "사실이 서로 맞지 않습니다. {0}에 있는 당사자는 {1}입니다. 하나를 지우세요")                                              \
    X(522, NO_ISSUE,                                                                                \
      "the fund has neither purchase nor grant, so no won of it could ever exist; add a `purchase` or a `grant` block", \
      "purchase도 grant도 없어 이 돈은 생길 수 없습니다. `purchase`나 `grant` 블록을 넣으세요")                           \
    X(523, IMAGE_TOO_LARGE,                                                                         \
      "the compiled program is larger than {0} bytes; make it shorter",                             \
      "컴파일한 프로그램이 {0}바이트를 넘습니다. 더 짧게 쓰세요")                                                          \
    X(524, GIVE_SUM,                                                                                \
      "the gives may add up to more than 1,000,000,000,000,000 won; lower one of them",             \
      "give를 더하면 1,000,000,000,000,000원을 넘을 수 있습니다. 하나를 낮추세요")                                      \
    X(601, EXAMPLE_WITH,                                                                            \
      "no example of {1} would fail if {0} were deleted; add an example that this rule alone decides", \
      "{0}을(를) 지워도 틀리는 {1} 예시가 없습니다. 이 규칙 하나로 결과가 정해지는 예시를 넣으세요")                                   \
    X(602, EXAMPLE_WITHOUT,                                                                         \
      "no example of {1} would fail if {0} always held; add an example just on the other side of its edge", \
      "{0}이(가) 늘 성립해도 틀리는 {1} 예시가 없습니다. 경계 바로 너머의 예시를 넣으세요")                                        \
    X(603, TEST_ALWAYS,                                                                             \
      "this test holds for every value there can be; delete it or change its bound",                \
      "이 조건은 가능한 모든 값에서 성립합니다. 지우거나 경계값을 바꾸세요")                                                     \
    X(604, TEST_NEVER,                                                                              \
      "this test holds for no value there can be; change its bound",                                \
      "이 조건은 어떤 값에서도 성립하지 않습니다. 경계값을 바꾸세요")                                                         \
    X(605, TESTS_EXCLUDE,                                                                           \
      "this test and the one before it on line {0} never hold together, so the rule never holds; change one or join them with `or`", \
      "이 조건과 {0}행의 앞 조건은 함께 성립할 수 없어 규칙이 성립하지 않습니다. 하나를 바꾸거나 `or`로 이으세요")                           \
    X(606, RULE_IDLE,                                                                               \
      "the rule on line {0} already says all that this one says; delete one or change its test",    \
      "{0}행의 규칙이 이 규칙의 내용을 이미 포함합니다. 하나를 지우거나 조건을 바꾸세요")                                            \
    X(607, ALLOW_DENIED,                                                                            \
      "the deny on line {0} refuses everything that this allow lets through; change one of them",   \
      "이 allow가 허용하는 것을 {0}행의 deny가 모두 거절합니다. 둘 중 하나를 바꾸세요")                                        \
    X(608, UNUSED,                                                                                  \
      "no rule and no promise uses {0}; use it or delete it",                                       \
      "{0}을(를) 쓰는 규칙이나 약속이 없습니다. 쓰거나 지우세요")
/* clang-format on */

#endif
