/// The specification as C11 sees it: one header, structs with a tagged union for the body.
struct CView: LanguageView {
  let specification: Specification
  let table: FieldTable
  let prefix: String
  let folder: String

  init(_ specification: Specification, in folders: OutputFolders) {
    self.specification = specification
    folder = folders.others
    table = FieldTable(specification)
    prefix = specification.name + "_"
  }

  var files: [GeneratedFile] {
    [
      GeneratedFile(
        path: "\(folder)/\(specification.name).h", template: "c/Codec", context: context,
        breaksLines: true)
    ]
  }

  private var screaming: String { prefix.uppercased() }

  private var context: [String: Any] {
    var context: [String: Any] = [
      "title": specification.title, "p": prefix, "P": screaming, "guard": "\(screaming)H",
      "example": prefix + (specification.messages.first { $0.direction == .centralToPeripheral }?.name ?? "message"),
      "offersCRC32": specification.checksums.contains(.crc32),
      "hasSum8": specification.messages.contains { $0.checksum != nil },
      "hasATTErrors": !specification.attErrors.isEmpty, "hasRecords": !specification.records.isEmpty,
      "rejectsTrailing": specification.messages.contains(where: \.rejectsTrailing),
      "uuids": Self.aligned(uuids, "name"),
      "constants": Self.aligned(constants, "name"),
      "attErrors": Self.aligned(
        specification.attErrors.map {
          [
            "name": "\(screaming)ATT_ERROR_\($0.name.uppercased())", "value": Self.hex($0.value, digits: 2),
            "doc": $0.doc,
          ]
        }, "name"),
      "enumerations": specification.enumerations.map(enumeration),
      "flagSets": specification.flagSets.map(flagSet),
      "fields": fields,
      "variants": Self.hex(Int64(FieldTable.variants), digits: 4),
      "integers": integers,
      "records": specification.records.map(record),
      "messages": specification.messages.map(message),
      "crc32Table": Self.rows(Self.crc32Table, digits: 8),
    ]
    if let version = specification.version {
      context["version"] = [
        "major": "\(version.major)", "minor": "\(version.minor)",
        "crc": Self.hex(Int64(SchemaCRC(specification).value), digits: 8),
      ]
    }
    if let base = specification.uuidBase {
      let digits = base.text.replacing("XXXX", with: "0000").replacing("-", with: "")
      let bytes = stride(from: 0, to: digits.count, by: 2).map { "0x" + digits.dropFirst($0).prefix(2) }
      context["base"] = ["text": base.text, "bytes": bytes.joined(separator: ", ")]
    }
    if let framing = specification.streamFraming { context["framing"] = self.framing(framing) }
    return context
  }

  private var uuids: [[String: Any]] {
    specification.services.flatMap { service in
      [
        [
          "name": "\(screaming)UUID_\(service.name.uppercased())_SERVICE", "number": Self.hex(service.uuid, digits: 4),
          "doc": service.title,
        ]
      ]
        + service.characteristics.map {
          ["name": "\(screaming)UUID_\($0.name.uppercased())", "number": Self.hex($0.uuid, digits: 4), "doc": $0.title]
        }
    }
  }

  private var constants: [[String: Any]] {
    specification.constants.map { constant in
      let name = Name(constant.name, constant.unit?.suffix ?? "").screaming
      return ["name": screaming + name, "value": "\(constant.value)", "doc": constant.doc]
    }
  }

  private func enumeration(_ enumeration: Enumeration) -> [String: Any] {
    [
      "key": enumeration.name, "type": prefix + enumeration.name, "base": Self.integer(enumeration.type),
      "closed": !enumeration.isOpen,
      "doc": enumeration.doc + (enumeration.isOpen ? " Open: other values are kept." : ""),
      "values": Self.aligned(
        enumeration.values.map {
          [
            "name": value(enumeration, $0), "value": Self.hex($0.value, digits: enumeration.type.size * 2),
            "doc": $0.doc,
          ]
        }, "name"),
    ]
  }

  private func value(_ enumeration: Enumeration, _ value: NamedValue) -> String {
    "\(screaming)\(enumeration.name.uppercased())_\(value.name.uppercased())"
  }

