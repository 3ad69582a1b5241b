/// Random, wrongly typed, extreme, cut and unasked messages at whatever of Percuss meets a bus: no trap, no hang, no leak, no growth without bound.
///
/// Each round has a seed of its own and a bus of its own, ``HostileBus``. Built with the address sanitizer by Tests/Fuzz/run-bus.sh.
import Foundation
import PercussTime

var options = FuzzOptions()
do {
  try options.read(CommandLine.arguments.dropFirst())
  for target in fuzzTargets where options.only.isEmpty || options.only.contains(target.name) {
    try run(target, options)
  }
} catch {
  print("bus-fuzz: \(error)")
  // What the sanitizer finds at the end would keep it from being written.
  fflush(nil)
  exit(1)
}

/// Rounds of one target, one after the other on the same timeline, with the memory and the descriptors watched.
func run(_ target: FuzzTarget, _ options: FuzzOptions) throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "percuss-fuzz-\(getpid())").path(
    percentEncoded: false)
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }

  let timeline = RealTimeline(name: target.name)
  defer { timeline.shutDown() }
  var watch = GrowthWatch()
  var traffic = HostileBus.Traffic()
  let began = MonotonicInstant.ofSystem()
  var round: UInt64 = 0
  var isCounting = false
  while true {
    let elapsed = began.duration(to: .ofSystem())
    if !target.isLasting, !isCounting, round * 4 >= options.leastRounds, elapsed * 4 >= options.duration {
      isCounting = true
      watch.begin(atRound: round)
    }
    guard target.isLasting ? round == 0 : round < options.leastRounds || elapsed < options.duration else { break }
    let seed = options.seed &+ round
    // What the script shows when this program dies of the round.
    try? "\(target.name), seed \(seed)\n".write(toFile: options.noteFile, atomically: false, encoding: .utf8)
    do {
      traffic +=
        target.isLasting
        ? try target.last(for: options.duration, in: folder, seed: seed, on: timeline, &watch)
        : try target.play(in: folder, seed: seed, on: timeline, &watch)
    } catch {
      throw FuzzFailure("\(target.name), seed \(seed): \(error)")
    }
    round += 1
  }
  let growth: String
  do {
    growth = try watch.verdict(afterRound: round)
  } catch {
    throw FuzzFailure("\(target.name), rounds from seed \(options.seed): \(error)")
  }
  // A fuzzing that was not listened to has shown nothing.
  guard round < 10 || (traffic.sent > 20 * round && traffic.calls + traffic.answers + traffic.refusals > 5 * round)
  else {
    throw FuzzFailure("\(target.name): hardly anything went to and fro: \(traffic)")
  }
  print(
    """
    \(target.name): \(target.isLasting ? "one round" : "\(round) rounds") from seed \(options.seed), no trap, no hang; \
    \(traffic.sent) messages sent, \(traffic.calls) calls, \
    \(traffic.answers) answers, \(traffic.refusals) refusals and \(traffic.signals) signals got; \(growth)
    """)
  fflush(nil)
}

struct FuzzOptions {
  var seed: UInt64 = 1
  var duration: Duration = .seconds(10)
  /// Fewer would not tell growth from noise.
  var leastRounds: UInt64 = 24
  var only: Set<String> = []
  var noteFile = "/dev/null"

  mutating func read(_ arguments: some Sequence<String>) throws {
    var rest = Array(arguments)
    while !rest.isEmpty {
      let name = rest.removeFirst()
      guard !rest.isEmpty else { throw FuzzFailure("\(name) needs a value") }
      let value = rest.removeFirst()
      switch (name, UInt64(value)) {
      case ("--seed", let number?): seed = number
      case ("--seconds", let number?): duration = .seconds(Int64(clamping: number))
      case ("--rounds", let number?): (leastRounds, duration) = (number, .zero)
      case ("--only", _): only.insert(value)
      case ("--note", _): noteFile = value
      default:
        throw FuzzFailure(
          "usage: bus-fuzz [--seed N] [--seconds N | --rounds N] [--only TARGET]... [--note FILE]; not \(name) \(value)"
        )
      }
    }
  }
}
