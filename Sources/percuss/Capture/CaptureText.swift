import Foundation
import PercussCapture
import PercussGATT
import PercussWire

/// A capture as people read it: a line for each value and event.
struct CaptureText {
  let terminal: Terminal

  func line(
    _ event: AttributeEvent, _ decoded: DecodedValue, _ connection: CapturedConnection, elapsed: Int64
  ) -> String {
    let way = event.direction == .sent ? ">" : "<"
    let channel = event.channel == 4 ? "" : " on 0x\(String(event.channel, radix: 16))"
    var words = ["\(way) \(event.operation)\(channel)"]
    if event.handle != 0 { words.append(terminal.styled(Self.name(event), .bold)) }
    if let error = event.error { words.append(terminal.styled("\(error)", .red)) }
    let value = self.value(event, decoded)
    if !value.isEmpty { words.append(value) }
    if let request = event.request { words.append(terminal.styled("(\(Self.duration(request.latency)))", .dim)) }
    return margin(elapsed, connection) + words.joined(separator: "  ")
  }

  private func value(_ event: AttributeEvent, _ decoded: DecodedValue) -> String {
    if let refusal = decoded.refusal {
      return terminal.styled("no such frame: \(refusal)", .red) + "  " + hex(decoded.bytes)
    }
    if let frame = decoded.frame { return Self.text(of: frame) }
    guard !decoded.bytes.isEmpty else { return "" }
    let part = event.offset > 0 || !event.isWhole ? "bytes \(event.offset)... " : ""
    return part + Self.meaning(of: decoded.bytes, at: event.attribute)
  }

  /// A frame in one line: its name and fields.
  static func text(of frame: FrameDescription) -> String {
    var text = frame.title
    for fields in [frame.header, frame.body] {
      for field in fields where !frame.message.isImplied(field.schema) && field.schema.constant == nil {
        text += " "
        text += field.name
        text += "="
        text += field.meaning
      }
    }
    guard !frame.ignored.isEmpty else { return text }
    return text + "  and \(count(frame.ignored.count)) \(frame.message.specification.ofUnknownBytes)"
  }

