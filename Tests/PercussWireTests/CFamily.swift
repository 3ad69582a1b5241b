import CPercussCodec

/// The C codec of one protocol, behind the functions of Tests/CPercussCodec.
protocol CFamily {
  associatedtype Value

  /// The place of a message, or -1.
  static func message(_ name: String) -> CInt
  static func decode(_ message: CInt, _ bytes: UnsafePointer<UInt8>?, _ count: Int) throws(CCodec.Refusal) -> Value
  static func encode(
    _ message: CInt, _ value: inout Value, _ bytes: inout [UInt8], _ capacity: Int
  ) throws(CCodec.Refusal) -> Int
  static func fields(_ message: CInt, _ value: inout Value, _ fields: inout [percuss_codec_field]) -> Int
}

enum PercussFamily: CFamily {
  static func message(_ name: String) -> CInt { percuss_codec_message(name) }

  static func decode(
    _ message: CInt, _ bytes: UnsafePointer<UInt8>?, _ count: Int
  ) throws(CCodec.Refusal) -> percuss_codec_value {
    var value = percuss_codec_value()
    var error = percuss_error()
    guard percuss_codec_decode(message, bytes, count, &value, &error) else { throw CCodec.Refusal(error) }
    return value
  }

  static func encode(
    _ message: CInt, _ value: inout percuss_codec_value, _ bytes: inout [UInt8], _ capacity: Int
  ) throws(CCodec.Refusal) -> Int {
    var error = percuss_error()
    let written = percuss_codec_encode(message, &value, &bytes, capacity, &error)
    if written == 0 { throw CCodec.Refusal(error) }
    return written
  }

  static func fields(_ message: CInt, _ value: inout percuss_codec_value, _ fields: inout [percuss_codec_field]) -> Int
  {
    percuss_codec_fields(message, &value, &fields, fields.count)
  }
}

enum TheragunFamily: CFamily {
  static func message(_ name: String) -> CInt { theragun_codec_message(name) }

  static func decode(
    _ message: CInt, _ bytes: UnsafePointer<UInt8>?, _ count: Int
  ) throws(CCodec.Refusal) -> theragun_codec_value {
    var value = theragun_codec_value()
    var error = theragun_gen4_error()
    guard theragun_codec_decode(message, bytes, count, &value, &error) else { throw CCodec.Refusal(error) }
    return value
  }

  static func encode(
    _ message: CInt, _ value: inout theragun_codec_value, _ bytes: inout [UInt8], _ capacity: Int
  ) throws(CCodec.Refusal) -> Int {
    var error = theragun_gen4_error()
    let written = theragun_codec_encode(message, &value, &bytes, capacity, &error)
    if written == 0 { throw CCodec.Refusal(error) }
    return written
  }

  static func fields(
    _ message: CInt, _ value: inout theragun_codec_value, _ fields: inout [percuss_codec_field]
  ) -> Int {
    theragun_codec_fields(message, &value, &fields, fields.count)
  }
}

extension CCodec.Refusal {
  fileprivate init(_ error: percuss_error) {
    offset = error.offset
    field = percuss_field_name(error.field).map { String(cString: $0) } ?? ""
    let known: [percuss_reason.RawValue: (String, [Int64])] = [
      PERCUSS_TRUNCATED.rawValue: ("truncated", [error.minimum, error.value]),
      PERCUSS_OUT_OF_RANGE.rawValue: ("out_of_range", [error.value, error.minimum, error.maximum]),
      PERCUSS_UNKNOWN_VALUE.rawValue: ("unknown_value", [error.value]),
      PERCUSS_RESERVED_BITS.rawValue: ("reserved_bits", [error.value]),
      PERCUSS_UNEXPECTED_CONSTANT.rawValue: ("unexpected_constant", [error.value, error.minimum]),
      PERCUSS_TOO_LONG.rawValue: ("too_long", [error.maximum, error.value]),
      PERCUSS_NO_SPACE.rawValue: ("no_space", [error.minimum, error.value]),
      PERCUSS_INCONSISTENT_BODY.rawValue: ("inconsistent_body", []),
    ]
    (reason, numbers) = known[error.reason.rawValue] ?? ("reason \(error.reason.rawValue)", [])
  }

  fileprivate init(_ error: theragun_gen4_error) {
    offset = error.offset
    field = theragun_gen4_field_name(error.field).map { String(cString: $0) } ?? ""
    let known: [theragun_gen4_reason.RawValue: (String, [Int64])] = [
      THERAGUN_GEN4_TRUNCATED.rawValue: ("truncated", [error.minimum, error.value]),
      THERAGUN_GEN4_OUT_OF_RANGE.rawValue: ("out_of_range", [error.value, error.minimum, error.maximum]),
      THERAGUN_GEN4_UNKNOWN_VALUE.rawValue: ("unknown_value", [error.value]),
      THERAGUN_GEN4_UNEXPECTED_CONSTANT.rawValue: ("unexpected_constant", [error.value, error.minimum]),
      THERAGUN_GEN4_CHECKSUM_MISMATCH.rawValue: ("checksum_mismatch", [error.value, error.minimum]),
      THERAGUN_GEN4_TOO_LONG.rawValue: ("too_long", [error.maximum, error.value]),
      THERAGUN_GEN4_NO_SPACE.rawValue: ("no_space", [error.minimum, error.value]),
    ]
    (reason, numbers) = known[error.reason.rawValue] ?? ("reason \(error.reason.rawValue)", [])
  }
}
