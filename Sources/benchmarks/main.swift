/// `make bench`: every figure beside a baseline that is measured in the same run, round by round.
///
/// Writes a table to the terminal and `.build/bench.json`. To add a benchmark, write a function that returns a ``Benchmark`` and name
/// it in the list below.
import Foundation

let rounds = 301
let benchmarks: [Benchmark]
do {
  let frames = try FrameMix.load()
  benchmarks = [
    codecDecode(frames),
    codecEncode(frames),
    codecAllocations(frames),
    coreSteps(),
    try simulationSpeed(),
  ]
} catch {
  FileHandle.standardError.write(Data("benchmarks: \(error)\n".utf8))
  exit(70)
}

let results = measure(benchmarks, rounds: rounds)
print(table(results))
do {
  let url = URL(filePath: ".build/bench.json")
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
  try encoder.encode(results).write(to: url)
  print("\nMedians of \(rounds) interleaved rounds; also in \(url.relativePath)")
} catch {
  FileHandle.standardError.write(Data("benchmarks: .build/bench.json was not written: \(error)\n".utf8))
  exit(70)
}
let missed = results.filter { $0.isMissed }
for result in missed { print("\(result.name) misses its goal of \(result.goal.map { "\($0)" } ?? "")") }
exit(missed.isEmpty ? 0 : 1)
