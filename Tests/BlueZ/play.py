#!/usr/bin/env python3
"""Boots guests, lets them play scenarios, and says what came of each. Called by run.sh, which names the options.

Exit status: 0 all passed, 1 a scenario failed, 69 something is missing, 70 the guest itself failed.
"""

import argparse
import ast
import concurrent.futures
import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HERE = ROOT / "Tests/BlueZ"
CACHE = ROOT / ".build/bluez-guest"
BOOT_SECONDS = 120  # on a machine that does much else; 4 s on an idle one
GUESTS = 2  # at once: a scenario waits for most of its time, so two of them keep two cores busy
running = []  # what an interruption has to end
KERNEL_OPTIONS = (
    "console=ttyS0 quiet panic=-1 rdinit=/init mitigations=off nokaslr no_timer_check cryptomgr.notests "
    "random.trust_cpu=on nowatchdog tsc=reliable")


def scenarios():
    """Name to its settings, read without running it: {configurations, others, seconds, by_name, needs, trace, about}."""
    found = {}
    for path in sorted((HERE / "scenarios").glob("*.py")):
        tree = ast.parse(path.read_text())
        for node in tree.body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "SCENARIO":
                settings = ast.literal_eval(node.value)
                settings["about"] = (ast.get_docstring(tree) or "").split("\n")[0]
                found[path.stem.replace("_", "-")] = settings
    return found


def choose(known, wanted, everything):
    """The entries of the plan, in the order of the names: those that are asked for, or those of every day."""
    entries = []
    for name, settings in known.items():
        usual, others = settings["configurations"], settings.get("others", [])
        for configuration in usual + others:
            asked = name in wanted or f"{name}@{configuration}" in wanted
            if asked or (not wanted and not settings.get("by_name") and (everything or configuration in usual)):
                entries.append({"scenario": name, "configuration": configuration, "seconds": settings["seconds"]})
    names = {entry["scenario"] for entry in entries} | {f"{e['scenario']}@{e['configuration']}" for e in entries}
    for name in wanted:
        if name not in names:
            sys.exit(f"run.sh: there is no scenario {name}; --list names them")
    return entries


def share(entries):
    """The entries for each guest: the longest first, each to the one that has least to do."""
    guests = [[] for _ in range(min(GUESTS, len(entries)))]
    for entry in sorted(entries, key=lambda entry: -entry["seconds"]):
        min(guests, key=lambda guest: sum(entry["seconds"] for entry in guest)).append(entry)
    return guests


def archive(folder, target):
    with open(target, "wb") as file:
        names = b"\0".join(bytes(p.relative_to(folder)) for p in sorted(folder.rglob("*"))) + b"\0"
        subprocess.run(["cpio", "--quiet", "--null", "--create", "--format=newc", "--owner=0:0"], cwd=folder, input=names, stdout=file, check=True)


def build(products):
    """Builds programs of ours for release; returns their folder."""
    for product in products:
        if subprocess.run(["swift", "build", "--configuration", "release", "--product", product], cwd=ROOT).returncode != 0:
            sys.exit(70)
    return ROOT / ".build/release"


def programs(needed, source, work):
    """An archive with our own programs and the shared libraries that they need."""
    if not needed:
        return []
    folder = work / "programs"
    (folder / "usr/bin").mkdir(parents=True)
    for product in needed:
        binary = source / product
        target = folder / "usr/bin" / product
        subprocess.run(["strip", "-o", target, binary], check=True)
        listing = subprocess.run(["ldd", binary], capture_output=True, text=True).stdout
        for line in listing.splitlines():
            path = next((word for word in line.split() if word.startswith("/")), None)
            if path:
                library = folder / path[1:]
                library.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, library)
                library.chmod(0o755)
    archive(folder, work / "programs.cpio")
    return [work / "programs.cpio"]


def rig(entries, preload, work):
    folder = work / "rig"
    target = folder / "rig"
    shutil.copytree(HERE / "scenarios", target / "scenarios", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (HERE / "guest").glob("*.py"):
        shutil.copyfile(path, target / path.name)
    # The policy of percussd's control interface, as a package would install it.
    policies = folder / "etc/dbus-1/system.d"
    policies.mkdir(parents=True)
    for path in (ROOT / "systemd").glob("*.conf"):
        shutil.copyfile(path, policies / path.name)
    (target / "plan.json").write_text(json.dumps({"entries": entries, "preload": preload}))
    archive(folder, work / "rig.cpio")
    return work / "rig.cpio"


def boot(guest, archives, results, seconds, work, log):
    """QEMU's exit status, or None if it had to be ended. What the guest says goes to the log and to standard output, as it comes."""
    with open(work / "initramfs", "wb") as image:
        for part in archives:
            with open(part, "rb") as file:
                shutil.copyfileobj(file, image, 1 << 20)
    command = [
        "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-M", "pc,hpet=off", "-cpu", "max", "-smp", "2", "-m", "1024",
        "-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio", "-monitor", "none", "-no-reboot",
        "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
        "-fsdev", f"local,id=results,path={results},security_model=none",
        "-device", "virtio-9p-pci,fsdev=results,mount_tag=results",
        "-kernel", guest / "vmlinux", "-initrd", work / "initramfs", "-append", KERNEL_OPTIONS,
    ]  # fmt: skip
    # QEMU leaves with this process, whatever ends it: timeout hands the signal on.
    process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", "timeout", "--kill-after=5", str(seconds), *map(str, command)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace")
    running.append(process)
    with open(log, "w") as file:
        for line in process.stdout:
            file.write(line)
            if line.strip():
                print(line.rstrip(), flush=True)
    status = process.wait()
    return None if status == 124 else status


