import ArgumentParser
import Foundation
import PercussCapture

/// `percuss capture anonymize IN OUT`: a capture that can be shown to others.
struct CaptureAnonymizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "anonymize",
    abstract: "Make a capture that can be attached to a bug report.",
    discussion: """
      What decode needs stays: connections, discovery (the services that devices have), requests and answers, and the \
      values of Percuss devices, of client configurations and the like. Addresses become made-up ones of the same type; \
      names and the texts of Device Information become as many x. Everything else is emptied: values at handles that the \
      capture does not explain, keys and pairing, manufacturer data, HCI parameters, audio, notes of the recording system. \
      Nothing becomes shorter or goes, so that the numbers of records and places in packets stay. Time starts at \
      1970-01-01 00:00 UTC unless --keep-time is given. The written file is btsnoop. Look through it before you show it.
      """)

  @Argument(help: ArgumentHelp("The capture: a file, or - for the standard input.", valueName: "in"))
  var input: String

  @Argument(help: ArgumentHelp("The file to write: a new one, not the capture.", valueName: "out"))
  var outputFile: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What is at which handle, for connections whose discovery the capture does not show: a file of decode --save-handles.",
      valueName: "file"))
  var handles: String?

  @Flag(name: .long, help: "Leave the time of day of each record as it is.")
  var keepTime = false

  @OptionGroup var output: OutputOptions

  func run() throws {
    do {
      let file = try StreamedFile(try OutputFile(outputFile, besidesCapture: input))
      var anonymizer = CaptureAnonymizer(saved: try CaptureOptions.saved(in: handles), keepsTime: keepTime)
      var buffer = anonymizer.header
      var failure: CommandFailure?
      var writeError: CommandFailure?
      do throws(CaptureFile.Failure) {
        try CaptureFile(input).read { record, packet in
          anonymizer.take(record, packet, to: &buffer)
          if buffer.count > 1 << 18 { writeError = file.write(&buffer) }
          return writeError == nil
        }
      } catch {
        // What is good is written.
        failure = CaptureOptions.failure(of: error, in: input, good: "they are written")
      }
      anonymizer.finish(to: &buffer)
      writeError = writeError ?? file.write(&buffer)
      if let writeError { throw writeError }
      if let failure, anonymizer.counts.records == 0 { throw failure }
      try file.close()
      if output.json {
        say(JSONLine.text(AnonymizedLine(outputFile, anonymizer.counts, keepsTime: keepTime)))
      } else {
        say(AnonymizedText.text(outputFile, anonymizer.counts, keepsTime: keepTime))
      }
      if let failure { throw failure }
    } catch {
      var failure = CommandFailure(error)
      failure.asJSON = output.json
      throw failure
    }
  }
}

/// What was written, as `--json` prints it; see `protocol-spec/output.md`.
private struct AnonymizedLine: Encodable {
  let type = "anonymized"
  let file: String
  let records: Int
  let addresses: Int
  let names: Int
  let texts: Int
  let values: Int
  let advertisingFields: Int
  let securityPackets: Int
  let hciPackets: Int
  let otherPackets: Int
  let notes: Int
  let keepsTime: Bool

  init(_ file: String, _ counts: AnonymizedCounts, keepsTime: Bool) {
    self.file = file
    records = counts.records
    addresses = counts.addresses
    names = counts.names
    texts = counts.texts
    values = counts.values
    advertisingFields = counts.advertisingFields
    securityPackets = counts.securityPackets
    hciPackets = counts.hciPackets
    otherPackets = counts.otherPackets
    notes = counts.notes
    self.keepsTime = keepsTime
  }
}

/// The same for a person.
private enum AnonymizedText {
  static func text(_ file: String, _ counts: AnonymizedCounts, keepsTime: Bool) -> String {
    let time = keepsTime ? "with their time of day" : "from 1970-01-01 00:00:00 UTC on"
    return """
      \(file): \(counts.records) records, \(time).
        replaced: \(counts.addresses) addresses, \(counts.names) names, \(counts.texts) texts of devices
        emptied:  \(counts.values) values, \(counts.advertisingFields) advertising fields, \(counts.securityPackets) packets of pairing,
                  \(counts.hciPackets) HCI commands and events, \(counts.otherPackets) other packets, \(counts.notes) notes
      The services that devices have can be seen, and what Percuss devices did. Look through it before you show it.
      """
  }
}
