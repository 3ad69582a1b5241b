import PercussGATT
import PercussWire

/// How values of two conversations are compared, by the names of their messages and fields in the specification.
///
/// A field without a rule must be equal. To add a family of devices, give rules to those of its fields that depend on time or on the body; nothing else
/// of the comparison knows a protocol.
struct ComparisonRules: Sendable {
  /// How the values of one message are put side by side.
  enum Order: Sendable {
    /// One by one, in order.
    case sequence
    /// Samples of what goes on: each must lie between those that the other conversation has around that instant.
    case sampled
    /// Only the last of each kind: how many there are, and when, depends on the radio.
    case last
  }

  /// How a field is compared.
  enum Field: Sendable {
    /// Equal.
    case exact
    /// Not at all, for that reason.
    case ignored(String)
    /// Not at all: it follows from the other fields, and says nothing that they do not.
    case follows
    /// An instant of a clock: at the same time of the conversation.
    case instant(Clock)
    /// An instant at which something begins that other instants are counted from.
    case start(Clock)
    /// An instant that was planned: the same time after the last start.
    case sinceStart(Clock)
    /// An instant that is late by as much as in the other conversation, after the field of that name.
    case after(String, Clock)
    /// A number that counts up: it differs by as much as the one before.
    case counter
    /// Of a sample: within this of what the other conversation has around that instant.
    case sampled(slack: Int128)
  }

  /// Clocks that instants belong to, with their beginning at any time.
  enum Clock: Hashable, Sendable {
    /// The device's, in microseconds.
    case device
    /// The low bits of the device's, in milliseconds.
    case deviceMilliseconds
    /// The central's, in microseconds.
    case central

    var nanosecondsPerUnit: Int64 { self == .deviceMilliseconds ? 1_000_000 : 1_000 }
  }

  private struct Message: Sendable {
    var order = Order.sequence
    /// The only variants that the order is for, those without stand one by one; nil where it is for all.
    var variants: Set<String>?
    var fields: [String: Field] = [:]
    /// The fields that tell which of several values of the message it is.
    var identity: [String] = []
  }

  /// By the names of specification and message.
  private static let messages: [String: [String: Message]] = [
    WireSchema.Specification.percuss.name: percuss, WireSchema.Specification.theragunGen4.name: theragun,
  ]

  private static let percuss: [String: Message] = [
    "control_request": Message(fields: ["start": .start(.device)], identity: ["op_code", "sequence"]),
    "control_response": Message(fields: ["start": .start(.device)], identity: ["op_code", "sequence"]),
    "telemetry": Message(
      order: .sampled,
      fields: [
        "counter": .ignored("the phase of telemetry is the device's own"), "time": .instant(.deviceMilliseconds),
        "state": .sampled(slack: 0), "speed": .sampled(slack: 60), "target": .sampled(slack: 10),
        "force": .ignored("it depends on the body"), "temperature": .ignored("it depends on the body"),
        "battery": .ignored("it depends on the charge"), "step": .sampled(slack: 0),
        "remaining": .sampled(slack: 1), "faults": .sampled(slack: 0),
      ]),
    "device_event": Message(
      fields: [
        "counter": .counter, "time": .instant(.device), "planned": .sinceStart(.device),
        "actual": .after("planned", .device), "battery": .ignored("it depends on the charge"),
      ], identity: ["kind", "state", "step"]),
    "routine_status": Message(order: .last),
    "clock_request": Message(fields: ["central_time": .instant(.central)]),
    "clock_reply": Message(
      fields: [
        "central_time": .instant(.central), "device_time": .instant(.device),
        "hold": .ignored("how long the device took to answer"),
      ]),
  ]

  /// The status is asked for by time alone, and tells what the motor does at that instant.
  private static let theragun: [String: Message] = [
    "request": Message(order: .sampled, variants: ["status"], fields: ["checksum": .follows]),
    "notification": Message(
      order: .sampled, variants: ["status"],
      fields: [
        "checksum": .follows, "motion": .sampled(slack: 0), "speed": .sampled(slack: 90),
        "unknown_byte": .ignored("what it means is not public"),
        "unknown_bytes": .ignored("what these bytes mean is not public"),
        "version": .ignored("it tells which firmware it is"),
      ]),
  ]

  private static func rules(_ message: WireSchema.Message) -> Message? {
    messages[message.specification.name]?[message.name]
  }

  static func order(of message: WireSchema.Message) -> Order { rules(message)?.order ?? .sequence }

  /// Whether the order of a message is that of this frame of it too.
  static func hasOrder(_ frame: FrameDescription) -> Bool {
    rules(frame.message)?.variants.map { $0.contains(frame.variant?.name ?? "") } ?? true
  }

  /// Whether the message's order is for some of its variants alone.
  static func isOrderOfVariants(_ message: WireSchema.Message) -> Bool { rules(message)?.variants != nil }

  static func rule(of field: WireSchema.Field, in message: WireSchema.Message) -> Field {
    rules(message)?.fields[field.name] ?? .exact
  }

  static func identity(of message: WireSchema.Message) -> [String] { rules(message)?.identity ?? [] }

  /// Whether what the device sends of a characteristic are samples, which come by time alone.
  static func isSampled(_ characteristic: BluetoothUUID) -> Bool {
    FrameFormat(characteristic)?.message(isFromClient: false).map { order(of: $0) == .sampled } ?? false
  }

  /// Characteristics that tell which unit it is, or which firmware, and not how it behaves.
  static let identities: [UInt16] = [0x2A23, 0x2A25, 0x2A26, 0x2A28]
}

extension ComparisonRules.Field {
  /// Whether the value itself must be equal, so that it tells which values belong together.
  var isExact: Bool {
    if case .exact = self { true } else { false }
  }

  /// The clock of an instant at which the value was made.
  var presentClock: ComparisonRules.Clock? {
    switch self {
    case .instant(let clock), .after(_, let clock): clock
    default: nil
    }
  }

  /// The clock of any instant.
  var clock: ComparisonRules.Clock? {
    switch self {
    case .instant(let clock), .start(let clock), .sinceStart(let clock), .after(_, let clock): clock
    default: nil
    }
  }
}
