#!/usr/bin/env bash
# Builds the small Debian guest that Tests/BlueZ/run.sh boots, from this machine's packages and a kernel that is only unpacked.
# Prints the folder that holds it: vmlinux, base.cpio (the Bluetooth stack), python.cpio (Python with Bleak).
# Its name is made of what went in, so an unchanged guest is built once; older ones are removed.
#
# Usage: Tests/BlueZ/build-guest.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

cache=$PWD/.build/bluez-guest
packages=(bluez bluez-test-tools busybox-static dbus-daemon dbus-bin python3.11-minimal libpython3.11-minimal libpython3.11-stdlib)
python_packages=(bleak==3.1.0)

# Loaded in this order. sha512_generic and drbg: without them every pairing fails with "Unspecified Reason".
modules=(crc16 ecc rfkill ecdh_generic bluetooth hci_vhci af_alg algif_hash algif_skcipher cmac ecb ctr sha512_generic drbg
  virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci 9pnet 9pnet_virtio netfs fscache 9p)

fail() { echo "build-guest.sh: $*" >&2; exit 69; }
version_of() { dpkg-query --show --showformat='${Version}' "$1" 2>/dev/null || fail "the Debian package $1 is missing: apt-get install $1"; }

for command in cpio gcc modinfo dpkg-deb; do
  command -v "$command" >/dev/null || fail "$command is missing: apt-get install cpio gcc kmod dpkg"
done

key=$(
  {
    echo "${python_packages[*]}"
    for package in "${packages[@]}"; do echo "$package $(version_of "$package")"; done
    cat Tests/BlueZ/build-guest.sh Tests/BlueZ/extract-vmlinux.py Tests/BlueZ/guest/init Tests/BlueZ/guest/btvirt-timing.c
  } | sha256sum | cut -c 1-16
)
guest=$cache/$key
if [ -e "$guest/complete" ]; then echo "$guest"; exit 0; fi
# The newest kernel that Debian offers; nothing of it is installed on this machine.
kernel_package() { apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1; }
kernel=$(kernel_package)
[ -n "$kernel" ] || fail "apt knows no linux-image-amd64: run apt-get update as root"
kernel_version=$(apt-cache show --no-all-versions "$kernel" | sed -n 's/^Version: //p')

mkdir -p "$cache"
find "$cache" -mindepth 1 -maxdepth 1 -type d ! -name results ! -name wheels -exec rm -rf {} +
mkdir -p "$guest"
build=$guest/build
mkdir "$build"