  private func flagSet(_ set: FlagSet) -> [String: Any] {
    [
      "type": prefix + set.name, "base": Self.integer(set.type), "screaming": set.name.uppercased(),
      "doc": set.doc + (set.rejectsUnknownBits ? " Other bits are refused." : " Other bits are kept."),
      "known": Self.hex(Int64(bitPattern: set.knownBits), digits: set.type.size * 2),
      "flags": Self.aligned(
        set.flags.map {
          [
            "name": "\(screaming)\(set.name.uppercased())_\($0.name.uppercased())", "value": "1 << \($0.value)",
            "doc": $0.doc,
          ]
        }, "name"),
    ]
  }

  private var fields: [[String: Any]] {
    table.entries.map { entry in
      var context: [String: Any] = [
        "name": fieldName(entry.path), "number": Self.hex(Int64(entry.number), digits: 4), "key": entry.dotted,
      ]
      context["offset"] = entry.offset.map { ["value": String($0)] }
      return context
    }
  }

  private func fieldName(_ path: [String]) -> String { "\(screaming)FIELD_\(path.joined(separator: "_").uppercased())" }

  private var integers: [[String: Any]] {
    ["u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64"].compactMap(IntegerType.init(name:)).map { type in
      let unsigned = "uint\(type.size * 8)_t"
      let places = (0..<type.size).map { specification.byteOrder == .little ? $0 : type.size - 1 - $0 }
      let parts = places.enumerated().map { index, place in
        let byte = "bytes[\(index)]"
        let wide = "(\(type.size > 2 ? unsigned : "uint32_t"))\(byte)"
        return place == 0 ? byte : "\(wide) << \(place * 8)"
      }
      let unsignedRead = parts.count == 1 ? parts[0] : "(\(unsigned))(\(parts.joined(separator: " | ")))"
      return [
        "key": type.name, "type": Self.integer(type),
        "read": type.isSigned ? "(\(Self.integer(type)))\(unsignedRead)" : unsignedRead,
        "writes": places.enumerated().map { index, place in
          let shifted = place == 0 ? "value" : "(\(type.isSigned ? "(\(unsigned))" : "")value >> \(place * 8))"
          return "bytes[\(index)] = \(type.size == 1 && !type.isSigned ? "value" : "(uint8_t)\(shifted)");"
        },
      ]
    }
  }

  // MARK: Records and messages

  private func record(_ record: Record) -> [String: Any] {
    [
      "type": prefix + record.name, "doc": record.doc, "size": record.size,
      "length": "\(screaming)\(record.name.uppercased())_LENGTH", "group": fieldName([record.name]),
      "members": members(record.fields),
      "checks": record.fields.enumerated().compactMap { index, field in
        check(
          field, "record->\(member(field))", indent: 2,
          field: index == 0 ? "first" : "(\(prefix)field)(first + \(index))",
          offset: field.offset == 0 ? "base" : "base + \(field.offset)")
      },
      "reads": record.fields.map { read($0, "record->\(member($0))") },
      "writes": record.fields.map { write($0, "record->\(member($0))") },
    ]
  }

  private func message(_ message: Message) -> [String: Any] {
    let path = [message.name]
    let stored = message.header.filter { $0.isStored && !message.isImplied($0) }
    var context: [String: Any] = [
      "type": prefix + message.name, "doc": message.doc, "group": fieldName(path),
      "maximum": "\(screaming)\(message.name.uppercased())_MAXIMUM", "maximumLength": message.maximumLength,
      "headerSize": message.headerSize,
      "members": members(stored),
      "reads": message.header.flatMap { field -> [String] in
        let place = message.isImplied(field) ? member(field) : "message->\(member(field))"
        if let constant = field.constant { return expectation(constant, field, indent: 2, path: path) }
        if let checksum = field.checksum { return expectation(checksum, field, path: path) }
        let declaration = message.isImplied(field) ? "\(typeName(field)) " : ""
        return ["  \(declaration)\(read(field, place))"]
          + [check(field, place, indent: 2, path: path)].compactMap(\.self)
      },
      "checks": stored.compactMap { check($0, "message->\(member($0))", indent: 2, path: path) },
      "rejectsTrailing": message.rejectsTrailing,
      "writes": message.header.filter { $0.checksum == nil }.map { field in
        write(field, message.isImplied(field) ? member(field) : "message->\(member(field))")
      },
    ]
    if let field = message.checksum, let checksum = field.checksum {
      let length = message.variants.isEmpty ? "\(message.headerSize)" : "length"
      context["checksumWrite"] =
        "bytes[\(field.offset)] = \(prefix)\(checksum.algorithm.rawValue)(bytes + \(checksum.from), \(length) - \(checksum.from));"
    }
    if !message.variants.isEmpty { context["body"] = body(message) }
    return context
  }

