/// What a decoded Swift value says, in the names of the specification: made by reflection, so that no field can be forgotten and no
/// test has to list them.
struct JSONView {
  /// The bytes that the value was decoded from; a payload is a range of them.
  var source: [UInt8]
  /// Whether enumerations and flags have their names, or numbers.
  var names = true

  func of(_ value: Any) -> JSONValue {
    switch value {
    case let value as UInt64: return .string(String(value))
    case let value as any BinaryInteger: return .integer(Int64(truncatingIfNeeded: value))
    case let value as Range<Int>: return .string(hexadecimal(source[value]))
    case let value as any RawRepresentable where !names: return of(value.rawValue)
    case let value as any OptionSet: return flags(value)
    case let value as any RawRepresentable: return enumerationValue(value)
    default: return .object(members(Mirror(reflecting: value)))
    }
  }

  /// The stored properties; a `body` becomes a member with the name of its variant.
  private func members(_ mirror: Mirror) -> [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    for child in mirror.children {
      guard let label = child.label else { continue }
      let reflected = Mirror(reflecting: child.value)
      if label == "body", reflected.displayStyle == .enum {
        if let variant = reflected.children.first {
          members[specificationName(variant.label ?? "")] = .object(associated(variant.value))
        } else if "\(child.value)" != "empty" {
          members[specificationName("\(child.value)")] = .object([:])
        }
      } else {
        members[specificationName(label)] = of(child.value)
      }
    }
    return members
  }

  private func associated(_ value: Any) -> [String: JSONValue] { members(Mirror(reflecting: value)) }

  private func enumerationValue(_ value: any RawRepresentable) -> JSONValue {
    let name = "\(value)"
    guard name.hasPrefix("0x"), let raw = value.rawValue as? any BinaryInteger else { return .string(name) }
    return .integer(Int64(truncatingIfNeeded: raw))
  }

  /// `[stall, 0x30]` as `["stall", "bit_4", "bit_5"]`.
  private func flags(_ value: any OptionSet) -> JSONValue {
    let names = "\(value)".dropFirst().dropLast().split(separator: ", ")
    return .array(
      names.flatMap { name -> [JSONValue] in
        guard name.hasPrefix("0x"), let bits = UInt64(name.dropFirst(2), radix: 16) else {
          return [.string(String(name))]
        }
        return (0..<64).filter { bits >> UInt64($0) & 1 == 1 }.map { .string("bit_\($0)") }
      })
  }
}

/// `speedFromPPM` is `speed_from`: lower camel case with the suffix of a unit, in Swift.
func specificationName(_ swiftName: String) -> String {
  var name = Substring(swiftName.drop { $0 == "." })
  let units = ["PPM", "RPM", "Decinewtons", "Decidegrees", "Percent", "Milliseconds", "Microseconds", "Seconds"]
  if let unit = units.first(where: { name.hasSuffix($0) }) { name = name.dropLast(unit.count) }
  var result = ""
  var previous: Character = "_"
  for character in name {
    // `schemaCRC` is `schema_crc`.
    if character.isUppercase, !previous.isUppercase { result.append("_") }
    result.append(character.lowercased())
    previous = character
  }
  return result
}

func hexadecimal(_ bytes: some Collection<UInt8>) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
}
