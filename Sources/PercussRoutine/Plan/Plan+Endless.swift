// An endless plan holds its last steps once; what comes when is reckoned. A step's *number* counts on through the rounds, its *index* is its place
// among the plan's steps. In a plan that ends, the two are the same.
extension Plan {
  /// Whether it goes on until it is stopped.
  public var isEndless: Bool { loop != nil }

  /// Offsets on the wire are 32 bits of milliseconds, 49.7 days (section 15 of the specification); an endless routine ends before.
  static let longestStream: Int64 = 49 * 86_400_000

  /// How long one round of an endless plan takes, in milliseconds.
  private var round: Int64 {
    guard let loop, steps.indices.contains(loop.lowerBound) else { return 0 }
    return max(1, Int64(nominalDuration) - Int64(steps[loop.lowerBound].offset))
  }

  /// How many steps are played in all.
  var numberCount: Int {
    guard let loop, !loop.isEmpty else { return steps.count }
    let before = Int64(steps[loop.lowerBound].offset)
    return loop.lowerBound + loop.count * Int((Self.longestStream - before) / round)
  }

  /// The index of the step with a number from 0 to less than ``numberCount``.
  func index(ofNumber number: Int) -> Int {
    guard let loop, !loop.isEmpty, number >= loop.lowerBound else { return number }
    return loop.lowerBound + (number - loop.lowerBound) % loop.count
  }

  /// The nominal offset of the step with that number, in milliseconds; of the plan's end for ``numberCount``.
  func offset(ofNumber number: Int) -> Int64 {
    guard let loop, !loop.isEmpty, number >= loop.lowerBound else {
      return number < steps.count ? Int64(steps[number].offset) : Int64(nominalDuration)
    }
    let rounds = Int64((number - loop.lowerBound) / loop.count)
    return Int64(steps[index(ofNumber: number)].offset) + rounds * round
  }

  /// The number of the step that plays at a nominal offset in milliseconds; of those that begin there together, the last. Nil beyond the end.
  func number(at offset: Int64) -> Int? {
    guard offset >= 0, offset < self.offset(ofNumber: numberCount) else { return nil }
    var (low, high) = (0, numberCount)
    while high - low > 1 {
      let middle = (low + high) / 2
      if self.offset(ofNumber: middle) <= offset { low = middle } else { high = middle }
    }
    return low
  }

  /// The section of the step with that index.
  func section(of index: Int) -> Int? { sections.firstIndex { $0.steps.contains(index) } }
}
