import Testing

/// Feeds one stream to an incremental decoder in every way that it can arrive, and expects the same output each time: whole, byte
/// by byte, cut in two at every place, cut in three at every pair of places (of a short stream), in seeded random pieces, and with
/// empty pieces between.
///
/// - Parameter run: makes a fresh decoder, gives it the pieces in order, ends the stream and returns everything that came out.
func expectSameOutputHoweverSplit<Output: Equatable>(
  _ stream: [UInt8],
  _ expected: [Output],
  sourceLocation: SourceLocation = #_sourceLocation,
  decodedBy run: (_ pieces: [ArraySlice<UInt8>]) -> [Output]
) {
  func check(_ cuts: [Int], _ way: @autoclosure () -> String) {
    var pieces: [ArraySlice<UInt8>] = []
    var start = 0
    for cut in cuts + [stream.count] {
      pieces.append(stream[start..<cut])
      start = cut
    }
    let output = run(pieces)
    guard output != expected else { return }
    Issue.record("\(way()): got \(output), expected \(expected)", sourceLocation: sourceLocation)
  }

  check([], "whole")
  check(Array(stream.indices.dropFirst()), "byte by byte")
  check(stream.indices.flatMap { [$0, $0] }, "byte by byte with empty pieces between")
  for cut in 0...stream.count { check([cut], "cut at \(cut)") }
  if stream.count <= 48 {
    for first in 0...stream.count {
      for second in first...stream.count { check([first, second], "cut at \(first) and \(second)") }
    }
  }
  var random = SeededRandom(seed: 0x5EED)
  for _ in 0..<100 {
    let cuts = (0..<Int.random(in: 1...8, using: &random)).map { _ in Int.random(in: 0...stream.count, using: &random) }
    check(cuts.sorted(), "cut at \(cuts.sorted())")
  }
}

/// SplitMix64: the same numbers from the same seed on every machine.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
