import PercussGATT
import PercussWire

/// Compares two items that belong together, field by field.
struct ItemComparison {
  /// What the device's own instants may differ by, counted on its own clock.
  static let deviceTolerance: Int64 = 5_000_000
  /// Two clocks of crystals drift apart by less than one part in this.
  static let driftDivisor: Int64 = 5_000

  let tolerance: Int64
  let comparesTimes: Bool
  let timesA: ConversationTimes
  let timesB: ConversationTimes
  let anchored: AnchoredTime
  /// The time that what the central wrote to a characteristic gives, for the answers there.
  let answered: [BluetoothUUID: AnchoredTime]
  /// When the first conversation begins.
  let beginning: Int64

  typealias Field = ConversationDifference.Field

  /// The fields that differ.
  ///
  /// - Parameter isStrict: every field must be equal.
  func fields(_ a: PreparedItem, _ b: PreparedItem, isStrict: Bool) -> [Field] {
    switch a.item.action {
    case .value: return values(a, b, isStrict: isStrict) + arrival(a, b)
    case .read:
      let answers = self.answers(a, b)
      guard answers.isEmpty, a.item.answer?.refusal == nil else { return answers }
      return isOld(a) ? [] : values(a, b, isStrict: isStrict)
    default: return answers(a, b) + values(a, b, isStrict: isStrict)
    }
  }

  /// Whether an item of the first conversation tells of what happened before it.
  func isOld(_ prepared: PreparedItem) -> Bool {
    prepared.item.action == .read
      && prepared.presentInstants.contains { clock, instant in
        timesA.time(of: instant, by: clock).map { $0 < beginning } ?? false
      }
  }

  private func answers(_ a: PreparedItem, _ b: PreparedItem) -> [Field] {
    // What the capture does not show the end of cannot be compared, nor a command, which has no answer.
    guard let expected = a.item.answer else { return [] }
    guard let actual = b.item.answer else {
      return [Field("answer", expected: Self.text(expected), actual: "none")]
    }
    guard expected.refusal != actual.refusal else { return [] }
    return [Field("answer", expected: Self.text(expected), actual: Self.text(actual))]
  }

  private static func text(_ answer: ConversationItem.Answer) -> String {
    answer.refusal.map { "\($0)" } ?? "accepted"
  }

  /// When a value without an instant of its own came.
  private func arrival(_ a: PreparedItem, _ b: PreparedItem) -> [Field] {
    guard comparesTimes, a.presentInstants.isEmpty else { return [] }
    // An answer is late after what it answers, whatever was said meanwhile.
    let time = answered[a.item.characteristic]?(b.time, expectedAt: a.time) ?? anchored(b.time)
    return isNear(a.time, time) ? [] : [Field("time", expected: Self.seconds(a.time), actual: Self.seconds(time))]
  }

  private func isNear(_ a: Int64, _ b: Int64) -> Bool {
    abs(a - b) <= tolerance + abs(a) / Self.driftDivisor
  }

  // MARK: Values

  private func values(_ a: PreparedItem, _ b: PreparedItem, isStrict: Bool) -> [Field] {
    switch (a.content, b.content) {
    case (.frame(let left), .frame(let right)): return frames(left, right, isStrict: isStrict)
    case (.malformed, .malformed), (.bytes, .bytes):
      guard a.item.bytes != b.item.bytes else { return [] }
      return [Field("value", expected: Self.text(a.item.bytes), actual: Self.text(b.item.bytes))]
    default: return [Field("frame", expected: Self.text(a), actual: Self.text(b))]
    }
  }

  private func frames(_ a: FrameDescription, _ b: FrameDescription, isStrict: Bool) -> [Field] {
    var differences: [Field] = []
    if a.name != b.name { differences.append(Field("frame", expected: a.name, actual: b.name)) }
    for left in a.fields where !a.message.isImplied(left.schema) {
      guard let right = b.fields.first(where: { $0.name == left.name }) else {
        differences.append(Field(left.name, expected: left.meaning, actual: "none"))
        continue
      }
      guard left.bytes != right.bytes else { continue }
      let rule: ComparisonRules.Field = isStrict ? .exact : ComparisonRules.rule(of: left.schema, in: a.message)
      if let difference = field(left, right, rule, (a, b)) { differences.append(difference) }
    }
    for right in b.fields
    where !b.message.isImplied(right.schema) && !a.fields.contains(where: { $0.name == right.name }) {
      differences.append(Field(right.name, expected: "none", actual: right.meaning))
    }
    if a.ignored.count != b.ignored.count {
      differences.append(
        Field("bytes of a later version", expected: "\(a.ignored.count)", actual: "\(b.ignored.count)"))
    }
    return differences
  }

