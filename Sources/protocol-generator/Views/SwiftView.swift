/// The specification as Swift sees it: names, types and expressions for the templates in `Templates/swift`.
struct SwiftView: LanguageView {
  let specification: Specification
  let folder: String

  init(_ specification: Specification, in folders: OutputFolders) {
    self.specification = specification
    folder = folders.swift(specification)
  }

  /// A name of the specification as a name in Swift, where the protocols of a module share one space of names.
  private func name(_ path: String...) -> Name { name(path) }

  private func name(_ path: [String]) -> Name {
    Name(([specification.prefix].compactMap(\.self) + path).joined(separator: "_"))
  }

  var files: [GeneratedFile] {
    specification.enumerations.map { file($0.name, "swift/Enumeration", enumeration($0)) }
      + specification.flagSets.map { file($0.name, "swift/FlagSet", flagSet($0)) }
      + specification.records.map { file($0.name, "swift/Record", record($0)) }
      + specification.messages.map { file($0.name, "swift/Message", message($0)) }
      + [
        file(Self.common(specification, "constants"), "swift/WireConstants", constants),
        file(Self.common(specification, "identifiers"), "swift/WireIdentifiers", identifiers),
        specification.attErrors.isEmpty ? nil : file("attribute_error", "swift/Enumeration", attributeErrors),
        specification.streamFraming.map { file("stream_channel", "swift/StreamChannel", channels($0)) },
      ].compactMap(\.self)
  }

  /// The name of a type that every protocol has, such as `WireConstants`.
  static func common(_ specification: Specification, _ name: String) -> Name {
    Name(specification.prefix ?? "wire", name)
  }

  private func file(_ name: String, _ template: String, _ context: [String: Any]) -> GeneratedFile {
    file(self.name(name), template, context)
  }

  private func file(_ name: Name, _ template: String, _ context: [String: Any]) -> GeneratedFile {
    GeneratedFile(path: "\(folder)/\(name.upperCamel).swift", template: template, context: context)
  }

  // MARK: Types

  private func enumeration(_ enumeration: Enumeration) -> [String: Any] {
    let digits = enumeration.type.size * 2
    return [
      "doc": Prose.lines(enumeration.doc, indent: 0),
      "type": name(enumeration.name).upperCamel,
      "versioned": specification.version != nil,
      "raw": Self.integer(enumeration.type),
      "open": enumeration.isOpen,
      "values": enumeration.values.map { value in
        [
          "doc": Prose.lines(value.doc, indent: 2), "name": Self.identifier(Name(value.name).lowerCamel),
          "key": value.name, "value": Self.hex(value.value, digits: digits),
        ]
      },
    ]
  }

  private var attributeErrors: [String: Any] {
    enumeration(
      Enumeration(
        name: "attribute_error", type: IntegerType.byte, isOpen: false,
        doc: "The errors with which a peripheral refuses an ATT request (Core Vol 3 Part F 3.4.1.1).",
        values: specification.attErrors))
  }

  private func flagSet(_ set: FlagSet) -> [String: Any] {
    [
      "doc": Prose.lines(set.doc, indent: 0),
      "type": name(set.name).upperCamel,
      "versioned": specification.version != nil,
      "raw": Self.integer(set.type),
      "keeps": !set.rejectsUnknownBits,
      "known": Self.hex(Int64(bitPattern: set.knownBits), digits: set.type.size * 2),
      "flags": set.flags.map { flag in
        [
          "doc": Prose.lines(flag.doc, indent: 2), "name": Self.identifier(Name(flag.name).lowerCamel),
          "bit": String(flag.value), "key": flag.name,
        ]
      },
    ]
  }

