import Foundation
import PercussTime
import Synchronization

/// How late the ways that come to mind first are: the same deadlines, in the same round.
func taskSleepLateness(period: Duration, count: Int) -> (lateness: [Int64], drift: Double) {
  final class Box: Sendable {
    let lateness = Mutex<[Int64]>([])
    let drift = Mutex(0.0)
  }
  let (box, done) = (Box(), DispatchSemaphore(value: 0))
  Task.detached {
    let clock = ContinuousClock()
    let start = clock.now
    for number in 1...count {
      let due = start.advanced(by: period * number)
      try? await Task.sleep(until: due, tolerance: .zero, clock: clock)
      let late = clock.now - due
      box.lateness.withLock { $0.append(late.wholeNanoseconds) }
    }
    let relative = clock.now
    for _ in 0..<count { try? await Task.sleep(for: period) }
    let drift = clock.now - relative - period * count
    box.drift.withLock { $0 = Double(drift.wholeNanoseconds) / 1e6 }
    done.signal()
  }
  done.wait()
  return (box.lateness.withLock { $0 }, box.drift.withLock { $0 })
}

/// What a program prints.
private func output(of command: [String]) throws -> String {
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = command
  let pipe = Pipe()
  process.standardOutput = pipe
  try process.run()
  let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else {
    throw BenchmarkFailure("\(command[0]) ended with \(process.terminationStatus)")
  }
  return String(decoding: data, as: UTF8.self)
}

/// What cyclictest finds, which only wakes up, does not spin, and keeps memory locked and processors awake: microseconds, from its histogram.
func cyclictest(period: Duration, count: Int, _ fraction: Double) throws -> Double {
  let text = try output(of: [
    "cyclictest", "--quiet", "--mlockall", "--threads=1", "--policy=fifo", "--priority=50", "--histogram=10000",
    "--interval=\(period.wholeMicroseconds)", "--loops=\(count)",
  ])
  let buckets = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line -> (Int, Int)? in
    let numbers = line.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
  }
  let total = buckets.reduce(0) { $0 + $1.1 }
  var seen = 0
  for (value, count) in buckets {
    seen += count
    if Double(seen) >= Double(total) * fraction, total > 0 { return Double(value) }
  }
  throw BenchmarkFailure("cyclictest printed no histogram")
}

/// The same deadlines in Python: absolute ones with `loop.call_at`, and how far `asyncio.sleep` in a loop drifts.
func asyncioLateness(period: Duration, count: Int) throws -> (p50: Double, drift: Double) {
  let seconds = Double(period.wholeNanoseconds) / 1e9
  let numbers = try output(of: ["python3", "Tests/Baselines/asyncio_deadlines.py", "\(seconds)", "\(count)"])
    .split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
  guard numbers.count == 2 else { throw BenchmarkFailure("Python printed no figures") }
  return (numbers[0], numbers[1])
}
