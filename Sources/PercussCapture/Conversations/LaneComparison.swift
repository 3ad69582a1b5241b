import PercussGATT
import PercussWire

/// Compares what went one way over one characteristic, in two conversations, value by value.
struct LaneComparison {
  let comparison: ItemComparison
  let a: [PreparedItem]
  let b: [PreparedItem]
  /// Every field must be equal.
  let isStrict: Bool

  private(set) var pairs: [(a: Int, b: Int)] = []
  private(set) var differences: [ConversationDifference] = []

  init(_ a: [PreparedItem], _ b: [PreparedItem], isStrict: Bool, _ comparison: ItemComparison) {
    self.a = a
    self.b = b
    self.isStrict = isStrict
    self.comparison = comparison
    align(a.indices, b.indices, .equal)
    pairs.sort { $0.a < $1.a }
  }

  // MARK: What belongs together

  private var missing: [Int] = []
  private var additional: [Int] = []

  /// Aligns by that likeness, and what is left between by the next one.
  private mutating func align(_ rangeA: Range<Int>, _ rangeB: Range<Int>, _ likeness: PreparedItem.Likeness?) {
    guard let likeness, !rangeA.isEmpty, !rangeB.isEmpty else {
      missing += rangeA
      additional += rangeB
      return
    }
    let next: PreparedItem.Likeness? =
      switch likeness {
      case .equal: .identity
      case .identity: .name
      case .name: .place
      case .place: nil
      }
    // A lone value in the place of another is that one, changed; of unequal numbers one cannot say.
    guard likeness != .place || rangeA.count == rangeB.count else { return align(rangeA, rangeB, nil) }
    var numbers: [[UInt8]: Int] = [:]
    func number(_ prepared: PreparedItem) -> Int {
      let token = prepared.token(likeness, isStrict: isStrict)
      if let number = numbers[token] { return number }
      let number = numbers.count
      numbers[token] = number
      return number
    }
    let alignment = SequenceAlignment(a[rangeA].map(number), b[rangeB].map(number))
    var (fromA, fromB) = (rangeA.lowerBound, rangeB.lowerBound)
    for pair in alignment.pairs {
      let (pairA, pairB) = (rangeA.lowerBound + pair.a, rangeB.lowerBound + pair.b)
      between(fromA..<pairA, fromB..<pairB, alignment, rangeA.lowerBound, next)
      pairs.append((pairA, pairB))
      (fromA, fromB) = (pairA + 1, pairB + 1)
    }
    between(fromA..<rangeA.upperBound, fromB..<rangeB.upperBound, alignment, rangeA.lowerBound, next)
  }

  private mutating func between(
    _ rangeA: Range<Int>, _ rangeB: Range<Int>, _ alignment: SequenceAlignment, _ start: Int,
    _ next: PreparedItem.Likeness?
  ) {
    guard !rangeA.isEmpty || !rangeB.isEmpty else { return }
    guard alignment.unaligned?.a.lowerBound != rangeA.lowerBound - start || rangeA.isEmpty || rangeB.isEmpty else {
      let (first, other) = (a[rangeA.lowerBound], b[rangeB.lowerBound])
      differences.append(
        ConversationDifference(
          kind: .unlike, characteristic: first.item.characteristic,
          what: "\(rangeA.count) values here, \(rangeB.count) there", expected: first.place(),
          actual: other.place(at: comparison.anchored(other.time)), count: max(rangeA.count, rangeB.count)))
      return
    }
    align(rangeA, rangeB, next)
  }

  // MARK: What differs

  /// The differences of all pairs, and what has no counterpart.
  mutating func compare() {
    let counters = counterDifferences()
    for (place, pair) in pairs.enumerated() {
      let (left, right) = (a[pair.a], b[pair.b])
      let fields = comparison.fields(left, right, isStrict: isStrict) + (counters[place] ?? [])
      guard !fields.isEmpty else { continue }
      differences.append(
        ConversationDifference(
          kind: .changed, characteristic: left.item.characteristic, what: left.what, expected: left.place(),
          actual: right.place(at: comparison.anchored(right.time)), fields: fields))
    }
    var moved: [[UInt8]: [Int]] = [:]
    for place in additional.reversed() { moved[b[place].token(.equal, isStrict: isStrict), default: []].append(place) }
    var taken: Set<Int> = []
    for place in missing {
      let left = a[place]
      let other = moved[left.token(.equal, isStrict: isStrict)]?.popLast()
      if let other { taken.insert(other) }
      let right = other.map { b[$0] }
      differences.append(
        ConversationDifference(
          kind: right == nil ? .missing : .moved, characteristic: left.item.characteristic, what: left.what,
          expected: left.place(), actual: right.map { $0.place(at: comparison.anchored($0.time)) }))
    }
    for place in additional where !taken.contains(place) {
      let right = b[place]
      differences.append(
        ConversationDifference(
          kind: .additional, characteristic: right.item.characteristic, what: right.what,
          actual: right.place(at: comparison.anchored(right.time))))
    }
  }

  /// Counters that differ by another number than those before and behind them, by the place of their pair.
  private func counterDifferences() -> [Int: [ConversationDifference.Field]] {
    guard !isStrict else { return [:] }
    var steps: [String: [(place: Int, a: FrameField, b: FrameField, step: Int128)]] = [:]
    for (place, pair) in pairs.enumerated() where a[pair.a].item.action == .value {
      guard let left = a[pair.a].frame, let right = b[pair.b].frame else { continue }
      for field in left.fields {
        guard case .counter = ComparisonRules.rule(of: field.schema, in: left.message), let number = field.number,
          let other = right.fields.first(where: { $0.name == field.name }), let value = other.number
        else { continue }
        let modulus: Int128 = 1 << Int128(min(8, field.bytes.count) * 8)
        steps[field.name, default: []].append((place, field, other, (value - number + modulus) % modulus))
      }
    }
    var differences: [Int: [ConversationDifference.Field]] = [:]
    for (name, lane) in steps {
      guard var usual = lane.first?.step else { continue }
      if lane.count > 2, lane[1].step == lane[2].step { usual = lane[1].step }
      for (index, one) in lane.enumerated() where one.step != usual {
        differences[one.place, default: []].append(
          ConversationDifference.Field(name, expected: one.a.meaning, actual: one.b.meaning))
        if index + 1 < lane.count, lane[index + 1].step == one.step { usual = one.step }
      }
    }
    return differences
  }
}
