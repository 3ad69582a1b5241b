import Foundation
import PercussTime

/// Something to measure and what to hold it against.
struct Benchmark {
  var name: String
  var unit: String
  /// What the goal limits.
  var goal: Goal?
  /// One round; returns the figure in the unit.
  var ours: () throws -> Double
  /// One round of the baseline.
  var baseline: (() throws -> Double)?
  /// Whether the greatest of all rounds counts, and not their median: for what must never happen.
  var countsWorst = false

  enum Goal {
    /// `ours / baseline` is at most this.
    case ratio(Double)
    /// `ours / baseline` is at least this.
    case ratioAtLeast(Double)
    /// `ours` is at most this.
    case atMost(Double)
    /// `ours` is at least this.
    case atLeast(Double)
  }
}

/// One line of `.build/bench.json`: medians over the rounds.
struct BenchmarkResult: Encodable {
  var name: String
  var unit: String
  var ours: Double
  var baseline: Double?
  /// `ours / baseline`.
  var ratio: Double?
  var goal: Double?
  private(set) var isGoalLeast = false
  private(set) var isMissed = false

  init(_ benchmark: Benchmark, ours: Double, baseline: Double?) {
    name = benchmark.name
    unit = benchmark.unit
    self.ours = ours
    self.baseline = baseline
    ratio = baseline.flatMap { $0 == 0 ? nil : ours / $0 }
    // Each is written such that a figure which is no number misses its goal.
    switch benchmark.goal {
    case .ratio(let limit):
      goal = limit
      isMissed = !((ratio ?? .nan) <= limit)
    case .ratioAtLeast(let limit):
      goal = limit
      isGoalLeast = true
      isMissed = !((ratio ?? .nan) >= limit)
    case .atMost(let limit):
      goal = limit
      isMissed = !(ours <= limit)
    case .atLeast(let limit):
      goal = limit
      isGoalLeast = true
      isMissed = !(ours >= limit)
    case nil: break
    }
  }

  private enum CodingKeys: CodingKey {
    case name, unit, ours, baseline, ratio, goal
  }

  /// Every key is there in every line; null where there is nothing to say.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(unit, forKey: .unit)
    try container.encode(ours, forKey: .ours)
    try container.encode(baseline, forKey: .baseline)
    try container.encode(ratio, forKey: .ratio)
    try container.encode(goal, forKey: .goal)
  }
}

/// Runs every benchmark once per round, ours and its baseline one after the other and in turn first, so that a machine that
/// slows down does so for both.
///
/// - Throws: ``BenchmarkFailure`` when a round fails: medians over the others would tell of the good rounds only.
func measure(_ benchmarks: [Benchmark], rounds: Int) throws -> [BenchmarkResult] {
  var ours = [[Double]](repeating: [], count: benchmarks.count)
  var baselines = ours
  for round in -1..<rounds {
    for (index, benchmark) in benchmarks.enumerated() {
      let (value, baseline): (Double, Double?)
      do {
        let first = round.isMultiple(of: 2) ? nil : try benchmark.baseline?()
        value = try benchmark.ours()
        baseline = try first ?? benchmark.baseline?()
      } catch {
        throw BenchmarkFailure("\(benchmark.name), round \(round + 1) of \(rounds): \(error)")
      }
      if round < 0 { continue }  // warms up
      ours[index].append(value)
      if let baseline { baselines[index].append(baseline) }
    }
  }
  return benchmarks.indices.map { index in
    BenchmarkResult(
      benchmarks[index], ours: (benchmarks[index].countsWorst ? ours[index].max() : median(ours[index])) ?? .nan,
      baseline: median(baselines[index]))
  }
}

/// Why there is nothing to measure, or not any more.
struct BenchmarkFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Says on the error stream what is not as it should be.
func complain(_ text: String) {
  FileHandle.standardError.write(Data("benchmarks: \(text)\n".utf8))
}

func median(_ values: [Double]) -> Double? {
  let sorted = values.sorted()
  guard !sorted.isEmpty else { return nil }
  let middle = sorted.count / 2
  return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}

/// Nanoseconds that the body took.
func nanoseconds(_ body: () -> Void) -> Double {
  let start = MonotonicInstant.ofSystem()
  body()
  return Double(MonotonicInstant.ofSystem().nanoseconds - start.nanoseconds)
}

func table(_ results: [BenchmarkResult]) -> String {
  func number(_ value: Double?) -> String {
    guard let value else { return "-" }
    let hundredths = (value * 100).rounded() / 100
    return hundredths >= 1000 ? String(Int(hundredths.rounded())) : String(hundredths)
  }
  func goal(_ result: BenchmarkResult) -> String {
    guard let goal = result.goal else { return "-" }
    return "\(result.isGoalLeast ? "≥" : "≤") \(number(goal))"
  }
  let rows =
    [["name", "unit", "ours", "baseline", "ratio", "goal"]]
    + results.map { [$0.name, $0.unit, number($0.ours), number($0.baseline), number($0.ratio), goal($0)] }
  let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
  return rows.map { row in
    row.enumerated().map { column, cell in
      let padding = String(repeating: " ", count: widths[column] - cell.count)
      return column < 2 ? cell + padding : padding + cell
    }.joined(separator: "  ")
  }.joined(separator: "\n")
}