  /// Statements that refuse another value than the only one.
  private func expectation(_ constant: Int64, _ field: Field, indent: Int, path: [String]) -> [String] {
    let margin = String(repeating: " ", count: indent)
    let hex = Self.hex(constant, digits: field.size * 2)
    let value = "\(prefix)read_\(field.type.name)(bytes\(plus(field.offset)))"
    return [
      "\(margin)if (\(value) != \(hex)) {",
      "\(margin)  return \(prefix)fail(error, \(screaming)UNEXPECTED_CONSTANT, \(fieldName(path + [field.name])), \(field.offset), \(value), \(hex), 0);",
      "\(margin)}",
    ]
  }

  /// Statements that refuse another checksum than that of the bytes.
  private func expectation(_ checksum: Field.Checksum, _ field: Field, path: [String]) -> [String] {
    let sum = "\(member(field))_expected"
    let value = "bytes[\(field.offset)]"
    return [
      "  uint8_t \(sum) = \(prefix)\(checksum.algorithm.rawValue)(bytes + \(checksum.from), count - \(checksum.from));",
      "  if (\(value) != \(sum)) {",
      "    return \(prefix)fail(error, \(screaming)CHECKSUM_MISMATCH, \(fieldName(path + [field.name])), \(field.offset), \(value), \(sum), 0);",
      "  }",
    ]
  }

  private func body(_ message: Message) -> [String: Any] {
    let implied = message.header.filter(message.isImplied)
    var body: [String: Any] = [
      "empty": message.otherwise == .empty,
      "none": "\(screaming)\(message.name.uppercased())_EMPTY",
      "implied": implied.map { "\(typeName($0)) \(member($0))" },
      "hasUnion": message.variants.contains { !$0.stored.isEmpty },
      "variants": message.variants.map { variant(message, $0) },
      "announced": message.variants.map { "(\(condition(message, $0, "message->")))" }.joined(
        separator: " ||\n          "),
    ]
    if let selector = message.selectors.first {
      body["selector"] = fieldName([message.name, selector.name])
      body["selectorOffset"] = selector.offset
      body["selectorName"] = (message.isImplied(selector) ? "" : "message->") + member(selector)
      if message.selectors.count == 1 { body["switch"] = body["selectorName"] }
    }
    return body
  }

  private func condition(_ message: Message, _ variant: Variant, _ stored: String) -> String {
    message.selectors.compactMap { field -> String? in
      guard let value = variant.when[field.name], case .enumeration(let enumeration) = field.type else { return nil }
      return "\(message.isImplied(field) ? "" : stored)\(member(field)) == \(self.value(enumeration, value))"
    }.joined(separator: " && ")
  }

