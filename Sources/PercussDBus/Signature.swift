/// The type of a sequence of values, as in `a{sv}`; always valid (D-Bus Specification, "Valid Signatures").
public struct Signature: Hashable, Sendable, CustomStringConvertible {
  /// The text of it.
  public let description: String

  /// A signature from its text; nil when it is none: unknown letters, unbalanced brackets, more than 255 bytes, or nested too deep.
  public init?(_ text: String) {
    guard SignatureReader.isValid(Array(text.utf8)) else { return nil }
    description = text
  }

  /// A signature that the program states as a literal; traps when it is none.
  public init(literal: StaticString) {
    guard let signature = Signature("\(literal)") else { preconditionFailure("\(literal) is no valid signature") }
    self = signature
  }

  /// - Parameter text: known to be valid.
  init(unchecked text: String) {
    description = text
  }

  /// The signature of no values.
  public static let empty = Signature(unchecked: "")
  /// One byte.
  public static let byte = Signature(unchecked: "y")
  /// One string.
  public static let string = Signature(unchecked: "s")
  /// One object path.
  public static let objectPath = Signature(unchecked: "o")
  /// One variant.
  public static let variant = Signature(unchecked: "v")
  /// Properties by name.
  public static let properties = Signature(unchecked: "a{sv}")

  /// How many complete types it has; 1 for a single complete type.
  public var count: Int { SignatureReader.completeTypes(Array(description.utf8)).count }

  /// Each complete type of it.
  public var elements: [Signature] {
    let bytes = Array(description.utf8)
    return SignatureReader.completeTypes(bytes).map {
      Signature(unchecked: String(decoding: bytes[$0], as: UTF8.self))
    }
  }
}

/// Walks the text of a signature.
enum SignatureReader {
  /// Nesting allowed for arrays, and again for structures.
  static let depthLimit = 32

  static func isValid(_ bytes: [UInt8]) -> Bool {
    guard bytes.count <= 255 else { return false }
    var offset = 0
    while offset < bytes.count {
      guard skipType(bytes, &offset, arrays: 0, structures: 0) else { return false }
    }
    return true
  }

  static func completeTypes(_ bytes: [UInt8]) -> [Range<Int>] {
    var types: [Range<Int>] = []
    var offset = 0
    while offset < bytes.count {
      let start = offset
      guard skipType(bytes, &offset, arrays: 0, structures: 0) else { return types }
      types.append(start..<offset)
    }
    return types
  }

  private static let basicTypes = Set("ybnqiuxtdsogh".utf8)

  /// Moves past one complete type; false when there is none.
  private static func skipType(_ bytes: [UInt8], _ offset: inout Int, arrays: Int, structures: Int) -> Bool {
    guard offset < bytes.count, arrays <= depthLimit, structures <= depthLimit else { return false }
    let letter = bytes[offset]
    offset += 1
    switch letter {
    case UInt8(ascii: "v"): return true
    case UInt8(ascii: "a"):
      if offset < bytes.count, bytes[offset] == UInt8(ascii: "{") {
        offset += 1
        guard offset < bytes.count, basicTypes.contains(bytes[offset]) else { return false }
        offset += 1
        guard skipType(bytes, &offset, arrays: arrays + 1, structures: structures + 1), offset < bytes.count,
          bytes[offset] == UInt8(ascii: "}")
        else { return false }
        offset += 1
        return true
      }
      return arrays < depthLimit && skipType(bytes, &offset, arrays: arrays + 1, structures: structures)
    case UInt8(ascii: "("):
      guard structures < depthLimit, offset < bytes.count, bytes[offset] != UInt8(ascii: ")") else { return false }
      while offset < bytes.count, bytes[offset] != UInt8(ascii: ")") {
        guard skipType(bytes, &offset, arrays: arrays, structures: structures + 1) else { return false }
      }
      guard offset < bytes.count else { return false }
      offset += 1
      return true
    default: return basicTypes.contains(letter)
    }
  }
}
