#!/usr/bin/env python3
"""Holds every `import` under Sources to the dependencies that Package.swift declares: the layers.

SwiftPM itself lets a target import whatever else happens to be built.
"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# What comes with the toolchain and the system.
SYSTEM = {"Foundation", "FoundationEssentials", "Glibc", "Dispatch", "Synchronization", "Swift"}
# libyaml, inside of the package Yams: its composer resolves aliases by itself, which a document of a stranger must not be able to ask for.
WITHIN = {"CYaml": "Yams"}
IMPORT = re.compile(
    r"^\s*(?:@[\w()]+\s+)*(?:(?:public|package|internal|private|fileprivate)\s+)?"
    r"import\s+(?:(?:struct|class|enum|func|protocol|var|let|typealias)\s+)?(\w+)")
# The wire and the device also run on a microcontroller.
BARE = {"PercussWire", "PercussCore", "PercussGATT"}


def main():
    package = json.loads(subprocess.run(
        ["swift", "package", "dump-package"], cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    problems, count = [], 0
    for target in package["targets"]:
        folder = ROOT / (target.get("path") or f"Sources/{target['name']}")
        if target["type"] == "test" or not folder.is_dir():
            continue
        allowed = {(d.get("byName") or d.get("product") or d.get("target"))[0] for d in target["dependencies"]}
        for file in sorted(folder.rglob("*.swift")):
            for number, line in enumerate(file.read_text().splitlines(), 1):
                match = IMPORT.match(line)
                if not match:
                    continue
                count += 1
                module = match.group(1)
                place = f"{file.relative_to(ROOT)}:{number}"
                if WITHIN.get(module, module) in allowed:
                    continue
                if module not in SYSTEM:
                    problems.append(f"{place}: {target['name']} imports {module}, which it does not declare")
                elif target["name"] in BARE:
                    problems.append(f"{place}: {target['name']} imports {module}; it must do without the system")
    print("\n".join(problems) if problems else f"{count} imports, each declared")
    return 1 if problems else 0


sys.exit(main())
