"""One HTML file that holds everything: style, script and trace.

A user's label is never markup: all labels travel as JSON, in which `<` is
spelled `\\u003c`, and the script shows them as text.  A Content-Security-Policy
lets nothing run but the script whose hash it names, and nothing be loaded at all.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.resources
import json
from string import Template
from typing import Any

SCRIPTS = (
    "text.js",
    "paths.js",
    "boxes.js",
    "arrows.js",
    "diagram.js",
    "panel.js",
    "controls.js",
    "page.js",
)


def document(trace: dict[str, Any]) -> str:
    """The page of a trace."""
    style = _read("page.css")
    script = "\n".join(_read(name) for name in SCRIPTS)
    policy = "; ".join(
        [
            "default-src 'none'",
            f"style-src '{_hash(style)}'",
            f"script-src '{_hash(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    return Template(_read("page.html")).substitute(
        policy=policy, style=style, script=script, trace=embedded(trace)
    )


def embedded(data: Any) -> str:
    """`data` as JSON that may stand inside a `<script>` element.

    >>> embedded("</script>")
    '"\\\\u003c/script>"'
    """
    # ASCII alone, so that U+2028 and half characters are spelled out as well.
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _read(name: str) -> str:
    """A file of this folder; with the line ends that a browser hashes."""
    text = importlib.resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
