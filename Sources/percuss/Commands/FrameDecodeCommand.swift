import ArgumentParser
import PercussWire

/// `percuss frame decode HEX...`: what bytes say.
struct FrameDecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Say what the bytes of a frame mean.",
    discussion: """
      Takes one ATT value in hexadecimal, as in 13 07 00 6c 07 f4 01, 13:07:00 or 0x130700; or stream frames, which begin \
      with a5. Without --protocol and --as every message that the bytes can be is shown, with the characteristic it would be on. \
      The frames of theragun-gen4 (\(ProtocolArgument.unofficial)) are told by their first byte and their checksum. \
      - reads the standard input: a value a line; empty lines and those that begin with # are passed over.
      """)

  @Argument(help: ArgumentHelp("Bytes in hexadecimal, or - for the standard input.", valueName: "hex"))
  var bytes: [String]

  @Option(
    name: .customLong("as"),
    help: ArgumentHelp("What the bytes are: a message, or stream for stream frames.", valueName: "message"))
  var kind: FrameKindArgument?

  @Option(name: .customLong("protocol"), help: ProtocolArgument.help)
  var specification: ProtocolArgument?

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard let specification, let kind else { return }
    switch kind {
    case .message(let message) where message.specification == specification.specification: break
    case .stream where specification.specification == .percuss: break
    default:
      throw ValidationError("--as is no frame of --protocol \(specification.rawValue); leave one of them out.")
    }
  }

  func run() throws {
    guard bytes == ["-"] else { return try decode(bytes.joined(separator: " "), line: nil) }
    var number = 0
    var areRight = true
    while let line = readLine() {
      number += 1
      guard let first = line.first(where: { !$0.isWhitespace }), first != "#" else { continue }
      do {
        try decode(line, line: number)
      } catch {
        var failure = CommandFailure(error)
        failure.message = failure.message.replacing("percuss: ", with: "percuss: line \(number): ", maxReplacements: 1)
        failure.report()
        areRight = false
      }
    }
    // Each problem is told already.
    guard areRight else { throw CommandFailure(.badDocument, "") }
  }

  private func decode(_ text: String, line: Int?) throws(CommandFailure) {
    let bytes: [UInt8]
    do {
      bytes = try HexText.bytes(text)
    } catch {
      throw failure(error.description)
    }
    guard !bytes.isEmpty else { throw failure("there are no bytes; write them as in 13 07 00") }
    switch kind {
    case .message(let message): try show(bytes, FrameReading(bytes, as: [message]), line: line)
    case .stream: try showStream(bytes, StreamPart.all(of: bytes), line: line)
    case nil:
      let specifications = specification.map { [$0.specification] } ?? WireSchema.specifications
      let mayBeStream = bytes[0] == StreamChannel.startByte && specifications.contains(.percuss)
      let parts = mayBeStream ? StreamPart.all(of: bytes) : []
      let reading = FrameReading(bytes, as: specifications.flatMap(\.messages))
      // What begins like a stream frame can be another value by chance, but hardly one with a right checksum.
      if parts.contains(where: \.isFrame) || (!parts.isEmpty && reading.frames.isEmpty) {
        try showStream(bytes, parts, line: line)
      } else {
        try show(bytes, reading, line: line)
      }
    }
  }

  private func show(_ bytes: [UInt8], _ reading: FrameReading, line: Int?, stream: FrameLine.Stream? = nil)
    throws(CommandFailure)
  {
    if output.json {
      say(JSONLine.text(FrameLine(bytes, reading, line: line, stream: stream)))
    } else if !reading.frames.isEmpty {
      say(text(bytes, reading))
    }
    guard reading.frames.isEmpty else { return }
    throw failure(Self.explain(bytes, reading))
  }

  private func text(_ bytes: [UInt8], _ reading: FrameReading) -> String {
    let form = FrameText(terminal: .ofStandardOutput())
    var parts = reading.frames.map { form.table($0, of: bytes) }
    if reading.frames.count > 1 {
      let names = reading.frames.map { "\($0.message.name) on \($0.message.characteristic.title)" }
      let list = names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
      parts.insert("These bytes can be \(list); --as MESSAGE chooses.", at: 0)
    }
    if !reading.longer.isEmpty {
      let names = reading.longer.map { "\($0.message.name) (\(count($0.ignored.count)))" }
      parts.append("Less likely, with bytes of a later version at the end: \(names.joined(separator: ", ")).")
    }
    return parts.joined(separator: "\n\n")
  }

  private func showStream(_ bytes: [UInt8], _ parts: [StreamPart], line: Int?) throws(CommandFailure) {
    var failures: [String] = []
    var damaged: Int?
    for part in parts {
      switch part {
      case .refused(.noise(let offset, _)) where damaged == Int(clamping: offset) - 1:
        continue  // The rest of a frame that has been reported.
      case .refused(let error):
        if case .noise = error {} else { damaged = error.offset }
        failures.append("\(error)\n\(FrameText.marked(bytes, error.place(in: bytes)))")
      case .frame(let offset, let channel, let payload):
        let name = WireSchema.message(onChannel: channel)?.name
        if !output.json {
          say(
            "stream frame at byte \(offset), channel \(channel) (\(name ?? "unknown")), \(count(payload.count)) of payload"
          )
        }
        guard let message = WireSchema.message(onChannel: channel) else {
          failures.append("channel \(channel) of the stream frame at byte \(offset) carries no message of this version")
          continue
        }
        do {
          let stream = FrameLine.Stream(offset: offset, channel: channel)
          try show(payload, FrameReading(payload, as: [message]), line: line, stream: stream)
        } catch {
          failures.append(
            "in the payload of the stream frame at byte \(offset): \(error.message.replacing("percuss: ", with: "", maxReplacements: 1))"
          )
        }
      }
    }
    guard failures.isEmpty else { throw failure(failures.joined(separator: "\n")) }
  }

  private static func explain(_ bytes: [UInt8], _ reading: FrameReading) -> String {
    let refusals = reading.likelyRefusals(of: bytes)
    if refusals.count <= 2 { return refusals.map { FrameText.refusal($0, of: bytes) }.joined(separator: "\n") }
    let lines = refusals.map { "  \($0.error)" }
    return
      ([
        "these bytes are no frame; --as MESSAGE shows the place in one:",
        "  " + hex(bytes.prefix(24)) + (bytes.count > 24 ? " …" : ""),
      ] + lines)
      .joined(separator: "\n")
  }

  private func failure(_ message: String) -> CommandFailure {
    var failure = CommandFailure(.badDocument, "percuss: \(message)")
    failure.asJSON = output.json
    return failure
  }
}

extension StreamPart {
  fileprivate var isFrame: Bool { if case .frame = self { true } else { false } }
}

/// What the bytes of a frame are.
enum FrameKindArgument: ExpressibleByArgument {
  case message(WireSchema.Message)
  case stream

  init?(argument: String) {
    if argument == "stream" {
      self = .stream
    } else if let message = WireSchema.specifications.flatMap(\.messages).first(where: { $0.name == argument }) {
      self = .message(message)
    } else {
      return nil
    }
  }

  static var allValueStrings: [String] { WireSchema.specifications.flatMap(\.messages).map(\.name) + ["stream"] }
}

/// Whose frames.
enum ProtocolArgument: String, ExpressibleByArgument, CaseIterable {
  case percuss
  case theragunGen4 = "theragun-gen4"

  var specification: WireSchema.Specification {
    switch self {
    case .percuss: .percuss
    case .theragunGen4: .theragunGen4
    }
  }

  static let unofficial = "unofficial, from public documentation, not tried on hardware"
  static let help: ArgumentHelp = "Whose frames: percuss, or theragun-gen4 (\(unofficial))."
}
