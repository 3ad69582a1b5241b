internal import CYaml

/// Reads a YAML document into nodes, event by event, through libyaml as Yams bundles it.
///
/// Yams' own composer resolves aliases before anyone can count them, stops at the first duplicate key and drops
/// where a value ends; at the level of events none of that happens. Anchors, aliases and tags are reported where they
/// stand and never resolved, so a document costs no more than its length.
///
/// `CYaml` is the C target inside the Yams package; SwiftPM lets every target that depends on Yams import it.
struct YAMLReader {
  private let source: SourceText
  private let form: DocumentForm
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private var stopped = false
  /// The aliases already reported: one that is used a thousand times is one thing to mend.
  private var aliases: Set<String> = []

  /// The document's root, or nil when its syntax could not be read; what is wrong goes to the sink.
  static func read(_ source: SourceText, as form: DocumentForm, into sink: inout DiagnosticSink) -> DocumentNode? {
    if let directive = firstDirective(in: source) {
      sink.report(
        "YAML directives (lines that begin with %) are not part of the format", at: directive, help: "remove the line")
      return nil
    }
    guard !source.bytes.isEmpty else { return nil }
    let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    defer { parser.deallocate() }
    guard yaml_parser_initialize(parser) == 1 else {
      sink.report("not enough memory to read the document", at: SourceRange(0, 0))
      return nil
    }
    defer { yaml_parser_delete(parser) }
    return source.bytes.withUnsafeBufferPointer { bytes in
      yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
      yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
      var reader = YAMLReader(source: source, form: form, parser: parser)
      return reader.stream(&sink)
    }
  }

  private init(source: SourceText, form: DocumentForm, parser: UnsafeMutablePointer<yaml_parser_t>) {
    self.source = source
    self.form = form
    self.parser = parser
  }

  private mutating func stream(_ sink: inout DiagnosticSink) -> DocumentNode? {
    var root: DocumentNode?
    while true {
      guard let event = next(&sink) else { return nil }
      switch event.type {
      case YAML_STREAM_START_EVENT, YAML_DOCUMENT_END_EVENT:
        continue
      case YAML_DOCUMENT_START_EVENT where root != nil:
        sink.report(
          "a second YAML document begins here; a file holds one \(form.noun)", at: event.range,
          help: "remove everything from this line on, or put it in a file of its own")
        return root
      case YAML_DOCUMENT_START_EVENT:
        guard let first = next(&sink), let node = node(from: first, depth: 1, &sink), !stopped else { return nil }
        root = node
      default:
        return root
      }
    }
  }

  /// Reads the node that the event begins; nil after a syntax error.
  private mutating func node(from event: Event, depth: Int, _ sink: inout DiagnosticSink) -> DocumentNode? {
    report(event, &sink)
    switch event.type {
    case YAML_SCALAR_EVENT:
      // What a tag would make of the text is not known, so nothing more is said about it.
      let content = event.tag == nil ? DocumentNode.Content.scalar(event.text, event.style) : .invalid
      return DocumentNode(range: event.range, content: content)
    case YAML_SEQUENCE_START_EVENT, YAML_MAPPING_START_EVENT:
      guard depth <= DocumentNode.maximumDepth else {
        stopped = true
        sink.report(tooDeep, at: event.range, help: form.nestingHelp)
        return nil
      }
      return event.type == YAML_SEQUENCE_START_EVENT
        ? sequence(from: event, depth: depth, &sink) : mapping(from: event, depth: depth, &sink)
    default:
      return DocumentNode(range: event.range, content: .invalid)
    }
  }

  private mutating func sequence(from start: Event, depth: Int, _ sink: inout DiagnosticSink) -> DocumentNode? {
    var items: [DocumentNode] = []
    while true {
      guard let event = next(&sink) else { return nil }
      if event.type == YAML_SEQUENCE_END_EVENT { break }
      guard let item = node(from: event, depth: depth + 1, &sink) else { return nil }
      items.append(item)
    }
    return DocumentNode(range: start.range, content: .sequence(items))
  }

  private mutating func mapping(from start: Event, depth: Int, _ sink: inout DiagnosticSink) -> DocumentNode? {
    var pairs: [(key: DocumentNode, value: DocumentNode)] = []
    while true {
      guard let event = next(&sink) else { return nil }
      if event.type == YAML_MAPPING_END_EVENT { break }
      guard let key = node(from: event, depth: depth + 1, &sink), let following = next(&sink),
        let value = node(from: following, depth: depth + 1, &sink)
      else { return nil }
      pairs.append((key, value))
    }
    return DocumentNode(range: start.range, content: .mapping(pairs))
  }

  /// Reports what the event carries that the format has no place for.
  private mutating func report(_ event: Event, _ sink: inout DiagnosticSink) {
    if event.type == YAML_ALIAS_EVENT {
      guard aliases.insert(event.anchor ?? "").inserted else { return }
      sink.report(
        "the alias *\(event.anchor ?? "") is not allowed: \(form.writtenOut)", at: event.range,
        help: "write the value itself here\(form.aliasHelp)")
    } else if let anchor = event.anchor {
      sink.report(
        "the anchor &\(anchor) is not allowed: \(form.writtenOut)", at: event.range, help: "remove &\(anchor)")
    }
    if let tag = event.tag {
      sink.report("the tag \(tag) is not allowed: values are plain text", at: event.range, help: "remove the tag")
    }
  }

