/// The specification as Wireshark sees it: tables in Lua, which a dissector that knows no protocol reads.
struct LuaView: LanguageView {
  let specification: Specification
  let path: String

  init(_ specification: Specification, in folders: OutputFolders) {
    self.specification = specification
    path = "\(folders.others)/\(specification.fileName).lua"
  }

  var files: [GeneratedFile] {
    [
      GeneratedFile(path: path, template: "lua/Dissector", context: context)
    ]
  }

  private var context: [String: Any] {
    let characteristics = specification.services.flatMap(\.characteristics)
    return [
      "p": specification.name, "title": specification.title, "file": "\(specification.fileName).lua",
      "version": specification.version.map { ["number": "\($0.major).\($0.minor)"] } ?? [:],
      "versioned": specification.version != nil,
      // UUIDs of 16 bits are anyone's: there a value must show by itself what it is.
      "identifies": specification.uuidBase == nil,
      "noticeQuoted": specification.notice.map(quoted) ?? "",
      "exampleProto": "\(specification.name)_\(characteristics.first?.name ?? "")",
      "order": specification.byteOrder == .little ? "le_" : "",
      "add": specification.byteOrder == .little ? "add_le" : "add",
      "enumerations": specification.enumerations.map { enumeration in
        [
          "name": enumeration.name,
          "values": enumeration.values.map {
            ["value": hex($0.value, size: enumeration.type.size), "key": $0.name]
          },
        ]
      },
      "flagSets": specification.flagSets.map { set in
        ["name": set.name, "flags": set.flags.map { ["bit": "\($0.value)", "key": $0.name, "doc": quoted($0.doc)] }]
      },
      "records": specification.records.map { ["name": $0.name, "fields": $0.fields.map(field)] },
      "messages": specification.messages.map(message),
      "characteristics": characteristics.map(characteristic),
    ]
  }

  private func message(_ message: Message) -> [String: Any] {
    var context: [String: Any] = [
      "name": message.name, "title": title(message.name), "maximumLength": message.maximumLength,
      "header": message.header.map(field), "rejectsTrailing": message.rejectsTrailing,
    ]
    if !message.variants.isEmpty {
      context["body"] = [
        "otherwise": message.otherwise?.rawValue ?? "",
        "variants": message.variants.map { variant in
          [
            "name": variant.name,
            "when": message.selectors.compactMap { selector in
              variant.when[selector.name].map { "\(selector.name) = \(hex($0.value, size: selector.size))" }
            }.joined(separator: ", "),
            "hasFields": !variant.fields.isEmpty,
            "fields": variant.fields.map(field),
          ]
        },
      ]
    }
    return context
  }

  private func characteristic(_ characteristic: Characteristic) -> [String: Any] {
    // As Wireshark writes UUIDs: short ones in four small digits.
    let short = String(characteristic.uuid, radix: 16)
    var context: [String: Any] = [
      "uuid": specification.uuidBase?.uuid(characteristic.uuid)
        ?? String(repeating: "0", count: 4 - short.count) + short,
      "name": characteristic.name, "title": characteristic.title,
    ]
    for name in characteristic.values {
      guard let message = specification.messages.first(where: { $0.name == name }) else { continue }
      context[message.direction == .centralToPeripheral ? "toPeripheral" : "toCentral"] = name
    }
    return context
  }

  /// A field as a table of Lua.
  private func field(_ field: Field) -> String {
    var parts = ["name = \"\(field.name)\"", "title = \"\(title(field.name))\""]
    switch field.type {
    case .integer(let type): parts.append("type = \"\(type.name)\"")
    case .enumeration(let enumeration):
      parts.append("type = \"\(enumeration.type.name)\", values = \(enumeration.name)")
      if enumeration.isOpen { parts.append("open = true") }
    case .flagSet(let set):
      parts.append("type = \"\(set.type.name)\", flags = \(set.name)")
      if set.rejectsUnknownBits {
        parts.append("known = \(hex(Int64(bitPattern: set.knownBits), size: set.type.size))")
      }
    case .record(let record): parts.append("record = \(record.name)")
    case .bytes(let minimum): parts.append("type = \"bytes\", minimum_length = \(minimum)")
    }
    if let unit = field.unit {
      let scaled = unit.symbol.first?.isNumber ?? false
      parts.append("unit = \" \(scaled ? "× " : "")\(unit.symbol)\"")
    }
    if let range = field.range { parts.append("minimum = \(range.lowerBound), maximum = \(range.upperBound)") }
    if !field.special.isEmpty {
      let values = field.special.map { "[\($0.value)] = \"\($0.name)\"" }
      parts.append("special = { \(values.joined(separator: ", ")) }")
    }
    if let constant = field.constant { parts.append("constant = \(hex(constant, size: field.size)), hex = true") }
    if let checksum = field.checksum { parts.append("checksum_from = \(checksum.from), hex = true") }
    if field.isOpaque { parts.append("hex = true") }
    parts.append("doc = \"\(quoted(field.doc))\"")
    return "{ \(parts.joined(separator: ", ")) }"
  }

  private func title(_ name: String) -> String {
    let words = Name(name).spaced
    return words.prefix(1).uppercased() + words.dropFirst()
  }

  private func quoted(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
  }

  private func hex(_ value: Int64, size: Int) -> String {
    let text = String(UInt64(bitPattern: value), radix: 16, uppercase: true)
    return "0x" + String(repeating: "0", count: max(0, size * 2 - text.count)) + text
  }
}