def play(entries, number, known, guest, ours, results, work):
    """Lets one guest play its share; tells why it failed, or nothing."""
    folder = work / f"guest-{number}"
    folder.mkdir()
    log = results / f"console-{number}.log"
    preload = sorted({module for entry in entries for module in known[entry["scenario"]].get("preload", [])})
    seconds = BOOT_SECONDS + sum(entry["seconds"] + 15 for entry in entries)
    status = boot(guest, [guest / "base.cpio", guest / "python.cpio", *ours, rig(entries, preload, folder)], results, seconds, folder, log)
    if status is None:
        return f"guest {number} did not end in time"
    # isa-debug-exit: ((runner's status + 1) << 1) | 1.
    if status not in (3, 5):
        return f"QEMU ended with {status}: guest {number} failed; see {os.path.relpath(log)}"
    return None


def main():
    parser = argparse.ArgumentParser(prog="run.sh")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--scenario", action="append", default=[])
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--programs", metavar="FOLDER")
    parser.add_argument("--compare", action="store_true")
    options = parser.parse_args()
    known = scenarios()
    if options.list:
        for name, settings in known.items():
            configurations = settings["configurations"] + [f"({other})" for other in settings.get("others", [])]
            print(f"{name + (' *' if settings.get('by_name') else ''):20} {','.join(configurations):18} {settings['about']}")
        return 0
    entries = choose(known, options.scenario, options.all)
    if options.compare and not any(entry["scenario"] == "record" and entry["configuration"] == "ordered" for entry in entries):
        sys.exit("run.sh: --compare needs the scenario record@ordered")
    began = time.monotonic()

    CACHE.mkdir(parents=True, exist_ok=True)
    lock = open(CACHE / "lock", "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    made = subprocess.run([HERE / "build-guest.sh"], stdout=subprocess.PIPE, text=True)
    if made.returncode != 0:
        return made.returncode
    guest = pathlib.Path(made.stdout.strip())

    results = CACHE / "results"
    if not options.keep:
        shutil.rmtree(results, ignore_errors=True)
    results.mkdir(exist_ok=True)
    work = CACHE / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    needed = sorted({program for entry in entries for program in known[entry["scenario"]].get("needs", [])})
    source = pathlib.Path(options.programs) if options.programs else build(sorted({*needed, *(["percuss"] if options.compare else [])}))
    ours = programs(needed, source, work)
    comparison = compare(source) if options.compare else None
    shares = share(entries)
    print(f"Booting {len(shares)} guest{'s' if len(shares) > 1 else ''} for {len(entries)} scenarios", flush=True)
    with concurrent.futures.ThreadPoolExecutor(len(shares)) as pool:
        try:
            complaints = list(pool.map(lambda item: play(item[1], item[0], known, guest, ours, results, work), enumerate(shares, 1)))
        except BaseException:
            for process in running:
                process.terminate()
            raise
    shutil.rmtree(work)
    status = summary(entries, results, time.monotonic() - began)
    for complaint in filter(None, complaints):
        print(f"run.sh: {complaint}", file=sys.stderr)
        status = 70
    if comparison:
        status = max(status, judge(comparison))
    return status


def compare(folder):
    """Begins to play the conversation of `record` on the emulation, while the guests play."""
    process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", HERE / "compare.sh", "--play", folder])
    running.append(process)
    return process


def judge(comparison):
    """The comparison's exit status: 0 where the emulation says what bluetoothd says."""
    if comparison.wait() != 0:
        return 1
    return subprocess.run([HERE / "compare.sh", "--judge"]).returncode


def summary(entries, results, seconds):
    failed = []
    for entry in entries:
        name = f"{entry['scenario']}@{entry['configuration']}"
        verdict = results / name / "verdict.json"
        outcome = json.loads(verdict.read_text())["verdict"] if verdict.exists() else "was not played"
        if outcome != "ok":
            failed.append(name)
            print(f"\n{name}: {outcome}")
            log = results / name / "scenario.log"
            if log.exists():
                print("\n".join("  " + line for line in log.read_text(errors="replace").splitlines()[-25:]))
            print(f"  everything it left is in {os.path.relpath(results / name)}")
    print(f"\n{len(entries) - len(failed)} of {len(entries)} scenarios passed on the real stack, {seconds:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
