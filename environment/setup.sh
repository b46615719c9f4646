#!/usr/bin/env bash
# From a fresh machine to one that builds and tests RadLab: checks for the .NET SDK, installs what Debian packages are missing, restores packages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

sdk=10
if ! command -v dotnet >/dev/null || ! dotnet --list-sdks | grep -q "^$sdk\."; then
  echo "setup: needs the .NET $sdk SDK on PATH; see https://dotnet.microsoft.com/download" >&2
  exit 1
fi

# command:package, for what the build and the tests call
needed=(git:git)

missing=()
for entry in "${needed[@]}"; do
  command -v "${entry%%:*}" >/dev/null || missing+=("${entry##*:}")
done
if ((${#missing[@]})); then
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
  else
    echo "setup: install these packages first: ${missing[*]}" >&2
    exit 1
  fi
fi

# exactly the packages that packages.lock.json names; after a change of packages run `dotnet restore RadLab.sln` and commit the lock files
dotnet restore RadLab.sln --locked-mode
