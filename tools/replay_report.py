#!/usr/bin/env python3
"""report.html beside a replay's summary.json: one page without scripts or outside files, readable on paper.

The months are compared here with the data again, apart from the program that played them."""

import argparse
import html
import json
import pathlib
import sys

from replay_all import real_cities

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 920, 300, 70, 14, 16, 46

STYLE = """
:root { --ink:#1b2330; --soft:#5b6675; --line:#d9dee5; --paper:#fff; --a:#1f6f8b; --b:#e08e2b; --c:#7a9e3f; --d:#9a6fb0; --e:#c0504d; --f:#8c97a6; }
* { box-sizing:border-box } body { margin:0 auto; max-width:1000px; padding:28px 24px 60px; color:var(--ink); background:var(--paper);
font:16px/1.55 'Noto Sans KR','Noto Sans CJK KR','Apple SD Gothic Neo','Malgun Gothic',sans-serif }
h1 { font-size:30px; margin:0 } h2 { font-size:20px; margin:38px 0 8px; border-top:2px solid var(--ink); padding-top:10px }
h1 small, h2 small { font-weight:400; color:var(--soft); font-size:.62em; margin-left:.5em }
.lead { color:var(--soft); margin:4px 0 18px } .verdict { padding:12px 16px; border-left:6px solid var(--c); background:#f3f7ec; font-size:18px }
.verdict.bad { border-color:var(--e); background:#fbeeee }
.tiles { display:grid; grid-template-columns:repeat(auto-fit,minmax(210px,1fr)); gap:12px; margin:18px 0 }
.tile { border:1px solid var(--line); border-radius:8px; padding:10px 14px } .tile b { display:block; font-size:22px; font-variant-numeric:tabular-nums }
.tile span { color:var(--soft); font-size:14px }
svg { width:100%; height:auto; display:block } svg text { font:12px 'Noto Sans KR','Noto Sans CJK KR',sans-serif; fill:var(--soft) }
.key { font-size:14px; color:var(--soft); margin:0 0 4px } .key span { white-space:nowrap } .key i { display:inline-block; width:12px; height:12px; border-radius:2px; margin:0 5px 0 14px }
table { border-collapse:collapse; width:100%; font-size:14px; font-variant-numeric:tabular-nums } th,td { padding:4px 8px; text-align:right; border-bottom:1px solid var(--line) }
th { color:var(--soft); font-weight:600 } th:first-child,td:first-child { text-align:left; white-space:nowrap } tfoot td { font-weight:700; border-top:2px solid var(--ink) }
.scroll { overflow-x:auto } .ok { color:#4c7a1c } .no { color:var(--e); font-weight:700 } code { font-size:13px; word-break:break-all }
@media print { body { padding:0; font-size:12px } h2 { break-after:avoid } svg,table { break-inside:avoid } }
"""


def won(value):
    return f"{value:,}원"


def short(value):
    """As people say large sums: 2,514.5억원."""
    if abs(value) >= 10**8:
        return f"{value / 10**8:,.1f}억원"
    if abs(value) >= 10**4:
        return f"{value / 10**4:,.0f}만원"
    return won(value)


def real_months(city, fraction):
    """What the data say: floor(real x fraction) for each month and city, by month."""
    cities = real_cities(str(fraction))
    sums = {}
    for months in cities.values() if city == "all" else [cities.get(city, {})]:
        for month, figures in months.items():
            sums[month] = tuple(a + b for a, b in zip(sums.get(month, (0, 0, 0)), figures))
    return sums


# ---- drawing

def scale(top):
    """A round step so that at most six lines fit under `top`."""
    step = 1
    while step * 6 < top:
        step = step * 2 if str(step)[0] in "15" else step * 5 // 2
    return step


