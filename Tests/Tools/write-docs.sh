#!/usr/bin/env bash
# Writes the manual pages and the shell completions of `percuss` into a folder.
# Usage: write-docs.sh FOLDER
set -euo pipefail
folder=${1:?usage: write-docs.sh FOLDER}
mkdir -p "$folder/man" "$folder/completions"

swift package plugin generate-manual --multi-page >/dev/null
find .build/plugins/GenerateManual/outputs -path '*/percuss/*' -name 'percuss*.1' -exec cp {} "$folder/man/" \;
[ -f "$folder/man/percuss.1" ] || { echo "write-docs.sh: the plugin wrote no percuss.1" >&2; exit 70; }

percuss=.build/release/percuss
"$percuss" --generate-completion-script bash >"$folder/completions/percuss.bash"
"$percuss" --generate-completion-script zsh >"$folder/completions/_percuss"
"$percuss" --generate-completion-script fish >"$folder/completions/percuss.fish"
echo "Wrote manual pages to $folder/man and completions to $folder/completions"