  private func record(_ record: Record) -> [String: Any] {
    let path = [record.name]
    let fields = record.fields.map { field in
      var context = property(field, indent: 2)
      let place = Place(
        offset: field.offset == 0 ? "offset" : "offset &+ \(field.offset)", field: recordField(record, field))
      let fails = check(field, path) != nil || isClosed(field)
      context["assignment"] = Self.assignment(
        "\(Self.property(field)) = \(fails ? "try " : "")", read(field, path, from: place))
      context["check"] = check(field, path, place: place)
      context["write"] = write(
        field, name: Self.property(field), at: field.offset == 0 ? "offset" : "offset &+ \(field.offset)")
      return context
    }
    return [
      "doc": Prose.lines(record.doc, indent: 0),
      "type": name(record.name).upperCamel,
      "group": name(record.name).lowerCamel,
      "size": String(record.size),
      "fields": fields,
      "canFail": record.fields.contains { check($0, path) != nil },
      "parameters": Prose.fill(
        record.fields.map { "\(Self.property($0)): \(typeName($0))" }, opening: "  public init(", closing: ") {"),
    ]
  }

  /// Inside a record the field is known only relative to the record's first one.
  private func recordField(_ record: Record, _ field: Field) -> String {
    let index = record.fields.firstIndex(of: field) ?? 0
    return index == 0 ? "first" : "first.advanced(by: \(index))"
  }

  // MARK: Messages

  private func message(_ message: Message) -> [String: Any] {
    let path = [message.name]
    let stored = message.header.filter { $0.isStored && !message.isImplied($0) }
    let implied = message.header.filter(message.isImplied)
    var parameters = stored.map { "\(Self.property($0)): \(typeName($0))" }
    if !message.variants.isEmpty { parameters.append("body: Body") }
    var context: [String: Any] = [
      "doc": Prose.lines(message.doc, indent: 0),
      "layout": layout(message),
      "type": name(message.name).upperCamel,
      "group": name(message.name).lowerCamel,
      "maximumLength": String(message.maximumLength),
      "headerSize": String(message.headerSize),
      "stored": stored.map { property($0, indent: 2) },
      "parameters": Prose.fill(parameters, opening: "  public init(", closing: ") {"),
      "headerReads": message.header.map { headerRead($0, of: message) },
      "headerChecks": stored.compactMap { check($0, path) },
      "headerWrites": message.header.filter { $0.checksum == nil }.map { write($0) },
      "rejectsTrailing": message.rejectsTrailing,
      "implied": implied.map { field in
        [
          "doc": Prose.lines(field.doc, indent: 2), "name": Self.property(field), "type": typeName(field),
          "message": self.name(message.name).upperCamel,
          "cases": message.variants.map { variant in
            [
              "variant": Self.identifier(Name(variant.name).lowerCamel),
              "value": Self.identifier(Name(variant.when[field.name]?.name ?? "").lowerCamel),
            ]
          },
        ]
      },
    ]
    if message.checksum != nil {
      context["checksumWrite"] = checksumWrite(message, length: message.headerSize)
    }
    if !message.variants.isEmpty { context["body"] = body(message) }
    if let header = readableHeader(message) { context["readableHeader"] = header }
    return context
  }

  private func headerRead(_ field: Field, of message: Message) -> String {
    let name = Self.property(field)
    if let constant = field.constant {
      return
        "    try value.expect(\(Self.hex(constant, digits: 2)), at: \(field.offset), \(place(field, [message.name]).field))"
    }
    if let checksum = field.checksum {
      return
        "    try value.expect(\(Self.algorithm(checksum)), at: \(field.offset), \(place(field, [message.name]).field))"
    }
    let fails = check(field, [message.name]) != nil || isClosed(field)
    return Self.assignment(
      (message.isImplied(field) ? "let " : "") + "\(name) = \(fails ? "try " : "")", read(field, [message.name]))
  }

  private static func algorithm(_ checksum: Field.Checksum) -> String {
    "\(checksum.algorithm.rawValue)From: \(checksum.from)"
  }

  /// The last thing written into a frame, because it covers the others; nil where the message has no checksum.
  private func checksumWrite(_ message: Message, length: Int) -> String? {
    message.checksum.flatMap { field in
      field.checksum.map { "frame.write(\(Self.algorithm($0)), to: \(length), at: \(field.offset))" }
    }
  }

  /// A statement of an initialiser, broken before the check where it is long.
  private static func assignment(_ target: String, _ expression: String) -> String {
    let line = "    " + target + expression
    guard line.count > Prose.width else { return line }
    return line.replacing(".within(", with: "\n      .within(")
  }

