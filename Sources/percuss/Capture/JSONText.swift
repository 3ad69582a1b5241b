import PercussWire

/// Writes JSON objects as ``JSONLine`` does, for lines of which a capture has millions: keys are written in the order in which they are given.
struct JSONText {
  private(set) var utf8: [UInt8] = []
  private var needsComma = false

  var text: String { String(decoding: utf8, as: UTF8.self) }

  mutating func object(_ key: StaticString? = nil, _ content: (inout Self) -> Void) {
    if let key { self.key(key) } else { separate() }
    nested("{", "}", content)
  }

  mutating func array(_ key: StaticString, _ content: (inout Self) -> Void) {
    self.key(key)
    nested("[", "]", content)
  }

  /// Nothing is written of what is nil; so below.
  mutating func member(_ key: StaticString, _ value: String?) {
    guard let value else { return }
    self.key(key)
    utf8.append(UInt8(ascii: "\""))
    let isPlain = value.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    if isPlain { utf8.append(contentsOf: value.utf8) } else { for byte in value.utf8 { escape(byte) } }
    utf8.append(UInt8(ascii: "\""))
  }

  mutating func member(_ key: StaticString, _ value: (some BinaryInteger)?) {
    guard let value else { return }
    self.key(key)
    // Wider numbers take far longer to write.
    utf8.append(contentsOf: (Int64(exactly: value).map { String($0) } ?? String(value)).utf8)
  }

  mutating func member(_ key: StaticString, _ value: Bool?) {
    guard let value else { return }
    self.key(key)
    utf8.append(contentsOf: (value ? "true" : "false").utf8)
  }

  /// Bytes as hexadecimal digits with a blank between two.
  mutating func member(_ key: StaticString, hex bytes: some Collection<UInt8>) {
    self.key(key)
    utf8.append(UInt8(ascii: "\""))
    utf8.append(hex: bytes)
    utf8.append(UInt8(ascii: "\""))
  }

  private mutating func nested(_ open: Unicode.Scalar, _ close: Unicode.Scalar, _ content: (inout Self) -> Void) {
    utf8.append(UInt8(ascii: open))
    needsComma = false
    content(&self)
    utf8.append(UInt8(ascii: close))
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { utf8.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  /// Keys of this program's own, which nothing needs to be escaped of.
  private mutating func key(_ key: StaticString) {
    separate()
    utf8.append(UInt8(ascii: "\""))
    key.withUTF8Buffer { utf8.append(contentsOf: $0) }
    utf8.append(UInt8(ascii: "\""))
    utf8.append(UInt8(ascii: ":"))
  }

  /// As RFC 8259 asks for, section 7.
  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): utf8 += [UInt8(ascii: "\\"), byte]
    case 0x08: utf8 += Array("\\b".utf8)
    case 0x09: utf8 += Array("\\t".utf8)
    case 0x0A: utf8 += Array("\\n".utf8)
    case 0x0C: utf8 += Array("\\f".utf8)
    case 0x0D: utf8 += Array("\\r".utf8)
    case 0..<0x20:
      utf8 += Array("\\u00".utf8)
      utf8.append(hex: CollectionOfOne(byte))
    default: utf8.append(byte)
    }
  }
}

extension [UInt8] {
  /// Appends bytes as hexadecimal digits with a blank between two.
  mutating func append(hex bytes: some Collection<UInt8>) {
    func digit(_ number: UInt8) -> UInt8 { number < 10 ? UInt8(ascii: "0") + number : UInt8(ascii: "a") - 10 + number }
    var isFirst = true
    for byte in bytes {
      if !isFirst { append(UInt8(ascii: " ")) }
      isFirst = false
      append(digit(byte >> 4))
      append(digit(byte & 0xF))
    }
  }
}

extension JSONLine {
  /// The same as of an `Encodable`, without what an encoder takes for it.
  static func text(_ line: AttributeLine) -> String {
    var json = JSONText()
    line.write(to: &json)
    return json.text
  }
}

extension AttributeLine {
  /// Keys in alphabetical order, as ``JSONLine`` has them.
  func write(to json: inout JSONText) {
    json.object { json in
      json.member("assumed", assumed)
      if let bytes { json.member("bytes", hex: bytes) }
      json.member("channel", channel)
      json.member("characteristic", characteristic)
      json.member("characteristic_uuid", characteristicUuid)
      json.member("connection", connection)
      json.member("controller", controller)
      json.member("device", device)
      json.member("direction", direction)
      json.member("elapsed_us", elapsedUs)
      json.member("error", error)
      json.member("error_name", errorName)
      json.member("file_offset", fileOffset)
      if let frame { json.object("frame") { frame.write(to: &$0) } }
      json.member("handle", handle)
      json.member("latency_us", latencyUs)
      json.member("offset", offset)
      json.member("operation", operation)
      json.member("partial", partial)
      json.member("record", record)
      if let refusal {
        json.object("refusal") { json in
          json.member("field", refusal.field)
          json.member("message", refusal.message)
          json.member("offset", refusal.offset)
          json.member("reason", refusal.reason)
        }
      }
      json.member("request_record", requestRecord)
      json.member("time_us", timeUs)
      json.member("type", type)
      json.member("uuid", uuid)
    }
  }
}

extension FrameDescription {
  /// The members of a ``FrameLine/Interpretation``.
  fileprivate func write(to json: inout JSONText) {
    json.member("characteristic", message.characteristic.name)
    json.member("direction", message.direction.rawValue)
    json.array("fields") { json in
      for field in header { field.write(to: &json) }
      for field in body { field.write(to: &json) }
    }
    json.member("ignored_bytes", ignored.count)
    json.member("message", message.name)
    json.member("protocol", message.specification.argument)
    json.member("uuid", AttributeName.fullText(of: message))
    json.member("variant", variant?.name)
  }
}

extension FrameField {
  fileprivate func write(to json: inout JSONText) {
    json.object { json in
      json.member("bytes", hex: bytes)
      json.member("length", bytes.count)
      json.member("meaning", meaning)
      json.member("name", name)
      json.member("offset", offset)
      json.member("value", number)
    }
  }
}
