#!/usr/bin/env bash
# Reads system-tools.txt beside it, or the list that is named; as root on Debian or Ubuntu installs what is
# missing, elsewhere prints it.
# With CI=true a tool that is still missing is a failure.
set -euo pipefail
list=$(realpath "${1:-$(dirname "$0")/system-tools.txt}")

present() {
  case "$1" in
    fc-match:cjk) command -v fc-list >/dev/null && fc-list :lang=zh | grep -q . ;;
    postgres) compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null ;;
    /*) [ -e "$1" ] ;;
    *) command -v "$1" >/dev/null ;;
  esac
}
missing() { grep -v '^#' "$list" | while read -r tool package _; do present "$tool" || echo "$package"; done; }

wanted=$(missing)
[ -z "$wanted" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing:" $wanted
  apt-get update -qq
  # shellcheck disable=SC2086 # a list of package names
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $wanted >/dev/null
fi
wanted=$(missing)
if [ -n "$wanted" ]; then
  echo "missing system tools (what needs them is left out by name):" $wanted >&2
  [ "${CI:-}" != true ] || exit 1
fi