  private func body(_ message: Message) -> [String: Any] {
    let selectors = message.selectors
    let names = selectors.map(Self.property)
    let implied = message.header.filter(message.isImplied)
    var body: [String: Any] = [
      "subject": names.count == 1 ? names[0] : "(\(names.joined(separator: ", ")))",
      "variants": message.variants.map { variant(message, $0) },
      "headerArguments": implied.map { "_ \(Self.property($0)): \(typeName($0)), " }.joined(),
      "empty": message.otherwise == .empty,
      "headerSize": String(message.headerSize),
      "needsDefault": message.otherwise == .empty || !isExhaustive(message),
    ]
    if message.otherwise == .error, let selector = selectors.first {
      body["unknown"] =
        ".unknownValue(Int64(\(Self.property(selector)).rawValue)), at: \(selector.offset), \(place(selector, [message.name]).field)"
    }
    return body
  }

  private func isExhaustive(_ message: Message) -> Bool {
    guard message.selectors.count == 1, let selector = message.selectors.first,
      case .enumeration(let enumeration) = selector.type, !enumeration.isOpen
    else { return false }
    return enumeration.values.allSatisfy { value in
      message.variants.contains { $0.when[selector.name]?.value == value.value }
    }
  }

  private func variant(_ message: Message, _ variant: Variant) -> [String: Any] {
    let path = [message.name, variant.name]
    let name = Name(variant.name)
    let fields = variant.stored
    let length = message.headerSize + variant.size
    let reads = fields.map { "\(Self.property($0)): \(read($0, path))" }
    let fails = fields.contains { check($0, path) != nil || isClosed($0) || isRecord($0) }
    var patterns = message.selectors.map { field in
      variant.when[field.name].map { "." + Self.identifier(Name($0.name).lowerCamel) } ?? "_"
    }
    if patterns.count > 1 { patterns = ["(" + patterns.joined(separator: ", ") + ")"] }
    let implied = message.header.filter(message.isImplied)
    var context: [String: Any] = [
      "doc": Prose.lines(variant.doc, indent: 4),
      "fieldDocs": fields.flatMap { Prose.lines("- `\(Self.property($0))`: \(documentation($0))", indent: 4) },
      "name": Self.identifier(name.lowerCamel),
      "group": self.name(path).lowerCamel,
      "length": String(length),
      "pattern": patterns[0],
      "checks": fields.compactMap { check($0, path) },
      "writes": variant.fields.map { write($0) }
        + [checksumWrite(message, length: length)].compactMap(\.self),
      "rejectsTrailing": message.rejectsTrailing,
      "headerArguments": implied.compactMap { variant.when[$0.name] }.map {
        ".\(Self.identifier(Name($0.name).lowerCamel)), "
      }.joined(),
    ]
    context["hasWrites"] = !variant.fields.isEmpty || message.checksum != nil
    let creation = ".\(Self.identifier(name.lowerCamel))" + (fields.isEmpty ? "" : "(")
    if variant.fields.count > fields.count {
      // One after the other, so that the first mistake is the one reported.
      let statements = variant.fields.map { variantRead($0, path) }
      let arguments = fields.map { "\(Self.property($0)): \(Self.property($0))" }
      let last = fields.isEmpty ? "      body = \(creation)" : call("body = \(creation)", arguments, indent: 6)
      context["reads"] = ["statements": statements + [last]]
    } else if !fields.isEmpty {
      context["reads"] = ["statements": [call("body = \(fails ? "try " : "")\(creation)", reads, indent: 6)]]
    }
    if !fields.isEmpty {
      context["values"] = [
        "declared": Prose.fill(
          fields.map { "\(Self.property($0)): \(typeName($0))" },
          opening: "    case \(Self.identifier(name.lowerCamel))(", closing: ")"),
        "bound": fields.map { "let \(Self.property($0))" }.joined(separator: ", "),
      ]
    }
    if message.otherwise == .empty {
      context["agreement"] = message.selectors.compactMap { field in
        variant.when[field.name].map { "\(Self.property(field)) == .\(Self.identifier(Name($0.name).lowerCamel))" }
      }.joined(separator: " && ")
    }
    if let payload = variant.payload { context["payload"] = self.payload(payload, message, variant) }
    return context
  }