def frame(months, top, unit):
    step = scale(top)
    lines = []
    for i in range(int(top // step) + 1):
        y = TOP + (HEIGHT - TOP - BOTTOM) * (1 - i * step / top)
        lines.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#d9dee5"/>'
                     f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{html.escape(unit(i * step))}</text>')
    slot = (WIDTH - LEFT - RIGHT) / len(months)
    every = 1 if len(months) <= 26 else 3
    for i, month in enumerate(months):
        if i % every == 0:
            x = LEFT + slot * (i + 0.5)
            year, number = month.split("-")
            lines.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{int(number)}월</text>')
            if number == "01" or i == 0:
                lines.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 36}" text-anchor="middle">{year}년</text>')
    return lines, slot


def svg(label, inner):
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(label)}">{"".join(inner)}</svg>'


def bars(label, months, series, unit=short):
    """series: (name, colour, values); side by side in each month."""
    top = max(max(values) for _, _, values in series) * 1.06 or 1
    lines, slot = frame(months, top, unit)
    width = slot * 0.72 / len(series)
    key = " ".join(f'<span><i style="background:{colour}"></i>{html.escape(name)}</span>' for name, colour, _ in series)
    for s, (name, colour, values) in enumerate(series):
        for i, value in enumerate(values):
            height = (HEIGHT - TOP - BOTTOM) * max(value, 0) / top
            x = LEFT + slot * (i + 0.14) + width * s
            lines.append(f'<rect x="{x:.1f}" y="{HEIGHT - BOTTOM - height:.1f}" width="{width * 0.94:.1f}" height="{height:.1f}"'
                         f' fill="{colour}"><title>{months[i]} {html.escape(name)}: {html.escape(unit(value))}</title></rect>')
    return f'<p class="key">{key}</p>' + svg(label, lines)


def area(label, months, values, colour, unit=short):
    top = max(values) * 1.06 or 1
    lines, slot = frame(months, top, unit)
    points = [(LEFT + slot * (i + 0.5), HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top) for i, value in enumerate(values)]
    path = " L".join(f"{x:.1f},{y:.1f}" for x, y in points)
    floor = HEIGHT - BOTTOM
    lines.append(f'<path d="M{points[0][0]:.1f},{floor} L{path} L{points[-1][0]:.1f},{floor} Z" fill="{colour}" opacity=".22"/>'
                 f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
    lines += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2" fill="{colour}"><title>{months[i]}: {html.escape(unit(values[i]))}</title></circle>'
              for i, (x, y) in enumerate(points)]
    return svg(label, lines)


def share_bar(parts, total):
    """Where every won that was issued is now."""
    lines, x = [], 0.0
    for name, colour, value in parts:
        width = WIDTH * value / total if total else 0
        lines.append(f'<rect x="{x:.2f}" y="0" width="{width:.2f}" height="46" fill="{colour}">'
                     f'<title>{html.escape(name)}: {won(value)}</title></rect>')
        x += width
    key = " ".join(f'<span><i style="background:{colour}"></i>{html.escape(name)} {short(value)}</span>' for name, colour, value in parts)
    return f'<svg viewBox="0 0 {WIDTH} 46" role="img" aria-label="발행액의 현재 위치">{"".join(lines)}</svg><p class="key">{key}</p>'


def table(heads, rows, foot=None):
    def line(cells, tag):
        return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"
    body = "".join(line(row, "td") for row in rows)
    tail = f"<tfoot>{line(foot, 'td')}</tfoot>" if foot else ""
    return f'<div class="scroll"><table><thead>{line(heads, "th")}</thead><tbody>{body}</tbody>{tail}</table></div>'


# ---- the page

MORE = (("cancelled", "취소 cancelled"), ("refunded", "환불 refunded"), ("gifted", "선물 gifted"), ("granted", "지급 granted"),
        ("lapsed", "소멸 lapsed"), ("youth_spent", "청년 결제 youth spent"), ("bearer_charged", "무기명 구매 bearer charged"),
        ("bearer_spent", "무기명 결제 bearer spent"), ("opening", "이월 opening"))

