import Yams

extension SpecificationReader {
  /// Fields in order, with their offsets.
  func fields(_ nodes: [Node], from start: Int) -> [Field] {
    var offset = start
    var fields: [Field] = []
    for node in nodes {
      guard var field = field(node) else { continue }
      if fields.contains(where: { $0.name == field.name }) {
        diagnostics.report("there is another field '\(field.name)'", at: node)
      }
      if let last = fields.last, case .bytes = last.type {
        diagnostics.report("nothing can follow '\(last.name)', which takes the rest of the value", at: node)
      }
      if let last = fields.last, last.since > field.since {
        diagnostics.report("'\(field.name)' stands behind '\(last.name)', which is newer", at: node)
      }
      field.offset = offset
      offset += field.size
      fields.append(field)
    }
    return fields
  }

  private func field(_ node: Node) -> Field? {
    let keys = [
      "name", "type", "unit", "range", "special", "value", "checksum", "opaque", "minimum_length", "since", "doc",
    ]
    guard let reader = MappingReader(node, "a field", keys: keys, diagnostics: diagnostics), let name = reader.name(),
      let type = fieldType(reader), let doc = reader.string("doc")
    else { return nil }
    var field = Field(name: name, type: type, unit: unit(reader), doc: doc, since: since(reader))
    guard case .integer(let integer) = type else {
      for key in ["range", "special", "value", "checksum", "opaque"] {
        if let node = reader.optional(key) { diagnostics.report("only an integer field has a '\(key)'", at: node) }
      }
      return field
    }
    field.range = reader.optional("range").flatMap { range($0, of: integer) }
    if let special = reader.optional("special") {
      field.special = namedValues(Array(special.sequence ?? []), "a special value", in: integer.values)
      if field.range == nil { diagnostics.report("a special value needs a range to stand outside of", at: special) }
      for value in field.special where field.range?.contains(value.value) ?? false {
        diagnostics.report("the special value \(value.value) lies in the range", at: special)
      }
    }
    if let node = reader.optional("value"), let value = reader.optionalInteger("value") {
      if !integer.values.contains(value) { diagnostics.report("\(value) does not fit \(integer.name)", at: node) }
      if field.range != nil { diagnostics.report("a field with a value has no range", at: node) }
      field.constant = value
    }
    field.checksum = reader.optional("checksum").flatMap { checksum($0, of: field) }
    field.isOpaque = reader.optionalFlag("opaque")
    return field
  }

  private func checksum(_ node: Node, of field: Field) -> Field.Checksum? {
    let keys = ["algorithm", "from"]
    guard let reader = MappingReader(node, "a checksum", keys: keys, diagnostics: diagnostics),
      let algorithm = reader.choice("algorithm", Field.Checksum.Algorithm.self), let from = reader.integer("from")
    else { return nil }
    if field.type != .integer(.byte) || field.range != nil || field.constant != nil {
      diagnostics.report("\(algorithm.rawValue) is a u8 without a range or value of its own", at: node)
    }
    return Field.Checksum(algorithm: algorithm, from: Int(clamping: from))
  }

  private func fieldType(_ reader: MappingReader) -> FieldType? {
    guard let text = reader.string("type"), let node = reader.optional("type") else { return nil }
    if text == "bytes" {
      let minimum = reader.optionalInteger("minimum_length") ?? 0
      if !(0...0xFFFF).contains(minimum) { diagnostics.report("a length is 0...65535", at: reader.node) }
      return .bytes(minimum: Int(clamping: minimum))
    }
    if let other = reader.optional("minimum_length") {
      diagnostics.report("only a field of type bytes has a 'minimum_length'", at: other)
    }
    if let integer = IntegerType(name: text) { return .integer(integer) }
    if let enumeration = enumerations.first(where: { $0.name == text }) { return .enumeration(enumeration) }
    if let set = flagSets.first(where: { $0.name == text }) { return .flagSet(set) }
    if let record = records.first(where: { $0.name == text }) { return .record(record) }
    diagnostics.report(
      "there is no type '\(text)': it must be u8 to u64, i8 to i64, bytes, or an enumeration, flag set or record above",
      at: node)
    return nil
  }

  private func range(_ node: Node, of type: IntegerType) -> ClosedRange<Int64>? {
    let bounds = (node.sequence.map(Array.init) ?? []).compactMap { Int64.construct(from: $0) }
    guard bounds.count == 2, node.sequence?.count == 2 else {
      diagnostics.report("a range is two integers: [lowest, highest]", at: node)
      return nil
    }
    guard bounds[0] <= bounds[1] else {
      diagnostics.report("the range begins at \(bounds[0]), above its end \(bounds[1])", at: node)
      return nil
    }
    guard type.values.contains(bounds[0]), type.values.contains(bounds[1]) else {
      diagnostics.report("the range [\(bounds[0]), \(bounds[1])] does not fit \(type.name)", at: node)
      return nil
    }
    return bounds[0]...bounds[1]
  }

