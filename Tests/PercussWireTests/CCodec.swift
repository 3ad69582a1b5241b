import CPercussCodec
import PercussWire

/// The generated C codec for one message, with its values and errors in the words of the vectors.
struct CCodec {
  private let message: CInt
  private let family: any CFamily.Type

  /// - Parameter key: that of the vector file: the message, behind the folder of its protocol.
  init?(_ key: String) {
    let parts = key.split(separator: "/").map(String.init)
    guard let name = parts.last else { return nil }
    switch parts.dropLast() {
    case []: family = PercussFamily.self
    case ["theragun-gen4"]: family = TheragunFamily.self
    default: return nil
    }
    message = family.message(name)
    if message < 0 { return nil }
  }

  /// An error as both codecs can be compared by it.
  struct Refusal: Error, Equatable {
    var reason: String
    var offset: Int
    var field: String
    var numbers: [Int64]
  }

  /// The fields of the decoded value by name, a variant's as an object; enumerations and flags as numbers.
  func view(_ bytes: [UInt8]) throws(Refusal) -> JSONValue {
    try Self.view(bytes, message, family)
  }

  private static func view<Family: CFamily>(
    _ bytes: [UInt8], _ message: CInt, _: Family.Type
  ) throws(Refusal) -> JSONValue {
    var value = try Family.decode(message, bytes, bytes.count)
    return withExtendedLifetime(bytes) {
      var members: [String: JSONValue] = [:]
      var variants: [String: [(path: [String], value: JSONValue)]] = [:]
      var fields = [percuss_codec_field](repeating: percuss_codec_field(), count: 32)
      let count = Family.fields(message, &value, &fields)
      precondition(count <= fields.count)
      for field in fields[..<count] {
        let json = json(field, in: bytes)
        if let variant = field.variant.map({ String(cString: $0) }) {
          let path = field.field.map { String(cString: $0).split(separator: ".").map(String.init) } ?? []
          variants[variant, default: []].append((path, json))
        } else if let name = field.field.map({ String(cString: $0) }) {
          members[name] = json
        }
      }
      for (variant, fields) in variants {
        var body: [String: JSONValue] = [:]
        for field in fields where !field.path.isEmpty {
          guard field.path.count == 2 else {
            body[field.path[0]] = field.value
            continue
          }
          var record: [String: JSONValue] = [:]
          if case .object(let known) = body[field.path[0]] { record = known }
          record[field.path[1]] = field.value
          body[field.path[0]] = .object(record)
        }
        members[variant] = .object(body)
      }
      return .object(members)
    }
  }

  private static func json(_ field: percuss_codec_field, in bytes: [UInt8]) -> JSONValue {
    if field.payload != nil { return .string(hexadecimal(bytes.suffix(Int(field.number)))) }
    if field.is_wide { return .string(String(field.number)) }
    return .integer(field.is_negative ? Int64(bitPattern: field.number) : Int64(field.number))
  }

  /// Decodes, then encodes what came out into storage of this many bytes.
  func reencode(_ bytes: [UInt8], capacity: Int = 512) throws(Refusal) -> [UInt8] {
    try Self.reencode(bytes, capacity, message, family)
  }

  private static func reencode<Family: CFamily>(
    _ bytes: [UInt8], _ capacity: Int, _ message: CInt, _: Family.Type
  ) throws(Refusal) -> [UInt8] {
    // The payload of a chunk points into the bytes, so they stay where they are until it is encoded.
    let result: Result<[UInt8], Refusal> = bytes.withUnsafeBufferPointer { buffer in
      do throws(Refusal) {
        var value = try Family.decode(message, buffer.baseAddress, buffer.count)
        var output = [UInt8](repeating: 0xEE, count: capacity + 1)
        let written = try Family.encode(message, &value, &output, capacity)
        precondition(output[capacity] == 0xEE, "written beyond the storage")
        return .success(Array(output[..<written]))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}

extension CCodec.Refusal {
  /// The Swift codec's error in the same words.
  init(_ error: WireError) {
    offset = error.offset
    field = "\(error.field)"
    (reason, numbers) =
      switch error.reason {
      case .truncated(let needed, let available): ("truncated", [Int64(needed), Int64(available)])
      case .outOfRange(let value, let minimum, let maximum): ("out_of_range", [value, minimum, maximum])
      case .unknownValue(let value): ("unknown_value", [value])
      case .reservedBits(let bits): ("reserved_bits", [bits])
      case .unexpectedConstant(let value, let expected): ("unexpected_constant", [value, expected])
      case .checksumMismatch(let value, let expected): ("checksum_mismatch", [value, expected])
      case .tooLong(let maximum, let actual): ("too_long", [Int64(maximum), Int64(actual)])
      case .noSpace(let needed, let available): ("no_space", [Int64(needed), Int64(available)])
      case .inconsistentBody: ("inconsistent_body", [])
      default: ("\(error.reason)", [])
      }
  }

  /// The error of a malformed vector in the same words.
  init(_ error: JSONValue) {
    reason = error["reason"]?.string ?? ""
    offset = Int(error["offset"]?.integer ?? -1)
    field = error["field"]?.string ?? ""
    let keys =
      switch reason {
      case "truncated": ["needed", "available"]
      case "out_of_range": ["value", "minimum", "maximum"]
      case "reserved_bits": ["bits"]
      case "unexpected_constant", "checksum_mismatch": ["value", "expected"]
      case "too_long": ["maximum", "actual"]
      default: ["value"]
      }
    numbers = keys.compactMap { error[$0]?.integer }
  }
}
