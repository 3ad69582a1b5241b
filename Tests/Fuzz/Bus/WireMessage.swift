import PercussDBus

/// A message of the D-Bus wire (D-Bus Specification, "Message Protocol"), little-endian. Written here once more, since libdbus refuses to write what the
/// fuzzing needs: types that belie the signature, missing fields, senders that do not exist.
struct WireMessage {
  enum Kind: UInt8 {
    case methodCall = 1
    case methodReturn, error, signal
  }

  enum Field: UInt8 {
    case path = 1
    case interface, member, errorName, replySerial, destination, sender, signature, descriptors
  }

  var kind: Kind
  var flags: UInt8 = 0
  var serial: UInt32
  var replySerial: UInt32?
  var path: String?
  var interface: String?
  var member: String?
  var errorName: String?
  var destination: String?
  var sender: String?
  var body: [DBusValue] = []

  /// The bytes, and the descriptors that travel with them.
  func marshalled() -> (bytes: [UInt8], descriptors: [PassedDescriptor]) {
    var content = WireWriter()
    for value in body { content.append(value) }
    var header = WireWriter()
    header.bytes = [UInt8(ascii: "l"), kind.rawValue, flags, 1]
    header.append(UInt32(content.bytes.count))
    header.append(serial)
    header.array(alignment: 8) { header in
      header.field(.path, path.map { .objectPath(ObjectPath($0) ?? .root) })
      header.field(.interface, interface.map { .string($0) })
      header.field(.member, member.map { .string($0) })
      header.field(.errorName, errorName.map { .string($0) })
      header.field(.replySerial, replySerial.map { .uint32($0) })
      header.field(.destination, destination.map { .string($0) })
      header.field(.sender, sender.map { .string($0) })
      if !body.isEmpty {
        let signature = Signature(body.map(\.signature.description).joined())
        header.field(.signature, .signature(signature ?? .empty))
      }
      if !content.descriptors.isEmpty { header.field(.descriptors, .uint32(UInt32(content.descriptors.count))) }
    }
    header.pad(to: 8)
    return (header.bytes + content.bytes, content.descriptors)
  }
}

/// Marshals values.
private struct WireWriter {
  var bytes: [UInt8] = []
  var descriptors: [PassedDescriptor] = []

  mutating func pad(to alignment: Int) {
    while !bytes.count.isMultiple(of: alignment) { bytes.append(0) }
  }

