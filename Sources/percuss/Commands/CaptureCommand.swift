import ArgumentParser
import PercussCapture
import PercussDocument

/// `percuss capture`: what went over the air, from a file.
struct CaptureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capture",
    abstract: "Read and record captures of Bluetooth traffic.",
    discussion: """
      Takes what btmon -w, Wireshark, Android and hcidump write: btsnoop, pcap and pcapng with HCI packets.
      """,
    subcommands: [
      CaptureDecodeCommand.self, CaptureStatsCommand.self, CaptureReplayCommand.self, CaptureDiffCommand.self,
      CaptureExtractRoutineCommand.self, CaptureRecordCommand.self, CaptureAnonymizeCommand.self,
    ])
}

/// Which capture, and what is known beside it.
struct CaptureOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("The capture: a file, or - for the standard input.", valueName: "file"))
  var file: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What is at which handle, for connections whose discovery the capture does not show: a file of --save-handles.",
      valueName: "file"))
  var handles: String?

  @Option(
    name: .long, parsing: .singleValue,
    help: ArgumentHelp(
      "Only connections with this address at either end, or of this number, as in #2; may be given several times.",
      valueName: "address"))
  var device: [String] = []

  func validate() throws {
    for text in device where CapturedDevice(text) == nil {
      throw ValidationError("--device is an address, as in C8:2E:47:0A:11:02, or a connection's number, as in #2.")
    }
  }

  /// Reads the capture to its end, or until the closure returns false.
  func read<Observer: CaptureObserver>(
    into observer: inout Observer, while isWanted: (inout Observer, CaptureRecord) -> Bool
  ) throws -> CaptureDecoder {
    let (decoder, failure) = try readAll(into: &observer, while: isWanted)
    if let failure { throw failure }
    return decoder
  }

  /// The same, with what was wrong with the capture, if anything, beside what was good.
  func readAll<Observer: CaptureObserver>(
    into observer: inout Observer, while isWanted: (inout Observer, CaptureRecord) -> Bool
  ) throws -> (CaptureDecoder, CommandFailure?) {
    try Self.readAll(file, handles: handles, into: &observer, while: isWanted)
  }

  /// The same for any capture.
  ///
  /// - Parameter good: what became of the records before the one that is wrong.
  static func readAll<Observer: CaptureObserver>(
    _ file: String, handles: String?, into observer: inout Observer, good: String = told,
    while isWanted: (inout Observer, CaptureRecord) -> Bool
  ) throws -> (CaptureDecoder, CommandFailure?) {
    var decoder = CaptureDecoder(saved: try Self.saved(in: handles))
    var failure: CaptureFile.Failure?
    var isCut = false
    do throws(CaptureFile.Failure) {
      try CaptureFile(file).read { record, packet in
        guard isWanted(&observer, record) else {
          isCut = true
          return false
        }
        decoder.decode(record, packet, into: &observer)
        return true
      }
    } catch {
      failure = error
    }
    // What goes on behind the part that was wanted is not unfinished.
    if !isCut { decoder.finish(into: &observer) }
    return (decoder, failure.map { Self.failure(of: $0, in: file, good: good) })
  }

  /// The handles that a file of `--save-handles` tells; none without one.
  static func saved(in file: String?) throws -> SavedHandles {
    guard let file else { return SavedHandles() }
    do {
      return try SavedHandles(String(decoding: try DocumentFile.bytes(of: file, limit: 1 << 22), as: UTF8.self))
    } catch let unreadable as DocumentFile.Unreadable {
      throw CommandFailure(.badDocument, unreadable.description)
    } catch {
      throw CommandFailure(.badDocument, "\(file): error: \(error)")
    }
  }

  private static let told = "what they say is told above"

  /// What is wrong with a capture.
  ///
  /// - Parameter good: what became of the records before.
  static func failure(
    of failure: CaptureFile.Failure, in file: String, good: String
  ) -> CommandFailure {
    var message = "\(file == "-" ? "<standard input>" : file): error: \(failure)"
    if case .wrong(let error) = failure, error.record > 1 {
      message += "\n  the \(error.record - 1) records before it are good; \(good)"
    }
    return CommandFailure(.badDocument, message)
  }

  var devices: [CapturedDevice] { device.compactMap { CapturedDevice($0) } }
}

/// What `--device` means.
enum CapturedDevice {
  case address(String)
  case connection(Int)

  init?(_ text: String) {
    if text.hasPrefix("#") {
      guard let number = Int(text.dropFirst()), number > 0 else { return nil }
      self = .connection(number)
    } else {
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 6, parts.allSatisfy({ $0.utf8.count == 2 && $0.allSatisfy(\.isHexDigit) }) else {
        return nil
      }
      self = .address(text.uppercased())
    }
  }
}