  private static func meaning(of bytes: [UInt8], at attribute: CapturedAttribute?) -> String {
    let digits = hex(bytes)
    switch attribute?.uuid.assignedNumber {
    case 0x2902 where bytes.count == 2:
      let words = [(1, "notifications"), (2, "indications")].filter { bytes[0] & $0.0 != 0 }.map(\.1)
      return digits + "  " + (words.isEmpty ? "off" : words.joined(separator: " and ") + " on")
    case 0x2A19 where bytes.count == 1: return "\(digits)  \(bytes[0]) %"
    case let number? where number == 0x2A00 || number == 0x2901 || (0x2A24...0x2A29).contains(number):
      guard let text = String(validating: bytes, as: UTF8.self) else { return digits }
      // What would act on the terminal is shown as a dot.
      let isHarmless = { (scalar: Unicode.Scalar) in
        ![.control, .format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
      }
      return "“\(String(String.UnicodeScalarView(text.unicodeScalars.map { isHarmless($0) ? $0 : "·" })))”"
    default: return digits
    }
  }

  private static func name(_ event: AttributeEvent) -> String {
    let handle = "0x" + zeros(String(event.handle, radix: 16), 4)
    guard let attribute = event.attribute else { return "handle \(handle)" }
    let mark = attribute.isAssumed ? "~" : ""
    let own = AttributeName.of(attribute.uuid)
    guard attribute.kind == .descriptor, attribute.characteristic != attribute.uuid else {
      return "\(mark)\(own) (\(handle))"
    }
    return "\(mark)\(AttributeName.of(attribute.characteristic)): \(own) (\(handle))"
  }

  func line(_ event: ConnectionEvent, elapsed: Int64) -> String {
    let connection = event.connection
    let peer = connection.peer.map { "\($0)\($0.isRandom ? " (random)" : "")" } ?? "an unknown address"
    let text: String
    switch event.kind {
    case .connected(let parameters):
      let role = connection.role == .peripheral ? "peripheral of" : "central of"
      text = terminal.styled("connected", .green) + " as \(role) \(peer), \(Self.text(of: parameters))"
    case .found: text = "connected before the capture, with handle 0x\(String(connection.handle, radix: 16))"
    case .disconnected(let reason):
      let why = reason.map { ": " + HCIStatus.text($0) } ?? " with its adapter"
      text = terminal.styled("disconnected", .yellow) + why
    case .replaced: text = terminal.styled("replaced", .yellow) + " by a new connection with the same handle"
    case .parameters(let parameters): text = "connection updated: \(Self.text(of: parameters))"
    case .parametersRefused(let status): text = "connection not updated: \(HCIStatus.text(status))"
    case .encryption(let isOn): text = isOn ? "encrypted" : "no longer encrypted"
    case .mtu(let client, let server, let agreed): text = "ATT_MTU \(agreed) (client \(client), server \(server))"
    case .channelOpened(let sent, let received, let mtu):
      text = "Enhanced ATT channel 0x\(String(sent, radix: 16))/0x\(String(received, radix: 16)) opened, ATT_MTU \(mtu)"
    case .channelRefused(let result): text = "Enhanced ATT channel refused: L2CAP result \(result)"
    case .channelClosed(let sent, let received):
      text = "Enhanced ATT channel 0x\(String(sent, radix: 16))/0x\(String(received, radix: 16)) closed"
    }
    return margin(elapsed, connection) + "* " + text
  }

  func line(_ event: ControllerEvent, elapsed: Int64) -> String {
    let text =
      switch event.kind {
      case .added: "adapter there"
      case .removed: "adapter gone"
      case .address(let address): "adapter has the address \(address)"
      case .reset: "adapter reset"
      case .connectionFailed(let peer, let status):
        "no connection\(peer.map { " to \($0)" } ?? ""): \(HCIStatus.text(status))"
      }
    return "\(Self.seconds(elapsed))  hci\(event.controller)      * \(text)"
  }

  func line(_ problem: CaptureProblem, elapsed: Int64) -> String {
    let number = problem.connection.map { "#\($0)" } ?? ""
    return "\(Self.seconds(elapsed))  \(pad(number, 9))" + " "
      + terminal.styled("! record \(problem.record), byte \(problem.fileOffset): \(problem.reason)", .red)
  }

  private func margin(_ elapsed: Int64, _ connection: CapturedConnection) -> String {
    "\(Self.seconds(elapsed))  \(pad("hci\(connection.controller) #\(connection.number)", 9)) "
  }

  /// As in `interval 30 ms, latency 0, time-out 420 ms`.
  static func text(of parameters: CapturedParameters) -> String {
    let timeout = UInt32(parameters.timeout) * 10
    return
      "interval \(duration(Int64(parameters.intervalMicroseconds) * 1000)), latency \(parameters.latency), time-out \(timeout) ms"
  }

  /// Nanoseconds as in `12.34 ms`.
  static func duration(_ nanoseconds: Int64) -> String {
    let microseconds = nanoseconds / 1000
    guard abs(microseconds) >= 1000 else { return "\(microseconds) µs" }
    let hundredths = microseconds / 10
    var text = "\(hundredths / 100).\(zeros(String(abs(hundredths) % 100), 2))"
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return "\(text) ms"
  }

  private static func seconds(_ nanoseconds: Int64) -> String {
    let microseconds = (nanoseconds / 1000).magnitude
    let text = "\(nanoseconds < 0 ? "-" : "")\(microseconds / 1_000_000).\(zeros(String(microseconds % 1_000_000), 6))"
    return pad(text, 12, left: true)
  }

  private static func zeros(_ digits: String, _ width: Int) -> String {
    String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }

  /// As in `2026-11-30 18:05:12.123456`.
  static func date(_ instant: CaptureInstant) -> String {
    let style = Date.ISO8601FormatStyle(dateTimeSeparator: .space, includingFractionalSeconds: false)
      .year().month().day().time(includingFractionalSeconds: false)
    let (seconds, rest) = (instant.nanoseconds / 1_000_000_000, instant.nanoseconds % 1_000_000_000)
    let whole = rest < 0 ? seconds - 1 : seconds
    let fraction = zeros(String((rest < 0 ? rest + 1_000_000_000 : rest) / 1000), 6)
    return Date(timeIntervalSince1970: Double(whole)).formatted(style) + "." + fraction
  }
}