  mutating func append<I: FixedWidthInteger>(_ integer: I) {
    pad(to: MemoryLayout<I>.size)
    withUnsafeBytes(of: integer.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func text(_ text: String) {
    append(UInt32(text.utf8.count))
    bytes += text.utf8
    bytes.append(0)
  }

  mutating func signature(_ signature: Signature) {
    bytes.append(UInt8(signature.description.utf8.count))
    bytes += signature.description.utf8
    bytes.append(0)
  }

  mutating func array(alignment: Int, _ elements: (inout WireWriter) -> Void) {
    append(UInt32(0))
    let place = bytes.count - 4
    pad(to: alignment)
    let start = bytes.count
    elements(&self)
    withUnsafeBytes(of: UInt32(bytes.count - start).littleEndian) { length in
      for offset in 0..<4 { bytes[place + offset] = length[offset] }
    }
  }

  mutating func field(_ field: WireMessage.Field, _ value: DBusValue?) {
    guard let value else { return }
    pad(to: 8)
    bytes.append(field.rawValue)
    append(.variant(value))
  }

  mutating func append(_ value: DBusValue) {
    switch value {
    case .byte(let value): bytes.append(value)
    case .boolean(let value): append(UInt32(value ? 1 : 0))
    case .int16(let value): append(value)
    case .uint16(let value): append(value)
    case .int32(let value): append(value)
    case .uint32(let value): append(value)
    case .int64(let value): append(value)
    case .uint64(let value): append(value)
    case .double(let value): append(value.bitPattern)
    case .string(let value): text(value)
    case .objectPath(let value): text(value.description)
    case .signature(let value): signature(value)
    case .descriptor(let value):
      append(UInt32(descriptors.count))
      descriptors.append(value)
    case .bytes(let value): array(alignment: 1) { $0.bytes += value }
    case .array(let values, let element):
      array(alignment: Self.alignment(element)) { for value in values { $0.append(value) } }
    case .dictionary(let entries, _, _):
      array(alignment: 8) { writer in
        for entry in entries {
          writer.pad(to: 8)
          writer.append(entry.key)
          writer.append(entry.value)
        }
      }
    case .structure(let members):
      pad(to: 8)
      for member in members { append(member) }
    case .variant(let value):
      signature(value.signature)
      append(value)
    }
  }

  private static func alignment(_ type: Signature) -> Int {
    switch type.description.utf8.first {
    case UInt8(ascii: "y"), UInt8(ascii: "g"), UInt8(ascii: "v"): 1
    case UInt8(ascii: "n"), UInt8(ascii: "q"): 2
    case UInt8(ascii: "x"), UInt8(ascii: "t"), UInt8(ascii: "d"), UInt8(ascii: "("), UInt8(ascii: "{"): 8
    default: 4
    }
  }
}

/// What the other side sent, as far as the fuzzing looks at it: the header. Nil from ``next(in:)`` until a whole message is there.
struct ReceivedMessage {
  var kind: UInt8
  var flags: UInt8
  var serial: UInt32
  var texts: [UInt8: String] = [:]
  /// The first argument, where it is a string or path.
  var firstText: String?
  /// Every object of BlueZ that the body names, in order.
  var paths: [String] = []

  var path: String { texts[WireMessage.Field.path.rawValue] ?? "" }
  var interface: String { texts[WireMessage.Field.interface.rawValue] ?? "" }
  var member: String { texts[WireMessage.Field.member.rawValue] ?? "" }
  var destination: String { texts[WireMessage.Field.destination.rawValue] ?? "" }

  /// Takes one message off the front of the bytes. The bytes come from libdbus, so they are trusted to be well-formed.
  static func next(in bytes: inout [UInt8]) -> ReceivedMessage? {
    func number(_ offset: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) } }
    guard bytes.count >= 16 else { return nil }
    let fieldsEnd = 16 + number(12)
    let bodyStart = (fieldsEnd + 7) & ~7
    let end = bodyStart + number(4)
    guard bytes.count >= end else { return nil }
    var message = ReceivedMessage(kind: bytes[1], flags: bytes[2], serial: UInt32(number(8)))
    var offset = 16
    while offset < fieldsEnd {
      offset = (offset + 7) & ~7
      guard offset + 4 <= fieldsEnd else { break }
      let code = bytes[offset]
      let type = bytes[offset + 2]
      offset += 4  // the code, and the signature of one letter with its length and its end
      switch type {
      case UInt8(ascii: "g"):
        let length = Int(bytes[offset])
        message.texts[code] = String(decoding: bytes[offset + 1..<offset + 1 + length], as: UTF8.self)
        offset += length + 2
      case UInt8(ascii: "u"): offset += 4
      default:
        let length = number(offset)
        message.texts[code] = String(decoding: bytes[offset + 4..<offset + 4 + length], as: UTF8.self)
        offset += length + 5
      }
    }
    let signature = message.texts[WireMessage.Field.signature.rawValue] ?? ""
    if signature.hasPrefix("s") || signature.hasPrefix("o") {
      let length = number(bodyStart)
      message.firstText = String(decoding: bytes[bodyStart + 4..<bodyStart + 4 + length], as: UTF8.self)
    }
    message.paths = bluezPaths(in: bytes[bodyStart..<end])
    bytes.removeFirst(end)
    return message
  }

  private static func bluezPaths(in body: ArraySlice<UInt8>) -> [String] {
    let beginning = Array("/org/bluez".utf8)
    var paths: [String] = []
    var offset = body.startIndex
    while let slash = body[offset...].firstIndex(of: UInt8(ascii: "/")) {
      let end = body[slash...].firstIndex(of: 0) ?? body.endIndex
      if body[slash...].starts(with: beginning) { paths.append(String(decoding: body[slash..<end], as: UTF8.self)) }
      offset = end
    }
    return paths
  }
}
