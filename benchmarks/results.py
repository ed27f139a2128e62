"""The measurements as JSON."""

from __future__ import annotations

import json
import math
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.report import Row, Table

FORMAT = 1


def save(tables: list[Table], where: Path, options: dict[str, Any]) -> None:
    """Write machine, versions, date and every row to a file."""
    content = {
        "format": FORMAT,
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": machine.facts(),
        "versions": machine.versions(),
        "options": options,
        "tables": {table.name: _table(table) for table in tables},
    }
    where.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _table(table: Table) -> dict[str, Any]:
    return {
        "about": table.about,
        "error": table.error or None,
        "rows": [_row(heading, row) for heading, row in table.headed()],
    }


def _row(heading: str, row: Row) -> dict[str, Any]:
    low, first, median, third, high = map(_number, row.spread.five)
    target = row.target
    return {
        "work": row.work.strip(),
        "of": heading or None,
        "unit": row.unit,
        "median": median,
        "quartiles": [first, third],
        "range": [low, high],
        "measurements": len(row.spread.all),
        "target": str(target) if target else None,
        "met": row.is_met,
        "note": row.note or None,
        "nodes": row.point.x if row.point else None,
    }


def _number(x: float) -> float | None:
    """JSON has no nan: None if nothing was measured."""
    return x if math.isfinite(x) else None
