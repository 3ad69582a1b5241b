import ArgumentParser
import PercussCapture
import PercussRoutine

/// `percuss capture extract-routine FILE`: the routine document that was played.
struct CaptureExtractRoutineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extract-routine",
    abstract: "Write the routine that was played in a capture as a document.",
    discussion: """
      Takes the last routine that was started: uploaded, or streamed step by step; where there is none, the speeds that \
      were set by hand or live. What a conversation does not say (names, prompts, repeats) is a comment in the document. \
      Between two streams stands a wait; led live, a wait looks like a rest and is one here.

      For captures of Percuss devices; the host of another family sends speeds of a motor, which are no percussions.

      Exit status 65: no capture, no one conversation in it, no whole routine, or a capture of another family.
      """)

  @Argument(help: ArgumentHelp("The capture: a file, or - for the standard input.", valueName: "file"))
  var file: String

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("Where to write it. (default: the standard output)", valueName: "file"))
  var place: String?

  @Option(help: "What the routine is called.")
  var name = "Extracted routine"

  @OptionGroup var conversation: ConversationOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try reportingFailures(asJSON: output.json) {
      let target = try place.map { try OutputFile($0, besides: file) }
      let source = file == "-" ? "<standard input>" : file
      let captured = try conversation.load(file)
      let routine: ExtractedRoutine
      do throws(ExtractionError) {
        routine = try captured.extractRoutine()
      } catch {
        throw CommandFailure(.badDocument, "\(source): error: \(error)")
      }
      let text = routine.document(named: name, source: source)
      // What is written is a document: one that no command would take is told here.
      do {
        _ = try RoutineDocument.parse(Array(text.utf8), name: "extracted.yaml")
      } catch {
        throw CommandFailure(
          .badDocument, "\(source): error: what was played is more than a document can hold\n\(error)")
      }
      try target?.write(text)
      if !output.json { for note in routine.notes { sayError("note: \(note)") } }
      if output.json {
        say(JSONLine.text(ExtractedLine(routine, document: text)))
      } else if target == nil {
        say(text, terminator: "")
      }
    }
  }
}

/// A routine from a capture as `--json` prints it; see `protocol-spec/output.md`.
private struct ExtractedLine: Encodable {
  let type = "extracted_routine"
  let mode: String
  let steps: Int
  let notes: [String]
  let document: String

  init(_ routine: ExtractedRoutine, document: String) {
    (mode, steps, notes) = (routine.mode.rawValue, routine.segments.count, routine.notes)
    self.document = document
  }
}
