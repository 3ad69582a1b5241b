/// Which elements of two sequences belong together: the longest common subsequence, by Myers' greedy algorithm
/// ("An O(ND) Difference Algorithm and Its Variations", 1986).
///
/// Its cost is bounded: sequences that differ in more than ``differenceLimit`` elements are aligned at their beginnings and ends only.
struct SequenceAlignment: Equatable {
  /// Elements that may be missing or additional, together. At the limit the search has taken 4 MB and as many comparisons as elements times the limit.
  static let differenceLimit = 1000

  /// The places of equal elements, in order.
  private(set) var pairs: [(a: Int, b: Int)] = []
  /// The parts behind which nothing was looked for any more; nil when all was.
  private(set) var unaligned: (a: Range<Int>, b: Range<Int>)?

  static func == (left: Self, right: Self) -> Bool {
    left.pairs.elementsEqual(right.pairs, by: ==) && left.unaligned?.a == right.unaligned?.a
      && left.unaligned?.b == right.unaligned?.b
  }

  init(_ a: [Int], _ b: [Int]) {
    var prefix = 0
    while prefix < a.count, prefix < b.count, a[prefix] == b[prefix] { prefix += 1 }
    var suffix = 0
    while suffix < a.count - prefix, suffix < b.count - prefix, a[a.count - 1 - suffix] == b[b.count - 1 - suffix] {
      suffix += 1
    }
    pairs = (0..<prefix).map { ($0, $0) }
    let (middleA, middleB) = (prefix..<(a.count - suffix), prefix..<(b.count - suffix))
    if !middleA.isEmpty, !middleB.isEmpty {
      if let middle = Self.middle(a, middleA, b, middleB) {
        pairs += middle
      } else {
        unaligned = (middleA, middleB)
      }
    }
    pairs += (0..<suffix).reversed().map { (a.count - 1 - $0, b.count - 1 - $0) }
  }

  /// The pairs between the equal beginning and the equal end; nil where they differ too much.
  private static func middle(_ a: [Int], _ rangeA: Range<Int>, _ b: [Int], _ rangeB: Range<Int>) -> [(Int, Int)]? {
    let (countA, countB) = (rangeA.count, rangeB.count)
    // No path is shorter than the difference of the lengths.
    guard abs(countA - countB) <= differenceLimit else { return nil }
    let limit = min(differenceLimit, countA + countB)
    let center = limit + 1
    /// How far into `a` a path on each diagonal has come.
    var furthest = [Int32](repeating: 0, count: 2 * limit + 3)
    var trace: [[Int32]] = []
    for difference in 0...limit {
      trace.append(Array(furthest[(center - difference)...(center + difference)]))
      for diagonal in stride(from: -difference, through: difference, by: 2) {
        let place = center + diagonal
        let goesDown =
          diagonal == -difference || diagonal != difference && furthest[place - 1] < furthest[place + 1]
        var x = goesDown ? Int(furthest[place + 1]) : Int(furthest[place - 1]) + 1
        var y = x - diagonal
        while x < countA, y < countB, y >= 0, a[rangeA.lowerBound + x] == b[rangeB.lowerBound + y] {
          x += 1
          y += 1
        }
        furthest[place] = Int32(clamping: x)
        if x >= countA, y >= countB {
          return path(back: trace, from: (countA, countB), offsets: (rangeA.lowerBound, rangeB.lowerBound))
        }
      }
    }
    return nil
  }

  /// Follows the search back to its beginning.
  ///
  /// - Parameter trace: for each difference, how far the diagonals around the middle one had come before it.
  private static func path(
    back trace: [[Int32]], from end: (Int, Int), offsets: (a: Int, b: Int)
  ) -> [(Int, Int)] {
    var pairs: [(Int, Int)] = []
    var (x, y) = end
    for difference in trace.indices.reversed() where difference > 0 {
      let furthest = trace[difference]
      let diagonal = x - y
      func reached(_ diagonal: Int) -> Int {
        let place = diagonal + difference
        return furthest.indices.contains(place) ? Int(furthest[place]) : 0
      }
      let goesDown =
        diagonal == -difference || diagonal != difference && reached(diagonal - 1) < reached(diagonal + 1)
      let before = goesDown ? diagonal + 1 : diagonal - 1
      let (fromX, fromY) = (reached(before), reached(before) - before)
      let start = goesDown ? fromX : fromX + 1
      while x > start, y > 0 {
        x -= 1
        y -= 1
        pairs.append((offsets.a + x, offsets.b + y))
      }
      (x, y) = (fromX, fromY)
    }
    while x > 0, y > 0 {
      x -= 1
      y -= 1
      pairs.append((offsets.a + x, offsets.b + y))
    }
    return pairs.reversed()
  }
}
