#!/usr/bin/env bash
# Makes the virtual environment with an unmodified Bleak from PyPI, once, and prints the path of its interpreter; all else goes to
# the error stream. Made anew when Tests/Bleak/requirements.txt or the system's Python changes.
# Usage: python=$(Tests/Tools/python-environment.sh)
set -euo pipefail
cd "$(dirname "$0")/../.."
requirements=Tests/Bleak/requirements.txt
environment=.build/python
stamp=$environment/made-from

# Debian's own: python3-venv serves no other.
system=/usr/bin/python3
[ -x "$system" ] || system=python3
wanted="$("$system" --version) $(sha256sum <"$requirements")"

mkdir -p .build
exec 9>.build/python.lock
flock --wait 600 9
if [ "$(cat "$stamp" 2>/dev/null || true)" != "$wanted" ]; then
  rm -rf "$environment"
  log=.build/python.log
  if ! "$system" -m venv "$environment" >"$log" 2>&1; then
    cat "$log" >&2
    echo "python-environment.sh: no virtual environment could be made; Debian's package for it is python3-venv" >&2
    exit 69
  fi
  if ! timeout --kill-after=10 300 "$environment/bin/pip" install --disable-pip-version-check --no-input --quiet --retries 2 --timeout 30 \
    --requirement "$requirements" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "python-environment.sh: Bleak could not be installed from PyPI (https://pypi.org); it is needed once, then $environment is kept." >&2
    echo "Where PyPI cannot be reached, point pip at a mirror, e.g. PIP_INDEX_URL, or a folder of wheels, PIP_FIND_LINKS; then run this again." >&2
    exit 69
  fi
  echo "$wanted" >"$stamp"
fi
echo "$PWD/$environment/bin/python"
