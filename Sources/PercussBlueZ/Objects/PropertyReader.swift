internal import PercussDBus
internal import PercussGATT

/// Reads the properties of one interface: what has another type or range than BlueZ documents is passed over, and counted.
struct PropertyReader {
  private let values: [String: DBusValue]
  private(set) var malformed = 0

  init(_ values: [String: DBusValue]) {
    self.values = values
  }

  func contains(_ name: String) -> Bool { values[name] != nil }

  /// Nil when there is no such property, or when it is malformed.
  mutating func bool(_ name: String) -> Bool? { read(name, \.bool) }

  /// At most 1,024 bytes; names of devices have 248 (Core Vol 4 Part E 6.23).
  mutating func string(_ name: String) -> String? {
    read(name) { value in value.string.flatMap { $0.utf8.count <= 1_024 ? $0 : nil } }
  }

  mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
    read(name) { value in value.integer(as: Int.self).flatMap { range.contains($0) ? $0 : nil } }
  }

  mutating func address(_ name: String) -> BluetoothAddress? {
    read(name) { $0.string.flatMap { BluetoothAddress($0) } }
  }

  mutating func uuid(_ name: String) -> BluetoothUUID? {
    read(name) { $0.string.flatMap { BluetoothUUID($0) } }
  }

  /// At most 256 of them.
  mutating func uuids(_ name: String) -> [BluetoothUUID]? {
    read(name) { value in
      guard let texts = value.strings, texts.count <= 256 else { return nil }
      let uuids = texts.compactMap { BluetoothUUID($0) }
      return uuids.count == texts.count ? uuids : nil
    }
  }

  /// At most 64 of them.
  mutating func strings(_ name: String) -> [String]? {
    read(name) { value in value.strings.flatMap { $0.count <= 64 ? $0 : nil } }
  }

  /// At most 512 of them, the longest value of an attribute (Core Vol 3 Part F 3.2.9).
  mutating func attributeValue(_ name: String) -> [UInt8]? {
    read(name) { value in value.bytes.flatMap { $0.count <= 512 ? $0 : nil } }
  }

  private mutating func read<Value>(_ name: String, _ convert: (DBusValue) -> Value?) -> Value? {
    guard let value = values[name] else { return nil }
    guard let converted = convert(value) else {
      malformed += 1
      return nil
    }
    return converted
  }
}
