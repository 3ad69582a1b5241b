import CBusBaselines
import Foundation
import PercussBlueZ
import PercussGATT
import PercussTime

/// Microseconds that a fraction of the values does not exceed.
func microseconds(_ values: [Int64], _ fraction: Double) -> Double {
  let sorted = values.sorted()
  guard !sorted.isEmpty else { return .nan }
  return Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * fraction))]) / 1_000
}

/// By how much the end of a round was later than its beginning, in microseconds: medians of the first and the last tenth.
private func drift(_ values: [Int64]) -> Double {
  let part = max(1, values.count / 10)
  return abs(microseconds(Array(values.suffix(part)), 0.5) - microseconds(Array(values.prefix(part)), 0.5))
}

extension BusBench {
  /// They share their rounds: where one is wanted, all are measured.
  static let timingNames = ["live."]
}

/// The benchmarks of what is led live. 31 rounds of 2 s are 60 s of deadlines each 10 ms, in each condition.
func timingBenchmarks(_ bench: BusBench) throws -> [Benchmark] {
  let p50: ([Int64]) -> Double = { microseconds($0, 0.5) }
  let p99: ([Int64]) -> Double = { microseconds($0, 0.99) }
  let idle = try DeadlineRounds(bench, period: .milliseconds(10), count: 200)
  let loaded = try DeadlineRounds(bench, period: .milliseconds(10), count: 200, condition: .loaded)
  let saturated = try DeadlineRounds(bench, period: .milliseconds(10), count: 200, condition: .poolSaturated)
  let fast = try DeadlineRounds(bench, period: .milliseconds(1), count: 1_000)
  var naive: (lateness: [Int64], drift: Double) = ([], 0)
  var asyncio = (p50: 0.0, drift: 0.0)
  var sends: (ours: [Int64], c: [Int64]) = ([], [])
  return [
    idle.benchmark("live.lateness.p50", goal: .ratio(1.25), playsRound: true, p50),
    idle.benchmark("live.lateness.p99", goal: .ratio(1.25), p99),
    idle.benchmark("live.early", unit: "deadlines", goal: .atMost(0), hasBaseline: false, countsWorst: true) {
      lateness in
      Double(lateness.count { $0 < 0 })
    },
    idle.benchmark("live.allocations", unit: "calls of malloc", goal: .atMost(0), hasBaseline: false, countsWorst: true)
    { _ in
      Double(idle.allocations)
    },
    idle.benchmark("live.drift", goal: .atMost(20), hasBaseline: false, drift),
    loaded.benchmark("live.loaded.p50", goal: .ratio(1.25), playsRound: true, p50),
    loaded.benchmark("live.loaded.p99", goal: .ratio(1.25), p99),
    saturated.benchmark("live.saturated.p99.c", goal: .ratio(1.25), playsRound: true, p99),
    Benchmark(
      name: "live.saturated.p99", unit: "us", goal: .ratio(1.5), ours: { p99(saturated.last) },
      baseline: { p99(idle.last) }),
    fast.benchmark("live.1khz.p99", goal: .ratio(1.25), playsRound: true, p99),
    fast.benchmark("live.1khz.missed", unit: "of 1000", goal: .atMost(0), hasBaseline: false, countsWorst: true) {
      lateness in
      Double(lateness.count { $0 > 20_000_000 })
    },
    Benchmark(
      name: "live.task_sleep.p50", unit: "us", goal: .ratio(1),
      ours: { p50(idle.last) },
      baseline: {
        naive = taskSleepLateness(period: .milliseconds(10), count: 100)
        return p50(naive.lateness)
      }),
    Benchmark(
      name: "live.task_sleep.drift", unit: "ms in 1 s", goal: .ratio(0.1), ours: { drift(idle.last) / 1_000 },
      baseline: { naive.drift }),
    Benchmark(
      name: "live.cyclictest.p50", unit: "us", goal: nil, ours: { p50(idle.last) },
      baseline: { try cyclictest(period: .milliseconds(10), count: 100, 0.5) }),
    Benchmark(
      name: "live.asyncio.p50", unit: "us", goal: .ratio(1), ours: { p50(idle.last) },
      baseline: {
        asyncio = try asyncioLateness(period: .milliseconds(10), count: 100)
        return asyncio.p50
      }),
    Benchmark(
      name: "live.asyncio.drift", unit: "ms in 1 s", goal: .ratio(0.1), ours: { drift(idle.last) / 1_000 },
      baseline: { asyncio.drift }),
    Benchmark(
      name: "live.send.p50", unit: "us", goal: nil,
      ours: {
        sends = try sendTimes(bench)
        return p50(sends.ours)
      }, baseline: { p50(sends.c) }),
    Benchmark(
      name: "live.send.p99", unit: "us", goal: nil, ours: { p99(sends.ours) }, baseline: { p99(sends.c) }),
  ]
}

/// How long a hand-off through our writer takes beside a bare `send` on the same kind of descriptor, in turns.
private func sendTimes(_ bench: BusBench) throws -> (ours: [Int64], c: [Int64]) {
  let (count, pause) = (500, Int64(200_000))
  var c = [Int64](repeating: 0, count: count)
  let status = percuss_send_times(bench.c, count, pause, &c)
  guard status == 0 else { throw BenchmarkFailure("the sends in C ended with \(String(cString: strerror(status)))") }
  let link = bench.link
  let ours = try bench.timeline.run {
    let writer = try await link.acquireWriter(for: BluetoothUUID(percuss: 0x0104))
    defer { writer.close() }
    let packet = [UInt8](repeating: 0, count: 20)
    return try (0..<count).map { number in
      let before = MonotonicInstant.ofSystem()
      while MonotonicInstant.ofSystem().nanoseconds - before.nanoseconds < pause {}
      let begin = MonotonicInstant.ofSystem()
      guard writer.sendPromptly(packet) else { throw BenchmarkFailure("packet \(number) was not sent") }
      return MonotonicInstant.ofSystem().nanoseconds - begin.nanoseconds
    }
  }
  return (ours, c)
}