  mutating func message(_ node: Node) -> Message? {
    let keys = ["name", "direction", "maximum_length", "trailing", "doc", "header", "otherwise", "variants"]
    guard let reader = MappingReader(node, "a message", keys: keys, diagnostics: diagnostics),
      let name = reader.name(), let direction = reader.choice("direction", Message.Direction.self),
      let maximum = reader.integer("maximum_length"), let doc = reader.string("doc")
    else { return nil }
    names.claim(name, in: "types", at: node, diagnostics)
    if !(1...512).contains(maximum) {
      diagnostics.report("an attribute value has at most 512 bytes (Core Vol 3 Part F 3.2.9)", at: node)
    }
    var message = Message(
      name: name, direction: direction, maximumLength: Int(clamping: maximum), doc: doc,
      header: fields(reader.list("header"), from: 0), otherwise: nil, variants: [])
    for (field, node) in zip(message.header, reader.list("header")) {
      if case .bytes = field.type { diagnostics.report("a header is of a fixed size: it cannot hold bytes", at: node) }
      if case .record = field.type { diagnostics.report("a header cannot hold a record", at: node) }
    }
    if reader.optional("trailing") != nil {
      message.rejectsTrailing = reader.choice("trailing", TrailingBytes.self) == .reject
    }
    checkChecksums(of: message, at: node)
    checkLength(message.headerSize, of: name, message, at: node)
    guard reader.optional("variants") != nil else {
      if let otherwise = reader.optional("otherwise") {
        diagnostics.report("'otherwise' needs variants", at: otherwise)
      }
      return message
    }
    message.otherwise = reader.choice("otherwise", Message.Otherwise.self)
    for node in reader.list("variants") {
      guard let variant = variant(node, of: message) else { continue }
      message.variants.append(variant)
      checkLength(message.headerSize + variant.size, of: "\(name).\(variant.name)", message, at: node)
    }
    return message
  }

  private enum TrailingBytes: String, CaseIterable { case ignore, reject }

  private func checkChecksums(of message: Message, at node: Node) {
    let fields = message.header.filter { $0.checksum != nil }
    if fields.count > 1 { diagnostics.report("a message has one checksum at most", at: node) }
    for field in fields {
      let from = field.checksum?.from ?? 0
      if !(field.offset + field.size...message.headerSize).contains(from) {
        diagnostics.report(
          "the checksum '\(field.name)' must begin behind itself and with the header, not at \(from)", at: node)
      }
    }
  }

  private func checkLength(_ length: Int, of what: String, _ message: Message, at node: Node) {
    if length > message.maximumLength {
      diagnostics.report("\(what) takes \(length) bytes; its maximum_length is \(message.maximumLength)", at: node)
    }
  }

  private mutating func variant(_ node: Node, of message: Message) -> Variant? {
    let keys = ["name", "when", "doc", "fields", "since"]
    guard let reader = MappingReader(node, "a variant", keys: keys, diagnostics: diagnostics),
      let name = reader.name(), let when = reader.required("when"), let doc = reader.string("doc")
    else { return nil }
    names.claim(name, in: "variants of \(message.name)", at: node, diagnostics)
    let conditions = conditions(when, of: message)
    let fields = fields(reader.list("fields"), from: message.headerSize)
    for (field, node) in zip(fields, reader.list("fields")) {
      if field.checksum != nil { diagnostics.report("a checksum stands in the header", at: node) }
      if case .bytes = field.type, message.checksum != nil || message.rejectsTrailing {
        diagnostics.report("a message with a checksum or without trailing bytes cannot hold bytes", at: node)
      }
    }
    for other in message.variants where !conditions.isEmpty && !other.when.isEmpty {
      let apart = other.when.contains { field, value in
        conditions[field].map { $0.value != value.value } ?? false
      }
      if !apart { diagnostics.report("'when' overlaps with that of '\(other.name)'", at: when) }
    }
    return Variant(name: name, when: conditions, doc: doc, fields: fields, since: since(reader))
  }

  private func conditions(_ node: Node, of message: Message) -> [String: NamedValue] {
    guard let mapping = node.mapping, !mapping.isEmpty else {
      diagnostics.report("'when' maps fields of the header to values of their enumerations", at: node)
      return [:]
    }
    var conditions: [String: NamedValue] = [:]
    for (key, value) in mapping {
      guard let field = message.header.first(where: { $0.name == key.string }) else {
        diagnostics.report("the header has no field '\(key.string ?? "?")'", at: key)
        continue
      }
      guard case .enumeration(let enumeration) = field.type else {
        diagnostics.report("'\(field.name)' is no enumeration: it cannot select a variant", at: key)
        continue
      }
      guard let named = enumeration.values.first(where: { $0.name == value.string }) else {
        diagnostics.report("\(enumeration.name) has no value '\(value.string ?? "?")'", at: value)
        continue
      }
      conditions[field.name] = named
    }
    return conditions
  }
}