MIX = {"refunds": "환불", "refunds_partial": "일부 환불", "refunds_advanced": "환전 뒤의 환불", "advanced_won": "환불 대납액", "repaid_won": "대납 상환액",
       "cancels": "구매 취소", "unpaid_orders": "미입금 주문", "gifts": "선물", "remainders": "잔액 환급", "remainders_won": "잔액 환급액",
       "collections": "고객 QR 결제", "lost_phones": "휴대폰 분실", "recoveries": "새 휴대폰", "deaths": "사망", "estates": "상속", "rechecks": "가맹점 재확인",
       "grants": "청년기본소득 지급", "grants_rows": "지급받은 사람", "grants_refused": "거절된 지급", "youth_payments": "청년기본소득 결제", "lapses": "기간 만료"}


def month_table(months, real):
    rows, wrong = [], 0
    for m in months:
        equal = real.get(m["month"]) == (m["registered"], m["charged"], m["spent"])
        wrong += not equal
        rows.append([m["month"], f'{m["registered"]:,}', f'{m["charged"]:,}', f'{m["spent"]:,}',
                     '<span class="ok">같음 =</span>' if equal else '<span class="no">다름 ≠</span>'])
    foot = ["합계", *(f"{sum(m.get(name, 0) for m in months):,}" for name in ("registered", "charged", "spent")), ""]
    return table(["월", "가입 registered", "충전 charged (원)", "사용 spent (원)", "자료와"], rows, foot), wrong


def beside_table(months):
    """What happened beside the figures of the data; nothing if nothing did."""
    present = [(name, head) for name, head in MORE if any(m.get(name) for m in months)]
    if not present:
        return ""
    rows = [[m["month"], *(f"{m.get(name, 0):,}" for name, _ in present)] for m in months]
    foot = ["합계", *(f"{sum(m.get(name, 0) for m in months):,}" for name, _ in present)]
    return "<p></p>" + table(["월 (원)", *(head for _, head in present)], rows, foot)


def mix_table(mix):
    rows = []
    for name, value in mix.items():
        text = f"{MIX.get(name, '')} {name.replace('_', ' ')}".strip()
        rows.append([html.escape(text), won(value) if name.endswith("_won") else f"{value:,}"])
    return table(["종류", "건수"], rows)


def tiles(summary, months):
    charged, spent = sum(m["charged"] for m in months), sum(m["spent"] for m in months)
    seconds = summary.get("seconds") or 0
    facts = [("가입자 registered", f'{sum(m["registered"] for m in months):,}명'), ("충전 charged", short(charged)),
             ("사용 spent", short(spent)), ("결제 payments", f'{summary["payments"]:,}건'),
             ("초당 결제 payments/s", f'{summary["payments"] / seconds:,.0f}' if seconds else "–"),
             ("걸린 시간 time", f"{seconds / 60:,.1f}분" if seconds >= 120 else f"{seconds:,.1f}초"),
             ("기록 크기 log", f'{summary["log_bytes"] / 2**20:,.0f} MiB · {summary["log_bytes"] / max(summary.get("transactions") or summary["payments"], 1):.0f} B/거래'),
             ("최대 메모리 peak memory", f'{summary["peak_rss_bytes"] / 2**20:,.0f} MiB')]
    return '<div class="tiles">' + "".join(f"<div class='tile'><span>{html.escape(k)}</span><b>{html.escape(v)}</b></div>" for k, v in facts) + "</div>"


def audit_part(audit):
    parts = [("시민 보유 held by citizens", "var(--a)", audit["held_citizens"]), ("가맹점 보유 held by shops", "var(--b)", audit["held_merchants"]),
             ("지급 중 pending", "var(--d)", audit["pending"]), ("환전 완료 redeemed", "var(--c)", audit["redeemed"]),
             ("환불 refunded", "var(--e)", audit["refunded"]), ("소멸 lapsed", "var(--f)", audit["lapsed"])]
    rows = [[html.escape(name), won(value)] for name, _, value in parts]
    text = share_bar(parts, audit["issued"]) + table(["구분", "금액"], rows, ["발행 합계 issued", won(sum(v for _, _, v in parts))])
    escrow = [["원장이 말하는 예치금 escrow by the chain", won(audit["escrow"])]]
    if "escrow_at_bank" in audit:
        escrow.append(["은행이 말하는 예치금 escrow at the bank (sandbox)", won(audit["escrow_at_bank"])])
    escrow.append(["차액 difference", won(audit["difference"])])
    return text + "<p></p>" + table(["예치금", "금액"], escrow)


