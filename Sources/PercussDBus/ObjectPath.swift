/// The path of an object on a bus, as in `/org/bluez/hci0`; always valid (D-Bus Specification, "Valid Object Paths").
public struct ObjectPath: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The text of it.
  public let description: String

  /// `/`.
  public static let root = ObjectPath(unchecked: "/")

  /// A path from its text; nil when it is none: it begins with `/`, does not end with one, and its elements are letters, digits and underscores.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.first == UInt8(ascii: "/") else { return nil }
    if bytes.count > 1 {
      var isAfterSlash = false
      for byte in bytes {
        if byte == UInt8(ascii: "/") {
          guard !isAfterSlash else { return nil }
          isAfterSlash = true
        } else {
          guard Self.isElementByte(byte) else { return nil }
          isAfterSlash = false
        }
      }
      guard !isAfterSlash else { return nil }
    }
    description = text
  }

  /// A path that the program states as a literal; traps when it is none.
  public init(literal: StaticString) {
    guard let path = ObjectPath("\(literal)") else { preconditionFailure("\(literal) is no valid object path") }
    self = path
  }

  /// - Parameter text: known to be valid.
  init(unchecked text: String) {
    description = text
  }

  /// The path of a child; bytes that no element may have become underscores, an empty name a single one.
  public func appending(_ element: String) -> ObjectPath {
    let bytes = element.utf8.map { Self.isElementByte($0) ? $0 : UInt8(ascii: "_") }
    let name = bytes.isEmpty ? "_" : String(decoding: bytes, as: UTF8.self)
    return ObjectPath(unchecked: self == .root ? "/\(name)" : "\(description)/\(name)")
  }

  /// The path without its last element; nil for `/`.
  public var parent: ObjectPath? {
    guard self != .root, let slash = description.lastIndex(of: "/") else { return nil }
    return slash == description.startIndex ? .root : ObjectPath(unchecked: String(description[..<slash]))
  }

  /// The last element; empty for `/`.
  public var lastElement: Substring {
    guard let slash = description.lastIndex(of: "/") else { return "" }
    return description[description.index(after: slash)...]
  }

  /// Whether this path lies somewhere below the other.
  public func isDescendant(of other: ObjectPath) -> Bool {
    if other == .root { return self != .root }
    return description.utf8.count > other.description.utf8.count + 1
      && description.utf8.starts(with: other.description.utf8)
      && description.utf8.dropFirst(other.description.utf8.count).first == UInt8(ascii: "/")
  }

  /// The order of the texts; parents come before their children.
  public static func < (left: ObjectPath, right: ObjectPath) -> Bool { left.description < right.description }

  private static func isElementByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