  /// A statement that reads a field of a variant, or checks it where the message does not hold it.
  private func variantRead(_ field: Field, _ path: [String]) -> String {
    if let constant = field.constant {
      return
        "      try value.expect(\(Self.hex(constant, digits: field.size * 2)), at: \(field.offset), \(place(field, path).field))"
    }
    let fails = check(field, path) != nil || isClosed(field) || isRecord(field)
    return "  " + Self.assignment("let \(Self.property(field)) = \(fails ? "try " : "")", read(field, path))
  }

  /// A call on one line where it fits, else an argument a line, the longest of them broken once more.
  private func call(_ opening: String, _ arguments: [String], indent: Int) -> String {
    let margin = String(repeating: " ", count: indent)
    let single = margin + opening + arguments.joined(separator: ", ") + ")"
    if single.count <= Prose.width { return single }
    let lines = arguments.enumerated().map { index, argument in
      let line = "\(margin)  \(argument)" + (index + 1 < arguments.count ? "," : ")")
      return line.count <= Prose.width ? line : line.replacing(".within(", with: "\n\(margin)    .within(")
    }
    return "\(margin)\(opening)\n" + lines.joined(separator: "\n")
  }

  private func payload(_ payload: Field, _ message: Message, _ variant: Variant) -> [String: Any] {
    let others = variant.stored.filter { $0 != payload }
    let stored = message.header.filter { $0.isStored && !message.isImplied($0) }
    let path = [message.name, variant.name]
    return [
      "name": Self.property(payload),
      "variant": Self.identifier(Name(variant.name).lowerCamel),
      "minimum": String(variant.size &- (payload.offset &- message.headerSize)),
      "offset": String(payload.offset),
      "field": place(payload, path).field,
      "function": "encode\(Name(variant.name).upperCamel)",
      "pattern": variant.stored.map { $0 == payload ? "let \(Self.property($0))" : "_" }
        .joined(separator: ", "),
      "parameters": Prose.fill(
        (stored + others).map { "\(Self.property($0)): \(typeName($0))" }
          + ["\(Self.property(payload)): RawSpan", "into output: inout OutputRawSpan"],
        opening: "  public static func encode\(Name(variant.name).upperCamel)(", closing: ") throws(WireError) {"),
      "checks": (stored.compactMap { check($0, [message.name]) }) + others.compactMap { check($0, path) },
      "writes": message.header.map { field in
        variant.when[field.name].map {
          write(
            field, name: "\(typeName(field)).\(Self.identifier(Name($0.name).lowerCamel))", at: String(field.offset))
        } ?? write(field)
      } + others.map { write($0) },
    ]
  }

  /// A header that any bytes of its length can be: a peripheral answers even what it cannot understand.
  private func readableHeader(_ message: Message) -> [String: Any]? {
    let fields = message.header.map { field -> Field in
      var field = field
      if case .flagSet(var set) = field.type {
        set.rejectsUnknownBits = false
        field.type = .flagSet(set)
      }
      return field
    }
    guard !message.variants.isEmpty, fields.count > 1,
      fields.allSatisfy({ $0.isStored && check($0, []) == nil && !isClosed($0) })
    else { return nil }
    return [
      "fields": fields.map { field in
        var context = property(field, indent: 4)
        context["read"] = read(field, [])
        return context
      }
    ]
  }

  private func layout(_ message: Message) -> [String] {
    message.header.map { "\(Prose.right(String($0.offset), 3))  \(Name($0.name).spaced)" }
      + (message.variants.isEmpty
        ? [] : ["\(Prose.right(String(message.headerSize), 3))  the fields of the body"])
  }

  // MARK: Fields

  private func property(_ field: Field, indent: Int) -> [String: Any] {
    [
      "doc": Prose.lines(documentation(field), indent: indent), "name": Self.property(field), "type": typeName(field),
      "key": field.name,
    ]
  }

  /// `speed` in ppm is `speedPPM`.
  static func property(_ field: Field) -> String {
    identifier(Name(field.name, field.unit?.suffix ?? "").lowerCamel)
  }

  private func documentation(_ field: Field) -> String { Prose.documentation(field) }

