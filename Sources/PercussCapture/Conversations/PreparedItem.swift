import PercussGATT
import PercussWire

/// An item with what comparing it needs.
struct PreparedItem {
  let item: ConversationItem
  let content: ConversationItem.Content
  /// Nanoseconds, near enough to zero that sums do not overflow.
  let time: Int64

  init(_ item: ConversationItem) {
    self.item = item
    content = item.content
    time = Self.bounded(Int128(item.time))
  }

  static func bounded(_ nanoseconds: Int128) -> Int64 {
    let limit = Int128(Int64.max / 8)
    return Int64(clamping: min(max(nanoseconds, -limit), limit))
  }

  var frame: FrameDescription? {
    if case .frame(let frame) = content { frame } else { nil }
  }

  /// Whether the central asks for a sample of what goes on.
  var asksForSample: Bool {
    guard item.isFromCentral, let frame, case .sampled = ComparisonRules.order(of: frame.message) else { return false }
    return item.action != .read && ComparisonRules.hasOrder(frame)
  }

  func place(at time: Int64? = nil) -> ConversationDifference.Place {
    ConversationDifference.Place(item: item.number, record: item.record, time: time ?? self.time)
  }

  /// What it is called: its frame with the fields that tell which one.
  var what: String {
    let verb = item.action == .value ? "" : "\(item.action) "
    guard let frame else { return item.action == .value ? "value" : "\(item.action)" }
    let identity = ComparisonRules.identity(of: frame.message)
    let fields = frame.fields.filter { identity.contains($0.name) && !frame.message.isImplied($0.schema) }
    return verb + ([frame.name] + fields.map { "\($0.name)=\($0.meaning)" }).joined(separator: " ")
  }

  /// How closely two items must agree to belong together.
  enum Likeness: CaseIterable {
    /// In all that must be equal.
    case equal
    /// In what tells which one it is.
    case identity
    /// In the kind of frame.
    case name
    /// In the characteristic alone.
    case place
  }

  /// Equal for items that agree.
  func token(_ likeness: Likeness, isStrict: Bool) -> [UInt8] {
    var token = [item.action.rawValue] + item.characteristic.littleEndianBytes
    // What comes of a read is not what was asked.
    guard item.action != .read, likeness != .place else { return token }
    guard let frame else { return likeness == .equal ? token + item.bytes : token }
    token += Array(frame.name.utf8)
    switch likeness {
    case .equal where isStrict: token += item.bytes
    case .equal:
      for field in frame.fields where ComparisonRules.rule(of: field.schema, in: frame.message).isExact {
        token += [UInt8(clamping: field.bytes.count)] + field.bytes
      }
      token += item.bytes[frame.ignored]
    case .identity:
      for field in frame.fields where ComparisonRules.identity(of: frame.message).contains(field.name) {
        token += field.bytes
      }
    case .name, .place: break
    }
    return token
  }

  /// Nanoseconds by a clock that the frame has the present instant of.
  var presentInstants: [(clock: ComparisonRules.Clock, nanoseconds: Int64)] {
    guard let frame else { return [] }
    return frame.fields.compactMap { field in
      guard let clock = ComparisonRules.rule(of: field.schema, in: frame.message).presentClock,
        let number = field.number
      else { return nil }
      return (clock, Self.nanoseconds(number, clock))
    }
  }

  static func nanoseconds(_ number: Int128, _ clock: ComparisonRules.Clock) -> Int64 {
    let (product, overflow) = number.multipliedReportingOverflow(by: Int128(clock.nanosecondsPerUnit))
    return bounded(overflow ? Int128(Int64.max) : product)
  }
}
