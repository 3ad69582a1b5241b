import ArgumentParser
import PercussDocument
import PercussRoutine
import PercussWire

/// `percuss frame`: the bytes of the protocol, without a device.
struct FrameCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "frame",
    abstract: "Take frames apart, or make them.",
    discussion: """
      Those of the Percuss protocol, and with --protocol theragun-gen4 those of Theragun devices of generation 4, which are \
      \(ProtocolArgument.unofficial).
      """,
    subcommands: [FrameDecodeCommand.self, FrameEncodeCommand.self, FrameListCommand.self])
}

/// `percuss frame encode NAME FIELD=VALUE...`: the bytes of a frame.
struct FrameEncodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode",
    abstract: "Print the bytes of a frame.",
    discussion: """
      percuss frame encode set_speed speed=1900ppm ramp=500ms --sequence 7
      percuss frame encode --protocol theragun-gen4 set_speed speed=2400rpm

      A value is a number as on the wire (500, 0x1f4), one with a unit (0.5s, 62.5N), a name (loss_policy=stop), \
      flags joined by commas, or hexadecimal bytes. percuss frame list shows what can be encoded, and percuss frame list \
      NAME what it takes.
      """)

  @Argument(
    help: "The frame, such as set_speed, telemetry or control_response.routine_stored.",
    completion: .list(FrameBuilder.all().map { $0.variant?.name ?? $0.name }))
  var name: String

  @Argument(help: ArgumentHelp("The values of its fields.", valueName: "field=value"))
  var values: [String] = []

  @Option(name: .long, help: "The sequence number, 0 to 255, of frames that have one; 0 unless given.")
  var sequence: UInt8?

  @Option(name: .long, help: "The flags of a control request, such as quiet; none unless given.")
  var flags: String?

  @Option(name: .customLong("protocol"), help: ProtocolArgument.help)
  var specification = ProtocolArgument.percuss

  @OptionGroup var output: OutputOptions

  func run() throws {
    do {
      let builder = try Self.builder(named: name, of: specification)
      let bytes: [UInt8]
      do {
        bytes = try builder.bytes(try pairs(for: builder))
      } catch let error as FrameBuilderError {
        throw CommandFailure(.usage, Self.explain(error, of: builder))
      }
      guard output.json else { return say(hex(bytes)) }
      say(JSONLine.text(FrameLine(bytes, FrameReading(bytes, as: [builder.message]))))
    } catch {
      var failure = CommandFailure(error)
      failure.asJSON = output.json
      throw failure
    }
  }

  /// The values as given, then those of the options; sequence number and flags need not be given.
  private func pairs(for builder: FrameBuilder) throws(CommandFailure) -> [(name: String, text: String)] {
    var pairs: [(name: String, text: String)] = []
    for value in values {
      guard let equals = value.firstIndex(of: "="), equals > value.startIndex else {
        throw CommandFailure(.usage, "percuss: '\(value)' is not field=value, such as \(Self.example(of: builder))")
      }
      pairs.append((String(value[..<equals]), String(value[value.index(after: equals)...])))
    }
    let header = builder.message.header.map(\.name)
    for (name, given, usual) in [("sequence", sequence.map { String($0) }, "0"), ("flags", flags, "none")] {
      if let given { pairs.append((name, given)) }
      if given == nil, header.contains(name), !pairs.contains(where: { $0.name == name }) {
        pairs.append((name, usual))
      }
    }
    return pairs
  }

  private static func example(of builder: FrameBuilder) -> String {
    builder.fields.last.map { "\($0.name)=1" } ?? "speed=1900"
  }

  static func builder(
    named name: String, of specification: ProtocolArgument
  ) throws(CommandFailure) -> FrameBuilder {
    let builders = FrameBuilder.named(name, in: specification.specification)
    if builders.count == 1 { return builders[0] }
    guard builders.isEmpty else {
      let names = builders.map(\.name).joined(separator: ", ")
      throw CommandFailure(.usage, "percuss: '\(name)' can be \(names); write one of these")
    }
    let known = FrameBuilder.all(in: specification.specification).flatMap {
      [$0.name] + ($0.variant.map { [$0.name] } ?? [])
    }
    let guess = Spelling.nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? "."
    throw CommandFailure(
      .usage, "percuss: there is no frame '\(name)'\(guess) \(Self.list(specification)) shows them all.")
  }

  private static func list(_ specification: ProtocolArgument) -> String {
    "percuss frame list" + (specification == .percuss ? "" : " --protocol \(specification.rawValue)")
  }

  private static func list(_ builder: FrameBuilder) -> String {
    let specification = builder.message.specification
    return "percuss frame list \(builder.name)"
      + (specification == .percuss ? "" : " --protocol \(specification.argument)")
  }

  private static func explain(_ error: FrameBuilderError, of builder: FrameBuilder) -> String {
    let message = "percuss: \(builder.variant?.name ?? builder.name): \(error)"
    switch error {
    case .unknownField(let name, let known):
      // `kind` for `segment.kind`, or a slip of the finger.
      let guess = known.first { $0.hasSuffix(".\(name)") } ?? Spelling.nearest(to: name, among: known)
      return message + (guess.map { "\n  did you mean \($0)?" } ?? "")
    case .unknownWord(let word, _, let known):
      return message + (Spelling.nearest(to: word, among: known).map { "\n  did you mean \($0)?" } ?? "")
    case .missingFields(let names):
      let example = names.map { "\($0)=…" }.joined(separator: " ")
      return "\(message)\n  add \(example); \(list(builder)) explains them"
    case .repeatedField, .invalidText, .refused: return message
    }
  }
}

