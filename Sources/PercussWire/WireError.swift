/// Why a value could not be decoded or encoded, and where in it.
public struct WireError: Error, Equatable, Sendable {
  /// What is wrong.
  public var reason: Reason
  /// The byte in the value at which the field begins.
  public var offset: Int
  /// The field that is wrong; in a value that ends too early, the first that is not whole.
  public var field: WireField

  /// Creates an error.
  @inlinable public init(_ reason: Reason, at offset: Int, _ field: WireField) {
    self.reason = reason
    self.offset = offset
    self.field = field
  }

  /// What is wrong with a field.
  public enum Reason: Equatable, Sendable {
    /// The value ends before its last field.
    case truncated(needed: Int, available: Int)
    /// A number outside of its limits.
    case outOfRange(value: Int64, minimum: Int64, maximum: Int64)
    /// A value without a meaning.
    case unknownValue(Int64)
    /// Bits that must be 0.
    case reservedBits(Int64)
    /// A field that has only one value, and this is another.
    case unexpectedConstant(value: Int64, expected: Int64)
    /// The checksum is not that of the bytes.
    case checksumMismatch(value: Int64, expected: Int64)
    /// More bytes than the message may have.
    case tooLong(maximum: Int, actual: Int)
    /// The output has no room for the encoded value.
    case noSpace(needed: Int, available: Int)
    /// The body is not the one that the header announces.
    case inconsistentBody
    /// The payload of this body lies elsewhere; a function of its own encodes it.
    case detachedPayload
  }
}

#if !hasFeature(Embedded)
  extension WireError: CustomStringConvertible {
    /// A sentence that names the field, the byte and what would be right.
    public var description: String { "\(field) at byte \(offset): \(reason)" }
  }

  extension WireError.Reason: CustomStringConvertible {
    /// What is wrong, as the end of a sentence.
    public var description: String {
      switch self {
      case .truncated(let needed, let available):
        "the value ends after \(available) of at least \(needed) bytes"
      case .outOfRange(let value, let minimum, let maximum):
        "\(value) is outside \(minimum)...\(maximum)"
      case .unknownValue(let value):
        "0x\(Self.hex(value)) has no meaning here"
      case .reservedBits(let bits):
        "the reserved bits 0x\(Self.hex(bits)) are set; they must be 0"
      case .unexpectedConstant(let value, let expected):
        "0x\(Self.hex(value)) stands where only 0x\(Self.hex(expected)) can"
      case .checksumMismatch(let value, let expected):
        "the checksum is 0x\(Self.hex(value)), but that of the bytes is 0x\(Self.hex(expected))"
      case .tooLong(let maximum, let actual):
        "\(actual) bytes are too many; at most \(maximum) are allowed"
      case .noSpace(let needed, let available):
        "\(needed) bytes do not fit into the \(available) left of the output"
      case .inconsistentBody:
        "the header does not announce this body"
      case .detachedPayload:
        "the payload lies outside of the message; encode it with the function that takes its bytes"
      }
    }

    private static func hex(_ value: Int64) -> String {
      let digits = String(UInt64(bitPattern: value), radix: 16)
      return digits.utf8.count % 2 == 0 ? digits : "0" + digits
    }
  }
#endif
