import CBusBaselines
import CPercussCodec
import Foundation
import Glibc
import PercussBlueZ
import PercussGATT
import PercussTime
import Synchronization

/// How late the deadline thread hands packets over, in one condition of the machine, beside a plain loop in C with the same settings.
///
/// A round is a second or two of deadlines; the figures of a round come from the same deadlines, so that it is played once for all of them.
final class DeadlineRounds {
  let bench: BusBench
  let period: Duration
  let count: Int
  let condition: MachineCondition
  private let spin: Duration = .microseconds(100)
  private let priority = 50
  private let thread: DeadlineThread
  private var ours: [Int64] = []
  /// Calls of `malloc` on the thread from the first deadline of the last round to its last.
  private(set) var allocations: Int64 = 0
  private var baseline: [Int64] = []

  init(_ bench: BusBench, period: Duration, count: Int, condition: MachineCondition = .idle) throws {
    self.bench = bench
    self.period = period
    self.count = count
    self.condition = condition
    thread = try DeadlineThread(
      on: bench.timeline, scheduling: ThreadScheduling(policy: .fifo(priority: priority)), spin: spin)
  }

  /// Where the right to it is missing, both are ordinary threads.
  private var grantedPriority: Int32 {
    if case .fifo = thread.scheduling.policy { Int32(priority) } else { 0 }
  }

  /// A benchmark of these rounds. The first of them in a list plays each round, the others read it.
  func benchmark(
    _ name: String, unit: String = "us", goal: Benchmark.Goal?, playsRound: Bool = false, hasBaseline: Bool = true,
    _ figure: @escaping ([Int64]) -> Double
  ) -> Benchmark {
    Benchmark(
      name: name, unit: unit, goal: goal,
      ours: {
        if playsRound { self.ours = try self.playOurs() }
        return figure(self.ours)
      },
      baseline: hasBaseline
        ? {
          if playsRound { self.baseline = try self.playBaseline() }
          return figure(self.baseline)
        } : nil)
  }

  /// Lateness of the round that was played last.
  var last: [Int64] { ours }

  private func playOurs() throws -> [Int64] {
    let load = MachineLoad(condition)
    defer { load.end() }
    let (thread, period, count, link) = (thread, period, count, bench.link)
    let (lateness, allocations) = try bench.timeline.run { [timeline = bench.timeline] in
      let writer = try await link.acquireWriter(for: BluetoothUUID(percuss: 0x0104))
      defer { writer.close() }
      let run = DeadlineRun(
        thread, timeline: timeline, writer: writer, start: timeline.now.advanced(by: .milliseconds(20)),
        period: period, count: count)
      return (try await run.play(), run.allocations)
    }
    self.allocations = allocations
    return lateness
  }

  private func playBaseline() throws -> [Int64] {
    let load = MachineLoad(condition)
    defer { load.end() }
    var settings = percuss_deadline_settings(
      period_ns: period.wholeNanoseconds, spin_ns: spin.wholeNanoseconds, count: count, priority: grantedPriority)
    var lateness = [Int64](repeating: 0, count: count)
    let status = percuss_deadline_loop(bench.c, &settings, &lateness)
    guard status == 0 else { throw BenchmarkFailure("the loop in C ended with \(String(cString: strerror(status)))") }
    return lateness
  }
}