  private func typeName(_ field: Field) -> String {
    switch field.type {
    case .integer(let type): Self.integer(type)
    case .enumeration, .flagSet, .record: name(field.type.name).upperCamel
    case .bytes: "Range<Int>"
    }
  }

  /// Where a field stands, as expressions.
  struct Place {
    var offset: String
    var field: String
  }

  private func place(_ field: Field, _ path: [String]) -> Place {
    Place(offset: String(field.offset), field: "." + name(path + [field.name]).lowerCamel)
  }

  private func isClosed(_ field: Field) -> Bool {
    if case .enumeration(let enumeration) = field.type { !enumeration.isOpen } else { false }
  }

  private func isRecord(_ field: Field) -> Bool {
    if case .record = field.type { true } else { false }
  }

  private func raw(_ type: IntegerType, at offset: String) -> String {
    type.size == 1 && !type.isSigned
      ? "value.byte(at: \(offset))" : "value.\(order)(\(Self.integer(type)).self, at: \(offset))"
  }

  private var order: String { specification.byteOrder == .little ? "littleEndian" : "bigEndian" }

  /// The expression that decodes a field, without its `try`.
  private func read(_ field: Field, _ path: [String], from given: Place? = nil) -> String {
    let place = given ?? place(field, path)
    switch field.type {
    case .integer(let type):
      return raw(type, at: place.offset)
        + (limits(field).map { ".within(\($0), at: \(place.offset), \(place.field))" } ?? "")
    case .enumeration(let enumeration):
      let raw = raw(enumeration.type, at: place.offset)
      return enumeration.isOpen
        ? "\(typeName(field))(rawValue: \(raw))"
        : "\(typeName(field))(known: \(raw), at: \(place.offset), \(place.field))"
    case .flagSet(let set):
      let value = "\(typeName(field))(rawValue: \(raw(set.type, at: place.offset)))"
      return value + (limits(field).map { ".within(\($0), at: \(place.offset), \(place.field))" } ?? "")
    case .record(let record):
      let first =
        record.fields.first.map { name(path + [field.name, $0.name]).lowerCamel } ?? ""
      return "\(typeName(field))(decoding: value, at: \(place.offset), as: .\(first))"
    case .bytes:
      return "\(place.offset)..<value.byteCount"
    }
  }

  private func limits(_ field: Field) -> String? {
    switch field.type {
    case .integer:
      guard let range = field.range else { return nil }
      let special = field.special.first.map { ", or: \(Self.decimal($0.value))" } ?? ""
      return "\(Self.decimal(range.lowerBound))...\(Self.decimal(range.upperBound))\(special)"
    case .flagSet(let set) where set.rejectsUnknownBits:
      return "\(typeName(field)).known"
    default:
      return nil
    }
  }

  /// The statement that checks a field before it is encoded; nil where every value is allowed.
  private func check(_ field: Field, _ path: [String], place given: Place? = nil) -> String? {
    let place = given ?? place(field, path)
    if case .record(let record) = field.type {
      guard record.fields.contains(where: { check($0, []) != nil }), let first = record.fields.first else { return nil }
      let name = name(path + [field.name, first.name]).lowerCamel
      return "try \(Self.property(field)).check(at: \(place.offset), as: .\(name))"
    }
    return limits(field).map { "try \(Self.property(field)).within(\($0), at: \(place.offset), \(place.field))" }
  }

  private func write(_ field: Field) -> String { write(field, name: Self.property(field), at: String(field.offset)) }

  private func write(_ field: Field, name: String, at offset: String) -> String {
    switch field.type {
    case .integer(let type):
      write(field.constant.map { Self.hex($0, digits: type.size * 2) } ?? name, type, at: offset)
    case .enumeration(let enumeration): write("\(name).rawValue", enumeration.type, at: offset)
    case .flagSet(let set): write("\(name).rawValue", set.type, at: offset)
    case .record: "\(name).write(to: frame, at: \(offset))"
    case .bytes: "frame.write(contentsOf: \(name), at: \(offset))"
    }
  }

  private func write(_ value: String, _ type: IntegerType, at offset: String) -> String {
    if type.size == 1 && !type.isSigned { return "frame.write(\(value), at: \(offset))" }
    let isConstant = value.first?.isNumber ?? false
    return "frame.write(\(order): \(isConstant ? "\(value) as \(Self.integer(type))" : value), at: \(offset))"
  }

