#!/usr/bin/env bash
# Checks what lies in systemd/: the units with systemd-analyze (correct, and exposed no more than 2.0 of 10), the user, the D-Bus policy and activation.
# Nothing is installed or started, so it needs no running systemd.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0
fail() { echo "check-units.sh: $*" >&2; failed=1; }

# The program where the units expect it is not there yet: verify against the one that was built, or any other.
program=$PWD/.build/debug/percussd
[ -x "$program" ] || program=/bin/true
cp systemd/*.service "$folder"
sed -i "s#/usr/bin/percussd#$program#" "$folder"/percussd-*.service
mv "$folder/org.percuss.Simulator.service" "$folder/activation"

for unit in percussd-simulator.service percussd-adapter@.service percussd-adapter@hci0.service; do
  # verify also says what is wrong with units of the system; only ours count.
  said=$(systemd-analyze verify --man=no "$folder/$unit" 2>&1) || fail "$unit does not pass systemd-analyze verify"
  [ -z "$said" ] || fail "$unit: $said"
done
for unit in percussd-simulator.service percussd-adapter@.service; do
  systemd-analyze security --offline=true --threshold=20 "systemd/$unit" >"$folder/security" ||
    fail "$unit is exposed more than 2.0"
  tail -1 "$folder/security"
  echo "  what stands against less:"
  grep '^✗' "$folder/security" | sed 's/  */ /g; s/^/  /'
done

systemd-sysusers --dry-run "$PWD/systemd/percuss.sysusers" >"$folder/users" 2>&1 || fail "percuss.sysusers: $(cat "$folder/users")"

# A real dbus-daemon has to take the policy. The user of the units is not there on this machine, so root stands in.
sed -e 's/user="percuss"/user="root"/; s/group="percuss"/group="root"/' systemd/org.percuss.Simulator.conf >"$folder/policy.conf"
cat >"$folder/bus.conf" <<END
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>unix:path=$folder/socket</listen><include>$folder/policy.conf</include></busconfig>
END
timeout 2 dbus-daemon --nofork --config-file="$folder/bus.conf" >"$folder/bus" 2>&1 || status=$?
# 124: it ran until the time was up. Where it may not raise its limit of open files it says so.
[ "${status:-0}" -eq 124 ] && ! grep -v 'fd limit' "$folder/bus" || fail "org.percuss.Simulator.conf: $(cat "$folder/bus")"

name=$(sed -n 's/^Name=//p' "$folder/activation")
starts=$(sed -n 's/^SystemdService=//p' "$folder/activation")
[ "$name" = org.percuss.Simulator ] || fail "the activation file names $name"
[ -f "systemd/${starts/@*./@.}" ] || fail "the activation file starts $starts, which is not there"
exit "$failed"
