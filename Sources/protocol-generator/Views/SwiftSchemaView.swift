/// The specification as Swift values, for tools that work with any message; the module itself has their types.
struct SwiftSchemaView: LanguageView {
  let specification: Specification
  let folder: String

  init(_ specification: Specification, in folders: OutputFolders) {
    self.specification = specification
    folder = folders.swift(specification)
  }

  /// The list of a protocol's messages.
  static func messages(_ specification: Specification) -> String {
    Name(specification.prefix ?? "", "messages").lowerCamel
  }

  var files: [GeneratedFile] {
    [
      GeneratedFile(
        path: "\(folder)/\(SwiftView.common(specification, "schema_tables").upperCamel).swift",
        template: "swift/WireSchemaTables",
        context: [
          "specification": Name(specification.name).lowerCamel, "key": specification.name,
          "title": specification.title, "notices": notice,
          "isBigEndian": String(specification.byteOrder == .big),
          "base": specification.uuidBase.map { base in
            "(high: \(SwiftView.hex(Int64(bitPattern: base.high), digits: 16)), "
              + "low: \(SwiftView.hex(Int64(bitPattern: base.low), digits: 16)))"
          } ?? "nil",
          "hasRecords": !specification.records.isEmpty, "hasFlagSets": !specification.flagSets.isEmpty,
          "hasEnumerations": !specification.enumerations.isEmpty, "hasUnits": !specification.units.isEmpty,
          "hasVariants": specification.messages.contains { !$0.variants.isEmpty },
          "list": Self.messages(specification),
          "identifiers": SwiftView.common(specification, "identifiers").upperCamel,
          "messages": specification.messages.map(message),
          "characteristics": specification.services.flatMap(\.characteristics).map { characteristic in
            [
              "name": member(characteristic.name), "key": characteristic.name, "title": characteristic.title,
              "number": Name(characteristic.name, "characteristic").lowerCamel,
            ]
          },
          "variants": specification.messages.flatMap { message in message.variants.map { variant(message, $0) } },
          "records": specification.records.map { record in
            ["name": member(record.name), "key": record.name, "fields": array("fields", record.fields.map(field))]
              as [String: Any]
          },
          "enumerations": specification.enumerations.map { enumeration in
            [
              "name": member(enumeration.name), "key": enumeration.name, "integer": enumeration.type.name,
              "open": String(enumeration.isOpen), "values": array("values", enumeration.values.map(named)),
            ] as [String: Any]
          },
          "flagSets": specification.flagSets.map { set in
            [
              "name": member(set.name), "key": set.name, "integer": set.type.name,
              "flags": array("flags", set.flags.map(named)),
            ] as [String: Any]
          },
          "units": specification.units.map(unit),
        ])
    ]
  }

  private var notice: String {
    guard let notice = specification.notice else { return "      notice: nil," }
    return "      notice:\n        \(Self.literal(notice).replacing("            +", with: "        +")),"
  }

  private func message(_ message: Message) -> [String: Any] {
    let characteristic = specification.services.flatMap(\.characteristics).first { $0.values.contains(message.name) }
    let channel = specification.streamFraming?.channels.first { $0.message == message.name }
    let direction = Name(message.direction.rawValue).lowerCamel
    return [
      "name": member(message.name), "key": message.name, "doc": message.doc,
      "docLiteral": Self.literal(message.doc),
      "codec": Name(specification.prefix ?? "", message.name).upperCamel, "direction": direction,
      "characteristic": member(characteristic?.name ?? ""),
      "channel": channel.map { SwiftView.hex($0.number, digits: 2) } ?? "nil",
      "requiresVariant": String(message.otherwise == .error),
      "header": array("header", message.header.map(field)),
      "variants": array("variants", message.variants.map { "        .\(member(message.name, $0.name))," }),
    ]
  }

  private func variant(_ message: Message, _ variant: Variant) -> [String: Any] {
    let when = message.selectors.compactMap { selector in
      variant.when[selector.name].map {
        "WireSchema.Selector(\"\(selector.name)\", is: \(SwiftView.hex($0.value, digits: 2)))"
      }
    }
    return [
      "name": member(message.name, variant.name), "key": variant.name, "doc": Self.literal(variant.doc),
      "when": Prose.fill(when, opening: "      when: [", closing: "],"),
      "fields": array("fields", variant.fields.map(field)),
    ]
  }

  private func field(_ field: Field) -> String {
    var arguments = ["\"\(field.name)\"", "at: \(field.offset)", type(field.type)]
    if let unit = field.unit { arguments.append("unit: .\(member(unit.name))") }
    if let range = field.range {
      arguments.append("range: \(SwiftView.decimal(range.lowerBound))...\(SwiftView.decimal(range.upperBound))")
    }
    if !field.special.isEmpty {
      arguments.append(
        "special: [\(field.special.map { "WireSchema.NamedValue(\(parts($0).joined(separator: ", ")))" }.joined(separator: ", "))]"
      )
    }
    if let constant = field.constant { arguments.append("constant: \(SwiftView.hex(constant, digits: 2))") }
    if let checksum = field.checksum {
      arguments.append("checksum: .\(checksum.algorithm.rawValue)(from: \(checksum.from))")
    }
    if field.isOpaque { arguments.append("isOpaque: true") }
    arguments.append("doc: \(Self.literal(field.doc))")
    return Prose.fill(arguments, opening: "        WireSchema.Field(", closing: "),")
  }

  private func type(_ type: FieldType) -> String {
    switch type {
    case .integer(let integer): ".integer(.\(integer.name))"
    case .enumeration: ".enumeration(.\(member(type.name)))"
    case .flagSet: ".flags(.\(member(type.name)))"
    case .record: ".record(.\(member(type.name)))"
    case .bytes(let minimum): ".bytes(minimum: \(minimum))"
    }
  }

  private func named(_ value: NamedValue) -> String {
    Prose.fill(parts(value), opening: "        WireSchema.NamedValue(", closing: "),")
  }

  private func parts(_ value: NamedValue) -> [String] {
    ["\"\(value.name)\"", SwiftView.decimal(value.value), Self.literal(value.doc)]
  }

  /// An argument that is an array with an item a line; a single item has no comma behind it.
  private func array(_ label: String, _ items: [String]) -> String {
    if items.isEmpty { return "      \(label): []" }
    let lines = items.joined(separator: "\n")
    return "      \(label): [\n\(items.count > 1 ? lines : String(lines.dropLast()))\n      ]"
  }

  /// A symbol such as `0.1 N` is a smaller part of its unit.
  private func unit(_ unit: Unit) -> [String: Any] {
    let part = unit.symbol.wholeMatch(of: /0\.(0*1) (.+)/)
    return [
      "name": member(unit.name), "key": unit.name, "symbol": part.map { String($0.2) } ?? unit.symbol,
      "decimals": String(part?.1.count ?? 0),
    ]
  }

  /// A string in quotes; a long one is put together from several.
  private static func literal(_ text: String) -> String {
    let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    let lines = Prose.wrap(escaped, width: 98)
    guard lines.count > 1 else { return "\"\(escaped)\"" }
    return "\"" + lines.joined(separator: " \"\n            + \"") + "\""
  }

  private func member(_ path: String...) -> String {
    SwiftView.identifier(Name(([specification.prefix].compactMap(\.self) + path).joined(separator: "_")).lowerCamel)
  }
}
