/// The specification as tables for people.
struct MarkdownView: LanguageView {
  let specification: Specification
  let path: String

  init(_ specification: Specification, in folders: OutputFolders) {
    self.specification = specification
    path = "\(folders.others)/\(specification.fileName).md"
  }

  var files: [GeneratedFile] {
    [GeneratedFile(path: path, template: "markdown/Reference", context: context)]
  }

  private var context: [String: Any] {
    [
      "title": specification.title,
      "version": specification.version.map { version in
        [
          "number": "\(version.major).\(version.minor)", "crc": hex(Int64(SchemaCRC(specification).value), size: 4),
        ]
      } ?? [:],
      "versioned": specification.version != nil,
      "order": specification.byteOrder == .little ? "Little" : "Big",
      "page": specification.page ?? "", "hasPage": specification.page != nil,
      "example": FieldTable(specification).example ?? "message.variant.field",
      "hasATTErrors": !specification.attErrors.isEmpty, "hasRecords": !specification.records.isEmpty,
      "hasEnumerations": !specification.enumerations.isEmpty, "hasFlags": !specification.flagSets.isEmpty,
      "hasConstants": !specification.constants.isEmpty,
      "hasChecksum": specification.messages.contains { $0.checksum != nil },
      "rejectsTrailing": specification.messages.contains(where: \.rejectsTrailing),
      "services": specification.services.map { service in
        [
          "title": service.title, "uuid": uuid(service.uuid),
          "characteristics": service.characteristics.map { characteristic in
            [
              "title": characteristic.title, "uuid": uuid(characteristic.uuid),
              "properties": characteristic.properties.map { Name($0).spaced }.joined(separator: ", "),
              "values": characteristic.values.map { "[`\($0)`](#\($0))" }.joined(separator: ", "),
              "doc": cell(characteristic.doc),
            ]
          },
        ]
      },
      "messages": specification.messages.map(message),
      "records": specification.records.map { record in
        [
          "name": record.name, "doc": record.doc, "size": record.size, "diagram": diagram(record.fields),
          "fields": record.fields.map(row),
        ]
      },
      "enumerations": specification.enumerations.map { enumeration in
        [
          "name": enumeration.name, "type": enumeration.type.name, "doc": enumeration.doc, "open": enumeration.isOpen,
          "values": enumeration.values.map { value($0, size: enumeration.type.size) },
        ]
      },
      "flagSets": specification.flagSets.map { set in
        [
          "name": set.name, "type": set.type.name, "doc": set.doc, "rejects": set.rejectsUnknownBits,
          "flags": set.flags.map { ["bit": "\($0.value)", "name": $0.name, "doc": cell($0.doc)] },
        ]
      },
      "constants": specification.constants.map { constant in
        [
          "name": constant.name, "value": "\(constant.value)", "unit": constant.unit?.symbol ?? "",
          "doc": cell(constant.doc),
        ]
      },
      "attErrors": specification.attErrors.map { value($0, size: 1) },
      "framing": specification.streamFraming.map { framing($0) } ?? [:],
      "hasFraming": specification.streamFraming != nil,
    ]
  }

  private func message(_ message: Message) -> [String: Any] {
    [
      "name": message.name, "doc": message.doc, "maximum": message.maximumLength,
      "direction": message.direction == .centralToPeripheral ? "central to peripheral" : "peripheral to central",
      "diagram": diagram(message.header + (message.variants.isEmpty ? [] : [Self.body])),
      "fields": message.header.map(row),
      "hasVariants": !message.variants.isEmpty, "rejectsTrailing": message.rejectsTrailing,
      "empty": message.otherwise == .empty,
      "variants": message.variants.map { variant in
        [
          "name": variant.name, "doc": variant.doc,
          "when": message.selectors.compactMap { selector in
            variant.when[selector.name].map {
              "`\(selector.name)` = `\($0.name)` (\(hex($0.value, size: selector.size)))"
            }
          }.joined(separator: ", "),
          "hasFields": !variant.fields.isEmpty,
          "length": "\(message.headerSize + variant.size)" + (variant.payload == nil ? "" : " or more"),
          "diagram": diagram(variant.fields),
          "fields": variant.fields.map(row),
        ]
      },
    ]
  }

