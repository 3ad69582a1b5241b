import Testing

@testable import PercussCapture

struct SequenceAlignmentTests {
  /// The length of the longest common subsequence, by the table.
  private func longest(_ a: [Int], _ b: [Int]) -> Int {
    var row = [Int](repeating: 0, count: b.count + 1)
    for element in a {
      var diagonal = 0
      for place in b.indices {
        let above = row[place + 1]
        row[place + 1] = element == b[place] ? diagonal + 1 : max(above, row[place])
        diagonal = above
      }
    }
    return row[b.count]
  }

  @Test func `aligns the longest common subsequence of random sequences`() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      let letters = Int.random(in: 1...5, using: &generator)
      let a = (0..<Int.random(in: 0...24, using: &generator)).map { _ in Int.random(in: 0...letters, using: &generator)
      }
      let b = (0..<Int.random(in: 0...24, using: &generator)).map { _ in Int.random(in: 0...letters, using: &generator)
      }
      let alignment = SequenceAlignment(a, b)
      #expect(alignment.unaligned == nil)
      #expect(alignment.pairs.count == longest(a, b), "\(a) \(b)")
      #expect(alignment.pairs.allSatisfy { a[$0.a] == b[$0.b] }, "\(a) \(b)")
      #expect(zip(alignment.pairs, alignment.pairs.dropFirst()).allSatisfy { $0.a < $1.a && $0.b < $1.b }, "\(a) \(b)")
    }
  }

  @Test func `finds one missing element among many`() {
    let a = Array(0..<100_000)
    var b = a
    b.remove(at: 50_000)
    let alignment = SequenceAlignment(a, b)
    #expect(alignment.pairs.count == 99_999 && alignment.unaligned == nil)
    #expect(!alignment.pairs.contains { $0.a == 50_000 })
  }

  @Test func `gives up where sequences have nothing in common, and keeps both ends`() {
    let a = [1, 2] + Array(1_000..<51_000) + [3]
    let b = [1, 2] + Array(100_000..<150_000) + [3]
    let alignment = SequenceAlignment(a, b)
    #expect(alignment.pairs.map(\.a) == [0, 1, 50_002])
    #expect(alignment.unaligned?.a == 2..<50_002 && alignment.unaligned?.b == 2..<50_002)
  }

  @Test func `aligns nothing with something`() {
    #expect(SequenceAlignment([], []).pairs.isEmpty)
    #expect(SequenceAlignment([], [1]).pairs.isEmpty)
    #expect(SequenceAlignment([1], [2]).pairs.isEmpty)
  }
}
