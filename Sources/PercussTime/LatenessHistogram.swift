/// How late things were: a histogram of fixed size with a relative error of at most 1/32, exact minimum and maximum.
///
/// Log-linear, 32 buckets for each power of two of nanoseconds. Recording allocates nothing and takes constant time; merging adds bucket by bucket.
///
/// ```swift
/// var lateness = LatenessHistogram()
/// lateness.record(deadline.duration(to: actual))
/// print(lateness.p99 ?? .zero)
/// ```
public struct LatenessHistogram: Sendable, Equatable {
  private static let bitsPerOctave = 5
  private static let bucketCount = (64 - bitsPerOctave) << bitsPerOctave

  private var buckets: [UInt64]
  private var minimumNanoseconds = Int64.max
  private var maximumNanoseconds = Int64.min

  /// How many values were recorded.
  public private(set) var count: UInt64 = 0
  /// How many of them were negative: earlier than planned.
  public private(set) var earlyCount: UInt64 = 0

  /// An empty histogram.
  public init() {
    buckets = Array(repeating: 0, count: Self.bucketCount)
  }

  /// Counts one value. Negative values (early) count as zero in the percentiles, and as they are in ``minimum``.
  public mutating func record(_ lateness: Duration) {
    record(nanoseconds: lateness.wholeNanoseconds)
  }

  /// Counts one value in nanoseconds; see ``record(_:)``.
  public mutating func record(nanoseconds: Int64) {
    buckets[Self.bucket(of: UInt64(max(0, nanoseconds)))] &+= 1
    count &+= 1
    if nanoseconds < 0 { earlyCount &+= 1 }
    minimumNanoseconds = min(minimumNanoseconds, nanoseconds)
    maximumNanoseconds = max(maximumNanoseconds, nanoseconds)
  }

  /// Adds all that another histogram counted.
  public mutating func merge(_ other: LatenessHistogram) {
    for index in buckets.indices { buckets[index] &+= other.buckets[index] }
    count &+= other.count
    earlyCount &+= other.earlyCount
    minimumNanoseconds = min(minimumNanoseconds, other.minimumNanoseconds)
    maximumNanoseconds = max(maximumNanoseconds, other.maximumNanoseconds)
  }

  /// The smallest value, exact; nil when nothing was recorded.
  public var minimum: Duration? { count == 0 ? nil : .nanoseconds(minimumNanoseconds) }
  /// The greatest value, exact; nil when nothing was recorded.
  public var maximum: Duration? { count == 0 ? nil : .nanoseconds(maximumNanoseconds) }
  /// The median.
  public var p50: Duration? { percentile(0.5) }
  /// The value that 90 % do not exceed.
  public var p90: Duration? { percentile(0.9) }
  /// The value that 99 % do not exceed.
  public var p99: Duration? { percentile(0.99) }
  /// The value that 99.9 % do not exceed.
  public var p999: Duration? { percentile(0.999) }

  /// A value that at least this fraction of the recorded ones does not exceed: never below the true one, above it by 1/32 at most.
  ///
  /// - Parameter fraction: 0 to 1; beyond is taken as the nearer end.
  public func percentile(_ fraction: Double) -> Duration? {
    guard count > 0 else { return nil }
    let clamped = fraction > 0 ? min(1, fraction) : 0
    let rank = max(1, (clamped * Double(count)).rounded(.up))
    var seen: UInt64 = 0
    for (index, bucket) in buckets.enumerated() where bucket > 0 {
      seen &+= bucket
      if Double(seen) >= rank {
        return .nanoseconds(max(minimumNanoseconds, min(Self.upperEdge(of: index), maximumNanoseconds)))
      }
    }
    return maximum
  }

  private static func bucket(of value: UInt64) -> Int {
    let exponent = 63 - max(1, value).leadingZeroBitCount
    guard exponent > bitsPerOctave else { return Int(value) }
    let shift = exponent - bitsPerOctave
    return (shift << bitsPerOctave) + Int(value >> UInt64(shift))
  }

  /// The greatest value that falls into the bucket.
  private static func upperEdge(of index: Int) -> Int64 {
    guard index >= 2 << bitsPerOctave else { return Int64(index) }
    let shift = (index >> bitsPerOctave) - 1
    let mantissa = UInt64(index & ((1 << bitsPerOctave) - 1)) | (1 << UInt64(bitsPerOctave))
    return Int64(clamping: ((mantissa &+ 1) << UInt64(shift)) &- 1)
  }
}
