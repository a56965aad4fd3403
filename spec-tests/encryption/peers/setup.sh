#!/usr/bin/env bash
# What the encryption tests hold this package against: keytar and Python's msal-extensions. Needs g++, libsecret-1-dev, pip.
set -euo pipefail
cd "$(dirname "$0")"
npm ci --ignore-scripts --no-audit --no-fund --silent
mkdir -p node_modules/keytar/build/Release
# keytar's own build fetches Node's headers; node-api-headers has the part that it uses.
# shellcheck disable=SC2046
g++ -O1 -shared -fPIC node_modules/keytar/src/{async,main,keytar_posix}.cc -o node_modules/keytar/build/Release/keytar.node \
  -Inode_modules/node-api-headers/include -Inode_modules/node-addon-api -DNAPI_CPP_EXCEPTIONS $(pkg-config --cflags --libs libsecret-1)
# The system's Python, which is the one that python3-gi is for.
/usr/bin/python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target python -r requirements.txt
