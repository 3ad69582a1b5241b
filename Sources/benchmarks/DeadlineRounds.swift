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
    countsWorst: Bool = false,
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
        } : nil, countsWorst: countsWorst)
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