  /// The next event, or nil after reporting why there is none.
  private mutating func next(_ sink: inout DiagnosticSink) -> Event? {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else {
      stopped = true
      let error = YAMLSyntaxError(parser.pointee, form)
      sink.report(error.message, at: error.range, help: error.help)
      return nil
    }
    defer { yaml_event_delete(&event) }
    return Event(event)
  }

  /// `%TAG` lines cost libyaml the square of their number, so they never reach it. Only a line before all content can be one.
  private static func firstDirective(in source: SourceText) -> SourceRange? {
    var scalar = 0
    var atLineStart = true
    var inComment = false
    for byte in source.bytes {
      if byte == UInt8(ascii: "%"), atLineStart { return SourceRange(scalar, scalar + 1) }
      switch byte {
      case 0x0A, 0x0D: (atLineStart, inComment) = (true, false)
      case 0x20, 0x09: atLineStart = false
      case UInt8(ascii: "#"): (atLineStart, inComment) = (false, true)
      default:
        if !inComment { return nil }
      }
      if byte & 0xC0 != 0x80 { scalar += 1 }
    }
    return nil
  }
}

let tooDeep = "lists and mappings lie more than \(DocumentNode.maximumDepth) deep in each other here"

extension YAMLReader {
  /// What the reader keeps of a libyaml event.
  private struct Event {
    var type: yaml_event_type_t
    var range: SourceRange
    var text = ""
    var style = DocumentNode.Style.plain
    var anchor: String?
    var tag: String?

    init(_ event: yaml_event_t) {
      type = event.type
      range = SourceRange(event.start_mark.index, event.end_mark.index)
      switch event.type {
      case YAML_ALIAS_EVENT:
        anchor = Self.string(event.data.alias.anchor)
      case YAML_SCALAR_EVENT:
        let scalar = event.data.scalar
        anchor = Self.string(scalar.anchor)
        tag = Self.string(scalar.tag)
        text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
        style = scalar.style == YAML_PLAIN_SCALAR_STYLE ? .plain : .text
      case YAML_SEQUENCE_START_EVENT:
        anchor = Self.string(event.data.sequence_start.anchor)
        tag = Self.string(event.data.sequence_start.tag)
        range.end = range.start + 1
      case YAML_MAPPING_START_EVENT:
        anchor = Self.string(event.data.mapping_start.anchor)
        tag = Self.string(event.data.mapping_start.tag)
        range.end = range.start + 1
      default:
        break
      }
    }

    private static func string(_ pointer: UnsafePointer<UInt8>?) -> String? {
      pointer.map { String(cString: $0) }
    }

    private static func string(_ pointer: UnsafeMutablePointer<UInt8>?) -> String? {
      pointer.map { String(cString: $0) }
    }
  }
}

/// A syntax error of libyaml, in words that help the person who wrote the document.
private struct YAMLSyntaxError {
  var message: String
  var help: String?
  var range: SourceRange

  init(_ parser: yaml_parser_t, _ form: DocumentForm) {
    let problem = parser.problem.map { String(cString: $0) } ?? "it cannot be read"
    let context = parser.context.map { String(cString: $0) }
    let index = parser.problem_mark.index
    range = SourceRange(index, index + 1)
    message = "this is not YAML: " + ([problem, context].compactMap(\.self).joined(separator: " "))
    switch problem {
    case "found character that cannot start any token":
      message = "this character cannot begin a value"
      help = "indent with spaces, not tabs; text that begins with @, ` or % needs quotes"
    case "mapping values are not allowed in this context":
      message = "a second “:” in one line, or a key indented deeper than its neighbours"
      help = "put text that contains “: ” in quotes, and align the keys of one \(form.item)"
    case "could not find expected ':'":
      message = "this line has no “:”"
      help = "every line of \(form.anItem) is `key: value`"
      range = SourceRange(parser.context_mark.index, parser.context_mark.index + 1)
    case "did not find expected key", "did not find expected '-' indicator":
      message = "the indentation does not fit the lines above"
      help = "align this line with its neighbours; every \(form.item) begins with “- ”"
    case "found unexpected end of stream":
      message = "a quote is opened here and never closed"
      range = SourceRange(parser.context_mark.index, parser.context_mark.index + 1)
    case "did not find expected ',' or ']'", "did not find expected ',' or '}'":
      message = "a bracket is opened here and not closed as expected"
      range = SourceRange(parser.context_mark.index, parser.context_mark.index + 1)
    case let limit where limit.hasPrefix("Maximum nesting level"):
      message = tooDeep
      help = form.nestingHelp
    default:
      help = nil
    }
    range.start = max(0, range.start)
  }
}
