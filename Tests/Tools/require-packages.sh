#!/usr/bin/env bash
# Installs the Debian packages that the named sets hold and this machine lacks.
# Usage: require-packages.sh SET...     sets: build, test, bench, fuzz, guest
set -euo pipefail

packages_of() {
  case $1 in
    # What the Swift toolchain needs to compile and link, and what the package manager needs to fetch.
    build) echo ca-certificates git gcc g++ libc6-dev libcurl4 libxml2 libedit2 libncurses6 libsqlite3-0 libz3-4 libpython3.11 tzdata zlib1g-dev \
      pkg-config libdbus-1-dev libbluetooth-dev ;;
    # The schema check, and the Wireshark dissector.
    test) echo python3 python3-yaml python3-jsonschema lua5.2 tshark dbus-daemon systemd util-linux dbus-bin bluez python3-venv ;;
    # The bus that is measured on, and what is measured beside us: Bleak, cyclictest, the programs that read captures.
    bench) echo dbus-daemon python3 python3-venv rt-tests tshark bluez ;;
    # libFuzzer's runtime is C++.
    fuzz) echo libstdc++-12-dev ;;
    # The real Bluetooth stack in a virtual machine.
    guest) echo qemu-system-x86 cpio kmod busybox-static bluez bluez-test-tools dbus-daemon dbus-bin python3-venv binutils gcc libc6-dev ;;
    *) echo "require-packages.sh: there is no set '$1'; the sets are build, test, bench, fuzz and guest" >&2; exit 2 ;;
  esac
}

if ! command -v swift >/dev/null; then
  echo "Percuss needs the Swift toolchain, 6.3 or later, on PATH: see https://www.swift.org/install/linux/" >&2
  exit 69
fi

missing=()
for set in "$@"; do
  for package in $(packages_of "$set"); do
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
  done
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Percuss needs these Debian packages: ${missing[*]}" >&2
    echo "Install them as root: apt-get install ${missing[*]}" >&2
    exit 69
  fi
  as_root=(sudo)
fi
echo "Installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