  private func variant(_ message: Message, _ variant: Variant) -> [String: Any] {
    let path = [message.name, variant.name]
    let place = { (field: Field) in "message->as.\(variant.name).\(self.member(field))" }
    let indent = message.selectors.count == 1 ? 6 : 4
    let margin = String(repeating: " ", count: indent)
    let length = message.headerSize + variant.size
    var context: [String: Any] = [
      "name": variant.name, "doc": variant.doc,
      "tag": "\(screaming)\(path.joined(separator: "_").uppercased())", "group": fieldName(path),
      "rejectsTrailing": message.rejectsTrailing, "exactLength": String(length),
      "hasMembers": !variant.stored.isEmpty, "members": members(variant.fields),
      "condition": condition(message, variant, "message->"),
      "reads": variant.fields.flatMap { field -> [String] in
        if let constant = field.constant { return expectation(constant, field, indent: indent, path: path) }
        if case .record(let record) = field.type, let first = record.fields.first {
          let name = fieldName(path + [field.name, first.name])
          return [
            "\(margin)if (!\(prefix)\(record.name)_read(bytes\(plus(field.offset)), \(field.offset), \(name), &\(place(field)), error)) {",
            "\(margin)  return false;", "\(margin)}",
          ]
        }
        if case .bytes = field.type {
          let name = fieldName(path + [field.name])
          return [
            "\(margin)if (count > \(message.maximumLength)) return \(prefix)fail(error, \(screaming)TOO_LONG, \(name), \(field.offset), (int64_t)count, 0, \(message.maximumLength));",
            "\(margin)\(place(field)) = bytes\(plus(field.offset));",
            "\(margin)\(place(field))_length = count - \(field.offset);",
          ]
        }
        return [margin + read(field, place(field))]
          + [check(field, place(field), indent: indent, path: path)].compactMap(\.self)
      },
      "checks": variant.fields.compactMap { field in
        if case .bytes(let minimum) = field.type {
          let name = fieldName(path + [field.name])
          let length = "\(field.offset) + (int64_t)\(place(field))_length"
          return """
                  if (\(place(field))_length < \(minimum)) {
                    return \(prefix)fail(error, \(screaming)TRUNCATED, \(name), \(field.offset), \(length), \(field.offset + minimum), 0);
                  }
                  if (\(place(field))_length > \(message.maximumLength - field.offset)) {
                    return \(prefix)fail(error, \(screaming)TOO_LONG, \(name), \(field.offset), \(length), 0, \(message.maximumLength));
                  }
            """
        }
        return check(field, place(field), indent: 6, path: path)
      },
      "encodedLength": variant.payload.map { "\($0.offset) + \(place($0))_length" } ?? "\(length)",
      "implied": message.header.filter(message.isImplied).compactMap { field -> String? in
        guard let value = variant.when[field.name], case .enumeration(let enumeration) = field.type else { return nil }
        return "\(member(field)) = \(self.value(enumeration, value));"
      },
      "writes": variant.fields.map { write($0, place($0)) },
    ]
    if message.selectors.count == 1, let selector = message.selectors.first, let value = variant.when[selector.name],
      case .enumeration(let enumeration) = selector.type
    {
      context["value"] = self.value(enumeration, value)
    }
    if variant.size > 0 { context["length"] = String(length) }
    if message.otherwise == .empty { context["agreement"] = condition(message, variant, "message->") }
    return context
  }

  // MARK: Fields

  private func member(_ field: Field) -> String { Name(field.name, field.unit?.suffix ?? "").snake }

  private func typeName(_ field: Field) -> String {
    switch field.type {
    case .integer(let type): Self.integer(type)
    case .enumeration, .flagSet, .record: prefix + field.type.name
    case .bytes: "const uint8_t *"
    }
  }

  private func members(_ fields: [Field]) -> [String] {
    let lines = fields.filter(\.isStored).flatMap { field -> [(String, String)] in
      let type = typeName(field)
      let declaration = type.hasSuffix("*") ? "\(type)\(member(field));" : "\(type) \(member(field));"
      guard case .bytes = field.type else { return [(declaration, Prose.documentation(field))] }
      return [(declaration, field.doc), ("size_t \(member(field))_length;", "In bytes.")]
    }
    let width = lines.map(\.0.count).max() ?? 0
    return lines.map { "\(Prose.left($0.0, width)) /* \($0.1) */" }
  }

  private func plus(_ offset: Int) -> String { offset == 0 ? "" : " + \(offset)" }

  private func read(_ field: Field, _ place: String) -> String {
    "\(place) = \(prefix)read_\(wireType(field).name)(bytes\(plus(field.offset)));"
  }

  private func write(_ field: Field, _ place: String) -> String {
    let target = "bytes\(plus(field.offset))"
    switch field.type {
    case .record(let record): return "\(prefix)\(record.name)_write(\(target), &\(place));"
    case .bytes: return "memcpy(\(target), \(place), \(place)_length);"
    default:
      let value = field.constant.map { Self.hex($0, digits: field.size * 2) } ?? place
      return "\(prefix)write_\(wireType(field).name)(\(target), \(value));"
    }
  }

  private func wireType(_ field: Field) -> IntegerType {
    switch field.type {
    case .integer(let type): type
    case .enumeration(let enumeration): enumeration.type
    case .flagSet(let set): set.type
    case .record, .bytes: .byte
    }
  }

