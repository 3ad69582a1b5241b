/// `make bench`: every figure beside a baseline that is measured in the same run, round by round.
///
/// Usage: `benchmarks [NAME...]`, where each name may be the beginning of one, as in `benchmarks dbus. acquire_notify`; without, all are measured.
///
/// Writes a table to the terminal and `.build/bench.json`. To add a benchmark, write a function that returns a ``Benchmark`` and name
/// it in the list below.
import Foundation

BusBench.serveIfStandIn()
CaptureBench.readIfReader()
// What others compute meanwhile disturbs less; all that is started from here inherits it. Without the right to it, it stays as it was.
setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, -20)

let wanted = CommandLine.arguments.dropFirst()
let isWanted = { (name: String) in wanted.isEmpty || wanted.contains { name.hasPrefix($0) } }

let rounds = 301
// Each of these takes a second, and so do few enough for the machine to stay the same.
let busRounds = 31
// tshark takes seconds.
let programRounds = 5
var results: [BenchmarkResult] = []
var isComplete = true

do {
  let frames = try FrameMix.load()
  let benchmarks = [
    codecDecode(frames),
    codecEncode(frames),
    codecAllocations(frames),
    coreSteps(),
    try simulationSpeed(),
  ]
  results += try measure(benchmarks.filter { isWanted($0.name) }, rounds: rounds)
} catch {
  complain("\(error)")
  isComplete = false
}

for (name, make, rounds) in [(CaptureBench.walkName, CaptureBench.walk, busRounds)]
  + CaptureBench.programs.map({ ($0.name, $0.make, programRounds) })
where isWanted(name) {
  do {
    results += try measure([try make()], rounds: rounds)
  } catch {
    complain("\(error)")
    isComplete = false
  }
}

if (BusBench.benchmarkNames + BusBench.timingNames).contains(where: isWanted) {
  do {
    let bench = try BusBench()
    defer { bench.stop() }
    if BusBench.benchmarkNames.contains(where: isWanted) {
      results += try measure(busBenchmarks(bench).filter { isWanted($0.name) }, rounds: busRounds)
    }
    if BusBench.timingNames.contains(where: isWanted) {
      results += try measure(timingBenchmarks(bench), rounds: busRounds)
    }
  } catch {
    complain("\(error)")
    isComplete = false
  }
}

guard !results.isEmpty else {
  if isComplete { complain("there is no benchmark whose name begins with \(wanted.joined(separator: " or "))") }
  exit(isComplete ? 2 : 70)
}
print(table(results))
do {
  let url = URL(filePath: ".build/bench.json")
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
  try encoder.encode(results).write(to: url)
  print(
    "\nMedians of \(rounds) interleaved rounds, on the bus and of captures of \(busRounds), beside other programs of \(programRounds); also in \(url.relativePath). \(machineLoad())"
  )
} catch {
  complain(".build/bench.json was not written: \(error)")
  isComplete = false
}
let missed = results.filter { $0.isMissed }
for result in missed {
  print("\(result.name) misses its goal of \(result.goal.map { "\($0)" } ?? "")")
}
exit(!isComplete ? 70 : missed.isEmpty ? 0 : 1)

/// How busy the machine was with this and all else.
func machineLoad() -> String {
  var load = [0.0]
  guard getloadavg(&load, 1) == 1 else { return "" }
  let tenths = (load[0] * 10).rounded() / 10
  let processors = ProcessInfo.processInfo.activeProcessorCount
  let priority = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
  return "Load average of the last minute \(tenths) on \(processors) processors, niceness \(priority)."
}
