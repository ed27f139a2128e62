# Sourced by every script: go to the project's folder, and find its Python.
# $PYTHON names another than that of .venv.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${PYTHON:-.venv/bin/python}
command -v "$python" > /dev/null || {
    echo "there is no $python here; make it, or name another in PYTHON:" >&2
    echo '    python3 -m venv .venv && .venv/bin/pip install -e ".[test,lint,docs]"' >&2
    exit 1
}