  private func field(
    _ a: FrameField, _ b: FrameField, _ rule: ComparisonRules.Field,
    _ frames: (a: FrameDescription, b: FrameDescription)
  ) -> Field? {
    guard let left = a.number, let right = b.number, let clock = rule.clock else {
      switch rule {
      case .exact: return Field(a.name, expected: Self.meaning(a), actual: Self.meaning(b))
      // A counter is compared over the whole lane, a sample over what surrounds it.
      default: return nil
      }
    }
    let (from, to) = (PreparedItem.nanoseconds(left, clock), PreparedItem.nanoseconds(right, clock))
    switch rule {
    case .after(let name, _):
      guard let planned = frames.a.fields.first(where: { $0.name == name })?.number,
        let other = frames.b.fields.first(where: { $0.name == name })?.number
      else { return nil }
      let late = (from - PreparedItem.nanoseconds(planned, clock), to - PreparedItem.nanoseconds(other, clock))
      guard abs(late.0 - late.1) > Self.deviceTolerance else { return nil }
      return Field(
        a.name, expected: "\(Self.seconds(late.0)) after \(name)", actual: "\(Self.seconds(late.1)) after \(name)")
    case .sinceStart:
      if let expected = timesA.sinceStart(from, by: clock), let actual = timesB.sinceStart(to, by: clock) {
        guard abs(expected - actual) > Self.deviceTolerance else { return nil }
        return Field(
          a.name, expected: "\(Self.seconds(expected)) after the start",
          actual: "\(Self.seconds(actual)) after the start")
      }
      return instants(a.name, from, to, clock)
    case .start: return instants(a.name, from, to, clock, isStart: true)
    default: return instants(a.name, from, to, clock)
    }
  }

  /// At the same time after what the central did last, or after the last start.
  private func instants(
    _ name: String, _ a: Int64, _ b: Int64, _ clock: ComparisonRules.Clock, isStart: Bool = false
  ) -> Field? {
    guard comparesTimes, let expected = timesA.time(of: a, by: clock), let actual = timesB.time(of: b, by: clock)
    else { return nil }
    if !isStart, let sinceA = timesA.sinceStart(a, by: clock), let sinceB = timesB.sinceStart(b, by: clock),
      isNear(sinceA, sinceB)
    {
      return nil
    }
    let anchoredTime = anchored(actual)
    guard !isNear(expected, anchoredTime) else { return nil }
    return Field(name, expected: Self.seconds(expected), actual: Self.seconds(anchoredTime))
  }

  // MARK: Words

  static func meaning(_ field: FrameField) -> String {
    field.number == nil ? text(Array(field.bytes)) : field.meaning
  }

  static func text(_ prepared: PreparedItem) -> String {
    switch prepared.content {
    case .frame(let frame): frame.name
    case .malformed(let error): "no such frame (\(error))"
    case .bytes: text(prepared.item.bytes)
    }
  }

  static func text(_ bytes: [UInt8]) -> String {
    if bytes.isEmpty { return "nothing" }
    let isText = bytes.allSatisfy { (0x20...0x7E).contains($0) }
    if isText { return "“\(String(decoding: bytes, as: UTF8.self))”" }
    let shown = bytes.prefix(64).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
    return bytes.count > 64 ? "\(shown)... (\(bytes.count) bytes)" : shown
  }

  /// As in `2.554 s`.
  static func seconds(_ nanoseconds: Int64) -> String {
    let milliseconds = (nanoseconds.magnitude + 500_000) / 1_000_000
    let rest = String(milliseconds % 1000)
    return "\(nanoseconds < 0 && milliseconds > 0 ? "-" : "")\(milliseconds / 1000)."
      + String(repeating: "0", count: 3 - rest.count) + rest + " s"
  }
}
