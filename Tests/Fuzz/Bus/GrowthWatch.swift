import Glibc

/// Tells growth: what a round holds at once, and what rounds leave behind.
struct GrowthWatch {
  /// All may hold this much at once, in bytes.
  static let peakLimit = 256 << 20
  /// A round may leave this much behind, in bytes, and all of them that much: tables that grow to what they need stay below one or the other.
  static let roundLimit = 1024
  static let sumLimit = 128 << 10
  private var peak = 0
  private var looks = 0
  private var beginning: (round: UInt64, bytes: Int, descriptors: Int)?

  /// What a round that lasts has grown by, with how many messages, and how much it may.
  var lasting: (bytes: Int, messages: Int, allowance: Allowance)?

  /// What a round that lasts may grow by, in bytes: so much for each message that it was sent meanwhile, and no more than that in all.
  struct Allowance {
    var forEachMessage: Int
    var atMost: Int
  }

  mutating func look() {
    looks += 1
    if looks.isMultiple(of: 16), let bytes = liveBytes() { peak = max(peak, bytes) }
  }

  /// Counts from here: the rounds before have filled the caches.
  mutating func begin(atRound round: UInt64) {
    settle()
    beginning = (round, liveBytes() ?? 0, openDescriptors())
  }

  /// In words; throws when what is held after a round goes up and up.
  func verdict(afterRound round: UInt64) throws -> String {
    settle()
    guard let bytes = liveBytes() else {
      throw FuzzFailure("built without the address sanitizer: the memory cannot be watched")
    }
    guard peak < Self.peakLimit else { throw FuzzFailure("\(peak >> 20) MiB were held at once") }
    if let lasting {
      guard lasting.messages > 10 else { throw FuzzFailure("only \(lasting.messages) messages were sent") }
      let (allowance, messages) = (lasting.allowance, lasting.messages)
      guard lasting.bytes < min(allowance.forEachMessage * messages, allowance.atMost) else {
        throw FuzzFailure("\(lasting.bytes) bytes more are held after \(lasting.messages) messages more")
      }
      return "\(peak >> 10) KiB at once, \(lasting.bytes) bytes more held after \(lasting.messages) messages more"
    }
    guard let beginning, round > beginning.round else { return "too few rounds to tell growth" }
    let descriptors = openDescriptors() - beginning.descriptors
    guard descriptors <= 0 else {
      throw FuzzFailure("\(descriptors) descriptors more are open after \(round) rounds than after \(beginning.round)")
    }
    let growth = bytes - beginning.bytes
    let perRound = growth / Int(round - beginning.round)
    guard perRound < Self.roundLimit || growth < Self.sumLimit else {
      throw FuzzFailure("each round leaves \(perRound) bytes behind")
    }
    return "\(peak >> 10) KiB at once, \(perRound) bytes left behind by a round"
  }
}

/// Lets the links of the last round end in their own time, 2 s after their last sign of life: what is left then nobody will ever free.
private func settle() {
  var quiet = 0
  var last = liveBytes()
  for _ in 0..<200 where quiet < 30 {
    usleep(100_000)
    let now = liveBytes()
    quiet = now == last ? quiet + 1 : 0
    last = now
  }
}

/// How much memory this program has got from malloc and not given back, in bytes; nil without the address sanitizer, which counts it.
func liveBytes() -> Int? {
  typealias Count = @convention(c) () -> Int
  guard let symbol = dlsym(nil, "__sanitizer_get_current_allocated_bytes") else { return nil }
  return unsafeBitCast(symbol, to: Count.self)()
}

/// The descriptors that this process has open.
func openDescriptors() -> Int {
  guard let folder = opendir("/proc/self/fd") else { return 0 }
  defer { closedir(folder) }
  var count = 0
  while readdir(folder) != nil { count += 1 }
  return count
}
