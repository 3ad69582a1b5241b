import Glibc

/// Seeded random byte strings through every target; a quarter of them begin as a real frame does, so that the fields are reached.
@main struct RandomBytes {
  static func main() {
    let arguments = CommandLine.arguments
    let count = arguments.count > 1 ? Int(arguments[1]) ?? 0 : 10_000_000
    let seed = arguments.count > 2 ? UInt64(arguments[2]) ?? 0 : 1
    guard count > 0, arguments.count <= 3 else {
      print("usage: \(arguments[0]) [COUNT [SEED]]")
      exit(2)
    }
    for target in fuzzTargets {
      var random = SplitMix64(state: seed)
      withUnsafeTemporaryAllocation(byteCount: 528, alignment: 8) { buffer in
        for _ in 0..<count {
          let choice = random.next()
          // Mostly as long as a control frame and a little beyond; one in 1,024 up to more than any frame has.
          let length = Int(choice & 0x3FF == 0 ? (choice >> 32) % 521 : (choice >> 32) % 25)
          for offset in stride(from: 0, to: length, by: 8) {
            buffer.storeBytes(of: random.next(), toByteOffset: offset, as: UInt64.self)
          }
          if choice & 0xC00 == 0 {
            let beginning = target.beginnings[Int(truncatingIfNeeded: choice >> 12 & 0xFFFF) % target.beginnings.count]
            for offset in 0..<min(beginning.count, length) { buffer[offset] = beginning[offset] }
          }
          target.check(UnsafeRawBufferPointer(rebasing: buffer[..<length]))
        }
      }
      print("\(target.name): \(count) random byte strings, seed \(seed), no trap")
      fflush(nil)
    }
  }
}

private struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
