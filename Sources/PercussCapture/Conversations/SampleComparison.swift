import PercussGATT
import PercussWire

/// Compares samples of what goes on, which two conversations have at different instants: each one must lie between those that the other one has around that instant.
struct SampleComparison {
  private struct Sample {
    let prepared: PreparedItem
    let frame: FrameDescription
    /// Nanoseconds in the time of the first conversation.
    let time: Int64
  }

  private(set) var differences: [ConversationDifference] = []
  private let comparison: ItemComparison
  private let changes: [Int64]

  /// - Parameter changes: when the first conversation tells of something that may change the motion, in order.
  init(_ a: [PreparedItem], _ b: [PreparedItem], changes: [Int64], _ comparison: ItemComparison) {
    self.comparison = comparison
    self.changes = changes
    let left = samples(a, comparison.timesA) { $0 }
    let right = samples(b, comparison.timesB) { comparison.anchored($0) }
    let reach = comparison.tolerance + max(Self.period(left), Self.period(right))
    compareValues(left, right, reach)
    tellGaps(left, without: right, reach, .missing)
    tellGaps(right, without: left, reach, .additional)
    // What is no frame is none in the other conversation either, where that has the same.
    let known = Set(a.filter { $0.frame == nil }.map(\.item.bytes))
    for prepared in b where prepared.frame == nil && !known.contains(prepared.item.bytes) {
      differences.append(
        ConversationDifference(
          kind: .changed, characteristic: prepared.item.characteristic, what: "value",
          actual: prepared.place(at: comparison.anchored(prepared.time)),
          fields: [.init("frame", expected: "a frame", actual: ItemComparison.text(prepared))]))
    }
  }

  /// In the order of their time.
  private func samples(
    _ items: [PreparedItem], _ times: ConversationTimes, _ anchored: (Int64) -> Int64
  ) -> [Sample] {
    items.compactMap { prepared in
      guard let frame = prepared.frame else { return nil }
      let present = prepared.presentInstants.first.flatMap { times.time(of: $0.nanoseconds, by: $0.clock) }
      // An instant far from the arrival is itself wrong; the sample is then where it came.
      let isLikely = present.map { abs($0 - prepared.time) < 1_000_000_000 } ?? false
      return Sample(
        prepared: prepared, frame: frame, time: anchored(isLikely ? present ?? prepared.time : prepared.time))
    }.sorted { $0.time < $1.time }
  }

  /// The usual time between two samples.
  private static func period(_ samples: [Sample]) -> Int64 {
    let gaps = zip(samples, samples.dropFirst()).map { $1.time - $0.time }.sorted()
    return gaps.isEmpty ? 0 : min(gaps[gaps.count / 2], 5_000_000_000)
  }

  /// At most this many samples around an instant are looked at.
  private static let windowLimit = 64

  private static func window(_ samples: [Sample], around time: Int64, _ reach: Int64) -> ArraySlice<Sample> {
    let first = samples.partitioningIndex { $0.time >= time - reach }
    let end = samples.partitioningIndex { $0.time > time + reach }
    guard end - first > windowLimit else { return samples[first..<max(first, end)] }
    let middle = samples.partitioningIndex { $0.time >= time }
    return samples[max(first, middle - windowLimit / 2)..<min(end, middle + windowLimit / 2)]
  }

  /// For so many nanoseconds behind what changes the motion the motor may dip or rise between two samples.
  private static let settling: Int64 = 600_000_000
  /// What tells of a change comes so many nanoseconds behind it at most.
  private static let before: Int64 = 100_000_000

  /// Fields of samples outside of what the other conversation has around them; those in a row are one difference.
  private mutating func compareValues(_ a: [Sample], _ b: [Sample], _ reach: Int64) {
    var open: [String: Int] = [:]
    for sample in a {
      let later = changes.partitioningIndex { $0 > sample.time + Self.before }
      let isSettling = later > 0 && sample.time - changes[later - 1] < Self.settling
      let window = Self.window(b, around: sample.time, reach)
      guard !window.isEmpty else { continue }
      for field in sample.frame.fields {
        guard let value = field.number,
          let slack = Self.slack(of: field, in: sample.frame.message), slack == 0 || !isSettling
        else { continue }
        let others = window.compactMap { other in
          other.frame.fields.first { $0.name == field.name }.flatMap(\.number).map { (other, $0) }
        }
        let numbers = others.map(\.1)
        // Between two samples a value can go as far beyond them as they are apart.
        let reach = slack + (zip(numbers, numbers.dropFirst()).map { abs($0 - $1) }.max() ?? 0)
        let fits =
          slack == 0
          ? numbers.contains(value)
          : numbers.contains { $0 <= value + reach } && numbers.contains { $0 >= value - reach }
        if fits {
          open[field.name] = nil
        } else if let place = open[field.name] {
          differences[place].count += 1
        } else if let nearest = others.min(by: { abs($0.0.time - sample.time) < abs($1.0.time - sample.time) }) {
          open[field.name] = differences.count
          let shown = nearest.0.frame.fields.first { $0.name == field.name }
          differences.append(
            ConversationDifference(
              kind: .changed, characteristic: sample.prepared.item.characteristic, what: sample.frame.name,
              expected: sample.prepared.place(), actual: nearest.0.prepared.place(at: nearest.0.time),
              fields: [.init(field.name, expected: field.meaning, actual: shown?.meaning ?? "none")]))
        }
      }
    }
  }

  private static func slack(of field: FrameField, in message: WireSchema.Message) -> Int128? {
    switch ComparisonRules.rule(of: field.schema, in: message) {
    case .sampled(let slack): slack
    case .exact: 0
    default: nil
    }
  }

  /// Samples around whose instant the other conversation has none; those in a row are one difference.
  private mutating func tellGaps(
    _ samples: [Sample], without others: [Sample], _ reach: Int64, _ kind: ConversationDifference.Kind
  ) {
    var isOpen = false
    for sample in samples {
      guard Self.window(others, around: sample.time, reach).isEmpty else {
        isOpen = false
        continue
      }
      if isOpen {
        differences[differences.count - 1].count += 1
      } else {
        let place = sample.prepared.place(at: sample.time)
        differences.append(
          ConversationDifference(
            kind: kind, characteristic: sample.prepared.item.characteristic, what: sample.frame.name,
            expected: kind == .missing ? place : nil, actual: kind == .missing ? nil : place))
        isOpen = true
      }
    }
  }
}