  // MARK: Tables

  private var constants: [String: Any] {
    [
      "type": Self.common(specification, "constants").upperCamel,
      "title": specification.title,
      "constants": specification.constants.map { constant in
        [
          "doc": Prose.lines(
            constant.doc + (constant.unit?.suffix == nil ? "" : " In \(constant.unit?.title ?? "")."), indent: 2),
          "name": Self.identifier(Name(constant.name, constant.unit?.suffix ?? "").lowerCamel),
          "type": constant.type.map(Self.integer) ?? "Int",
          "value": Self.decimal(constant.value),
        ]
      },
    ]
  }

  private var identifiers: [String: Any] {
    var context: [String: Any] = [
      "type": Self.common(specification, "identifiers").upperCamel,
      "title": specification.title,
      "services": specification.services.map { service in
        [
          "doc": "The \(service.title).", "name": Name(service.name, "service").lowerCamel,
          "number": Self.hex(service.uuid, digits: 4),
        ]
      },
      "characteristics": specification.services.flatMap(\.characteristics).map { characteristic in
        [
          "doc": Prose.lines("\(characteristic.title): \(characteristic.doc)", indent: 2),
          "name": Name(characteristic.name, "characteristic").lowerCamel,
          "number": Self.hex(characteristic.uuid, digits: 4),
        ]
      },
    ]
    if let version = specification.version {
      context["version"] = [
        "major": String(version.major), "minor": String(version.minor),
        "crc": Self.hex(Int64(SchemaCRC(specification).value), digits: 8),
      ]
    }
    if let base = specification.uuidBase {
      context["base"] = [
        "text": base.text, "high": Self.hex(Int64(bitPattern: base.high), digits: 16),
        "low": Self.hex(Int64(bitPattern: base.low), digits: 16),
      ]
    }
    return context
  }

  private func channels(_ framing: StreamFraming) -> [String: Any] {
    let length = framing.header.compactMap(\.range).first
    return [
      "type": name("stream_channel").upperCamel,
      "start": Self.hex(framing.start, digits: 2),
      "maximumPayload": String(length?.upperBound ?? 0),
      "channels": framing.channels.map { channel in
        [
          "doc": specification.messages.first { $0.name == channel.message }?.doc ?? "",
          "name": Name(channel.message).lowerCamel, "number": Self.hex(channel.number, digits: 2),
          "key": channel.message,
        ]
      },
    ]
  }

  // MARK: Spelling

  static func integer(_ type: IntegerType) -> String { (type.isSigned ? "Int" : "UInt") + String(type.size * 8) }

  /// A word of the language needs back quotes where a name is declared or used.
  static func identifier(_ name: String) -> String {
    let keywords: Set<String> = [
      "as", "break", "case", "catch", "class", "continue", "default", "defer", "do", "else", "enum", "extension",
      "false",
      "for", "func", "if", "import", "in", "init", "inout", "internal", "is", "let", "nil", "operator", "private",
      "protocol", "public", "repeat", "rethrows", "return", "self", "static", "struct", "subscript", "super", "switch",
      "throw", "throws", "true", "try", "typealias", "var", "where", "while",
    ]
    return keywords.contains(name) ? "`\(name)`" : name
  }

  /// With underscores between the thousands of long numbers, as the house's format wants it.
  static func decimal(_ value: Int64) -> String {
    let digits = String(value.magnitude)
    return (value < 0 ? "-" : "") + (digits.count < 7 ? digits : Prose.group(digits, by: 3))
  }

  static func hex(_ value: Int64, digits: Int) -> String {
    let text = String(UInt64(bitPattern: value), radix: 16, uppercase: true)
    let padded = String(repeating: "0", count: max(0, digits - text.count)) + text
    return "0x" + (digits < 8 ? padded : Prose.group(padded, by: 4))
  }
}

extension IntegerType {
  static let byte = IntegerType(isSigned: false, size: 1)

  init(isSigned: Bool, size: Int) {
    self.isSigned = isSigned
    self.size = size
  }
}