  private func framing(_ framing: StreamFraming) -> [String: Any] {
    let first = Field(name: "start", type: .integer(.byte), constant: framing.start, doc: "Every frame begins with it.")
    var payload = Field(name: "payload", type: .bytes(minimum: 0), doc: "The message.")
    payload.offset = 1 + framing.header.reduce(0) { $0 + $1.size }
    let checksum = Field(
      name: "checksum", type: .integer(framing.checksum.type), doc: framing.checksum.name)
    return [
      "diagram": diagram([first] + framing.header + [payload, checksum]),
      "fields": ([first] + framing.header + [payload]).map(row),
      "checksum": framing.checksum.name, "type": framing.checksum.type.name,
      "polynomial": hex(framing.checksum.polynomial, size: 2), "initial": hex(framing.checksum.initial, size: 2),
      "check": hex(framing.checksum.check, size: 2),
      "channels": framing.channels.map { ["number": hex($0.number, size: 1), "message": $0.message] },
    ]
  }

  /// Stands for the variant's fields in a diagram.
  private static let body = Field(name: "variant", type: .bytes(minimum: 0), doc: "")

  // MARK: Cells

  private func row(_ field: Field) -> [String: Any] {
    [
      "offset": "\(field.offset)", "size": sizeText(field), "name": field.name, "type": typeText(field),
      "unit": field.unit?.symbol ?? "", "range": rangeText(field), "doc": cell(field.doc),
    ]
  }

  private func sizeText(_ field: Field) -> String {
    if case .bytes(let minimum) = field.type { minimum > 0 ? "\(minimum)+" : "rest" } else { "\(field.size)" }
  }

  private func typeText(_ field: Field) -> String {
    switch field.type {
    case .integer(let type): type.name
    case .bytes: "bytes"
    default: "[`\(field.type.name)`](#\(field.type.name))"
    }
  }

  private func rangeText(_ field: Field) -> String {
    var parts: [String] = []
    if let constant = field.constant { parts.append(hex(constant, size: field.size)) }
    if let checksum = field.checksum {
      parts.append("\(checksum.algorithm.rawValue) of the bytes from \(checksum.from) to the end")
    }
    if field.isOpaque { parts.append("opaque") }
    if let range = field.range {
      parts.append(range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)...\(range.upperBound)")
    }
    parts += field.special.map { "\($0.value): \($0.name)" }
    return parts.joined(separator: "; ")
  }

  private func value(_ value: NamedValue, size: Int) -> [String: Any] {
    ["value": hex(value.value, size: size), "name": value.name, "doc": cell(value.doc)]
  }

  private func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }

  private func uuid(_ number: Int64) -> String { specification.uuidBase?.uuid(number) ?? hex(number, size: 2) }

  private func hex(_ value: Int64, size: Int) -> String {
    let text = String(UInt64(bitPattern: value), radix: 16, uppercase: true)
    return "0x" + String(repeating: "0", count: max(0, size * 2 - text.count)) + text
  }

  // MARK: Diagram

  /// Boxes side by side, with the offset of each field above its left edge; broken into rows where it is long.
  private func diagram(_ fields: [Field]) -> [String] {
    var rows: [[Field]] = [[]]
    var width = 0
    for field in fields {
      let box = label(field).count + 3
      if width + box > 100 {
        rows.append([])
        width = 0
      }
      rows[rows.count - 1].append(field)
      width += box
    }
    return rows.filter { !$0.isEmpty }.flatMap { row in
      let labels = row.map(label)
      let offsets = zip(row, labels).map {
        Prose.left($0.offset > 0 || $0.name == fields[0].name ? "\($0.offset)" : "", $1.count + 3)
      }
      let edge = "+" + labels.map { String(repeating: "-", count: $0.count + 2) + "+" }.joined()
      let middle = "|" + labels.map { " \($0) |" }.joined()
      return [Self.trimmed(offsets.joined()), edge, middle, edge]
    }
  }

  private static func trimmed(_ text: String) -> String {
    String(text.reversed().drop { $0 == " " }.reversed())
  }

  private func label(_ field: Field) -> String {
    if case .bytes = field.type { return "\(field.name) ..." }
    return "\(field.name):\(field.size)"
  }
}
