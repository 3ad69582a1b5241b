/// A near-logarithmic scale of lateness: from 0 over round numbers of microseconds up to all that is to be shown, each interval of the same width.
///
/// The tolerance is one of its edges, so that a bar lies within it or beyond it as a whole.
struct LatenessScale {
  /// Ascending, the first 0; at least two.
  let edges: [Int64]
  /// Where in them the tolerance is.
  let toleranceIndex: Int

  /// How finely a decade is divided: numbers of hundredths.
  enum Division {
    case three, ten

    fileprivate var hundredths: [Int64] {
      switch self {
      case .three: [100, 200, 500]
      case .ten: [100, 125, 160, 200, 250, 320, 400, 500, 640, 800]
      }
    }
  }

  private static let highest: Int64 = 1_000_000_000_000_000

  /// A scale for these latenesses, in microseconds, and the tolerance.
  init(_ latenesses: [Int64], tolerance: Int64, division: Division) {
    let positive = latenesses.lazy.filter { $0 > 0 }
    let tolerance = min(max(tolerance, 1), Self.highest)
    let least = min(positive.min() ?? tolerance, tolerance)
    let most = min(max(positive.max() ?? 0, tolerance), Self.highest)
    var edges: [Int64] = []
    var decade: Int64 = 1
    while decade <= Self.highest, edges.last ?? 0 < most {
      edges += division.hundredths.map { ($0 * decade + 50) / 100 }
      decade *= 10
    }
    // The greatest edge below the least value, to the least edge from the greatest value on.
    let first = edges.last { $0 < least } ?? 0
    let last = edges.first { $0 >= most } ?? most
    edges = edges.filter { $0 > first && $0 <= last } + (first > 0 ? [0, first] : [0]) + [tolerance]
    let ascending = Array(Set(edges)).sorted()
    self.edges = ascending.count > 1 ? ascending : [0, 1]
    toleranceIndex = self.edges.firstIndex(of: tolerance) ?? self.edges.count - 1
  }

  /// Where a lateness lies, from 0 (on time or early) to 1 (the last edge).
  func place(of late: Int64) -> Double {
    let interval = interval(of: late)
    guard interval >= 0 else { return 0 }
    guard interval < edges.count - 1 else { return 1 }
    let (low, high) = (edges[interval], edges[interval + 1])
    let part = Double(late - low) / Double(high - low)
    return (Double(interval) + part) / Double(edges.count - 1)
  }

  /// The interval that a lateness above 0 falls into, its upper edge included; -1 for others.
  func interval(of late: Int64) -> Int {
    guard late > 0 else { return -1 }
    var (low, high) = (0, edges.count)
    while low < high {
      let middle = (low + high) / 2
      if edges[middle] < late { low = middle + 1 } else { high = middle }
    }
    return low - 1
  }
}

/// How many steps were how late.
struct LatenessBins {
  let scale: LatenessScale
  /// Steps that began before their instant.
  private(set) var early = 0
  /// Steps that began at it, to the microsecond.
  private(set) var onTime = 0
  /// Of each interval of the scale.
  private(set) var counts: [Int]

  /// The steps that were seen to begin.
  init(_ report: RunReport, division: LatenessScale.Division) {
    let latenesses = report.steps.compactMap(\.lateMicroseconds)
    self.init(latenesses, tolerance: report.toleranceMicroseconds, division: division)
    if report.lateness.count > latenesses.count { scope = "; each step the last time that it was played" }
  }

  /// Of these latenesses and a tolerance, in microseconds.
  init(_ latenesses: [Int64], tolerance: Int64, division: LatenessScale.Division) {
    scale = LatenessScale(latenesses, tolerance: tolerance, division: division)
    counts = Array(repeating: 0, count: scale.edges.count - 1)
    for late in latenesses {
      if late < 0 {
        early += 1
      } else if late == 0 {
        onTime += 1
      } else {
        counts[min(scale.interval(of: late), counts.count - 1)] += 1
      }
    }
  }

  /// What the histogram counts, where that is less than all: of a routine without end the steps of one round are kept.
  private(set) var scope = ""

  /// The greatest count.
  var highest: Int { max(early, onTime, counts.max() ?? 0) }

  /// Whether bars in proportion would hide some: then each tenfold of a count has the same length.
  var isLogarithmic: Bool {
    let least = ([early, onTime] + counts).filter { $0 > 0 }.min() ?? 1
    return highest / least > 50
  }

  /// The length of a bar, from 0 to 1.
  func length(of count: Int) -> Double {
    guard count > 0 else { return 0 }
    guard isLogarithmic else { return Double(count) / Double(highest) }
    return (Self.digits(count) + 0.3) / (Self.digits(highest) + 0.3)
  }

  /// A logarithm to the base of ten, near enough for a bar: the number of digits less one, and the part of the way to the next.
  private static func digits(_ count: Int) -> Double {
    var (rest, digits) = (count, 0.0)
    while rest >= 10 {
      rest /= 10
      digits += 1
    }
    var power = 1.0
    for _ in 0..<Int(digits) { power *= 10 }
    // A quadratic through 1, √10 and 10 rather than a straight line.
    let part = (Double(count) / power - 1) / 9
    return digits + part * (1.9 - 0.9 * part)
  }
}

/// A bar of the histogram of a run's lateness.
public struct LatenessBar: Equatable, Sendable {
  /// The steps of the bar were later than this, in microseconds; nil for those that were early or on time.
  public var overMicroseconds: Int64?
  /// They were not later than this, in microseconds: -1 for early ones, 0 for those on time.
  public var upToMicroseconds: Int64
  /// How many they were.
  public var count: Int
}

extension RunReport {
  /// How many of the steps that were seen to begin were how late: three bars a decade, empty ones left out, the tolerance always between two.
  public var latenessHistogram: [LatenessBar] {
    let bins = LatenessBins(self, division: .three)
    let early = LatenessBar(overMicroseconds: nil, upToMicroseconds: -1, count: bins.early)
    let onTime = LatenessBar(overMicroseconds: nil, upToMicroseconds: 0, count: bins.onTime)
    let late = bins.counts.enumerated().map { index, count in
      LatenessBar(
        overMicroseconds: bins.scale.edges[index], upToMicroseconds: bins.scale.edges[index + 1], count: count)
    }
    return ([early, onTime] + late).filter { $0.count > 0 }
  }

  /// The steps that were the furthest from their instants, the worst first; early ones before all others.
  public func latestSteps(atMost count: Int) -> [StepReport] {
    let seen = steps.filter { $0.lateMicroseconds != nil }
    func badness(_ step: StepReport) -> (Int, Int64) {
      let late = step.lateMicroseconds ?? 0
      return (late < 0 ? 1 : 0, Int64(clamping: late.magnitude))
    }
    return Array(
      seen.sorted { badness($0) == badness($1) ? $0.index < $1.index : badness($0) > badness($1) }.prefix(count))
  }
}
