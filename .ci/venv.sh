#!/bin/sh
# Make a virtual environment with pip in it. Debian splits venv out of python3; as root we can bring it.
set -eu
target=$1
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "sevenc-sync needs Python 3.11 or newer; $python is $("$python" -V 2>&1). Set PYTHON=/path/to/python3.11" >&2
  exit 1
}
if [ -x "$target/bin/python" ] && "$target/bin/python" -m pip --version >/dev/null 2>&1; then exit 0; fi
if "$python" -m venv "$target" 2>/tmp/sevenc-venv.$$; then rm -f /tmp/sevenc-venv.$$; exit 0; fi
rm -rf "$target"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "python3-venv is missing: installing it with apt-get" >&2
  apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
  exec "$python" -m venv "$target"
fi
cat /tmp/sevenc-venv.$$ >&2
echo "Install the venv module first (on Debian: sudo apt-get install python3-venv), then run make again." >&2
exit 1
