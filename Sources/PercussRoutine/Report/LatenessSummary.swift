internal import PercussTime

/// How late the steps of a run were. Percentiles are exact, by nearest rank, over the steps whose beginning was seen.
public struct LatenessSummary: Codable, Equatable, Sendable {
  /// Steps that were seen to begin.
  public var count: Int
  /// Those of them that began before their planned instant.
  public var earlyCount: Int
  /// Steps that began without being seen to.
  public var unobservedCount: Int
  /// The median, in microseconds; nil when nothing was seen.
  public var p50Microseconds: Int64?
  /// What 90 % of the steps do not exceed, in microseconds.
  public var p90Microseconds: Int64?
  /// What 99 % of the steps do not exceed, in microseconds.
  public var p99Microseconds: Int64?
  /// What 99.9 % of the steps do not exceed, in microseconds: below 1,000 steps the latest.
  public var p999Microseconds: Int64?
  /// The latest, in microseconds.
  public var maximumMicroseconds: Int64?

  /// Counts the steps.
  public init(of steps: [StepReport]) {
    let ordered = steps.compactMap(\.lateMicroseconds).sorted()
    func percentile(_ thousandths: Int) -> Int64? {
      guard !ordered.isEmpty else { return nil }
      return ordered[max(0, (ordered.count * thousandths + 999) / 1_000 - 1)]
    }
    count = ordered.count
    earlyCount = ordered.count { $0 < 0 }
    unobservedCount = steps.count { $0.observation == .unobserved || $0.observation == .telemetry }
    p50Microseconds = percentile(500)
    p90Microseconds = percentile(900)
    p99Microseconds = percentile(990)
    p999Microseconds = percentile(999)
    maximumMicroseconds = ordered.last
  }

  /// Of a run without end, whose steps are not all kept: percentiles to within 1/32, the maximum exact.
  init(of histogram: LatenessHistogram, unobserved: Int) {
    count = Int(clamping: histogram.count)
    earlyCount = Int(clamping: histogram.earlyCount)
    unobservedCount = unobserved
    p50Microseconds = histogram.p50?.wholeMicroseconds
    p90Microseconds = histogram.p90?.wholeMicroseconds
    p99Microseconds = histogram.p99?.wholeMicroseconds
    p999Microseconds = histogram.p999?.wholeMicroseconds
    maximumMicroseconds = histogram.maximum?.wholeMicroseconds
  }
}
