public import PercussGATT

/// What is at which handle of which server: learned from a capture with a discovery, and used for one without.
///
/// As text a line for each attribute, below the address of the server; `[*]` is any peripheral:
///
/// ```
/// [C8:2E:47:0A:11:02]
/// 0x0012 7e320003-bf34-4597-a0b9-83277511650e
/// 0x0013 2902
/// ```
public struct SavedHandles: Equatable, Sendable {
  /// By the number of the address; nil for any peripheral.
  private var servers: [UInt64?: [UInt16: BluetoothUUID]] = [:]

  /// Nothing.
  public init() {}

  /// Why a text is none.
  public struct Mistake: Error, Equatable, Sendable, CustomStringConvertible {
    /// The line, from 1.
    public var line: Int
    /// What is wrong, and what would be right.
    public var message: String

    /// As in `line 3: ...`.
    public var description: String { "line \(line): \(message)" }
  }

  /// Whether it knows nothing.
  public var isEmpty: Bool { servers.isEmpty }

  /// Adds an attribute; nil stands for any peripheral.
  public mutating func add(_ uuid: BluetoothUUID, at handle: UInt16, of server: CapturedAddress?) {
    servers[server?.number, default: [:]][handle] = uuid
  }

  /// The attributes of a server in the order of their handles, with those of any peripheral where it has no own ones.
  public func attributes(of server: CapturedAddress?) -> [(handle: UInt16, uuid: BluetoothUUID)] {
    let attributes = server.flatMap { servers[$0.number] } ?? servers[nil] ?? [:]
    return attributes.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Whether there are attributes for that very server.
  public func knows(_ server: CapturedAddress) -> Bool { servers[server.number] != nil }

  /// Parses the text.
  ///
  /// - Throws: ``Mistake`` for the first wrong line.
  public init(_ text: String) throws(Mistake) {
    var server: UInt64?
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let words = line.split { $0 == " " || $0 == "\t" || $0 == "\r" }
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      func mistake(_ message: String) -> Mistake { Mistake(line: index + 1, message: message) }
      if first.hasPrefix("[") {
        guard words.count == 1, first.hasSuffix("]"), let address = Self.address(first.dropFirst().dropLast()) else {
          throw mistake("'\(line)' is no server; write it as in [C8:2E:47:0A:11:02], or [*] for any peripheral")
        }
        server = address.number
        continue
      }
      guard words.count == 2, first.lowercased().hasPrefix("0x"), let handle = UInt16(first.dropFirst(2), radix: 16),
        handle > 0
      else { throw mistake("'\(line)' is no attribute; write a handle and a UUID, as in 0x0012 2a19") }
      guard let uuid = BluetoothUUID(String(words[1])) else {
        throw mistake("'\(words[1])' is no UUID; write it as in 2a19 or 7e320003-bf34-4597-a0b9-83277511650e")
      }
      servers[server, default: [:]][handle] = uuid
    }
  }

  private static func address(_ text: Substring) -> (number: UInt64?, Void)? {
    if text == "*" { return (nil, ()) }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 6, parts.allSatisfy({ $0.utf8.count == 2 && $0.allSatisfy(\.isHexDigit) }) else { return nil }
    return (UInt64(parts.joined(), radix: 16), ())
  }

  /// The text, in a fixed order.
  public var text: String {
    servers.sorted { ($0.key ?? 0) < ($1.key ?? 0) }.map { server, attributes in
      let name = server.map { CapturedAddress($0, isRandom: false).description } ?? "*"
      let lines = attributes.sorted { $0.key < $1.key }.map { handle, uuid in
        let digits = String(handle, radix: 16)
        return "0x\(String(repeating: "0", count: 4 - digits.utf8.count))\(digits) \(uuid)\n"
      }
      return "[\(name)]\n" + lines.joined()
    }.joined()
  }
}