  private func check(_ field: Field, _ place: String, indent: Int, path: [String]) -> String? {
    if case .record(let record) = field.type, let first = record.fields.first {
      let name = fieldName(path + [field.name, first.name])
      let margin = String(repeating: " ", count: indent)
      return "\(margin)if (!\(prefix)\(record.name)_check(&\(place), \(name), \(field.offset), error)) return 0;"
    }
    return check(field, place, indent: indent, field: fieldName(path + [field.name]), offset: String(field.offset))
  }

  private func check(_ field: Field, _ place: String, indent: Int, field name: String, offset: String) -> String? {
    let margin = String(repeating: " ", count: indent)
    let fail: (String, String, String) -> String = { condition, reason, values in
      "\(margin)if (\(condition)) {\n\(margin)  return \(prefix)fail(error, \(screaming)\(reason), \(name), \(offset), \(values));\n\(margin)}"
    }
    switch field.type {
    case .integer(let type):
      guard let range = field.range else { return nil }
      var conditions: [String] = []
      if range.lowerBound > type.values.lowerBound { conditions.append("\(place) < \(range.lowerBound)") }
      if range.upperBound < type.values.upperBound { conditions.append("\(place) > \(range.upperBound)") }
      if conditions.isEmpty { return nil }
      var condition = conditions.joined(separator: " || ")
      if conditions.count > 1 && !field.special.isEmpty { condition = "(\(condition))" }
      for special in field.special { condition += " && \(place) != \(special.value)" }
      return fail(condition, "OUT_OF_RANGE", "\(place), \(range.lowerBound), \(range.upperBound)")
    case .enumeration(let enumeration) where !enumeration.isOpen:
      return fail("!\(prefix)\(enumeration.name)_is_known(\(place))", "UNKNOWN_VALUE", "\(place), 0, 0")
    case .flagSet(let set) where set.rejectsUnknownBits:
      let known = "\(screaming)\(set.name.uppercased())_KNOWN"
      return fail("(\(place) & ~\(known)) != 0", "RESERVED_BITS", "\(place) & ~\(known), 0, 0")
    default:
      return nil
    }
  }

  // MARK: Framing and checksums

  private func framing(_ framing: StreamFraming) -> [String: Any] {
    [
      "checksum": framing.checksum.name,
      "initial": Self.hex(framing.checksum.initial, digits: 4),
      "crc16Table": Self.rows(Self.crc16Table(UInt16(truncatingIfNeeded: framing.checksum.polynomial)), digits: 4),
      "start": Self.hex(framing.start, digits: 2),
      "maximum": framing.header.compactMap(\.range).first?.upperBound ?? 0,
      "overhead": 1 + framing.header.reduce(0) { $0 + $1.size } + framing.checksum.type.size,
      "channels": Self.aligned(
        framing.channels.map {
          ["name": "\(screaming)CHANNEL_\($0.message.uppercased())", "number": Self.hex($0.number, digits: 2)]
        }, "name"),
    ]
  }

  static func crc16Table(_ polynomial: UInt16) -> [UInt64] {
    (0..<256).map { byte in
      UInt64((0..<8).reduce(UInt16(byte) << 8) { crc, _ in crc & 0x8000 != 0 ? crc << 1 ^ polynomial : crc << 1 })
    }
  }

  /// IEEE 802.3, reflected.
  static var crc32Table: [UInt64] {
    (0..<256).map { byte in
      UInt64((0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 != 0 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 })
    }
  }

  private static func rows(_ table: [UInt64], digits: Int) -> [String] {
    stride(from: 0, to: table.count, by: 8).map { start in
      table[start..<start + 8].map { hex(Int64($0), digits: digits) + "," }.joined(separator: " ")
    }
  }

  // MARK: Spelling

  private static func integer(_ type: IntegerType) -> String { "\(type.isSigned ? "int" : "uint")\(type.size * 8)_t" }

  private static func hex(_ value: Int64, digits: Int) -> String {
    let text = String(UInt64(bitPattern: value), radix: 16, uppercase: true)
    return "0x" + String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  /// The names of a block, padded so that what follows them is aligned.
  private static func aligned(_ entries: [[String: Any]], _ key: String) -> [[String: Any]] {
    let width = entries.map { ($0[key] as? String ?? "").count }.max() ?? 0
    return entries.map { entry in
      var entry = entry
      entry["bare"] = entry[key]
      entry[key] = Prose.left(entry[key] as? String ?? "", width)
      return entry
    }
  }
}
