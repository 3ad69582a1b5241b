import PercussWire

/// The clocks of one conversation: what their instants are in its own time.
struct ConversationTimes {
  /// Nanoseconds to add to an instant of a clock.
  private var offsets: [ComparisonRules.Clock: Int64] = [:]
  /// Starts that other instants are counted from, in nanoseconds of their clock, in order.
  private var starts: [ComparisonRules.Clock: [Int64]] = [:]

  init(_ items: [PreparedItem]) {
    var delays: [ComparisonRules.Clock: [Int64]] = [:]
    for prepared in items {
      for (clock, instant) in prepared.presentInstants where (clock == .central) == prepared.item.isFromCentral {
        delays[clock, default: []].append(prepared.time - instant)
      }
      guard let frame = prepared.frame, !prepared.item.isFromCentral else { continue }
      for field in frame.fields {
        guard case .start(let clock) = ComparisonRules.rule(of: field.schema, in: frame.message),
          let number = field.number
        else { continue }
        starts[clock, default: []].append(PreparedItem.nanoseconds(number, clock))
      }
    }
    offsets = delays.compactMapValues { Self.offset($0) }
    starts = starts.mapValues { $0.sorted() }
  }

  /// What came with the least delay tells best how clocks stand to each other. What is more than a second quicker than most is no such thing, but a wrong
  /// instant.
  private static func offset(_ delays: [Int64]) -> Int64? {
    let sorted = delays.sorted()
    guard !sorted.isEmpty else { return nil }
    let median = sorted[sorted.count / 2]
    return sorted.first { $0 >= median - 1_000_000_000 }
  }

  /// An instant of a clock in the conversation's time; nil where nothing tells.
  func time(of instant: Int64, by clock: ComparisonRules.Clock) -> Int64? {
    offsets[clock].map { PreparedItem.bounded(Int128(instant) + Int128($0)) }
  }

  /// Nanoseconds from the last start to an instant of the same clock; nil where there was none before it.
  func sinceStart(_ instant: Int64, by clock: ComparisonRules.Clock) -> Int64? {
    guard let starts = starts[clock] else { return nil }
    let later = starts.partitioningIndex { $0 > instant }
    return later > 0 ? instant - starts[later - 1] : nil
  }
}

/// What the time of the second conversation is in that of the first: counted from what the central has done last in both.
///
/// A central that says the same over another link says some of it later, because it waits for answers; what the device then does comes later too.
struct AnchoredTime {
  private let anchors: [(expected: Int64, actual: Int64)]
  private let byExpected: [(expected: Int64, actual: Int64)]

  /// - Parameter pairs: when the central has done the same things, in both.
  init(_ pairs: [(expected: Int64, actual: Int64)]) {
    anchors = pairs.sorted { $0.actual < $1.actual }
    byExpected = pairs.sorted { $0.expected < $1.expected }
  }

  func callAsFunction(_ time: Int64) -> Int64 {
    let later = anchors.partitioningIndex { $0.actual > time }
    return Self.move(time, by: later > 0 ? anchors[later - 1] : anchors.first)
  }

  /// The same, counted from what the central had done last where the first conversation has its counterpart.
  func callAsFunction(_ time: Int64, expectedAt expected: Int64) -> Int64 {
    let later = byExpected.partitioningIndex { $0.expected > expected }
    return Self.move(time, by: later > 0 ? byExpected[later - 1] : byExpected.first)
  }

  private static func move(_ time: Int64, by anchor: (expected: Int64, actual: Int64)?) -> Int64 {
    guard let anchor else { return time }
    return PreparedItem.bounded(Int128(anchor.expected) + Int128(time) - Int128(anchor.actual))
  }
}

extension Array {
  /// The first place from which on all elements satisfy the condition, where those before do not.
  func partitioningIndex(_ belongs: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if belongs(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
