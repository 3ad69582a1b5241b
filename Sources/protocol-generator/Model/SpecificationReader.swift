import Yams

/// Reads the YAML of a specification into the model and checks it.
///
/// Reading goes on after a mistake, so that one run reports them all, each with line and column.
struct SpecificationReader {
  let diagnostics: Diagnostics
  var units: [Unit] = []
  var enumerations: [Enumeration] = []
  var flagSets: [FlagSet] = []
  var records: [Record] = []
  var messages: [Message] = []
  var minorVersion = 0
  var names = NameRegister()

  static func read(_ text: String, file: String) throws(SpecificationError) -> Specification {
    let diagnostics = Diagnostics(file: file)
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      throw SpecificationError(problems: [problem(of: error, file: file)])
    }
    guard let root else {
      throw SpecificationError(problems: [Problem(file: file, line: 1, column: 1, message: "the file is empty")])
    }
    var reader = SpecificationReader(diagnostics: diagnostics)
    let specification = reader.specification(root)
    guard let specification, diagnostics.problems.isEmpty else {
      throw SpecificationError(problems: diagnostics.problems.sorted { ($0.line, $0.column) < ($1.line, $1.column) })
    }
    return specification
  }

  private static func problem(of error: any Error, file: String) -> Problem {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _)?, .parser(_, let problem, let mark, _)?,
      .composer(_, let problem, let mark, _)?:
      Problem(file: file, line: mark.line, column: mark.column, message: problem)
    case .duplicatedKeysInMapping(let keys, let context)?:
      Problem(
        file: file, line: context.mark.line, column: context.mark.column,
        message: "a mapping has the key '\(keys.map { "\($0)" }.joined(separator: "', '"))' twice")
    default:
      Problem(file: file, line: 1, column: 1, message: "\(error)")
    }
  }

  private mutating func specification(_ root: Node) -> Specification? {
    let keys = [
      "protocol", "title", "notice", "page", "prefix", "version", "byte_order", "units", "constants", "enumerations",
      "flag_sets", "records", "uuid_base", "services", "att_errors", "messages", "stream_framing", "checksums",
    ]
    guard let reader = MappingReader(root, "the specification", keys: keys, diagnostics: diagnostics) else {
      return nil
    }
    let name = reader.name("protocol")
    let title = reader.string("title")
    let prefix = reader.optional("prefix") == nil ? nil : reader.name("prefix")
    let version = reader.optional("version").flatMap(version)
    minorVersion = version?.minor ?? 0
    let byteOrder = reader.choice("byte_order", Specification.ByteOrder.self)
    units = reader.optional("units").map(unitList) ?? []
    let constants = reader.optionalList("constants").compactMap { constant($0) }
    for node in reader.optionalList("enumerations") { enumeration(node).map { enumerations.append($0) } }
    for node in reader.optionalList("flag_sets") { flagSet(node).map { flagSets.append($0) } }
    for node in reader.optionalList("records") { record(node).map { records.append($0) } }
    let base = reader.optional("uuid_base").flatMap(uuidBase)
    let attErrors = namedValues(reader.optionalList("att_errors"), "an ATT error", in: 0...0xFF)
    for node in reader.list("messages") { message(node).map { messages.append($0) } }
    let services = reader.optionalList("services").compactMap { service($0) }
    let framing = reader.optional("stream_framing").flatMap { streamFraming($0) }
    let checksums = reader.optionalList("checksums").compactMap { transferChecksum($0) }
    guard let name, let title, let byteOrder else { return nil }
    return Specification(
      name: name, title: title, notice: reader.optionalString("notice"), page: reader.optionalString("page"),
      prefix: prefix, version: version, byteOrder: byteOrder, units: units, constants: constants,
      enumerations: enumerations, flagSets: flagSets, records: records, uuidBase: base, services: services,
      attErrors: attErrors, messages: messages, streamFraming: framing, checksums: checksums)
  }

  private func transferChecksum(_ node: Node) -> Specification.TransferChecksum? {
    let checksum = node.string.flatMap(Specification.TransferChecksum.init(rawValue:))
    if checksum == nil {
      let known = Specification.TransferChecksum.allCases.map(\.rawValue).joined(separator: ", ")
      diagnostics.report("'\(node.string ?? "?")' is no checksum; known are \(known)", at: node)
    }
    return checksum
  }

  private func version(_ node: Node) -> Specification.Version? {
    let reader = MappingReader(node, "the version", keys: ["major", "minor"], diagnostics: diagnostics)
    guard let reader, let major = reader.integer("major"), let minor = reader.integer("minor") else { return nil }
    guard (0...255).contains(major), (0...255).contains(minor) else {
      diagnostics.report("a version number is one byte: 0...255", at: node)
      return nil
    }
    return .init(major: Int(major), minor: Int(minor))
  }

  private func unitList(_ node: Node) -> [Unit] {
    guard let mapping = node.mapping else {
      diagnostics.report("'units' must be a mapping", at: node)
      return []
    }
    return mapping.compactMap { key, value in
      let name = key.string ?? ""
      if !Name.isValid(name) { diagnostics.report("'\(name)' is no name", at: key) }
      let keys = ["title", "symbol", "suffix"]
      guard let reader = MappingReader(value, "a unit", keys: keys, diagnostics: diagnostics),
        let title = reader.string("title"), let symbol = reader.string("symbol")
      else { return nil }
      return Unit(name: name, title: title, symbol: symbol, suffix: reader.optionalString("suffix"))
    }
  }

  func unit(_ reader: MappingReader) -> Unit? {
    guard let name = reader.optionalString("unit"), let node = reader.optional("unit") else { return nil }
    let unit = units.first { $0.name == name }
    if unit == nil { diagnostics.report("there is no unit '\(name)'", at: node) }
    return unit
  }

  private mutating func constant(_ node: Node) -> Constant? {
    let keys = ["name", "value", "type", "unit", "doc"]
    guard let reader = MappingReader(node, "a constant", keys: keys, diagnostics: diagnostics),
      let name = reader.name(), let value = reader.integer("value"), let doc = reader.string("doc")
    else { return nil }
    names.claim(name, in: "constants", at: node, diagnostics)
    var type: IntegerType?
    if let typeNode = reader.optional("type") {
      type = IntegerType(name: typeNode.string ?? "")
      if let type {
        if !type.values.contains(value) { diagnostics.report("\(value) does not fit \(type.name)", at: node) }
      } else {
        diagnostics.report("'\(typeNode.string ?? "?")' is no integer type", at: typeNode)
      }
    }
    return Constant(name: name, value: value, type: type, unit: unit(reader), doc: doc)
  }

  private mutating func enumeration(_ node: Node) -> Enumeration? {
    let keys = ["name", "type", "open", "doc", "values"]
    guard let reader = MappingReader(node, "an enumeration", keys: keys, diagnostics: diagnostics),
      let name = reader.name(), let type = unsignedType(reader), let doc = reader.string("doc")
    else { return nil }
    names.claim(name, in: "types", at: node, diagnostics)
    let values = namedValues(reader.list("values"), "a value", in: type.values)
    return Enumeration(name: name, type: type, isOpen: reader.optionalFlag("open"), doc: doc, values: values)
  }

  private enum UnknownBits: String, CaseIterable { case reject, keep }

  private mutating func flagSet(_ node: Node) -> FlagSet? {
    let keys = ["name", "type", "unknown_bits", "doc", "flags"]
    guard let reader = MappingReader(node, "a flag set", keys: keys, diagnostics: diagnostics),
      let name = reader.name(), let type = unsignedType(reader), let doc = reader.string("doc"),
      let unknown = reader.choice("unknown_bits", UnknownBits.self)
    else { return nil }
    names.claim(name, in: "types", at: node, diagnostics)
    let flags = namedValues(
      reader.list("flags"), "a flag", in: 0...Int64(type.size * 8 - 1), key: "bit")
    return FlagSet(name: name, type: type, rejectsUnknownBits: unknown == .reject, doc: doc, flags: flags)
  }

  private func unsignedType(_ reader: MappingReader) -> IntegerType? {
    guard let text = reader.string("type"), let node = reader.optional("type") else { return nil }
    let type = IntegerType(name: text)
    if type?.isSigned ?? true { diagnostics.report("'\(text)' is no unsigned integer type", at: node) }
    return type
  }

  /// Values with names: both unique, within the range.
  func namedValues(_ nodes: [Node], _ what: String, in range: ClosedRange<Int64>, key: String = "value") -> [NamedValue]
  {
    var found: [NamedValue] = []
    for node in nodes {
      guard
        let reader = MappingReader(node, what, keys: ["name", key, "doc", "since"], diagnostics: diagnostics),
        let name = reader.name(), let value = reader.integer(key), let doc = reader.string("doc")
      else { continue }
      if !range.contains(value) {
        diagnostics.report(
          "the \(key) \(value) of '\(name)' is outside \(range.lowerBound)...\(range.upperBound)", at: node)
      }
      if let other = found.first(where: { $0.value == value }) {
        diagnostics.report("the \(key) \(value) of '\(name)' is already that of '\(other.name)'", at: node)
      }
      if found.contains(where: { $0.name == name }) {
        diagnostics.report("there is another \(what.dropFirst(2)) '\(name)'", at: node)
      }
      found.append(NamedValue(name: name, value: value, doc: doc, since: since(reader)))
    }
    return found
  }

  func since(_ reader: MappingReader) -> Int {
    guard let value = reader.optionalInteger("since"), let node = reader.optional("since") else { return 0 }
    if !(0...Int64(minorVersion)).contains(value) {
      diagnostics.report("'since' is \(value), but the minor version is \(minorVersion)", at: node)
    }
    return Int(value)
  }

  private mutating func record(_ node: Node) -> Record? {
    let keys = ["name", "doc", "fields"]
    guard let reader = MappingReader(node, "a record", keys: keys, diagnostics: diagnostics),
      let name = reader.name(), let doc = reader.string("doc")
    else { return nil }
    names.claim(name, in: "types", at: node, diagnostics)
    let fields = fields(reader.list("fields"), from: 0)
    for (field, node) in zip(fields, reader.list("fields")) {
      if case .bytes = field.type { diagnostics.report("a record is of a fixed size: it cannot hold bytes", at: node) }
      if case .record = field.type { diagnostics.report("a record cannot hold a record", at: node) }
      if field.checksum != nil { diagnostics.report("a checksum stands in the header of a message", at: node) }
      if field.since > 0 { diagnostics.report("a record is of a fixed size: nothing can be appended", at: node) }
    }
    return Record(name: name, doc: doc, fields: fields)
  }

  private func uuidBase(_ node: Node) -> UUIDBase? {
    let text = node.string ?? ""
    let pattern = /[0-9a-f]{4}XXXX-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/
    let digits = text.replacing("XXXX", with: "0000").replacing("-", with: "")
    guard text.wholeMatch(of: pattern) != nil, let high = UInt64(digits.prefix(16), radix: 16),
      let low = UInt64(digits.suffix(16), radix: 16)
    else {
      diagnostics.report(
        "'\(text)' is no UUID base: 128 bits in lower case with XXXX in place of bits 96 to 111", at: node)
      return nil
    }
    return UUIDBase(text: text, high: high, low: low)
  }

  private mutating func service(_ node: Node) -> Service? {
    let keys = ["name", "uuid", "title", "characteristics"]
    guard let reader = MappingReader(node, "a service", keys: keys, diagnostics: diagnostics),
      let name = reader.name(), let uuid = uuid(reader), let title = reader.string("title")
    else { return nil }
    names.claim(name, in: "services", at: node, diagnostics)
    let characteristics = reader.list("characteristics").compactMap { characteristic($0) }
    return Service(name: name, uuid: uuid, title: title, characteristics: characteristics)
  }

  private mutating func characteristic(_ node: Node) -> Characteristic? {
    let keys = ["name", "uuid", "title", "properties", "values", "doc"]
    guard let reader = MappingReader(node, "a characteristic", keys: keys, diagnostics: diagnostics),
      let name = reader.name(), let uuid = uuid(reader), let title = reader.string("title"),
      let doc = reader.string("doc")
    else { return nil }
    names.claim(name, in: "characteristics", at: node, diagnostics)
    for property in reader.list("properties") where !Characteristic.knownProperties.contains(property.string ?? "") {
      diagnostics.report(
        "'\(property.string ?? "?")' is no property; known are \(Characteristic.knownProperties.joined(separator: ", "))",
        at: property)
    }
    for value in reader.list("values") where !messages.contains(where: { $0.name == value.string }) {
      diagnostics.report("there is no message '\(value.string ?? "?")'", at: value)
    }
    return Characteristic(
      name: name, uuid: uuid, title: title, properties: reader.list("properties").compactMap(\.string),
      values: reader.list("values").compactMap(\.string), doc: doc)
  }

  private mutating func uuid(_ reader: MappingReader) -> Int64? {
    guard let value = reader.integer("uuid"), let node = reader.optional("uuid") else { return nil }
    if !(0...0xFFFF).contains(value) { diagnostics.report("a short UUID has 16 bits", at: node) }
    names.claim(String(value), in: "UUIDs", at: node, diagnostics)
    return value
  }

  private mutating func streamFraming(_ node: Node) -> StreamFraming? {
    let keys = ["start", "header", "checksum", "channels"]
    guard let reader = MappingReader(node, "the stream framing", keys: keys, diagnostics: diagnostics),
      let start = reader.integer("start"), let checksum = reader.required("checksum").flatMap(checksum)
    else { return nil }
    if !(0...0xFF).contains(start) { diagnostics.report("the start is one byte", at: node) }
    let header = fields(reader.list("header"), from: 1)
    var channels: [StreamFraming.Channel] = []
    for node in reader.list("channels") {
      guard let entry = MappingReader(node, "a channel", keys: ["message", "channel"], diagnostics: diagnostics),
        let message = entry.name("message"), let number = entry.integer("channel")
      else { continue }
      if !messages.contains(where: { $0.name == message }) {
        diagnostics.report("there is no message '\(message)'", at: node)
      }
      if !(0...0xFF).contains(number) { diagnostics.report("a channel is one byte", at: node) }
      names.claim(String(number), in: "channels", at: node, diagnostics)
      names.claim(message, in: "messages of channels", at: node, diagnostics)
      channels.append(.init(message: message, number: number))
    }
    return StreamFraming(start: start, header: header, checksum: checksum, channels: channels)
  }

  private func checksum(_ node: Node) -> StreamFraming.Checksum? {
    let keys = ["name", "type", "polynomial", "initial", "check"]
    guard let reader = MappingReader(node, "the checksum", keys: keys, diagnostics: diagnostics),
      let name = reader.string("name"), let type = unsignedType(reader), let polynomial = reader.integer("polynomial"),
      let initial = reader.integer("initial"), let check = reader.integer("check")
    else { return nil }
    for value in [polynomial, initial, check] where !type.values.contains(value) {
      diagnostics.report("\(value) does not fit \(type.name)", at: node)
    }
    return .init(name: name, type: type, polynomial: polynomial, initial: initial, check: check)
  }
}

/// Names that must not be taken twice.
struct NameRegister {
  private var taken: Set<[String]> = []

  mutating func claim(_ name: String, in space: String, at node: Node, _ diagnostics: Diagnostics) {
    if !taken.insert([space, name]).inserted {
      diagnostics.report("'\(name)' is already taken among the \(space)", at: node)
    }
  }
}
