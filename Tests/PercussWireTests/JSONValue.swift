import Foundation

/// A JSON value as the vectors write them.
enum JSONValue: Hashable, Sendable {
  case integer(Int64)
  case string(String)
  case boolean(Bool)
  case array([JSONValue])
  case object([String: JSONValue])
}

extension JSONValue: Decodable {
  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }
}

extension JSONValue {
  subscript(_ key: String) -> JSONValue? {
    if case .object(let members) = self { members[key] } else { nil }
  }

  var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
  var string: String? { if case .string(let value) = self { value } else { nil } }

  /// A number, or digits in a string: decimal, or hexadecimal behind `0x`.
  var unsigned: UInt64? {
    switch self {
    case .integer(let value): UInt64(exactly: value)
    case .string(let text) where text.hasPrefix("0x"): UInt64(text.dropFirst(2), radix: 16)
    case .string(let text): UInt64(text)
    default: nil
    }
  }

  /// The bytes that a string writes in hexadecimal, two digits each, spaces between them allowed.
  var bytes: [UInt8]? {
    guard let text = string else { return nil }
    let digits = Array(text.filter { $0 != " " })
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let byte = UInt8(String(digits[index...(index + 1)]), radix: 16) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}
