/// Reads a YAML or JSON document whose every mistake is to be told with its place.
///
/// ```swift
/// let routine = try DocumentReader.read(bytes, name: "calves.yaml", as: .routine) { decoder, root in
///   decoder.document(root)                      // reports through the decoder; nil when there is nothing to return
/// }
/// ```
/// Bytes become ``SourceText``, then ``DocumentNode``s (``YAMLReader``, ``JSONReader``), then what a ``DocumentDecoder`` makes of them.
package enum DocumentReader {
  /// Reads a document and makes a value of it.
  ///
  /// - Parameters:
  ///   - bytes: in UTF-8, with or without a byte order mark.
  ///   - name: the name for diagnostics, usually the file's path. One that ends in `.json` is read as JSON, in `.yaml` or
  ///     `.yml` as YAML; with any other, a document that begins with a bracket or brace is JSON.
  /// - Throws: all that is wrong with the document, each with its place. A syntax error ends the reading.
  package static func read<Value>(
    _ bytes: [UInt8], name: String, as form: DocumentForm,
    decode: (inout DocumentDecoder, DocumentNode) -> Value?
  ) throws(DocumentDiagnostics) -> Value {
    // A document that is too large is not even looked at; the first line is enough to show.
    let isTooLarge = bytes.count > form.maximumSize
    let source = SourceText(name: name, bytes: isTooLarge ? Array(bytes.prefix { $0 != 0x0A }.prefix(1000)) : bytes)
    var sink = DiagnosticSink()
    var value: Value?
    if isTooLarge {
      sink.report(
        "the document has \(bytes.count) bytes; the largest has \(form.maximumSize)", at: SourceRange(0, 1),
        help: form.sizeHelp)
    } else if let defect = source.defect {
      report(defect, of: source, to: &sink)
    } else if let root = root(of: source, form, &sink) {
      var decoder = DocumentDecoder(source: source, form: form, sink: sink)
      value = decode(&decoder, root)
      sink = decoder.sink
    } else if sink.isEmpty {
      sink.report("the document is empty", at: SourceRange(0, 1), help: "begin with \(form.beginning)")
    }
    if let diagnostics = sink.diagnostics(in: source) { throw diagnostics }
    guard let value else {
      sink.report("the document cannot be read", at: SourceRange(0, 1))
      throw sink.diagnostics(in: source) ?? DocumentDiagnostics(diagnostics: [], omitted: 0)
    }
    return value
  }

  private static func root(
    of source: SourceText, _ form: DocumentForm, _ sink: inout DiagnosticSink
  ) -> DocumentNode? {
    form.isAlwaysJSON || isJSON(source)
      ? JSONReader.read(source, as: form, into: &sink) : YAMLReader.read(source, as: form, into: &sink)
  }

  private static func isJSON(_ source: SourceText) -> Bool {
    let name = source.name.lowercased()
    if name.hasSuffix(".json") { return true }
    if name.hasSuffix(".yaml") || name.hasSuffix(".yml") { return false }
    let first = source.bytes.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
    return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
  }

  private static func report(_ defect: SourceText.Defect, of source: SourceText, to sink: inout DiagnosticSink) {
    switch defect {
    case .notUTF8(let index):
      let isUTF16 = source.bytes.starts(with: [0xFF, 0xFE]) || source.bytes.starts(with: [0xFE, 0xFF])
      sink.report(
        isUTF16 ? "the document is UTF-16, not UTF-8" : "these bytes are not UTF-8",
        at: SourceRange(index, index + 1), help: "save the file as UTF-8")
    case .controlCharacter(let scalar, let index):
      let digits = String(scalar.value, radix: 16, uppercase: true)
      let code = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
      sink.report(
        "the control character U+\(code) cannot stand in a document", at: SourceRange(index, index + 1),
        help: "remove it; if the file looks right in an editor, it may be damaged or not text at all")
    }
  }
}