/// Arms packets ahead, a few at a time, and notes when each was handed over.
private actor DeadlineRun {
  private nonisolated let timeline: RealTimeline
  private let thread: DeadlineThread
  private let writer: AcquiredWriter
  private let start: MonotonicInstant
  private let period: Duration
  private var lateness: [Int64?]
  private var armed = 0
  private var ended = 0
  private var failure: BenchmarkFailure?
  private var waiter: CheckedContinuation<Void, Never>?
  private let packet = [UInt8](repeating: 0, count: 20)
  /// What the thread had allocated by its first deadline, and by its last so far.
  private nonisolated let counter = Counter()

  private final class Counter: Sendable {
    let first = Atomic<Int64>(.min)
    let last = Atomic<Int64>(0)
  }

  nonisolated var allocations: Int64 {
    counter.last.load(ordering: .acquiring) - counter.first.load(ordering: .acquiring)
  }

  nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }

  init(
    _ thread: DeadlineThread, timeline: RealTimeline, writer: AcquiredWriter, start: MonotonicInstant,
    period: Duration, count: Int
  ) {
    (self.thread, self.timeline, self.writer) = (thread, timeline, writer)
    (self.start, self.period) = (start, period)
    lateness = Array(repeating: nil, count: count)
  }

  func play() async throws -> [Int64] {
    for _ in 0..<min(lateness.count, DeadlineThread.capacity / 2) { arm() }
    await withCheckedContinuation { waiter = $0 }
    if let failure { throw failure }
    return lateness.compactMap { $0 }
  }

  private func arm() {
    guard armed < lateness.count else { return }
    let number = armed
    armed += 1
    let due = start.advanced(by: .nanoseconds(period.wholeNanoseconds * Int64(number)))
    do throws(DeadlineThreadError) {
      _ = try thread.arm(at: due) { [writer, packet, counter] _ in
        let allocations = percuss_codec_allocations()
        if counter.first.load(ordering: .relaxed) == .min { counter.first.store(allocations, ordering: .releasing) }
        counter.last.store(allocations, ordering: .releasing)
        return writer.sendPromptly(packet)
      } completion: { [weak self] outcome in
        self?.assumeIsolated { $0.ended(number, due, outcome) }
      }
    } catch {
      end(BenchmarkFailure("deadline \(number): \(error)"))
    }
  }

  private func ended(_ number: Int, _ due: MonotonicInstant, _ outcome: DeadlineThread.Outcome) {
    guard case .done(let instant, succeeded: true) = outcome else {
      return end(BenchmarkFailure("deadline \(number): \(outcome)"))
    }
    lateness[number] = (instant - due).wholeNanoseconds
    ended += 1
    arm()
    if ended == lateness.count { end(nil) }
  }

  private func end(_ failure: BenchmarkFailure?) {
    self.failure = self.failure ?? failure
    waiter?.resume()
    waiter = nil
  }
}

/// What else the machine does meanwhile.
enum MachineCondition {
  case idle
  /// A process without end on each processor.
  case loaded
  /// Every thread of Swift's shared pool is busy.
  case poolSaturated
}

/// Keeps the machine busy until it is ended.
final class MachineLoad {
  private var processes: [Process] = []
  private let isOver = Flag()

  private final class Flag: Sendable {
    let value = Atomic(false)
  }

  init(_ condition: MachineCondition) {
    let processors = ProcessInfo.processInfo.activeProcessorCount
    switch condition {
    case .idle: break
    case .loaded:
      for _ in 0..<processors {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "while :; do :; done"]
        if (try? process.run()) != nil { processes.append(process) }
      }
    case .poolSaturated:
      for _ in 0..<processors * 4 {
        Task.detached { [isOver] in while !isOver.value.load(ordering: .relaxed) {} }
      }
    }
  }

  func end() {
    isOver.value.store(true, ordering: .relaxed)
    for process in processes {
      process.terminate()
      process.waitUntilExit()
    }
  }
}

/// How late the ways that come to mind first are: the same deadlines, in the same round.
private func naiveLateness(period: Duration, count: Int) -> (lateness: [Int64], drift: Double) {
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
  var sends: (ours: [Int64], c: [Int64]) = ([], [])
  return [
    idle.benchmark("live.lateness.p50", goal: .ratio(1.25), playsRound: true, p50),
    idle.benchmark("live.lateness.p99", goal: .ratio(1.25), p99),
    idle.benchmark("live.early", unit: "deadlines", goal: .atMost(0), hasBaseline: false) { lateness in
      Double(lateness.count { $0 < 0 })
    },
    idle.benchmark("live.allocations", unit: "calls of malloc", goal: .atMost(0), hasBaseline: false) { _ in
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
    fast.benchmark("live.1khz.missed", unit: "of 1000", goal: .atMost(0), hasBaseline: false) { lateness in
      Double(lateness.count { $0 > 20_000_000 })
    },
    Benchmark(
      name: "live.task_sleep.p50", unit: "us", goal: .ratio(1),
      ours: { p50(idle.last) },
      baseline: {
        naive = naiveLateness(period: .milliseconds(10), count: 100)
        return p50(naive.lateness)
      }),
    Benchmark(
      name: "live.task_sleep.drift", unit: "ms in 1 s", goal: .ratio(0.1), ours: { drift(idle.last) / 1_000 },
      baseline: { naive.drift }),
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
