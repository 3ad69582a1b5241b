internal import PercussWire

/// A request as it came: its first 20 bytes and its length, enough to tell a repetition from another request.
struct RequestBytes: Equatable {
  private var low: UInt64 = 0
  private var middle: UInt64 = 0
  private var high: UInt64 = 0
  let count: Int

  init(_ value: RawSpan) {
    count = value.byteCount
    var index = 0
    while index < min(count, 20) {
      let byte = UInt64(unsafe value.unsafeLoad(fromByteOffset: index, as: UInt8.self))
      let shift = UInt64(index % 8 * 8)
      switch index / 8 {
      case 0: low |= byte << shift
      case 1: middle |= byte << shift
      default: high |= byte << shift
      }
      index += 1
    }
  }

  /// The second byte of every request.
  var sequence: UInt8 { UInt8(truncatingIfNeeded: low >> 8) }
}

/// Tells new requests of one central from repeated, conflicting and stale ones.
///
/// The difference of a sequence number to the newest one, modulo 256, is 1 to 127 for a new request. Behind that the last
/// four requests are remembered with their responses, so that a repeated one is answered without being executed again.
struct SequenceWindow {
  enum Verdict: Equatable {
    case new
    /// The same request again, and what was answered; nil where a quiet request succeeded.
    case replay(ControlResponse?)
    case conflict
    case stale
  }

  private struct Entry {
    let request: RequestBytes
    let response: ControlResponse?
  }

  private var newest: UInt8?
  /// Oldest first, at most `WireConstants.replayDepth`.
  private var entries: [Entry] = []

  func verdict(on request: RequestBytes) -> Verdict {
    if isAhead(request.sequence) { return .new }
    guard let entry = entry(request.sequence) else { return .stale }
    return entry.request == request ? .replay(entry.response) : .conflict
  }

  /// Whether a stop is to be recorded: only where it is ahead of the newest request.
  func records(stop request: RequestBytes) -> Bool {
    isAhead(request.sequence)
  }

  /// Remembers a request that is ahead and what was answered; nil for the silent success of a quiet request.
  mutating func record(_ request: RequestBytes, response: ControlResponse?) {
    newest = request.sequence
    entries.removeAll { $0.request.sequence == request.sequence }
    if entries.count >= WireConstants.replayDepth { entries.removeFirst() }
    entries.append(Entry(request: request, response: response))
  }

  private func entry(_ sequence: UInt8) -> Entry? {
    entries.last { $0.request.sequence == sequence }
  }

  private func isAhead(_ sequence: UInt8) -> Bool {
    guard let newest else { return true }
    return 1...127 ~= sequence &- newest
  }
}
