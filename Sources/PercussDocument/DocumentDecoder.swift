/// Turns the nodes of a document into what they describe, and reports everything that does not fit; each kind of document extends it.
///
/// What is wrong is reported once, where it stands; the decoder then goes on with the rest.
package struct DocumentDecoder {
  package let source: SourceText
  package let form: DocumentForm
  package var sink: DiagnosticSink
  private var path: [PathElement] = []

  private enum PathElement {
    case key(String)
    case index(Int)
  }

  package init(source: SourceText, form: DocumentForm, sink: DiagnosticSink) {
    self.source = source
    self.form = form
    self.sink = sink
  }

  // MARK: Reporting

  package mutating func report(_ message: String, at range: SourceRange, help: @autoclosure () -> String? = nil) {
    guard sink.hasRoom else { return sink.report(message, at: range) }
    sink.report(message, at: range, path: pathText, help: help())
  }

  /// Reports about a node, unless the reader has already done so.
  package mutating func report(_ message: String, at node: DocumentNode, help: @autoclosure () -> String? = nil) {
    if case .invalid = node.content { return }
    report(message, at: node.range, help: help())
  }

  package mutating func inside<Value>(_ key: String, _ body: (inout DocumentDecoder) -> Value) -> Value {
    path.append(.key(key))
    defer { path.removeLast() }
    return body(&self)
  }

  package mutating func inside<Value>(_ index: Int, _ body: (inout DocumentDecoder) -> Value) -> Value {
    path.append(.index(index))
    defer { path.removeLast() }
    return body(&self)
  }

  private var pathText: String {
    path.reduce(into: "") { text, element in
      switch element {
      case .key(let key): text += text.isEmpty ? key : ".\(key)"
      case .index(let index): text += "[\(index)]"
      }
    }
  }

  package static func didYouMean(_ word: String, among candidates: [String]) -> String {
    Spelling.nearest(to: word, among: candidates).map { "did you mean \($0)?" }
      ?? "known here: \(candidates.joined(separator: ", "))"
  }
}
