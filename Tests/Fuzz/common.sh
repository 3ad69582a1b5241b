# What the fuzzing scripts share. Sourced, in the project's folder.

# read_options SHORT LONG ARGUMENT...: sets seconds (SHORT, with --long LONG), seed and the array only.
read_options() {
  local long=$2
  seconds=$1
  seed=1
  only=()
  shift 2
  while [ $# -gt 0 ]; do
    case $1 in
      --long) seconds=$long ;;
      --seconds) seconds=${2:?--seconds needs a number}; shift ;;
      --seed) seed=${2:?--seed needs a number}; shift ;;
      --only) only+=("${2:?--only needs a target}"); shift ;;
      *) echo "usage: $0 [--long] [--seconds N] [--seed N] [--only TARGET]..." >&2; exit 2 ;;
    esac
    shift
  done
}

# wants TARGET: whether it is to be fuzzed.
wants() { [ ${#only[@]} -eq 0 ] || [[ " ${only[*]} " == *" $1 "* ]]; }

# libfuzzer NAME PROGRAM FOLDER OPTION...: has libFuzzer look for inputs that reach new code, from those in FOLDER/corpus/NAME and in FOLDER/found/NAME,
# where it keeps what it finds; tells in a line what it did. Ends the script when an input fails.
libfuzzer() {
  local name=$1 program=$2 folder=$3
  local log=$folder/$name.log
  shift 3
  mkdir -p "$folder/found/$name" "$folder/corpus/$name"
  if ! PERCUSS_FUZZ_TARGET=$name "$program" "$folder/found/$name" "$folder/corpus/$name" -max_total_time="$seconds" -timeout=10 \
    -max_len=1024 -seed="$seed" -artifact_prefix="$folder/$name-" -print_final_stats=1 "$@" >"$log" 2>&1; then
    tail -n 60 "$log"
    echo "fuzz: $name failed; once more with: SWIFT_BACKTRACE=enable=no PERCUSS_FUZZ_TARGET=$name $program $folder/$name-crash-..." >&2
    exit 1
  fi
  awk -v name="$name" -v seconds="$seconds" '
    /stat::number_of_executed_units/ { runs = $2 }
    /cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") coverage = $(i + 1) }
    END { printf "%s: libFuzzer, %d inputs in %d s, %d edges reached\n", name, runs, seconds, coverage }' "$log"
}
