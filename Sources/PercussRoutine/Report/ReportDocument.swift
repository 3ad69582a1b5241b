import FoundationEssentials
public import PercussDocument

extension DocumentForm {
  static let report = DocumentForm(
    noun: "report", item: "key", anItem: "a key", writtenOut: "every value is written out",
    nestingHelp: "a report nests at most seven deep", beginning: "{", maximumSize: RunReport.maximumSize,
    sizeHelp: "it may be another file than was meant",
    isAlwaysJSON: true)
}

extension RunReport {
  /// The largest report that is read, in bytes: that of a routine of 86,400 steps has about 60 million.
  public static let maximumSize = 128 << 20

  /// Reads a report that `percuss run --report` wrote.
  ///
  /// - Parameter name: the name for diagnostics, usually the file's path.
  /// - Throws: what is wrong, with line and column.
  public static func parse(_ bytes: [UInt8], name: String) throws(DocumentDiagnostics) -> RunReport {
    let problem: any Error
    do {
      guard bytes.count <= maximumSize else { throw CancellationError() }
      return try JSONDecoder().decode(RunReport.self, from: Data(bytes))
    } catch {
      problem = error
    }
    // Read once more for the place: a syntax error stops that by itself, with its own words.
    return try DocumentReader.read(bytes, name: name, as: .report) { decoder, root in
      let (path, message) = Self.explanation(of: problem)
      // Of a number that no integer holds, and of an empty document, the decoder does not say where.
      if path.isEmpty, let number = root.firstNumberThatIsNoInteger {
        decoder.inside(number.path) { $0.report("a whole number should stand here", at: number.node) }
      } else if case .scalar("", .plain) = root.content {
        decoder.report("the document is empty", at: root, help: "percuss run --report FILE writes one")
      } else {
        decoder.refuse(message, at: path[...], in: root)
      }
      return nil
    }
  }

  private static func explanation(of problem: any Error) -> ([any CodingKey], String) {
    switch problem {
    case DecodingError.keyNotFound(let key, let context):
      (context.codingPath, "this is no report of a run: the key “\(key.stringValue)” is missing")
    case DecodingError.typeMismatch(let type, let context):
      (context.codingPath, "\(word(for: type)) should stand here")
    case DecodingError.valueNotFound(let type, let context):
      (context.codingPath, "\(word(for: type)) should stand here, not null")
    case DecodingError.dataCorrupted(let context):
      (context.codingPath, context.debugDescription)
    default: ([], "this is no report of a run")
    }
  }

  private static func word(for type: any Any.Type) -> String {
    switch type {
    case is String.Type: "a text"
    case is Bool.Type: "true or false"
    case is Int.Type, is Int64.Type, is UInt64.Type, is any BinaryInteger.Type: "a whole number"
    case is [Any].Type: "a list"
    default: "an object"
    }
  }
}

extension DocumentNode {
  /// The first number with a fraction, an exponent, or beyond 64 bits, and the path to it.
  fileprivate var firstNumberThatIsNoInteger: (node: DocumentNode, path: [any CodingKey])? {
    func inner(_ node: DocumentNode, _ key: ReportPlace) -> (node: DocumentNode, path: [any CodingKey])? {
      node.firstNumberThatIsNoInteger.map { ($0.node, [key] + $0.path) }
    }
    switch content {
    case .mapping(let pairs):
      for pair in pairs {
        guard case .scalar(let name, _) = pair.key.content else { continue }
        if let found = inner(pair.value, ReportPlace(stringValue: name)) { return found }
      }
    case .sequence(let items):
      for (index, item) in items.enumerated() {
        if let found = inner(item, ReportPlace(intValue: index)) { return found }
      }
    case .scalar(let text, .plain) where Double(text) != nil:
      return Int64(text) == nil && UInt64(text) == nil ? (self, []) : nil
    case .scalar, .invalid: break
    }
    return nil
  }
}

extension DocumentDecoder {
  fileprivate mutating func inside(_ path: [any CodingKey], _ body: (inout DocumentDecoder) -> Void) {
    guard let key = path.first else { return body(&self) }
    let rest = Array(path.dropFirst())
    if let index = key.intValue { return inside(index) { $0.inside(rest, body) } }
    inside(key.stringValue) { $0.inside(rest, body) }
  }

  /// Reports at the deepest place of the path that the document has.
  fileprivate mutating func refuse(_ message: String, at path: ArraySlice<any CodingKey>, in node: DocumentNode) {
    guard let key = path.first else { return report(message, at: node) }
    let rest = path.dropFirst()
    switch node.content {
    case .mapping(let pairs):
      for pair in pairs {
        guard case .scalar(let name, _) = pair.key.content, name == key.stringValue else { continue }
        return inside(name) { $0.refuse(message, at: rest, in: pair.value) }
      }
    case .sequence(let items):
      if let index = key.intValue, items.indices.contains(index) {
        return inside(index) { $0.refuse(message, at: rest, in: items[index]) }
      }
    case .scalar, .invalid: break
    }
    report(message, at: node)
  }
}
