import Yams

/// Reads one mapping of a specification key by key; what is missing, of another kind or unknown is reported where it stands.
struct MappingReader {
  let node: Node
  let what: String
  let diagnostics: Diagnostics
  private let mapping: Node.Mapping

  /// Reports keys outside `keys`. Nil, and reported, where the node is no mapping.
  init?(_ node: Node, _ what: String, keys: [String], diagnostics: Diagnostics) {
    self.node = node
    self.what = what
    self.diagnostics = diagnostics
    guard let mapping = node.mapping else {
      diagnostics.report("\(what) must be a mapping", at: node)
      return nil
    }
    self.mapping = mapping
    for (key, _) in mapping where !keys.contains(key.string ?? "") {
      diagnostics.report(
        "\(what) has no key '\(key.string ?? "?")'; it has \(keys.joined(separator: ", "))", at: key)
    }
  }

  var entries: [(key: String, value: Node)] { mapping.map { ($0.key.string ?? "", $0.value) } }

  func optional(_ key: String) -> Node? { mapping[key] }

  func required(_ key: String) -> Node? {
    if mapping[key] == nil { diagnostics.report("\(what) lacks '\(key)'", at: node) }
    return mapping[key]
  }

  func string(_ key: String) -> String? {
    required(key).flatMap { string($0, key) }
  }

  func optionalString(_ key: String) -> String? {
    optional(key).flatMap { string($0, key) }
  }

  /// A name in snake_case, as it becomes an identifier in every language.
  func name(_ key: String = "name") -> String? {
    guard let node = required(key), let name = string(node, key) else { return nil }
    guard Name.isValid(name) else {
      diagnostics.report("'\(name)' is no name: lower-case words of letters and digits, joined by '_'", at: node)
      return nil
    }
    return name
  }

  func integer(_ key: String) -> Int64? {
    required(key).flatMap { integer($0, key) }
  }

  func optionalInteger(_ key: String) -> Int64? {
    optional(key).flatMap { integer($0, key) }
  }

  func optionalFlag(_ key: String) -> Bool {
    guard let node = optional(key) else { return false }
    if node.bool == nil { diagnostics.report("'\(key)' must be true or false", at: node) }
    return node.bool ?? false
  }

  /// One of the raw values of a choice.
  func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: String, _: Choice.Type) -> Choice? {
    guard let node = required(key), let text = string(node, key) else { return nil }
    if let choice = Choice(rawValue: text) { return choice }
    let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    diagnostics.report("'\(key)' is '\(text)'; it must be one of \(choices)", at: node)
    return nil
  }

  func list(_ key: String) -> [Node] {
    required(key).map { list($0, key) } ?? []
  }

  func optionalList(_ key: String) -> [Node] {
    optional(key).map { list($0, key) } ?? []
  }

  private func list(_ node: Node, _ key: String) -> [Node] {
    guard let sequence = node.sequence else {
      diagnostics.report("'\(key)' must be a list", at: node)
      return []
    }
    return Array(sequence)
  }

  private func string(_ node: Node, _ key: String) -> String? {
    guard let text = node.string else {
      diagnostics.report("'\(key)' must be text", at: node)
      return nil
    }
    return text
  }

  private func integer(_ node: Node, _ key: String) -> Int64? {
    guard let value = Int64.construct(from: node) else {
      diagnostics.report("'\(key)' must be an integer", at: node)
      return nil
    }
    return value
  }
}

extension Int64 {
  /// From a plain YAML scalar: decimal or hexadecimal.
  static func construct(from node: Node) -> Int64? {
    node.scalar.flatMap { Int64.construct(from: $0) }
  }
}
