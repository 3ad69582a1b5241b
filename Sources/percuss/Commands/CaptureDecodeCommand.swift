import ArgumentParser
import PercussCapture
import PercussTime

/// `percuss capture decode FILE`: the conversations in a capture, value by value.
struct CaptureDecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Show what was said: each value, its characteristic and its frame.",
    discussion: """
      Times are seconds since the first record. > went from the host that recorded to its peer, < came from there. \
      A handle that the capture does not explain is taken to belong to a Percuss device where its values are such \
      frames; its name has a ~ then.
      """)

  @OptionGroup var capture: CaptureOptions

  @Option(
    name: .long, parsing: .singleValue,
    help: ArgumentHelp(
      "Only values of this characteristic, by name or UUID; may be given several times.", valueName: "name"))
  var characteristic: [String] = []

  @Option(
    name: .long, parsing: .singleValue,
    help: ArgumentHelp(
      "Only this kind: read, write, notification, indication, response, error, discovery, an ATT operation such as write_command, or a frame such as telemetry or set_speed; may be given several times.",
      valueName: "kind"))
  var kind: [String] = []

  @Option(name: .long, help: "Only from this time after the first record on, as in 12s or 1min30s.")
  var from: DurationArgument?

  @Option(name: .long, help: "Only up to this time after the first record.")
  var to: DurationArgument?

  @Flag(name: .long, help: "Show requests, answers without a value and discovery too.")
  var all = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write what the capture says is at which handle, for --handles: all of the capture, whatever is shown of it.",
      valueName: "file"))
  var saveHandles: String?

  @OptionGroup var output: OutputOptions

  func validate() throws {
    for characteristic in characteristic {
      if let mistake = CaptureFilter.mistake(inCharacteristic: characteristic) { throw ValidationError(mistake) }
    }
    for kind in kind {
      if let mistake = CaptureFilter.mistake(inKind: kind) { throw ValidationError(mistake) }
    }
    if let from, let to, from.duration > to.duration { throw ValidationError("--from is later than --to.") }
  }

  func run() throws {
    do {
      let filter = CaptureFilter(
        devices: capture.devices, characteristics: characteristic.map { $0.lowercased() }, kinds: Set(kind),
        from: from?.duration.wholeNanoseconds ?? .min, to: to?.duration.wholeNanoseconds ?? .max, showsAll: all)
      var printer = CapturePrinter(
        filter: filter, form: output.json ? .json : .text(.ofStandardOutput()), isLive: capture.file == "-")
      let handlesFile = try saveHandles.map { try OutputFile($0, besidesCapture: capture.file) }
      let (decoder, failure) = try capture.readAll(into: &printer) {
        let isWanted = $0.begins($1)
        return isWanted || handlesFile != nil
      }
      printer.flush()
      // Of a capture that is wrong somewhere, what was good.
      try handlesFile?.write(decoder.handles.text)
      if let failure { throw failure }
    } catch {
      var failure = CommandFailure(error)
      failure.asJSON = output.json
      throw failure
    }
  }
}