# Everything below says what it does on standard error: standard output is the folder's name.
{
echo "Building the guest in $guest: $kernel $kernel_version, bluez $(version_of bluez)"

mkdir "$build/kernel"
(cd "$build/kernel" && timeout 300 apt-get download -qq "$kernel" 2>"$build/download.log") || { cat "$build/download.log"; fail "$kernel could not be downloaded"; }
dpkg-deb --fsys-tarfile "$build/kernel/"*.deb | tar -x -C "$build/kernel" ./boot ./lib/modules
python3 Tests/BlueZ/extract-vmlinux.py "$build"/kernel/boot/vmlinuz-* "$guest/vmlinux"

base=$build/base
mkdir -p "$base"/{bin,dev,proc,sys,run,tmp,root,etc/bluetooth,var/lib/bluetooth,var/lib/dbus,usr/bin,usr/sbin,usr/share/dbus-1,lib64,rig,results,lib/modules}
ln -s /run "$base/var/run"
install -m 755 Tests/BlueZ/guest/init "$base/init"
install -m 755 "$(command -v busybox)" "$base/bin/busybox"
printf 'root:x:0:0:root:/root:/bin/sh\nmessagebus:x:100:100::/nonexistent:/bin/false\n' >"$base/etc/passwd"
printf 'root:x:0:\nmessagebus:x:100:\nbluetooth:x:101:\n' >"$base/etc/group"
echo 127.0.0.1 localhost >"$base/etc/hosts"
echo 0123456789abcdef0123456789abcdef | tee "$base/etc/machine-id" >"$base/var/lib/dbus/machine-id"

# add_libraries ROOT FILE...: the shared libraries that the files need, into the same places below ROOT.
add_libraries() {
  local root=$1 library
  shift
  { ldd "$@" 2>/dev/null || true; } | grep -oE '/[^ :]+ \(' | tr -d ' (' | sort -u | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp --dereference "$library" "$root$library"
  done
}
programs=(/usr/libexec/bluetooth/bluetoothd /usr/bin/{bluetoothctl,btmgmt,btmon,btvirt,dbus-daemon,dbus-monitor,dbus-send})
mkdir -p "$base/usr/libexec/bluetooth"
for program in "${programs[@]}"; do cp --dereference "$program" "$base$program"; done
add_libraries "$base" "${programs[@]}"
cp -r /usr/share/dbus-1/system.conf "$base/usr/share/dbus-1/"
# dbus-daemon is started once; nothing may start a second bluetoothd behind the back of a scenario.
mkdir -p "$base/etc/dbus-1/system.d"
cp /etc/dbus-1/system.d/bluetooth.conf "$base/etc/dbus-1/system.d/"
cp /usr/libexec/coreutils/libstdbuf.so "$base/rig/"
gcc -O2 -Wall -Wextra -Werror -shared -fPIC -o "$base/rig/btvirt-timing.so" Tests/BlueZ/guest/btvirt-timing.c

number=10
for module in "${modules[@]}"; do
  file=$(find "$build/kernel/lib/modules" -name "$module.ko" -o -name "${module//_/-}.ko" | head -n 1)
  [ -n "$file" ] || fail "the module $module is not in $kernel"
  cp "$file" "$base/lib/modules/$number-$module.ko"
  number=$((number + 1))
done

archive() { (cd "$1" && find . -mindepth 1 -print0 | LC_ALL=C sort -z | cpio --quiet --null --create --format=newc --owner=0:0) >"$2"; }
archive "$base" "$guest/base.cpio"

# Python: Debian's own, without what no scenario uses; compiled beforehand, for the guest is slow.
python=$build/python
mkdir -p "$python"
dpkg-query --listfiles python3.11-minimal libpython3.11-minimal libpython3.11-stdlib \
  | grep -E '^/usr/(bin/python3\.11$|lib/python3\.11/)' \
  | grep -vE '/(test|idlelib|tkinter|lib2to3|ensurepip|distutils|pydoc_data|turtledemo|unittest|xmlrpc|config-3[^/]*|__pycache__)(/|$)' \
  | while read -r file; do [ -d "$file" ] || { mkdir -p "$python$(dirname "$file")"; cp --dereference "$file" "$python$file"; }; done
ln -s python3.11 "$python/usr/bin/python3"
# Without these the importing of asyncio and hashlib is quicker, and neither needs them.
rm -f "$python"/usr/lib/python3.11/lib-dynload/{_ssl,_hashlib,_sqlite3,_curses,_curses_panel,readline,nis,_dbm}.*.so
site=$python/usr/lib/python3/dist-packages
mkdir -p "$site" "$cache/wheels"
/usr/bin/python3 -m venv "$build/venv" || fail "no virtual environment: apt-get install python3-venv"
pip() { timeout 300 "$build/venv/bin/pip" --quiet --disable-pip-version-check "$@" || fail "pip could not get ${python_packages[*]} from PyPI"; }
pip download --only-binary :all: --dest "$cache/wheels" --find-links "$cache/wheels" "${python_packages[@]}"
pip install --no-index --find-links "$cache/wheels" --target "$site" "${python_packages[@]}"
find "$site" -name '__pycache__' -prune -exec rm -rf {} +
/usr/bin/python3 -m compileall -q --invalidation-mode unchecked-hash -s "$python" "$python/usr/lib" || true
mapfile -t extensions < <(find "$python" -name '*.so')
add_libraries "$python" /usr/bin/python3.11 "${extensions[@]}"
archive "$python" "$guest/python.cpio"
rm -rf "$build"
touch "$guest/complete"
} >&2
echo "$guest"
