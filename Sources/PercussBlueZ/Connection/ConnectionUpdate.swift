internal import PercussTime

/// How often two connected devices talk (Core Vol 6 Part B 4.5).
public struct ConnectionParameters: Hashable, Sendable, CustomStringConvertible {
  /// Time between connection events, 7.5 ms to 4 s in steps of 1.25 ms.
  public var interval: Duration
  /// Connection events that the peripheral may skip, 0 to 499.
  public var peripheralLatency: Int
  /// Silence after which the link is given up, 100 ms to 32 s in steps of 10 ms.
  public var supervisionTimeout: Duration

  /// Parameters; see the properties.
  public init(interval: Duration, peripheralLatency: Int, supervisionTimeout: Duration) {
    self.interval = interval
    self.peripheralLatency = peripheralLatency
    self.supervisionTimeout = supervisionTimeout
  }

  /// As in `interval 15 ms, latency 0, supervision timeout 2000 ms`.
  public var description: String {
    let hundredths = interval.wholeMicroseconds / 10
    let fraction = hundredths % 100
    let decimals =
      fraction == 0 ? "" : fraction % 10 == 0 ? ".\(fraction / 10)" : fraction < 10 ? ".0\(fraction)" : ".\(fraction)"
    return "interval \(hundredths / 100)\(decimals) ms, latency \(peripheralLatency), "
      + "supervision timeout \(supervisionTimeout.wholeMilliseconds) ms"
  }
}

/// What became of the wish for other connection parameters.
public enum ConnectionUpdateOutcome: Hashable, Sendable, CustomStringConvertible {
  /// Both ends have agreed on these. They may be others than asked for.
  case granted(ConnectionParameters)
  /// The controller or the device refused, with a code of the controller (Core Vol 1 Part F).
  case refused(code: UInt8)
  /// Asked, but no answer came in time.
  case unanswered(after: Duration)
  /// It could not be asked; why, and what would help.
  case notAsked(String)

  /// What happened.
  public var description: String {
    switch self {
    case .granted(let parameters): "\(parameters)"
    case .refused(let code): "the controller or the device refused, code 0x\(String(code, radix: 16))"
    case .unanswered(let after): "no answer of the controller within \(after)"
    case .notAsked(let reason): "not asked: \(reason)"
    }
  }
}

/// The conversation with a controller about the parameters of one link: the command's bytes out, events in.
///
/// ```
/// host                                                controller
/// LE Connection Update (handle 0x0040)        ──▶
///                                             ◀──     Command Status (success)
///                                             ◀──     LE Connection Update Complete (handle 0x0040, 15 ms)
/// ```
struct ConnectionUpdate: Equatable, Sendable {
  /// LE Controller commands (Core Vol 4 Part E 7.8).
  static let commandGroup: UInt16 = 0x08
  /// LE Connection Update (7.8.18).
  static let command: UInt16 = 0x0013

  let handle: UInt16

  /// The parameters of the command: 14 bytes.
  ///
  /// - Parameter interval: cut to 7.5 ms ... 4 s.
  static func parameters(
    handle: UInt16, interval: ClosedRange<Duration>, latency: Int, supervisionTimeout: Duration
  ) -> [UInt8] {
    func clamped(_ value: Int64, _ range: ClosedRange<Int64>) -> UInt16 {
      UInt16(min(max(value, range.lowerBound), range.upperBound))
    }
    let shortest = clamped(interval.lowerBound.wholeMicroseconds / 1_250, 6...3_200)
    let longest = clamped(interval.upperBound.wholeMicroseconds / 1_250, Int64(shortest)...3_200)
    let fields = [
      handle, shortest, longest, clamped(Int64(latency), 0...499),
      clamped(supervisionTimeout.wholeMilliseconds / 10, 10...3_200), 0, 0,
    ]
    return fields.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
  }

  /// A packet from the controller, with its type byte; nil when it does not end the conversation, or is malformed.
  func received(_ packet: [UInt8]) -> ConnectionUpdateOutcome? {
    // Type, event, length, parameters (Core Vol 4 Part A 2, Part E 5.4.4).
    guard packet.count >= 3, packet[0] == 0x04, packet.count >= 3 + Int(packet[2]) else { return nil }
    let parameters = packet[3..<3 + Int(packet[2])]
    switch packet[1] {
    case 0x0F: return commandStatus(Array(parameters))
    case 0x3E: return updateComplete(Array(parameters))
    default: return nil
    }
  }

  /// Command Status (7.7.15): status, count, op code.
  private func commandStatus(_ bytes: [UInt8]) -> ConnectionUpdateOutcome? {
    guard bytes.count >= 4, Self.number(bytes, at: 2) == Self.commandGroup << 10 | Self.command, bytes[0] != 0
    else { return nil }
    return .refused(code: bytes[0])
  }

  /// LE Connection Update Complete (7.7.65.3): subevent, status, handle, interval, latency, timeout.
  private func updateComplete(_ bytes: [UInt8]) -> ConnectionUpdateOutcome? {
    guard bytes.count >= 10, bytes[0] == 0x03, Self.number(bytes, at: 2) & 0x0FFF == handle else { return nil }
    guard bytes[1] == 0 else { return .refused(code: bytes[1]) }
    return .granted(
      ConnectionParameters(
        interval: .microseconds(1_250 * Int64(Self.number(bytes, at: 4))),
        peripheralLatency: Int(Self.number(bytes, at: 6)),
        supervisionTimeout: .milliseconds(10 * Int64(Self.number(bytes, at: 8)))))
  }

  private static func number(_ bytes: [UInt8], at offset: Int) -> UInt16 {
    UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8
  }
}