def cities_part(cities):
    rows = [[html.escape(c["city"]), *(f'{sum(m[k] for m in c["months"]):,}' for k in ("registered", "charged", "spent"))] for c in cities]
    return "<h2>도시별<small>by city</small></h2>" + table(["도시", "가입", "충전 (원)", "사용 (원)"], rows)


def page(summary):
    months = summary["months"]
    names = [m["month"] for m in months]
    audit = summary["audit"]
    text, wrong = month_table(months, real_months(summary["city"], summary["fraction"]))
    good = wrong == 0 and audit["difference"] == 0
    verdict = (f"{len(months)}개월 모두 자료와 같고, 차액은 0원입니다. Every month equals the data; the difference is 0." if good else
               f"{wrong}개월이 자료와 다르고, 차액은 {won(audit['difference'])}입니다. {wrong} months differ from the data.")
    held, so_far = [], 0
    for m in months:
        so_far += m["charged"] - m["spent"] + m.get("opening", 0)
        held.append(so_far)
    city = "경기도 31개 시·군" if summary["city"] == "all" else summary["city"]
    scale_text = "실제 크기 full size" if summary["fraction"] == 1 else f"실제의 {summary['fraction']:g}배 fraction {summary['fraction']:g}"
    parts = [f"<h1>{html.escape(city)} 지역화폐 재현<small>replay</small></h1>",
             f'<p class="lead">{names[0]} – {names[-1]} · {scale_text} · seed {summary.get("seed", 1)}</p>',
             f'<p class="verdict{"" if good else " bad"}">{html.escape(verdict)}</p>', tiles(summary, months),
             "<h2>충전과 사용<small>charged and spent, each month</small></h2>",
             bars("월별 충전과 사용", names, [("충전 charged", "#1f6f8b", [m["charged"] for m in months]),
                                        ("사용 spent", "#e08e2b", [m["spent"] for m in months])]),
             "<h2>쓰지 않은 돈<small>charged and not yet spent, at each month's end</small></h2>",
             area("월말 잔액", names, held, "#1f6f8b")]
    if all("payments" in m for m in months):
        parts += ["<h2>결제 건수<small>payments each month</small></h2>",
                  bars("월별 결제 건수", names, [("결제 payments", "#7a9e3f", [m["payments"] for m in months])], lambda v: f"{v:,.0f}건")]
    parts += ["<h2>모든 원의 행방<small>where every won is</small></h2>", audit_part(audit)]
    if summary.get("mix"):
        parts += ["<h2>그 밖의 거래<small>the mix</small></h2>",
                  mix_table(summary["mix"])]
    if summary.get("cities"):
        parts.append(cities_part(summary["cities"]))
    parts += ["<h2>월별 자료<small>month by month</small></h2>", text, beside_table(months), f'<p>원장 상태 state root <code>{html.escape(summary["state_root"])}</code></p>']
    return (f'<!doctype html><html lang="ko"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<title>{html.escape(city)} replay</title><style>{STYLE}</style></head><body>{''.join(parts)}</body></html>\n"), good


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path, help="where summary.json is; report.html goes beside it")
    folder = parser.parse_args().folder
    try:
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        print(f"replay_report: {folder / 'summary.json'} cannot be read: {error}", file=sys.stderr)
        return 2
    text, good = page(summary)
    (folder / "report.html").write_text(text, encoding="utf-8")
    print(f"report: {folder / 'report.html'}", file=sys.stderr)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
