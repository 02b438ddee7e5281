"""The two charts of the dashboard: what is drawn, and the same as a table for whoever doesn't see it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handlers.presenting import wan_text
from server.applications.state import STATE_NAMES
from server.reports.dashboard import Overview, Period
from server.reports.figures import Figure, Sums

WAN_FEN = 1_000_000
SHARES = 6
PERIODS = {Period.DAYS: "近 30 天", Period.MONTHS: "近 12 个月"}
DECIDED = {
    Figure.CERTIFICATIONS_APPROVED: "通过",
    Figure.CERTIFICATIONS_RETURNED: "退回补充",
    Figure.CERTIFICATIONS_REJECTED: "驳回",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """``head`` and ``rows`` say the same as a table, for whoever doesn't see the drawing."""

    title: str
    description: str
    json: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    @property
    def is_empty(self) -> bool:
        """Nothing to draw."""
        return not any(text not in ("0", "0.00") for row in self.rows for text in row[1:])


def trend_of(overview: Overview) -> Chart:
    """Money and cases over time; for reviewers certifications."""
    labels = [_axis(key) for key, _ in overview.trend]
    sums = [each for _, each in overview.trend]
    if overview.cases is None:
        given = [each[Figure.CERTIFICATIONS_SUBMITTED] for each in sums]
        decided = [sum(each[figure] for figure in DECIDED) for each in sums]
        bars = [{"name": "提交认证", "data": given}, {"name": "办结", "data": decided}]
        return Chart(
            title="认证提交与办结",
            description=f"{PERIODS[overview.period]}提交和办结的企业认证件数",
            json=_json({"kind": "trend", "x": labels, "units": ["件"], "bars": bars}),
            head=("时间", "提交认证(件)", "办结(件)"),
            rows=[(x, str(a), str(b)) for x, a, b in zip(labels, given, decided, strict=True)],
        )
    credited = [each[Figure.CREDITED_FEN] for each in sums]
    lent = [each[Figure.LENT_FEN] for each in sums]
    cases = [each[Figure.SUBMITTED] for each in sums]
    data = {
        "kind": "trend",
        "x": labels,
        "units": ["万元", "笔"],
        "bars": [
            {"name": "授信金额", "data": [fen / WAN_FEN for fen in credited]},
            {"name": "放款金额", "data": [fen / WAN_FEN for fen in lent]},
        ],
        "lines": [{"name": "申请笔数", "data": cases}],
    }
    rows = zip(labels, map(wan_text, credited), map(wan_text, lent), map(str, cases), strict=True)
    return Chart(
        title="授信、放款与申请趋势",
        description=f"{PERIODS[overview.period]}的授信金额、放款金额与申请笔数",
        json=_json(data),
        head=("时间", "授信(万元)", "放款(万元)", "申请(笔)"),
        rows=list(rows),
    )


def shares_of(overview: Overview) -> Chart:
    """Of applications by institution (administrators) or state (officers); of decisions (reviewers)."""
    if overview.platform is not None:
        title, unit = "申请按机构分布", "笔"
        parts = _largest(overview.platform.by_institution)
    elif overview.cases is not None:
        title, unit = "申请按状态分布", "笔"
        by_state = overview.cases.by_state
        parts = [(STATE_NAMES[state], number) for state, number in by_state.items()]
    else:
        title, unit = "审核结果", "件"
        parts = [(label, overview.total[figure]) for figure, label in DECIDED.items()]
    shown = [(name, number) for name, number in parts if number]
    data = [{"name": name, "value": number} for name, number in shown]
    return Chart(
        title=title,
        description=title + "：" + "，".join(f"{name} {number} {unit}" for name, number in shown),
        json=_json({"kind": "pie", "unit": unit, "data": data}),
        head=("项目", f"数量({unit})"),
        rows=[(name, str(number)) for name, number in shown],
    )


def _largest(sums: Mapping[str, Sums]) -> list[tuple[str, int]]:
    ordered = sorted(
        ((name, each[Figure.SUBMITTED]) for name, each in sums.items()), key=lambda part: -part[1]
    )
    if len(ordered) <= SHARES:
        return ordered
    rest = sum(number for _, number in ordered[SHARES - 1 :])
    return [*ordered[: SHARES - 1], ("其他机构", rest)]


def _axis(key: str) -> str:
    """``11-20`` of a day, ``11月`` of a month."""
    return key[5:] if len(key) > len("2026-11") else f"{int(key[5:])}月"


def _json(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