/// `percuss frame list [NAME]`: what can be encoded, and with which values.
struct FrameListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Show the frames that can be encoded, or the fields of one.")

  @Argument(help: "The frame whose fields are to be shown.")
  var name: String?

  @Option(name: .customLong("protocol"), help: ProtocolArgument.help)
  var specification = ProtocolArgument.percuss

  @OptionGroup var output: OutputOptions

  func run() throws {
    do {
      let builders =
        try name.map { [try FrameEncodeCommand.builder(named: $0, of: specification)] }
        ?? FrameBuilder.all(in: specification.specification)
      if output.json {
        for builder in builders { say(JSONLine.text(FrameKindLine(builder))) }
      } else if name != nil {
        for builder in builders { say(fields(of: builder)) }
      } else {
        say(overview)
      }
    } catch {
      var failure = CommandFailure(error)
      failure.asJSON = output.json
      throw failure
    }
  }

  private var overview: String {
    let form = FrameText(terminal: .ofStandardOutput())
    let notice = specification.specification.notice.map { wrap($0, to: form.terminal.width) } ?? []
    let messages = specification.specification.messages.map { message in
      let title = "\(form.terminal.styled(message.name, .bold)): \(form.origin(message))"
      guard !message.variants.isEmpty else { return "\(title)\n  \(message.doc)" }
      let width = message.variants.map(\.name.count).max() ?? 0
      let lines = message.variants.map { "  \(pad($0.name, width))  \($0.doc)" }
      return ([title] + lines).joined(separator: "\n")
    }
    return ((notice.isEmpty ? [] : [notice.joined(separator: "\n")]) + messages).joined(separator: "\n\n")
  }

  private func fields(of builder: FrameBuilder) -> String {
    let form = FrameText(terminal: .ofStandardOutput())
    let title = "\(form.terminal.styled(builder.name, .bold)): \(form.origin(builder.message))"
    let width = builder.fields.map(\.name.count).max() ?? 0
    let lines = builder.fields.map { field in
      let limits = [field.limits, field.words.joined(separator: ", ")].filter { !$0.isEmpty }.joined(separator: ", or ")
      let text = [field.doc, limits].filter { !$0.isEmpty }.flatMap { wrap($0, to: form.terminal.width - width - 4) }
      return text.enumerated().map { "  \(pad($0 == 0 ? field.name : "", width))  \($1)" }.joined(separator: "\n")
    }
    let selectors = builder.message.variants.flatMap(\.when).map(\.field)
    let names = builder.fields.map(\.name).filter { selectors.contains($0) }.joined(separator: " and ")
    let more =
      builder.variant == nil && !builder.message.variants.isEmpty
      ? ["  ... and the fields of the variant that follows from \(names)"] : []
    return ([title, "  " + (builder.variant?.doc ?? builder.message.doc), ""] + lines + more).joined(separator: "\n")
  }
}

extension WireSchema.Field {
  /// What its number can be, for people.
  fileprivate var limits: String {
    let range = range.map { (Int128($0.lowerBound), Int128($0.upperBound)) }
    switch type {
    case .integer(let integer):
      let (low, high) = range ?? (integer.values.lowerBound, integer.values.upperBound)
      let name =
        unit.map { $0.decimals == 0 ? " \($0.symbol)" : " (\(meaning(of: low)) to \(meaning(of: high)))" } ?? ""
      return "\(low) to \(high)\(name)"
    case .enumeration, .flags, .record: return ""
    case .bytes(let minimum): return "hexadecimal bytes, \(count(minimum)) or more"
    }
  }
}
