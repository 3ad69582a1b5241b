/// A key of a mapping with its value.
package struct Field {
  package var name: String
  package var range: SourceRange
  package var value: DocumentNode
}

/// The keys of a mapping, the first of each.
package struct Fields {
  package private(set) var inOrder: [Field] = []
  private var places: [String: Int] = [:]
  /// The keys that unknown ones were probably meant to be; they are not missing as well.
  package private(set) var meant: Set<String> = []

  package subscript(name: String) -> Field? {
    places[name].map { inOrder[$0] }
  }

  package mutating func presume(_ name: String?) {
    if let name { meant.insert(name) }
  }

  /// Adds a key; the one that was there before, if any, is returned and stays.
  mutating func add(_ field: Field) -> Field? {
    if let earlier = self[field.name] { return earlier }
    places[field.name] = inOrder.count
    inOrder.append(field)
    return nil
  }
}

extension DocumentDecoder {
  /// The keys of a mapping; what is no key, or is there twice, is reported.
  package mutating func fields(_ pairs: [(key: DocumentNode, value: DocumentNode)]) -> Fields {
    var fields = Fields()
    for (key, value) in pairs {
      guard case .scalar(let name, let style) = key.content else {
        report("a key is a word, not a list or a mapping", at: key, help: "write `key: value`")
        continue
      }
      if name == "<<", style == .plain {
        report("the merge key << is not allowed: \(form.writtenOut)", at: key, help: "write the keys themselves")
        continue
      }
      if let earlier = fields.add(Field(name: name, range: key.range, value: value)) {
        let line = source.position(of: earlier.range.start).line
        report(
          "the key “\(name.shown)” is already there, on line \(line)", at: key, help: "remove one of the two")
      }
    }
    return fields
  }

  package mutating func required<Value>(
    _ name: String, in fields: Fields, of what: String, at range: SourceRange, example: String? = nil,
    _ decode: (inout DocumentDecoder, DocumentNode) -> Value?
  ) -> Value? {
    guard let field = fields[name] else {
      guard !fields.meant.contains(name) else { return nil }
      report("\(what) needs the key \(name)", at: range, help: example.map { "add `\(name): \($0)`" })
      return nil
    }
    return inside(name) { decode(&$0, field.value) }
  }

  package mutating func optional<Value>(
    _ name: String, in fields: Fields, _ decode: (inout DocumentDecoder, DocumentNode) -> Value?
  ) -> Value? {
    guard let field = fields[name] else { return nil }
    return inside(name) { decode(&$0, field.value) }
  }

  /// Whether the document is of the one version that can be read; nothing else is worth a look when it is not.
  package mutating func version(_ version: Int, key: String, in fields: Fields, at root: DocumentNode) -> Bool {
    guard let field = fields[key] else {
      guard !fields.meant.contains(key) else { return true }
      let noun = form.noun
      report(
        "the key \(key) is missing", at: root.range, help: "the first line of a \(noun) is `\(key): \(version)`")
      return true
    }
    return inside(key) { decoder in
      if case .scalar(let text, let style) = field.value.content {
        if text == String(version), style == .plain { return true }
        if text == String(version) {
          decoder.report("the version stands in quotes", at: field.value, help: "write `\(key): \(version)`")
          return true
        }
      }
      decoder.report(
        "this version of the format is not known", at: field.value,
        help: "this program reads version \(version): `\(key): \(version)`")
      return false
    }
  }

  // MARK: Values

  /// A text for people: no longer than the limit, not blank, without control characters.
  package mutating func text(_ node: DocumentNode, limit: Int, allowsLines: Bool) -> String? {
    guard case .scalar(let written, _) = node.content else {
      report("a text should stand here", at: node)
      return nil
    }
    if let reading = node.nonTextReading {
      let isEmpty = written.isEmpty
      report(
        isEmpty ? "a text should stand here" : "“\(written.shown)” is \(reading) to many readers, not a text",
        at: node,
        help: isEmpty ? "write it after the colon, or remove the key" : "put it in quotes: \"\(written.shown)\"")
      return nil
    }
    let scalars = Array(written.unicodeScalars)
    let isBlank = { (scalar: Unicode.Scalar) in scalar.properties.isWhitespace }
    guard let first = scalars.firstIndex(where: { !isBlank($0) }), let last = scalars.lastIndex(where: { !isBlank($0) })
    else {
      report("this text is blank", at: node, help: "write something, or remove the key")
      return nil
    }
    let kept = scalars[first...last]
    let refused = kept.contains { $0.properties.generalCategory == .control && !($0 == "\n" && allowsLines) }
    guard !refused else {
      report(
        "this text holds a line break or control character", at: node,
        help: allowsLines ? "only line breaks and printable characters are allowed" : "write it in one line")
      return nil
    }
    guard kept.count <= limit else {
      report("this text has \(kept.count) characters; \(limit) is the most", at: node, help: "shorten it")
      return nil
    }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: kept)
    return String(view)
  }
}
