#!/usr/bin/env bash
# Needs wine. Installs for Windows; nothing is compiled.
set -euo pipefail
cd "$(dirname "$0")"
# --force: npm would not have a Windows build on Linux.
npm ci --force --os=win32 --cpu=x64 --ignore-scripts --no-audit --no-fund --silent
# Outside the tree: its drive z: is a link to the whole file system, which would be searched for tests.
WINEPREFIX="${TMPDIR:-/tmp}/msal-extensions-wine" WINEDEBUG=-all wine winecfg -v win10
