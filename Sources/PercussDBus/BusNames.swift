/// The names on a bus (D-Bus Specification, "Valid Names"). libdbus ends the process at an invalid one, so each is checked before.
enum BusNames {
  private static let lengthLimit = 255

  /// A unique name, as in `:1.42`, or a well-known one, as in `org.bluez`.
  static func isBusName(_ name: String) -> Bool {
    isUnique(name)
      ? isDotted(name.utf8.dropFirst(), minimumElements: 2, mayBeginWithDigit: true, hyphens: true)
      : isDotted(name.utf8[...], minimumElements: 2, mayBeginWithDigit: false, hyphens: true)
  }

  static func isUnique(_ name: String) -> Bool { name.utf8.first == UInt8(ascii: ":") }

  /// The name of an interface, as in `org.bluez.Device1`; names of errors have the same form.
  static func isInterface(_ name: String) -> Bool {
    isDotted(name.utf8[...], minimumElements: 2, mayBeginWithDigit: false, hyphens: false)
  }

  /// The name of a method, signal or property.
  static func isMember(_ name: String) -> Bool {
    isDotted(name.utf8[...], minimumElements: 1, mayBeginWithDigit: false, hyphens: false)
      && !name.utf8.contains(UInt8(ascii: "."))
  }

  private static func isDotted(
    _ bytes: Substring.UTF8View, minimumElements: Int, mayBeginWithDigit: Bool, hyphens: Bool
  ) -> Bool {
    var (elements, length, isAtBeginning) = (1, 0, true)
    for byte in bytes {
      length += 1
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): break
      case UInt8(ascii: "0")...UInt8(ascii: "9"): guard mayBeginWithDigit || !isAtBeginning else { return false }
      case UInt8(ascii: "-"): guard hyphens else { return false }
      case UInt8(ascii: "."):
        guard !isAtBeginning else { return false }
        elements += 1
        isAtBeginning = true
        continue
      default: return false
      }
      isAtBeginning = false
    }
    // The colon of a unique name counts, and is not among these bytes.
    return !isAtBeginning && elements >= minimumElements && length < lengthLimit + (mayBeginWithDigit ? 0 : 1)
  }
}
